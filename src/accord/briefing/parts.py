"""What a home is made of: statements above, tables below; the page and the API render the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from accord.core.statements import Statement
from accord.ui import format as write


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text ("" = unknown), where it leads, and its badge (family, value) instead of plain text."""

    text: str
    href: str = ""
    badge: tuple[str, str] | None = None
    right: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A short table of a home: `href` leads to the whole of it, `empty` is said when there is nothing."""

    slug: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str
    href: str = ""
    note: str = ""
    tone: str = ""

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Head and whether its column is aligned to the right, after the first row."""
        sides = [cell.right for cell in self.rows[0]] if self.rows else [False] * len(self.heads)
        return list(zip(self.heads, sides, strict=True))

    def as_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "href": self.href,
            "note": self.note,
            "rows": [
                {
                    head: {"text": cell.text or None, "href": cell.href or None}
                    for head, cell in zip(self.heads, row, strict=True)
                }
                for row in self.rows
            ],
        }


@dataclass(frozen=True, slots=True)
class Home:
    """One role's home."""

    role: str
    title: str
    subtitle: str = ""
    statements: Sequence[Statement] = ()
    main: Sequence[Table] = ()
    side: Sequence[Table] = ()
    actions: Sequence[tuple[str, str, str]] = ()
    chart: Mapping[str, Any] | None = None
    chart_title: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "title": self.title,
            "statements": [fact.as_json() for fact in self.statements],
            "tables": [table.as_json() for table in (*self.main, *self.side)],
        }


def address(name: str, *args: object, **query: object) -> str:
    """The address of a page with its filters, "" where no route answers."""
    try:
        path = reverse(name, args=[str(arg) for arg in args])
    except NoReverseMatch:
        return ""
    wanted = {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(wanted, doseq=True)}" if wanted else path


def text(value: object, href: str | None = "", detail: str = "") -> Cell:
    return Cell("" if value is None else str(value), href or "", detail=detail)


def count(value: int | None, href: str = "") -> Cell:
    return Cell("" if value is None else write.number(value), href, right=True)


def percent(value: float | None) -> Cell:
    return Cell("" if value is None else write.percent(value), right=True)


def money(value: object) -> Cell:
    return Cell("" if write.is_unknown(value) else write.money(value, compact=True), right=True)


def day(value: Any) -> Cell:
    return Cell("" if value is None else write.date(value))


def badge(family: str, value: object) -> Cell:
    shown = "" if value is None else str(value)
    return Cell(shown, badge=(family, shown))


def table(
    slug: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], empty: str, href: str = "",
    note: str = "", tone: str = "",
) -> Table:  # fmt: skip
    return Table(slug, title, heads, [tuple(row) for row in rows], empty, href, note, tone)
