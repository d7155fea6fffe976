"""How values of events are read: text, numbers, lists, nested objects, and nothing at all.

* Text is compared without case unless an atom is cased. Numbers and truth values count as the text that Sigma rules
  write for them: 7, 0.5, true, false.
* A list is each of its elements; an object is looked into by dotted names; both may be nested.
* Whatever else columns of a table may hold counts as text too: times in ISO 8601, bytes as UTF-8.
* None is "null": the field is there as far as "exists" goes not, and no text matches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any

DEPTH = 32
MOST_VALUES = 1000
SCANNED = 1 << 20
"""Characters of one value that are looked at; what lies behind is not matched."""


def texts(value: Any) -> tuple[str, ...]:
    """The value as texts: () for nothing, several for a list."""
    kind = type(value)
    if kind is str:
        return (value,)
    if value is None:
        return ()
    if kind is bool:
        return ("true" if value else "false",)
    if kind is int:
        return (str(value),)
    if kind is float:
        return (str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value),)
    if isinstance(value, list | tuple | Mapping):
        return tuple(found for _, found in zip(range(MOST_VALUES), _inside(value, 0), strict=False))
    if isinstance(value, date | time):
        return (value.isoformat(),)
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value),)


def _inside(value: Any, depth: int) -> Iterator[str]:
    if depth > DEPTH:
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one, depth + 1)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _inside(one, depth + 1)
    else:
        yield from texts(value)


def everything(event: Mapping[str, Any]) -> tuple[str, ...]:
    """All values of an event as texts; names of fields are no values."""
    return tuple(found for _, found in zip(range(MOST_VALUES), _inside(event, 0), strict=False))


def look_up(event: Mapping[str, Any], name: str) -> list[Any]:
    """The values under a name: as it stands, in another case, or along a dotted path; [] where there is none.

    Names that differ only in case are one field: all their values count.
    """
    found = _level(event, name)
    if found or "." not in name:
        return found
    head, _, rest = name.partition(".")
    inner: list[Any] = []
    while rest:
        for one in _level(event, head):
            for held in one if isinstance(one, list) else (one,):
                if isinstance(held, Mapping):
                    inner += look_up(held, rest)
        if inner:
            return inner
        part, _, rest = rest.partition(".")
        head = f"{head}.{part}"
    return inner


def _level(event: Mapping[str, Any], name: str) -> list[Any]:
    lower = name.lower()
    return [value for key, value in event.items() if key == name or (len(key) == len(name) and key.lower() == lower)]


def number(text: str) -> float | None:
    """A text as a number; None where it is none."""
    try:
        found = float(text) if len(text) < 40 else None
    except ValueError:
        return None
    return found if found is not None and found == found and "_" not in text else None
