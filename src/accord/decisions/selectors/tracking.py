"""A decision in force, forecast beside actual: money by year, dates by initiative, loss by year."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accord.core.twokey import TwoKeyState
from accord.decisions.models import ActualCost, ActualDate, Decision
from accord.risk.models import LossEvent

MONTH = {"1": 1, "2": 4, "3": 7, "4": 10}


@dataclass(frozen=True, slots=True)
class YearMoney:
    """One calendar year: what the plan forecast, what was really paid (None = nothing is known), and the budget.

    `known` of `expected` initiatives have an actual figure for the year.
    """

    year: int
    capital: float
    running: float
    capital_actual: float | None
    running_actual: float | None
    capital_limit: float
    running_limit: float
    known: int
    expected: int


@dataclass(frozen=True, slots=True)
class Dates:
    """One initiative: first and last planned day, what really happened, and how that stands today.

    `late` are days after the plan (negative = before it), None where nothing can be said. `state` is one of
    finished, running, due, waiting.
    """

    key: str
    name: str
    sponsor: str
    start: dt.date
    finish: dt.date
    started: dt.date | None
    finished: dt.date | None
    state: str
    late: int | None
    capital: float
    capital_actual: float | None
    running: float
    running_actual: float | None


@dataclass(frozen=True, slots=True)
class YearLoss:
    """One calendar year: forecast loss with the plan and as things were, and what incidents really cost."""

    year: int
    forecast: float
    today: float
    actual: float | None
    events: int
    over: bool


@dataclass(frozen=True, slots=True)
class Tracking:
    """All of it, as of a day."""

    decision: Decision
    as_of: dt.date
    money: list[YearMoney]
    dates: list[Dates]
    losses: list[YearLoss]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was recorded: costs by initiative and year, dates (started, finished) by initiative, loss events."""

    costs: dict[str, dict[int, tuple[float | None, float | None]]]
    dates: dict[str, tuple[dt.date | None, dt.date | None]]
    events: list[tuple[dt.date, float]]

    @property
    def losses(self) -> dict[int, tuple[float, int]]:
        """Year → (sum, number) of the loss events."""
        found: dict[int, tuple[float, int]] = {}
        for date, amount in self.events:
            total, number = found.get(date.year, (0.0, 0))
            found[date.year] = (total + amount, number + 1)
        return found


def _decisions() -> QuerySet[Decision]:
    people = ("proposed_by", "cio_signer", "ciso_signer", "dissent_by", "plan__frontier")
    return Decision.objects.select_related(*people).defer("plan__result", "plan__frontier__result")


def find_decision(key: str) -> Decision | None:
    """One decision with its signers and what it froze. One query."""
    return _decisions().filter(key=key).first()


def in_force() -> Decision | None:
    """The decision that both signed and that holds now. One query."""
    return _decisions().filter(state=TwoKeyState.IN_FORCE).first()


def waiting() -> list[Decision]:
    """The decisions that wait for a key. One query."""
    return list(_decisions().filter(state=TwoKeyState.PROPOSED).defer("content").order_by("-created"))


def first_day(quarter: str) -> dt.date:
    year, number = quarter.split("-Q")
    return dt.date(int(year), MONTH[number], 1)


def last_day(quarter: str) -> dt.date:
    year, number = quarter.split("-Q")
    following = dt.date(int(year) + 1, 1, 1) if number == "4" else dt.date(int(year), MONTH[number] + 3, 1)
    return following - dt.timedelta(days=1)


def facts_of(decisions: Iterable[Decision]) -> Facts:
    """What was recorded of the initiatives of some decisions, and every loss event. Three queries."""
    keys = {row["key"] for one in decisions for row in one.frozen["result"].get("schedule", ())}
    costs: dict[str, dict[int, tuple[float | None, float | None]]] = defaultdict(dict)
    rows = ActualCost.objects.filter(initiative__key__in=keys)
    for key, year, capital, running in rows.values_list("initiative__key", "year", "capital", "running"):
        costs[key][year] = (_number(capital), _number(running))
    dates = {
        key: (started, finished)
        for key, started, finished in ActualDate.objects.filter(initiative__key__in=keys).values_list(
            "initiative__key", "started", "finished"
        )
    }
    events = [(date, float(amount)) for date, amount in LossEvent.objects.values_list("date", "amount")]
    return Facts(costs, dates, events)


def tracking(decision: Decision, today: dt.date, facts: Facts | None = None) -> Tracking:
    """Forecast from the frozen content of the decision, actual from what was recorded since. Three queries.

    No query where `facts` are given, which may be of several decisions.
    """
    known = facts or facts_of([decision])
    result = decision.frozen["result"]
    schedule: list[dict[str, Any]] = result["schedule"]
    costs = {row["key"]: known.costs.get(row["key"], {}) for row in schedule}
    return Tracking(
        decision,
        today,
        [_year_money(row, schedule, costs) for row in result["money"]],
        [_dates(row, known.dates.get(row["key"], (None, None)), costs[row["key"]], today) for row in schedule],
        _losses(result, today, known.events),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _year_money(
    row: dict[str, Any], schedule: list[dict[str, Any]], costs: dict[str, dict[int, tuple[float | None, float | None]]]
) -> YearMoney:
    year = row["year"]
    expected = [one["key"] for one in schedule if any(part["year"] == year for part in one["money"])]
    actual = [costs[key][year] for key in costs if year in costs[key]]
    return YearMoney(
        year, row["capital"], row["running"],
        _sum(capital for capital, _ in actual), _sum(running for _, running in actual),
        row["capital_limit"], row["running_limit"],
        sum(1 for key in expected if year in costs[key]), len(expected),
    )  # fmt: skip


def _dates(
    row: dict[str, Any], happened: tuple[dt.date | None, dt.date | None],
    costs: dict[int, tuple[float | None, float | None]], today: dt.date,
) -> Dates:  # fmt: skip
    start, finish = first_day(row["start"]), last_day(row["finish"])
    started, finished = happened
    if finished is not None:
        state, late = "finished", (finished - finish).days
    elif started is not None:
        state, late = "running", (today - finish).days if today > finish else (started - start).days
    elif today > start:
        state, late = "due", (today - start).days
    else:
        state, late = "waiting", None
    return Dates(
        row["key"], row["name"], row["sponsor"], start, finish, started, finished, state, late,
        sum(part["capital"] for part in row["money"]), _sum(capital for capital, _ in costs.values()),
        sum(part["running"] for part in row["money"]), _sum(running for _, running in costs.values()),
    )  # fmt: skip


def _losses(result: dict[str, Any], today: dt.date, recorded: Iterable[tuple[dt.date, float]]) -> list[YearLoss]:
    first = first_day(result["horizon"]["first"])
    forecast: dict[int, float] = defaultdict(float)
    quarters: dict[int, int] = defaultdict(int)
    for n, loss in enumerate(result["loss_by_quarter"]):
        year = first.year + (first.month - 1 + 3 * n) // 12
        forecast[year] += loss
        quarters[year] += 1
    span = len(result["loss_by_quarter"])
    events: dict[int, list[float]] = defaultdict(list)
    last = last_day(result["horizon"]["last"])
    for date, amount in recorded:
        if first <= date <= last:
            events[date.year].append(amount)
    return [
        YearLoss(
            year, forecast[year], result["loss_today"] * quarters[year] / span,
            sum(events[year]) if events[year] else None, len(events[year]), today.year > year,
        )
        for year in sorted(forecast)
    ]  # fmt: skip
