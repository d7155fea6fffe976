"""From the inputs to the result of a hazard run: anchors, rates, prices, and everything that explains them, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accord.risk.figures import HIGH, LOW, MID, Tell
from accord.risk.hazard.inputs import METHOD, HazardInputs
from accord.risk.hazard.model import ENDS, Built, build

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from accord.engines import hazard

    Floats = NDArray[np.float64]

TAIL_LEVEL = 0.99
FIRST = 50
"""So many systems stand in the result itself."""
SHOWN = 5
"""So many scenarios are named beside a system."""
Anchors = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Computed:
    """What comes out of a run, as JSON.

    result: with the first systems; detail: all of them. anchors: by scenario. prices: by asset (low, middle, high, in
    TVaR or None), money a year per foothold a year. stakes: the same by system, after its exposure and controls, where
    it is above 0. unknown: yearly rates of findings without EPSS by severity. most: what findings cost at most.
    """

    result: dict[str, Any]
    detail: dict[str, Any]
    anchors: dict[str, dict[str, Any]]
    prices: dict[int, tuple[float, float, float, float | None]]
    unknown: list[list[float]]
    most: float
    stakes: dict[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class _State:
    """Everything between the engine and the rows."""

    inputs: HazardInputs
    built: Built
    found: hazard.Footholds
    anchors: dict[str, dict[str, Any]]
    anchored: hazard.Anchor
    prices: hazard.Prices
    rates: Floats
    alone: Floats


def compute(inputs: HazardInputs, last: Anchors, at: datetime, tell: Tell) -> Computed:
    """The hazard today, anchored as in `last` where a scenario still stands as it did then.

    Raises ValueError where no scenario has figures, HazardInputError where something is out of its range.
    """
    from accord.engines import hazard

    tell(0, 4, "From findings to footholds")
    built = build(inputs)
    if not built.stated:
        raise ValueError("No scenario has both a frequency and a loss per event yet.")
    found = hazard.footholds(built.estate, built.of_places, built.scenarios)
    anchors = _anchors(inputs, built, found, last, at)
    anchored = _anchored(built, anchors)
    tell(1, 4, "Prices")
    prices = hazard.price(built.estate, found, built.scenarios, anchored)
    rates = _coherent(built, found, anchors)
    state = _State(inputs, built, found, anchors, anchored, prices, rates, _alone(inputs, built, found))
    tell(2, 4, "The tail of the year")
    tail = _tail(state)
    tell(3, 4, "Explaining it")
    systems = _system_rows(state)
    result = _result(state, tail, systems)
    most = result["by_findings_range"][HIGH]
    return Computed(
        result, {"systems": systems}, anchors, _asset_prices(state, tail), built.unknown.tolist(), most, _stakes(state)
    )  # fmt: skip


def _anchors(
    inputs: HazardInputs, built: Built, found: hazard.Footholds, last: Anchors, at: datetime
) -> dict[str, dict[str, Any]]:
    """What each scenario is anchored at: kept while its statement stands, else today."""
    kept: dict[str, dict[str, Any]] = {}
    scenarios = built.scenarios
    for k, one in enumerate(built.stated):
        stands = {
            "frequency": scenarios.frequency[:, k].tolist(),
            "explained": scenarios.explained[:, k].tolist(),
            "systems": [[system, share] for system, share in one.systems],
            "assumptions": inputs.assumptions_hash,
        }
        before = last.get(one.key)
        reference = found.by_scenario[:, k].tolist()
        since = at.isoformat()
        if before is not None and before["reference"][MID] > 0 and {**before, **stands} == before:
            reference, since = list(before["reference"]), str(before["since"])
        kept[one.key] = {**stands, "reference": reference, "since": since}
    return kept


def _reference(built: Built, anchors: dict[str, dict[str, Any]]) -> Floats:
    import numpy as np

    return np.array([anchors[one.key]["reference"] for one in built.stated]).reshape(len(built.stated), 3).T


def _anchored(built: Built, anchors: dict[str, dict[str, Any]]) -> hazard.Anchor:
    """Scale and base after controls."""
    from accord.engines import hazard

    stated = hazard.anchor(built.scenarios, _reference(built, anchors))
    return hazard.Anchor(stated.scale * built.left, stated.base * built.left)


def _coherent(built: Built, found: hazard.Footholds, anchors: dict[str, dict[str, Any]]) -> Floats:
    from accord.engines import hazard

    reference = _reference(built, anchors)
    rates: Floats = hazard.coherent_rates(built.scenarios, reference, found.by_scenario) * built.left
    return rates


def _alone(inputs: HazardInputs, built: Built, found: hazard.Footholds) -> Floats:
    """What findings alone would say of each scenario's rate: footholds × the chance that one becomes an event."""
    import numpy as np

    event = np.array([inputs.assumptions[f"event_{one.effect}"] for one in built.stated])
    rates: Floats = event.reshape(len(built.stated), 3).T * found.by_scenario * built.left
    return rates


