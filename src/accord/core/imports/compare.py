"""The dry run: what would a set of tables add, change, leave, and what is refused and why."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import QuerySet

from accord.core import nouns
from accord.core.errors import Problem
from accord.core.ledger import canonical
from accord.core.nouns import Column, Noun
from accord.core.values import BadValue, Kind, parse, render

FEW = 400
"""Up to so many rows, only the rows that are named are fetched; beyond, the whole table is read once."""


class SourceRow(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def cells(self) -> Mapping[str, str]: ...


class SourceTable(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Iterable[SourceRow]: ...


@dataclass(frozen=True, slots=True)
class TextRow:
    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of text by hand: what a form or the API hands in."""

    name: str
    columns: Sequence[str]
    rows: Sequence[TextRow]


@dataclass(frozen=True, slots=True)
class Change:
    """One object that the tables add (`before` None, `pk` None) or change."""

    noun: str
    key: str
    row_number: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    pk: Any = None

    @property
    def columns(self) -> list[str]:
        """The columns whose value differs."""
        before = self.before or {}
        return [name for name, value in self.after.items() if before.get(name) != value]

    def pairs(self) -> list[tuple[str, str, str]]:
        """(column, before, after) as text."""
        before = self.before or {}
        return [(name, render(before.get(name)), render(self.after[name])) for name in self.columns]


