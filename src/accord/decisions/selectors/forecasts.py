"""Forecasts against what became of them: dates with Brier, losses with CRPS, ranges by how many held."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from accord.decisions.models import ClosedYear, Decision, Estimate, Forecast
from accord.decisions.selectors.tracking import Facts, Tracking, facts_of, first_day, last_day, tracking

if TYPE_CHECKING:
    from accord.engines.loss.scoring import ConfidenceCalibration, RangeCalibration

WHOLE = 4
About = Estimate.About


@dataclass(frozen=True, slots=True)
class Outcome:
    """One dated forecast: the plan says it happens by `due`; `happened` is None while that is not known.

    `stated` holds the probability of each role that stated one.
    """

    about: str
    subject: str
    name: str
    due: dt.date
    happened: bool | None
    actual: dt.date | None
    stated: dict[str, float]


@dataclass(frozen=True, slots=True)
class YearForecast:
    """The loss of one calendar year: forecast, what incidents cost, and scores where the year is over and recorded.

    `actual` is None while nothing is recorded and nobody said that the record is whole. `crps` is in money, beside
    `point`, what the expected loss alone would earn; `rank` is P(loss <= actual) as it was forecast.
    """

    year: int
    expected: float
    mean: float | None
    quantiles: list[list[float]] | None
    actual: float | None
    events: int
    whole: bool
    crps: float | None
    point: float | None
    rank: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Stake:
    """One range that an executive stated, and the truth where it is known."""

    role: str
    about: str
    year: int
    low: float
    high: float
    truth: float | None

    @property
    def held(self) -> bool | None:
        return None if self.truth is None else self.low <= self.truth <= self.high


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one executive's stated probabilities and ranges were worth.

    base      Brier score of who states the share that really came about, to everything
    plan      Brier score of the plan itself, which says 100 %
    """

    role: str
    stated: int
    confidence: ConfidenceCalibration | None
    base: float | None
    plan: float | None
    ranges: RangeCalibration | None
    stakes: int


def loss_curve(result: Mapping[str, Any]) -> list[list[float]]:
    """(amount, probability of losing more) of a loss run, from 0 on."""
    return [[float(amount), float(probability)] for amount, probability in result["curve"]]


def quantiles_of(curve: Sequence[Sequence[float]], levels: Iterable[float]) -> list[list[float]]:
    """[level, amount] read off a curve, linear between its points; levels beyond its end are left out."""
    below = [1.0 - probability for _, probability in curve]
    found = []
    for level in levels:
        at = bisect_left(below, level)
        if at >= len(curve):
            continue
        if at == 0:
            found.append([level, float(curve[0][0])])
            continue
        span = below[at] - below[at - 1]
        part = (level - below[at - 1]) / span if span > 0 else 1.0
        found.append([level, curve[at - 1][0] + part * (curve[at][0] - curve[at - 1][0])])
    return found


def due_dates(decision: Decision) -> dict[tuple[str, str], dt.date]:
    """(about, subject) of all that can be stated on a decision → the day before which it must be stated."""
    result = decision.frozen["result"]
    found: dict[tuple[str, str], dt.date] = {}
    for row in result.get("schedule", ()):
        found[About.START, row["key"]] = first_day(row["start"])
        found[About.FINISH, row["key"]] = first_day(row["finish"])
    for row in result.get("money", ()):
        for about in (About.LOSS, About.MONEY):
            found[about, str(row["year"])] = dt.date(row["year"], 1, 1)
    return found


def estimates(decision: Decision, role: str) -> list[Estimate]:
    """What one executive stated on a decision. One query."""
    return list(decision.estimates.filter(role=role))


def stated_on(decisions: Iterable[Decision]) -> dict[int, list[Estimate]]:
    """Decision (by primary key) → what both executives stated on it. One query."""
    found: dict[int, list[Estimate]] = defaultdict(list)
    for one in Estimate.objects.filter(decision__in=[decision.pk for decision in decisions]):
        found[one.decision_id].append(one)
    return found


def outcomes(decision: Decision, today: dt.date, facts: Facts, estimates: Iterable[Estimate]) -> list[Outcome]:
    """The dated forecasts of a decision and what became of them. No query.

    Without a row of actual dates nothing is known, however late it is; a row without a finish says "not yet".
    """
    stated: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for one in estimates:
        if one.probability is not None:
            stated[one.about, one.subject][one.role] = float(one.probability)
    found = []
    for row in decision.frozen["result"].get("schedule", ()):
        known = row["key"] in facts.dates
        for place, about in enumerate((About.START, About.FINISH)):
            due = last_day(row["start" if about == About.START else "finish"])
            actual = facts.dates[row["key"]][place] if known else None
            happened = None if not known else actual <= due if actual is not None else False if today > due else None
            found.append(
                Outcome(about, row["key"], row["name"], due, happened, actual, stated.get((about, row["key"]), {}))
            )
    return found


def closed_years() -> set[int]:
    """The years of which somebody said that all losses are recorded. One query."""
    return set(ClosedYear.objects.values_list("year", flat=True))


