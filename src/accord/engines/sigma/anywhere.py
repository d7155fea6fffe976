"""Keywords in a record batch: words that any value of a row may hold.

Plans that look for the same words share one search. It looks through values as they lie in memory, and mostly finds
that no row holds any; what it finds is asked as the stream asks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.batch import Batch
from accord.engines.sigma.columns import Column
from accord.engines.sigma.parquet import File
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.values import everything

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Found = dict[int, int]
"""Row → the bits of the keywords that hold there."""
MANY = 8
"""From one in so many rows of a batch on its columns are searched whole, else the rows by themselves."""


def found_anywhere(
    batch: Batch, plans: Sequence[tuple[Plan, np.ndarray]], searched: Sequence[bool], columns: set[str] | None = None
) -> list[Found]:
    """For each plan with its rows, the rows at which keywords hold; {} for one that is not searched.

    `columns` are those in which any may hold (None: all).
    """
    import numpy as np

    found: list[Found] = [{} for _ in plans]
    groups: dict[frozenset[str] | None, list[int]] = {}
    for number, (plan, _) in enumerate(plans):
        if searched[number]:
            groups.setdefault(plan.words, []).append(number)
    for words, members in groups.items():
        owner = np.full(batch.rows, -1, np.int64)
        for number in members:
            owner[plans[number][1]] = number
        rows = np.flatnonzero(owner >= 0)
        search = _Search(batch, [plan for plan, _ in plans], owner)
        places = plans[members[0]][0].places
        if words is not None and len(rows) * MANY < batch.rows:
            candidates = rows[places(batch.joined(rows))] if places is not None else rows
            held = search.by_row(candidates)
        else:
            held = (
                one
                for column in batch.columns
                if columns is None or column.place in columns
                for one in search.by_value(column, places)
            )
        for row, bits in held:
            own = found[int(owner[row])]
            own[row] = own.get(row, 0) | bits
    return found


def long_columns(
    file: File, group: int, names: Sequence[str], plans: Sequence[tuple[Plan, np.ndarray]], rows: int
) -> pa.RecordBatch:
    """Of long text columns in which only keywords are looked for, the values that may hold any; null elsewhere.

    They are read and looked through part by part.
    """
    import numpy as np
    import pyarrow as pa

    searches: dict[frozenset[str] | None, tuple[Any, np.ndarray]] = {}
    for plan, own in plans:
        searches.setdefault(plan.words, (plan.places, np.zeros(rows, np.bool_)))[1][own] = True
    found = []
    for name in names:
        begin = count = 0
        kept: list[pa.Array] = []
        places: np.ndarray = np.full(rows, -1, np.int64)
        for piece in file.pieces(group, name):
            maybe = _candidates(piece, [(one, asked[begin : begin + len(piece)]) for one, asked in searches.values()])
            if len(maybe):
                places[begin + maybe] = count + np.arange(len(maybe))
                count += len(maybe)
                kept.append(piece.take(pa.array(maybe)))
            begin += len(piece)
        held = pa.concat_arrays(kept) if kept else pa.nulls(0, file.schema.field(name).type)
        found.append(held.take(pa.array(places, mask=places < 0)))
    return pa.RecordBatch.from_arrays(found, list(names))


def _candidates(piece: pa.Array, searches: Sequence[tuple[Any, np.ndarray]]) -> np.ndarray:
    """The rows of a part of a column that some search asks for and that may hold its words."""
    import numpy as np
    import pyarrow as pa

    chosen = np.zeros(len(piece), np.bool_)
    for places, asked in searches:
        rows = np.flatnonzero(asked)
        if len(rows) and places is not None:
            rows = rows[places(piece if len(rows) == len(piece) else piece.take(pa.array(rows)))]
        chosen[rows] = True
    return np.flatnonzero(chosen)


class _Search:
    """`owner` is the plan of each row, -1 for one that is not asked."""

    def __init__(self, batch: Batch, plans: Sequence[Plan], owner: np.ndarray) -> None:
        self._batch, self._plans, self._owner, self._asked = batch, plans, owner, owner >= 0

    def _bits(self, owner: int, texts: tuple[str, ...]) -> int:
        keywords = self._plans[owner].keywords
        return keywords.mask(texts) if keywords is not None and texts else 0

    def by_row(self, rows: np.ndarray) -> Iterator[tuple[int, int]]:
        """Each of these rows, read whole."""
        for row, event in zip(rows.tolist(), self._batch.events(rows), strict=True):
            bits = self._bits(int(self._owner[row]), everything(event))
            if bits:
                yield row, bits

    def by_value(self, column: Column, places: Any) -> Iterator[tuple[int, int]]:
        """The values of a column, each once for each plan."""
        import numpy as np

        if not column.by_code:
            maybe = np.arange(self._batch.rows) if places is None else places(column.at(None))
            rows = maybe[self._asked[maybe]]
            for row, text in zip(rows.tolist(), column.at(rows).to_pylist(), strict=True):
                bits = 0 if text is None else self._bits(int(self._owner[row]), (text,))
                if bits:
                    yield row, bits
            return
        maybe = np.arange(column.size - 1)
        if places is not None and column.searchable:
            maybe = places(column.distinct)
            if not len(maybe):
                return
        there = np.zeros(column.size, np.bool_)
        there[maybe + 1] = True
        rows = np.flatnonzero(there[column.codes] & self._asked)
        codes = column.codes[rows]
        used = np.unique(codes)
        texts = {
            code: everything(value if column.more else {"": value})
            for code, value in zip(used.tolist(), column.values(used), strict=True)
        }
        known: dict[tuple[int, int], int] = {}
        for row, code, owner in zip(rows.tolist(), codes.tolist(), self._owner[rows].tolist(), strict=True):
            if (owner, code) not in known:
                known[owner, code] = self._bits(owner, texts[code])
            if known[owner, code]:
                yield row, known[owner, code]
