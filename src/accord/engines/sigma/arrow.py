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
    native_name,
    told_apart,
)
from accord.engines.sigma.engine import ROUTING, VALUE_BYTES, Engine
from accord.engines.sigma.parquet import File
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.rows import Rows, used_codes
from accord.engines.sigma.rules import LogSource, Program
from accord.engines.sigma.states import RuleState
from accord.engines.sigma.summaries import Keywords, Summary, keywords_of
from accord.engines.sigma.tree import atoms_of, reduce

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
        self._engine = Engine(program, chosen, routing, remembered=0, value_bytes=value_bytes)
        fields, self._keywords = _asked(program, self._engine.chosen)
        self._first = with_heads(routing)
        self._fields = with_heads(fields) | self._first
        self._questions = sorted({one for _, tree in self._engine.trees() for one in atoms_of(tree)
                                  if program.atoms[one].field is None})  # fmt: skip
        self._all_keywords = self._keywords_of(self._questions)
        questions = set(self._questions)
        self._with_keywords = [
            (number, tree) for number, tree in self._engine.trees() if not questions.isdisjoint(atoms_of(tree))
        ]

    def columns(self, schema: pa.Schema) -> list[str]:
        """The columns of a file or batch that the rules need, in its order; all fields where rules have keywords."""
        return _columns(schema, None if self._keywords else self._fields)

    def match(self, batch: pa.RecordBatch, source: LogSource | None = None) -> Hits:
        """The rows for which rules hold, each with the numbers of those, in order.

        Stored events tell their log sources themselves; `source` is that of all others.
        """
        if not batch.num_rows:
            return []
        held = Batch(batch, is_stored(batch.schema))
        plans = list(self._plans(held, source))
        return self._hits(held, plans, [plan.keywords is not None for plan, _ in plans])

    def match_file(self, file: File, source: LogSource | None = None) -> Iterator[Hits]:
        """The same for each row group of a file. Read are the routing fields, then what their classes need."""
        asked = self._asked_of(file.values)
        for group in range(file.groups):
            yield self._match_group(file, group, asked, source)

    def _match_group(self, file: File, group: int, asked: dict[int, set[int]], source: LogSource | None) -> Hits:
        first = _columns(file.schema, self._first)
        held = Batch(_batch(file, group, first), is_stored(file.schema), file.rows(group))
        if not held.rows:
            return []
        plans = list(self._plans(held, source))
        fields = with_heads(name for plan, _ in plans for name in plan.fields)
        searched = [plan.keywords is not None and not asked.keys().isdisjoint(plan.rules) for plan, _ in plans]
        keywords: set[int] = set()
        for (plan, _), one in zip(plans, searched, strict=True):
            if one:
                keywords.update(*(asked[rule] for rule in plan.rules if rule in asked))
        known, wanted = set(first), _columns(file.schema, fields)
        holding = self._holding(file, keywords)
        wanted += [name for name in holding if name not in wanted]
        more = [name for name in wanted if name not in known]
        if more:
            held.add(_batch(file, group, more))
        return self._hits(held, plans, searched, holding)

    def _asked_of(self, values: Summary | None) -> dict[int, set[int]]:
        """The rules whose keywords must be looked for in a file, with those; all others do not hold by keywords."""
        away: set[int] = set()
        if values is not None:
            there = values.may_answer(self._all_keywords)
            away = {atom for atom, may in zip(self._questions, there.tolist(), strict=True) if not may}
        questions, found = set(self._questions), dict[int, set[int]]()
        for number, tree in self._with_keywords:
            rest = reduce(tree, lambda atom: False if atom in away else None) if away else tree
            keywords = questions.intersection(atoms_of(rest))
            if keywords:
                found.setdefault(number, set()).update(keywords)
        return found

    def _keywords_of(self, atoms: Iterable[int]) -> Keywords:
        return keywords_of([self._engine.program.atoms[atom] for atom in atoms])

    def _holding(self, file: File, keywords: set[int]) -> set[str]:
        """The columns of a file in which one of these keywords may hold."""
        if not keywords:
            return set()
        asked = self._keywords_of(sorted(keywords))
        told = file.values.columns if file.values is not None else {}
        return {
            name for name in _columns(file.schema, None) if name not in told or bool(told[name].may_answer(asked).any())
        }

    def _hits(
        self, held: Batch, plans: Sequence[tuple[Plan, np.ndarray]], searched: Sequence[bool],
        columns: set[str] | None = None,
    ) -> Hits:  # fmt: skip
        self._engine.events += held.rows
        found: dict[int, set[int]] = {}
        everywhere = found_anywhere(held, plans, searched, columns)
        for (plan, rows), anywhere in zip(plans, everywhere, strict=True):
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
        check, places = self._plan.check(rule), self._plan.places_of(rule)
        return [row for row in rows.tolist() if check(held.single(row, places))]

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
            used = used_codes(codes, field.size)
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
