"""Record batches → hits: the look-back over stored events, with exactly the hits of `Engine.match`.

What the stream asks of an event is asked here of distinct values: routing values give the class of each row, values of
fields that trigger no rule rule out all their rows at once, and only distinct tuples of the rest are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from accord.engines.sigma.anywhere import Found, found_anywhere, long_columns
from accord.engines.sigma.batch import Batch, Field, used_codes
from accord.engines.sigma.columns import MORE, SOURCE, Column, is_stored, native_name, told_apart
from accord.engines.sigma.engine import ROUTING, VALUE_BYTES, Engine
from accord.engines.sigma.parquet import File
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.possible import Possible
from accord.engines.sigma.rows import Rows
from accord.engines.sigma.rules import LogSource, Program
from accord.engines.sigma.summaries import Summary, keywords_of
from accord.engines.sigma.tree import atoms_of
from accord.engines.sigma.vocabulary import Vocabularies

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FEW = 12
"""Rows up to which a rule is asked of each by itself, as in the stream."""
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
        self._engine = Engine(program, chosen, routing, remembered=0, value_bytes=0)
        self._vocabularies = Vocabularies(value_bytes)
        fields, self._keywords = _asked(program, self._engine.chosen)
        self._first = with_heads(routing)
        self._fields = with_heads(fields) | self._first
        self._possible = Possible(program.atoms, self._engine.trees())

    def columns(self, schema: pa.Schema) -> list[str]:
        """The columns of a file or batch that the rules need, in its order; all fields where rules have keywords."""
        return _columns(schema, None if self._keywords else self._fields)

    def match(self, batch: pa.RecordBatch, source: LogSource | None = None) -> Hits:
        """The rows for which rules hold, each with the numbers of those, in order.

        Stored events tell their log sources themselves; `source` is that of all others.
        """
        if not batch.num_rows:
            return []
        self._vocabularies.bound()
        held = Batch(batch, is_stored(batch.schema), self._vocabularies)
        return self._hits(held, [_Asked(plan, rows, set(plan.rules), None) for plan, rows in self._plans(held, source)])

    def match_file(self, file: File, source: LogSource | None = None) -> Iterator[Hits]:
        """The same for each row group of a file.

        Read are the routing fields, then what those rules need that may hold there, as far as its summary tells.
        """
        for group in range(file.groups):
            first = _columns(file.schema, self._first)
            self._vocabularies.bound()
            held = Batch(_batch(file, group, first), is_stored(file.schema), self._vocabularies, file.rows(group))
            if not held.rows:
                yield []
                continue
            told = file.told(group)
            may = None if told is None else self._possible.answers(told, file.schema)
            rules = None if may is None else self._possible.rules(may)
            asked = []
            for plan, rows in self._plans(held, source):
                left = set(plan.rules) if rules is None or may is None else plan.possible(may) & rules
                asked.append(_Asked(plan, rows, left, may))
            wanted = _columns(file.schema, with_heads(name for one in asked for name in one.fields))
            holding = self._holding(file, told, {number for one in asked for number in one.keywords})
            known = {*first, *wanted}
            searched = [name for name in holding if name not in known]
            long = [name for name in searched if name in file.unlike and _is_text(file.schema.field(name).type)]
            more = [name for name in [*wanted, *searched] if name not in {*first, *long}]
            if more:
                held.add(_batch(file, group, more))
            if long:
                chosen = [(one.plan, one.rows) for one in asked if one.keywords]
                held.add(long_columns(file, group, long, chosen, held.rows))
            yield self._hits(held, asked, set(holding))

    def _holding(self, file: File, told: Summary | None, keywords: set[int]) -> list[str]:
        """The columns of a file in which one of these keywords may hold, as far as a summary tells."""
        if not keywords:
            return []
        asked = keywords_of([self._engine.program.atoms[atom] for atom in sorted(keywords)])
        own = {} if told is None else told.columns
        return [
            name for name in _columns(file.schema, None) if name not in own or bool(own[name].may_answer(asked).any())
        ]

    def _hits(self, held: Batch, asked: Sequence[_Asked], columns: set[str] | None = None) -> Hits:
        found: dict[int, set[int]] = {}
        everywhere = found_anywhere(
            held, [(one.plan, one.rows) for one in asked], [bool(one.keywords) for one in asked], columns
        )
        for one, anywhere in zip(asked, everywhere, strict=True):
            found.update(_Matching(one, held, anywhere).hits())
        return [(row, tuple(sorted(rules))) for row, rules in sorted(found.items())]

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


def with_heads(names: Iterable[str]) -> set[str]:
    """Names of fields in lower case, and of those in which they may lie."""
    found = {name.lower() for name in names}
    return found | {name[:place] for name in found for place, letter in enumerate(name) if letter == "."}


def _columns(schema: pa.Schema, fields: set[str] | None) -> list[str]:
    """The columns that may hold these fields (None: any), with those that are always needed."""
    stored = is_stored(schema)
    found = []
    for name in schema.names:
        native = native_name(name, stored)
        always = stored and (name == MORE or name in SOURCE)
        if always or (native is not None and (fields is None or native.lower() in fields)):
            found.append(name)
    return found


def _batch(file: File, group: int, columns: Sequence[str]) -> pa.RecordBatch:
    import pyarrow as pa

    held = file.table(group, columns).to_batches() if columns else []
    return held[0] if held else pa.RecordBatch.from_arrays([], [])


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _sources(envelope: dict[str, Column], rows: np.ndarray) -> Sequence[LogSource | None]:
    """The log sources of some rows, as the envelope tells them."""
    parts: list[list[str | None]] = []
    for name in SOURCE:
        column = envelope.get(name)
        parts.append([None] * len(rows) if column is None else column.at(rows).to_pylist())
    return [LogSource(*told) for told in zip(*parts, strict=True)]


class _Asked:
    """What is asked of the rows of one plan: the rules that may hold, and what these need.

    `may` tells which atoms of the program may be true (None: all).
    """

    def __init__(self, plan: Plan, rows: np.ndarray, rules: set[int], may: np.ndarray | None) -> None:
        self.plan, self.rows, self.rules = plan, rows, rules
        needs = [plan.needs(rule) for rule in rules]
        self.fields = {plan.fields[place] for places, _ in needs for place in places}
        self.keywords = {number for _, numbers in needs for number in numbers if may is None or may[number]}


class _Matching:
    """The rows of one plan in one batch."""

    def __init__(self, asked: _Asked, batch: Batch, anywhere: Found) -> None:
        self._plan, self._rows, self._rules, self._anywhere = asked.plan, asked.rows, asked.rules, anywhere
        self._fields, self._count = [batch.field(name) for name in self._plan.fields], batch.rows

    def hits(self) -> dict[int, set[int]]:
        """The rows for which rules of the plan hold, with those."""
        found: dict[int, set[int]] = {}
        if self._plan.always:
            found = {row: set(self._plan.always) for row in self._rows.tolist()}
        held = Rows(self._fields, self._anywhere)
        for rule, rows in self._touched().items():
            for row in self._holding(held, rule, rows):
                found.setdefault(row, set()).add(rule)
        return found

    def _holding(self, held: Rows, rule: int, rows: np.ndarray) -> list[int]:
        """Those of the rows for which a rule holds."""
        if len(rows) > FEW:
            together: list[int] = rows[self._plan.row_check(rule)(held, rows)].tolist()
            return together
        check, (places, _) = self._plan.check(rule), self._plan.needs(rule)
        return [row for row in rows.tolist() if check(held.single(row, places))]

    def _touched(self) -> dict[int, np.ndarray]:
        """The rules to look at, each with the rows at which one of its triggers is true."""
        import numpy as np

        plan, rules = self._plan, self._rules
        found: dict[int, list[np.ndarray]] = {rule: [self._rows] for rule in plan.unconditional if rule in rules}
        for row, bits in self._anywhere.items():
            for rule in plan.touched_anywhere(bits):
                if rule in rules:
                    found.setdefault(rule, []).append(np.array([row]))
        for place, field in enumerate(self._fields):
            if plan.asks(place, rules):
                for rule, rows in self._touched_by(place, field):
                    found.setdefault(rule, []).append(rows)
        return {
            rule: rows[0] if len(rows) == 1 else used_codes(np.concatenate(rows), self._count)
            for rule, rows in found.items()
        }

    def _touched_by(self, place: int, field: Field) -> Iterator[tuple[int, np.ndarray]]:
        """The rules to look at because of one field, each with rows."""
        import numpy as np

        plan, rules = self._plan, self._rules
        known = field.sets(plan.number)

        def answer(codes: np.ndarray) -> list[int]:
            each = field.each(codes)
            if each is None:
                return [*map(known.number, plan.touched_by(place, field.texts(codes)))]
            return [*map(known.number, plan.touched_by_each(place, *each))]

        sets = field.told(plan.number, field.codes[self._rows], answer)
        there = np.flatnonzero(sets)
        if not len(there):
            return
        sets = sets[there]
        order = np.argsort(sets, kind="stable")
        there, sets = self._rows[there[order]], sets[order]
        begins = np.flatnonzero(np.diff(sets, prepend=0))
        for one, rows in zip(sets[begins].tolist(), np.split(there, begins[1:]), strict=True):
            for rule in known[one]:
                if rule in rules:
                    yield rule, rows
