"""What a scenario's own history and its base rates say about its frequency, and who stated it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from accord.core.accounts import OPERATOR
from accord.core.ledger import SYSTEM
from accord.core.models import LedgerEntry, User
from accord.risk.models import BaseRate, LossEvent, ObservedPeriod, Scenario, TrainingAnswer

if TYPE_CHECKING:
    from accord.engines.loss.bayes import RatePrior, RateUpdate

YEAR = 365.25
ACTORS = {OPERATOR: "the command line", SYSTEM: "Accord"}
RANGE, BASE = "range", "base"
LAST_WRITES = 50
"""How many of the last writes of a scenario are searched for whoever stated its frequency."""


@dataclass(frozen=True, slots=True)
class Updated:
    """One prior with the own history: where it comes from, and the posterior."""

    prior: str
    label: str
    source: str
    update: RateUpdate


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """A scenario's own incidents in the observed period, and what they make of each prior.

    since      first day that counts; None = unknown, so nothing is known of the history
    years      calendar years of observation; weighed by `left`, what today's controls leave of the frequency
    missing    what is missing for a posterior, in words
    """

    scenario: str
    since: date | None
    until: date
    counted_to: date | None
    events: int
    years: float
    left: float
    rows: tuple[Updated, ...]
    missing: str


def own_history(scenario: Scenario, left: float, today: date | None = None) -> OwnHistory:
    """The history of a scenario with today's operating controls (left: share of the frequency). Three queries."""
    until = today or timezone.now().date()
    observed = ObservedPeriod.objects.filter(scenario=scenario).first()
    if observed is None:
        missing = "Say since when every such event would have been written down; until then its history is unknown."
        return OwnHistory(scenario.key, None, until, None, 0, 0.0, left, (), missing)
    counted = observed.counted_to
    since = observed.since if counted is None else max(observed.since, counted + timedelta(days=1))
    events = LossEvent.objects.filter(scenario=scenario, date__gte=since, date__lte=until).count()
    years = max((until - since).days, 0) / YEAR
    rows: tuple[Updated, ...] = ()
    missing = ""
    if years <= 0:
        missing = "The observed period has not begun, or all of it is already in the frequency."
    elif left <= 0:
        missing = "The controls leave nothing of the frequency, so no event could have been seen."
    else:
        rows = _updated(scenario, events, years * left)
        if not rows:
            missing = "Give the frequency at 5 %, 50 % and 95 % as a range, or a base rate."
    return OwnHistory(scenario.key, since, until, counted, events, years, left, rows, missing)


def _updated(scenario: Scenario, events: int, years: float) -> tuple[Updated, ...]:
    from accord.engines.loss import LossInputError
    from accord.engines.loss.bayes import combined, prior_of_base_rate, prior_of_range, update

    found = []
    low, high = scenario.frequency_low, scenario.frequency_high
    if low is not None and high is not None and 0 < low < high:
        source = scenario.source or "No source is given."
        try:
            prior = prior_of_range(float(low), float(high), source)
        except LossInputError:
            prior = None
        if prior is not None:
            found.append(Updated(RANGE, "The stated range", source, update(prior, events, years)))
    base: RatePrior | None = None
    for row in BaseRate.objects.filter(scenario=scenario).order_by("key"):
        one = prior_of_base_rate(float(row.rate), float(row.years), row.source)
        base = one if base is None else combined(base, one)
    if base is not None:
        found.append(Updated(BASE, "Base rates", base.source, update(base, events, years)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class StatedBy:
    """Who last stated a scenario's frequency, when, and how many ranges they had answered in the training by then.

    known   whether it was an account: an import by the command line has nobody who could have trained
    """

    name: str
    email: str
    at: datetime
    ranges: int
    known: bool


def stated_by(scenario: Scenario) -> StatedBy | None:
    """Whoever last changed the frequency by hand or import; None where the ledger does not know. Three queries."""
    writes = LedgerEntry.objects.filter(noun="scenario", key=scenario.key).order_by("-number")
    for entry in writes[:LAST_WRITES]:
        if _frequency(entry.before) != _frequency(entry.after):
            person = None if entry.actor in ACTORS else User.objects.filter(email=entry.actor).first()
            at = datetime.fromisoformat(entry.at)
            trained = TrainingAnswer.objects.filter(by=person, low__isnull=False, at__lte=at)
            ranges = trained.count() if person is not None else 0
            name = str(person) if person is not None else ACTORS.get(entry.actor, entry.actor)
            return StatedBy(name, entry.actor, at, ranges, person is not None)
    return None


def _frequency(snapshot: str) -> tuple[object, ...]:
    import json

    row = json.loads(snapshot) if snapshot else {}
    return tuple(row.get(f"frequency_{end}") for end in ("low", "mid", "high"))
