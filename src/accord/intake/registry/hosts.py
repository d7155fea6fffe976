"""Formats of tools that look at a host, a directory, a fleet of devices or a cloud from inside."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_openscap(seen: Sniff) -> bool:
    if seen.root == "asset-report-collection":
        return True
    return seen.root in ("Benchmark", "TestResult") and "checklists.nist.gov/xccdf" in seen.namespace


def _is_lynis(seen: Sniff) -> bool:
    names = {line.partition("=")[0].strip() for line in seen.lines if "=" in line}
    return (seen.kind == "text" and "report_version_major" in names) or "lynis_version" in names


def _is_wazuh(seen: Sniff) -> bool:
    if any(seen.has(path) for path in ("data.affected_items[].cve", "hits.hits[]._source.vulnerability")):
        return True
    if seen.has("data.affected_items", "data.total_affected_items") and seen.whole:
        return not any(path.startswith("data.affected_items[]") for path in seen.paths)
    return seen.row("agent", "vulnerability", "package")


def _is_pingcastle(seen: Sniff) -> bool:
    return seen.root == "HealthcheckData"


def _is_defender(seen: Sniff) -> bool:
    if seen.kind == "zip":
        from accord.intake.defender import is_vulnerabilities

        return any(is_vulnerabilities(name) for name in seen.members)
    for start in ("value[].", "Results[].", "results[].", "[]."):
        if seen.has(f"{start}machineId", f"{start}cveId") or seen.has(f"{start}deviceId", f"{start}cveId"):
            return True
        if seen.has(f"{start}DeviceId", f"{start}CveId"):
            return True
    empty = "@odata.context" in seen.keys and "value" in seen.keys and seen.whole
    return empty and not any(path.startswith("value[]") for path in seen.paths)


def _is_defender_csv(seen: Sniff) -> bool:
    return seen.columns("DeviceId", "CveId", "SoftwareName") or seen.columns("machineId", "cveId", "productName")


def _is_wiz(seen: Sniff) -> bool:
    return seen.columns("Title", "Severity", "Status", "Control ID", "Resource Name") or seen.columns(
        "Name", "FindingStatus", "DetailedName", "AssetName", "DetectionMethod"
    )


FORMATS: tuple[Format, ...] = (
    Format("openscap", "XCCDF results and ARF (OpenSCAP)", (".xml",), "accord.intake.openscap", _is_openscap),
    Format("lynis", "Lynis report data", (".dat",), "accord.intake.lynis", _is_lynis),
    Format("wazuh", "Wazuh vulnerabilities JSON", (".json",), "accord.intake.wazuh", _is_wazuh),
    Format("pingcastle", "PingCastle health check XML", (".xml",), "accord.intake.pingcastle", _is_pingcastle),
    Format(
        "defender", "Microsoft Defender vulnerabilities (JSON, ZIP)", (".json", ".zip"), "accord.intake.defender",
        _is_defender,
    ),
    Format(
        "defender-csv", "Microsoft Defender vulnerabilities (CSV)", (".csv",), "accord.intake.defender.table",
        _is_defender_csv,
    ),
    Format("wiz", "Wiz issues and vulnerabilities CSV", (".csv",), "accord.intake.wiz", _is_wiz),
)  # fmt: skip
