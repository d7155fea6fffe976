"""Closes what a scan looked for and did not see, and notes what it looked at.

A finding closes only on evidence: this scan covered its target and the check that saw it last (`Coverage.covers`
says True), ran to its end there, and is newer than the last sighting. Whatever a file leaves open stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from django.db.models import Q, QuerySet

from accord.core import ledger
from accord.core.models import User
from accord.exposure.models import OPEN_STATES, AssetExposure, Finding, Scan, ScanTarget, Target
from accord.exposure.services import bulk, rollups
from accord.exposure.services.facts import Estate
from accord.exposure.services.pace import Portion
from accord.intake.records import Coverage

TARGETS = 300
State = Finding.State
Covered = Mapping[str, Sequence[Coverage]]


def note_coverage(
    actor: User, scan_id: int, seen: Mapping[str, int], coverage: Covered, estate: Estate, pause: Callable[[], None]
) -> None:
    """Close and note over all targets of a scan. `seen` is the number of observations by target identity.

    Each transaction takes at most TARGETS targets, and as many findings as fit its time. Safe to repeat.
    """
    portion = Portion(500, 200, 4000)
    for part in bulk.chunks(dict.fromkeys((*seen, *coverage)), TARGETS):
        waiting = _begin(actor, scan_id, part, seen, coverage, estate)
        pause()
        while waiting:
            some, waiting = waiting[: portion.size], waiting[portion.size :]
            portion.begin()
            _close_some(actor, scan_id, some, part, coverage)
            portion.end(len(some))
            pause()


def _begin(
    actor: User, scan_id: int, identities: list[str], seen: Mapping[str, int], coverage: Covered, estate: Estate
) -> list[int]:
    """Note what was looked at; returns the findings there that this scan has not seen."""
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}"):
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over:
            return []
        targets = list(Target.objects.filter(identity__in=identities))
        _note(scan, targets, seen, coverage, estate)
        looked = _looked_at(targets, coverage)
    return list(_unseen(scan).filter(target_id__in=list(looked)).order_by().values_list("pk", flat=True))


def _unseen(scan: Scan) -> QuerySet[Finding]:
    """Findings that could be closed and were last seen before this scan."""
    others = Finding.objects.exclude(state__in=(State.CLOSED, State.NOT_AFFECTED, State.FALSE_POSITIVE))
    return others.filter(last_seen__lt=scan.observed).exclude(last_scan=scan)


def _close_some(actor: User, scan_id: int, findings: list[int], identities: list[str], coverage: Covered) -> None:
    """One transaction: close those of these findings that are still open, covered and unseen."""
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}") as log:
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over:
            return
        looked = _looked_at(list(Target.objects.filter(identity__in=identities)), coverage)
        rows = _unseen(scan).filter(pk__in=findings)
        _close(scan, [row for row in rows if _is_gone(row, looked.get(row.target_id, ()))], log)


def _note(
    scan: Scan, targets: list[Target], seen: Mapping[str, int], coverage: Covered, estate: Estate
) -> None:
    """Note that the scan looked at these targets, and when their assets were last looked at."""
    rows = []
    for target in targets:
        told = coverage.get(target.identity, ())
        rows.append(
            ScanTarget(
                scan=scan, target=target, observations=seen.get(target.identity, 0),
                complete=_of([one.complete for one in told]),
                credentials=_of([one.credentials for one in told]),
                exhaustive=any(one.exhaustive for one in told),
                checks=len(frozenset().union(*(one.checks for one in told))) if told else 0,
                groups=len(frozenset().union(*(one.groups for one in told))) if told else 0,
            )
        )  # fmt: skip
    ScanTarget.objects.bulk_create(rows, batch_size=bulk.ROWS, ignore_conflicts=True)
    assets = {target.asset_id for target in targets if target.asset_id is not None}
    known = AssetExposure.objects.filter(asset_id__in=assets)
    missing = assets - set(known.values_list("asset_id", flat=True))
    facts = estate.of(missing)
    bulk.insert(
        AssetExposure,
        [AssetExposure(asset_id=a, reach=facts[a].reach, goal_weight=facts[a].goal_weight) for a in missing],
    )
    known.filter(Q(covered=None) | Q(covered__lt=scan.observed)).update(covered=scan.observed)


def _of(told: list[bool | None]) -> bool | None:
    """One answer from several: no if one says no, else yes if one says yes."""
    if False in told:
        return False
    return True if True in told else None


def _looked_at(targets: list[Target], coverage: Covered) -> dict[int, Sequence[Coverage]]:
    """Coverage by target, other names of the same asset included where the scan's target bears them too."""
    looked = {t.pk: coverage[t.identity] for t in targets if coverage.get(t.identity)}
    by_asset: dict[int, list[Target]] = {}
    for target in targets:
        if target.asset_id is not None and target.pk in looked:
            by_asset.setdefault(target.asset_id, []).append(target)
    for other in Target.objects.filter(asset_id__in=list(by_asset)).exclude(pk__in=list(looked)):
        same = next((t for t in by_asset[other.asset_id or 0] if _is_the_same(t, other)), None)
        if same is not None:
            looked[other.pk] = looked[same.pk]
    return looked


def _is_the_same(target: Target, other: Target) -> bool:
    """Whether two targets of one asset are the same place: a common address, or host name where one has none.

    Two interfaces of a machine are not: a port that is closed on one can be open on the other.
    """
    if target.addresses and other.addresses:
        return not set(target.addresses).isdisjoint(other.addresses)
    return not set(target.hostnames).isdisjoint(other.hostnames)


def _is_gone(finding: Finding, told: Sequence[Coverage]) -> bool:
    return any(
        one.covers(
            finding.check_name, finding.check_group or None, finding.needs_credentials,
            finding.protocol or None, finding.port,
        )
        for one in told
    )  # fmt: skip


def _close(scan: Scan, gone: list[Finding], log: ledger.Log) -> None:
    if not gone:
        return
    Finding.objects.filter(pk__in=[row.pk for row in gone]).update(
        state=State.CLOSED, closed_at=scan.observed, closed_by=scan, rank=None, price=None
    )
    opened: Counter[int] = Counter()
    for row in gone:
        if row.state in OPEN_STATES:
            opened[row.definition_id] -= 1
        log.add("close", "finding", row.key, {"state": str(row.state)}, {"state": "closed", "scan": scan.pk})
    assets = {row.asset_id for row in gone if row.asset_id is not None}
    rollups.recount(assets, {row.target_id for row in gone if row.asset_id is None}, opened)
    scan.closed += len(gone)
    scan.save(update_fields=["closed"])
