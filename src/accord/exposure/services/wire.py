"""Values as text for a database that takes many at once: lines of COPY, arrays, literals.

The drivers look at each value on its own; here a column is looked at once. What a column holds decides how it is
written, so that whatever is not plain is left to the driver (None).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

Column = Sequence[Any]
_PLAIN = re.compile(r"[\w .,:;/+*()=@#&|<>!?\[\]-]*", re.ASCII)


@lru_cache(maxsize=4096)
def moment_text(value: datetime) -> str:
    """A moment as PostgreSQL writes a `timestamptz` in a session that counts in UTC."""
    told = value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return (told.rstrip("0") if value.microsecond else told) + "+00"


def copy_lines(columns: Sequence[Column]) -> str | None:
    """The rows of these columns in the text format of COPY (PostgreSQL manual, COPY, "Text Format").

    None where a column holds something else than numbers, truth values, texts and moments, or a mixture of them.
    """
    told = []
    for column in columns:
        written = _written(column, "\\N", "t", "f", _copied)
        if written is None:
            return None
        told.append(written)
    return "\n".join(map("\t".join, zip(*told, strict=True))) + "\n"


def array_text(values: Column) -> str | None:
    """An array in PostgreSQL's text format (manual, section 8.15.2); None as with `copy_lines`."""
    told = _written(values, "NULL", "t", "f", _quoted)
    return None if told is None else "{" + ",".join(told) + "}"


def _written(column: Column, null: str, yes: str, no: str, texts: Callable[[list[str]], list[str]]) -> list[str] | None:
    kinds = set(map(type, column))
    has_null = type(None) in kinds
    kinds.discard(type(None))
    if not kinds:
        return [null] * len(column)
    if len(kinds) > 1 and not kinds <= {int, float}:
        return None
    kind = next(iter(kinds))
    if column.count(column[0]) == len(column):
        found = _one(column[0], yes, no, texts)
        return None if found is None else [found] * len(column)
    if issubclass(kind, str):
        if not has_null:
            return texts(list(column) if kind is str else list(map(str, column)))
        filled = texts([str(value) for value in column if value is not None])
        walk = iter(filled)
        return [null if value is None else next(walk) for value in column]
    if kinds <= {int, float} and not has_null:
        return list(map(repr, column))
    told: dict[Any, str] = {None: null}
    for value in set(column) - {None}:
        found = _one(value, yes, no, texts)
        if found is None:
            return None
        told[value] = found
    return list(map(told.__getitem__, column))


def _one(value: Any, yes: str, no: str, texts: Callable[[list[str]], list[str]]) -> str | None:
    if isinstance(value, str):
        return texts([str(value)])[0]
    if isinstance(value, bool):
        return yes if value else no
    if type(value) in (int, float):
        return repr(value)
    return texts([moment_text(value)])[0] if isinstance(value, datetime) else None


def _copied(values: list[str]) -> list[str]:
    return _all(values, (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")))


def _quoted(values: list[str]) -> list[str]:
    return [f'"{value}"' for value in _all(values, (("\\", "\\\\"), ('"', '\\"')))]


def _all(values: list[str], replaced: tuple[tuple[str, str], ...]) -> list[str]:
    """The same in each; all at once, with the one character between them that PostgreSQL takes in no text."""
    text = "\0".join(values)
    found = text
    for old, new in replaced:
        found = found.replace(old, new)
    if found == text:
        return values
    told = found.split("\0")
    return told if len(told) == len(values) else values  # the database refuses such a text


def literal(value: Any) -> str | None:
    """A plain value as it may stand in a statement with %s places; None for what is better handed over."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if type(value) is int or (type(value) is float and isfinite(value)):
        return repr(value)
    return f"'{value}'" if type(value) is str and len(value) < 100 and _PLAIN.fullmatch(value) else None
