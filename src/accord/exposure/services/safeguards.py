"""Computes which safeguards each asset should have and has, and keeps it as a roll-up with the matrix.

Reads as many rows as there are assets, links and evidence; a page reads the roll-up alone. Nothing is recorded in the
ledger: all of it follows from rows that are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.engines import coverage
from accord.engines.coverage import SAFEGUARDS, SURFACES, Rule
from accord.estate.models import Asset, System, SystemAsset
from accord.exposure.models import (
    AssetCoverage,
    AssetExposure,
    AssetSurface,
    CoverageState,
    EndedSupport,
    SafeguardEvidence,
    SafeguardRule,
    Scan,
    ScanTarget,
    SystemStake,
)
from accord.exposure.services import outside
from accord.exposure.services.facts import Estate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS = 5000
OTHER = -2
"""Whose evidence it is: a tool that no rule names."""
FACTS = ("surface", "environment", "reach", "criticality")
CODES: dict[str, tuple[str, ...]] = {
    "surface": SURFACES,
    "environment": tuple(Asset.Environment.values),
    "reach": tuple(System.Reach.values),
    "criticality": tuple(System.Criticality.values),
}
"""The first criticality is the highest."""
OWN_RULES: tuple[tuple[str, tuple[tuple[str, str], ...], int | None], ...] = (
    ("owner", (), None),
    *(("scanned", (("surface", name),), 31) for name in ("network", "web", "cloud", "container", "code", "device")),
    ("edr", (("surface", "network"),), 31),
    *(("logs", (("surface", name), ("environment", "production")), 31) for name in ("network", "web", "cloud")),
    *(("backup", (("surface", name), ("environment", "production")), 31) for name in ("network", "web")),
    ("mfa", (("surface", "identity"),), 31),
    *(("supported", (("surface", name),), None) for name in ("network", "container", "device")),
)
"""What is asked while the organization has no rule of its own for a safeguard: (safeguard, conditions, days)."""


@dataclass(slots=True)
class _Held:
    """What is read of one asset."""

    surface: str
    environment: str
    owned: bool
    criticality: str = ""
    systems: list[tuple[int, float]] = field(default_factory=list)


def sources_of(rows: Iterable[SafeguardRule]) -> list[str]:
    """The tools that rules name, in lower case; a rule's source is the place in it."""
    return sorted({row.source.strip().lower() for row in rows} - {""})


def rules() -> tuple[list[Rule], list[SafeguardRule], set[str]]:
    """The rules in force, the organization's own rows, and the safeguards that follow Accord's own. One query."""
    rows = list(SafeguardRule.objects.order_by("key"))
    theirs, named = {row.safeguard for row in rows}, sources_of(rows)
    found = [
        Rule(
            SAFEGUARDS.index(row.safeguard), row.required,
            tuple((n, CODES[name].index(getattr(row, name))) for n, name in enumerate(FACTS) if getattr(row, name)),
            row.within_days, named.index(row.source.strip().lower()) if row.source.strip() else coverage.ANY,
        )
        for row in rows
    ]  # fmt: skip
    for safeguard, conditions, days in OWN_RULES:
        if safeguard not in theirs:
            pairs = tuple((FACTS.index(name), CODES[name].index(value)) for name, value in conditions)
            found.append(Rule(SAFEGUARDS.index(safeguard), True, pairs, days))
    return found, rows, set(SAFEGUARDS) - theirs