def year_forecasts(
    decision: Decision, losses: Mapping[int, tuple[float, int]], closed: set[int], today: dt.date
) -> list[YearForecast]:
    """The loss forecasts that a decision kept, scored where they can be. One query."""
    kept = decision.forecasts.filter(kind=Forecast.Kind.LOSS).order_by("subject").values_list("data", flat=True)
    return [_year(data, losses, closed, today) for data in kept]


def _year(
    data: Mapping[str, Any], losses: Mapping[int, tuple[float, int]], closed: set[int], today: dt.date
) -> YearForecast:
    year = data["year"]
    total, events = losses.get(year, (0.0, 0))
    actual = total if events or year in closed else None
    reason, crps, point, rank = "", None, None, None
    if today.year <= year:
        reason = "The year is not over."
    elif year not in closed:
        reason = "Nobody has said that all its losses are recorded."
    elif data["quarters"] < WHOLE:
        reason = "The plan covers only a part of the year."
    elif data["curve"] is None:
        reason = "No loss run was there when it was signed."
    else:
        from accord.engines.loss.scoring import crps_curve

        amounts = [row[0] for row in data["curve"]]
        beyond = [row[1] for row in data["curve"]]
        crps = crps_curve(amounts, beyond, total)
        point, rank = abs(data["mean"] - total), 1.0 - _beyond(amounts, beyond, total)
    return YearForecast(
        year, data["expected"], data["mean"], data["quantiles"], actual, events, year in closed, crps, point, rank,
        reason,
    )  # fmt: skip


def _beyond(amounts: Sequence[float], beyond: Sequence[float], truth: float) -> float:
    """P(loss > truth) on a curve, linear between its points."""
    at = bisect_left(amounts, truth)
    if at >= len(amounts):
        return 0.0
    if amounts[at] == truth or at == 0:
        return beyond[at]
    part = (truth - amounts[at - 1]) / (amounts[at] - amounts[at - 1])
    return beyond[at - 1] + part * (beyond[at] - beyond[at - 1])


def stakes(
    estimates: Iterable[Estimate], found: Tracking, losses: Mapping[int, tuple[float, int]], closed: set[int]
) -> list[Stake]:
    """The ranges among what was stated on a decision, with the truth of years that are over and whole. No query."""
    money = {row.year: row for row in found.money}
    result = []
    for one in estimates:
        if one.low is None or one.high is None:
            continue
        year, truth = int(one.subject), None
        if one.about == About.LOSS and year in closed:
            truth = losses.get(year, (0.0, 0))[0]
        elif one.about == About.MONEY and year < found.as_of.year and year in money:
            truth = paid_whole(money[year])
        result.append(Stake(one.role, one.about, year, float(one.low), float(one.high), truth))
    return result


def paid_whole(row: Any) -> float | None:
    """Capital and running cost paid in a year, where both are known of every initiative that was to cost something."""
    if row.known < row.expected or row.capital_actual is None or row.running_actual is None:
        return None
    return float(row.capital_actual + row.running_actual)


def calibration(role: str, dated: Sequence[Outcome], ranges: Sequence[Stake]) -> Calibration:
    """Score what one executive stated. No query."""
    mine = [one for one in dated if role in one.stated]
    known = [(one.stated[role], one.happened) for one in mine if one.happened is not None]
    held = [one for one in ranges if one.role == role and one.truth is not None]
    confidence = base = plan = spread = None
    if known:
        from accord.engines.loss.scoring import confidence_calibration

        confidence = confidence_calibration([p for p, _ in known], [h for _, h in known])
        share = sum(1 for _, happened in known if happened) / len(known)
        base, plan = share * (1.0 - share), 1.0 - share
    if held:
        from accord.engines.loss.scoring import range_calibration

        spread = range_calibration([s.low for s in held], [s.high for s in held], [s.truth or 0.0 for s in held])
    return Calibration(
        role, len(mine), confidence, base, plan, spread, sum(1 for one in ranges if one.role == role)
    )  # fmt: skip


def as_data(row: Any) -> Any:
    """A scored row as plain data; what is not a finite number is None."""
    if is_dataclass(row) and not isinstance(row, type):
        return as_data(asdict(row))
    if isinstance(row, Mapping):
        return {name: as_data(value) for name, value in row.items()}
    if isinstance(row, list | tuple):
        return [as_data(value) for value in row]
    return None if isinstance(row, float) and not isfinite(row) else row


def forecasts_of(decision: Decision, today: dt.date) -> dict[str, Any]:
    """Everything forecast on one decision, scored, for tracking and API. Six queries."""
    facts, closed = facts_of([decision]), closed_years()
    estimates = stated_on([decision])[decision.pk]
    found = tracking(decision, today, facts)
    dated = outcomes(decision, today, facts, estimates)
    ranges = stakes(estimates, found, facts.losses, closed)
    return {
        "tracking": found,
        "dated": dated,
        "years": year_forecasts(decision, facts.losses, closed, today),
        "ranges": ranges,
        "calibrations": [calibration(role, dated, ranges) for role in ("cio", "ciso")],
    }
