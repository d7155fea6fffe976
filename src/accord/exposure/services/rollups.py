"""Keeps the counts of open findings, recounts them, and proves that they agree with the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count, F, Min, Model, Q, Sum

from accord.core import ledger
from accord.core.models import User
from accord.estate.models import SystemAsset
from accord.exposure.models import (
    IS_OPEN,
    AssetExposure,
    Definition,
    Finding,
    SystemExposure,
    Target,
    TotalExposure,
)  # fmt: skip
from accord.exposure.models.rollups import CLASS_FIELDS, COUNTED, SEVERITY_FIELDS, Counts
from accord.exposure.services import bulk
from accord.exposure.services.facts import UNKNOWN, AssetFacts
from accord.exposure.services.footholds import FIELDS as FOOTHOLD_FIELDS
from accord.exposure.services.footholds import Footholds, differ, hold, stray
from accord.exposure.services.tallies import Counted

Tally = dict[str, int]
NO_FOOTHOLDS = Footholds()


def _count(subject: str, where: Q) -> dict[int, tuple[Tally, int | None]]:
    """Counts and lowest rank per subject ("asset_id" or "target_id") over the open findings that fit."""
    found: dict[int, tuple[Tally, int | None]] = {}
    rows = (
        Finding.objects.filter(where, IS_OPEN)
        .order_by()
        .values_list(subject, "worst_class", "severity", "known_exploited")
        .annotate(n=Count("pk"), first=Min("rank"))
    )
    for owner, worst, severity, exploited, number, first in rows.iterator(chunk_size=5000):
        tally, lowest = found.setdefault(owner, (Counter(), None))
        tally["open_findings"] += number
        tally[CLASS_FIELDS[worst]] += number
        tally[SEVERITY_FIELDS[5 if severity is None else severity]] += number
        if exploited:
            tally["known_exploited"] += number
        if first is not None and (lowest is None or first < lowest):
            found[owner] = (tally, first)
    return found


def recount(
    assets: Iterable[int],
    targets: Iterable[int] = (),
    definitions: Mapping[int, int] | None = None,
    facts: Mapping[int, AssetFacts] | None = None,
    states_changed: bool = False,
    counted: Counted | None = None,
) -> None:
    """Bring the roll-ups of what was touched up to date, inside the caller's transaction.

    Assets and targets are recounted from their findings; what changed is added to their systems and to the
    total. `definitions` are differences of their open findings. `facts` are noted where an asset is new. What had no
    open findings before is taken from `counted`, where that has it, without being read.
    """
    total: Tally = Counter()
    _add(total, _assets(set(assets), facts or {}, counted or Counted()))
    _add(total, _targets(set(targets), counted or Counted()))
    bulk.add(Definition, "open_findings", definitions or {})
    if any(total.values()) or states_changed:
        _total(total, states_changed)


def _by_value(numbers: Mapping[int, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for pk, number in numbers.items():
        found[number].append(pk)
    return found


def _add(to: Tally, other: Tally) -> None:
    for name, number in other.items():
        to[name] = to.get(name, 0) + number


def _differ(row: Counts, tally: Tally) -> Tally:
    """What changes on the row, after it was changed."""
    difference = {}
    for name in COUNTED:
        new, old = tally.get(name, 0), getattr(row, name)
        if new != old:
            difference[name] = new - old
            setattr(row, name, new)
    return difference


def _assets(assets: set[int], facts: Mapping[int, AssetFacts], told: Counted) -> Tally:
    if not assets:
        return {}
    known = {row.asset_id: row for row in AssetExposure.objects.filter(asset_id__in=assets)}
    read = {
        asset for asset in assets
        if asset not in told.assets or (asset in known and (known[asset].open_findings or known[asset].price_mid))
    }  # fmt: skip
    held = {**told.footholds, **dict.fromkeys(read, NO_FOOTHOLDS), **(hold(read, known) if read else {})}
    counted = {
        **told.assets,
        **dict.fromkeys(read, ({}, None)),
        **(_count("asset_id", Q(asset_id__in=read)) if read else {}),
    }
    differences: dict[int, Tally] = {}
    fresh: list[AssetExposure] = []
    changed: list[AssetExposure] = []
    for asset in sorted(assets):
        tally, lowest = counted.get(asset, ({}, None))
        row = known.get(asset)
        new = row is None
        if row is None:
            of_asset = facts.get(asset, UNKNOWN)
            row = AssetExposure(asset_id=asset, reach=of_asset.reach, goal_weight=of_asset.goal_weight)
        difference = _differ(row, tally)
        ways_in = held.get(asset, NO_FOOTHOLDS)
        if new or difference or row.worst_rank != lowest or differ(row, ways_in):
            row.worst_rank = lowest
            ways_in.note(row)
            (fresh if new else changed).append(row)
        if difference:
            differences[asset] = difference
    bulk.insert(AssetExposure, fresh)
    bulk.overwrite(AssetExposure, changed, (*COUNTED, "worst_rank", *FOOTHOLD_FIELDS))
    _systems(differences)
    total: Tally = Counter()
    for difference in differences.values():
        _add(total, difference)
    return total


def _systems(differences: Mapping[int, Tally]) -> None:
    """Add what changed on assets to the systems that run on them."""
    if not differences:
        return
    per_system: dict[int, Tally] = defaultdict(Counter)
    links = SystemAsset.objects.filter(asset_id__in=list(differences))
    for system, asset in links.values_list("system_id", "asset_id"):
        _add(per_system[system], differences[asset])
    if not per_system:
        return
    known = {row.system_id: row for row in SystemExposure.objects.filter(system_id__in=list(per_system))}
    fresh: list[SystemExposure] = []
    changed: list[SystemExposure] = []
    for system, difference in sorted(per_system.items()):
        row = known.get(system) or SystemExposure(system_id=system)
        for name, number in difference.items():
            setattr(row, name, getattr(row, name) + number)
        (changed if system in known else fresh).append(row)
    bulk.insert(SystemExposure, fresh)
    bulk.overwrite(SystemExposure, changed, COUNTED)


def _targets(targets: set[int], told: Counted) -> Tally:
    if not targets:
        return {}
    rows = list(Target.objects.filter(pk__in=targets).only(*COUNTED, "worst_rank"))
    read = {row.pk for row in rows if row.pk not in told.targets or row.open_findings}
    counted = {**told.targets, **dict.fromkeys(read, ({}, None))}
    if read:
        counted.update(_count("target_id", Q(target_id__in=read, asset_id__isnull=True)))
    total: Tally = Counter()
    changed = []
    for row in rows:
        tally, lowest = counted.get(row.pk, ({}, None))
        difference = _differ(row, tally)
        if difference or row.worst_rank != lowest:
            row.worst_rank = lowest
            changed.append(row)
        _add(total, difference)
    _write_counts(Target, changed)
    return total


def _write_counts(model: type[Model], rows: list[Any]) -> None:
    """Write the counts and the lowest rank of rows that are there."""
    names = (*COUNTED, "worst_rank")
    values = [(*(getattr(row, name) for name in names), row.pk) for row in rows]
    bulk.rewrite(model, bulk.columns_of(model, names), values)


def _total(difference: Tally, states_changed: bool) -> None:
    row, _ = TotalExposure.objects.get_or_create(id=1)
    for name, number in difference.items():
        setattr(row, name, getattr(row, name) + number)
    if states_changed:
        row.unclaimed = Target.objects.filter(state=Target.State.UNCLAIMED).count()
        row.ignored = Target.objects.filter(state=Target.State.IGNORED).count()
    row.save()


def rebuild_systems() -> int:
    """Sum the systems anew from their assets (after the links changed); returns how many differed."""
    sums = {name: Sum(f"asset__exposure__{name}") for name in COUNTED}
    links = SystemAsset.objects.filter(asset__exposure__open_findings__gt=0)
    wanted: dict[int, Tally] = {}
    for system, *numbers in links.order_by().values_list("system_id").annotate(**sums):
        wanted[system] = dict(zip(sums, numbers, strict=True))
    known = {row.system_id: row for row in SystemExposure.objects.all()}
    fresh: list[SystemExposure] = []
    changed: list[SystemExposure] = []
    for system in sorted({*wanted, *known}):
        row = known.get(system) or SystemExposure(system_id=system)
        tally = wanted.get(system, {})
        if _differ(row, tally):
            (changed if system in known else fresh).append(row)
    bulk.insert(SystemExposure, fresh)
    bulk.overwrite(SystemExposure, changed, COUNTED)
    return len(fresh) + len(changed)


def check_rollups() -> Iterator[str]:
    """Compare every roll-up with its rows; yields each difference in words. Reads all open findings once."""
    owned = _count("asset_id", Q(asset_id__isnull=False))
    yield from _compare("asset", owned, AssetExposure.objects.all())
    yield from stray()
    loose = _count("target_id", Q(asset_id__isnull=True))
    yield from _compare("target", loose, Target.objects.all())
    total: Tally = Counter()
    for tally, _ in (*owned.values(), *loose.values()):
        _add(total, tally)
    row = TotalExposure.objects.first() or TotalExposure()
    for name in COUNTED:
        if getattr(row, name) != total.get(name, 0):
            yield f"total {name}: {getattr(row, name)} is kept, {total.get(name, 0)} are there"
    for state in (Target.State.UNCLAIMED, Target.State.IGNORED):
        there = Target.objects.filter(state=state).count()
        if getattr(row, state.value) != there:
            yield f"total {state.value}: {getattr(row, state.value)} is kept, {there} are there"
    yield from _compare_systems(owned)
    yield from _compare_definitions()


def _compare(what: str, counted: Mapping[int, tuple[Tally, int | None]], rows: Any) -> Iterator[str]:
    seen = set()
    for row in rows.iterator(chunk_size=2000):
        seen.add(row.pk)
        tally, lowest = counted.get(row.pk, ({}, None))
        for name in COUNTED:
            if getattr(row, name) != tally.get(name, 0):
                yield f"{what} {row.pk} {name}: {getattr(row, name)} is kept, {tally.get(name, 0)} are there"
        if row.worst_rank != lowest:
            yield f"{what} {row.pk}: the lowest rank kept is {row.worst_rank}, there it is {lowest}"
    for pk in counted.keys() - seen:
        yield f"{what} {pk}: {counted[pk][0]['open_findings']} open findings and no roll-up"


def _compare_systems(owned: Mapping[int, tuple[Tally, int | None]]) -> Iterator[str]:
    sums: dict[int, Tally] = defaultdict(Counter)
    for system, asset in SystemAsset.objects.values_list("system_id", "asset_id").iterator(chunk_size=5000):
        if asset in owned:
            _add(sums[system], owned[asset][0])
    kept = {row.pk: row for row in SystemExposure.objects.all()}
    for system in sorted({*sums, *kept}):
        row = kept.get(system) or SystemExposure()
        for name in COUNTED:
            there = sums[system].get(name, 0) if system in sums else 0
            if getattr(row, name) != there:
                yield f"system {system} {name}: {getattr(row, name)} is kept, {there} are there"


def _compare_definitions() -> Iterator[str]:
    there = dict(Finding.objects.filter(IS_OPEN).order_by().values_list("definition_id").annotate(n=Count("pk")))
    for pk, kept in Definition.objects.values_list("pk", "open_findings").iterator(chunk_size=5000):
        if kept != there.get(pk, 0):
            yield f"definition {pk}: {kept} open findings are kept, {there.get(pk, 0)} are there"


def recompute_rollups(actor: User | None) -> int:
    """Count everything anew in one transaction and write what differs; returns how many rows differed.

    For repair only (`accord check` says when): it holds up other writers while it runs.
    """
    with bulk.wide_statements(), ledger.write(actor) as log:
        differed = sum(1 for _ in check_rollups())
        if not differed:
            return 0
        assets = set(AssetExposure.objects.values_list("pk", flat=True))
        assets |= set(_count("asset_id", Q(asset_id__isnull=False)))
        for part in bulk.chunks(sorted(assets), 2000):
            _assets(set(part), {}, Counted())
        for part in bulk.chunks(list(Target.objects.values_list("pk", flat=True)), 2000):
            _targets(set(part), Counted())
        rebuild_systems()
        there = dict(Finding.objects.filter(IS_OPEN).order_by().values_list("definition_id").annotate(n=Count("pk")))
        kept = dict(Definition.objects.values_list("pk", "open_findings"))
        wrong = {pk: there.get(pk, 0) - number for pk, number in kept.items() if number != there.get(pk, 0)}
        for number, pks in _by_value(wrong).items():
            for part in bulk.chunks(pks, 2000):
                Definition.objects.filter(pk__in=part).update(open_findings=F("open_findings") + number)
        _set_total()
        log.add("recount", "finding", "roll-ups", None, {"differences": differed})
    return differed


def _set_total() -> None:
    sums = {name: Sum(name) for name in COUNTED}
    of_assets, of_targets = AssetExposure.objects.aggregate(**sums), Target.objects.aggregate(**sums)
    row, _ = TotalExposure.objects.get_or_create(id=1)
    for name in COUNTED:
        setattr(row, name, (of_assets[name] or 0) + (of_targets[name] or 0))
    row.save()
    _total({}, True)