def refresh(actor: User | None, now: datetime | None = None) -> dict[str, Any]:
    """Compute everything anew; returns the matrix as stored. What is read before the write may be a moment older."""
    import numpy as np

    at = now or timezone.now()
    today = timezone.localdate(at)
    held = _assets()
    keys = np.array(sorted(held), dtype=np.int64)
    place = {pk: n for n, pk in enumerate(keys.tolist())}
    facts = Estate().of(place)
    in_force, rows_of_rules, _ = rules()
    columns = [
        [_code("surface", held[pk].surface) for pk in place],
        [_code("environment", held[pk].environment) for pk in place],
        [_code("reach", facts[pk].reach) for pk in place],
        [_code("criticality", held[pk].criticality) for pk in place],
    ]
    need, days, source = coverage.asked(in_force, columns, len(place))
    state = _states(held, place, days, today, source, sources_of(rows_of_rules))
    money, currency = _money(held, place)
    surface = np.array(columns[0], dtype=np.int64)
    watched = coverage.unwatched(state)
    cells = np.where(need, np.where(state == coverage.UNKNOWN, 3, np.where(state == coverage.YES, 1, 2)), 0)
    weights = [facts[pk].goal_weight for pk in place]
    rows = [
        AssetCoverage(
            asset_id=pk, surface=SURFACES[surface[n]], unwatched=bool(watched[n]), goal_weight=weights[n],
            **{f"money_{end}": _or_none(money[e, n]) for e, end in enumerate(("low", "mid", "high"))},
            **{name: int(cells[n, s]) for s, name in enumerate(SAFEGUARDS)},
        )
        for pk, n in place.items()
    ]  # fmt: skip
    result = _result(coverage.matrix(surface, need, state, money[1]), surface, money[1], watched, currency)
    result["outside"] = outside.seen(held)
    with ledger.write(actor):
        _store(rows)
        kept = CoverageState.objects.filter(id=1).values_list("result", flat=True).first() or {}
        result["support"] = kept.get("support")
        CoverageState.objects.update_or_create(id=1, defaults={"at": at, "stale": False, "result": result})
    return result


def refresh_if_stale() -> bool:
    """What a round does: compute where something changed, or where a day began since (evidence grows old)."""
    state = CoverageState.objects.filter(id=1).first()
    if state is None:
        if not Asset.objects.exists():
            return False
    elif not state.stale and state.at is not None and timezone.localdate(state.at) == timezone.localdate():
        return False
    refresh(None)
    return True


def _assets() -> dict[int, _Held]:
    """Every asset with its surface, environment, whether it has an owner, and its systems. Three queries."""
    said = dict(AssetSurface.objects.values_list("asset_id", "surface"))
    found: dict[int, _Held] = {}
    rows = Asset.objects.order_by("pk").values_list("pk", "kind", "identifiers", "environment", "owner_id")
    for pk, kind, identifiers, environment, owner in rows.iterator(chunk_size=ROWS):
        schemes = tuple(text.partition(":")[0].lower() for text in identifiers)
        surface = said.get(pk) or coverage.surface_of(kind, schemes)
        found[pk] = _Held(surface, environment, owner is not None)
    links = SystemAsset.objects.order_by("pk").values_list(
        "asset_id", "system_id", "share", "system__it_owner_id", "system__criticality"
    )
    order = CODES["criticality"]
    for asset, system, share, owner, criticality in links.iterator(chunk_size=ROWS):
        one = found.get(asset)
        if one is None:
            continue
        one.systems.append((system, float(share)))
        one.owned = one.owned or owner is not None
        if criticality and (not one.criticality or order.index(criticality) < order.index(one.criticality)):
            one.criticality = criticality
    return found


def _code(fact: str, value: str) -> int:
    return CODES[fact].index(value) if value else coverage.ANY


def _states(
    held: dict[int, _Held], place: dict[int, int], days: NDArray[np.int64], today: date, source: NDArray[np.int64],
    named: list[str],
) -> NDArray[np.int8]:  # fmt: skip
    """YES, NO or UNKNOWN of each asset × safeguard. Three queries, and one for each scanner that a rule names.

    Accord takes in the scans itself: what none looked at within the time is not scanned, unless other evidence says so.
    """
    import numpy as np

    told: list[tuple[int, int, bool, int, int]] = []
    scans = AssetExposure.objects.filter(covered__isnull=False).values_list("pk", "covered")
    scanned, owner, supported = (SAFEGUARDS.index(name) for name in ("scanned", "owner", "supported"))
    for pk, covered in scans.iterator(chunk_size=ROWS):
        told.append((pk, scanned, True, timezone.localdate(covered).toordinal(), OTHER))
    places = {name: at for at, name in enumerate(named)}
    for name in {named[at] for at in np.unique(source[:, scanned]).tolist() if at != coverage.ANY}:
        told += [(pk, scanned, True, day, places[name]) for pk, day in _scanned_by(name)]
    evidence = SafeguardEvidence.objects.order_by("pk")
    columns = evidence.values_list("asset_id", "safeguard", "present", "seen", "source")
    for pk, safeguard, present, seen, by in columns.iterator(chunk_size=ROWS):
        whose = places.get(by.strip().lower(), OTHER)
        told.append((pk, SAFEGUARDS.index(safeguard), present, seen.toordinal(), whose))
    now = today.toordinal()
    told += [(pk, owner, one.owned, now, OTHER) for pk, one in held.items()]
    told += [(pk, supported, not ended, now, OTHER) for pk, ended in _support().items()]
    told = [row for row in told if row[0] in place]
    assets, kinds, there, when, whose_all = zip(*told, strict=True) if told else ((), (), (), (), ())
    first = np.where(days < 0, coverage.ALWAYS, now - days)
    at = np.array([place[pk] for pk in assets], dtype=np.int64)
    state = coverage.states(len(place), at, kinds, there, when, first, whose_all, source)
    state[state[:, scanned] == coverage.UNKNOWN, scanned] = coverage.NO
    return state


