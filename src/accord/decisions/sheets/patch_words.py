"""What a patch-or-wait sheet says: statements of its options and of the whole, and plain words for whoever waits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from accord.core.statements import Statement
from accord.decisions.sheets.patch_facts import PatchFacts
from accord.ui import format as write
from accord.ui.format import default_currency

if TYPE_CHECKING:
    from accord.engines.waiting import Chances, Cost, Inputs, Option

Ends = tuple[float, float, float]
PARTS = (
    ("sheet.waiting", "Loss while it waits", "waiting", "Expected loss a day over the days until it is patched."),
    ("sheet.downtime", "Downtime", "downtime", "Hours times money an hour, in a window its share."),
    ("sheet.failure", "If the patch fails", "failure", "Chance of failing times what taking it back and waiting cost."),
    ("sheet.mitigation", "Mitigation", "mitigation", "Once, and for each day that it holds."),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One option as the sheet shows it: until when it holds, and whether all that its cost needs is known."""

    key: str
    name: str
    until: date
    option: Option
    known: bool


@dataclass(frozen=True, slots=True)
class Told:
    """All that is said comes from this."""

    inputs: Mapping[str, Any]
    facts: PatchFacts
    taken: Inputs
    ways: Sequence[Way]
    costs: Mapping[str, Cost | None]
    chances: Chances | None
    today: date

    @property
    def known(self) -> list[Way]:
        return [way for way in self.ways if way.known]

    @property
    def rate(self) -> Ends | None:
        """Expected loss a day, None = not priced."""
        return None if self.facts.on.price is None else self.taken.rate

    def break_even(self) -> Ends | None:
        """Days after which waiting has cost as much as patching now; None where either is unknown."""
        from accord.engines import waiting

        now = self.costs.get("now")
        return None if now is None or self.rate is None else waiting.break_even(self.taken, now.whole)

    def worth_waiting(self) -> Ends | None:
        """Days for which a window is worth waiting for; None where something is unknown."""
        from accord.engines import waiting

        complete = self.rate is not None and all(
            self.inputs[n] is not None for n in ("window_share", "hourly", "downtime")
        )
        return waiting.worth_waiting(self.taken) if complete else None


def options(told: Told) -> list[dict[str, Any]]:
    """The options with their figures."""
    due = told.facts.on.due
    found = []
    for way in told.ways:
        facts = [fact.as_json() for fact in _of_way(told, way)]
        late = due is not None and way.until > due.date()
        found.append({
            "key": way.key, "name": way.name, "until": way.until.isoformat(), "days": way.option.day, "facts": facts,
            "window": told.inputs["window"] if way.key == "window" else "", "late": late,
            "known": way.known,
        })  # fmt: skip
    return found


def _of_way(told: Told, way: Way) -> list[Statement]:
    unit, cost = default_currency(), told.costs[way.key]
    whole = None if cost is None else cost.whole
    found = [
        _money("sheet.cost", "Expected cost", whole, "The sum of the parts below, until it is patched."),
        *(
            _money(key, label, None if cost is None else getattr(cost, name), source)
            for key, label, name, source in PARTS
        ),
        Statement("sheet.days", "Days until it is patched", way.option.day, "days", source="Counted from today."),
    ]
    chance = None
    if told.chances is not None and way.known:
        place = [one.key for one in told.known].index(way.key)
        chance = float(told.chances.cheapest[place])
    source = "Chance to cost the least, all inputs independent within their ranges."
    found.append(Statement("sheet.cheapest", "Chance to be the cheapest", chance, "%", source=source))
    due = told.facts.on.due
    if due is not None:
        left = (due.date() - way.until).days
        found.append(Statement(
            "sheet.before_deadline", "Days to spare before the deadline", left, "days",
            source="Earliest deadline of its findings; below 0 it is missed.",
            tone="danger" if left < 0 else "",
        ))  # fmt: skip
    _ = unit
    return found


def statements(told: Told) -> list[Statement]:
    """The figures of the whole."""
    on, rate = told.facts.on, told.rate
    hourly = told.inputs["hourly"]
    stated = "As it is stated here."
    found = [
        _money("sheet.a_day", "Waiting costs a day", rate, "Price a year of its findings over 365.25 days.", on.href),
        _money(
            "sheet.a_week", "Waiting costs a week", None if rate is None else _times(rate, 7.0),
            "Seven days at today's rate.", on.href,
        ),
        _money(
            "sheet.an_hour", "Downtime costs an hour", hourly,
            told.facts.hourly.source if _alike(hourly, told.facts.hourly.ends) else stated,
            f"/systems/{told.facts.system.key}/",
        ),
        _days(
            "sheet.break_even", "Waiting has cost as much as patching now after", told.break_even(),
            "Where the loss of waiting reaches the cost of patching now.",
        ),
        _days(
            "sheet.worth_waiting", "A window is worth waiting for up to", told.worth_waiting(),
            "Where patching in a window costs as much as patching now.",
        ),
        Statement(
            "sheet.findings", "Open findings that it closes", on.open_findings, "findings",
            source="As counted last.", href=on.href, note=f"On {on.assets} {'asset' if on.assets == 1 else 'assets'}.",
        ),
        Statement(
            "sheet.goal_weight", "Goal weight on the system", told.facts.weight, "%",
            source="Shares of goals that it carries.", href=f"/systems/{told.facts.system.key}/",
        ),
    ]  # fmt: skip
    return found


def _alike(stated: Sequence[float] | None, known: Ends | None) -> bool:
    """Whether what is stated is what the model says, to the digits that the form shows."""
    if stated is None or known is None:
        return stated is None and known is None
    return all(abs(a - b) <= 0.006 * abs(b) for a, b in zip(stated, known, strict=True))


