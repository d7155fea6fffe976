"""Exposure of systems and assets, and the chain from a finding to the goals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accord.engines.priority import Urgency
from accord.estate.models import System, SystemAsset
from accord.estate.selectors import Alignment, Carried, alignment
from accord.exposure.models import IS_OPEN, AssetExposure, Finding, SystemExposure
from accord.exposure.models.rollups import CLASS_FIELDS, SEVERITY_FIELDS, Counts
from accord.exposure.selectors.narrow import on_assets
from accord.exposure.selectors.policy import policy


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Open findings of one worst class: `code` as in URLs (`triage`, `3d`, `14d`, `60d`, `upgrade`, `none`)."""

    code: str
    label: str
    days: int | None
    open: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Counts of open findings. `worst` is the code of the most urgent class with an open finding, "" without any."""

    by_class: tuple[ClassCount, ...]
    by_severity: dict[str, int]
    known_exploited: int

    @property
    def open(self) -> int:
        """All open findings."""
        return sum(c.open for c in self.by_class)

    @property
    def with_deadline(self) -> int:
        """Those to be fixed by a date: within 3, 14 or 60 days."""
        return sum(c.open for c in self.by_class if c.days is not None)

    @property
    def dated(self) -> list[str]:
        """The codes of the classes of `with_deadline`."""
        return [c.code for c in self.by_class if c.days is not None]

    @property
    def worst(self) -> str:
        return next((c.code for c in self.by_class if c.open), "")


def exposure_from(counts: Counts | None) -> Exposure:
    """A roll-up row as an Exposure, its classes as the policy in force calls them."""
    rules = policy()
    classes = tuple(
        ClassCount(rules.code(u), rules.label(u), rules.days(u), getattr(counts, CLASS_FIELDS[u], 0)) for u in Urgency
    )
    severities = {name: getattr(counts, name, 0) for name in SEVERITY_FIELDS}
    return Exposure(classes, severities, 0 if counts is None else counts.known_exploited)


def system_exposure(keys: Iterable[str]) -> dict[str, Exposure]:
    """The exposure of systems by key; a system without findings has zeros. One query per 500 keys."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, Exposure] = dict.fromkeys(wanted, exposure_from(None))
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in SystemExposure.objects.filter(system__key__in=part).select_related("system"):
            found[row.system.key] = exposure_from(row)
    return found


def exposure_of_assets(keys: Iterable[str]) -> dict[str, Exposure]:
    """The same for assets; an asset that no scanner has seen is left out. One query per 500 keys."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, Exposure] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in AssetExposure.objects.filter(asset__key__in=part).select_related("asset"):
            found[row.asset.key] = exposure_from(row)
    return found


def findings_of_system(system: System | str, limit: int | None = 50) -> QuerySet[Finding]:
    """Open findings on the assets of a system (or its key), the most urgent first, at most `limit`. Four queries."""
    key = system if isinstance(system, str) else system.key
    neighbours = ("definition", "asset")
    found = on_assets(Finding.objects.filter(IS_OPEN), Q(key=key)).prefetch_related(*neighbours)
    rows = found.defer("evidence").order_by("rank", "id")
    return rows if limit is None else rows[:limit]


@dataclass(frozen=True, slots=True)
class GoalLink:
    """A goal that a system serves: its share of the goal and the weight of all goals in that (None = unknown)."""

    key: str
    name: str
    share: float
    weight: float | None


@dataclass(frozen=True, slots=True)
class SystemLink:
    """A system on the asset: its share that runs there, the weight of goals that it carries, and which goals."""

    key: str
    name: str
    share: float
    reach: str
    weight: float | None
    goals: Sequence[GoalLink] = field(default_factory=tuple)

    @property
    def carried(self) -> float | None:
        """Weight of goals × the share of the system on this asset."""
        return None if self.weight is None else self.weight * self.share


def chain_of(asset_id: int | None, known: Alignment | None = None) -> list[SystemLink]:
    """From an asset to its systems and their goals, the heaviest first. Five queries at most."""
    if asset_id is None:
        return []
    links = SystemAsset.objects.filter(asset_id=asset_id).select_related("system").order_by("system__key")
    rows = list(links)
    if not rows:
        return []
    aligned = known or alignment()
    names = {goal.key: goal.name for goal in aligned.goals}
    found = []
    for row in rows:
        carried = aligned.carried.get(row.system.key) or Carried()
        goals = [
            GoalLink(key, names.get(key, key), share, carried.goals.get(key)) for key, share in carried.shares.items()
        ]
        goals.sort(key=lambda g: (-(g.weight or 0.0), g.key))
        found.append(
            SystemLink(
                row.system.key, row.system.name, float(row.share), row.system.reach,
                aligned.weight_of(row.system.key), tuple(goals),
            )
        )  # fmt: skip
    return sorted(found, key=lambda s: (-(s.carried or 0.0), s.key))
