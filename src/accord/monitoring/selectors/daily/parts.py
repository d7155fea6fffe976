"""What a daily watch is made of, and how it is kept: sentences, and sections of statements and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from accord.core.statements import Statement
from accord.engines.readability import Readability, assess
from accord.ui.lists import write_period

TARGET_GRADE = 9.0
"""Reading grade that its sentences should not exceed."""


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when: both aware."""

    since: datetime
    until: datetime

    @property
    def words(self) -> str:
        """Its length, as a sentence says it: "the last 24 hours"."""
        hours = round((self.until - self.since) / timedelta(hours=1))
        return f"the last {plural(hours, 'hour')}" if hours < 72 else f"the last {round(hours / 24)} days"

    @property
    def text(self) -> str:
        """Itself as the filters of lists read it."""
        return write_period(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the figures: what, where it leads, what stands beside it, and its badge (family, value)."""

    text: str
    href: str = ""
    detail: str = ""
    badge: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page. `empty` is said where there are no lines."""

    slug: str
    title: str
    statements: Sequence[Statement] = ()
    lines: Sequence[Line] = ()
    empty: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """A whole daily watch. `sentences` say in plain words what matters most."""

    organization: str
    since: datetime
    until: datetime
    sentences: Sequence[str]
    sections: Sequence[Section] = field(default=())

    def as_content(self) -> dict[str, Any]:
        """As JSON values: what is frozen, and what the API gives."""
        return {
            "organization": self.organization, "since": self.since.isoformat(), "until": self.until.isoformat(),
            "sentences": list(self.sentences),
            "sections": [
                {
                    "slug": one.slug, "title": one.title, "empty": one.empty, "note": one.note,
                    "statements": [fact.as_json() for fact in one.statements],
                    "lines": [asdict(line) for line in one.lines],
                }
                for one in self.sections
            ],
        }  # fmt: skip

    @classmethod
    def from_content(cls, data: Mapping[str, Any]) -> Watch:
        """A frozen watch as it was."""
        return cls(
            data["organization"], datetime.fromisoformat(data["since"]), datetime.fromisoformat(data["until"]),
            tuple(data["sentences"]),
            tuple(
                Section(
                    one["slug"], one["title"], tuple(_statement(row) for row in one["statements"]),
                    tuple(_line(row) for row in one["lines"]), one["empty"], one["note"],
                )
                for one in data["sections"]
            ),
        )  # fmt: skip

    def fact(self, key: str) -> Statement | None:
        """The statement of that key."""
        return next((fact for one in self.sections for fact in one.statements if fact.key == key), None)

    @property
    def reading(self) -> Readability:
        """How hard its sentences are to read."""
        return assess("\n\n".join(self.sentences))


def _statement(row: Mapping[str, Any]) -> Statement:
    names = {one.name for one in fields(Statement)}
    values = {name: value for name, value in row.items() if name in names}
    values["interval"] = tuple(values["interval"]) if values["interval"] else None
    values["as_of"] = datetime.fromisoformat(values["as_of"]) if values["as_of"] else None
    return Statement(**values)


def _line(row: Mapping[str, Any]) -> Line:
    badge = row["badge"]
    return Line(row["text"], row["href"], row["detail"], None if badge is None else (badge[0], badge[1]))


def address(name: str, *args: object, **query: object) -> str:
    """The address of a page (of this room unless the name says which) with its filters, "" where no route answers."""
    try:
        path = reverse(name if ":" in name else f"monitoring:{name}", args=[str(arg) for arg in args])
    except NoReverseMatch:
        return ""
    wanted = {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(wanted, doseq=True)}" if wanted else path


SINGULAR = {
    "alerts": "alert", "days": "day", "entities": "entity", "events": "event", "exceptions": "exception", "hits": "hit",
    "hosts": "host", "hours": "hour", "minutes": "minute", "notes": "note", "records": "record", "rules": "rule",
    "sources": "source", "techniques": "technique", "weaknesses": "weakness",
}  # fmt: skip


def singular(fact: Statement) -> Statement:
    """The statement with its unit as a reader says it: "1 alert"."""
    return replace(fact, unit=SINGULAR.get(fact.unit, fact.unit)) if fact.value == 1 else fact


def plural(number: int, word: str, words: str = "") -> str:
    """ "1 alert", "2 alerts"."""
    return f"{number:,} {word if number == 1 else words or word + 's'}"


def age(span: timedelta) -> str:
    """A span of time in words, rounded to what matters: "40 minutes", "5 hours", "3 days"."""
    minutes = max(0.0, span / timedelta(minutes=1))
    if minutes < 90:
        return plural(round(minutes), "minute")
    if minutes < 48 * 60:
        return plural(round(minutes / 60), "hour")
    return plural(round(minutes / 1440), "day")