def _tail(state: _State) -> hazard.Prices | None:
    """Prices in TVaR: the same adjoint pass with d TVaR / d rate instead of the mean amount; None where the loss engine
    does not tell the derivative."""
    import numpy as np

    from accord.engines import hazard
    from accord.engines.loss import annual_loss

    built = state.built
    factor = state.rates[MID] / np.where(built.scenarios.frequency[MID] > 0, built.scenarios.frequency[MID], 1.0)
    mean = np.asarray(built.quantified.base.event_moments()[0])
    magnitude = built.scenarios.amount[MID] / np.where(mean > 0, mean, 1.0)
    year = annual_loss(built.quantified.base.with_factors(factor, magnitude), target_width=2e-3)
    slope = getattr(year, "rate_gradient", None)
    if slope is None:
        return None
    per_event = np.maximum(np.asarray(slope), 0.0) / np.where(state.rates[MID] > 0, state.rates[MID], 1.0)
    return hazard.price(built.estate, state.found, built.scenarios, state.anchored, np.stack([per_event] * 3))


def _stakes(state: _State) -> dict[str, tuple[float, float, float]]:
    """What a foothold in each system adds to the price of an asset that holds all of it."""
    ends = state.built.estate.factor * state.prices.of_system
    rows = zip(state.built.estate.systems, *ends.tolist(), strict=True)
    return {key: (low, mid, high) for key, low, mid, high in rows if mid > 0}


def _asset_prices(state: _State, tail: hazard.Prices | None) -> dict[int, tuple[float, float, float, float | None]]:
    """Prices of the assets on which a foothold costs anything."""
    low, mid, high = state.prices.of_place
    last = tail.of_place[MID].tolist() if tail is not None else [None] * len(mid)
    rows = zip(state.inputs.places.assets.tolist(), low.tolist(), mid.tolist(), high.tolist(), last, strict=True)
    return {asset: (least, cost, most, worst) for asset, least, cost, most, worst in rows if cost > 0}


def _result(state: _State, tail: hazard.Prices | None, systems: list[dict[str, Any]]) -> dict[str, Any]:
    built, prices = state.built, state.prices
    money = built.scenarios.amount
    stated = built.scenarios.frequency * built.left * money
    today = state.rates * money
    return {
        "method": METHOD,
        "currency": state.inputs.loss.currency,
        "loss": _three(today.sum(axis=1)),
        "stated": _three(stated.sum(axis=1)),
        "by_findings": float(prices.by_findings[MID]),
        "by_findings_range": _three(_explained(state)),
        "base": float(prices.by_base_rate[MID] + prices.by_base_hazard[MID]),
        "in_tail": float(tail.by_findings[MID]) if tail is not None else None,
        "tail_level": TAIL_LEVEL if tail is not None else None,
        "unknown_rates": built.unknown.tolist(),
        "assumptions": {key: list(ends) for key, ends in state.inputs.assumptions.items()},
        "scenarios": _scenario_rows(state),
        "systems": systems[:FIRST],
        "systems_count": len(systems),
        "safeguards": _guard_rows(state),
        "not_quantified": [
            {"key": m.key, "name": m.name, "reason": m.reason, "remedy": m.remedy} for m in built.quantified.missing
        ],
        "to_fill_in": to_fill_in(state.inputs, built),
    }


def _explained(state: _State) -> Floats:
    """What findings explain of the loss, (3,): stated rate × explained share × footholds now ÷ when anchored × amount.

    The ratio is taken within each pass, as in `hazard.coherent_rates`: as stated where nothing has changed.
    """
    import numpy as np

    scenarios, now = state.built.scenarios, state.found.by_scenario
    reference = _reference(state.built, state.anchors)
    known = reference > 0
    ratio = np.where(known, now / np.where(known, reference, 1.0), np.where(reference[MID] > 0, np.nan, 0.0))
    ends = np.stack([np.nanmin(ratio, axis=0), ratio[MID], np.nanmax(ratio, axis=0)])
    found: Floats = (scenarios.frequency * scenarios.explained * ends * state.built.left * scenarios.amount).sum(axis=1)
    return found


def _three(values: Any) -> list[float]:
    return [float(value) for value in values]


def _scenario_rows(state: _State) -> list[dict[str, Any]]:
    built, scenarios = state.built, state.built.scenarios
    return [
        {
            "key": one.key, "name": one.name, "effect": one.effect, "threat": one.threat,
            "stated": _three(scenarios.frequency[:, k]), "left": _three(built.left[:, k]),
            "explained": _three(scenarios.explained[:, k]), "reference": list(state.anchors[one.key]["reference"]),
            "since": state.anchors[one.key]["since"], "footholds": _three(state.found.by_scenario[:, k]),
            "scale": _three(state.anchored.scale[:, k]), "base": _three(state.anchored.base[:, k]),
            "rate": _three(state.rates[:, k]), "alone": _three(state.alone[:, k]),
            "amount": _three(scenarios.amount[:, k]), "loss": float(state.rates[MID, k] * scenarios.amount[MID, k]),
            "by_findings": float(state.prices.explained[MID, k] * scenarios.amount[MID, k]),
            "systems": len(one.systems),
        }
        for k, one in enumerate(built.stated)
    ]  # fmt: skip


