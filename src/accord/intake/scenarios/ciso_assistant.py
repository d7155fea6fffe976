"""Quantitative scenarios of CISO Assistant, from what it gives out in public.

Two documents hold them: the answer of its API (`GET /api/crq/quantitative-risk-hypotheses/`), and the backup of
the whole database, from which only the tables of this module and the currency are read, everything else is passed
over unread. Its export of a domain, and its spreadsheets, do not hold them. Read from the model and the
serializers of the community edition.

A hypothesis is a stage of a scenario: `probability` of an event within a year (at most one) and an impact that is
lognormal between its 5 % and its 95 % (`LOGNORMAL-CI90`). The stage `current` is read unless another is asked for;
of the residual ones, the selected one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from accord.intake.safe import JsonReader, Source
from accord.intake.safe import text as clean
from accord.intake.scenarios import laws
from accord.intake.scenarios.records import Faults, Law, LossForm, ScenarioFile, StatedScenario
from accord.intake.scenarios.table import MOST_SCENARIOS, NAME_LENGTH

STAGES = ("current", "residual", "inherent")
MODEL = "crq.quantitativeriskhypothesis"
SCENARIO_MODEL = "crq.quantitativeriskscenario"
SETTINGS_MODEL = "global_settings.globalsettings"
SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "C$": "CAD", "A$": "AUD", "CHF": "CHF"}
_CURRENT = "State probability and impact of the hypothesis in CISO Assistant, or delete the scenario"


def read(source: Source, stage: str = "current") -> ScenarioFile:
    """The scenarios of the API's answer. ScenarioError for faults in them, IntakeError for damaged JSON."""
    faults = Faults(source.name)
    rows: list[dict[str, Any]] = []
    currency = ""
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                for _ in document.elements():
                    row = document.mapping()
                    currency = currency or str(row.get("currency") or "")
                    _keep(rows, row, source, faults)
            elif key == "next" and document.scalar():
                remedy = "Ask the API again with ?limit=10000, so that all stand in one answer"
                faults.add(None, "next", "the answer is only one page of several", remedy)
        document.end()
    return _file(source, rows, {}, currency, stage, faults)


def read_backup(source: Source, stage: str = "current") -> ScenarioFile:
    """The scenarios of a backup. ScenarioError for faults in them, IntakeError for damaged JSON."""
    faults = Faults(source.name)
    rows: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    currency = ""
    with source.open() as reader:
        for model, row in _objects(JsonReader(reader)):
            fields = row.get("fields")
            if not isinstance(fields, dict):
                continue
            if model == MODEL:
                _keep(rows, fields, source, faults)
            elif model == SCENARIO_MODEL:
                source.hold(NAME_LENGTH)
                names[str(row.get("pk"))] = _scenario_name(fields)
            elif model == SETTINGS_MODEL and fields.get("name") == "general":
                value = fields.get("value")
                currency = str(value.get("currency") or "") if isinstance(value, dict) else ""
    return _file(source, rows, names, currency, stage, faults)


def _objects(document: JsonReader) -> Iterator[tuple[str, dict[str, Any]]]:
    """Model and row of the objects of a backup that matter: [{"meta": …}, [object, …]]."""
    for _ in document.elements():
        if document.peek() != "[":
            continue
        for _ in document.elements():
            row = document.mapping()
            model = row.get("model")
            if model in (MODEL, SCENARIO_MODEL, SETTINGS_MODEL):
                yield str(model), row
    document.end()


def _scenario_name(fields: dict[str, Any]) -> str:
    return clean.line(fields.get("name"), NAME_LENGTH) or clean.line(fields.get("ref_id"), NAME_LENGTH) or ""


