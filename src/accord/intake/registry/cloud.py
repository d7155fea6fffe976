"""Formats of tools that look at cloud accounts and clusters."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_checkov(seen: Sniff) -> bool:
    return seen.row("check_type", "results") or seen.keys.keys() >= {"passed", "failed", "skipped", "checkov_version"}


def _is_kubescape(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"summaryDetails", "results"}


def _is_prowler(seen: Sniff) -> bool:
    if seen.columns("PROVIDER", "CHECK_ID", "STATUS", "SEVERITY"):
        return True
    if seen.columns("TITLE_ID", "CHECK_RESULT", "TITLE_TEXT"):
        return True
    if seen.row("CheckID", "StatusExtended") or seen.row("Control ID", "Account Number"):
        return True
    return seen.row("finding_info") and seen.cell("metadata.product.name") == "Prowler"


def _is_asff(seen: Sniff) -> bool:
    if seen.row("ProductArn", "Resources") or seen.has("Findings[].ProductArn") or seen.has("findings[].ProductArn"):
        return True
    return seen.whole and "Findings" in seen.keys and seen.keys.keys() <= {"Findings", "NextToken"}


def _is_inspector(seen: Sniff) -> bool:
    return seen.has("findings[].findingArn") or seen.row("findingArn", "resources")


FORMATS: tuple[Format, ...] = (
    Format("checkov", "Checkov JSON", (".json",), "accord.intake.checkov", _is_checkov),
    Format("kubescape", "Kubescape JSON", (".json",), "accord.intake.kubescape", _is_kubescape),
    Format(
        "prowler", "Prowler CSV, JSON and OCSF", (".csv", ".json", ".ocsf.json"), "accord.intake.prowler", _is_prowler
    ),
    Format("asff", "AWS Security Finding Format", (".json",), "accord.intake.asff", _is_asff),
    Format("aws-inspector2", "Amazon Inspector 2 JSON", (".json",), "accord.intake.inspector", _is_inspector),
)
