"""Distinct values of fields by numbers, and what was found of each: the next batch asks only of values that are new.

All is bounded in bytes together, and forgotten together when they are spent. Only between two batches: within one,
numbers stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getsizeof
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = -1
_ENTRY = 150
"""Bytes that a value takes beside its text: its place in a table, its number, the tuple around it."""


class Vocabularies:
    """Those of all fields, which together take so many bytes at most, but for what one batch adds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, Vocabulary] = {}

    def of(self, field: str) -> Vocabulary:
        """That of a field."""
        found = self._held.get(field)
        if found is None:
            found = self._held[field] = Vocabulary()
        return found

    def bound(self) -> None:
        """Forget all, if it takes too much."""
        if sum(one.bytes for one in self._held.values()) > self._most:
            self._held = {}


class Vocabulary:
    """The values of one field, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._tables: dict[Any, Table] = {}
        self._sets: dict[Any, Sets] = {}
        self._texts = 0

    @property
    def bytes(self) -> int:
        """What it takes, roughly."""
        return self._texts + sum(table.bytes for table in self._tables.values())

    def numbers(self, keys: Sequence[Any]) -> np.ndarray:
        """The number of each value (by its key, as `key_of` makes it, or its only text); new ones get the next."""
        import numpy as np

        known = self._numbers
        found = [known.get(key, UNKNOWN) for key in keys]
        for place, number in enumerate(found):
            if number == UNKNOWN:
                key = keys[place]
                found[place] = known.setdefault(key, len(known))
                self._texts += _ENTRY + (sum(map(getsizeof, key)) if isinstance(key, tuple) else getsizeof(key))
        return np.array(found, np.int64)

    def table(self, key: Any) -> Table:
        """What was found of values, for one question."""
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = Table()
        return found

    def sets(self, key: Any) -> Sets:
        """The sets by which the table of a question tells what was found."""
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = Sets()
        return found


class Sets:
    """Sets by small numbers, as they come; 0 is that of nothing."""

    def __init__(self) -> None:
        self._held: list[tuple[int, ...]] = [()]
        self._numbers: dict[tuple[int, ...], int] = {(): 0}

    def __getitem__(self, number: int) -> tuple[int, ...]:
        return self._held[number]

    def number(self, one: tuple[int, ...]) -> int:
        """The number of a set."""
        found = self._numbers.get(one)
        if found is None:
            found = self._numbers[one] = len(self._held)
            self._held.append(one)
        return found


class Table:
    """A small number, at least 0, for each value; `UNKNOWN` where none is there yet."""

    def __init__(self) -> None:
        import numpy as np

        self._held: np.ndarray = np.zeros(0, np.int8)

    @property
    def bytes(self) -> int:
        """What it takes."""
        return self._held.nbytes

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Those of values with these numbers."""
        import numpy as np

        there = numbers < len(self._held)
        found: np.ndarray
        if there.all():
            found = self._held[numbers]
            return found
        found = np.full(len(numbers), UNKNOWN, self._held.dtype)
        found[there] = self._held[numbers[there]]
        return found

    def put(self, numbers: np.ndarray, found: np.ndarray) -> None:
        """Keep what was found."""
        import numpy as np

        least = int(numbers.max(initial=-1)) + 1
        if least > len(self._held):
            more = np.full(max(least, len(self._held) * 5 // 4 + 16), UNKNOWN, self._held.dtype)
            more[: len(self._held)] = self._held
            self._held = more
        self._held = fitting(self._held, found)
        self._held[numbers] = found


def fitting(held: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Numbers in a width into which others fit as well."""
    import numpy as np

    return held if held.dtype == np.int32 or more.max(initial=0) < 128 else held.astype(np.int32)
