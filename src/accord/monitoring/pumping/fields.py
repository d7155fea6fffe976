"""One field of an event among several that may hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from accord.monitoring.store.columns import writable

LONGEST = 300
NOTHING = frozenset(("", "-", "(null)", "?", "unset", "none", "4294967295", "N/A", "not available"))


def first(data: Mapping[str, Any], names: Iterable[str], read: Callable[[Any], str | None]) -> str | None:
    """What the first of these fields that says something says. A name with dots is a path where it is no field."""
    for name in names:
        value = data.get(name)
        if value is None and "." in name:
            value = _along(data, name)
        if value is None:
            continue
        found = read(value[0] if type(value) is list and value else value)
        if found is not None:
            return found
    return None


def _along(data: Any, name: str) -> Any:
    for part in name.split("."):
        if type(data) is list:
            data = data[0] if data else None
        if type(data) is not dict:
            return None
        data = data.get(part)
    return data


def text(value: Any) -> str | None:
    """A text that says something, bounded and fit to be stored."""
    if type(value) is int:
        value = str(value)[:LONGEST]
    if type(value) is not str:
        return None
    told = value[: 2 * LONGEST].strip()[:LONGEST]
    if told in NOTHING or told.lower() in NOTHING:
        return None
    if not told.isascii() and not writable(told):
        told = told.encode("utf-8", "replace").decode()
    return told.replace("\0", "") or None
