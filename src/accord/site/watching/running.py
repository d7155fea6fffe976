"""Events through the rules: hits, one after the other, and what was read on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accord.site.watching.inputs import Input

if TYPE_CHECKING:
    from accord.engines.sigma import Engine, Program
    from accord.engines.sigma.correlation import Correlation, Correlator, Firing
    from accord.engines.sigma.rules import LogSource as RuleSource
    from accord.engines.sigma.rules import Rule
    from accord.intake.events import Assumed, Event, LogSource, Tally
    from accord.outlet.ocsf import Detection
    from accord.site.watching.ruleset import Choice

SHOWN = 500
"""Characters of a value that a hit carries."""
HELD = 300_000
"""Hits that wait to be correlated in the order of their times, over all files; then only a day's."""
DAY = 86_400.0
ROUTED = frozenset(("Channel", "Provider_Name"))
NO_TIME = "Hits of events whose time is open are counted by no correlation rule."
OVER = f"More than {HELD:,} hits to correlate: from there on, only those within a day are put in order."
Tell = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that holds for one event, or a correlation rule for several: then the last one's file and row.

    `fields` are those of the event that the rule asks for, or the group; `mark` tells this event from any other.
    """

    rule: Rule | Correlation
    time: datetime | None
    host: str | None
    source: str
    file: str
    row: int
    fields: dict[str, str]
    mark: bytes = b""


@dataclass(frozen=True, slots=True)
class State:
    """What became of a rule: "ok", "no source", "missing field" or "unsupported", with the reason."""

    rule: Rule | Correlation
    state: str
    reason: str = ""


class Watch:
    """One run over any number of files: its counts are whole once `hits` is at its end.

    `fired` counts hits by rule, `not_logs` and `unreadable` name files that were passed over.
    """

    def __init__(
        self, program: Program, choice: Choice, tally: Tally, assumed: Assumed | None, source: LogSource | None
    ) -> None:  # fmt: skip
        from accord.engines.sigma import Engine
        from accord.engines.sigma.correlation import Correlator

        self.engine: Engine = Engine(program, choice.run)
        self.tally, self.choice = tally, choice
        self.fired: Counter[str] = Counter()
        self.rules: dict[str, Rule | Correlation] = {}
        self.files = 0
        self.not_logs: list[str] = []
        self.unreadable: list[str] = []
        self._assumed, self._source = assumed, source
        self._sources: dict[LogSource, RuleSource] = {}
        self._correlator: Correlator = Correlator(program, lateness=float("inf"))
        self._counted = self._members() if choice.correlations else frozenset()
        self._chosen = frozenset(id(self._correlator.correlations[place]) for place in choice.correlations)
        self._correlated = 0
        self._line: tuple[tuple[str, int], frozenset[int]] = (("", 0), frozenset())

    def _members(self) -> frozenset[int]:
        from accord.engines.sigma.correlation_rules import known_by

        names = {name for one in self._correlator.correlations for name in one.members}
        return frozenset(
            number for number, rule in enumerate(self.engine.program.rules) if names & known_by(rule)
        )  # fmt: skip

    def hits(self, inputs: Iterable[Input], tell: Tell, stop: Callable[[], bool]) -> Iterator[Hit]:
        """The hits of all files, in the order of their events; those of correlation rules as they are complete.

        `tell` hears how many bytes lie behind.
        """
        behind = 0
        for one in inputs:
            if stop():
                break
            if one.problem:
                self.unreadable.append(f"{one.name}: {one.problem}")
            elif one.origin is not None:
                yield from self._file(one, behind, tell, stop)
            behind += one.size
            tell(behind, "")
        for firing in self._correlator.finish():
            yield from self._fire(firing)

    def _file(self, one: Input, behind: int, tell: Tell, stop: Callable[[], bool]) -> Iterator[Hit]:
        from accord.intake.events import NotLogs, read_events
        from accord.intake.records import IntakeError

        assert one.origin is not None
        at = (lambda position: tell(behind + position, one.name)) if isinstance(one.origin, Path) else None
        try:
            events = read_events(
                one.origin, self.tally, name=one.name, assumed=self._assumed, source=self._source, at=at
            )  # fmt: skip
            count, bad = -1, self.tally.malformed[one.name]
            for count, event in enumerate(events):
                numbers = self._match(event)
                if numbers:
                    yield from self._of(numbers, event)
                if not count & 255 and stop():
                    return
            if count < 0 and self.tally.malformed[one.name] > bad:
                self.unreadable.append(f"{one.name}: It holds no event that can be read.")
            else:
                self.files += 1
        except NotLogs as error:
            if one.named:
                self.unreadable.append(f"{one.name}: {error.problem} {error.remedy}")
            else:
                self.not_logs.append(one.name)
        except IntakeError as error:
            self.unreadable.append(f"{one.name}: {error.problem} {error.remedy}")

    def _match(self, event: Event) -> tuple[int, ...]:
        source = self._sources.get(event.source)
        if source is None:
            from accord.engines.sigma.rules import LogSource

            source = self._sources[event.source] = LogSource(*event.source)
        return self.engine.match(event.data, source, event.raw if event.json else None)

    def _of(self, numbers: tuple[int, ...], event: Event) -> Iterator[Hit]:
        numbers = self._new(numbers, event)
        for number in numbers:
            if number in self.choice.rules and number not in self._correlator.quiet:
                rule = self.engine.program.rules[number]
                yield self._counted_hit(
                    Hit(
                        rule, event.time, event.host, str(event.source), event.file, event.row,
                        dict(_asked(rule, event.data)), event.raw or repr(event.data).encode("utf-8", "replace"),
                    )
                )  # fmt: skip
        if not self._counted.isdisjoint(numbers):
            for firing in self._correlate(numbers, event):
                yield from self._fire(firing)

    def _new(self, numbers: tuple[int, ...], event: Event) -> tuple[int, ...]:
        """Without the rules that held for this very line already, as a record of the audit log by itself."""
        if event.format not in ("auditd", "syslog"):
            return numbers
        here = (event.file, event.row)
        if here == self._line[0]:
            return tuple(number for number in numbers if number not in self._line[1])
        self._line = (here, frozenset(numbers))
        return numbers

    def _correlate(self, numbers: tuple[int, ...], event: Event) -> list[Firing]:
        if event.time is None:
            self.tally.note(NO_TIME)
            return []
        self._correlated += 1
        if self._correlated == HELD:
            self._correlator.lateness = DAY
            self.tally.note(OVER)
        return self._correlator.add(numbers, event.data, event.time, [event.file, event.row, event.host])

    def _fire(self, firing: Firing) -> Iterator[Hit]:
        if id(firing.correlation) not in self._chosen:
            return
        file, row, host = firing.references[-1]
        fields = {**firing.group, "events": f"{firing.events:,}", "measure": f"{firing.measure:g}"}
        moment = datetime.fromtimestamp(firing.time, UTC)
        mark = repr((sorted(firing.group.items()), firing.start, firing.time)).encode("utf-8", "replace")
        yield self._counted_hit(Hit(firing.correlation, moment, host, "correlation", file, row, fields, mark))

    def _counted_hit(self, hit: Hit) -> Hit:
        self.fired[hit.rule.identifier] += 1
        self.rules[hit.rule.identifier] = hit.rule
        return hit

    def states(self) -> list[State]:
        """What can be said of each rule that was chosen, after the events so far."""
        from accord.engines.sigma.correlation_rules import known_by

        found = [State(one.rule, one.state, one.reason) for one in self.engine.states()]
        by_name = {name: one for one in found for name in known_by(one.rule)}
        shown = {id(self.engine.program.rules[number]) for number in self.choice.rules}
        told = [one for one in found if id(one.rule) in shown]
        for place, correlation in enumerate(self._correlator.correlations):
            if place in self.choice.correlations:
                told.append(_state_of(correlation, by_name))
        return told


def _state_of(correlation: Correlation, by_name: dict[str, State]) -> State:
    """A correlation rule can fire where each rule that it names can."""
    if correlation.problem:
        return State(correlation, "unsupported", correlation.problem)
    for name in correlation.members:
        below = by_name.get(name)
        if below is not None and below.state != "ok":
            return State(correlation, below.state, f"{below.rule.title}: {below.reason}")
    return State(correlation, "ok")


def _asked(rule: Rule, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that a rule asks for, where the event has them."""
    from accord.engines.sigma.values import look_up, texts

    for name in rule.fields:
        if name in ROUTED:
            continue
        held = [text for value in look_up(data, name) for text in texts(value)]
        if held:
            text = "; ".join(held[:20])
            yield name, text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def detection(hit: Hit) -> Detection:
    """The hit as a finding; the same event and rule give the same identifier in each run."""
    from accord.outlet.ocsf import Detection

    rule = hit.rule
    total = blake2b(digest_size=16)
    for part in (rule.identifier, hit.file, str(hit.row)):
        body = part.encode("utf-8", "replace")
        total.update(len(body).to_bytes(8, "big") + body)
    total.update(hit.mark)
    return Detection(
        total.hexdigest(), rule.identifier, rule.title, rule.level, datetime.now(UTC), hit.time, rule.description,
        hit.host, hit.source, hit.file, hit.row, rule.techniques, hit.fields,
    )  # fmt: skip
