"""Unclaimed targets: tie them to assets, make assets of them, leave them out, or take that back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from accord.core import jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.estate.models import Asset
from accord.estate.nouns import ASSET
from accord.exposure.models import OPEN_STATES, AssetExposure, Definition, Finding, Scan, Target
from accord.exposure.services import bulk, ranking, rollups
from accord.exposure.services.facts import UNKNOWN, Estate
from accord.exposure.services.targets import TIED, match_into, snapshot

MOVED = 1000
AT_ONCE = 200
"""So many targets are claimed or ignored by one request."""
MOVED_AT_ONCE = 20_000
"""More findings than this are moved by a worker, not while somebody waits."""
State = Finding.State
Pause = Callable[[], None]


def no_pause() -> None:
    """For callers that hold nobody up."""


def _some(targets: Iterable[int], allowed: Sequence[str], act: str) -> list[Target]:
    wanted = list(dict.fromkeys(targets))
    if not wanted:
        raise Refused(Problem(None, "targets", "None is chosen.", "Choose at least one."))
    if len(wanted) > AT_ONCE:
        raise Refused(Problem(None, "targets", f"{len(wanted)} are chosen.", f"Choose at most {AT_ONCE} at once."))
    found = list(Target.objects.filter(pk__in=wanted).order_by("pk"))
    missing = set(wanted) - {target.pk for target in found}
    if missing:
        raise Refused(Problem(None, "targets", f"There is no target {min(missing)}.", "Reload the list."))
    for target in found:
        if target.state not in allowed:
            raise Refused(
                Problem(None, "targets", f"{target.name} is {target.get_state_display().lower()}: it cannot be "
                        f"{act}.", "Reload the list to see what it is now.")
            )  # fmt: skip
    return found


def claim(actor: User, targets: Iterable[int], asset: str) -> list[Target]:
    """Tie targets to the asset with this key; their findings become the asset's."""
    with ledger.write(actor) as log:
        found = _some(targets, (Target.State.UNCLAIMED, Target.State.IGNORED), "claimed")
        owner = Asset.objects.filter(key=asset).first()
        if owner is None:
            raise Refused(Problem(None, "asset", f"There is no asset “{asset}”.", "Choose one that is there."))
        for target in found:
            _tie(target, owner, log)
        _keep(found)
    _settle(actor, found)
    return found


def claim_as_new(actor: User, targets: Iterable[int]) -> list[Asset]:
    """Make an asset of each target, with the names, addresses and identifiers that scanners gave it."""
    with ledger.write(actor) as log:
        found = _some(targets, (Target.State.UNCLAIMED, Target.State.IGNORED), "claimed")
        keys = _free_keys(found)
        rows = [_row(target, key) for target, key in zip(found, keys, strict=True)]
        cells = [TextRow(number, row) for number, row in enumerate(rows, 1)]
        import_tables(actor, [TextTable(ASSET.name, list(rows[0]), cells)])
        made = {asset.key: asset for asset in Asset.objects.filter(key__in=keys)}
        found = list(Target.objects.filter(pk__in=[target.pk for target in found]).order_by("pk"))
        for target, key in zip(found, keys, strict=True):
            _tie(target, made[key], log)
        _keep(found)
    _settle(actor, found)
    return [made[key] for key in keys]


def _keep(targets: list[Target]) -> None:
    """Write what the targets are now, and how many are unclaimed and ignored."""
    for target in targets:
        target.settled = False
    bulk.overwrite(Target, targets, TIED)
    if targets:
        rollups.recount((), (), states_changed=True)


def _settle(actor: User, targets: list[Target]) -> None:
    ids = [target.pk for target in targets]
    if Finding.objects.filter(target_id__in=ids)[: MOVED_AT_ONCE + 1].count() > MOVED_AT_ONCE:
        jobs.enqueue(actor, "exposure.refresh", "Move findings to their assets")
    else:
        settle_all(actor, ids)


def _tie(target: Target, owner: Asset, log: ledger.Log) -> None:
    before = snapshot(target, {})
    target.state, target.asset, target.by_hand = Target.State.CLAIMED, owner, True
    target.matched_by, target.candidates, target.reason = "", [], ""
    log.add("claim", "unclaimed", target.identity, before, snapshot(target, {owner.pk: owner.key}))


def _free_keys(targets: Iterable[Target]) -> list[str]:
    """A readable key for each that no asset has: the target's name, with a number where it is taken."""
    keys: list[str] = []
    for target in targets:
        base = re.sub(r"[^A-Za-z0-9._-]+", "-", target.name).strip("-.")[:80] or f"target-{target.pk}"
        taken = {*Asset.objects.filter(key__startswith=base).values_list("key", flat=True), *keys}
        names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
        keys.append(next(name for name in names if name not in taken))
    return keys