def _keep(rows: list[dict[str, Any]], row: dict[str, Any], source: Source, faults: Faults) -> None:
    """Hold what is needed of a hypothesis, not its curve."""
    if len(rows) >= 3 * MOST_SCENARIOS:
        faults.add(None, "", f"more than {3 * MOST_SCENARIOS:,} hypotheses", "Export one study at a time")
        faults.check()
    source.hold(1000)
    kept = ("quantitative_risk_scenario", "risk_stage", "is_selected", "probability", "impact", "parameters", "name")
    rows.append({name: row.get(name) for name in kept})


def _file(
    source: Source, rows: list[dict[str, Any]], names: dict[str, str], currency: str, stage: str, faults: Faults
) -> ScenarioFile:
    found: dict[str, StatedScenario] = {}
    for row in rows:
        if row["risk_stage"] != stage or (stage == "residual" and row["is_selected"] is not True):
            continue
        identity, name = _scenario_of(row, names)
        key, number = name, 2
        while key in found:
            key, number = f"{name} ({number})", number + 1
        one = _hypothesis(key, row, f"scenario {key or identity}", faults)
        if one is not None:
            found[key] = one
        if len(found) > MOST_SCENARIOS:
            faults.add(None, "", f"more than {MOST_SCENARIOS:,} scenarios", "Export one study at a time")
            break
    if not found and not len(faults):
        remedy = "State one in CISO Assistant, or ask for another stage"
        faults.add(None, "risk_stage", f"no scenario has a hypothesis of the stage {stage}", remedy)
    faults.check()
    notes = (f"Stage {stage}; at most one event a year of each scenario, as CISO Assistant simulates it.",)
    money = SYMBOLS.get(currency.strip(), currency.strip().upper())
    known = money if len(money) == 3 and money.isascii() and money.isalpha() else ""
    return ScenarioFile(source.name, "ciso-assistant", known, tuple(found.values()), notes)


def _scenario_of(row: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    """Identifier and name of the scenario of a hypothesis."""
    told = row["quantitative_risk_scenario"]
    if isinstance(told, dict):
        identity = clean.line(told.get("id"), 60) or ""
        return identity, clean.line(told.get("str"), NAME_LENGTH) or identity or "?"
    identity = clean.line(told, 60) or "?"
    return identity, names.get(str(told)) or identity


def _hypothesis(key: str, row: dict[str, Any], place: str, faults: Faults) -> StatedScenario | None:
    parameters = row["parameters"] if isinstance(row["parameters"], dict) else {}
    probability: Any = row["probability"] if row["probability"] is not None else parameters.get("probability")
    impact = row["impact"] if row["impact"] is not None else parameters.get("impact")
    before = len(faults)
    if not _is_number(probability):
        faults.add(place, "probability", "it is not stated", _CURRENT)
    elif not 0 <= probability <= 1:
        faults.add(place, "probability", f"{probability:g} is not between 0 and 1", "Write 30 % as 0.3")
    low: Any = impact.get("lb") if isinstance(impact, dict) else None
    high: Any = impact.get("ub") if isinstance(impact, dict) else None
    if not isinstance(impact, dict) or not _is_number(low) or not _is_number(high):
        faults.add(place, "impact", "its bounds are not stated", _CURRENT)
    elif impact.get("distribution") != "LOGNORMAL-CI90":
        shown = clean.line(impact.get("distribution"), 40) or "nothing"
        faults.add(place, "impact", f"the distribution is {shown}", "Only LOGNORMAL-CI90 is known")
    elif not 0 < float(low) < float(high) <= laws.LARGEST:
        reason = f"the interval is the wrong way round or reaches 0: {low:g} to {high:g}"
        faults.add(place, "impact", reason, "Give a lower bound above 0 and an upper bound above it")
    if len(faults) > before:
        return None
    try:
        amount = laws.law(laws.AMOUNTS, "lognormal", {"low": repr(float(low)), "high": repr(float(high))})
    except laws.Wrong as wrong:
        faults.add(place, "impact", wrong.reason, wrong.remedy)
        return None
    frequency = Law("bernoulli", {"probability": float(probability)})
    return StatedScenario(key, key, frequency, (LossForm("loss", amount),))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e300
