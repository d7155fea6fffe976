"""Formats of tools for one language, framework or application: its code or its packages."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_gosec(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"Issues", "Stats"} or seen.has("Issues[].rule_id", "Issues[].confidence")


def _is_brakeman(seen: Sniff) -> bool:
    return seen.has("scan_info.brakeman_version") or (
        seen.keys.keys() >= {"scan_info", "warnings"} and seen.has("scan_info.rails_version")
    )


def _is_cargo_audit(seen: Sniff) -> bool:
    return seen.has("database.advisory-count", "vulnerabilities.list") or (
        seen.has("lockfile.dependency-count", "vulnerabilities.count")
    )


def _is_bundler_audit(seen: Sniff) -> bool:
    return seen.has("results[].gem", "results[].advisory") or (
        seen.whole and seen.keys.keys() == {"version", "created_at", "results"}
    )


def _is_wpscan(seen: Sniff) -> bool:
    if seen.keys.keys() >= {"target_url", "effective_url", "interesting_findings"}:
        return True
    return {"banner", "target_url"} <= seen.keys.keys() and seen.has("banner.version")


def _is_horusec(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"analysisVulnerabilities", "version", "status"} or seen.has(
        "analysisVulnerabilities[].vulnerabilities"
    )


FORMATS: tuple[Format, ...] = (
    Format("gosec", "gosec JSON", (".json",), "accord.intake.gosec", _is_gosec),
    Format("brakeman", "Brakeman JSON", (".json",), "accord.intake.brakeman", _is_brakeman),
    Format("cargo-audit", "cargo-audit JSON", (".json",), "accord.intake.cargo_audit", _is_cargo_audit),
    Format("bundler-audit", "bundler-audit JSON", (".json",), "accord.intake.bundler_audit", _is_bundler_audit),
    Format("wpscan", "WPScan JSON", (".json",), "accord.intake.wpscan", _is_wpscan),
    Format("horusec", "Horusec JSON", (".json",), "accord.intake.horusec", _is_horusec),
)
