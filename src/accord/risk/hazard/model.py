"""The inputs as the hazard engine takes them: estate, rates of the assets, scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.risk import figures
from accord.risk.hazard.inputs import SIDES, Guard, HazardInputs
from accord.risk.selectors.inputs import ScenarioInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from accord.engines import hazard

    Floats = NDArray[np.float64]

ENDS = (figures.LOW, figures.MID, figures.HIGH)


@dataclass(frozen=True, slots=True)
class Built:
    """What the engine computes on.

    unguarded: the estate as if no control covered a system. effective: (3, guards). of_places: (3, assets). unknown:
    (5, 3) rates of findings without EPSS by severity. stated: the quantified scenarios; scenarios: the same for the
    engine, in events a year as stated (without controls); left: (3, k) what controls leave of the events, at the LOW,
    MID, HIGH of the hazard; quantified: the loss engine's input.
    """

    estate: hazard.Estate
    unguarded: hazard.Estate
    effective: Floats
    guard_left: Floats
    of_places: Floats
    unknown: Floats
    scenarios: hazard.Scenarios
    left: Floats
    stated: tuple[ScenarioInput, ...]
    quantified: figures.Quantified


def build(inputs: HazardInputs) -> Built:
    """The engine's input. HazardInputError names what is out of its range."""
    import numpy as np
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    from accord.engines import hazard

    number, places = len(inputs.systems), inputs.places
    holds = csr_array((places.link_share, (places.link_asset, places.link_system)), shape=(len(places.assets), number))
    effective = _effective(inputs.guards)
    left = hazard.left_by([guard.system for guard in inputs.guards], effective, number)
    reach = np.array([inputs.assumptions[f"reach_{reach or 'unknown'}"] for _, _, reach in inputs.systems])
    reach = reach.reshape(number, 3).T
    chains, base = _chains(inputs), np.zeros((3, number))
    keys = tuple(key for key, _, _ in inputs.systems)
    unknown = np.stack([hazard.range_of_class(rates) for rates in inputs.rates])
    found = figures.quantify(inputs.loss)
    return Built(
        hazard.Estate(keys, holds, reach * left, base, chains),
        hazard.Estate(keys, holds, reach, base, chains),
        effective, left,
        places.known[None, :] + (places.unknown @ unknown).T,
        unknown, *_scenarios(inputs, found, keys), found.scenarios, found,
    )  # fmt: skip


def _effective(guards: tuple[Guard, ...]) -> Floats:
    import numpy as np

    from accord.engines import hazard

    nothing = (np.nan,) * 3
    sides = [
        np.array([getattr(guard, side) or nothing for guard in guards], dtype=np.float64).reshape(len(guards), 3).T
        for side in SIDES
    ]
    return hazard.effectiveness(*sides)


def _chains(inputs: HazardInputs) -> tuple[Any, Any, Any]:
    """An intruder goes on to the systems that need this one, and to those that it needs, to each alike."""
    import numpy as np

    from accord.engines import hazard

    number = len(inputs.systems)
    edges = np.array(inputs.edges, dtype=np.int64).reshape(len(inputs.edges), 2)
    up, down = inputs.assumptions["spread_to_dependents"], inputs.assumptions["spread_to_needed"]

    def chain(end: int) -> Any:
        to_dependents = hazard.evenly(number, edges[:, 1], edges[:, 0], up[end])
        return to_dependents + hazard.evenly(number, edges[:, 0], edges[:, 1], down[end])

    return chain(figures.LOW), chain(figures.MID), chain(figures.HIGH)


def _scenarios(inputs: HazardInputs, found: figures.Quantified, keys: tuple[str, ...]) -> tuple[Any, Floats]:
    """The quantified scenarios as stated, and what controls leave of their events."""
    import numpy as np
    from scipy.sparse import csr_array

    from accord.engines import hazard

    at = {key: place for place, key in enumerate(keys)}
    kept = found.scenarios
    rows = [(k, at[system], share) for k, one in enumerate(kept) for system, share in one.systems if system in at]
    k, s, share = zip(*rows, strict=True) if rows else ((), (), ())
    shares = csr_array((np.array(share, dtype=np.float64), (k, s)), shape=(len(kept), len(keys)))
    stated = np.array([one.frequency for one in kept], dtype=np.float64).reshape(len(kept), 3).T
    mean = np.asarray(found.base.rate()[0], dtype=np.float64)
    frequency = np.stack([np.minimum(stated[0], mean), mean, np.maximum(stated[2], mean)])
    left, magnitude = _left(kept, "frequency"), _left(kept, "magnitude")
    amount = np.asarray(found.base.event_moments()[0], dtype=np.float64) * magnitude
    explained = np.array([inputs.assumptions[f"explained_{one.threat}"] for one in kept]).reshape(len(kept), 3).T
    return hazard.Scenarios(tuple(one.key for one in kept), shares, frequency, amount, explained), left


def _left(scenarios: tuple[ScenarioInput, ...], side: str) -> Floats:
    """What controls leave, (3, k). The hazard's LOW is where a control works at its best: the HIGH of its effect."""
    import numpy as np

    rows = [[figures.remaining(one.controls, side, figures.HIGH - end) for one in scenarios] for end in ENDS]
    return np.array(rows, dtype=np.float64).reshape(3, len(scenarios))
