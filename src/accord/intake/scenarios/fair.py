"""Tables of FAIR scenarios: one row each, with smallest, most likely and largest value of the factors.

There is no published format of such tables; what is read are the names of the Open FAIR taxonomy (O-RT) and their
usual short forms, in any order: `lef_min, lef_ml, lef_max`, or `tef_…` with `vulnerability_…`; `lm_…`, or
`primary_loss_…` with `slef_…` and `slem_…`, or the six forms of loss, each primary or secondary. The tree of
factors is the one of `tree`. A table of riskquant (`identifier, name, probability, low_loss, high_loss`) has a
format of its own: a Poisson rate, and a lognormal amount between its 5 % and 95 %.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from accord.intake.scenarios import laws, tree
from accord.intake.scenarios.records import Faults, Law, LossForm, ScenarioFile, StatedScenario
from accord.intake.scenarios.table import FORMS, MOST_SCENARIOS, NAME_LENGTH, one_currency
from accord.intake.tables import Row, Table

KEYS = ("scenario", "id", "scenario_id", "key", "risk_id", "identifier")
NAMES = ("name", "scenario_name", "title", "description", "scenario_description", "risk_scenario")
ENDS = {
    "low": "low", "min": "low", "minimum": "low", "l": "low",
    "mode": "mode", "ml": "mode", "most_likely": "mode", "mostlikely": "mode", "likely": "mode",
    "high": "high", "max": "high", "maximum": "high", "h": "high",
    "mean": "mean", "stdev": "stdev", "sd": "stdev", "constant": "constant", "value": "constant",
    "gamma": "gamma", "lambda": "gamma", "conf": "gamma", "confidence": "gamma",
}  # fmt: skip
"""How a column ends → what it gives of the factor's law."""
FACTORS = {
    "lef": tree.LEF, "loss_event_frequency": tree.LEF,
    "tef": tree.TEF, "threat_event_frequency": tree.TEF,
    "vuln": tree.V, "v": tree.V, "vulnerability": tree.V, "susceptibility": tree.V,
    "cf": tree.C, "contact_frequency": tree.C,
    "poa": tree.A, "probability_of_action": tree.A,
    "tc": tree.TC, "tcap": tree.TC, "threat_capability": tree.TC,
    "cs": tree.CS, "rs": tree.CS, "diff": tree.CS, "control_strength": tree.CS, "resistance_strength": tree.CS,
    "difficulty": tree.CS,
    "lm": tree.LM, "loss_magnitude": tree.LM,
    "pl": tree.PL, "plm": tree.PL, "primary_loss": tree.PL, "primary_loss_magnitude": tree.PL,
    "slef": tree.SLEF, "secondary_loss_event_frequency": tree.SLEF,
    "slem": tree.SLEM, "slm": tree.SLEM, "secondary_loss_event_magnitude": tree.SLEM,
    "secondary_loss_magnitude": tree.SLEM,
}  # fmt: skip
"""How a column begins → the factor."""
RISKQUANT = frozenset({"identifier", "name", "low_loss", "high_loss"})
_COLUMN = re.compile(rf"(.+?)_({'|'.join(sorted(ENDS, key=len, reverse=True))})")


def place_of(column: str) -> tuple[str, str] | None:
    """(factor or "primary …"/"secondary …" form, part of its law) of a column; None where it is neither."""
    if column in FACTORS:
        return FACTORS[column], "constant"
    match = _COLUMN.fullmatch(column)
    if match is None:
        return None
    stem, end = match[1], ENDS[match[2]]
    if stem in FACTORS:
        return FACTORS[stem], end
    side, _, form = stem.partition("_")
    if side in ("primary", "secondary") and form in FORMS:
        return f"{side} {form}", end
    return (f"primary {stem}", end) if stem in FORMS else None


def recognizes(columns: frozenset[str]) -> bool:
    """Whether a table with these columns holds factors of both frequency and magnitude."""
    found = {place[0] for column in columns if (place := place_of(column)) is not None}
    frequency = found & {tree.LEF, tree.TEF, tree.C}
    amount = found & {tree.LM, tree.PL} or any(name.startswith("primary ") for name in found)
    return bool(frequency and amount)


def recognizes_riskquant(columns: frozenset[str]) -> bool:
    return columns >= RISKQUANT and bool(columns & {"probability", "frequency"})


