"""What an exception would have done to correlation rules: the hits of their base rules over what is stored, twice.

Once as the exceptions in force leave them, once without what the new one takes as well. Both are counted in the order
of the times that events tell, beginning a window before the time that is looked at. What fires only the first time is
gone; where the same rule fires for the same group within a window after it only the second time, it fires later. Live
events are counted as they come, `pumping.rules.LATENESS` seconds late at most, and those that come later than a day in
a line of their own: where they came late, what fired then may differ from both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Min

from accord.monitoring.models import EventFile, ExceptionReplay, Rule, Source
from accord.monitoring.services.exception_gate import Gate, Matcher, event_of, gate

if TYPE_CHECKING:
    from accord.engines.sigma.correlation import Correlator, Firing
    from accord.monitoring.services.ruleset import RuleSet
    from accord.monitoring.store import StoredEvent

Tell = Callable[[int, int | None, str], None]
MOST_HITS = 1_000_000
"""So many events with hits of base rules are counted; what is newer is not looked at, and it is told."""
WAITING = 200_000
"""So many wait to be put in order; beyond it only those within DAY, which is what a file of events spans."""
DAY = 86_400.0
LISTED = 100
STREAMS = (Source.Kind.SYSLOG, Source.Kind.HTTP, Source.Kind.NATS)
LINES = ("auditd", "syslog")
"""Formats of which several events may be of one record; a rule holds once for them."""
Fired = tuple[int, str, tuple[tuple[str, str], ...]]
"""Rule, key of the last event, and the group."""


@dataclass(slots=True)
class Correlated:
    """What becomes of correlation rules.

    `rules`: primary keys of those that the exception touches. `before` are the keys of the events at which each fired,
    `gone` those at which it would not have. `lines` tell it of each rule; `events` were counted, up to `reached` where
    there were too many (None: all).
    """

    rules: frozenset[int] = frozenset()
    before: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    gone: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    lines: list[dict[str, Any]] = field(default_factory=list)
    events: int = 0
    reached: datetime | None = None

    def told(self) -> dict[str, Any]:
        """As the result of the replay keeps it."""
        return {
            "rules": self.lines, "events": self.events,
            "reached": self.reached.isoformat() if self.reached is not None else None,
        }  # fmt: skip


def history(since: datetime, days: int) -> dict[str, Any]:
    """How far back stored events reach, and which sources keep theirs for a shorter time than is looked at."""
    first = EventFile.objects.filter(last__gte=since).aggregate(first=Min("first"))["first"]
    held = EventFile.objects.filter(last__gte=since).values("source")
    short = Source.objects.filter(pk__in=held, retention_days__lt=days).order_by("name")
    return {
        "from": first.isoformat() if first is not None else None,
        "short": first is None or first > since + timedelta(hours=1),
        "sources": [{"name": one.name, "days": one.retention_days} for one in short[:20]],
    }  # fmt: skip


def run(shown: ExceptionReplay, held: RuleSet, since: datetime, until: datetime, tell: Tell) -> Correlated:
    """Count what correlation rules in reach of the exception made of stored events, with it and without it."""
    wanted = None if shown.everywhere else frozenset(shown.rules)
    both = _Both(held, wanted, Matcher([shown.conditions]))
    found = Correlated(rules=frozenset(held.correlations[place][0] for place in both.places))
    if not both.places:
        return found
    from accord.monitoring.store import lookback

    streams = frozenset(Source.objects.filter(kind__in=STREAMS).values_list("pk", flat=True))

    def told(share: float, behind: int, number: int) -> None:
        tell(int(share * 1000), 1000, f"Counting for correlation rules: {number:,} events so far")

    begin = since - timedelta(seconds=both.longest)
    for event, numbers in lookback.run(held.program, both.numbers, begin, until, tell=told):
        if not (event.time_is_told or event.source in streams):
            continue
        if found.events >= MOST_HITS:
            found.reached = event.time
            break
        both.add(event, numbers)
        found.events += 1
    both.finish()
    _compare(both, since, found)
    return found


class _Both:
    """The same events for two correlators: as it is, and with the exception."""

    def __init__(self, held: RuleSet, wanted: frozenset[int] | None, matcher: Matcher) -> None:
        from accord.engines.sigma.correlation import Correlator

        self.held, self._wanted, self._matcher = held, wanted, matcher
        self._gate: Gate = gate()
        self._as_is, self._with = (Correlator(held.program, lateness=float("inf")) for _ in range(2))
        self._of = [
            {id(one): place for place, one in enumerate(each.correlations)} for each in (self._as_is, self._with)
        ]
        bases = _bases(self._as_is, held)
        self.places = {
            place for place, numbers in bases.items()
            if place in held.correlations and (
                self.covers(held.correlations[place][0]) or any(self.covers(held.rules[one][0]) for one in numbers)
            )
        }  # fmt: skip
        self.numbers = sorted({number for place in self.places for number in bases[place]} & set(held.run))
        self.spans = {place: self._as_is.correlations[place].span for place in self.places}
        self.longest = max(self.spans.values(), default=0.0)
        self._added = 0
        self._lines: set[int] = set()
        self.before: dict[Fired, tuple[int, float]] = {}
        self.after: dict[Fired, tuple[int, float]] = {}

    def covers(self, rule: int) -> bool:
        """Whether the exception is one to this rule."""
        return self._wanted is None or rule in self._wanted

    def add(self, event: StoredEvent, numbers: Iterable[int]) -> None:
        """Count one event for which these rules hold."""
        from accord.monitoring.pumping.rules import AHEAD

        address = event.src or event.dst
        left = [
            number for number in self._once(event, numbers)
            if self._gate.drops(self.held.rules[number][0], event.data, event.host, event.user, address) is None
        ]  # fmt: skip
        fits = bool(left) and bool(self._matcher.matching(event_of(event.data, event.host, event.user, address)))
        kept = [number for number in left if not (fits and self.covers(self.held.rules[number][0]))]
        time = min(event.time, event.received) if event.time > event.received + AHEAD else event.time
        reference = (event.key, event.host, event.user, address)
        self._note(0, self._as_is.add(left, event.data, time, reference))
        self._note(1, self._with.add(kept, event.data, time, reference))
        self._added += 1
        if self._added == WAITING:
            self._as_is.lateness = self._with.lateness = DAY

    def finish(self) -> None:
        """No more events come."""
        self._note(0, self._as_is.finish())
        self._note(1, self._with.finish())

    def _once(self, event: StoredEvent, numbers: Iterable[int]) -> list[int]:
        if event.format not in LINES:
            return list(numbers)
        from accord.monitoring.store.place import key_of, place_of

        place = place_of(event.key)
        record = key_of(*place[:3]) if place is not None else event.key
        found = [number for number in numbers if hash((record, number)) not in self._lines]
        self._lines.update(hash((record, number)) for number in found)
        return found

    def _note(self, which: int, firings: Iterable[Firing]) -> None:
        """Keep what would be an alert: exceptions also take what correlation rules make."""
        for firing in firings:
            place = self._of[which][id(firing.correlation)]
            if place not in self.places:
                continue
            rule = self.held.correlations[place][0]
            key, host, user, address = firing.references[-1]
            if self._gate.drops(rule, firing.group, host, user, address, firing.group) is not None:
                continue
            made = event_of(firing.group, host, user, address, firing.group)
            if which and self.covers(rule) and self._matcher.matching(made):
                continue
            fired = (rule, str(key), tuple(sorted(firing.group.items())))
            (self.after if which else self.before)[fired] = (place, firing.time)


def _bases(correlator: Correlator, held: RuleSet) -> dict[int, set[int]]:
    """The numbers of the rules on which each correlation rule rests, through others as well."""
    from accord.engines.sigma.correlation_rules import known_by

    rules = {name: number for number, rule in enumerate(held.program.rules) for name in known_by(rule)}
    made = {name: place for place, one in enumerate(correlator.correlations) for name in known_by(one)}

    def of(place: int, above: frozenset[int]) -> set[int]:
        one = correlator.correlations[place]
        if one.problem or place in above:
            return set()
        found = {rules[name] for name in one.members if name in rules}
        for name in one.members:
            if name not in rules and name in made:
                found |= of(made[name], above | {place})
        return found

    return {place: of(place, frozenset()) for place in range(len(correlator.correlations))}


def _compare(both: _Both, since: datetime, found: Correlated) -> None:
    moment = since.timestamp()
    counts: dict[int, dict[str, int]] = defaultdict(lambda: {"before": 0, "after": 0, "gone": 0, "later": 0})
    for name, fired in (("before", both.before), ("after", both.after)):
        for (rule, key, _), (_, time) in fired.items():
            if time >= moment:
                counts[rule][name] += 1
                if name == "before":
                    found.before[rule].add(key)
    missing: dict[tuple[int, Any], list[tuple[float, str, float]]] = defaultdict(list)
    fresh: dict[tuple[int, Any], list[float]] = defaultdict(list)
    for one, (place, time) in both.before.items():
        if time >= moment and one not in both.after:
            missing[one[0], one[2]].append((time, one[1], both.spans[place]))
    for one, (_, time) in both.after.items():
        if one not in both.before:
            fresh[one[0], one[2]].append(time)
    for about, held in missing.items():
        later = sorted(fresh.get(about, ()))
        for time, key, span in sorted(held):
            taken = next((n for n, at in enumerate(later) if time <= at <= time + span), None)
            if taken is not None:
                del later[taken]
                counts[about[0]]["later"] += 1
            else:
                counts[about[0]]["gone"] += 1
                found.gone[about[0]].add(key)
    found.lines = _lines(both, counts)[:LISTED]


def _lines(both: _Both, counts: Mapping[int, dict[str, int]]) -> list[dict[str, Any]]:
    spans = {both.held.correlations[place][0]: span for place, span in both.spans.items()}
    names = dict(Rule.objects.filter(pk__in=list(spans)).values_list("pk", "title"))
    nothing = {"before": 0, "after": 0, "gone": 0, "later": 0}
    rows = [
        {"rule": rule, "title": names.get(rule, ""), "window": span, **counts.get(rule, nothing)}
        for rule, span in spans.items()
    ]
    return sorted(rows, key=lambda one: (-one["gone"], -one["later"], -one["before"], one["title"], one["rule"]))
