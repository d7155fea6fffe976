"""Keeps the targets that scanners name and ties them to assets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accord.core import ledger
from accord.estate.models import Asset
from accord.exposure.models import Target
from accord.exposure.services import bulk
from accord.exposure.services.bulk import clip
from accord.exposure.services.matching import match_targets
from accord.intake import records

NAMES = ("name", "hostnames", "addresses", "macs", "identifiers", "operating_system")
TIED = ("state", "asset", "matched_by", "candidates", "reason", "by_hand", "settled")


def ensure(
    seen: Mapping[str, records.Target], wanted: Iterable[str], observed: datetime, log: ledger.Log
) -> tuple[dict[str, Target], set[str]]:
    """The targets of these identities, and which of them are new: those are made and matched to assets.

    `seen` are records of the file by identity, `wanted` further identities that were seen before. What a newer
    scan said of a target's names stays. Inside the caller's transaction.
    """
    known: dict[str, Target] = {}
    for part in bulk.chunks(dict.fromkeys((*seen, *wanted)), 2000):
        known.update({t.identity: t for t in Target.objects.filter(identity__in=part)})
    fresh = [_new(identity, record, observed) for identity, record in seen.items() if identity not in known]
    renamed = [known[i] for i, record in seen.items() if i in known and _rename(known[i], record, observed, log)]
    keys = match_into(fresh)
    for target in bulk.make(Target, fresh):
        known[target.identity] = target
        log.add("add", "unclaimed", target.identity, None, snapshot(target, keys))
    bulk.overwrite(Target, renamed, (*NAMES, "last_seen", "first_seen"))
    return known, {target.identity for target in fresh}


def match_into(targets: list[Target]) -> dict[int, str]:
    """Tie each target to the asset that its identifiers name, or note between which they do not decide.

    Changes the objects only; returns the keys of the assets that it speaks of.
    """
    answers = match_targets(targets)
    named = {pk for answer in answers for pk in ((answer.asset,) if answer.asset else answer.candidates)}
    keys = dict(Asset.objects.filter(pk__in=named).values_list("pk", "key")) if named else {}
    for target, answer in zip(targets, answers, strict=True):
        target.matched_by = clip(answer.by, 300)
        target.candidates = [keys[pk] for pk in answer.candidates]
        target.asset_id = answer.asset
        target.state = Target.State.CLAIMED if answer.asset else Target.State.UNCLAIMED
    return keys


def _new(identity: str, record: records.Target, observed: datetime) -> Target:
    made = Target(identity=identity, kind=record.kind, first_seen=observed, last_seen=observed)
    _take(made, record)
    return made


def _take(target: Target, record: records.Target) -> None:
    target.name = clip(record.name, 500)
    target.hostnames, target.addresses = list(record.hostnames[:50]), list(record.addresses[:50])
    target.macs, target.identifiers = list(record.macs[:50]), [list(pair) for pair in record.identifiers[:50]]
    target.operating_system = clip(record.operating_system, 200)


def _rename(target: Target, record: records.Target, observed: datetime, log: ledger.Log) -> bool:
    """Take over what this scan says of the target unless a newer one said it; True where anything changed."""
    if observed < target.last_seen:
        if observed < target.first_seen:
            target.first_seen = observed
            return True
        return False
    before = {name: getattr(target, name) for name in NAMES}
    _take(target, record)
    after = {name: getattr(target, name) for name in NAMES}
    differ = [name for name in NAMES if before[name] != after[name]]
    if differ:
        log.add(
            "change", "unclaimed", target.identity,
            {name: before[name] for name in differ}, {name: after[name] for name in differ},
        )  # fmt: skip
    moved = observed > target.last_seen
    target.last_seen = observed
    return bool(differ) or moved


def snapshot(target: Target, keys: Mapping[int, str]) -> dict[str, Any]:
    """What the ledger keeps of a target."""
    return {
        "kind": target.kind,
        "name": target.name,
        "state": str(target.state),
        "asset": keys.get(target.asset_id) if target.asset_id else None,
        "matched_by": target.matched_by or None,
        "candidates": target.candidates,
    }
