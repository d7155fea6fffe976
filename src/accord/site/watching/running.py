"""Events through the rules: hits, one after the other, and what was read on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accord.site.watching.inputs import Input

if TYPE_CHECKING:
    from accord.engines.sigma import Engine
    from accord.engines.sigma.rules import LogSource as RuleSource
    from accord.engines.sigma.rules import Rule
    from accord.intake.events import Assumed, Event, LogSource, Tally
    from accord.outlet.ocsf import Detection

SHOWN = 500
"""Characters of a value that a hit carries."""
ROUTED = frozenset(("Channel", "Provider_Name"))
Tell = Callable[[int, str], None]


@dataclass(slots=True)
class Hit:
    """One rule that holds for one event. `fields` are those of the event that the rule asks for."""

    rule: Rule
    event: Event
    fields: dict[str, str]


@dataclass(slots=True)
class Watch:
    """One run over any number of files: its counts are whole once `hits` is at its end."""

    engine: Engine
    tally: Tally
    assumed: Assumed | None = None
    source: LogSource | None = None
    fired: Counter[int] = field(default_factory=Counter)
    files: int = 0
    not_logs: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _sources: dict[LogSource, RuleSource] = field(default_factory=dict)

    def hits(self, inputs: Iterable[Input], tell: Tell, stop: Callable[[], bool]) -> Iterator[Hit]:
        """The hits of all files, in the order of their events. `tell` hears how many bytes lie behind."""
        behind = 0
        for one in inputs:
            if stop():
                return
            if one.problem:
                self._refuse(one.name, one.problem, one.named)
            if one.origin is not None:
                yield from self._file(one, behind, tell, stop)
            behind += one.size
            tell(behind, "")

    def _file(self, one: Input, behind: int, tell: Tell, stop: Callable[[], bool]) -> Iterator[Hit]:
        from accord.intake.events import NotLogs, read_events
        from accord.intake.records import IntakeError

        assert one.origin is not None
        known = isinstance(one.origin, Path)
        at = (lambda position: tell(behind + position, one.name)) if known else None
        try:
            events = read_events(
                one.origin, self.tally, name=one.name, assumed=self.assumed, source=self.source, at=at
            )  # fmt: skip
            for count, event in enumerate(events):
                for number in self._match(event):
                    self.fired[number] += 1
                    yield self._hit(number, event)
                if not count & 255 and stop():
                    return
            self.files += 1
        except NotLogs as error:
            if one.named:
                self._refuse(one.name, f"{error.problem} {error.remedy}", True)
            else:
                self.not_logs.append(one.name)
        except IntakeError as error:
            self._refuse(one.name, f"{error.problem} {error.remedy}", one.named)

    def _refuse(self, name: str, problem: str, named: bool) -> None:
        self.unreadable.append(f"{name}: {problem}")

    def _match(self, event: Event) -> tuple[int, ...]:
        from accord.engines.sigma.rules import LogSource

        source = self._sources.get(event.source)
        if source is None:
            source = self._sources[event.source] = LogSource(*event.source)
        return self.engine.match(event.data, source, event.raw if event.json else None)

    def _hit(self, number: int, event: Event) -> Hit:
        rule = self.engine.program.rules[number]
        return Hit(rule, event, dict(_asked(rule, event.data)))


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

    event, rule = hit.event, hit.rule
    parts = (rule.identifier, event.file, str(event.row), event.raw or repr(event.data).encode("utf-8", "replace"))
    total = blake2b(digest_size=16)
    for part in parts:
        body = part if isinstance(part, bytes) else part.encode("utf-8", "replace")
        total.update(len(body).to_bytes(8, "big") + body)
    return Detection(
        total.hexdigest(), rule.identifier, rule.title, rule.level, datetime.now(UTC), event.time, rule.description,
        event.host, str(event.source), event.file, event.row, rule.techniques, hit.fields,
    )  # fmt: skip