def beats(told: Told) -> list[dict[str, Any]]:
    """For each two options whose cost is known: the chance that the first costs less than the second."""
    if told.chances is None:
        return []
    return [
        {"key": a.key, "name": a.name, "chances": [
            None if i == j else float(told.chances.less[i, j]) for j in range(len(told.known))
        ]}
        for i, a in enumerate(told.known)
    ]  # fmt: skip


def forecast(told: Told) -> dict[str, Any]:
    """What is held against what really happens: day and range of the downtime by option, chance of failing."""
    return {
        "downtime_hours": told.inputs["downtime"], "hourly": told.inputs["hourly"], "fails": told.inputs["fails"],
        "a_day": None if told.rate is None else list(told.rate),
        "costs": {key: None if cost is None else list(cost.whole) for key, cost in told.costs.items()},
    }  # fmt: skip


def plain(told: Told) -> list[str]:
    """Sentences for a head of department: what waiting costs, what the downtime takes, who feels it."""
    name, rate = told.facts.system.name, told.rate
    found = []
    if rate is None:
        found.append(f"What it costs to leave {name} as it is cannot be said yet.")
    else:
        week = _times(rate, 7.0)
        found.append(
            f"Leaving {name} as it is costs about {_about(rate)} a day, {_about(week)} a week: not a bill, but the "
            f"average of what could happen, spread over the days."
        )
    now = told.costs.get("now")
    hours = told.inputs["downtime"]
    if hours is not None:
        stands = "stays up" if max(hours) == 0 else f"stands still for {_range(hours)} hours"
        money = "" if now is None else f" Patching now costs about {_about(now.whole)} in all."
        found.append(f"While it is changed, {name} {stands}.{money}")
    most = told.break_even()
    if most is not None and now is not None:
        found.append(
            "At this rate, waiting never costs as much as patching now."
            if math.isinf(most[1])
            else f"After about {_count(most[1])} of waiting, the wait has cost as much as patching now."
        )
    units = [one["name"] for one in told.facts.feels]
    if units:
        found.append(f"The downtime is felt by {_list(units)}.")
    else:
        found.append("Which departments feel the downtime is not written down yet.")
    return found


def explained(told: Told) -> list[str]:
    """How it was computed, and what entered."""
    facts = told.facts
    found = [
        f"Counted from {write.date(told.today)}. Every option ends when the patch is in; nothing is discounted.",
        "Range: all inputs at their low ends to all at their high ends.",
        "Loss of waiting: price a year of the findings that it closes, over 365.25 days for each day.",
    ]
    if facts.exploited:
        found.append("It is known to be exploited already: what it costs today says so.")
    elif max(told.taken.emergence) > 0:
        chance = 1 - math.exp(-told.taken.emergence[1] * 30)
        low, mid, high = told.taken.increase
        stated = told.inputs["increase"] is not None and not _alike(told.inputs["increase"], facts.increase)
        found.append(
            f"Once exploitation is known the rate is {mid:.3g} times as high ({low:.3g} to {high:.3g}); within 30 days "
            f"that comes with a chance of {write.percent(chance)} (EPSS). "
            + ("As it is stated here." if stated or not facts.increase_source else facts.increase_source)
        )
    if told.inputs["rollback"] is None and max(told.taken.rollback) > 0:
        found.append(
            f"Taking a failed patch back: down for up to the RTO and up to the RPO of work done again, "
            f"0 to {told.taken.rollback[2]:g} hours."
        )
    if told.chances is not None:
        found.append(
            "Chances: inputs independent, half of the weight on either side of the middle, above it evenly in the "
            f"logarithm; exact in the loss a day, "
            f"otherwise by a fixed rule of {8192:,} points, good to {write.percent(max(told.chances.error, 1e-4), 2)}."
        )
    return found


def _money(key: str, label: str, ends: Sequence[float] | None, source: str, href: str = "") -> Statement:
    mid = None if ends is None else ends[1]
    spread = None if ends is None or ends[2] <= ends[0] else (ends[0], ends[2])
    return Statement(key, label, mid, default_currency(), spread, source=source, href=href)


def _days(key: str, label: str, ends: Ends | None, source: str) -> Statement:
    if ends is None:
        return Statement(key, label, None, "days", source=source)
    low, mid, high = ends
    if math.isinf(mid):
        note = f"Not within 100 years; {_count(low)} where all makes waiting dear." if math.isfinite(low) else (
            "Not within 100 years.")  # fmt: skip
        return Statement(key, label, None, "days", source=source, note=note)
    note = f"From {_count(low)} on; at the other end never." if math.isinf(high) else ""
    spread = None if math.isinf(high) or high <= low else (_round(low), _round(high))
    return Statement(key, label, _round(mid), "days", spread, source=source, note=note)


def _round(days: float) -> float:
    return round(days, 1) if days < 10 else float(round(days))


def _count(days: float) -> str:
    value = _round(days)
    return f"{write.number(value)} {'day' if value == 1 else 'days'}"


def _times(ends: Ends, factor: float) -> Ends:
    return (ends[0] * factor, ends[1] * factor, ends[2] * factor)


def _about(ends: Sequence[float]) -> str:
    middle = write.money(ends[1], compact=True)
    if ends[2] <= ends[0]:
        return middle
    return f"{middle} ({write.money(ends[0], compact=True)} to {write.money(ends[2], compact=True)})"


def _range(ends: Sequence[float]) -> str:
    return f"{ends[1]:g}" if ends[2] <= ends[0] else f"{ends[0]:g} to {ends[2]:g}"


def _list(names: Sequence[str], most: int = 6) -> str:
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