def _row(target: Target, key: str) -> dict[str, str]:
    last = Scan.objects.filter(covered__target=target).order_by("-observed").first()
    identifiers = [f"{scheme}:{value}" for scheme, value in target.identifiers]
    identifiers += [f"mac:{mac}" for mac in target.macs]
    return {
        "key": key, "name": target.name[:300], "kind": target.kind,
        "hostnames": "; ".join(target.hostnames), "addresses": "; ".join(target.addresses),
        "identifiers": "; ".join(i for i in identifiers if ";" not in i),
        "source": f"Found by {last.scanner or last.format}" if last else "Found by a scanner",
        "first_seen": target.first_seen.date().isoformat(), "last_seen": target.last_seen.date().isoformat(),
    }  # fmt: skip


def ignore(actor: User, targets: Iterable[int], reason: str) -> list[Target]:
    """Leave targets out: their findings no longer count. The reason is kept."""
    if not reason.strip():
        raise Refused(Problem(None, "reason", "It is blank.", "Say why nobody needs to look at it."))
    with ledger.write(actor) as log:
        found = _some(targets, (Target.State.UNCLAIMED,), "ignored")
        for target in found:
            target.state, target.reason, target.by_hand = Target.State.IGNORED, reason.strip()[:500], True
            log.add(
                "ignore", "unclaimed", target.identity, {"state": "unclaimed"},
                {"state": "ignored", "reason": target.reason},
            )  # fmt: skip
        _keep(found)
    _settle(actor, found)
    return found


def restore(actor: User, targets: Iterable[int]) -> list[Target]:
    """Make claimed or ignored targets unclaimed again; what was found on them goes with them."""
    with ledger.write(actor) as log:
        found = _some(targets, (Target.State.CLAIMED, Target.State.IGNORED), "restored")
        keys = dict(Asset.objects.filter(targets__in=found).values_list("pk", "key"))
        for target in found:
            before = snapshot(target, keys)
            target.state, target.asset, target.by_hand, target.reason = Target.State.UNCLAIMED, None, True, ""
            target.matched_by = ""
            log.add("restore", "unclaimed", target.identity, before, snapshot(target, {}))
        _keep(found)
    _settle(actor, found)
    return found


def rematch(actor: User | None, identities: Iterable[str] | None = None, pause: Pause = no_pause) -> int:
    """Match unclaimed targets (all, or those named) again; returns how many found their asset."""
    claimed: list[int] = []
    loose = Target.objects.filter(state=Target.State.UNCLAIMED, by_hand=False)
    if identities is None:
        parts: Iterable[list[int]] = bulk.chunks(list(loose.values_list("pk", flat=True)), 500)
    else:
        parts = (
            list(loose.filter(identity__in=part).values_list("pk", flat=True))
            for part in bulk.chunks(list(identities), 500)
        )
    for part in parts:
        if not part:
            continue
        with bulk.wide_statements(), ledger.write(actor) as log:
            found = list(loose.filter(pk__in=part))
            were = [(t.asset_id, t.matched_by, t.candidates) for t in found]
            keys = match_into(found)
            moved = [t for t, was in zip(found, were, strict=True) if was != (t.asset_id, t.matched_by, t.candidates)]
            for target in moved:
                if target.asset_id is not None:
                    log.add("claim", "unclaimed", target.identity, {"state": "unclaimed"}, snapshot(target, keys))
                    claimed.append(target.pk)
            _keep(moved)
        pause()
    settle_all(actor, claimed, pause)
    return len(claimed)


def unsettled() -> list[int]:
    """Targets whose findings are not yet where they belong (a claim was interrupted, or waits for a worker)."""
    return list(Target.objects.filter(settled=False).values_list("pk", flat=True))


def settle_all(actor: User | None, targets: Iterable[int], pause: Pause = no_pause) -> int:
    """Move the findings of targets to where they belong now. In chunks; safe to repeat."""
    estate, moved = Estate(), 0
    for pk in targets:
        while number := _settle_some(actor, pk, estate):
            moved += number
            pause()
    return moved


