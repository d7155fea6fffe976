"""Everything that the annual loss rests on, read at one moment, and the hash by which a run remembers it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db.models import QuerySet

from accord.core import ledger
from accord.core.models import LedgerHead
from accord.estate.models import UnitSystem
from accord.estate.selectors import Alignment, alignment
from accord.program.models import Control
from accord.risk.models import (
    ControlEffect,
    InitiativeEffect,
    Scenario,
    ScenarioSystem,
    SharedCause,
)
from accord.ui.format import default_currency

METHOD = "accord.engines.loss 2"
"""Part of the hash: a run by another method is another run."""
RELEVANT = (
    "scenario", "scenario_system", "scenario_loss", "control_effect", "control", "goal", "goal_capability",
    "capability_system", "unit", "unit_system", "system", "capability", "shared_cause", "shared_cause_scenario",
    "initiative", "initiative_cost", "initiative_effect",
)  # fmt: skip
"""Nouns whose rows go into the annual loss."""

Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a control or an initiative does to one scenario: shares by which each side falls; None = not touched."""

    key: str
    name: str
    scenario: str
    frequency: Interval | None
    magnitude: Interval | None


@dataclass(frozen=True, slots=True)
class ScenarioInput:
    """One scenario: events a year and money per event and form of loss, each at 5, 50 and 95 %; None = unknown."""

    key: str
    name: str
    threat: str
    effect: str
    frequency: Interval | None
    losses: tuple[tuple[str, Interval], ...]
    controls: tuple[Reduction, ...]
    systems: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CauseInput:
    """A shared cause: times a year at 5, 50 and 95 % (None = unknown), and scenario → probability of setting it off."""

    key: str
    name: str
    rate: Interval | None
    strikes: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class OptionInput:
    """An initiative as something to choose: (year, capital, running cost; None = unknown), and what it does."""

    key: str
    name: str
    costs: tuple[tuple[int, float | None, float | None], ...]
    effects: tuple[Reduction, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The scenarios with the controls that operate, what strikes several of them, and how a system's loss is divided.

    goals and units: system → ((key, share of the system's loss), …); names: noun → key → name; options: initiatives
    that change a scenario.
    """

    currency: str
    scenarios: tuple[ScenarioInput, ...]
    goals: dict[str, tuple[tuple[str, float], ...]]
    units: dict[str, tuple[tuple[str, float], ...]]
    names: dict[str, dict[str, str]]
    causes: tuple[CauseInput, ...] = ()
    options: tuple[OptionInput, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of all of it in canonical form."""
        return hashlib.sha256(ledger.canonical({"method": METHOD, **asdict(self)}).encode()).hexdigest()


def collect() -> tuple[Inputs, int]:
    """The inputs of the annual loss and the last number of the ledger then; read again when a write came in between."""
    for _ in range(5):
        number = ledger_number()
        inputs = read(default_currency())
        if ledger_number() == number:
            break
    return inputs, number


def ledger_number() -> int:
    """The number of the last entry of the ledger."""
    return LedgerHead.objects.filter(id=1).values_list("number", flat=True).first() or 0


def initiative_effects() -> list[Reduction]:
    """What each initiative does, when done, to each scenario; negative shares add risk. One query."""
    rows = InitiativeEffect.objects.order_by("initiative__key", "scenario__key").values_list(
        "initiative__key", "initiative__name", "scenario__key", *_SIDES
    )
    return [Reduction(key, name, scenario, *_sides(rest)) for key, name, scenario, *rest in rows]


def controls_of(scenario: str) -> list[Reduction]:
    """What the operating controls do to one scenario. One query."""
    return _operating(ControlEffect.objects.filter(scenario__key=scenario))


_SIDES = ("frequency_low", "frequency_mid", "frequency_high", "magnitude_low", "magnitude_mid", "magnitude_high")


def read(currency: str) -> Inputs:
    """The inputs of the annual loss. Nine queries."""
    controls: dict[str, list[Reduction]] = defaultdict(list)
    for effect in _operating(ControlEffect.objects.all()):
        controls[effect.scenario].append(effect)
    systems: dict[str, list[tuple[str, float]]] = defaultdict(list)
    names: dict[str, dict[str, str]] = {"system": {}, "goal": {}, "unit": {}}
    for scenario, system, name, share in ScenarioSystem.objects.order_by("system__key").values_list(
        "scenario__key", "system__key", "system__name", "share"
    ):
        systems[scenario].append((system, float(share)))
        names["system"][system] = name
    stated: dict[str, tuple[str, str, str, Interval | None]] = {}
    losses: dict[str, list[tuple[str, Interval]]] = defaultdict(list)
    rows = Scenario.objects.order_by("key", "losses__form").values_list(
        "key", "name", "threat", "effect", "losses__form", "frequency_low", "frequency_mid", "frequency_high",
        "losses__low", "losses__mid", "losses__high",
    )  # fmt: skip
    for key, name, threat, kind, form, *numbers in rows:
        stated[key] = (name, threat, kind, _whole(numbers[:3]))
        if (amounts := _whole(numbers[3:])) is not None:
            losses[key].append((form, amounts))
    scenarios = tuple(
        ScenarioInput(key, *own, tuple(losses[key]), tuple(controls[key]), tuple(systems[key]))
        for key, own in stated.items()
    )
    hit = set(names["system"])
    return Inputs(currency, scenarios, _goals(hit, names), _units(hit, names), names, _causes(), _options())


def _causes() -> tuple[CauseInput, ...]:
    found: dict[str, CauseInput] = {}
    rows = SharedCause.objects.order_by("key", "strikes__scenario__key").values_list(
        "key", "name", "strikes__scenario__key", "strikes__probability", "rate_low", "rate_mid", "rate_high"
    )
    for key, name, scenario, probability, *ends in rows:
        before = found[key].strikes if key in found else ()
        strikes = (*before, (scenario, float(probability))) if scenario is not None else before
        found[key] = CauseInput(key, name, _whole(ends), strikes)
    return tuple(found.values())


def _options() -> tuple[OptionInput, ...]:
    """The initiatives that have an effect, with their costs: one row for each effect and year."""
    effects: dict[str, dict[str, Reduction]] = defaultdict(dict)
    costs: dict[str, dict[int, tuple[float | None, float | None]]] = defaultdict(dict)
    names = {}
    rows = InitiativeEffect.objects.order_by("initiative__key", "scenario__key", "initiative__costs__year").values_list(
        "initiative__key", "initiative__name", "scenario__key", "initiative__costs__year",
        "initiative__costs__capital", "initiative__costs__running", *_SIDES,
    )  # fmt: skip
    for key, name, scenario, year, capital, running, *sides in rows:
        names[key] = name
        effects[key][scenario] = Reduction(key, name, scenario, *_sides(sides))
        if year is not None:
            costs[key][year] = (_amount(capital), _amount(running))
    return tuple(
        OptionInput(
            key, names[key], tuple((year, *amounts) for year, amounts in costs[key].items()), tuple(found.values())
        )
        for key, found in effects.items()
    )


def _amount(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _operating(effects: QuerySet[ControlEffect]) -> list[Reduction]:
    rows = effects.filter(control__state=Control.ControlState.OPERATING).order_by("control__key")
    found = rows.values_list("control__key", "control__name", "scenario__key", *_SIDES)
    return [Reduction(key, name, scenario, *_sides(rest)) for key, name, scenario, *rest in found]


def _goals(hit: set[str], names: dict[str, dict[str, str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """A system's loss falls on its goals in proportion to the weight of each that it carries; unknown: on none."""
    found: Alignment = alignment()
    leaves = {goal.key for goal in found.goals if goal.is_leaf}
    names["goal"].update((goal.key, goal.name) for goal in found.goals)
    divided = {}
    for system in sorted(hit & set(found.carried)):
        parts = {key: weight for key, weight in found.carried[system].goals.items() if key in leaves}
        known = [weight for weight in parts.values() if weight is not None]
        if len(known) == len(parts) and sum(known) > 0:
            divided[system] = tuple(
                (key, weight / sum(known)) for key, weight in sorted(parts.items()) if weight is not None
            )
    return divided


def _units(hit: set[str], names: dict[str, dict[str, str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """A system's loss falls on its units in proportion to the share of each unit's work that runs on it."""
    parts: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for unit, name, system, share in UnitSystem.objects.order_by("unit__key").values_list(
        "unit__key", "unit__name", "system__key", "share"
    ):
        if system in hit and share > 0:
            parts[system].append((unit, float(share)))
            names["unit"][unit] = name
    totals = {system: sum(share for _, share in rows) for system, rows in parts.items()}
    return {system: tuple((unit, share / totals[system]) for unit, share in rows) for system, rows in parts.items()}


def _known(values: list[Decimal]) -> Interval:
    low, mid, high = (float(value) for value in values)
    return low, mid, high


def _whole(values: list[Decimal | None]) -> Interval | None:
    known = [value for value in values if value is not None]
    return _known(known) if len(known) == 3 else None


def _sides(values: list[Decimal | None]) -> tuple[Interval | None, Interval | None]:
    return _whole(values[:3]), _whole(values[3:])
