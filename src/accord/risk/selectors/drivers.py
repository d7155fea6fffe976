"""What a loss run says about shared causes, about what drives it, and about what to find out next. No query.

Runs of earlier methods have none of these: every function then says nothing.
"""

from __future__ import annotations

from typing import Any

from accord.core.statements import Statement
from accord.risk.models import LossRun
from accord.risk.selectors.results import PAGE, level_of

Z90 = 1.6448536269514722


def driver_statements(run: LossRun) -> list[Statement]:
    """What shared causes add to the worst years, and what knowing everything before choosing would be worth."""
    return [fact for fact in (shared_tail(run), worth_of_knowing(run)) if fact is not None]


def shared_tail(run: LossRun) -> Statement | None:
    """TVaR at the tail level with shared causes less that of independent scenarios, with the bounds of both."""
    told = run.result.get("causes") or {}
    if not told.get("rows"):
        return None
    level = run.result["tail_level"]
    now = level_of(run, "tvar", level)
    alone = next((row for row in told["without"]["tvar"] if abs(row["level"] - level) < 1e-9), None)
    if now is None or alone is None:
        return None
    value = now["value"] - alone["value"]
    return Statement(
        "loss.shared_tail", "Added to the worst 1 % of years by shared causes", value, run.currency,
        (now["lower"] - alone["upper"], now["upper"] - alone["lower"]),
        source="Mean of the worst 1 % of years with the shared causes, less that of the same scenarios if they were "
               "independent. The interval is that of the proven bounds of both.",
        query="risk.selectors.shared_tail", href=f"{PAGE}#causes", as_of=run.at,
        note="The expected loss a year is the same: only what comes together changes.",
    )  # fmt: skip


def worth_of_knowing(run: LossRun) -> Statement | None:
    """The expected value of perfect information for choosing one initiative, with its sampling error."""
    told = run.result.get("information")
    if not told:
        return None
    value, error = told["evpi"]["value"], told["evpi"]["error"]
    years, best = told["years"], told["best"]["name"] if told["best"]["key"] else "leave it as it is"
    return Statement(
        "loss.evpi", "Worth of knowing every input before choosing", value, run.currency,
        (max(value - Z90 * error, 0.0), value + Z90 * error), 0.9,
        source=f"Cost and loss over {years} years of today's controls against each initiative done by itself: what the "
               "better choice would save on average if all inputs were known (expected value of perfect information). "
               "The interval is that of the sampling.",
        query="risk.selectors.worth_of_knowing", href=f"{PAGE}#information", as_of=run.at,
        note=f"Over {years} years. The best single choice today: {best}.",
    )  # fmt: skip


def swings(run: LossRun) -> list[dict[str, Any]]:
    """The widest swings, each with its Sobol' indices where these are kept."""
    indices = {row["key"]: row for row in (run.result.get("indices") or {}).get("rows", ())}
    return [
        {**row, "first": indices.get(row["key"], {}).get("first"), "total": indices.get(row["key"], {}).get("total")}
        for row in run.result.get("swings") or ()
    ]