@dataclass(slots=True)
class Difference:
    """What an import would do. `refused` empty means that it can be applied."""

    added: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: list[Problem] = field(default_factory=list)

    @property
    def can_apply(self) -> bool:
        return not self.refused

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.refused)

    def summary(self) -> list[dict[str, Any]]:
        """Per noun: how many are added, changed, unchanged, refused."""
        counts: dict[str, dict[str, int]] = defaultdict(
            lambda: {"added": 0, "changed": 0, "unchanged": 0, "refused": 0}
        )
        for change in self.added:
            counts[change.noun]["added"] += 1
        for change in self.changed:
            counts[change.noun]["changed"] += 1
        for noun, number in self.unchanged.items():
            counts[noun]["unchanged"] += number
        for problem in self.refused:
            counts[problem.table or "file"]["refused"] += 1
        return [{"noun": noun, **numbers} for noun, numbers in counts.items()]

    def digest(self) -> str:
        """A digest of what it would do: two dry runs that agree have the same."""
        lines = [canonical([c.noun, c.key, c.before, c.after]) for c in (*self.added, *self.changed)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def compare(tables: Iterable[SourceTable]) -> Difference:
    """The difference between tables and what is there. Reads only; a constant number of queries per table."""
    found = Difference()
    given: dict[str, SourceTable] = {}
    for table in tables:
        if nouns.find(table.name) is None:
            known = ", ".join(n.name for n in nouns.everything())
            found.refused.append(
                Problem(None, "", f"“{table.name}” is not a table of Accord.", f"Known tables: {known}.", table.name)
            )
        elif table.name in given:
            found.refused.append(
                Problem(None, "", "The table is there twice.", "Put all its rows into one.", table.name)
            )
        else:
            given[table.name] = table
    run = _Run(found)
    for noun in nouns.everything():
        if noun.name in given:
            run.table(noun, given[noun.name])
    return found


class _Run:
    def __init__(self, found: Difference) -> None:
        self.found = found
        self.keys_here: dict[str, set[str]] = defaultdict(set)

    def table(self, noun: Noun, source: SourceTable) -> None:
        if not self._columns_fit(noun, source):
            return
        parsed: list[tuple[int, dict[str, Any]]] = []
        seen: dict[str, int] = {}
        for row in source.rows:
            values = self._parse(noun, source.columns, row)
            if values is None:
                continue
            key = noun.key_of(values)
            if key in seen:
                self._refuse(
                    noun, row.number, noun.key_columns[0].name,
                    f"{key} stands in row {seen[key]} already.", "Keep one of the two rows.",
                )  # fmt: skip
                continue
            seen[key] = row.number
            parsed.append((row.number, values))
        self.keys_here[noun.name].update(noun.key_of(values) for _, values in parsed)
        parsed = self._refs_known(noun, parsed)
        self._differ(noun, parsed)

    def _refuse(self, noun: Noun, row: int | None, column: str, reason: str, remedy: str) -> None:
        self.found.refused.append(nouns.problem_of(noun, row, column, reason, remedy))

    def _columns_fit(self, noun: Noun, source: SourceTable) -> bool:
        before = len(self.found.refused)
        known = ", ".join(c.name for c in noun.columns)
        for name in source.columns:
            if not noun.has(name):
                self._refuse(noun, 1, name, f"“{name}” is not a column of {noun.name}.", f"Columns: {known}.")
        for column in noun.columns:
            if column.key and column.name not in source.columns:
                self._refuse(noun, 1, column.name, "The column is missing.", "Every row needs its key.")
        return len(self.found.refused) == before

    def _parse(self, noun: Noun, columns: Sequence[str], row: SourceRow) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        good = True
        for name in columns:
            column = noun.column(name)
            try:
                values[name] = checked(column, parse(column.kind, row.cells.get(name, "")))
            except BadValue as error:
                self._refuse(noun, row.number, name, error.reason, error.remedy)
                good = False
        return values if good else None

    def _refs_known(
        self, noun: Noun, parsed: list[tuple[int, dict[str, Any]]]
    ) -> list[tuple[int, dict[str, Any]]]:
        bad: set[int] = set()
        for column in noun.columns:
            if column.kind is not Kind.REF:
                continue
            wanted = {v[column.name] for _, v in parsed if v.get(column.name) is not None}
            missing = wanted - self.keys_here[column.noun]
            missing -= existing_keys(nouns.get(column.noun), missing)
            for number, values in parsed:
                if values.get(column.name) in missing:
                    label = nouns.get(column.noun).label
                    self._refuse(
                        noun, number, column.name, f"There is no {label} “{values[column.name]}”.",
                        f"Add it to the table {column.noun}, or correct the key.",
                    )  # fmt: skip
                    bad.add(number)
        return [(number, values) for number, values in parsed if number not in bad]

    def _differ(self, noun: Noun, parsed: list[tuple[int, dict[str, Any]]]) -> None:
        there = {noun.key_of(row): (pk, row) for pk, row in noun.rows(_named(noun, parsed))}
        changes: list[Change] = []
        for number, values in parsed:
            key = noun.key_of(values)
            pk, before = there.get(key, (None, None))
            after = {**(before or {c.name: _blank(c) for c in noun.columns}), **values}
            if not self._row_holds(noun, number, after):
                continue
            if before == after:
                self.found.unchanged[noun.name] += 1
                continue
            change = Change(noun.name, key, number, before, after, pk)
            changes.append(change)
            (self.found.added if before is None else self.found.changed).append(change)
        if noun.share_of:
            self._shares_hold(noun, changes)
        if noun.tree:
            self._tree_holds(noun, changes)

    def _row_holds(self, noun: Noun, number: int, row: dict[str, Any]) -> bool:
        before = len(self.found.refused)
        for column in noun.columns:
            if (column.required or column.key) and row[column.name] in (None, []):
                self._refuse(noun, number, column.name, "It is blank.", "Every row needs it.")
        if len(self.found.refused) == before:
            for check in noun.row_checks:
                for name, reason, remedy in check(row):
                    self._refuse(noun, number, name, reason, remedy)
        return len(self.found.refused) == before

    def _shares_hold(self, noun: Noun, changes: list[Change]) -> None:
        touched = {c.after[noun.share_of] for c in changes}
        if not touched:
            return
        column = noun.column(noun.share_of)
        rows = noun.model._default_manager.all()
        if len(touched) <= FEW:
            rows = rows.filter(**{f"{column.attribute}__key__in": touched})
        after = {noun.key_of(row): row for _, row in noun.rows(rows)}
        numbers = {c.key: c.row_number for c in changes}
        after.update({c.key: c.after for c in changes})
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in after.values():
            sums[row[noun.share_of]] += row["share"] or 0
        for owner in sorted(touched):
            if sums[owner] > 1:
                first = min(
                    (numbers[k] for k, row in after.items() if k in numbers and row[noun.share_of] == owner),
                )
                self._refuse(
                    noun, first, "share", f"The shares of {owner} sum to {render(sums[owner])}, more than 1.",
                    "Lower them until they sum to at most 1; the rest is shown as not assigned.",
                )  # fmt: skip

    def _tree_holds(self, noun: Noun, changes: list[Change]) -> None:
        if not any(noun.tree in c.columns for c in changes):
            return
        parents = {row["key"]: row[noun.tree] for _, row in noun.rows()}
        parents.update({c.key: c.after[noun.tree] for c in changes})
        for change in changes:
            seen, at = {change.key}, parents.get(change.key)
            while at is not None and at not in seen:
                seen.add(at)
                at = parents.get(at)
            if at is not None:
                self._refuse(
                    noun, change.row_number, noun.tree,
                    f"{change.key} would be above itself.", "Choose another one above it.",
                )  # fmt: skip


def _blank(column: Column) -> Any:
    return [] if column.kind is Kind.LIST else None


def _named(noun: Noun, parsed: list[tuple[int, dict[str, Any]]]) -> QuerySet[Any]:
    first = noun.key_columns[0]
    wanted = {values[first.name] for _, values in parsed}
    rows = noun.model._default_manager.all()
    if len(wanted) > FEW:
        return rows
    lookup = first.attribute + ("__key__in" if first.kind is Kind.REF else "__in")
    return rows.filter(**{lookup: wanted})


def existing_keys(noun: Noun, wanted: set[str]) -> set[str]:
    """Which of the wanted keys are there."""
    if not wanted:
        return set()
    keys = noun.model._default_manager.values_list("key", flat=True)
    if len(wanted) <= FEW:
        return set(keys.filter(key__in=wanted))
    return wanted & set(keys.iterator(chunk_size=5000))


def checked(column: Column, value: Any) -> Any:
    """The value if it is within the column's bounds and choices; `BadValue` if not."""
    if value is None:
        return None
    if column.kind is Kind.CHOICE and value not in dict(column.choices):
        words = ", ".join(name for name, _ in column.choices)
        raise BadValue(f"“{value}” is not one of the choices.", f"Write one of: {words}.")
    if isinstance(value, str) and column.kind is not Kind.LONG and len(value) > column.max_length:
        raise BadValue(f"It is longer than {column.max_length} characters.", "Shorten it.")
    if isinstance(value, str) and len(value) > 20_000:
        raise BadValue("It is longer than 20,000 characters.", "Shorten it.")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        low, high = column.minimum, column.maximum
        if column.kind is Kind.SHARE:
            low, high = (0 if low is None else low), (1 if high is None else high)
        if low is not None and value < low:
            raise BadValue(f"{render(value)} is below {low:g}.", f"Use at least {low:g}.")
        if high is not None and value > high:
            raise BadValue(f"{render(value)} is above {high:g}.", f"Use at most {high:g}.")
    return value
