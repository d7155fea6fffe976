"""The rules in force over the events of the pump: which hold, what correlation rules make of them, and their state.

Events that come about when they happen are correlated by their own times as they come, `LATENESS` seconds late at
most. Those that come later than a day after they happened (logs that are handed in, or were held up) have a time line
of their own: they are put in order, over all sources, and counted once no more come. So an old log neither ends what
is open now nor is too late for the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accord.monitoring.hits import Hit
from accord.monitoring.pumping.packing import packed, unpacked
from accord.monitoring.services import ruleset
from accord.monitoring.services.exception_gate import Gate, gate
from accord.monitoring.store import StoredEvent

if TYPE_CHECKING:
    from accord.engines.sigma import Engine, LogSource
    from accord.engines.sigma.correlation import Correlator, Firing
    from accord.engines.sigma.rules import Rule

LATENESS = 30.0
"""Seconds that an event may come after a later one and still be counted in its order."""
OLD = timedelta(days=1)
AHEAD = timedelta(minutes=5)
"""How far a clock may be ahead of ours before its time is not believed for correlation."""
HELD = 300_000
"""Old hits that wait to be put in order; beyond it only those within a day are."""
DAY = 86_400.0
MOST_ENTRIES = 200_000
SHOWN = 500
ROUTED = frozenset(("Channel", "Provider_Name"))
LINES = ("live", "old")
Numbers = tuple[int, ...]


class Rules:
    """The rules in force. `state` is what a stored one gave. Not for several threads at once."""

    def __init__(self, state: bytes = b"") -> None:
        self._digest = ""
        self._engine: Engine | None = None
        self._sources: dict[Any, LogSource] = {}
        self._correlators: dict[str, Correlator] = {}
        self._pending: Mapping[str, Any] = unpacked(state)
        self._line: tuple[str, frozenset[int]] = ("", frozenset())
        self._dropped: list[int] = []
        self.waiting = 0
        """Old hits that wait to be put in order."""
        self.changed = False
        """Whether the state is another one than that which was stored last."""

    # --- the program

    def renew(self) -> bool:
        """Take the program in force, if it is another one; what is counted for correlation rules that stay, stays."""
        told = ruleset.digest()
        if told == self._digest:
            return False
        from accord.engines.sigma import Engine

        found = ruleset.current()
        if self._correlators:
            self._pending = self._state()
        if self._engine is not None:
            self._tell_dropped(timezone.now())
        self._dropped = []
        self._set, self._digest = found, told
        self._engine = Engine(found.program, found.run)
        self.waiting = 0
        self._correlators = {line: self._correlator(line) for line in LINES}
        self._pending = {}
        self.changed = True
        places = {id(one): place for line in LINES for place, one in enumerate(self._correlators[line].correlations)}
        self._places = places
        self._quiet = found.quiet | self._correlators[LINES[0]].quiet
        self._names = {number: _asked_fields(rule) for number, rule in enumerate(found.program.rules)}
        return True

    def _correlator(self, line: str) -> Correlator:
        from accord.engines.sigma.correlation import Correlator

        lateness = LATENESS if line == "live" else float("inf")
        made = Correlator(self._set.program, lateness=lateness, most_entries=MOST_ENTRIES)
        state = self._pending.get(line)
        if state:
            self.waiting += len(state["waiting"]) if line == "old" else 0
            made.restore(_moved(state, self._pending.get("rules", []), _marks(made), made.digest))
        return made

    # --- events

    def match(self, event: StoredEvent, record: str) -> Numbers:
        """The numbers of the rules that hold for an event; for two events of one line each rule holds once."""
        assert self._engine is not None
        key = (event.product, event.category, event.service)
        source = self._sources.get(key)
        if source is None:
            from accord.engines.sigma import LogSource

            source = self._sources[key] = LogSource(*key)
        numbers = self._engine.match(event.data, source, event.raw if event.json else None)
        if event.format in ("auditd", "syslog"):
            if record == self._line[0]:
                return tuple(number for number in numbers if number not in self._line[1])
            self._line = (record, frozenset(numbers))
        return numbers

    def hits(self, matched: Iterable[tuple[StoredEvent, Numbers, bool]], caught_up: bool, now: datetime) -> list[Hit]:
        """The hits of events that rules hold for (in the order of receipt), and of correlation rules.

        The third of each says whether its record came by a stream, so that the moment of receipt may stand for a time
        that is not told. `caught_up`: there is nothing more to read now, so that time goes on by the clock.

        What an exception takes is no event for correlation rules; it is handed on for being counted, also that of
        rules that only feed correlations.
        """
        found: list[Hit] = []
        told, keeper = list(matched), gate()
        for event, numbers, _ in told:
            for number in numbers:
                if number not in self._quiet or self._is_excepted(keeper, event, number):
                    found.append(self._hit(event, number))
        # Sources are read one after the other: what came from all of them is counted in the order of its times.
        for event, numbers, is_stream in sorted(told, key=lambda one: one[0].time):
            if event.time_is_told or is_stream:
                left = tuple(number for number in numbers if not self._is_excepted(keeper, event, number))
                found += self._correlate(event, left)
        if caught_up:
            found += self._fired("live", self._correlators["live"].advance(now))
        return found

    def settle_old(self) -> list[Hit]:
        """No more old events come for now: the hits of correlation rules over those that wait."""
        old = self._correlators["old"]
        found = self._fired("old", old.finish())
        old.lateness, self.waiting = float("inf"), 0
        return found

    def _is_excepted(self, keeper: Gate, event: StoredEvent, number: int) -> bool:
        rule, _ = self._set.rules[number]
        return keeper.drops(rule, event.data, event.host, event.user, event.src or event.dst) is not None

    def _hit(self, event: StoredEvent, number: int) -> Hit:
        rule, version = self._set.rules[number]
        fields = dict(_asked(self._names[number], event.data))
        return Hit(
            rule, version, event.key, event.source, event.time, event.received, event.time_is_told, event.host,
            event.user, event.src or event.dst, event.asset, fields, event.data, asset_by=event.asset_by,
        )  # fmt: skip

    def _correlate(self, event: StoredEvent, numbers: Numbers) -> list[Hit]:
        line = "old" if event.time < event.received - OLD else "live"
        time = min(event.time, event.received) if event.time > event.received + AHEAD else event.time
        correlator = self._correlators[line]
        reference = [
            event.key, event.source, event.time.timestamp(), event.received.timestamp(), event.time_is_told, event.host,
            event.user, event.src or event.dst, event.asset, event.asset_by,
        ]  # fmt: skip
        self.changed = True
        firings = correlator.add(numbers, event.data, time, reference)
        if line == "old":
            self.waiting += 1
            if self.waiting == HELD:
                correlator.lateness = DAY
        return self._fired(line, firings)

    def _fired(self, line: str, firings: Sequence[Firing]) -> list[Hit]:
        found = []
        for firing in firings:
            told = self._set.correlations.get(self._places[id(firing.correlation)])
            if told is not None:
                found.append(_hit_of(firing, *told))
            self.changed = True
        return found

    # --- kept

    def state(self) -> bytes:
        """What is counted for correlation rules, to be stored."""
        return packed(self._state()) if self._correlators else packed(self._pending)

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {line: one.state() for line, one in self._correlators.items()}
        state["rules"] = _marks(self._correlators[LINES[0]])
        return state

    def tell(self, now: datetime) -> None:
        """Note what the engine says of each rule."""
        if self._engine is not None:
            ruleset.note_states(self._engine.states(), self._correlators[LINES[0]].correlations, now)
            self._tell_dropped(now)

    def _tell_dropped(self, now: datetime) -> None:
        """Count what filters dropped since it was told last, of the rule and of the filter."""
        assert self._engine is not None
        found: Counter[int] = Counter()
        told = self._engine.filtered()
        for one, before in zip(told, self._dropped or [0] * len(told), strict=True):
            for rule in (self._set.rules[one.rule][0], ruleset.pair_of(one.filter.path)[0]):
                found[rule] += one.events - before
        ruleset.note_dropped(found, now.astimezone(UTC).date())
        self._dropped = [one.events for one in told]


def _hit_of(firing: Firing, rule: int, version: int) -> Hit:
    key, source, _, received, told, host, user, address, asset, *found_by = firing.references[-1]
    members = tuple(dict.fromkeys(str(one[0]) for one in firing.references))
    fields = {**firing.group, "events": str(firing.events), "measure": f"{firing.measure:g}"}
    time, came = datetime.fromtimestamp(firing.time, UTC), datetime.fromtimestamp(received, UTC)
    return Hit(
        rule, version, key, source, time, came, told, host, user, address, asset, fields, dict(firing.group),
        dict(firing.group), members, firing.measure, found_by[0] if found_by else "",
    )  # fmt: skip


def _asked_fields(rule: Rule) -> tuple[str, ...]:
    return tuple(name for name in rule.fields if name not in ROUTED)


def _asked(names: Iterable[str], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that a rule asks for, where the event has them."""
    from accord.engines.sigma.values import look_up, texts

    for name in names:
        held = [text for value in look_up(data, name) for text in texts(value)]
        if held:
            text = "; ".join(held[:20])
            yield name, text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _marks(correlator: Correlator) -> list[str]:
    """What tells one correlation rule from another, by their places."""
    from accord.engines.sigma.correlation import vars_of

    return [blake2b(repr(vars_of(one)).encode(), digest_size=12).hexdigest() for one in correlator.correlations]


def _moved(state: Mapping[str, Any], before: Sequence[str], after: Sequence[str], digest: str) -> dict[str, Any]:
    """The state of a correlator for another set of correlation rules: what is of rules that are gone, goes."""
    places = {mark: place for place, mark in enumerate(after)}
    move = {old: places[mark] for old, mark in enumerate(before) if mark in places}
    waiting = [[*one[:2], move[one[2]], *one[3:]] for one in state["waiting"] if one[2] in move]
    groups = [[move[one[0]], *one[1:]] for one in state["groups"] if one[0] in move]
    return {**state, "digest": digest, "waiting": waiting, "groups": groups}
