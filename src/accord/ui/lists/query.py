"""From URL parameters to one page of rows: the same reading for the screen and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, QueryDict

from accord.core.errors import Problem, Refused
from accord.ui.lists import cursor as keyset
from accord.ui.lists.spec import COUNT_CAP, MAX_LIMIT, SPARSE_CAP, ListSpec, Unacceptable

LOOKUPS = frozenset({"icontains", "contains", "istartswith", "startswith", "iexact", "exact", "search"})


class ParameterError(Refused):
    """URL parameters that the API refuses (HTTP 422); each problem's column is the parameter's name."""


def problem(name: str, reason: str, remedy: str) -> Problem:
    """A parameter that cannot be used: why, and what would be right."""
    return Problem(None, name, reason, remedy, "parameter")


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows match: exact up to a cap, otherwise at least that many."""

    value: int
    capped: bool

    def __str__(self) -> str:
        return f"{self.value:,}+" if self.capped else f"{self.value:,}"


@dataclass(slots=True)
class ListState:
    """What the URL asks of a list, cleaned."""

    q: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, list[str]] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    before: str = ""
    limit: int = 50
    problems: list[Problem] = field(default_factory=list)

    @property
    def narrowed(self) -> bool:
        """True where a search or a filter is set."""
        return bool(self.q or self.filters)

    def pairs(self, spec: ListSpec, **changes: object) -> list[tuple[str, str]]:
        """The state as URL parameters; `changes` replaces or (None) drops a parameter or a filter."""
        pairs: list[tuple[str, str]] = []
        known: dict[str, list[str]] = {"q": [self.q], **self.raw}
        if self.sort != spec.default_sort:
            known["sort"] = [self.sort]
        if self.limit != spec.limit:
            known["limit"] = [str(self.limit)]
        known["after"], known["before"] = [self.after], [self.before]
        for name, value in changes.items():
            known[name] = [] if value is None else [str(v) for v in value] if isinstance(value, list) else [str(value)]
        for name, values in known.items():
            pairs += [(name, value) for value in values if value]
        return pairs

    def url(self, spec: ListSpec, path: str = "", **changes: object) -> str:
        """An address of the list in this state with `changes`."""
        query = urlencode(self.pairs(spec, **changes))
        return f"{path}?{query}" if query else (path or "?")


def as_lists(params: Mapping[str, Any] | QueryDict) -> dict[str, list[str]]:
    """Parameters as name → texts, from a QueryDict or an ordinary mapping (None values left out)."""
    if isinstance(params, QueryDict):
        return {name: [str(v) for v in values] for name, values in params.lists()}
    lists: dict[str, list[str]] = {}
    for name, value in params.items():
        if value is None:
            continue
        lists[name] = [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]
    return lists


def parse(
    spec: ListSpec,
    params: Mapping[str, Any] | QueryDict,
    request: HttpRequest | None = None,
    *,
    strict: bool = False,
) -> ListState:
    """Read the parameters; what cannot be used is left out and named in `problems`.

    Names that the list does not know are named only where `strict` (the API); the screen ignores them.
    """
    given = as_lists(params)
    state = ListState(sort=spec.default_sort, limit=spec.limit)
    known = {"q", "sort", "after", "before", "limit", "format"} | {f.name for f in spec.filters}
    for name in given:
        if strict and name not in known:
            state.problems.append(problem(name, "this list has no such parameter", f"use: {', '.join(sorted(known))}"))
    state.q = _last(given, "q").strip()[:200].replace("\x00", "")
    _parse_sort(spec, state, _last(given, "sort"))
    _parse_limit(state, _last(given, "limit"))
    state.after, state.before = _last(given, "after"), _last(given, "before")
    if state.after and state.before:
        state.problems.append(problem("before", "after and before exclude each other", "give one of the two"))
        state.before = ""
    for wanted in spec.filters:
        try:
            value = wanted.clean(given.get(wanted.name, ()), request)
        except Unacceptable as error:
            state.problems.append(problem(wanted.name, "this value is not understood", str(error)))
            continue
        if value is not None:
            state.filters[wanted.name] = value
            values = [v for v in given[wanted.name] if v]
            state.raw[wanted.name] = list(dict.fromkeys(values)) if wanted.multiple else values[-1:]
    return state


def narrowed_rows(spec: ListSpec, request: HttpRequest, state: ListState) -> QuerySet[Any]:
    """The user's rows after search and filters, unordered and unpaged."""
    rows = spec.rows(request)
    for wanted in spec.filters:
        if wanted.name in state.filters:
            rows = wanted.apply(rows, state.filters[wanted.name])
    if state.q and spec.search:
        match = Q()
        for path in spec.search:
            lookup = path if path.rsplit(LOOKUP_SEP, 1)[-1] in LOOKUPS else f"{path}__icontains"
            match |= Q(**{lookup: state.q})
        rows = rows.filter(match)
    return rows


def sparse(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Note that what fits is met on a walk over much that does not: no more than SPARSE_CAP are then counted."""
    return cast("QuerySet[Any]", rows.alias(_sparse=Value(True)))


def count(rows: QuerySet[Any]) -> Count:
    """Count at most COUNT_CAP rows, or SPARSE_CAP, in one query that stops there."""
    cap = SPARSE_CAP if "_sparse" in rows.query.annotations else COUNT_CAP
    found = rows.order_by().values("pk")[: cap + 1].count()
    return Count(min(found, cap), found > cap)


def page_of(spec: ListSpec, rows: QuerySet[Any], state: ListState) -> keyset.Page:
    """The page that the state asks for; a foreign cursor is named in `problems` and gives the first page."""
    order = keyset.order_of(rows, state.sort, spec.sort_field(state.sort) if state.sort else None)
    try:
        return keyset.page(rows, order, state.limit, state.after, state.before, keys_first=spec.keys_first)
    except keyset.CursorError as error:
        name = "after" if state.after else "before"
        state.problems.append(problem(name, str(error), "take it from `next` of the page before"))
        state.after = state.before = ""
        return keyset.page(rows, order, state.limit, keys_first=spec.keys_first)


def _last(given: dict[str, list[str]], name: str) -> str:
    values = given.get(name)
    return values[-1] if values else ""


def _parse_sort(spec: ListSpec, state: ListState, sort: str) -> None:
    if not sort:
        return
    if spec.sort_field(sort) is None:
        state.problems.append(
            problem("sort", f"the list cannot be sorted by {sort!r}", f"use: {', '.join(spec.sorts)}")
        )
    else:
        state.sort = sort


def _parse_limit(state: ListState, limit: str) -> None:
    if not limit:
        return
    if limit.isascii() and limit.isdigit() and len(limit) < 6 and 1 <= int(limit) <= MAX_LIMIT:
        state.limit = int(limit)
    else:
        state.problems.append(problem("limit", f"{limit[:20]!r} is no page length", f"use 1 to {MAX_LIMIT}"))
