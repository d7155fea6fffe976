"""A record batch by the fields of the rules: the texts of each field, and what is asked of them, once for each code.

What is found of a value is kept under its number in the field's vocabulary, so that it is not asked again in the next
batch (`vocabulary`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.columns import MORE, NESTED, SOURCE, Column, Texts, bytes_of, native_name, told_apart
from accord.engines.sigma.memory import LONGEST, key_of
from accord.engines.sigma.values import SCANNED, everything, look_up, texts
from accord.engines.sigma.vocabulary import UNKNOWN, Sets, Vocabularies, Vocabulary, fitting

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Answer = Callable[["np.ndarray"], Sequence[int]]
"""From codes (0 alone, or any others) to a small number for each, none of them negative."""


_FEW = 4
"""From one row in so many values of a field on all its values are numbered at once."""


def used_codes(codes: np.ndarray, size: int) -> np.ndarray:
    """The codes that are there, in order."""
    import numpy as np

    if len(codes) * 16 < size:
        return np.unique(codes)
    there = np.zeros(size, np.bool_)
    there[codes] = True
    return np.flatnonzero(there)


class _Flat:
    """The texts of a column in which each code but 0 stands for one."""

    def __init__(self, column: Column) -> None:
        import numpy as np

        self._column = column
        self._texts, self._lower = np.full((2, column.size), None, object)
        self._there, self._lowered = np.zeros((2, column.size), np.bool_)

    def texts(self, codes: np.ndarray) -> list[str]:
        """Those of these codes (none of them 0)."""
        new = codes[~self._there[codes]]
        if len(new):
            if len(new) * 2 > len(self._there):
                self._texts[1:] = self._column.read(self._column.distinct)
                self._there[1:] = True
            else:
                self._texts[new] = self._column.values(new)
                self._there[new] = True
        found: list[str] = self._texts[codes].tolist()
        return found

    def lower(self, codes: np.ndarray) -> list[str]:
        """The same in lower case, as far as they are looked at."""
        new = codes[~self._lowered[codes]]
        if len(new):
            self._lower[new] = [text[:SCANNED].lower() for text in self.texts(new)]
            self._lowered[new] = True
        found: list[str] = self._lower[codes].tolist()
        return found

    def keys(self, codes: np.ndarray) -> list[Any]:
        """Under what the texts are known: short ones themselves, of others 128 bits of a digest of their bytes."""
        import numpy as np

        ends, held = bytes_of(self._column.distinct)
        begins, ends = ends[codes - 1], ends[codes]
        long = ends - begins > LONGEST
        if not long.any():
            return self.texts(codes)
        keys = np.full(len(codes), None, object)
        keys[~long] = self.texts(codes[~long])
        places = np.flatnonzero(long)
        for place, begin, end in zip(places.tolist(), begins[long].tolist(), ends[long].tolist(), strict=True):
            total = _ALONE.copy()
            total.update(held[begin:end])
            keys[place] = total.digest()[:16]
        found: list[Any] = keys.tolist()
        return found


_ALONE = sha256(b"alone")
"""Before a text that has no others beside it (`key_of` begins otherwise)."""


class Field:
    """A field of the rules in one batch: `codes` of the rows; `texts` tells what codes stand for."""

    def __init__(self, name: str, columns: Sequence[Column], rows: int, vocabulary: Vocabulary) -> None:
        import numpy as np

        self._name, self._columns, self._vocabulary = name, columns, vocabulary
        self._known: dict[int, Texts] = {}
        self._told: dict[Any, np.ndarray] = {}
        self._first: np.ndarray | None = None
        self._numbers: np.ndarray | None = None
        self._all: np.ndarray | None = None
        self._flat = _Flat(columns[0]) if len(columns) == 1 and columns[0].flat else None
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
        if len(there) == 0:
            return found
        wanted = codes[there]
        if self._flat is not None:
            held: Iterable[Texts] = [(one,) for one in self._flat.texts(wanted)]
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

    def each(self, codes: np.ndarray) -> tuple[list[str], list[str]] | None:
        """The text of each of these codes and the same in lower case, as far as they are looked at; None where any
        stands for none, or for several."""
        if self._flat is None or not codes.all():
            return None
        return [text[:SCANNED] for text in self._flat.texts(codes)], self._flat.lower(codes)

    def told(self, key: Any, codes: np.ndarray, answer: Answer) -> np.ndarray:
        """What is answered of the value of each of these codes; `key` tells the question from others to this field.

        Asked is only of values of which the answer is not known.
        """
        import numpy as np

        by_code, table = self._told.get(key), self._vocabulary.table(key)
        if by_code is None:
            if self._numbers is None and len(codes) * _FEW >= self.size:
                self._all = self._numbered(np.arange(self.size))
            by_code = np.full(self.size, UNKNOWN, np.int8) if self._all is None else table.of(self._all)
            self._told[key] = by_code
        found: np.ndarray = by_code[codes]
        unknown = codes[found == UNKNOWN]
        if len(unknown):
            new = used_codes(unknown, self.size)
            numbers = self._numbered(new)
            known = table.of(numbers)
            left = known == UNKNOWN
            if left.any():
                asked = new[left]
                parts = (asked,) if asked[0] else (asked[:1], asked[1:])
                answers = np.array([one for part in parts for one in answer(part)], np.int32)
                table.put(numbers[left], answers)
                known = fitting(known, answers)
                known[left] = answers
            by_code = self._told[key] = fitting(by_code, known)
            by_code[new] = known
            found = by_code[codes]
        return found

    def sets(self, key: Any) -> Sets:
        """The sets by whose numbers a question is answered."""
        return self._vocabulary.sets(key)

    def _numbered(self, codes: np.ndarray) -> np.ndarray:
        """The numbers of values in the vocabulary."""
        import numpy as np

        if self._numbers is None:
            self._numbers = np.full(self.size, UNKNOWN, np.int64)
        found: np.ndarray = self._numbers[codes]
        new = codes[found == UNKNOWN]
        if len(new):
            there = new[new > 0]
            flat = self._flat
            keys = [key_of(held) for held in self.texts(there)] if flat is None else flat.keys(there)
            self._numbers[there] = self._vocabulary.numbers(keys)
            if len(there) < len(new):
                self._numbers[0] = self._vocabulary.numbers([()])[0]
            found = self._numbers[codes]
        return found

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


def _spelled(value: Any) -> str:
    return "\0".join(everything({"": value}))


class Batch:
    """A record batch by the fields of the rules. `rows` tells their number where it has no column."""

    def __init__(self, batch: pa.RecordBatch, stored: bool, vocabularies: Vocabularies, rows: int = 0) -> None:
        self.rows: int = batch.num_rows or rows
        self._stored, self._vocabularies = stored, vocabularies
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
            found = self._fields[name] = Field(name, held, self.rows, self._vocabularies.of(name))
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
