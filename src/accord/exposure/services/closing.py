"""Closes what a scan looked for and did not see, and notes what it looked at.

A finding closes only on evidence: this scan covered its target and the check that saw it last (`Coverage.covers`
says True), ran to its end there, and is newer than the last sighting. Whatever a file leaves open stays open, and is
stale from then on: somebody looked there without looking for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import compress
from operator import attrgetter, ne
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Portion
from accord.exposure.models import AssetExposure, Finding, Scan, ScanTarget, Target
from accord.exposure.services import bulk, journal, rollups
from accord.exposure.services.facts import Estate
from accord.intake.records import Coverage

TARGETS = 300
State = Finding.State
OVER = (State.CLOSED.value, State.NOT_AFFECTED.value, State.FALSE_POSITIVE.value)
READ = (
    "id", "target_id", "check_name", "check_group", "needs_credentials", "protocol", "port", "state", "definition_id",
    "asset_id", "rank", "price", "closed_at", "closed_by_id", "stale_since", "last_seen", "last_scan_id",
    "acted",
)  # fmt: skip
ENDED = ("state", "closed_at", "closed_by", "rank", "price", "stale_since")
"""What differs on a finding that is closed."""
_ended = attrgetter(*ENDED)
Covered = Mapping[str, Sequence[Coverage]]


class _Row(NamedTuple):
    """A finding as the database gives it: the columns of READ."""

    pk: int
    target: int
    check_name: str
    check_group: str
    needs_credentials: bool
    protocol: str
    port: int | None
    state: str
    definition: int
    asset: int | None
    rank: int | None
    price: float | None
    closed_at: Any
    closed_by: int | None
    stale_since: Any
    last_seen: Any
    last_scan: int
    acted: Any


def note_coverage(
    actor: User, scan_id: int, seen: Mapping[str, int], coverage: Covered, estate: Estate, pause: Callable[[], None],
    fresh: Collection[str] = (),
) -> None:  # fmt: skip
    """Close and note over all targets of a scan. `seen` is the number of observations by target identity.

    Nothing is looked for on targets that are `fresh`: the scan itself made them.

    Each transaction takes at most TARGETS targets, and as many findings as fit its time. Safe to repeat.
    """
    portion = Portion(2000, 500, 8000)
    for part in bulk.chunks(dict.fromkeys((*seen, *coverage)), TARGETS):
        waiting = _begin(actor, scan_id, part, seen, coverage, estate, fresh)
        pause()
        while waiting:
            some, waiting = waiting[: portion.size], waiting[portion.size :]
            portion.begin()
            _close_some(actor, scan_id, some, part, coverage)
            portion.end(len(some))
            pause()


def _begin(
    actor: User, scan_id: int, identities: list[str], seen: Mapping[str, int], coverage: Covered, estate: Estate,
    fresh: Collection[str],
) -> list[int]:  # fmt: skip
    """Note what was looked at; returns the findings there that this scan has not seen."""
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}"):
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over:
            return []
        targets = list(_targets(identities))
        _note(scan, targets, seen, coverage, estate)
        looked = _looked_at(targets, coverage)
        here = {*looked, *(target.pk for target in targets)}
        here -= {target.pk for target in targets if target.identity in fresh}
    if not here:
        return []
    # In the order of targets: each transaction counts few of them anew, and each of them once.
    rows = _unseen(scan).filter(target_id__in=list(here)).order_by("target_id", "pk")
    return list(rows.values_list("pk", flat=True))


def _unseen(scan: Scan) -> QuerySet[Finding]:
    """Findings that could be closed and were last seen before this scan."""
    others = Finding.objects.exclude(state__in=OVER)
    return others.filter(last_seen__lt=scan.observed).exclude(last_scan=scan)


def _close_some(actor: User, scan_id: int, findings: list[int], identities: list[str], coverage: Covered) -> None:
    """One transaction: close those of these findings that are still open, covered and unseen; the rest is stale."""
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}") as log:
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over or scan.observed is None:
            return
        looked = _looked_at(list(_targets(identities)), coverage)
        gone, stale = [], []
        covers = _Covers(looked)
        for one in map(_Row._make, bulk.fetch(Finding, READ, "id", findings)):
            last = bulk.moment(one.last_seen)
            if one.state in OVER or one.last_scan == scan.pk or last is None or last >= scan.observed:
                continue
            acted = bulk.moment(one.acted)
            if acted is not None and scan.observed < acted:
                continue  # what the scan knows is older than what a person said of it
            if covers(one):
                gone.append(one)
            elif one.rank is not None and one.stale_since is None:
                stale.append(one)
        entries = journal.Entries()
        _close(scan, gone, entries)
        _leave(scan, stale, entries)
        journal.keep(scan, entries, log)


def _note(scan: Scan, targets: list[Target], seen: Mapping[str, int], coverage: Covered, estate: Estate) -> None:
    """Note that the scan looked at these targets, and when their assets were last looked at."""
    rows = []
    sizes = _Sizes()
    for target in targets:
        told = coverage.get(target.identity, ())
        rows.append(
            ScanTarget(
                scan=scan, target=target, observations=seen.get(target.identity, 0),
                complete=_of([one.complete for one in told]),
                credentials=_of([one.credentials for one in told]),
                exhaustive=any(one.exhaustive for one in told),
                checks=sizes(one.checks for one in told), groups=sizes(one.groups for one in told),
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


class _Sizes:
    """How many names several sets have together; most targets of a scan have the very same sets."""

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[str], ...], int] = {}

    def __call__(self, sets: Iterable[frozenset[str]]) -> int:
        given = tuple(sets)
        found = self._known.get(given)
        if found is None:
            found = self._known[given] = len(frozenset().union(*given))
        return found


def _of(told: list[bool | None]) -> bool | None:
    """One answer from several: no if one says no, else yes if one says yes."""
    if False in told:
        return False
    return True if True in told else None


def _targets(identities: list[str]) -> QuerySet[Target]:
    return Target.objects.filter(identity__in=identities).only("identity", "asset_id", "addresses", "hostnames")


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


class _Covers:
    """Whether the scan looked for a finding on its target; each question is answered once."""

    def __init__(self, looked: Mapping[int, Sequence[Coverage]]) -> None:
        self._looked = looked
        self._known: dict[tuple[object, ...], bool] = {}

    def __call__(self, one: _Row) -> bool:
        told = self._looked.get(one.target, ())
        asked = (one.check_name, one.check_group or None, bool(one.needs_credentials), one.protocol or None, one.port)
        key = (*map(id, told), *asked)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = any(coverage.covers(*asked) for coverage in told)
        return found


def _close(scan: Scan, gone: Sequence[_Row], entries: journal.Entries) -> None:
    """They were looked for and are not there any more."""
    if not gone:
        return
    after = (State.CLOSED.value, bulk.stored(scan.observed), scan.pk, None, None, None)
    columns = bulk.columns_of(Finding, ENDED)
    bulk.touch(Finding, dict(zip(columns, after, strict=True)), [one.pk for one in gone])
    groups: dict[tuple[bool, ...], list[_Row]] = {}
    for one in gone:
        groups.setdefault((one.state == State.CLAIMED, *map(ne, _ended(one), after)), []).append(one)
    for (claimed, *differs), some in groups.items():
        before = zip(*map(_ended, some), strict=True)
        entries.change_all(
            "verify" if claimed else "close", [one.pk for one in some], dict(zip(ENDED, before, strict=True)),
            {name: [value] * len(some) for name, value in compress(zip(ENDED, after, strict=True), differs)},
        )  # fmt: skip
    opened = Counter({pk: -n for pk, n in Counter(one.definition for one in gone if one.rank is not None).items()})
    assets = {one.asset for one in gone if one.asset is not None}
    rollups.recount(assets, {one.target for one in gone if one.asset is None}, opened)
    scan.closed += len(gone)
    scan.save(update_fields=["closed"])


def _leave(scan: Scan, stale: Sequence[_Row], entries: journal.Entries) -> None:
    """The scan looked at their targets and not for them: a gap in what is covered, never a fix."""
    if stale:
        pks = [one.pk for one in stale]
        bulk.touch(Finding, {"stale_since": scan.observed}, pks)
        entries.same("stale", pks, {"stale_since": None}, {"stale_since": bulk.stored(scan.observed)})
