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


def _is_spdx(seen: Sniff) -> bool:
    if str(seen.keys.get("spdxVersion") or "").startswith("SPDX-"):
        return True
    if any(one.lstrip("\ufeff").startswith("SPDXVersion:") for one in seen.lines):
        return True
    return "@graph" in seen.keys and "spdx.org" in str(seen.keys.get("@context") or "")


def _is_csaf(seen: Sniff) -> bool:
    return seen.has("document.csaf_version")


def _is_openvex(seen: Sniff) -> bool:
    return str(seen.keys.get("@context") or "").startswith("https://openvex.dev/")


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
    Format("spdx", "SPDX 2 and 3", (".spdx", ".spdx.json", ".json"), "accord.intake.spdx", _is_spdx),
    Format("csaf", "CSAF 2 advisories and VEX", (".json",), "accord.intake.csaf", _is_csaf),
    Format("openvex", "OpenVEX", (".vex.json", ".json"), "accord.intake.openvex", _is_openvex),
)
