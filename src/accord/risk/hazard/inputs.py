"""Everything that the hazard rests on, read at one moment, as arrays for `accord.engines.hazard`.

Findings come as the sums that exposure keeps for each asset, so a run reads as many rows as there are assets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import FloatField
from django.db.models.functions import Cast

from accord.core import ledger
from accord.estate.models import Dependency, System, SystemAsset
from accord.exposure.models import AssetExposure, Definition
from accord.exposure.models.rollups import UNKNOWN_FIELDS
from accord.program.models import Control, ControlSystem
from accord.risk.hazard.assumptions import ASSUMPTIONS, Ends
from accord.risk.models import HazardAssumption
from accord.risk.selectors.inputs import Inputs as LossInputs
from accord.risk.selectors.inputs import ledger_number
from accord.risk.selectors.inputs import read as read_loss
from accord.ui.format import default_currency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

METHOD = "accord.engines.hazard 1"
RELEVANT = (
    "scenario", "scenario_system", "scenario_loss", "control_effect", "control", "control_system", "system",
    "system_asset", "dependency", "hazard_assumption", "finding", "scan", "feed",
)  # fmt: skip
"""Nouns whose rows go into the hazard."""
SIDES = ("coverage", "capability", "reliability")
UNRATED = len(UNKNOWN_FIELDS) - 1


@dataclass(frozen=True, slots=True)
class Places:
    """The scanned assets that belong to a system: primary keys, Σ rates of findings with EPSS, and the number of
    definitions without, by severity (shape (assets, 5)). share: of system[i] on asset[i], as rows of three arrays."""

    assets: Whole
    known: Floats
    unknown: Whole
    link_asset: Whole
    link_system: Whole
    link_share: Floats


@dataclass(frozen=True, slots=True)
class Guard:
    """An operating control on a system; each side (low, middle, high), None = unknown."""

    control: str
    name: str
    system: int
    coverage: Ends | None
    capability: Ends | None
    reliability: Ends | None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(side for side in SIDES if getattr(self, side) is None)


@dataclass(frozen=True, slots=True)
class HazardInputs:
    """systems: (key, name, reach) by place; edges: (system, what it needs); rates: known yearly rates by severity."""

    systems: tuple[tuple[str, str, str], ...]
    places: Places
    edges: tuple[tuple[int, int], ...]
    guards: tuple[Guard, ...]
    rates: tuple[Floats, ...]
    assumptions: dict[str, Ends]
    loss: LossInputs

    @property
    def assumptions_hash(self) -> str:
        """Of what an anchor rests on beside its scenario."""
        return _digest({"method": METHOD, "assumptions": self.assumptions})

    @property
    def hash(self) -> str:
        """SHA-256 of all of it."""
        arrays = (
            self.places.assets, self.places.known, self.places.unknown, self.places.link_asset, self.places.link_system,
            self.places.link_share, *self.rates,
        )  # fmt: skip
        told = {
            "method": METHOD, "assumptions": self.assumptions, "systems": self.systems, "edges": self.edges,
            "guards": [[getattr(guard, name) for name in guard.__slots__] for guard in self.guards],
            "loss": self.loss.hash, "arrays": [hashlib.sha256(array.tobytes()).hexdigest() for array in arrays],
        }  # fmt: skip
        return _digest(told)


def _digest(told: Any) -> str:
    return hashlib.sha256(ledger.canonical(told).encode()).hexdigest()


def collect() -> tuple[HazardInputs, int]:
    """The inputs and the last number of the ledger then; read again when a write came in between."""
    for _ in range(3):
        number = ledger_number()
        inputs = read(default_currency())
        if ledger_number() == number:
            break
    return inputs, number


def read(currency: str) -> HazardInputs:
    """The inputs of the hazard. Seven queries and those of the annual loss."""
    rows = list(System.objects.order_by("key").values_list("pk", "key", "name", "reach"))
    at = {pk: place for place, (pk, *_) in enumerate(rows)}
    edges = Dependency.objects.order_by("system_id", "depends_on_id").values_list("system_id", "depends_on_id")
    return HazardInputs(
        tuple((key, name, reach) for _, key, name, reach in rows),
        _places(at), tuple((at[one], at[other]) for one, other in edges), _guards(at), _known_rates(),
        _assumptions(), read_loss(currency),
    )  # fmt: skip


def _places(at: dict[int, int]) -> Places:
    import numpy as np

    rows = AssetExposure.objects.order_by("pk").values_list("pk", "foothold_rate", *UNKNOWN_FIELDS)
    held = list(rows.iterator(chunk_size=5000))
    places = {row[0]: place for place, row in enumerate(held)}
    on = SystemAsset.objects.order_by("pk").annotate(part=Cast("share", FloatField()))  # no Decimal for each row
    links = [
        (places[asset], at[system], share)
        for asset, system, share in on.values_list("asset_id", "system_id", "part").iterator(chunk_size=5000)
        if asset in places
    ]
    asset, system, share = zip(*links, strict=True) if links else ((), (), ())
    counts = np.array([row[2:] for row in held], dtype=np.int64).reshape(len(held), len(UNKNOWN_FIELDS))
    return Places(
        np.array([row[0] for row in held], dtype=np.int64), np.array([row[1] for row in held], dtype=np.float64),
        counts, np.array(asset, dtype=np.int64), np.array(system, dtype=np.int64), np.array(share, dtype=np.float64),
    )  # fmt: skip


def _known_rates() -> tuple[Floats, ...]:
    """The yearly rates of definitions with open findings and EPSS, by severity as `UNKNOWN_FIELDS`."""
    import numpy as np

    from accord.engines.hazard import yearly_rate

    scores: list[list[float]] = [[] for _ in UNKNOWN_FIELDS]
    rows = Definition.objects.filter(open_findings__gt=0, epss__isnull=False).order_by("pk")
    for severity, epss in rows.values_list("severity", "epss"):
        scores[UNRATED if severity is None else min(severity, UNRATED - 1)].append(float(epss or 0.0))
    return tuple(yearly_rate(np.minimum(np.array(of, dtype=np.float64), 1 - 1e-5)) for of in scores)


def _guards(at: dict[int, int]) -> tuple[Guard, ...]:
    names = [f"control__{side}_{end}" for side in SIDES[1:] for end in ("low", "mid", "high")]
    rows = ControlSystem.objects.filter(control__state=Control.ControlState.OPERATING)
    found = rows.order_by("control__key", "system__key").values_list(
        "control__key", "control__name", "system_id", "coverage_low", "coverage_mid", "coverage_high", *names
    )
    return tuple(
        Guard(key, name, at[system], _ends(sides[:3]), _ends(sides[3:6]), _ends(sides[6:]))
        for key, name, system, *sides in found
    )


def _ends(values: list[Any]) -> Ends | None:
    known = [float(value) for value in values if value is not None]
    return (known[0], known[1], known[2]) if len(known) == 3 else None


def _assumptions() -> dict[str, Ends]:
    """All assumptions, those of the organization in place of Accord's."""
    own = {
        key: (float(low), float(mid), float(high))
        for key, low, mid, high in HazardAssumption.objects.values_list("key", "low", "mid", "high")
    }
    return {assumption.key: own.get(assumption.key, assumption.ends) for assumption in ASSUMPTIONS}
