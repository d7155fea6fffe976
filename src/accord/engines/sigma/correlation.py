"""Correlation rules over hits in event time: counts, distinct values, sums, and rules that come together or in order.

A window is a rule's `timespan` long, both ends included, and lies in the time that events tell. Rules with lower
bounds only ("gte", "gt", all members seen) are looked at with each event, on the window that ends with it, and fire as
soon as they can; what has fired is not counted again. Rules that more events may make false again ("lte", "eq", "not")
are looked at when a window is over that opened with a group's first event.

Events may come late: they wait for `lateness` seconds and are then counted in the order of their times. What comes
later still is counted where its window is kept, and told in `late`. The state is bounded, and can be saved.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice, product
from typing import Any

from accord.engines.sigma.correlation_rules import (
    OPERATORS,
    Correlation,
    correlations_of,
    known_by,
    satisfied,
)
from accord.engines.sigma.rules import Program
from accord.engines.sigma.values import look_up, number, texts

__all__ = ["Correlation", "Correlator", "Firing", "correlations_of"]

MOST_GROUPS = 100_000
MOST_ENTRIES = 500_000
"""Of all rules together; the groups that were left alone longest go first, and are counted in `dropped`."""
MOST_IN_GROUP = 10_000
MOST_COMBINATIONS = 16
LONGEST = 200
Entry = tuple[float, int, int, Any, Any]
"""Time, serial number, member, value, reference."""
Key = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Firing:
    """A correlation rule that holds.

    `start` and `time` are the times of the first and the last event of the window (seconds since 1970), `group` the
    values of `group_by` as the last event writes them, `measure` what was compared (events, distinct values, a sum,
    members seen), `events` how many there were, `references` what the caller gave with them (the latest 100).
    """

    correlation: Correlation
    start: float
    time: float
    group: dict[str, str]
    measure: float
    events: int
    references: tuple[Any, ...]


@dataclass(slots=True)
class _Group:
    shown: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)


class Correlator:
    """Counts the hits of one program's rules for its correlation rules. Not safe for several threads at once.

    Which rules are alerts of their own: `quiet` are the numbers of those that only feed correlations (`generate`).
    """

    def __init__(self, program: Program, lateness: float = 0.0, most_entries: int = MOST_ENTRIES) -> None:
        self.correlations = correlations_of(program)
        self.lateness, self._most = lateness, most_entries
        self._running = [(place, one) for place, one in enumerate(self.correlations) if not one.problem]
        self._of_rule: dict[int, list[tuple[int, int]]] = {}
        self._of_correlation: dict[int, list[tuple[int, int]]] = {}
        self.quiet = self._link(program)
        self.digest = blake2b(repr([vars_of(one) for one in self.correlations]).encode(), digest_size=16).hexdigest()
        self._groups: OrderedDict[Key, _Group] = OrderedDict()
        self._waiting: list[tuple[float, int, int, int, tuple[str, ...], Any, Any]] = []
        self._due: list[tuple[float, Key]] = []
        self._entries = self._serial = 0
        self._newest = self._done = float("-inf")
        self._sweep_at = 1000
        self.late = self.too_late = self.dropped = self.ungrouped = 0

    def _link(self, program: Program) -> frozenset[int]:
        rules = {name: place for place, rule in enumerate(program.rules) for name in known_by(rule)}
        made = {name: place for place, one in self._running for name in known_by(one)}
        quiet: dict[int, bool] = {}
        for place, one in self._running:
            for member, name in enumerate(one.members):
                if name in rules:
                    self._of_rule.setdefault(rules[name], []).append((place, member))
                    quiet[rules[name]] = quiet.get(rules[name], True) and not one.generate
                else:
                    self._of_correlation.setdefault(made[name], []).append((place, member))
        return frozenset(rule for rule, only in quiet.items() if only)

    # --- in

    def add(
        self, rules: Iterable[int], event: Mapping[str, Any], time: datetime | float, reference: Any = None
    ) -> list[Firing]:  # fmt: skip
        """Count one event for which these rules (numbers in the program) hold; what fires through it.

        `time` is the event's own. `reference` comes back in the firings; to save the state it must be plain data.
        """
        moment = time.timestamp() if isinstance(time, datetime) else float(time)
        for rule in rules:
            for place, member in self._of_rule.get(rule, ()):
                for shown, value in self._read(place, member, event):
                    self._serial += 1
                    heapq.heappush(self._waiting, (moment, self._serial, place, member, shown, value, reference))
        return self.advance(moment)

    def advance(self, time: datetime | float) -> list[Firing]:
        """Tell that event time has come this far, by an event of any kind or by the clock."""
        moment = time.timestamp() if isinstance(time, datetime) else float(time)
        self._newest = max(self._newest, moment)
        return self._until(self._newest - self.lateness)

    def finish(self) -> list[Firing]:
        """No more events will come: count what waits, close all windows."""
        return self._until(float("inf"))

    def _read(self, place: int, member: int, event: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """The groups to which an event belongs for a rule, with the value that counts."""
        one = self.correlations[place]
        held = [_texts_of(event, one.field_of(name, member)) for name in one.group_by]
        if not all(held):
            self.ungrouped += 1
            return
        value: Any = None
        if one.counted:
            found = [_texts_of(event, one.field_of(name, member)) for name in one.counted]
            if not all(found):
                return
            if one.kind == "value_count":
                value = "\x1f".join(_short("\x1e".join(part)).lower() for part in found)
            else:
                value = number(found[0][0])
                if value is None:
                    return
        for shown in islice(product(*held), MOST_COMBINATIONS):
            yield tuple(map(_short, shown)), value

    # --- time

    def _until(self, moment: float) -> list[Firing]:
        firings: list[Firing] = []
        while True:
            waiting = self._waiting[0][0] if self._waiting else float("inf")
            due = self._due[0][0] if self._due else float("inf")
            if due < waiting and due < moment:
                firings += self._close(heapq.heappop(self._due))
            elif waiting <= moment and self._waiting:
                firings += self._count(*heapq.heappop(self._waiting))
            else:
                break
        if moment != float("inf"):
            self._done = max(self._done, moment)
        self._sweep()
        return firings

    def _count(
        self, time: float, serial: int, place: int, member: int, shown: tuple[str, ...], value: Any, reference: Any
    ) -> list[Firing]:  # fmt: skip
        if time < self._done:
            self.late += 1
            if time < self._done - self.correlations[place].span:
                self.too_late += 1
                return []
        return self._enter((time, serial, member, value, reference), place, shown)

    def _enter(self, entry: Entry, place: int, shown: tuple[str, ...]) -> list[Firing]:
        one = self.correlations[place]
        key = (place, tuple(text.lower() for text in shown))
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(shown)
        self._groups.move_to_end(key)
        group.shown = shown
        insort(group.entries, entry, key=lambda held: held[:2])
        self._entries += 1
        if one.at_the_end:
            if group.entries[0] is entry:
                heapq.heappush(self._due, (entry[0] + one.span, key))
            found = None
        else:
            found = self._look(one, group, entry)
        self._bound(group)
        return [] if found is None else [found, *self._passed_on(place, found)]

    def _look(self, one: Correlation, group: _Group, entry: Entry) -> Firing | None:
        """The first window with this entry in it for which the rule holds; its entries are not counted again."""
        if len(group.entries) < one.fewest:
            return None
        first = bisect_left(group.entries, entry[:2], key=lambda held: held[:2])
        for last in range(first, len(group.entries)):
            end = group.entries[last][0]
            if end - one.span > entry[0]:
                break
            oldest = bisect_left(group.entries, end - one.span, key=lambda held: held[0])
            if last + 1 - oldest < one.fewest:
                continue
            window = group.entries[oldest : last + 1]
            measure = _measure(one, window)
            if measure is not None:
                group.entries = group.entries[last + 1 :]
                self._entries -= last + 1
                return _firing(one, group.shown, window, measure)
        newest = group.entries[-1][0]
        keep = next(place for place, held in enumerate(group.entries) if held[0] >= newest - 2 * one.span)
        self._entries -= keep
        del group.entries[:keep]
        return None

    def _close(self, due: tuple[float, Key]) -> list[Firing]:
        """A window that opened with a group's first event is over."""
        end, key = due
        group, one = self._groups.get(key), self.correlations[key[0]]
        if group is None or not group.entries or group.entries[0][0] + one.span != end:
            return []
        window = [held for held in group.entries if held[0] <= end]
        group.entries = group.entries[len(window) :]
        self._entries -= len(window)
        if group.entries:
            heapq.heappush(self._due, (group.entries[0][0] + one.span, key))
        else:
            del self._groups[key]
        measure = _measure(one, window)
        if measure is None:
            return []
        found = _firing(one, group.shown, window, measure)
        return [found, *self._passed_on(key[0], found)]

    def _passed_on(self, place: int, firing: Firing) -> list[Firing]:
        """A firing is an event for the rules that name its rule."""
        found: list[Firing] = []
        for above, member in self._of_correlation.get(place, ()):
            for shown, value in self._read(above, member, firing.group):
                self._serial += 1
                found += self._enter((firing.time, self._serial, member, value, firing.references[-1]), above, shown)
        return found

    # --- bounds

    def _bound(self, group: _Group) -> None:
        over = len(group.entries) - MOST_IN_GROUP
        if over > 0:
            del group.entries[:over]
            self._entries -= over
            self.dropped += over
        while self._entries > self._most or len(self._groups) > MOST_GROUPS:
            _, gone = self._groups.popitem(last=False)
            self._entries -= len(gone.entries)
            self.dropped += len(gone.entries)

    def _sweep(self) -> None:
        """Forget groups whose windows are over, each time that there are twice as many groups as were left."""
        if len(self._groups) < self._sweep_at:
            return
        spans = {place: one.span for place, one in self._running if not one.at_the_end}
        over = [
            key
            for key, group in self._groups.items()
            if key[0] in spans and (not group.entries or group.entries[-1][0] < self._done - spans[key[0]])
        ]
        for key in over:
            self._entries -= len(self._groups.pop(key).entries)
        self._sweep_at = 2 * len(self._groups) + 1000

    # --- saved

    def state(self) -> dict[str, Any]:
        """Everything that is counted so far, as plain data; references as they were given."""
        finite = {name: getattr(self, name) for name in _TIMES if getattr(self, name) != float("-inf")}
        return {
            "digest": self.digest,
            "times": finite,
            "counters": {name: getattr(self, name) for name in _COUNTERS},
            "waiting": [list(one) for one in sorted(self._waiting, key=lambda held: held[:2])],
            "groups": [
                [key[0], list(key[1]), list(group.shown), [list(entry) for entry in group.entries]]
                for key, group in self._groups.items()
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Go on from a saved state; False, and nothing changes, if it is of other correlation rules."""
        if state.get("digest") != self.digest:
            return False
        for name, value in {**state["times"], **state["counters"]}.items():
            if name in (*_TIMES, *_COUNTERS):
                setattr(self, name, value)
        self._waiting = [(*one[:4], tuple(one[4]), *one[5:]) for one in state["waiting"]]
        heapq.heapify(self._waiting)
        self._groups, self._due, self._entries = OrderedDict(), [], 0
        for place, key, shown, entries in state["groups"]:
            group = _Group(tuple(shown), [tuple(entry) for entry in entries])
            self._groups[(place, tuple(key))] = group
            self._entries += len(group.entries)
            one = self.correlations[place]
            if one.at_the_end and group.entries:
                heapq.heappush(self._due, (group.entries[0][0] + one.span, (place, tuple(key))))
        return True


_TIMES = ("_newest", "_done")
_COUNTERS = ("_serial", "late", "too_late", "dropped", "ungrouped")


def vars_of(one: Correlation) -> list[Any]:
    """What of a correlation rule its state depends on."""
    return [
        one.identifier, one.kind, one.members, one.group_by, sorted(one.aliases.items()), one.span, one.bounds,
        one.counted, one.percentile, one.expression, one.problem,
    ]  # fmt: skip


def _texts_of(event: Mapping[str, Any], name: str) -> list[str]:
    return list(dict.fromkeys(text for one in look_up(event, name) for text in texts(one)))


def _short(text: str) -> str:
    """A long value by its beginning and a digest, so that what is kept is bounded."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def _measure(one: Correlation, window: list[Entry]) -> float | None:
    """What a rule measures in a window, None where that does not satisfy it."""
    if one.expression is not None or (not one.bounds and one.kind in ("temporal", "temporal_ordered")):
        there = {entry[2] for entry in window}
        wanted = ("and", *range(len(one.members))) if one.expression is None else one.expression
        if not satisfied(wanted, there) or (one.kind == "temporal_ordered" and not _in_order(one, window)):
            return None
        return float(len(there))
    measure = _quantity(one, window)
    return measure if all(OPERATORS[name](measure, limit) for name, limit in one.bounds) else None


def _in_order(one: Correlation, window: list[Entry]) -> bool:
    wanted = iter(entry[2] for entry in window)
    order = range(len(one.members)) if one.expression is None else _places(one.expression)
    return all(any(member == found for found in wanted) for member in order)


def _places(tree: Any) -> tuple[int, ...]:
    return (tree,) if isinstance(tree, int) else tuple(tree[1:])


def _quantity(one: Correlation, window: list[Entry]) -> float:
    match one.kind:
        case "event_count":
            return float(len(window))
        case "value_count":
            return float(len({entry[3] for entry in window}))
        case "temporal":
            return float(len({entry[2] for entry in window}))
        case "temporal_ordered":
            return _longest_run(window)
    values = sorted(entry[3] for entry in window)
    if one.kind == "value_sum":
        return float(sum(values))
    if one.kind == "value_avg":
        return float(sum(values) / len(values))
    share = one.percentile / 100 if one.kind == "value_percentile" else 0.5
    at = share * (len(values) - 1)
    below = int(at)
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (at - below) * (values[above] - values[below]))


def _longest_run(window: list[Entry]) -> float:
    """How many members came in order, from the first on."""
    wanted = 0
    for entry in window:
        wanted += entry[2] == wanted
    return float(wanted)


def _firing(one: Correlation, shown: tuple[str, ...], window: list[Entry], measure: float) -> Firing:
    return Firing(
        one, window[0][0], window[-1][0], dict(zip(one.group_by, shown, strict=True)), measure, len(window),
        tuple(entry[4] for entry in window[-100:]),
    )  # fmt: skip
