"""Times to detect, to acknowledge and to resolve, each from the earliest evidence of an alert.

The earliest evidence is the time of the first event of the alert, by the event's own clock. So the time to acknowledge
holds the time to detect, and the time to resolve holds both: they say how long an attacker had.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from accord.core.statements import Statement
from accord.monitoring.models import Alert
from accord.monitoring.selectors.daily.parts import Period, Section, address, plural
from accord.monitoring.selectors.daily.seen import OWN

WINDOW = timedelta(days=30)
FEWEST = 10
"""Cases below which the 90th percentile is not told: it would be the longest of a few."""
KINDS = (
    ("detect", "detect", "opened"),
    ("acknowledge", "acknowledge", "acknowledged"),
    ("resolve", "resolve", "closed"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 90th percentile in minutes of so many cases; None = not known."""

    median: float | None
    ninth: float | None
    cases: int


def spread(minutes: Iterable[float]) -> Spread:
    """Of spans in minutes: the median, and the 90th percentile where there are FEWEST cases or more.

    Both are order statistics, so that each is the span of a real alert: the value at place ceil(p × n).
    """
    held = sorted(minutes)
    return Spread(
        _at(held, 0.5) if held else None, _at(held, 0.9) if len(held) >= FEWEST else None, len(held)
    )  # fmt: skip


def _at(held: Sequence[float], share: float) -> float:
    return held[max(0, math.ceil(share * len(held)) - 1)]


def times(since: datetime, until: datetime) -> dict[str, Spread]:
    """Kind (detect, acknowledge, resolve) → spread, of alerts for which that happened within. One query.

    Silenced alerts and duplicates are left out. What an event's clock dates after the alert counts as no time.
    """
    happened = {
        name: Q(**{f"{field}__gte": since, f"{field}__lt": until}) for name, _, field in KINDS
    }  # fmt: skip
    rows = (
        Alert.objects.filter(OWN, happened["detect"] | happened["acknowledge"] | happened["resolve"])
        .exclude(state=Alert.State.SILENCED).exclude(verdict=Alert.Verdict.DUPLICATE).order_by()
        .values_list("first", *(F(field) for _, _, field in KINDS))
    )  # fmt: skip
    spans: dict[str, list[float]] = {name: [] for name, _, _ in KINDS}
    for first, *moments in rows.iterator(2000):
        for (name, _, _), moment in zip(KINDS, moments, strict=True):
            if moment is not None and since <= moment < until:
                spans[name].append(max(0.0, (moment - first) / timedelta(minutes=1)))
    return {name: spread(held) for name, held in spans.items()}


def told(minutes: float | None) -> tuple[float | None, str]:
    """A span as a figure with the unit that suits it."""
    if minutes is None or minutes < 90:
        return None if minutes is None else round(minutes, 1 if minutes < 10 else None), "minutes"
    if minutes < 48 * 60:
        return round(minutes / 60, 1), "hours"
    return round(minutes / 1440, 1), "days"


def section(period: Period) -> Section:
    """One query."""
    found = times(period.until - WINDOW, period.until)
    facts = []
    for name, word, _ in KINDS:
        one = found[name]
        source = f"From the first event of an alert, {WINDOW.days} days up to then: {plural(one.cases, 'alert')}"
        base: dict[str, Any] = {"source": source, "query": "monitoring.selectors.daily.times", "as_of": period.until,
                "href": address("alert_list", state="closed" if name == "resolve" else None)}  # fmt: skip
        few = f"Known from {FEWEST} alerts on." if one.ninth is None else ""
        facts += [
            Statement(f"watch.{name}.median", f"Time to {word}, half of the alerts within", *told(one.median),
                      note=plural(one.cases, "alert"), **base),
            Statement(f"watch.{name}.ninth", f"Time to {word}, nine of ten within", *told(one.ninth),
                      note=few or plural(one.cases, "alert"), **base),
        ]  # fmt: skip
    return Section(
        "times", "How fast", facts, note=f"Of the {WINDOW.days} days before. Alerts that still wait are not in it."
    )
