"""The workbook of a company that `accord export` writes: its sheets of scenarios, losses and controls.

Each scenario's three numbers count as they stand, under the controls that operate, each at the middle of its effect,
as the application counts them. A scenario without a frequency or a loss is in no figure and is named in the notes.
"""

from __future__ import annotations

from collections import defaultdict

from accord.intake.planning import SHEETS, Entry, PlanBook, read_plan
from accord.intake.scenarios import laws
from accord.intake.scenarios.records import Faults, Law, LossForm, ScenarioFile, StatedScenario

READ = ("scenario", "scenario_loss", "control", "control_effect")
ENDS = ("low", "mid", "high")


def read(file: str, data: bytes) -> ScenarioFile:
    """The scenarios of a workbook. ScenarioError with every fault that was found."""
    book = read_plan([(file, data)], file, [sheet for sheet in SHEETS if sheet.name in READ], ("scenario",))
    faults = Faults(file)
    losses: dict[str, list[Entry]] = defaultdict(list)
    for row in book.rows.get("scenario_loss", []):
        losses[row.text("scenario")].append(row)
    found, notes = [], ["Operating controls count, each at the middle of its effect."]
    for row in sorted(book.rows["scenario"], key=lambda row: row.text("key")):
        key = row.text("key")
        factors = remaining(book, key)
        amounts = losses[key]
        rate = _law(row, "frequency_", factors[0], faults)
        forms = [LossForm(part.text("form"), law) for part in amounts if (law := _law(part, "", factors[1], faults))]
        if row.amount("loss") is not None:
            notes.append(f"{key} is in no figure: of it only the expected loss is stated.")
        elif rate is None or not forms or len(forms) < len(amounts):
            what = "its frequency" if rate is None else "what an event costs"
            notes.append(f"{key} is in no figure: {what} is unknown.")
        else:
            found.append(StatedScenario(key, row.text("name") or key, rate, tuple(forms)))
    if not found and not len(faults):
        faults.add(None, "", "no scenario has both a frequency and a loss per event", "State 5, 50 and 95 % of both")
    faults.check()
    return ScenarioFile(file, "company", book.currency, tuple(found), tuple(notes))


def _law(row: Entry, prefix: str, factor: float, faults: Faults) -> Law | None:
    """The range of a row times what the controls leave of it; None where it is blank."""
    texts = {end: row.amount(f"{prefix}{end}") for end in ENDS}
    if any(value is None for value in texts.values()):
        return None
    given = {end: repr((value or 0.0) * factor) for end, value in texts.items()}
    try:
        return laws.law(laws.FREQUENCIES if prefix else laws.AMOUNTS, laws.RANGE, given, prefix)
    except laws.Wrong as wrong:
        faults.add(f"{row.place}, row {row.number}", wrong.column, wrong.reason, wrong.remedy)
        return None


def remaining(book: PlanBook, key: str) -> tuple[float, float]:
    """What the operating controls leave of a scenario's frequency and magnitude, each at its middle."""
    operating = {row.text("key") for row in book.rows.get("control", []) if row.text("state") == "operating"}
    left = [1.0, 1.0]
    for row in book.rows.get("control_effect", []):
        if row.text("scenario") == key and row.text("control") in operating:
            for side, name in enumerate(("frequency_mid", "magnitude_mid")):
                left[side] *= 1.0 - (row.amount(name) or 0.0)
    return left[0], left[1]
