"""Formats that tools exchange with one another: standards, not reports of one tool."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_cyclonedx(seen: Sniff) -> bool:
    return seen.keys.get("bomFormat") == "CycloneDX"


def _is_cyclonedx_xml(seen: Sniff) -> bool:
    return seen.root == "bom" and "cyclonedx.org/schema/bom/" in seen.attributes


def _is_sarif(seen: Sniff) -> bool:
    keys = seen.keys
    told = str(keys.get("version") or "").startswith("2.") or "sarif" in str(keys.get("$schema") or "").lower()
    return "runs" in keys and told


FORMATS: tuple[Format, ...] = (
    Format("cyclonedx", "CycloneDX JSON", (".cdx.json", ".json"), "accord.intake.cyclonedx", _is_cyclonedx),
    Format(
        "cyclonedx-xml",
        "CycloneDX XML",
        (".cdx.xml", ".xml"),
        "accord.intake.cyclonedx.xml",
        _is_cyclonedx_xml,
    ),
    Format("sarif", "SARIF 2.1.0", (".sarif", ".sarif.json", ".json"), "accord.intake.sarif", _is_sarif),
)
