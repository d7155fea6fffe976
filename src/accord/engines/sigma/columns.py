"""Columns of a record batch as the engine reads them: for each row a code, for each code the texts that it stands for.

Code 0 is "nothing there". What is asked of a value is asked once for each code, not once for each row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Texts = tuple[str, ...]
MARK = b"accord.events"
"""In a file's metadata: its columns are those of the store of events."""
MORE, NESTED = "_more", "_nested."
SOURCE = ("_product", "_category", "_service")


def is_stored(schema: pa.Schema) -> bool:
    """Whether these are columns of the store of events, with an envelope under names that begin with "_"."""
    return MARK in (schema.metadata or {}) or set(SOURCE) <= set(schema.names)


def native_name(column: str, stored: bool) -> str | None:
    """The field that a column holds; None for one of the envelope. `_more` holds several and counts as none."""
    if not stored or not column.startswith("_"):
        return column
    if column.startswith(NESTED):
        return column[len(NESTED) :]
    return column[1:] if column.startswith("__") else None


def told_apart(codes: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct tuples of codes: the number of each row's, and a row of each."""
    import numpy as np

    total, size = codes[0].astype(np.int64), sizes[0]
    for one, more in zip(codes[1:], sizes[1:], strict=True):
        if size * more >= 1 << 62:
            total = _numbered(total, size)
            size = int(total.max(initial=0)) + 1
        total = total * more + one
        size *= more
    inverse = _numbered(total, size)
    count = int(inverse.max(initial=-1)) + 1
    first = np.empty(count, np.int64)
    first[inverse[::-1]] = np.arange(len(inverse) - 1, -1, -1)
    return inverse, first


def _numbered(total: np.ndarray, size: int) -> np.ndarray:
    """Each number's place among those that are there."""
    import numpy as np
    import pyarrow as pa

    found: np.ndarray
    if size <= 4 * len(total) + 1000:
        there = np.zeros(size, np.bool_)
        there[total] = True
        found = (np.cumsum(there, dtype=np.int64) - 1)[total]
    elif len(total) < 1000:
        found = np.unique(total, return_inverse=True)[1]
    else:
        held = pa.array(total).dictionary_encode()
        found = held.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def bytes_of(array: pa.Array) -> tuple[np.ndarray, memoryview]:
    """Texts (or bytes) as they lie in memory: where each begins and the last one ends, in what follows."""
    import numpy as np
    import pyarrow as pa

    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return np.zeros(len(array) + 1, np.int64), memoryview(b"")
    ends = np.frombuffer(offsets, np.int64 if large else np.int32)[array.offset : array.offset + len(array) + 1]
    return ends, memoryview(data)


class Column:
    """One column: `codes` of its rows, 0 where there is nothing; `size` is one more than the largest.

    `parsed`: its texts are JSON; `more`: they are objects that hold further fields; `place`: its name in the file.
    """

    def __init__(self, name: str, array: pa.Array, parsed: bool = False, more: bool = False, place: str = "") -> None:
        import pyarrow as pa

        self.name, self._parsed, self.more, self.place = name, parsed, more, place
        self._array = array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array

    @property
    def empty(self) -> bool:
        """Whether no row has a value."""
        return bool(self._array.null_count == len(self._array))

    @cached_property
    def flat(self) -> bool:
        """Whether each code stands for one text and nothing else."""
        import pyarrow as pa

        kind = self._array.type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return not self._parsed and (pa.types.is_string(kind) or pa.types.is_large_string(kind))

    @cached_property
    def _dictionary(self) -> pa.Array:
        """The array as a dictionary, or as it is where its values cannot be told apart."""
        import pyarrow as pa

        array = self._array
        if pa.types.is_nested(array.type):  # each row is a value of its own
            return array
        if not pa.types.is_dictionary(array.type):
            return array.dictionary_encode()
        return array.cast(array.type.value_type).dictionary_encode() if array.dictionary.null_count else array

    @cached_property
    def codes(self) -> np.ndarray:
        """The code of each row."""
        import numpy as np
        import pyarrow as pa

        array = self._dictionary
        if pa.types.is_nested(array.type):
            there = array.is_valid().to_numpy(zero_copy_only=False)
            return np.where(there, np.arange(1, len(array) + 1), 0).astype(np.int32)
        indices = array.indices if array.indices.type == pa.int32() else array.indices.cast(pa.int32())
        if not len(indices):
            return np.zeros(0, np.int32)
        validity, data = indices.buffers()
        codes: np.ndarray = np.frombuffer(data, np.int32)[indices.offset :][: len(indices)] + np.int32(1)
        if indices.null_count:
            bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
            codes *= bits[indices.offset :][: len(indices)]
        return codes

    @property
    def distinct(self) -> pa.Array:
        """The value of each code from 1 on."""
        import pyarrow as pa

        return self._dictionary if pa.types.is_nested(self._array.type) else self._dictionary.dictionary

    @property
    def size(self) -> int:
        """One more than the largest code."""
        return len(self.distinct) + 1

    @property
    def by_code(self) -> bool:
        """Whether its values are told apart already, or must be to be asked."""
        import pyarrow as pa

        return "_dictionary" in self.__dict__ or not self.flat or pa.types.is_dictionary(self._array.type)

    @cached_property
    def searchable(self) -> bool:
        """Whether its values are text in which a word is found, be it written as JSON."""
        import pyarrow as pa

        return self.flat or (self._parsed and not pa.types.is_nested(self._array.type))

    def chosen(self, codes: np.ndarray) -> pa.Array:
        """The values of these codes (none of them 0) as an array of their own."""
        import pyarrow as pa

        return self.distinct.take(pa.array(codes - 1))

    def at(self, rows: np.ndarray | None) -> pa.Array:
        """The values of these rows, of all without."""
        import pyarrow as pa

        return self._array if rows is None else self._array.take(pa.array(rows))

    def put(self, event: dict[str, Any], value: Any) -> None:
        """Write one of its values into an event."""
        if self.more:
            event.update(value if isinstance(value, Mapping) else {})
        else:
            event[self.name] = value

    def values(self, codes: np.ndarray) -> list[Any]:
        """The values of these codes (none of them 0) as an event would have them."""
        return self.read(self.chosen(codes))

    def read(self, array: pa.Array) -> list[Any]:
        """Some of its values as an event would have them; None for nothing."""
        import pyarrow as pa

        held: list[Any] = array.to_pylist(maps_as_pydicts="lossy" if pa.types.is_nested(array.type) else None)
        return [None if one is None else _parsed(one) for one in held] if self._parsed else held


def _parsed(text: Any) -> Any:
    """The value of a JSON text, also of one with numbers that only Python's writer knows (NaN); else the text."""
    import orjson

    for loads in (orjson.loads, json.loads):
        try:
            return loads(text)
        except (ValueError, RecursionError):
            continue
    return text
