"""Formats of network and vulnerability scanners."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_nessus(seen: Sniff) -> bool:
    return seen.root == "NessusClientData_v2"


def _is_nessus_csv(seen: Sniff) -> bool:
    return (
        seen.columns("Plugin ID", "Risk", "Host", "Protocol", "Port", "Name")
        or seen.columns("Plugin", "Plugin Name", "Severity", "IP Address", "Port")
        or seen.columns("definition.id", "definition.name", "asset.name", "severity")
    )


def _is_nmap(seen: Sniff) -> bool:
    return seen.root == "nmaprun"


def _is_openvas(seen: Sniff) -> bool:
    return seen.root in ("report", "get_reports_response") and not seen.tags.isdisjoint(
        ("gmp", "omp", "scan_run_status")
    )


def _is_openvas_csv(seen: Sniff) -> bool:
    return seen.columns("IP", "NVT Name", "NVT OID", "Severity")


def _is_qualys_scan(seen: Sniff) -> bool:
    return seen.root == "SCAN" and not seen.tags.isdisjoint(("KEY", "IP", "HEADER"))


def _is_qualys(seen: Sniff) -> bool:
    return seen.root == "ASSET_DATA_REPORT"


def _is_qualys_detection(seen: Sniff) -> bool:
    return seen.root == "HOST_LIST_VM_DETECTION_OUTPUT"


def _is_qualys_csv(seen: Sniff) -> bool:
    return seen.columns("IP", "QID", "Title", "Severity") or seen.columns("IP", "QID", "VULN TITLE", "SEVERITY")


def _is_qualys_vmdr(seen: Sniff) -> bool:
    return seen.columns("QID", "Title", "Asset Id", "Asset Name", "Status")


def _is_nexpose(seen: Sniff) -> bool:
    return seen.root == "NexposeReport"


def _is_testssl(seen: Sniff) -> bool:
    return seen.columns("id", "fqdn/ip", "port", "severity", "finding")


def _is_testssl_json(seen: Sniff) -> bool:
    flat = seen.row("id", "ip", "port", "severity", "finding")
    return flat or seen.keys.keys() >= {"Invocation", "scanResult"}


FORMATS: tuple[Format, ...] = (
    Format("nessus", "Nessus XML version 2", (".nessus", ".xml"), "accord.intake.nessus", _is_nessus),
    Format("nessus-csv", "Nessus and Tenable CSV", (".csv",), "accord.intake.nessus.table", _is_nessus_csv),
    Format("nmap", "Nmap XML", (".xml",), "accord.intake.nmap", _is_nmap),
    Format("openvas", "OpenVAS and Greenbone XML", (".xml",), "accord.intake.openvas", _is_openvas),
    Format("openvas-csv", "OpenVAS and Greenbone CSV", (".csv",), "accord.intake.openvas.table", _is_openvas_csv),
    Format("qualys", "Qualys asset data report XML", (".xml",), "accord.intake.qualys", _is_qualys),
    Format("qualys-scan", "Qualys scan results XML", (".xml",), "accord.intake.qualys.scan", _is_qualys_scan),
    Format(
        "qualys-detection", "Qualys host list detection XML", (".xml",), "accord.intake.qualys.detection",
        _is_qualys_detection,
    ),
    Format("qualys-csv", "Qualys report CSV", (".csv",), "accord.intake.qualys.table", _is_qualys_csv),
    Format("qualys-vmdr", "Qualys VMDR CSV", (".csv",), "accord.intake.qualys.vmdr", _is_qualys_vmdr),
    Format("nexpose", "Nexpose and InsightVM XML 2.0", (".xml",), "accord.intake.nexpose", _is_nexpose),
    Format("testssl", "testssl.sh CSV", (".csv",), "accord.intake.testssl", _is_testssl),
    Format("testssl-json", "testssl.sh JSON", (".json",), "accord.intake.testssl.document", _is_testssl_json),
)  # fmt: skip
