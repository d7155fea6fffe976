"""Keyset paging over any sort, with rows whose sort value is unknown after all the others.

The rows are walked as two segments: known values in their order, then unknown ones by primary key. Each
segment is one range over an ordinary index (sort column, primary key), so a page deep inside costs what the
first costs, and neither segment needs NULLS FIRST/LAST. A page takes one query, two where it spans both.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP

SORT_VALUE = "_sort_value"


class CursorError(ValueError):
    """A cursor that this list did not make."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of one row in one sort order: its sort value (None = unknown) and primary key."""

    sort: str
    value: Any
    pk: Any

    def encode(self) -> str:
        """The cursor as text for a URL."""
        raw = json.dumps([self.sort, _plain(self.value), _plain(self.pk)], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and the cursors of its neighbours (empty text where there is none)."""

    rows: list[Any]
    next: str
    previous: str


@dataclass(frozen=True, slots=True)
class Order:
    """A resolved order: database path ("pk" for none), direction, whether it can be unknown, its field."""

    sort: str
    path: str
    descending: bool
    nullable: bool
    field: Field[Any, Any] | None
    pk_field: Field[Any, Any]

    @property
    def by_key(self) -> bool:
        """True where the order is the primary key's own."""
        return self.path == "pk"


def order_of(rows: QuerySet[Any], sort: str, path: str | None) -> Order:
    """The order behind `sort` on these rows; the primary key alone where `path` is None."""
    model = rows.model
    pk_field = model._meta.pk
    descending = sort.startswith("-")
    if path is None or path in ("pk", pk_field.name):
        return Order(sort, "pk", descending, False, pk_field, pk_field)
    annotation = rows.query.annotations.get(path)
    if annotation is not None:
        return Order(sort, path, descending, True, getattr(annotation, "output_field", None), pk_field)
    found, nullable = _walk(model, path)
    return Order(sort, path, descending, nullable, found, pk_field)


def decode(text: str, order: Order) -> Cursor:
    """The cursor behind the text; CursorError unless it was made for this order."""
    try:
        padded = text + "=" * (-len(text) % 4)
        sort, value, pk = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if sort != order.sort:
            raise CursorError("this page mark belongs to another order")
        typed = None if value is None else order.field.to_python(value) if order.field else value
        key = order.pk_field.to_python(pk)
    except (ValueError, TypeError, UnicodeError, binascii.Error, ValidationError, RecursionError) as error:
        if isinstance(error, CursorError):
            raise
        raise CursorError("this page mark was not made by this list") from error
    if key is None or isinstance(value, (list, dict)):
        raise CursorError("this page mark was not made by this list")
    return Cursor(order.sort, typed, key)


def page(
    rows: QuerySet[Any], order: Order, limit: int, after: str = "", before: str = "", *, keys_first: bool = False
) -> Page:
    """One page of at most `limit` rows after or before a cursor, in at most two queries.

    `keys_first`: their keys are put in order alone, and the rows fetched by them, in one query more. That is worth it
    where rows are wide and an index holds what they are cut and put in order by.
    """
    back = bool(before) and not after
    mark = decode(before if back else after, order) if (after or before) else None
    found = _take(rows, order, mark, limit + 1, back=back, keys_first=keys_first)
    more = len(found) > limit
    found = found[:limit]
    if back:
        found.reverse()
    has_next = mark is not None if back else more
    has_previous = more if back else mark is not None
    return Page(
        found,
        cursor_of(found[-1], order).encode() if found and has_next else "",
        cursor_of(found[0], order).encode() if found and has_previous else "",
    )


def cursor_of(row: Model, order: Order) -> Cursor:
    """The cursor of a row that `page` returned."""
    return Cursor(order.sort, row.pk if order.by_key else getattr(row, SORT_VALUE), row.pk)


def _take(
    rows: QuerySet[Any], order: Order, mark: Cursor | None, wanted: int, *, back: bool, keys_first: bool
) -> list[Any]:
    """`wanted` rows from the mark on, walking backwards where `back`."""
    if order.by_key:
        down = order.descending != back
        if mark is not None:
            rows = rows.filter(**{"pk__lt" if down else "pk__gt": mark.pk})
        return list(rows.order_by("-pk" if down else "pk")[:wanted])
    segments = ("known", "unknown") if order.nullable else ("known",)
    found: list[Any] = []
    for segment in reversed(segments) if back else segments:
        if mark is not None and mark.value is None and segment == "known" and not back:
            continue
        if mark is not None and mark.value is not None and segment == "unknown" and back:
            continue
        here = mark if mark is not None and (mark.value is None) == (segment == "unknown") else None
        cut = _segment(rows, order, here, wanted - len(found), known=segment == "known", back=back)
        found += cut.values_list("pk", flat=True) if keys_first else cut
        if len(found) >= wanted:
            break
    return _by_keys(rows, order, found) if keys_first else found


def _segment(
    rows: QuerySet[Any], order: Order, mark: Cursor | None, wanted: int, *, known: bool, back: bool
) -> QuerySet[Any]:
    path = order.path
    down = order.descending != back
    beyond = "lt" if down else "gt"
    rows = rows.annotate(**{SORT_VALUE: F(path)})
    if order.nullable:
        rows = rows.filter(**{f"{path}__isnull": not known})
    if known:
        if mark is not None:
            rows = rows.filter(
                Q(**{f"{path}__{beyond}e": mark.value})
                & (Q(**{f"{path}__{beyond}": mark.value}) | Q(**{f"pk__{beyond}": mark.pk}))
            )
        ordering: list[Any] = [F(path).desc(), "-pk"] if down else [F(path).asc(), "pk"]
    else:
        if mark is not None:
            rows = rows.filter(**{f"pk__{beyond}": mark.pk})
        ordering = ["-pk" if down else "pk"]
    return rows.order_by(*ordering)[:wanted]


def _by_keys(rows: QuerySet[Any], order: Order, keys: list[Any]) -> list[Any]:
    held = {row.pk: row for row in rows.annotate(**{SORT_VALUE: F(order.path)}).filter(pk__in=keys)} if keys else {}
    return [held[key] for key in keys if key in held]


def _walk(model: type[Model], path: str) -> tuple[Field[Any, Any] | None, bool]:
    """The field at the end of a path and whether anything on the way can be NULL."""
    nullable = False
    found: Any = None
    current: Any = model
    for part in path.split(LOOKUP_SEP):
        try:
            found = current._meta.pk if part == "pk" else current._meta.get_field(part)
        except FieldDoesNotExist:
            return None, True
        nullable = nullable or bool(getattr(found, "null", True))
        current = getattr(found, "related_model", None) or current
    if found is not None and found.is_relation and hasattr(found, "target_field"):
        return found.target_field, nullable
    return (found if isinstance(found, Field) else None), nullable


def _plain(value: object) -> object:
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value)
    return value
