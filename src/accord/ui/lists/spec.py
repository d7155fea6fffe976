"""What a list declares: its rows, columns, filters, search, order and what it says when empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

COUNT_CAP = 1_000
SPARSE_CAP = 100
MAX_LIMIT = 200
DEFAULT_LIMIT = 50
UNKNOWN_CHOICE = "unknown"
RESERVED = frozenset({"q", "sort", "after", "before", "limit", "format"})

Kind = Literal[
    "key",
    "text",
    "long",
    "int",
    "decimal",
    "number",
    "money",
    "share",
    "date",
    "datetime",
    "bool",
    "choice",
    "badge",
    "ref",
    "list",
    "quarter",
]
FilterKind = Literal["choice", "bool", "text", "date", "period", "ref"]
Choices = Sequence[tuple[str, str]] | Callable[[HttpRequest], Sequence[tuple[str, str]]]
RIGHT_ALIGNED = frozenset({"int", "decimal", "number", "money", "share"})


class Unacceptable(ValueError):
    """A filter's value cannot be understood; the message says what would be."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column.

    value: a field path (`owner.name`, with dots or double underscores) or a function of the row;
           default: its name.
    sort:  the field path or annotation that the database orders by; None = the column cannot be sorted.
    link:  from the row to the address behind the cell; by default a row's first column links to
           `get_absolute_url` where the model has one.
    badge: for kind "badge": the name of a badge family (severity, state …); see `templatetags.ui.badge`.
    api:   False keeps a column that only makes sense on screen out of the API and the CSV.
    hidden: True keeps it off the screen.
    unit:  what its figures count, said after the label (money says the currency by itself).
    blank: what an empty value means on screen, where it is not simply unknown.
    """

    name: str
    label: str
    value: str | Callable[[Any], object] | None = None
    kind: Kind = "text"
    sort: str | None = None
    link: Callable[[Any], str | None] | None = None
    badge: str = ""
    help: str = ""
    api: bool = True
    hidden: bool = False
    blank: str = ""
    unit: str = ""

    @property
    def right(self) -> bool:
        """True where figures are aligned to the right."""
        return self.kind in RIGHT_ALIGNED

    def of(self, row: object) -> object:
        """The value of this column in one row."""
        if callable(self.value):
            return self.value(row)
        current: object = row
        for part in (self.value or self.name).replace("__", ".").split("."):
            if current is None:
                return None
            current = current.get(part) if isinstance(current, Mapping) else getattr(current, part, None)
        return current() if callable(current) else current


@dataclass(frozen=True, slots=True)
class ListFilter:
    """One filter. `apply` narrows the rows by the cleaned value (a list of texts where `multiple`).

    `noun` names what a reference without choices refers to: its keys are suggested while one types.
    """

    name: str
    label: str
    kind: FilterKind
    apply: Callable[[QuerySet[Any], Any], QuerySet[Any]]
    choices: Choices = ()
    multiple: bool = False
    nullable: bool = False
    placeholder: str = ""
    help: str = ""
    noun: str = ""

    @property
    def typed(self) -> bool:
        """True where the value is typed and not chosen."""
        return self.kind in ("text", "period") or (self.kind == "ref" and not self.choices)

    def options(self, request: HttpRequest | None) -> list[tuple[str, str]]:
        """The choices as (value, label), with "unknown" last where the field can be unknown."""
        if callable(self.choices):
            found = list(self.choices(request)) if request is not None else []
        else:
            found = list(self.choices)
        pairs = [(str(value), str(label)) for value, label in found]
        if self.kind == "bool":
            pairs = [("yes", "Yes"), ("no", "No")]
        if self.nullable and self.kind in ("choice", "bool", "ref"):
            pairs.append((UNKNOWN_CHOICE, "Unknown"))
        return pairs

    def clean(self, raw: Sequence[str], request: HttpRequest | None) -> Any:
        """The typed value of the URL's text; Unacceptable where there is none."""
        values = [value for value in raw if value != ""]
        if not values:
            return None
        if self.multiple:
            return [self._one(value, request) for value in dict.fromkeys(values)]
        return self._one(values[-1], request)

    def _one(self, value: str, request: HttpRequest | None) -> Any:
        if self.nullable and value == UNKNOWN_CHOICE:
            return UNKNOWN_CHOICE
        if self.kind == "bool":
            if value.lower() not in ("yes", "no", "true", "false", "1", "0"):
                raise Unacceptable("write yes or no")
            return value.lower() in ("yes", "true", "1")
        if self.kind == "date":
            try:
                return dt.date.fromisoformat(value)
            except ValueError as error:
                raise Unacceptable("write a date as 2026-02-03") from error
        if self.kind == "period":
            return read_period(value)
        if self.kind == "choice":
            allowed = [option for option, _ in self.options(request)]
            if value not in allowed:
                raise Unacceptable(f"use one of: {', '.join(allowed)}")
        if len(value) > 500 or "\x00" in value:
            raise Unacceptable("write at most 500 characters")
        return value


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says, and the one thing to do next; `reader` is said to whoever may not do it.
    `title` where “No … yet” would not be a sentence."""

    text: str
    action: str = ""
    url_name: str = ""
    verb: str = "change"
    noun: str = ""
    title: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One list.

    rows:    from the request to the rows that this user may see (scope applied, `select_related` declared),
             so that the number of queries does not depend on the number of rows.
    search:  field paths that `q` looks in; a bare path is looked up with `icontains`, a path that ends in a
             lookup (`key__istartswith`) with that lookup.
    default_sort: a column's name, `-name` downwards. Ties are always broken by the primary key.
    capped:  count at most COUNT_CAP rows and say "1,000+" beyond.
    actions: buttons at the head of the page: (label, url name, verb, noun).
    keys_first: the keys of a page are put in order alone, then its rows fetched: for wide rows (`cursor.page`).
    """

    noun: str
    title: str
    rows: Callable[[HttpRequest], QuerySet[Any]]
    columns: Sequence[ListColumn]
    filters: Sequence[ListFilter] = ()
    search: Sequence[str] = ()
    default_sort: str = ""
    empty: Empty = field(default_factory=lambda: Empty("Nothing is here yet."))
    intro: str = ""
    limit: int = DEFAULT_LIMIT
    link: Callable[[Any], str | None] | None = None
    actions: Sequence[tuple[str, str, str, str]] = ()
    breadcrumb: Sequence[tuple[str, str]] = ()
    template: str = "ui/list.html"
    context: Callable[[HttpRequest], Mapping[str, object]] | None = None
    search_label: str = "Search"
    row_class: Callable[[Any], str] | None = None
    keys_first: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"list {self.title!r}: a column name occurs twice: {names}")
        clash = RESERVED & {f.name for f in self.filters}
        if clash:
            raise ValueError(f"list {self.title!r}: filter names {sorted(clash)} are reserved")
        if self.default_sort and self.sort_field(self.default_sort) is None:
            raise ValueError(f"list {self.title!r}: default sort {self.default_sort!r} is no sortable column")

    def sort_field(self, sort: str) -> str | None:
        """The database path behind `sort` (a column's name, with or without a leading minus)."""
        name = sort.removeprefix("-")
        for column in self.columns:
            if column.name == name:
                return column.sort
        return None

    @property
    def empty_title(self) -> str:
        """The heading of the empty list."""
        return self.empty.title or f"No {self.title[:1].lower()}{self.title[1:]} yet"

    @property
    def sorts(self) -> list[str]:
        """Names of the columns that can be sorted."""
        return [column.name for column in self.columns if column.sort]


