"""What an asset brings to the priority of its findings: whom its systems are exposed to, which goals they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from accord.estate.models import System, SystemAsset
from accord.estate.selectors import Alignment, alignment
from accord.exposure.services.bulk import chunks

Link = tuple[str, float | None, float]
"""One system on an asset: its reach ("" unknown), the weight of goals that it carries, its share there."""


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """`reach` "" and `goal_weight` None are unknown."""

    reach: str = ""
    goal_weight: float | None = None


UNKNOWN = AssetFacts()


def combine(links: Iterable[Link]) -> AssetFacts:
    """The facts of an asset from its systems: the widest reach, and Σ weight carried × share on the asset.

    One system of unknown reach leaves the reach unknown unless another one is on the internet already; one of
    unknown weight leaves the weight unknown. An asset in no system has neither.
    """
    held = list(links)
    if not held:
        return UNKNOWN
    reaches = {reach for reach, _, _ in held}
    order = (System.Reach.INTERNET.value, "", System.Reach.PARTNER.value, System.Reach.INTERNAL.value)
    reach = next(one for one in order if one in reaches)
    weights = [None if weight is None else weight * share for _, weight, share in held]
    total = None if any(w is None for w in weights) else min(sum(w for w in weights if w is not None), 1.0)
    return AssetFacts(reach, total)


def exposed(reach: str) -> int:
    """The answer to “publicly exposed?”: 1 yes, 0 no, -1 unknown."""
    return -1 if not reach else int(reach == System.Reach.INTERNET.value)


class Estate:
    """The present facts of assets. The alignment of systems to goals is read once, at first need."""

    def __init__(self) -> None:
        self._alignment: Alignment | None = None
        self._told: dict[int, AssetFacts] = {}

    @property
    def alignment(self) -> Alignment:
        if self._alignment is None:
            self._alignment = alignment()
        return self._alignment

    def of(self, assets: Iterable[int]) -> dict[int, AssetFacts]:
        """Facts by asset. A query per 2,000 assets."""
        found: dict[int, AssetFacts] = {}
        for part in chunks(assets, 2000):
            links: dict[int, list[Link]] = defaultdict(list)
            rows = SystemAsset.objects.filter(asset_id__in=part)
            for asset, key, reach, share in rows.values_list("asset_id", "system__key", "system__reach", "share"):
                links[asset].append((reach, self.alignment.weight_of(key), float(share)))
            found.update({asset: combine(links[asset]) if asset in links else UNKNOWN for asset in part})
        self._told.update(found)
        return found

    def is_outdated(self) -> bool:
        """Whether any asset that was asked for has other facts by now."""
        return bool(self._told) and Estate().of(self._told) != self._told
