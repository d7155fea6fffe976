"""A planning workbook, or a folder of CSV files, as checked rows: what `accord plan FILE` rests on.

    book = read_plan([(name, bytes), …])
    book.rows["initiative"][0].values["duration_quarters"]

Every cell is checked for its kind and bounds, every key for being there once, every reference for leading
somewhere. Faults are told all at once, each with file, sheet, row, column, reason and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accord.intake.planning.sheets import (
    BOOL,
    BY_NAME,
    CHOICE,
    CURRENCY,
    KEY,
    NUMBER,
    QUARTER,
    REF,
    SHARE,
    SHEETS,
    TEXT,
    WHOLE,
    Column,
    Sheet,
)
from accord.intake.scenarios import Fault, Faults, ScenarioError
from accord.intake.scenarios.laws import Wrong, number
from accord.intake.tables import Row, Table, TableError, read_tables
from accord.intake.tables.records import Limits

__all__ = ["SHEETS", "Column", "Entry", "PlanBook", "Sheet", "read_plan"]

LIMITS = Limits(file_bytes=32 * 2**20, rows=50_000, cells=1_000_000, characters=16_000_000)
_KEY = re.compile(r"[A-Za-z0-9._:@/+-]{1,100}")
_QUARTER = re.compile(r"[0-9]{4}-Q[1-4]")
_YES, _NO = frozenset({"yes", "true", "1", "x"}), frozenset({"no", "false", "0"})
TEXT_LENGTH = 300
NEEDED = tuple(sheet.name for sheet in SHEETS if sheet.needed)

Value = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked row: its values by column, None where a cell is blank, and where it stands."""

    place: str
    number: int
    values: dict[str, Value]

    def text(self, column: str) -> str:
        """A text, "" where it is blank."""
        value = self.values.get(column)
        return "" if value is None else str(value)

    def amount(self, column: str) -> float | None:
        """A number, None where it is blank."""
        value = self.values.get(column)
        return None if value is None or isinstance(value, str) else float(value)


