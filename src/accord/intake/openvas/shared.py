"""Words that Greenbone's XML and CSV reports share."""

from __future__ import annotations

from accord.intake.records import Kind, Severity

SEVERITY: dict[str, Severity] = {
    "critical": "critical", "high": "high", "medium": "medium", "low": "low", "log": "info", "debug": "info",
}  # fmt: skip


def kind_of(severity: Severity | None, cves: tuple[str, ...]) -> Kind:
    """Without a severity and an identifier a test tells what runs there, not what is wrong."""
    return "service" if severity == "info" and not cves else "vulnerability"