def _scanned_by(scanner: str) -> list[tuple[int, int]]:
    """(asset, day) of the last scan by a scanner whose name begins so. One query."""
    covered = ScanTarget.objects.filter(
        target__asset__isnull=False, scan__scanner__istartswith=scanner, scan__state=Scan.State.LANDED
    )
    last = covered.order_by().values("target__asset_id").annotate(last=Max("scan__observed"))
    rows = last.values_list("target__asset_id", "last").iterator(chunk_size=ROWS)
    return [(pk, timezone.localdate(seen).toordinal()) for pk, seen in rows if seen is not None]


def _support() -> dict[int, bool]:
    """Whether anything on an asset is past its end of support; assets of which nothing is known are left out."""
    found: dict[int, bool] = {}
    rows = EndedSupport.objects.filter(target__asset__isnull=False, ended__isnull=False)
    for asset, ended in rows.values_list("target__asset_id", "ended").iterator(chunk_size=ROWS):
        found[asset] = found.get(asset, False) or bool(ended)
    return found


def _money(held: dict[int, _Held], place: dict[int, int]) -> tuple[NDArray[np.float64], str]:
    """What one foothold a year on each asset costs a year, (3, assets), NaN = unknown; and the currency."""
    import numpy as np

    stakes = {row.system_id: (row.low, row.mid, row.high) for row in SystemStake.objects.all()}
    currency = SystemStake.objects.values_list("currency", flat=True).first() or ""
    money = np.full((3, len(place)), np.nan)
    for pk, n in place.items():
        known = [(share, stakes[system]) for system, share in held[pk].systems if system in stakes]
        if known:
            money[:, n] = np.sum([share * np.array(ends) for share, ends in known], axis=0)
    return money, currency


def _or_none(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def _store(rows: list[AssetCoverage]) -> None:
    """Write what is another one now."""
    names = ["surface", "unwatched", "goal_weight", "money_low", "money_mid", "money_high", *SAFEGUARDS]
    kept = {row[0]: row[1:] for row in AssetCoverage.objects.values_list("asset_id", *names)}
    there = {row.asset_id for row in rows}
    gone = [pk for pk in kept if pk not in there]
    for start in range(0, len(gone), 500):
        AssetCoverage.objects.filter(pk__in=gone[start : start + 500]).delete()
    new = [row for row in rows if row.asset_id not in kept]
    changed = [
        row for row in rows
        if row.asset_id in kept and kept[row.asset_id] != tuple(getattr(row, name) for name in names)
    ]  # fmt: skip
    AssetCoverage.objects.bulk_create(new, batch_size=500)
    AssetCoverage.objects.bulk_update(changed, names, batch_size=50)


def _result(
    table: coverage.Table, surface: NDArray[np.int64], money: NDArray[np.float64], watched: NDArray[np.bool_],
    currency: str,
) -> dict[str, Any]:  # fmt: skip
    """The matrix and its sums as JSON."""
    import numpy as np

    known = ~np.isnan(money)
    per: dict[str, Any] = defaultdict(dict)
    for at, name in enumerate(SURFACES):
        mine = surface == at
        per[name] = {
            "assets": int(mine.sum()), "unwatched": int((mine & watched).sum()),
            "money": float(money[mine & known].sum()), "unpriced": int((mine & ~known).sum()),
            "cells": {
                safeguard: {part: getattr(table, part)[at, s].item() for part in table.__slots__}
                for s, safeguard in enumerate(SAFEGUARDS)
            },
        }  # fmt: skip
    return {
        "currency": currency, "assets": len(surface), "money": float(money[known].sum()),
        "unpriced": int((~known).sum()), "unwatched": int(watched.sum()),
        "unwatched_money": float(money[watched & known].sum()), "surfaces": dict(per),
    }  # fmt: skip
