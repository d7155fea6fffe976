"""Counts of findings from their columns, for what had no open findings before: nothing needs to be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from accord.engines import priority
from accord.exposure.models.rollups import CLASS_FIELDS, SEVERITY_FIELDS
from accord.exposure.services.footholds import Footholds, class_of, rate_of

if TYPE_CHECKING:
    from accord.exposure.services.landing.columns import Place
    from accord.exposure.services.landing.kinds import Told

Tally = dict[str, int]


@dataclass(slots=True)
class Counted:
    """Tally and lowest rank by asset and by target without one, and the footholds of assets, of new open findings."""

    assets: dict[int, tuple[Tally, int | None]] = field(default_factory=dict)
    targets: dict[int, tuple[Tally, int | None]] = field(default_factory=dict)
    footholds: dict[int, Footholds] = field(default_factory=dict)

    def spoil(self, asset: int | None, target: int) -> None:
        """Other findings of it change too: it has to be counted in the database."""
        if asset is not None:
            self.assets.pop(asset, None)
        else:
            self.targets.pop(target, None)


def count(places: Sequence[Place], told: Sequence[Told], worst: Sequence[int], ranks: Sequence[int]) -> Counted:
    """Count new open findings; the sequences go together, one entry a finding."""
    found = Counted()
    if not places:
        return found
    _tallies(found, places, told, worst, ranks)
    _footholds(found, places, told, worst)
    return found


def _tallies(
    found: Counted, places: Sequence[Place], told: Sequence[Told], worst: Sequence[int], ranks: Sequence[int]
) -> None:
    import numpy as np

    owners = [(place.asset, place.target if place.asset is None else 0) for place in places]
    numbers = {owner: at for at, owner in enumerate(dict.fromkeys(owners))}
    at = np.fromiter((numbers[owner] for owner in owners), np.intp, len(owners))
    severity = np.fromiter((5 if one.severity is None else one.severity for one in told), np.intp, len(told))
    exploited = np.fromiter((one.exploited is True for one in told), bool, len(told))
    size = len(numbers)
    classes = np.bincount(at * 6 + np.asarray(worst), minlength=size * 6).reshape(size, 6).tolist()
    severities = np.bincount(at * 6 + severity, minlength=size * 6).reshape(size, 6).tolist()
    known = np.bincount(at[exploited], minlength=size).tolist()
    lowest = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(lowest, at, np.asarray(ranks))
    for (asset, target), number in numbers.items():
        tally: Tally = {"open_findings": sum(classes[number]), "known_exploited": known[number]}
        tally.update(zip(CLASS_FIELDS, classes[number], strict=True))
        tally.update(zip(SEVERITY_FIELDS, severities[number], strict=True))
        if asset is not None:
            found.assets[asset] = tally, int(lowest[number])
        else:
            found.targets[target] = tally, int(lowest[number])


def _footholds(found: Counted, places: Sequence[Place], told: Sequence[Told], worst: Sequence[int]) -> None:
    """As `footholds._of_groups`: each definition once on an asset, with its greatest EPSS and gravest severity."""
    none = priority.Urgency.NONE.value
    groups: dict[int, dict[int, tuple[float | None, int | None]]] = {}
    for place, one, urgency in zip(places, told, worst, strict=True):
        if place.asset is None or urgency >= none:
            continue
        held = groups.setdefault(place.asset, {})
        was = held.get(one.definition)
        if was is None:
            held[one.definition] = one.epss, one.severity
        elif was != (one.epss, one.severity):
            scores = [s for s in (was[0], one.epss) if s is not None]
            graves = [s for s in (was[1], one.severity) if s is not None]
            held[one.definition] = max(scores, default=None), min(graves, default=None)
    rates: dict[float, float] = {}
    for asset, held in groups.items():
        hold = found.footholds.setdefault(asset, Footholds())
        for epss, severity in held.values():
            if epss is None:
                hold.unknown[class_of(severity)] += 1
            else:
                if epss not in rates:
                    rates[epss] = rate_of(epss)
                hold.rate += rates[epss]
