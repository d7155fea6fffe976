"""Reads of hazard runs: the latest one, whether it still holds, and what it says in statements."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from accord.core.models import LedgerEntry
from accord.core.statements import Statement
from accord.exposure.shell.links import STANDING
from accord.risk.hazard.inputs import RELEVANT
from accord.risk.models import HazardRun

LOW, MID, HIGH = 0, 1, 2
PAGE = "/hazard/"
KEPT_IN_STEP = frozenset({"finding", "scan", "feed"})
"""What changes prices of findings at once, without a run; the totals are those of the run."""
QUERY = "risk.hazard.reading.latest"


def latest() -> HazardRun | None:
    """The newest hazard run. One query.

    `touched` says whether anything but findings that goes into the hazard was written since, `scanned` whether
    findings were.
    """
    later = LedgerEntry.objects.filter(number__gt=OuterRef("ledger_number"))
    other = [noun for noun in RELEVANT if noun not in KEPT_IN_STEP]
    runs = (
        HazardRun.objects.select_related("by")
        .defer("detail", "anchors")
        .annotate(touched=Exists(later.filter(noun__in=other)), scanned=Exists(later.filter(noun="scan")))
    )
    return runs.order_by("-at", "-pk").first()


def row(run: HazardRun | None, plural: str, key: str) -> dict[str, Any] | None:
    """What a run says of one of its "systems" or "scenarios"; None where it says nothing."""
    if run is None:
        return None
    rows = systems(run) if plural == "systems" else run.result[plural]
    return next((one for one in rows if one["key"] == key), None)


def count(run: HazardRun) -> int:
    """How many systems a run has."""
    return int(run.result.get("systems_count", len(run.result["systems"])))


def systems(run: HazardRun) -> list[dict[str, Any]]:
    """Every system of a run, the dearest first. One query where they are more than the result holds."""
    first: list[dict[str, Any]] = run.result["systems"]
    if len(first) == count(run):
        return first
    found: list[dict[str, Any]] = run.detail["systems"]
    return found


def statements(run: HazardRun) -> list[Statement]:
    """The facts of a hazard run, for screen and API. No query."""
    result, unit = run.result, run.currency
    loss, stated, findings = result["loss"], result["stated"], result["by_findings"]
    moved = loss[MID] - stated[MID]
    note = "As stated." if abs(moved) <= 1e-9 * stated[MID] else (
        f"{'Less' if moved < 0 else 'More'} than stated, because of findings that came or went since the anchor."
    )  # fmt: skip
    found = [
        Statement(
            "hazard.by_findings", "What open findings cost a year", findings, unit,
            _ends(result["by_findings_range"]),
            source="Sum of the prices of all findings: the part of the expected loss that they explain. The interval "
                   "is that of the stated frequencies, of the share that findings explain, and of the controls.",
            query=QUERY, href=f"{PAGE}#systems", as_of=run.at,
            note=f"{findings / loss[MID]:.0%} of the expected loss." if loss[MID] else "",
        ),
        Statement(
            "hazard.loss", "Expected loss a year with today's findings", loss[MID], unit, _ends(loss),
            source="Rate of each scenario × mean loss of an event, after the controls that operate.",
            query=QUERY, href=f"{PAGE}#scenarios", as_of=run.at, note=note,
        ),
    ]  # fmt: skip
    top = result.get("top")
    if top:
        found.append(
            Statement(
                "hazard.top", "Carried by the 1 % of findings with the highest price",
                top["by_price"], "%",
                source=f"{top['first']:,} of {top['findings']:,} priced findings.",
                query="exposure.services.concentration",
                href=f"/findings/?state={STANDING}&sort=-price", as_of=run.at,
                note=f"The 1 % with the highest EPSS carry {top['by_epss']:.0%}.",
            )
        )  # fmt: skip
    accepted = result.get("accepted")
    if accepted and accepted["number"]:
        found.append(
            Statement(
                "hazard.accepted", "Price of the exceptions", accepted["whole"], unit,
                source="What findings that scanners suppress would cost a year if they counted. In no total.",
                query="exposure.services.accepted", href=f"{PAGE}#accepted", as_of=run.at, tone="warning",
                note=f"{accepted['number']:,} weaknesses on assets.",
            )
        )  # fmt: skip
    missing = len(result["to_fill_in"])
    if missing:
        found.append(
            Statement(
                "hazard.to_fill_in", "What to fill in next", missing, "points" if missing > 1 else "point",
                source="What is unknown and would narrow the hazard.", query=QUERY, href=f"{PAGE}#to-fill-in",
                as_of=run.at,
            )
        )  # fmt: skip
    return found


def _ends(three: list[float]) -> tuple[float, float] | None:
    return (three[LOW], three[HIGH]) if three[HIGH] > three[LOW] else None