@dataclass(frozen=True, slots=True)
class PlanBook:
    """All rows by sheet; `unread` are sheets that a plan does not need, `currency` is "" where none is named."""

    file: str
    rows: dict[str, list[Entry]]
    currency: str = ""
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    file: str
    faults: Faults
    wanted: set[str]
    rows: dict[str, list[Entry]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    currencies: dict[str, str] = field(default_factory=dict)


def read_plan(
    files: Sequence[tuple[str, bytes]], name: str = "", sheets: Sequence[Sheet] = SHEETS, needed: Sequence[str] = NEEDED
) -> PlanBook:
    """The checked rows of a workbook or of several CSV files. ScenarioError with every fault, and nothing else.

    Only `sheets` are read, and all that are `needed` must be there.
    """
    file = name or (files[0][0] if files else "plan")
    reading = _Reading(file, Faults(file), {sheet.name for sheet in sheets})
    for title, data in files:
        several = len(files) > 1 or not data.startswith(b"PK")
        for table in _tables(title, data):
            _table(title, table, reading, several)
    for sheet in sheets:
        if sheet.name in needed and not reading.rows.get(sheet.name):
            what = f"the sheet {sheet.name} is missing or has no row"
            reading.faults.add(
                None, "", what, f"Add it: {sheet.help} accord plan --template FILE.xlsx writes all sheets"
            )
    _references(reading)
    if len(reading.currencies) > 1:
        (first, at), (other, there) = list(reading.currencies.items())[:2]
        reason = f"{other} and {first} ({at}) are mixed"
        reading.faults.add(there, CURRENCY, reason, "Convert all amounts into one currency first")
    reading.faults.check()
    return PlanBook(file, reading.rows, next(iter(reading.currencies), ""), tuple(reading.unread))


def _tables(title: str, data: bytes) -> Iterable[Table]:
    try:
        return read_tables(title, data, limits=LIMITS)
    except TableError as error:
        row = "" if error.row is None else f"row {error.row}"
        place = ", ".join(part for part in (f"sheet {error.sheet}" if error.sheet else "", row) if part)
        raise ScenarioError([Fault(error.file, place, error.column, error.problem, error.remedy)]) from None


def _table(title: str, table: Table, reading: _Reading, several: bool) -> None:
    sheet = BY_NAME.get(table.name)
    if sheet is None or sheet.name not in reading.wanted:
        reading.unread.append(table.name)
        return
    place = title if several else f"sheet {table.name}"
    if sheet.name in reading.rows:
        reason = f"the sheet {sheet.name} is there twice (also {reading.places[sheet.name]})"
        reading.faults.add(place, "", reason, "Put all rows into one of the two")
        return
    reading.places[sheet.name] = place
    entries = reading.rows.setdefault(sheet.name, [])
    columns = {column.name: column for column in sheet.columns}
    for name in table.columns:
        if name not in columns and name not in sheet.passed and name != CURRENCY:
            known = ", ".join(columns)
            reading.faults.add(place, name, "the sheet has no such column", f"Delete it, or use one of: {known}")
    for column in sheet.columns:
        if column.required and column.name not in table.columns:
            reading.faults.add(place, column.name, "the column is missing", f"Add it: {column.help.rstrip('.')}")
    seen: dict[tuple[str, ...], int] = {}
    for row in table.rows:
        entry = _row(place, row, sheet, table, reading)
        identity = tuple(entry.text(key) for key in sheet.keys)
        if all(identity) and identity in seen:
            reason = f"the row is there twice (also row {seen[identity]})"
            reading.faults.add(f"{place}, row {row.number}", sheet.keys[0], reason, "Keep one of the two")
        seen.setdefault(identity, row.number)
        entries.append(entry)


def _row(place: str, row: Row, sheet: Sheet, table: Table, reading: _Reading) -> Entry:
    at = f"{place}, row {row.number}"
    values: dict[str, Value] = {}
    for column in sheet.columns:
        if column.name not in table.columns:
            values[column.name] = None
            continue
        text = row.cells[column.name].strip()
        try:
            values[column.name] = _value(column, text)
        except Wrong as wrong:
            values[column.name] = None
            reading.faults.add(at, wrong.column, wrong.reason, wrong.remedy)
    if currency := row.cells.get(CURRENCY, "").strip().upper():
        reading.currencies.setdefault(currency, at)
    _intervals(sheet, values, at, reading.faults)
    return Entry(place, row.number, values)


def _value(column: Column, text: str) -> Value:
    """The value of a cell, None where it is blank. Wrong with the reason and the remedy."""
    if not text:
        if column.required:
            raise Wrong(column.name, "the cell is blank", f"Fill it in: {column.help.rstrip('.')}")
        return None
    match column.kind:
        case kind if kind in (NUMBER, WHOLE, SHARE):
            return _number(column, text)
        case kind if kind == QUARTER:
            if not _QUARTER.fullmatch(text):
                raise Wrong(column.name, f"“{text[:40]}” is no quarter", "Write it as 2027-Q1")
        case kind if kind == BOOL:
            if text.lower() not in _YES | _NO:
                raise Wrong(column.name, f"“{text[:40]}” is neither yes nor no", "Write yes or no")
            return text.lower() in _YES
        case kind if kind == CHOICE:
            if text.lower() not in column.choices:
                raise Wrong(column.name, f"“{text[:40]}” is none", f"Use {' or '.join(column.choices)}")
            return text.lower()
        case kind if kind in (KEY, REF):
            if not _KEY.fullmatch(text):
                raise Wrong(column.name, f"“{text[:40]}” is no key", "Use letters, digits and . _ : @ / + - alone")
        case kind if kind == TEXT and len(text) > TEXT_LENGTH:
            raise Wrong(column.name, f"{len(text):,} characters", f"Use at most {TEXT_LENGTH}")
    return text


def _number(column: Column, text: str) -> float | int:
    value = number(column.name, text)
    low, high = column.low, column.high
    if column.kind == WHOLE and value != int(value):
        raise Wrong(column.name, f"{value:g} is no whole number", "Round it")
    if column.kind == SHARE and high is not None and value > high:
        raise Wrong(column.name, f"{value:g} is over 1", f"Write it as a share: {value:g} % is {value / 100:g}")
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"from {low:g} to {high:g}" if high is not None else f"of at least {low:g}"
        raise Wrong(column.name, f"{value:g} is out of range", f"Use a number {bounds}")
    return int(value) if column.kind == WHOLE else value


def _intervals(sheet: Sheet, values: dict[str, Value], at: str, faults: Faults) -> None:
    """Three numbers at 5, 50 and 95 % stand all or not at all, and rise."""
    for column in sheet.columns:
        if not column.name.endswith("mid") or column.kind not in (NUMBER, SHARE):
            continue
        names = [column.name[:-3] + end for end in ("low", "mid", "high")]
        found = [values[name] for name in names]
        held = [value for value in found if isinstance(value, (int, float))]
        if held and len(held) < 3:
            missing = next(name for name, value in zip(names, found, strict=True) if value is None)
            faults.add(at, missing, "only a part of the interval is there", "Give all three numbers, or none")
        elif held and not held[0] <= held[1] <= held[2]:
            reason = f"the interval is the wrong way round: {held[0]:g}, {held[1]:g}, {held[2]:g}"
            faults.add(at, names[0], reason, "Order the numbers upward: 5 %, 50 %, 95 %")


def _references(reading: _Reading) -> None:
    keys = {name: {entry.text("key") for entry in rows} for name, rows in reading.rows.items()}
    for sheet in SHEETS:
        refs = [column for column in sheet.columns if column.kind == REF]
        for entry in reading.rows.get(sheet.name, ()):
            for column in refs:
                key = entry.text(column.name)
                if key and key not in keys.get(column.sheet, set()):
                    reason = f"there is no {column.sheet} “{key}”"
                    remedy = f"Add a row for it to the sheet {column.sheet}, or correct the key"
                    reading.faults.add(f"{entry.place}, row {entry.number}", column.name, reason, remedy)
