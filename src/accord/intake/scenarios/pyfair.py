"""JSON of pyfair: `FairModel.to_json()`, and `FairMetaModel.to_json()` with the models inside it.

Read from pyfair's own serialization: a factor's name with `low`, `mode`, `high` and `gamma`, with `mean` and
`stdev`, with `constant`, or with `raw` draws. pyfair multiplies a year's frequency by one amount; here every event
has its own amount, so the mean is the same and the spread is that of independent events. The deprecated
`multi_…` inputs are refused.
"""

from __future__ import annotations

from typing import Any

from accord.intake.safe import JsonReader, Source
from accord.intake.safe import text as clean
from accord.intake.scenarios import tree
from accord.intake.scenarios.records import Faults, ScenarioFile, StatedScenario
from accord.intake.scenarios.table import MOST_SCENARIOS, NAME_LENGTH

NAMES = {
    "Loss Event Frequency": tree.LEF,
    "Threat Event Frequency": tree.TEF,
    "Vulnerability": tree.V,
    "Contact Frequency": tree.C,
    "Probability of Action": tree.A,
    "Threat Capability": tree.TC,
    "Control Strength": tree.CS,
    "Loss Magnitude": tree.LM,
    "Primary Loss": tree.PL,
    "Secondary Loss": tree.SL,
    "Secondary Loss Event Frequency": tree.SLEF,
    "Secondary Loss Event Magnitude": tree.SLEM,
}
PLAIN = frozenset({"name", "n_simulations", "random_seed", "model_uuid", "type", "creation_date"})
MOST_DRAWS = 100_000


def read(source: Source) -> ScenarioFile:
    """The models of a document as scenarios. ScenarioError for faults in them, IntakeError for damaged JSON."""
    faults, notes = Faults(source.name), tree.Notes()
    models: list[dict[str, Any]] = []
    plain: dict[str, Any] = {}
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            value = document.value()
            if isinstance(value, dict) and value.get("type") == "FairModel":
                models.append(value)
                source.hold(len(str(key)) + 200 * len(value))
            elif key in PLAIN or isinstance(value, dict):
                plain[key] = value
        document.end()
    if plain.get("type") == "FairModel":
        models = [plain]
    found: dict[str, StatedScenario] = {}
    for model in models[:MOST_SCENARIOS]:
        one = _model(model, found, faults, notes)
        if one is not None:
            found[one.key] = one
    if not models:
        faults.add(None, "", "the document holds no model", "Write it with to_json() of a model or metamodel")
    if len(models) > MOST_SCENARIOS:
        faults.add(None, "", f"more than {MOST_SCENARIOS:,} models", "Divide the document")
    faults.check()
    return ScenarioFile(source.name, "pyfair", "", tuple(found.values()), notes.all())


def _model(
    model: dict[str, Any], found: dict[str, StatedScenario], faults: Faults, notes: tree.Notes
) -> StatedScenario | None:
    name = clean.line(model.get("name"), NAME_LENGTH) or f"model {len(found) + 1}"
    place = f"model {name}"
    if name in found:
        faults.add(place, "name", "it is there twice", "Give every model its own name")
        return None
    before = len(faults)
    factors: dict[str, tree.Factor] = {}
    for key, value in model.items():
        if key in PLAIN:
            continue
        label = clean.line(key, 60) or "?"
        if key not in NAMES:
            known = "multi_ inputs are deprecated in pyfair itself" if key.startswith("multi") else "it is no factor"
            faults.add(place, label, f"{known}", "Take it out, or state the factor itself")
            continue
        factor = _factor(value, label)
        if factor is None:
            faults.add(place, label, "it holds no numbers that are known", "State low, mode and high, or constant")
        else:
            factors[NAMES[key]] = factor
    return tree.scenario(name, name, factors, place, faults, notes) if len(faults) == before else None


def _factor(value: Any, label: str) -> tree.Factor | None:
    if not isinstance(value, dict) or not value:
        return None
    raw = value.get("raw")
    if isinstance(raw, list):
        if not 0 < len(raw) <= MOST_DRAWS or not all(_is_number(x) for x in raw):
            return None
        return tree.Factor({}, label, tuple(map(float, raw)))
    if not all(_is_number(x) for x in value.values()) or not value.keys() <= {
        "low", "mode", "high", "gamma", "mean", "stdev", "constant",
    }:  # fmt: skip
        return None
    return tree.Factor({key: float(x) for key, x in value.items()}, label, classic=True)


def _is_number(value: Any) -> bool:
    """Whether it is a number that a float can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e300