def _system_rows(state: _State) -> list[dict[str, Any]]:
    """Systems on which a foothold begins or costs anything, the dearest first."""
    import numpy as np

    from accord.engines import hazard

    built, found, prices = state.built, state.found, state.prices
    parts = hazard.by_scenario(built.estate, built.scenarios, state.anchored)
    dearest = np.argsort(-parts, axis=1)[:, :SHOWN].tolist()
    cost = found.direct * prices.of_system
    cost[HIGH] = np.maximum(cost[MID], np.minimum(cost[HIGH], _explained(state)[HIGH]))
    arrived = found.spread
    links = np.bincount(state.inputs.places.link_system, minlength=len(state.inputs.systems))
    unknown = np.bincount(
        state.inputs.places.link_system, state.inputs.places.unknown.sum(axis=1)[state.inputs.places.link_asset],
        len(state.inputs.systems),
    )  # fmt: skip
    own = hazard.Estate.direct(built.unguarded, built.of_places)
    shown = np.flatnonzero((found.total[HIGH] > 0) | (prices.of_system[HIGH] > 0))
    rows = [
        {
            "key": state.inputs.systems[s][0], "name": state.inputs.systems[s][1], "reach": state.inputs.systems[s][2],
            "assets": int(links[s]), "unknown": int(unknown[s]),
            "unguarded": _three(own[:, s]), "left": _three(built.guard_left[:, s]),
            "direct": _three(found.direct[:, s]), "arrived": _three(arrived[:, s]), "total": _three(found.total[:, s]),
            "price": _three(prices.of_system[:, s]), "cost": _three(cost[:, s]),
            "scenarios": [
                [built.stated[k].key, built.stated[k].name, float(parts[s, k])]
                for k in dearest[s] if parts[s, k] > 0
            ],
        }
        for s in shown.tolist()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["cost"][MID], -row["price"][MID], row["key"]))


def _guard_rows(state: _State) -> list[dict[str, Any]]:
    """What each control on a system would cost if it fell silent, the dearest first."""
    from accord.engines import hazard

    guards, built = state.inputs.guards, state.built
    own = built.unguarded.direct(built.of_places)
    cost = hazard.silent(own, state.prices, [guard.system for guard in guards], built.effective)
    rows = [
        {
            "control": guard.control, "name": guard.name, "system": state.inputs.systems[guard.system][0],
            "system_name": state.inputs.systems[guard.system][1], "coverage": guard.coverage,
            "capability": guard.capability, "reliability": guard.reliability, "missing": list(guard.missing),
            "effective": _three(built.effective[:, at]), "silent": _three(cost[:, at]),
        }
        for at, guard in enumerate(guards)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["silent"][MID], -row["silent"][HIGH], row["control"], row["system"]))


def to_fill_in(inputs: HazardInputs, built: Built) -> list[dict[str, Any]]:
    """What is unknown and would narrow the hazard: what, how many, where, and what to do."""
    on_systems = set(inputs.places.link_system.tolist())
    linked = set(inputs.places.link_asset.tolist())
    hit = {system for one in inputs.loss.scenarios for system, _ in one.systems}
    external = [one for one in inputs.loss.scenarios if one.threat == "external"]
    loose = [at for at in range(len(inputs.places.assets)) if at not in linked]
    rows = (
        ("Findings without EPSS", int(inputs.places.unknown.sum()), "/findings/?sort=epss",
         "Load the EPSS feed; what is no CVE keeps the interval of its severity."),
        ("Systems of unknown exposure", sum(not reach for _, _, reach in inputs.systems), "/systems/?reach=~",
         "Say whether the internet, partners or only the inside reaches them."),
        ("Systems with scanned assets in no scenario",
         sum(inputs.systems[s][0] not in hit for s in on_systems), "/scenario-systems/",
         "Say which scenarios hit them: until then a foothold there costs only what it spreads to."),
        ("Scanned assets of no system", len(loose), "/assets/",
         "Tie them to systems: their findings have no price."),
        ("Scenarios by external attackers that hit no system", sum(not one.systems for one in external), "/scenarios/",
         "Say which systems they hit: findings explain nothing of them."),
        ("Controls on systems with unknown coverage, capability or reliability",
         sum(bool(guard.missing) for guard in inputs.guards), "/control-systems/",
         "Give what is measured: in the middle what is not stated stops nothing."),
        ("Scenarios without figures", len(built.quantified.missing), "/loss/#not-quantified",
         "Give frequency and loss per event; the findings alone say a first range."),
    )  # fmt: skip
    return [{"what": what, "number": n, "href": href, "remedy": remedy} for what, n, href, remedy in rows if n]


__all__ = ["ENDS", "HIGH", "LOW", "MID", "Anchors", "Computed", "compute", "to_fill_in"]
