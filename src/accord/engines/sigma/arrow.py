"""Record batches → hits: the look-back over stored events, with exactly the hits of `Engine.match`.

What the stream asks of an event is asked here of distinct values: routing values give the class of each row, values of
fields that trigger no rule rule out all their rows at once, and only distinct tuples of the rest are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from accord.engines.sigma.anywhere import Found, found_anywhere
from accord.engines.sigma.columns import (
    MORE,
    SOURCE,
    Batch,
    Column,
    Field,
    is_stored,
    may_hold,
    native_name,
    told_apart,
)
from accord.engines.sigma.engine import ROUTING, VALUE_BYTES, Engine
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.rules import LogSource, Program
from accord.engines.sigma.states import RuleState
from accord.engines.sigma.tree import atoms_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Hits = list[tuple[int, tuple[int, ...]]]
"""A row of the batch, and the numbers of the rules that hold for it."""


class ArrowEngine:
    """The rules of one program over batches of columns. Not safe for several threads at once: each takes its own.

    Batches are those of the store of events (an envelope under names that begin with "_", nested values as JSON text),
    or any others: then a column is a field, and the log source of the batch is told. A value that is null is not there.
    """

    def __init__(
        self, program: Program, chosen: Iterable[int] | None = None, routing: Sequence[str] = ROUTING,
        value_bytes: int = VALUE_BYTES,
    ) -> None:  # fmt: skip
        self._engine = Engine(program, chosen, routing, remembered=0, value_bytes=value_bytes)
        self._fields, self._keywords = _asked(program, self._engine.chosen)
        self._fields |= {name.lower() for name in routing}

    def columns(self, schema: pa.Schema) -> list[str]:
        """The columns of a file or batch that the rules need, in its order; all fields where rules have keywords."""
        stored = is_stored(schema)
        return [name for name in schema.names if self._needs(name, stored)]

    def _needs(self, column: str, stored: bool) -> bool:
        if stored and (column == MORE or column in SOURCE):
            return True
        native = native_name(column, stored)
        if native is None:
            return False
        return self._keywords or any(may_hold(native, field) for field in self._fields)

    def match(self, batch: pa.RecordBatch, source: LogSource | None = None) -> Hits:
        """The rows for which rules hold, each with the numbers of those, in order.

        Stored events tell their log sources themselves; `source` is that of all others.
        """
        if not batch.num_rows:
            return []
        held = Batch(batch, is_stored(batch.schema))
        self._engine.events += held.rows
        found: Hits = []
        plans = list(self._plans(held, source))
        for (plan, rows), anywhere in zip(plans, found_anywhere(held, plans), strict=True):
            found += _Matching(plan, held, rows, anywhere).hits()
        return sorted(found)

    def states(self) -> list[RuleState]:
        """What can be said of each chosen rule after the events so far."""
        return self._engine.states()

    def _plans(self, batch: Batch, source: LogSource | None) -> Iterator[tuple[Plan, np.ndarray]]:
        """The plans of a batch, each with its rows."""
        import numpy as np

        routing = [batch.field(name) for name in self._engine.routing]
        told = [batch.envelope[name] for name in SOURCE if name in batch.envelope]
        held: list[Field | Column] = [*routing, *told]
        inverse, first = told_apart([one.codes for one in held], [one.size for one in held])
        texts = [field.texts(field.codes[first]) for field in routing]
        sources = _sources(batch.envelope, first) if told else [source] * len(first)
        plans: dict[int, Plan] = {}
        of_class = np.empty(len(first), np.int64)
        for place, (named, *values) in enumerate(zip(sources, *texts, strict=True)):
            plan = self._engine.plan(named, values)
            plans[id(plan)] = plan
            of_class[place] = id(plan)
        numbers, of_class = np.unique(of_class, return_inverse=True)
        of_row = of_class[inverse]
        order = np.argsort(of_row, kind="stable")
        ends = np.cumsum(np.bincount(of_row, minlength=len(numbers)))
        for number, rows in zip(numbers.tolist(), np.split(order, ends[:-1]), strict=True):
            yield plans[number], rows


def _asked(program: Program, chosen: Iterable[int]) -> tuple[set[str], bool]:
    """Lower-case names of all fields that rules ask for; whether any asks for keywords."""
    fields: set[str] = set()
    keywords = False
    for rule in chosen:
        for _, tree in program.rules[rule].trees:
            for number in atoms_of(tree):
                atom = program.atoms[number]
                keywords = keywords or atom.field is None
                fields.add((atom.field or "").lower())
                if atom.op.startswith("field"):
                    fields.add(atom.value.lower())
    return fields - {""}, keywords


def _sources(envelope: dict[str, Column], rows: np.ndarray) -> Sequence[LogSource | None]:
    """The log sources of some rows, as the envelope tells them."""
    parts: list[list[str | None]] = []
    for name in SOURCE:
        column = envelope.get(name)
        parts.append([None] * len(rows) if column is None else column.at(rows).to_pylist())
    return [LogSource(*told) for told in zip(*parts, strict=True)]


class _Matching:
    """The rows of one plan in one batch."""

    def __init__(self, plan: Plan, batch: Batch, rows: np.ndarray, anywhere: Found) -> None:
        import numpy as np

        self._plan, self._rows = plan, rows
        self._fields = [batch.field(name) for name in plan.fields]
        self._anywhere = {int(np.searchsorted(rows, row)): bits for row, bits in anywhere.items()}

    def hits(self) -> Hits:
        """All rows for which a rule of the plan holds."""
        import numpy as np

        plan = self._plan
        looked = np.zeros(len(self._rows), np.bool_)
        codes = [field.codes[self._rows] for field in self._fields]
        for place, (field, held) in enumerate(zip(self._fields, codes, strict=True)):
            if field.size == 1:
                used = np.zeros(1, np.int64)
            elif len(held) * 16 < field.size:
                used = np.unique(held)
            else:
                there = np.zeros(field.size, np.bool_)
                there[held] = True
                used = np.flatnonzero(there)
            if used[-1]:
                plan.seen.add(plan.fields[place])
            touching = [plan.touches(place, texts) for texts in field.texts(used)]
            if any(touching):
                there = np.zeros(field.size, np.bool_)
                there[used] = touching
                looked |= there[held]
        if plan.unconditional or plan.always:
            looked[:] = True
        else:
            looked[list(self._anywhere)] = True
        return self._verdicts(np.flatnonzero(looked), codes)

    def _verdicts(self, places: np.ndarray, codes: Sequence[np.ndarray]) -> Hits:
        """The hits among some of the rows, by distinct tuples of what they hold."""
        import numpy as np

        if not len(places):
            return []
        bits = sorted({0, *self._anywhere.values()})
        of_bits = np.zeros(len(self._rows), np.int32)
        for place, mask in self._anywhere.items():
            of_bits[place] = bits.index(mask)
        held = [of_bits[places], *(one[places] for one in codes)]
        inverse, first = told_apart(held, [len(bits), *(field.size for field in self._fields)])
        values = [field.texts(one[first]) for field, one in zip(self._fields, held[1:], strict=True)]
        keys = [bits[one] for one in held[0][first].tolist()]
        verdicts = [
            self._plan.verdict(texts, mask)
            for mask, texts in zip(keys, zip(*values, strict=True) if values else [()] * len(keys), strict=True)
        ]
        some = np.flatnonzero(np.fromiter(map(bool, verdicts), np.bool_, len(verdicts))[inverse])
        rows, numbers = self._rows[places[some]].tolist(), inverse[some].tolist()
        return [(row, verdicts[number]) for row, number in zip(rows, numbers, strict=True)]
