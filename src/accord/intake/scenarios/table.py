"""Accord's own table of scenarios (`accord loss FILE.csv`): one row for each scenario and form of loss.

Columns `scenario`, `frequency_…` and one law of amounts; several forms of loss are several rows of one scenario
(column `form`), or columns that begin with the form (`fines_low`). docs/formats.md lists them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from accord.intake.scenarios import laws
from accord.intake.scenarios.records import Faults, Law, LossForm, ScenarioFile, StatedScenario
from accord.intake.tables import Row, Table

FORMS = ("productivity", "response", "replacement", "fines", "competitive_advantage", "reputation")
BESIDE = ("probability", "deductible", "limit")
OF_SCENARIO = ("scenario", "name", "currency")
PER_FORM = ("law", *laws.AMOUNT_COLUMNS, *BESIDE)
OF_FREQUENCY = ("law", *laws.FREQUENCY_COLUMNS)
COLUMNS = {
    "scenario": "Key of the scenario. Several rows of one scenario are its forms of loss.",
    "name": "Its name; the key if blank.",
    "currency": "ISO 4217 code. All rows must say the same, or none says any.",
    "frequency_law": "Law of how often it happens in a year; blank = `range`. Stated once for a scenario.",
    "frequency_…": "What that law takes, see below.",
    "form": "Name of the form of loss; blank = `loss`.",
    "law": "Law of what one event costs in this form; blank = `range`.",
    "low, mid, high, …": "What that law takes, see below.",
    "probability": "Chance that an event has this form of loss at all; blank = 1.",
    "deductible": "Of each event's amount in this form, this much does not count; blank = 0.",
    "limit": "Above the deductible at most this much counts; blank = no limit.",
    "productivity_law, fines_low, …": "The same, for one of the six forms of loss, in columns of its own.",
}
"""For people; docs/formats.md shows it."""
MOST_SCENARIOS = 20_000
SINGLE = "loss"
NAME_LENGTH = 200


def recognizes(columns: frozenset[str]) -> bool:
    """Whether a table with these columns is of this format."""
    return "scenario" in columns and any(column.startswith("frequency_") for column in columns)


@dataclass(slots=True)
class _Held:
    row: int
    name: str = ""
    frequency: Law | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    forms: dict[str, LossForm] = field(default_factory=dict)


def read(file: str, table: Table) -> ScenarioFile:
    """The scenarios of a table. ScenarioError with every fault that was found."""
    faults = Faults(file)
    _unknown_columns(table, faults)
    faults.check()
    held: dict[str, _Held] = {}
    for row in table.rows:
        _row(row, held, faults)
    if not table.rows:
        faults.add(None, "", "the table holds no scenario", "Give at least one row below the column names")
    currency = one_currency(table.rows, faults)
    for key, one in held.items():
        if not one.forms and not faults.found:
            faults.add(one.row, "law", f"scenario {key} has no form of loss", "State what one event costs")
    faults.check()
    scenarios = [
        StatedScenario(key, one.name or key, one.frequency, tuple(one.forms.values()))
        for key, one in held.items()
        if one.frequency is not None
    ]
    return ScenarioFile(file, "accord", currency, tuple(scenarios))


def _unknown_columns(table: Table, faults: Faults) -> None:
    known = {*OF_SCENARIO, "form", *PER_FORM, *(f"frequency_{name}" for name in OF_FREQUENCY)}
    known |= {f"{form}_{name}" for form in FORMS for name in PER_FORM}
    for column in table.columns:
        if column not in known:
            faults.add(None, column, "the table has no such column", "Delete it, or name it as docs/formats.md does")


def one_currency(rows: tuple[Row, ...], faults: Faults) -> str:
    """The currency of all rows, "" where no row names one. Faults where they are mixed or named only here and there."""
    named = [(row.number, row.cells.get("currency", "").strip().upper()) for row in rows]
    first = next(((number, text) for number, text in named if text), None)
    if first is None:
        return ""
    for number, text in named:
        if not text:
            remedy = f"Write {first[1]} if that is its currency"
            faults.add(number, "currency", "other rows name a currency and this one does not", remedy)
        elif text != first[1]:
            reason = f"{text} and {first[1]} (row {first[0]}) are mixed"
            faults.add(number, "currency", reason, "Convert all amounts into one currency first")
        elif not (len(text) == 3 and text.isascii() and text.isalpha()):
            faults.add(number, "currency", f"“{text[:20]}” is no currency", "Use an ISO 4217 code such as EUR")
    return first[1]


def _row(row: Row, held: dict[str, _Held], faults: Faults) -> None:
    cells = {column: text.strip() for column, text in row.cells.items() if text.strip()}
    key = cells.get("scenario", "")
    if not key or len(key) > NAME_LENGTH:
        reason = "the scenario has no key" if not key else f"the key is longer than {NAME_LENGTH} characters"
        faults.add(row.number, "scenario", reason, "Give every scenario its own short key")
        return
    if key not in held and len(held) >= MOST_SCENARIOS:
        faults.add(row.number, "scenario", f"more than {MOST_SCENARIOS:,} scenarios", "Divide the table")
        return
    one = held.setdefault(key, _Held(row.number))
    name = cells.get("name", "")[:NAME_LENGTH]
    if name and one.name and name != one.name:
        faults.add(row.number, "name", f"scenario {key} has another name in row {one.row}", "Keep one of the two")
    one.name = one.name or name
    _frequency(row.number, key, cells, one, faults)
    for form, prefix in _forms(row.number, key, cells, faults):
        _form(row.number, form, prefix, cells, one, faults)


def _frequency(number: int, key: str, cells: Mapping[str, str], one: _Held, faults: Faults) -> None:
    prefix = "frequency_"
    given = {column[len(prefix) :]: text for column, text in cells.items() if column.startswith(prefix)}
    if one.texts and (not given or given == one.texts):
        return
    if one.texts:
        column = next(c for c in (*given, *one.texts) if given.get(c) != one.texts.get(c))
        reason = f"scenario {key} has another frequency in row {one.row}"
        faults.add(number, prefix + column, reason, "State it once, or the same in every row of the scenario")
        return
    if number != one.row and not given:
        return  # its first row was told already
    one.texts = given or {"": ""}
    try:
        one.frequency = laws.law(
            laws.FREQUENCIES, given.get("law", "").lower(), {c: t for c, t in given.items() if c != "law"}, prefix
        )
    except laws.Wrong as wrong:
        faults.add(number, wrong.column, wrong.reason, wrong.remedy)


def _forms(number: int, key: str, cells: Mapping[str, str], faults: Faults) -> Iterator[tuple[str, str]]:
    """The forms of loss of a row: (name, prefix of its columns)."""
    wide = [form for form in FORMS if any(f"{form}_{name}" in cells for name in PER_FORM)]
    plain = any(name in cells for name in PER_FORM)
    if wide and plain:
        reason = "the row has a form of loss in its own columns and one in plain columns"
        faults.add(number, next(n for n in PER_FORM if n in cells), reason, "Write each form in the same way")
        return
    if plain or not wide:
        yield cells.get("form", SINGLE)[:NAME_LENGTH], ""
    for form in wide:
        yield form, f"{form}_"


def _form(number: int, form: str, prefix: str, cells: Mapping[str, str], one: _Held, faults: Faults) -> None:
    if form in one.forms:
        reason = f"the form of loss {form} is there twice for this scenario"
        faults.add(number, "form" if not prefix else f"{prefix}law", reason, "Name another form, or keep one of them")
        return
    given = {name: cells[prefix + name] for name in PER_FORM if prefix + name in cells}
    name = given.pop("law", "").lower()
    beside = {column: given.pop(column) for column in BESIDE if column in given}
    try:
        found = laws.law(laws.AMOUNTS, name, given, prefix)
        numbers = {column: laws.number(prefix + column, text) for column, text in beside.items()}
        probability = laws.share(prefix + "probability", numbers.get("probability", 1.0))
        limit, deductible = numbers.get("limit"), numbers.get("deductible", 0.0)
        if deductible < 0:
            raise laws.Wrong(prefix + "deductible", f"{deductible:g} is below 0", "Use an amount of at least 0")
        if limit is not None and limit <= 0:
            raise laws.Wrong(prefix + "limit", f"{limit:g} is not above 0", "Use an amount above 0, or leave it blank")
        if not laws.mean_exists(found, limit):
            reason = f"with alpha {found.number('alpha'):g} the amount has no mean"
            raise laws.Wrong(prefix + "alpha", reason, "Use an alpha above 1, or state a limit")
        one.forms[form] = LossForm(form, found, probability, deductible, limit)
    except laws.Wrong as wrong:
        faults.add(number, wrong.column, wrong.reason, wrong.remedy)