def _settle_some(actor: User | None, pk: int, estate: Estate) -> int:
    """At most MOVED findings of one target, in one transaction; returns how many it moved."""
    with bulk.wide_statements(), ledger.write(actor) as log:
        target = Target.objects.select_related("asset").get(pk=pk)
        mine = Finding.objects.filter(target=target)
        away = ~Q(asset=target.asset) | Q(asset=None) if target.asset_id is not None else ~Q(asset=None)
        if target.state == Target.State.IGNORED:
            away |= Q(state__in=OPEN_STATES)
        else:
            away |= Q(state=State.IGNORED)
        rows = list(mine.filter(away).order_by("pk")[:MOVED])
        if rows:
            _move(target, rows, estate, log)
        else:
            Target.objects.filter(pk=pk).update(settled=True)
            if target.asset_id is not None:
                _note_covered(target.asset_id, pk)
    return len(rows)


def _move(target: Target, rows: list[Finding], estate: Estate, log: ledger.Log) -> None:
    """Give findings their target's present subject; where that has the same weakness already, make them one."""
    prefix = f"a{target.asset_id}" if target.asset_id is not None else f"t{target.pk}"
    facts = estate.of([target.asset_id]) if target.asset_id is not None else {}
    wanted = {f"{prefix}:{row.fingerprint.partition(':')[2]}": row for row in rows}
    there: dict[str, Finding] = {}
    for part in bulk.chunks(wanted, 2000):
        others = Finding.objects.filter(fingerprint__in=part).exclude(pk__in=[row.pk for row in rows])
        there.update({other.fingerprint: other for other in others})
    before = _places(rows) | _places(there.values())
    opened: Counter[int] = Counter()
    kept: list[Finding] = []
    dropped: list[int] = []
    for row in (*rows, *there.values()):
        opened[row.definition_id] -= row.state in OPEN_STATES
    for fingerprint, row in wanted.items():
        other = there.get(fingerprint)
        if other is not None:
            _merge(row, other)
            dropped.append(other.pk)
            log.add("merge", "finding", row.key, None, {"into": row.key, "was": other.key})
        row.fingerprint, row.asset_id = fingerprint, target.asset_id
        if target.state == Target.State.IGNORED:
            row.state = State.IGNORED if row.state in OPEN_STATES else row.state
        elif row.state == State.IGNORED:
            row.state = State.OPEN
        ranking.place_on(row, facts.get(target.asset_id or 0, UNKNOWN))
        opened[row.definition_id] += row.state in OPEN_STATES
        kept.append(row)
    _note_definitions(kept)
    ranking.rank(kept)
    if dropped:
        Finding.objects.filter(pk__in=dropped).delete()
    names = [f.attname for f in Finding._meta.concrete_fields if not f.primary_key]
    bulk.overwrite(Finding, kept, [Finding._meta.get_field(n.removesuffix("_id")).name for n in names])
    log.add(
        "move", "unclaimed", target.identity, None,
        {"findings": len(kept), "merged": len(dropped), "to": target.asset.key if target.asset else None},
    )  # fmt: skip
    rollups.recount(
        {a for a, _ in before if a} | ({target.asset_id} if target.asset_id else set()),
        {t for _, t in before} | {target.pk}, opened, facts,
    )  # fmt: skip


def _note_definitions(rows: list[Finding]) -> None:
    """What the feeds say by now: findings that are not open are not assessed when a feed changes."""
    known = Definition.objects.in_bulk({row.definition_id for row in rows})
    for row in rows:
        told = known[row.definition_id]
        row.known_exploited, row.epss = told.known_exploited, told.epss


def _places(rows: Iterable[Finding]) -> set[tuple[int | None, int]]:
    return {(row.asset_id, row.target_id) for row in rows}


def _merge(row: Finding, other: Finding) -> None:
    """One finding of two that are the same: the newer sighting's state, the older one's beginning."""
    if other.last_seen > row.last_seen:
        pk, target = row.pk, row.target_id
        first: Any = min(row.first_seen, other.first_seen)
        for column in Finding._meta.concrete_fields:
            if not column.primary_key:
                setattr(row, column.attname, getattr(other, column.attname))
        row.pk, row.target_id, row.first_seen = pk, target, first
    elif other.first_seen < row.first_seen:
        row.first_seen, row.first_scan_id = other.first_seen, other.first_scan_id
    row.reopened = max(row.reopened, other.reopened)


def _note_covered(asset: int, target: int) -> None:
    """The asset was looked at when its target was."""
    last: datetime | None = (
        Scan.objects.filter(covered__target=target).order_by("-observed").values_list("observed", flat=True).first()
    )
    if last is not None:
        rollups.recount([asset], facts=Estate().of([asset]))
        row = AssetExposure.objects.filter(asset_id=asset)
        row.filter(Q(covered=None) | Q(covered__lt=last)).update(covered=last)