def read(file: str, table: Table) -> ScenarioFile:
    """The scenarios of a table of FAIR factors. ScenarioError with every fault that was found."""
    faults, notes = Faults(file), tree.Notes()
    key_column = next((name for name in (*KEYS, *NAMES) if name in table.columns), "")
    places: dict[str, tuple[str, str]] = {}
    for column in table.columns:
        place = place_of(column)
        if place is not None:
            if place in places.values():
                faults.add(None, column, "another column gives the same", "Keep one of the two")
            places[column] = place
        elif column not in (*KEYS, *NAMES, "currency"):
            faults.add(
                None, column, "this is no factor of FAIR that is known", "Delete it, or name it as docs/formats.md"
            )
    if not key_column:
        faults.add(None, "", "no column names the scenario", "Add a column scenario")
    faults.check()
    found: dict[str, StatedScenario] = {}
    for row in table.rows:
        key = _key(row, key_column, found, faults)
        name = next((row.cells[n].strip() for n in NAMES if row.cells.get(n, "").strip()), key)[:NAME_LENGTH]
        factors = _factors(row, places, faults)
        scenario = tree.scenario(key, name, factors, row.number, faults, notes)
        if scenario is not None:
            found[key] = scenario
    currency = _finish(table, faults)
    return ScenarioFile(file, "fair", currency, tuple(found.values()), notes.all())


def _finish(table: Table, faults: Faults) -> str:
    if not table.rows:
        faults.add(None, "", "the table holds no scenario", "Give at least one row below the column names")
    currency = one_currency(table.rows, faults)
    faults.check()
    return currency


def _key(row: Row, column: str, found: Mapping[str, StatedScenario], faults: Faults) -> str:
    key = row.cells.get(column, "").strip()[:NAME_LENGTH]
    if not key:
        faults.add(row.number, column, "the scenario has no name", "Give every scenario its own")
    elif key in found:
        faults.add(row.number, column, f"scenario {key} is there twice", "Keep one of them, or rename it")
    elif len(found) >= MOST_SCENARIOS:
        faults.add(row.number, column, f"more than {MOST_SCENARIOS:,} scenarios", "Divide the table")
    return key or f"row {row.number}"


def _factors(row: Row, places: Mapping[str, tuple[str, str]], faults: Faults) -> dict[str, tree.Factor]:
    """The factors that a row states, each with the columns that it comes from."""
    found: dict[str, tree.Factor] = {}
    for column, (factor, part) in places.items():
        text = row.cells[column].strip()
        if not text:
            continue
        held = found.setdefault(factor, tree.Factor({}, column))
        try:
            held.values[part] = laws.number(column, text)
        except laws.Wrong as wrong:
            faults.add(row.number, wrong.column, wrong.reason, wrong.remedy)
            held.broken = True
    return found


def read_riskquant(file: str, table: Table) -> ScenarioFile:
    """The scenarios of a riskquant table with a header. ScenarioError with every fault that was found."""
    faults = Faults(file)
    rate = "probability" if "probability" in table.columns else "frequency"
    for column in table.columns:
        if column not in (*RISKQUANT, rate, "currency"):
            faults.add(None, column, "a riskquant table has no such column", "Delete it")
    faults.check()
    found: dict[str, StatedScenario] = {}
    for row in table.rows:
        cells = {column: text.strip() for column, text in row.cells.items() if text.strip()}
        key, number = cells.get("identifier", ""), 2
        if not key:
            faults.add(row.number, "identifier", "the scenario has no identifier", "Give every scenario one")
        while key in found:  # riskquant allows an identifier more than once
            key, number = f"{cells.get('identifier', '')} ({number})", number + 1
        scenario = _riskquant_row(key, cells, rate, row.number, faults)
        if scenario is not None:
            found[key] = scenario
    currency = _finish(table, faults)
    note = "The column of probabilities is a yearly rate, as riskquant takes it: events are Poisson."
    return ScenarioFile(file, "riskquant", currency, tuple(found.values()), (note,))


def _riskquant_row(key: str, cells: Mapping[str, str], rate: str, number: int, faults: Faults) -> StatedScenario | None:
    frequency: Law | None = None
    amount: Law | None = None
    names = {"mean": rate, "low": "low_loss", "high": "high_loss"}
    for kinds, name, columns in (
        (laws.FREQUENCIES, "poisson", ("mean",)),
        (laws.AMOUNTS, "lognormal", ("low", "high")),
    ):
        given = {column: cells[names[column]] for column in columns if names[column] in cells}
        try:
            if not given:
                raise laws.Wrong(columns[0], "the number is missing", "Fill it in")
            found = laws.law(kinds, name, given)
        except laws.Wrong as wrong:
            faults.add(number, names.get(wrong.column, wrong.column), wrong.reason, wrong.remedy)
            continue
        frequency, amount = (found, amount) if name == "poisson" else (frequency, found)
    if frequency is None or amount is None:
        return None
    return StatedScenario(key, cells.get("name", key)[:NAME_LENGTH], frequency, (LossForm("loss", amount),))
