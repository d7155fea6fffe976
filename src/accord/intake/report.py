"""What readers of reports in JSON share: the records of one scan while its rows are read one after the other,
the small entries at the top of a document, and words that many tools use alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.intake.cvss import rate, severity_of
from accord.intake.fingerprint import what
from accord.intake.records import Coverage, Observation, Record, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Tally, Unreadable

REMEDY = "Export the file again from the scanner."
SEVERITIES: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "severe": "high",
    "error": "high",
    "medium": "medium",
    "moderate": "medium",
    "warning": "medium",
    "low": "low",
    "minor": "low",
    "negligible": "low",
    "note": "low",
    "info": "info",
    "informational": "info",
    "information": "info",
    "none": "info",
}
Found = Target | Observation | Coverage | Unreadable


@dataclass(slots=True)
class _Looked:
    """What was looked for on one target so far."""

    checks: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


class Report:
    """One scan. `add` takes what a row says in any order and gives it on as records: a target once, before what
    is seen on it; an instance once, however often the file repeats it; coverage is gathered and comes with `end`."""

    def __init__(self, source: Source, remedy: str = REMEDY) -> None:
        self._source = source
        self._remedy = remedy
        self._looked: dict[str, _Looked] = {}
        self._instances: set[int] = set()
        self.tally = Tally(source)

    def add(self, found: Iterable[Found], where: str | int = "", target: str | None = None) -> Iterator[Record]:
        """The records of one row; a Refusal where it is Unreadable (then `target`, if given, is not complete). A row
        that holds several may yield Unreadable for one of them and go on: see `apart`."""
        try:
            for one in found:
                if isinstance(one, Observation):
                    yield from self._once(self.tally.observation(one))
                elif isinstance(one, Coverage):
                    self._look(one)
                elif isinstance(one, Unreadable):
                    yield self.tally.refusal(where, one.field, one.problem, self._remedy, one.target or target)
                elif one.identity not in self._looked:
                    self._source.hold(300 + len(one.identity))
                    self._looked[one.identity] = _Looked()
                    yield self.tally.target(one)
        except Unreadable as problem:
            whose = problem.target or target
            yield self.tally.refusal(where, problem.field, problem.problem, self._remedy, whose)

    def rows(
        self, document: JsonReader, read: Callable[..., Iterable[Found]], *more: Any, target: str | None = None
    ) -> Iterator[Record]:
        """`add` for each element of the list that comes next: `read` takes the object, then `more`. A text or number in
        place of the list is a Refusal; nothing at all is an empty list."""
        if document.peek() not in ("[", "{"):
            if document.value() not in (None, False, "", 0):
                problem = "A list stands here in other reports."
                self.tally.lost = self.tally.lost or target is None
                yield self.tally.refusal(document.pointer(), None, problem, self._remedy, target)
            return
        for row in objects(document, self._remedy):
            yield from self.add(read(row, *more), document.pointer(), target)

    def end(
        self, finished: datetime | None, complete: bool | None = None, exhaustive: bool = False
    ) -> Iterator[Record]:
        """What was looked for on every target, then the end of the scan."""
        for identity, looked in self._looked.items():
            yield Coverage(
                identity,
                checks=frozenset(looked.checks),
                groups=frozenset(looked.groups),
                exhaustive=exhaustive and bool(looked.checks or looked.groups),
                complete=self.tally.complete(identity, complete),
            )
        yield from self.tally.end(finished, complete)

    def _once(self, found: Observation) -> Iterator[Observation]:
        key = hash((found.target, *what(found), found.port, found.protocol))
        if key in self._instances:
            self.tally.observations -= 1
            return
        self._instances.add(key)
        yield found

    def _look(self, told: Coverage) -> None:
        looked = self._looked.setdefault(told.target, _Looked())
        looked.groups |= told.groups
        new = told.checks - looked.checks
        if new:
            self._source.hold(sum(100 + len(check) for check in new))
            looked.checks |= new


def looked(target: Target | str, checks: Iterable[str] = (), groups: Iterable[str] = ()) -> Coverage:
    """That these checks, or all of these groups, ran on a target."""
    identity = target if isinstance(target, str) else target.identity
    return Coverage(identity, checks=frozenset(checks), groups=frozenset(groups))


def objects(document: JsonReader, remedy: str = REMEDY) -> Iterator[dict[str, Any]]:
    """The elements of the list that comes next, whole; each must be an object. An object in place of the list is its
    only element, if it holds something."""
    if document.peek() == "{":
        row = document.value()
        if row:
            yield row
        return
    for _ in document.elements():
        row = document.value()
        if not isinstance(row, dict):
            document.refuse("An entry of this list must be an object.", remedy)
        yield row


def apart(rows: Iterable[Iterable[Found]]) -> Iterator[Found]:
    """The records of rows that stand inside one: where one of them is Unreadable, the others are read."""
    for row in rows:
        try:
            yield from row
        except Unreadable as problem:
            yield problem


def head(source: Source, names: Collection[str]) -> dict[str, Any]:
    """The named entries at the top of a document that is an object, whole; everything else is passed.

    Reads no further than to the last of them, so entries that stand before a long list cost nothing.
    """
    found: dict[str, Any] = {}
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() != "{":
            return found
        for key in document.names():
            if key in names:
                found[key] = document.value()
                if len(found) == len(names):
                    return found
        document.end()
    return found


def severity(told: object) -> Severity | None:
    """The severity of a word that scanners use; None for "unknown" and anything else."""
    return SEVERITIES.get(told.strip().lower()) if isinstance(told, str) else None


def ratings(vectors: Iterable[object], told: object = None) -> tuple[tuple[str, ...], float | None, Severity | None]:
    """Distinct vectors with the newest CVSS version first, the base score (`told`, else of the first valid
    vector) and its severity."""
    given = list(dict.fromkeys(line for one in vectors if (line := clean.line(one, 300))))[:20]
    known = [(rate(vector), vector) for vector in given]
    known.sort(key=lambda pair: pair[0].version or "", reverse=True)
    score = clean.score(told)
    version = next((rating.version for rating, _ in known if rating.version), None)
    if score is None:
        score = next((rating.score for rating, _ in known if rating.score is not None), None)
    return tuple(vector for _, vector in known), score, severity_of(score, version)


def identifiers(*told: object) -> tuple[str, ...]:
    """Distinct identifiers of texts and lists of texts, in their order."""
    found: dict[str, None] = {}
    for one in told:
        for value in clean.lines(one if isinstance(one, (list, tuple)) else [one], 200, 100):
            found[value] = None
    return tuple(found)


def without(values: Iterable[str], taken: str) -> tuple[str, ...]:
    """The other identifiers beside the one that names the definition."""
    return tuple(value for value in values if value != taken)


def joined(*parts: object, limit: int = 20_000, between: str = "\n\n") -> str | None:
    """Different texts put together, those that say something; None where none does."""
    words = [word for part in parts if (word := clean.text(part, limit))]
    return clean.text(between.join(dict.fromkeys(words)), limit)


def path(told: object) -> str | None:
    """A file inside what was scanned, with forward slashes and without "./"."""
    found = clean.line(told, 1000)
    if found is None:
        return None
    if "\\" in found and "/" not in found:
        found = found.replace("\\", "/")
    return found.removeprefix("./") or None


def documents(document: JsonReader) -> Iterator[Any]:
    """Every value of a file that holds several JSON documents, one after the other (JSON lines, or a stream of
    pretty-printed objects); of a file that is one list, its elements."""
    if document.peek() == "[":
        for _ in document.elements():
            yield document.value()
        document.end()
        return
    for _ in document.documents():
        yield document.value()
