"""Columns of a record batch as the engine reads them: for each row a code, for each code the texts that it stands for.

Code 0 is "nothing there". What is asked of a value is asked once for each code, not once for each row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.values import SCANNED, everything, look_up, texts

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
        indices = array.indices.cast(pa.int32())
        if indices.null_count:
            indices = indices.fill_null(-1)
        codes: np.ndarray = indices.to_numpy(zero_copy_only=False) + np.int32(1)
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


def _spelled(value: Any) -> str:
    return "\0".join(everything({"": value}))


def _parsed(text: Any) -> Any:
    """The value of a JSON text, also of one with numbers that only Python's writer knows (NaN); else the text."""
    import orjson

    for loads in (orjson.loads, json.loads):
        try:
            return loads(text)
        except (ValueError, RecursionError):
            continue
    return text


class Field:
    """A field of the rules in one batch: `codes` of the rows; `texts` tells what codes stand for."""

    def __init__(self, name: str, columns: Sequence[Column], rows: int) -> None:
        import numpy as np

        self._name, self._columns = name, columns
        self._known: dict[int, Texts] = {}
        self._lower: dict[int, Texts] = {}
        self._first: np.ndarray | None = None
        self._plain = len(columns) == 1 and columns[0].flat
        if not columns:
            self.codes, self.size = np.zeros(rows, np.int32), 1
        elif len(columns) == 1:
            self.codes, self.size = columns[0].codes, columns[0].size
        else:
            # Before all others stands a row with nothing, so that code 0 is that.
            codes = [np.concatenate((np.zeros(1, np.int32), one.codes)) for one in columns]
            inverse, first = told_apart(codes, [one.size for one in columns])
            places = np.argsort(first, kind="stable")  # the row with nothing comes first
            order = np.empty_like(places)
            order[places] = np.arange(len(places))
            self.codes, self.size = order[inverse[1:]], len(first)
            self._first = first[places] - 1

    def texts(self, codes: np.ndarray) -> list[Texts]:
        """The texts of these codes, in their order."""
        import numpy as np

        found: list[Texts] = [()] * len(codes)
        there = np.flatnonzero(codes)
        wanted = codes[there]
        if len(there) == 0:
            return found
        if self._plain:
            held: Iterable[Texts] = [(one,) for one in self._columns[0].values(wanted)]
        else:
            held = [self._look_up(event) for event in self._events(wanted)]
        for place, one in zip(there.tolist(), held, strict=True):
            found[place] = one
        return found

    def kept(self, codes: np.ndarray) -> list[Texts]:
        """The same, for codes that are asked for again and again."""
        import numpy as np

        known, wanted = self._known, codes.tolist()
        new = list({code for code in wanted if code not in known})
        if new:
            known.update(zip(new, self.texts(np.array(new)), strict=True))
        return [known[code] for code in wanted]

    def of(self, row: int) -> Texts:
        """The texts of one row."""
        import numpy as np

        code = int(self.codes[row])
        found = self._known.get(code)
        return self.kept(np.array([code]))[0] if found is None else found

    def lowered(self, codes: np.ndarray) -> list[Texts]:
        """The same in lower case, as far as they are looked at."""
        lower, wanted = self._lower, codes.tolist()
        for code, held in zip(wanted, self.kept(codes), strict=True):
            if code not in lower:
                lower[code] = tuple([text[:SCANNED].lower() for text in held])
        return [lower[code] for code in wanted]

    def _events(self, codes: np.ndarray) -> list[dict[str, Any]]:
        """For each code an event with what its columns say."""
        import numpy as np

        events: list[dict[str, Any]] = [{} for _ in codes]
        for column in self._columns:
            own = codes if self._first is None else column.codes[self._first[codes]]
            there = np.flatnonzero(own)
            for place, value in zip(there.tolist(), column.values(own[there]), strict=True):
                column.put(events[place], value)
        return events

    def _look_up(self, event: dict[str, Any]) -> Texts:
        return tuple(text for one in look_up(event, self._name) for text in texts(one))


class Batch:
    """A record batch by the fields of the rules. `rows` tells their number where it has no column."""

    def __init__(self, batch: pa.RecordBatch, stored: bool, rows: int = 0) -> None:
        self.rows: int = batch.num_rows or rows
        self._stored = stored
        self.envelope: dict[str, Column] = {}
        self.columns: list[Column] = []
        self._fields: dict[str, Field] = {}
        self._named: dict[str, list[Column]] = {}
        self._more: list[Column] = []
        self.add(batch)

    def add(self, batch: pa.RecordBatch) -> None:
        """Further columns of the same rows, of fields that nobody asked for so far."""
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            native = native_name(name, self._stored)
            if name in SOURCE and native is None:
                self.envelope[name] = Column(name, array)
            elif native is not None or name == MORE:
                parsed = self._stored and (native is None or name.startswith(NESTED))
                self._add(Column(native or name, array, parsed, native is None, name))

    def _add(self, column: Column) -> None:
        if column.empty:
            return
        self.columns.append(column)
        if column.more:
            self._more.append(column)
        else:
            self._named.setdefault(column.name.lower(), []).append(column)

    def field(self, name: str) -> Field:
        """A field, made when it is asked for the first time."""
        found = self._fields.get(name)
        if found is None:
            lower = name.lower()
            steps = [lower[:place] for place, letter in enumerate(lower) if letter == "."]
            # A text has nothing inside, however the field's name goes on.
            inside = [one for step in steps for one in self._named.get(step, ()) if not one.flat]
            held = [*self._named.get(lower, ()), *inside, *self._more]
            found = self._fields[name] = Field(name, held, self.rows)
        return found

    def joined(self, rows: np.ndarray) -> pa.Array:
        """All values of each of these rows in one text; nested ones as JSON, or all values in them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        held = []
        for column in self.columns:
            array = column.at(rows)
            if array.null_count == len(array):
                continue
            if not column.searchable:
                array = pa.array(
                    [None if one is None else _spelled(one) for one in array.to_pylist()], pa.large_string()
                )
            held.append(array.cast(pa.large_string()))
        if not held:
            return pa.array([""] * len(rows), pa.large_string())
        return pc.binary_join_element_wise(*held, pa.scalar("\0", pa.large_string()), null_handling="skip")

    def events(self, rows: np.ndarray) -> list[dict[str, Any]]:
        """These rows as events: what is null is not there."""
        events: list[dict[str, Any]] = [{} for _ in rows]
        for column in self.columns:
            for event, value in zip(events, column.read(column.at(rows)), strict=True):
                if value is not None:
                    column.put(event, value)
        return events
