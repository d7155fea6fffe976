"""Record batches → hits: the look-back over stored events, with exactly the hits of `Engine.match`.

What the stream asks of an event is asked here of distinct values: routing values give the class of each row, values of
fields that trigger no rule rule out all their rows at once, and only distinct tuples of the rest are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from accord.engines.sigma.anywhere import Found, found_anywhere
from accord.engines.sigma.checks import Values
from accord.engines.sigma.columns import (
    MORE,
    SOURCE,
    Batch,
    Column,
    Field,
    is_stored,
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
        self._fields |= {name[:place] for name in self._fields for place, letter in enumerate(name) if letter == "."}

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
        return self._keywords or native.lower() in self._fields

    def match(self, batch: pa.RecordBatch, source: LogSource | None = None) -> Hits:
        """The rows for which rules hold, each with the numbers of those, in order.

        Stored events tell their log sources themselves; `source` is that of all others.
        """
        if not batch.num_rows:
            return []
        held = Batch(batch, is_stored(batch.schema))
        self._engine.events += held.rows
        found: dict[int, set[int]] = {}
        plans = list(self._plans(held, source))
        for (plan, rows), anywhere in zip(plans, found_anywhere(held, plans), strict=True):
            found.update(_Matching(plan, held, rows, anywhere).hits())
        return [(row, tuple(sorted(rules))) for row, rules in sorted(found.items())]

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
        self._plan, self._rows, self._anywhere = plan, rows, anywhere
        self._fields = [batch.field(name) for name in plan.fields]

    def hits(self) -> dict[int, set[int]]:
        """The rows for which rules of the plan hold, with those."""
        found: dict[int, set[int]] = {}
        if self._plan.always:
            found = {row: set(self._plan.always) for row in self._rows.tolist()}
        self._settle()
        for rule, rows in self._touched().items():
            for row in self._holding(rule, rows):
                found.setdefault(row, set()).add(rule)
        return found

    def _settle(self) -> None:
        """Let the plan choose its triggers by these rows, while it still does."""
        rows = self._rows[: self._plan.unsettled]
        if len(rows) and self._fields:
            codes = [field.codes[rows] for field in self._fields]
            _, first = told_apart(codes, [field.size for field in self._fields])
            values = [field.texts(one[first]) for field, one in zip(self._fields, codes, strict=True)]
            for row, texts in zip(first.tolist(), zip(*values, strict=True), strict=True):
                self._plan.learn(texts, self._anywhere.get(int(rows[row]), 0))

    def _touched(self) -> dict[int, np.ndarray]:
        """The rules to look at, each with the rows at which one of its triggers is true."""
        import numpy as np

        plan = self._plan
        found: dict[int, list[np.ndarray]] = {rule: [self._rows] for rule in plan.unconditional}
        for row, bits in self._anywhere.items():
            for rule in plan.touched_anywhere(bits):
                found.setdefault(rule, []).append(np.array([row]))
        for place, field in enumerate(self._fields):
            codes = field.codes[self._rows]
            used = _used(codes, field.size)
            if used[-1]:
                plan.seen.add(plan.fields[place])
            if not plan.asks(place):
                continue
            touching: dict[int, list[int]] = {}
            for code, texts in zip(used.tolist(), field.texts(used), strict=True):
                for rule in plan.touched(place, texts):
                    touching.setdefault(rule, []).append(code)
            for rule, held in touching.items():
                there = np.zeros(field.size, np.bool_)
                there[held] = True
                found.setdefault(rule, []).append(self._rows[there[codes]])
        return {rule: rows[0] if len(rows) == 1 else np.unique(np.concatenate(rows)) for rule, rows in found.items()}

    def _holding(self, rule: int, rows: np.ndarray) -> list[int]:
        """Those of the rows for which a rule holds, which is asked of distinct tuples of its fields."""
        import numpy as np

        places = self._plan.places_of(rule)
        bits = sorted({0, *self._anywhere.values()}) if self._anywhere else [0]
        told = np.zeros(len(rows), np.int32)
        if self._anywhere:
            told[:] = [bits.index(self._anywhere.get(row, 0)) for row in rows.tolist()]
        codes = [told, *(self._fields[place].codes[rows] for place in places)]
        inverse, first = told_apart(codes, [len(bits), *(self._fields[place].size for place in places)])
        columns = {place: self._fields[place].texts(one[first]) for place, one in zip(places, codes[1:], strict=True)}
        check, holds = self._plan.check(rule), np.zeros(len(first), np.bool_)
        held: list[tuple[str, ...]] = [()] * len(self._fields)
        for number, one in enumerate(told[first].tolist()):
            for place, texts in columns.items():
                held[place] = texts[number]
            holds[number] = check(Values(held, bits[one]))
        answer: list[int] = rows[holds[inverse]].tolist()
        return answer


def _used(codes: np.ndarray, size: int) -> np.ndarray:
    """The codes that are there, in order."""
    import numpy as np

    if len(codes) * 16 < size:
        return np.unique(codes)
    there = np.zeros(size, np.bool_)
    there[codes] = True
    return np.flatnonzero(there)
