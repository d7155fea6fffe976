"""The list as data: JSON for the API, CSV and XLSX for the download."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.utils import timezone

from accord.core.errors import Refused
from accord.core.streaming import stream
from accord.outlet.tables import Sheet, guarded, write_workbook
from accord.ui.lists import cursor as keyset
from accord.ui.lists.query import ListState, ParameterError, count, narrowed_rows, page_of, parse
from accord.ui.lists.spec import ListColumn, ListSpec

CHUNK = 1_000
MOST_IN_WORKBOOK = 100_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNTITLED = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
"""What the title of a sheet cannot hold."""


def list_json(
    spec: ListSpec, request: HttpRequest, params: Mapping[str, Any] | QueryDict | None = None
) -> dict[str, Any]:
    """One page for the API: {items, next, previous, count, count_capped}.

    `params` are the same names as on screen (request.GET by default). Raises ParameterError (HTTP 422) naming
    every parameter that cannot be used.
    """
    state = parse(spec, request.GET if params is None else params, request, strict=True)
    if state.problems:
        raise ParameterError(*state.problems)
    rows = narrowed_rows(spec, request, state)
    page = page_of(spec, rows, state)
    if state.problems:
        raise ParameterError(*state.problems)
    total = count(rows)
    return {
        "items": [item(spec, row) for row in page.rows],
        "next": page.next or None,
        "previous": page.previous or None,
        "count": total.value,
        "count_capped": total.capped,
    }


def item(spec: ListSpec, row: object) -> dict[str, Any]:
    """One row as JSON values: decimals and money as text, dates in ISO 8601, unknown as null."""
    return {column.name: json_value(column.of(row)) for column in spec.columns if column.api}


def json_value(value: object) -> Any:
    """A value that JSON can hold without loss."""
    if value is None or value == "" or isinstance(value, (bool, int)):
        return None if value == "" else value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return None if value.is_nan() else format(value, "f")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat() if timezone.is_aware(value) else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(getattr(value, "key", value.pk))
    if isinstance(value, Mapping):
        return {str(name): json_value(one) for name, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [json_value(one) for one in value]
    return str(value)


def csv_response(spec: ListSpec, request: HttpRequest, state: ListState) -> StreamingHttpResponse:
    """Every row of the present filter and order as CSV, streamed in pages of CHUNK rows."""
    response = stream(request, csv_lines(spec, request, state), "text/csv; charset=utf-8")
    day = timezone.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{spec.noun}-{day}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_lines(spec: ListSpec, request: HttpRequest, state: ListState) -> Iterator[str]:
    """The lines of the CSV: a header of column names, then the rows; unknown cells are empty."""
    columns = [column for column in spec.columns if column.api]
    writer = csv.writer(_Echo())
    yield writer.writerow([column.name for column in columns])
    for row in _every(spec, request, state):
        yield writer.writerow([csv_cell(column, row) for column in columns])


def xlsx_response(spec: ListSpec, request: HttpRequest, state: ListState) -> HttpResponse:
    """Every row of the present filter and order as a workbook. Refused beyond MOST_IN_WORKBOOK rows: CSV has no end."""
    columns = [column for column in spec.columns if column.api]
    lines: list[dict[str, str]] = []
    for row in _every(spec, request, state):
        if len(lines) == MOST_IN_WORKBOOK:
            raise Refused(f"A workbook takes at most {MOST_IN_WORKBOOK:,} rows of a list: filter it, or take the CSV.")
        lines.append({column.name: _in_workbook(column, row) for column in columns})
    numbers = frozenset(column.name for column in columns if column.right)
    dates = frozenset(column.name for column in columns if column.kind == "date")
    now = timezone.now()
    sheet = Sheet(spec.title[:31].translate(UNTITLED), [column.name for column in columns], lines, numbers, dates)
    response = HttpResponse(write_workbook([sheet], moment=now), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{spec.noun}-{now.date().isoformat()}.xlsx"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _every(spec: ListSpec, request: HttpRequest, state: ListState) -> Iterator[Any]:
    """All rows of the present filter in the present order, fetched in pages of CHUNK."""
    rows = narrowed_rows(spec, request, state)
    order = keyset.order_of(rows, state.sort, spec.sort_field(state.sort) if state.sort else None)
    after = ""
    while True:
        page = keyset.page(rows, order, CHUNK, after)
        yield from page.rows
        if not page.next:
            return
        after = page.next


def csv_cell(column: ListColumn, row: object) -> str:
    """One cell; a text that a spreadsheet would take for a formula is guarded as in every export."""
    value, text = column.of(row), _text(column, row)
    return text if isinstance(value, (int, float, Decimal)) else guarded(text)


def _in_workbook(column: ListColumn, row: object) -> str:
    """The text of a cell; a figure without the zeros that would keep it a text."""
    value = column.of(row)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value.normalize(), "f")
    return repr(value) if isinstance(value, float) and "e" not in repr(value) else _text(column, row)


def _text(column: ListColumn, row: object) -> str:
    plain = json_value(column.of(row))
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    return "; ".join(str(one) for one in plain) if isinstance(plain, list) else str(plain)


class _Echo:
    """A file that hands each line back to the writer's caller."""

    def write(self, line: str) -> str:
        return line
