"""The list as a page: full page, or only its region when htmx asks for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accord.core.permissions import guard
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.lists.output import csv_response, xlsx_response
from accord.ui.lists.query import ListState, count, narrowed_rows, page_of, parse
from accord.ui.lists.spec import ListColumn, ListFilter, ListSpec, read_period, url_of

REGION = "ui/parts/list_region.html"
View = Callable[..., HttpResponse]
FILES: dict[str, Callable[..., HttpResponse | StreamingHttpResponse]] = {"csv": csv_response, "xlsx": xlsx_response}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell for the template."""

    column: ListColumn
    value: object
    text: str
    href: str | None
    unknown: bool


@dataclass(frozen=True, slots=True)
class Header:
    """One column head: where its sort link leads and how it is sorted now."""

    column: ListColumn
    href: str
    direction: str


@dataclass(frozen=True, slots=True)
class Control:
    """One filter's form control with its present value."""

    filter: ListFilter
    options: list[tuple[str, str, bool]]
    value: str
    chosen: int


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force: what it says and the address without it."""

    label: str
    text: str
    href: str


def list_page(spec: ListSpec) -> View:
    """A view of the list, guarded by ("view", spec.noun); `?format=csv` (or xlsx) gives the present filter."""

    @guard("view", spec.noun)
    @require_safe
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        wanted = FILES.get(request.GET.get("format", ""))
        if wanted is not None:
            if not may(request.user, "export", spec.noun):
                return HttpResponse("Your role may not export this list.", status=403, content_type="text/plain")
            return wanted(spec, request, parse(spec, request.GET, request))  # type: ignore[return-value]
        context = list_context(spec, request)
        if spec.context is not None:
            context.update(spec.context(request))
        htmx: Any = getattr(request, "htmx", None)
        partial = bool(htmx) and not htmx.history_restore_request and not htmx.boosted
        response = render(request, REGION if partial else spec.template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response

    view.list_spec = spec  # type: ignore[attr-defined]
    return view


def list_csv(spec: ListSpec) -> View:
    """A view that downloads the list's present filter, guarded by ("export", spec.noun)."""

    @guard("export", spec.noun)
    @require_safe
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return csv_response(spec, request, parse(spec, request.GET, request))  # type: ignore[return-value]

    return view


def list_context(spec: ListSpec, request: HttpRequest, params: Any = None) -> dict[str, Any]:
    """What `ui/list.html` and its region need: rows of cells, heads, filters, chips, count and page links."""
    state = parse(spec, request.GET if params is None else params, request)
    rows = narrowed_rows(spec, request, state)
    page = page_of(spec, rows, state)
    path = request.path
    columns = [column for column in spec.columns if not column.hidden]
    total = count(rows)
    user = request.user
    empty_href = _action_href(spec.empty.url_name, user, spec.empty.verb, spec.empty.noun or spec.noun)
    return {
        "title": spec.title,
        "list": spec,
        "state": state,
        "columns": columns,
        "headers": [_header(spec, state, column, path) for column in columns],
        "rows": [
            {"cells": _cells(spec, columns, row), "class": spec.row_class(row) if spec.row_class else ""}
            for row in page.rows
        ],
        "controls": [_control(wanted, state, request) for wanted in spec.filters],
        "chips": _chips(spec, state, request, path),
        "count": total,
        "shown": len(page.rows),
        "path": path,
        "first_href": state.url(spec, path, after=None, before=None) if page.previous else "",
        "previous_href": state.url(spec, path, after=None, before=page.previous) if page.previous else "",
        "next_href": state.url(spec, path, after=page.next, before=None) if page.next else "",
        "clear_href": path,
        "file_hrefs": _file_hrefs(spec, state, path) if may(user, "export", spec.noun) else [],
        "empty_href": empty_href,
        "empty_text": spec.empty.text if empty_href else spec.empty.reader or spec.empty.text,
        "list_actions": [
            (label, href)
            for label, url_name, verb, noun in spec.actions
            if (href := _action_href(url_name, user, verb, noun))
        ],
        "breadcrumb": spec.breadcrumb,
        "problems": state.problems,
    }


def _cells(spec: ListSpec, columns: list[ListColumn], row: Any) -> list[Cell]:
    cells = []
    for index, column in enumerate(columns):
        value = column.of(row)
        if column.link is not None:
            href = column.link(row)
        elif index == 0:
            href = spec.link(row) if spec.link is not None else url_of(row)
        else:
            href = None
        unknown = value is None or write.is_unknown(value)
        cells.append(Cell(column, value, write.plain(column.kind, value), href, unknown))
    return cells


def _header(spec: ListSpec, state: ListState, column: ListColumn, path: str) -> Header:
    if not column.sort:
        return Header(column, "", "")
    direction = {column.name: "ascending", f"-{column.name}": "descending"}.get(state.sort, "")
    first = f"-{column.name}" if column.right and not direction else column.name
    wanted = {"ascending": f"-{column.name}", "descending": column.name}.get(direction, first)
    sort = None if wanted == spec.default_sort else wanted
    return Header(column, state.url(spec, path, sort=sort, after=None, before=None), direction)


def _control(wanted: ListFilter, state: ListState, request: HttpRequest) -> Control:
    raw = state.raw.get(wanted.name, [])
    options = [(value, label, value in raw) for value, label in wanted.options(request)]
    return Control(wanted, options, raw[-1] if raw else "", len(raw))


def _chips(spec: ListSpec, state: ListState, request: HttpRequest, path: str) -> list[Chip]:
    chips = []
    if state.q:
        chips.append(Chip("Search", state.q, state.url(spec, path, q=None, after=None, before=None)))
    for wanted in spec.filters:
        labels = dict(wanted.options(request)) if wanted.name in state.raw else {}
        values = state.raw.get(wanted.name, [])
        for value in values:
            rest = [other for other in values if other != value]
            href = state.url(spec, path, **{wanted.name: rest or None, "after": None, "before": None})
            told = _told(wanted, value, labels)
            chips.append(Chip(wanted.label, told, href))
    return chips


def _told(wanted: ListFilter, value: str, labels: Mapping[str, str]) -> str:
    if wanted.kind == "period" and "T" in value:
        return " to ".join(write.datetime(end) if end else "…" for end in read_period(value))
    return write.dated(value) if wanted.kind == "date" else labels.get(value, value)


def _file_hrefs(spec: ListSpec, state: ListState, path: str) -> list[tuple[str, str]]:
    """(name, address) of each download."""
    return [(name.upper(), state.url(spec, path, after=None, before=None, limit=None, format=name)) for name in FILES]


def _action_href(url_name: str, user: Any, verb: str, noun: str) -> str:
    if not url_name or not may(user, verb, noun):
        return ""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
