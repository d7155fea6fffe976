"""Formats of suites that look at code, components and images at once."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_veracode(seen: Sniff) -> bool:
    return seen.root == "detailedreport" and "veracode.com" in seen.namespace.lower().replace("&#x2f;", "/")


def _is_veracode_json(seen: Sniff) -> bool:
    return any(
        seen.has(f"{start}findings[].finding_details", f"{start}findings[].scan_type") for start in ("", "_embedded.")
    )


FORMATS: tuple[Format, ...] = (
    Format("veracode", "Veracode detailed report XML", (".xml",), "accord.intake.veracode", _is_veracode),
    Format("veracode-json", "Veracode findings JSON", (".json",), "accord.intake.veracode.document", _is_veracode_json),
)
