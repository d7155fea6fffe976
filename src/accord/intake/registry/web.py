"""Formats of scanners of web applications."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_zap(seen: Sniff) -> bool:
    return seen.root == "OWASPZAPReport"


def _is_zap_json(seen: Sniff) -> bool:
    """GitLab's scans carry ZAP's sites beside their own list of vulnerabilities: those are GitLab's."""
    if not seen.whole or "vulnerabilities" in seen.keys or "scan" in seen.keys:
        return False
    sites = any(path in seen.paths for path in ("site[].alerts", "site[].@name", "site.alerts", "site.@name"))
    return sites or ("site" in seen.keys and "@generated" in seen.keys)


def _is_burp(seen: Sniff) -> bool:
    return seen.root == "issues" and "burpVersion" in seen.attributes


def _is_burp_json(seen: Sniff) -> bool:
    if seen.keys.keys() >= {"issue_events", "scan_status"} or seen.has("issue_events[].issue"):
        return True
    starts = ("Issues[].", "issues[].", "data.scan.issues[].", "[].")
    return any(seen.has(f"{start}origin") and seen.has(f"{start}issue_type") for start in starts)


def _is_nuclei(seen: Sniff) -> bool:
    return seen.row("template-id", "info") or seen.row("templateID", "info")


def _is_qualys_was(seen: Sniff) -> bool:
    return seen.root in ("WAS_SCAN_REPORT", "WAS_WEBAPP_REPORT")


def _is_acunetix(seen: Sniff) -> bool:
    return seen.root == "ScanGroup" and not seen.tags.isdisjoint(("StartURL", "ReportItems"))


def _is_acunetix_360(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"Generated", "Target", "Vulnerabilities"} and seen.has("Target.ScanId")


def _is_nikto(seen: Sniff) -> bool:
    return seen.root == "niktoscan"


def _is_nikto_json(seen: Sniff) -> bool:
    return seen.row("host", "ip", "port", "banner", "vulnerabilities")


FORMATS: tuple[Format, ...] = (
    Format("zap", "ZAP XML", (".xml",), "accord.intake.zap", _is_zap),
    Format("zap-json", "ZAP JSON", (".json",), "accord.intake.zap.document", _is_zap_json),
    Format("burp", "Burp Suite XML", (".xml",), "accord.intake.burp", _is_burp),
    Format("burp-json", "Burp Suite JSON", (".json",), "accord.intake.burp_document", _is_burp_json),
    Format("nuclei", "Nuclei JSON and JSON lines", (".jsonl", ".json"), "accord.intake.nuclei", _is_nuclei),
    Format("qualys-was", "Qualys WebApp XML", (".xml",), "accord.intake.qualys.was", _is_qualys_was),
    Format("acunetix", "Acunetix XML", (".xml",), "accord.intake.acunetix", _is_acunetix),
    Format(
        "acunetix-360", "Acunetix 360 and Invicti JSON", (".json",), "accord.intake.acunetix.document", _is_acunetix_360
    ),
    Format("nikto", "Nikto XML", (".xml",), "accord.intake.nikto", _is_nikto),
    Format("nikto-json", "Nikto JSON", (".json",), "accord.intake.nikto.document", _is_nikto_json),
)