def _matches(path: str, value: object) -> Q:
    if value == UNKNOWN_CHOICE:
        return Q(**{f"{path}__isnull": True})
    return Q(**{path: value})


def _one_of(path: str, *, blank: bool) -> Callable[[QuerySet[Any], Any], QuerySet[Any]]:
    def apply(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        values: Iterable[Any] = value if isinstance(value, list) else [value]
        wanted = Q()
        for one in values:
            wanted |= _matches(path, one)
            if blank and one == UNKNOWN_CHOICE:
                wanted |= Q(**{path: ""})
        return rows.filter(wanted)

    return apply


def choice(
    name: str,
    label: str,
    choices: Choices,
    path: str = "",
    *,
    multiple: bool = True,
    nullable: bool = False,
    blank: bool = False,
) -> ListFilter:
    """A choice filter on a field; `blank` says that an empty text also means unknown."""
    return ListFilter(
        name,
        label,
        "choice",
        _one_of(path or name, blank=blank),
        choices,
        multiple=multiple,
        nullable=nullable or blank,
    )


def yes_no(name: str, label: str, path: str = "", *, nullable: bool = False) -> ListFilter:
    """A yes/no filter on a boolean field."""
    return ListFilter(name, label, "bool", _one_of(path or name, blank=False), nullable=nullable)


def text(name: str, label: str, path: str = "", lookup: str = "icontains") -> ListFilter:
    """A text filter."""
    full = f"{path or name}__{lookup}"
    return ListFilter(name, label, "text", lambda rows, value: rows.filter(**{full: value}))


def reference(
    name: str,
    label: str,
    path: str,
    choices: Choices = (),
    *,
    nullable: bool = False,
    multiple: bool = False,
    noun: str = "",
) -> ListFilter:
    """A filter by another noun's key: `path` leads to the key (`owner__key`); choices make it a selection,
    `noun` gives suggestions while one types."""

    def apply(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        wanted = Q()
        for one in value if isinstance(value, list) else [value]:
            if one == UNKNOWN_CHOICE:
                wanted |= Q(**{f"{path.rsplit('__', 1)[0]}__isnull": True})
            else:
                wanted |= Q(**{path: one})
        return rows.filter(wanted)

    return ListFilter(name, label, "ref", apply, choices, multiple=multiple, nullable=nullable, noun=noun)


def date_from(name: str, label: str, path: str) -> ListFilter:
    """On or after a day."""
    return ListFilter(name, label, "date", lambda rows, value: rows.filter(**{f"{path}__gte": value}))


def date_to(name: str, label: str, path: str) -> ListFilter:
    """On or before a day."""
    return ListFilter(name, label, "date", lambda rows, value: rows.filter(**{f"{path}__lte": value}))


Ends = tuple[dt.datetime | None, dt.datetime | None]
"""From when on and before when; None = open."""


def read_period(value: str) -> Ends:
    """The ends of `2026-02-03..2026-02-05` (whole days in the zone of the screens, the last one as well), of moments
    with a zone (`2026-02-03T06:00Z..`, before the second one), or of one day alone; Unacceptable otherwise."""
    first, dots, last = value.strip().partition("..")
    try:
        since = _end(first, 0)
        until = _end(last if dots else first, 1)
    except (ValueError, OverflowError):
        since = until = None
    if (since is None and until is None) or (since and until and since >= until) or (not dots and "T" in first):
        raise Unacceptable("write a period as 2026-02-03..2026-02-05 or 2026-02-03T06:00Z..2026-02-04T06:00Z")
    return since, until


def _end(text: str, days: int) -> dt.datetime | None:
    if not text:
        return None
    if "T" not in text:
        return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(text) + dt.timedelta(days), dt.time.min))
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(dt.UTC)


def write_period(since: dt.datetime, until: dt.datetime) -> str:
    """What `read_period` reads as these two moments."""
    return "..".join(end.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") for end in (since, until))


def period(name: str, label: str, apply: Callable[[QuerySet[Any], Ends], QuerySet[Any]]) -> ListFilter:
    """A filter by a period: see `read_period`."""
    return ListFilter(name, label, "period", apply, placeholder=f"{label}: 2026-02-03..2026-02-05")


def url_of(row: Model) -> str | None:
    """The address of a row's own page, where its model has one."""
    address = getattr(row, "get_absolute_url", None)
    return address() if callable(address) else None
