"""Values of events as a database can keep them: bounded, without NUL, half characters and numbers that are none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MOST_FIELDS = 200
MOST_ITEMS = 50
LONGEST = 2000
DEEPEST = 8
MOST_CHARACTERS = 16_000


def clean(text: object, longest: int) -> str:
    """A text of at most so many characters."""
    told = str(text)[:longest]
    return told.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


class Cleaner:
    """Cleans the data of one event; `cut` tells whether anything was left out or changed."""

    def __init__(self) -> None:
        self.cut = False
        self._left = MOST_CHARACTERS

    def data(self, event: Mapping[str, Any]) -> dict[str, Any]:
        found = self._object(event, 0)
        return found if isinstance(found, dict) else {}

    def _value(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if abs(value) < 1 << 63 else self._text(str(value))
        if isinstance(value, float):
            return value if math.isfinite(value) else self._text(str(value))
        if isinstance(value, Mapping):
            return self._object(value, depth + 1)
        if isinstance(value, list | tuple):
            return self._list(value, depth + 1)
        return self._text(str(value))

    def _text(self, text: str) -> str:
        found = clean(text, max(0, min(LONGEST, self._left)))
        self.cut |= found != text
        self._left -= len(found)
        return found

    def _object(self, held: Mapping[Any, Any], depth: int) -> Any:
        if depth > DEEPEST:
            self.cut = True
            return None
        found: dict[str, Any] = {}
        for place, (name, value) in enumerate(held.items()):
            if place >= MOST_FIELDS or self._left <= 0:
                self.cut = True
                break
            key = clean(name, 300)
            self.cut |= key != name
            self._left -= len(key)
            found[key] = self._value(value, depth)
        return found

    def _list(self, held: Any, depth: int) -> Any:
        if depth > DEEPEST:
            self.cut = True
            return None
        self.cut |= len(held) > MOST_ITEMS
        return [self._value(one, depth) for one in held[:MOST_ITEMS]]
