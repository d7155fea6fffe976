"""Reads of loss runs: the latest one, whether it still holds, and what it says in statements."""

from __future__ import annotations

from bisect import bisect_right
from math import exp, log
from typing import Any

from django.db.models import Exists, OuterRef

from accord.core.models import LedgerEntry
from accord.core.statements import Statement
from accord.risk.models import Appetite, LossRun
from accord.risk.selectors.appetite import compare
from accord.risk.selectors.inputs import RELEVANT, read
from accord.ui import format as write

PAGE = "/loss/"


def latest_run() -> LossRun | None:
    """The newest loss run. One query.

    Its attribute `touched` says whether anything that goes into the loss was written since it read its inputs.
    """
    later = LedgerEntry.objects.filter(number__gt=OuterRef("ledger_number"), noun__in=RELEVANT)
    runs = LossRun.objects.select_related("by").annotate(touched=Exists(later))
    return runs.order_by("-at", "-pk").first()


def is_stale(run: LossRun) -> bool:
    """Whether the same run now would rest on other inputs. No query where nothing was written, else nine."""
    touched = getattr(run, "touched", True)
    return bool(touched) and read(run.currency).hash != run.inputs_hash


def level_of(run: LossRun, what: str, level: float) -> dict[str, float] | None:
    """Lower bound, value and upper bound of "var" or "tvar" at a level, where the run has it."""
    return next((row for row in run.result[what] if abs(row["level"] - level) < 1e-9), None)


def curve(run: LossRun) -> list[tuple[float, float]]:
    """(amount, probability of losing more in a year), amounts ascending from 0."""
    return [(amount, probability) for amount, probability in run.result["curve"]]


def curve_without_controls(run: LossRun) -> list[tuple[float, float]]:
    """The same as if no control operated."""
    return [(amount, probability) for amount, probability in run.result["without_controls"]["curve"]]


def exceeding(points: list[tuple[float, float]], amount: float) -> float | None:
    """The probability of losing more than `amount`, read off a curve; None beyond its end.

    Between two points ln(probability) is linear in the amount's logarithm.
    """
    if amount < 0 or not points or amount > points[-1][0]:
        return None
    at = bisect_right([x for x, _ in points], amount) - 1
    if at + 1 >= len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[at], points[at + 1]
    if min(y0, y1) <= 0 or x0 <= 0:
        return y0 + (y1 - y0) * ((amount - x0) / (x1 - x0) if x1 > x0 else 0.0)
    part = log(amount / x0) / log(x1 / x0)
    return exp(log(y0) + part * (log(y1) - log(y0)))


def scenario_row(run: LossRun | None, key: str) -> dict[str, Any] | None:
    """What a run says about one scenario; None where it was not quantified."""
    return next((row for row in run.result["scenarios"] if row["key"] == key), None) if run else None


def statements(run: LossRun, appetite: Appetite | None) -> list[Statement]:
    """The facts of a loss run, for screen, brief and API. No query."""
    result, unit, href = run.result, run.currency, PAGE
    mean = result["mean"]
    spread = (mean["low"], mean["high"]) if mean["high"] > mean["low"] else None
    controls = "From all controls at their best to all at their weakest." if spread else ""
    found = [
        Statement(
            "loss.mean", "Expected loss a year", mean["value"], unit, spread,
            source="Sum over the quantified scenarios of expected frequency × expected loss per event, after the "
                   "controls that operate.",
            query="risk.selectors.latest_run", href=f"{href}#scenarios", as_of=run.at, note=controls,
        ),
    ]  # fmt: skip
    for key, label, what, level in (
        ("loss.var_95", "One year in 20 costs more than", "var", 0.95),
        ("loss.var_99", "One year in 100 costs more than", "var", 0.99),
        ("loss.tvar_99", "Mean of the worst 1 % of years", "tvar", 0.99),
    ):
        row = level_of(run, what, level)
        if row is not None:
            found.append(
                Statement(
                    key, label, row["value"], unit, source="Exact distribution of the year; bounds proven to "
                    f"{row['upper'] - row['lower']:,.0f} {unit}.",
                    query="risk.selectors.latest_run", href=f"{href}#curve", as_of=run.at,
                )
            )  # fmt: skip
    found.append(against_appetite(run, appetite))
    missing = len(result["not_quantified"])
    if missing:
        found.append(
            Statement(
                "loss.not_quantified", "Not quantified", missing, "scenarios" if missing > 1 else "scenario",
                source="Scenarios of which the frequency or the loss is unknown. They are in no figure.",
                query="risk.selectors.latest_run", href=f"{href}#not-quantified", as_of=run.at, tone="warning",
                note="In no figure on this page, not even as 0.",
            )
        )  # fmt: skip
    return found


def against_appetite(run: LossRun, appetite: Appetite | None) -> Statement:
    """Where the loss lies against the appetite in force."""
    label, source = "Against the risk appetite", "The exceedance curve held against the appetite that both signed."
    common: dict[str, Any] = {
        "source": source, "query": "risk.selectors.compare", "href": "/appetite/", "as_of": run.at,
    }  # fmt: skip
    if appetite is None:
        return Statement("loss.appetite", label, None, note="No appetite is in force.", **common)
    rows = compare(appetite.frozen["points"], curve(run))
    above = [row for row in rows if row.above]
    if not above:
        note = "Within it at every amount."
        return Statement("loss.appetite", label, 0, "amounts above", note=note, tone="good", **common)
    worst = max(above, key=lambda row: (row.probability or 0.0) / row.accepted)
    note = (
        f"More than {write.money(worst.amount, run.currency, compact=True)}: {write.percent(worst.probability)} a "
        f"year, accepted {write.percent(worst.accepted)}."
    )
    unit = "amounts above" if len(above) > 1 else "amount above"
    return Statement("loss.appetite", label, len(above), unit, note=note, tone="danger", **common)
