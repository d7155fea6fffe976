"""What an alert is about: its entity, the group of hits that it takes, and what its asset carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b

from accord.estate.models import SystemAsset, UnitSystem
from accord.estate.selectors import alignment
from accord.monitoring.hits import Hit
from accord.monitoring.models import GroupingWindow, SystemStake
from accord.monitoring.services.alerts.cleaning import clean

LENGTHS = {
    "critical": timedelta(hours=4), "high": timedelta(hours=12), "medium": timedelta(hours=24),
    "low": timedelta(days=3), "informational": timedelta(days=7), "none": timedelta(hours=24),
}  # fmt: skip
"""How long after its last hit an open alert takes further ones, by level; a rule may have its own."""
KINDS = ("host", "user", "address")
BOUND = "source:"
"""How `asset_by` begins where the asset is what a person said of the source."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The entity that an alert is about, and the group of hits that are one alert."""

    kind: str
    name: str
    group: str


def subject_of(hit: Hit) -> Subject:
    """Of a correlation rule what it groups by; else the host, the user or the address, the first that is there.

    A host that is an asset is the same one under each of its names; by a binding of its source it is none.
    """
    own = {"host": hit.host, "user": hit.user, "address": hit.address}
    if hit.group:
        kind, name = _of_group(hit, own)
    else:
        kind = next((one for one in KINDS if own[one]), "source")
        name = own.get(kind) or (f"source {hit.source}" if hit.source is not None else "no source")
    told = clean(name, 300)
    if kind == "host" and hit.asset is not None and not hit.group and not hit.asset_by.startswith(BOUND):
        return Subject(kind, told, _digest(hit.rule, kind, f"asset {hit.asset}"))
    return Subject(kind, told, _digest(hit.rule, kind, told.lower()))


def _of_group(hit: Hit, own: dict[str, str | None]) -> tuple[str, str]:
    if len(hit.group) == 1:
        value = next(iter(hit.group.values()))
        for kind in KINDS:
            if (own[kind] or "").lower() == value.lower() and value:
                return kind, value
        return "group", f"{next(iter(hit.group))} {value}"
    return "group", ", ".join(f"{name} {value}" for name, value in sorted(hit.group.items()))


def _digest(rule: int, *parts: str) -> str:
    text = "\x1f".join((str(rule), *parts))
    return blake2b(text.encode("utf-8", "replace"), digest_size=24).hexdigest()


def entities_of(hit: Hit) -> list[tuple[str, str]]:
    """Host, user and address of a hit, as (kind, name)."""
    own = (("host", hit.host), ("user", hit.user), ("address", hit.address))
    return [(kind, clean(name, 300)) for kind, name in own if name]


@dataclass(frozen=True, slots=True)
class Facts:
    """What an asset carries; None and "" where it is not known. `systems` are primary keys, the weightiest first."""

    systems: tuple[int, ...] = ()
    unit: int | None = None
    goal_share: float | None = None
    loss: tuple[float, float, float] | None = None


UNKNOWN = Facts()


@dataclass(slots=True)
class Estate:
    """The facts of assets, read once for a batch: six queries. `largest` is the greatest stake of any system."""

    largest: float | None = None
    of: dict[int, Facts] = field(default_factory=dict)

    def get(self, asset: int | None) -> Facts:
        return UNKNOWN if asset is None else self.of.get(asset, UNKNOWN)


def estate_of(assets: Iterable[int]) -> Estate:
    """The weight of goals that each asset carries (Σ weight of its systems × share there), and what is at stake."""
    wanted = set(assets)
    stakes = {row.system_id: (row.low, row.mid, row.high) for row in SystemStake.objects.all()}
    found = Estate(max((mid for _, mid, _ in stakes.values()), default=None))
    if not wanted:
        return found
    links: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
    rows = SystemAsset.objects.filter(asset_id__in=wanted).order_by("pk")
    for asset, system, key, share in rows.values_list("asset_id", "system_id", "system__key", "share"):
        links[asset].append((system, key, float(share)))
    if not links:
        return found
    aligned = alignment()
    units: dict[int, tuple[float, int]] = {}
    systems = {system for held in links.values() for system, _, _ in held}
    for system, unit, share in (
        UnitSystem.objects.filter(system_id__in=systems).order_by("pk").values_list("system_id", "unit_id", "share")
    ):
        if system not in units or float(share) > units[system][0]:
            units[system] = (float(share), unit)
    for asset, held in links.items():
        weights = {system: aligned.weight_of(key) for system, key, _ in held}
        found.of[asset] = _facts(held, weights, stakes, units)
    return found


def _facts(
    held: list[tuple[int, str, float]], weights: dict[int, float | None],
    stakes: dict[int, tuple[float, float, float]], units: dict[int, tuple[float, int]],
) -> Facts:  # fmt: skip
    def first(link: tuple[int, str, float]) -> tuple[float, float, float]:
        weight = weights[link[0]]
        return (-(weight or 0.0) * link[2], -stakes.get(link[0], (0.0, 0.0, 0.0))[1] * link[2], -link[2])

    order = tuple(system for system, _, _ in sorted(held, key=first))
    parts = [None if weights[system] is None else (weights[system] or 0.0) * share for system, _, share in held]
    goal_share = None if any(one is None for one in parts) else min(1.0, sum(one or 0.0 for one in parts))
    known = [(share, stakes[system]) for system, _, share in held if system in stakes]
    loss = None
    if known:
        low, mid, high = (sum(share * ends[place] for share, ends in known) for place in range(3))
        loss = (low, mid, high)
    unit = next((units[system][1] for system in order if system in units), None)
    return Facts(order, unit, goal_share, loss)


def lengths_of(rules: Iterable[int]) -> dict[int, timedelta]:
    """Of rules that have their own, how long an open alert takes further hits."""
    return dict(GroupingWindow.objects.filter(rule_id__in=list(rules)).values_list("rule_id", "length"))
