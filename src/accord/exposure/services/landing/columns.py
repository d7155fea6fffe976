"""Findings as rows of values: which columns stand where, and how rows of a scan become such rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accord.engines import priority
from accord.exposure.models import OPEN_STATES, Finding, Target
from accord.exposure.services import bulk
from accord.exposure.services.facts import UNKNOWN, AssetFacts, exposed
from accord.exposure.services.landing.kinds import Told
from accord.exposure.services.ranking import FLOORS
from accord.intake.batches import PLACE

State = Finding.State
OF_KIND = (
    "definition", "check_name", "check_group", "needs_credentials", "severity", "cvss_score", "possible",
    "known_exploited", "epss",
)  # fmt: skip
OF_TARGET = ("target", "asset", "reach", "goal_weight")
OF_VERDICT = ("worst_class", "best_class", "rank", "clock", "due", "state", "content")
OF_HISTORY = ("first_seen", "last_seen", "closed_at", "reopened", "first_scan", "last_scan", "closed_by")
SAID = (*OF_KIND, *OF_TARGET, *PLACE)
"""What a scan says of a finding, or follows from it."""
NAMES = ("id", "fingerprint", *SAID, *OF_VERDICT, *OF_HISTORY)
FLOOR = {severity.value: floor for severity, floor in FLOORS.items()}


def others() -> list[str]:
    """Fields that no scan says: a new finding has their defaults, a known one keeps them."""
    return [field.name for field in Finding._meta.concrete_fields if field.name not in NAMES]


@dataclass(frozen=True, slots=True)
class Place:
    """What a finding takes from its target."""

    target: int
    asset: int | None
    prefix: str
    reach: str
    goal_weight: float | None
    ignored: bool


def place_of(target: Target, facts: Mapping[int, AssetFacts]) -> Place:
    told = facts.get(target.asset_id or 0, UNKNOWN)
    prefix = f"a{target.asset_id}:" if target.asset_id is not None else f"t{target.pk}:"
    return Place(target.pk, target.asset_id, prefix, told.reach, told.goal_weight, target.state == Target.State.IGNORED)


@dataclass(slots=True)
class Block:
    """Sightings of one transaction, by row: number of the target, number of the kind, place, digest, fingerprint."""

    places: Mapping[int, Place]
    told: Mapping[int, Told]
    target: Sequence[int]
    kind: Sequence[int]
    said: Sequence[tuple[Any, ...]]
    content: Sequence[int]
    fingerprint: Sequence[str]
    analyses: Mapping[int, str]

    def contents(self) -> list[int]:
        """The digest of everything that the file says of each row."""
        base = {number: told.content for number, told in self.told.items()}
        return [one ^ base[kind] for one, kind in zip(self.content, self.kind, strict=True)]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Classes and place of rows, as lists."""

    worst: list[int]
    best: list[int]
    rank: list[int]


def assess(
    block: Block, rows: Sequence[int], policy: priority.Policy, prices: Sequence[float | None] | None = None
) -> Verdicts:
    """The verdict of the priority engine on these rows of a block, by the policy in force."""
    import numpy as np

    nan = math.nan
    kinds = sorted(block.told)
    told = [block.told[number] for number in kinds]
    at = {number: index for index, number in enumerate(kinds)}
    targets = sorted(block.places)
    where = {number: index for index, number in enumerate(targets)}
    places = [block.places[number] for number in targets]
    kind = np.fromiter((at[block.kind[row]] for row in rows), np.intp, len(rows))
    target = np.fromiter((where[block.target[row]] for row in rows), np.intp, len(rows))
    scores = [FLOOR[t.severity] if t.score is None and t.severity is not None else t.score for t in told]
    found = priority.assess(
        np.array([-1 if t.exploited is None else int(t.exploited) for t in told], np.int8)[kind],
        np.array([exposed(p.reach) for p in places], np.int8)[target],
        np.array([t.possible for t in told], np.uint8)[kind],
        np.array([nan if t.epss is None else t.epss for t in told], np.float64)[kind],
        np.array([nan if p.goal_weight is None else p.goal_weight for p in places], np.float64)[target],
        np.array([nan if score is None else score for score in scores], np.float64)[kind],
        None if prices is None else np.array([nan if p is None else p for p in prices], np.float64),
        policy,
    )
    return Verdicts(found.worst.tolist(), found.best.tolist(), found.rank.tolist())


def kind_parts(block: Block) -> dict[int, tuple[Any, ...]]:
    """The values of OF_KIND by number of the kind."""
    return {number: told[:-1] for number, told in block.told.items()}


def target_parts(block: Block) -> dict[int, tuple[Any, ...]]:
    """The values of OF_TARGET by number of the target."""
    return {number: (p.target, p.asset, p.reach, p.goal_weight) for number, p in block.places.items()}


def layout() -> list[str]:
    """The columns of rows that are poured: NAMES, then what no scan says."""
    return bulk.columns_of(Finding, (*NAMES, *others()))


def defaults() -> tuple[Any, ...]:
    """The values of `others()` of a new finding."""
    return tuple(bulk.stored(Finding._meta.get_field(name).get_default()) for name in others())  # type: ignore[union-attr]


def is_open(state: str) -> bool:
    return state in OPEN_STATES
