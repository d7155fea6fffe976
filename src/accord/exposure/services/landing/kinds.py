"""What a file says of its weaknesses, resolved to definitions once for the whole import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from accord.core import ledger
from accord.exposure.models import Definition, Finding
from accord.exposure.services import bulk, definitions
from accord.exposure.services.bulk import clip
from accord.intake.batches import exemplar

FACTS = ("id", "known_exploited", "epss", "possible", "severity", "cvss_score")
Facts = tuple[Any, ...]


class Told(NamedTuple):
    """What a finding takes from its kind; `content` is a digest of the part that the file says."""

    definition: int
    check: str
    group: str
    needs_credentials: bool
    severity: int | None
    score: float | None
    possible: int
    exploited: bool | None
    epss: float | None
    content: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind as the file says it: its own severity, score and possible answers, where it says any."""

    definition: int
    check: str
    group: str
    needs_credentials: bool
    severity: int | None
    score: float | None
    is_information: bool
    possible_by_severity: dict[int | None, int]

    def told(self, facts: Facts) -> Told:
        _, exploited, epss, possible, severity, score = facts
        score = score if self.score is None else self.score
        severity = severity if self.severity is None else self.severity
        if possible is None or self.is_information:
            possible = self.possible_by_severity[severity]
        said = f"{self.check}\x1f{self.group}\x1f{self.needs_credentials:d}\x1f{severity}\x1f{score}"
        content = int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "big", signed=True)
        return Told(
            self.definition, self.check, self.group, self.needs_credentials, severity, score, possible,
            None if exploited is None else bool(exploited), epss, content,
        )  # fmt: skip


class Kinds:
    """The kinds of one part of a file by their number; what the database says of them is read in each transaction."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[Any, ...]] = {}
        self._known: dict[int, _Kind] = {}
        self._told: dict[int, tuple[Facts, Told]] = {}
        self._next = 0

    def add(self, rows: Iterable[tuple[Any, ...]], anew: bool) -> None:
        """Take the next rows of the table of kinds."""
        if anew:
            self._rows, self._known, self._told, self._next = {}, {}, {}, 0
        for row in rows:
            self._rows[self._next] = row
            self._next += 1

    def resolve(self, numbers: Iterable[int], log: ledger.Log) -> dict[int, Told]:
        """Of these kinds; definitions that are not there are made. Inside the caller's transaction."""
        wanted = set(numbers)
        self._meet(sorted(wanted - self._known.keys()), log)
        pks = sorted({self._known[number].definition for number in wanted})
        facts: dict[int, Facts] = {row[0]: row for row in bulk.fetch(Definition, FACTS, "id", pks)}
        found = {}
        for number in wanted:
            kind = self._known[number]
            now, held = facts[kind.definition], self._told.get(number)
            if held is None or held[0] != now:
                held = self._told[number] = now, kind.told(now)
            found[number] = held[1]
        return found

    def _meet(self, numbers: list[int], log: ledger.Log) -> None:
        if not numbers:
            return
        seen = {number: exemplar(self._rows[number]) for number in numbers}
        held = definitions.ensure(seen.values(), log)
        checks = Finding._meta.get_field("check_name").max_length or 0
        groups = Finding._meta.get_field("check_group").max_length or 0
        for number, one in seen.items():
            score = definitions.score_of(one)
            severity = definitions.severity_number(one, score)
            every = {None, 0, 1, 2, 3, 4} if severity is None else {severity}
            self._known[number] = _Kind(
                held[definitions.identifier_of(one.definition_id)].pk, clip(one.check, checks), clip(one.group, groups),
                one.needs_credentials, severity, score, one.severity == "info",
                {number: definitions.possible_of(one, number) for number in every},
            )  # fmt: skip
            del self._rows[number]
