"""Machines that logs tell of and that no asset answers to: they wait among the unclaimed targets of scanners."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from accord.core import ledger
from accord.exposure.models import Target
from accord.exposure.services import bulk, rollups
from accord.exposure.services.bulk import clip
from accord.exposure.services.targets import match_into, snapshot
from accord.intake import records


class Named(Protocol):
    """A machine as logs tell of it."""

    kind: str
    name: str
    addresses: tuple[str, ...]
    first: datetime
    last: datetime


def note(source: str, names: Iterable[Named], actor: Any) -> int:
    """Make an unclaimed target of each machine that no scanner has told of; returns how many are new.

    Of a target that is known only the times are brought up to date: a scanner knows its names better. Two queries, and
    two writes, for each 2,000.
    """
    told = {record.identity: (record, one) for one in names for record in (_record(one),)}
    made: list[Target] = []
    for part in bulk.chunks(told, 2000):
        with ledger.write(actor) as log:
            known = {target.identity: target for target in Target.objects.filter(identity__in=part)}
            moved = [target for identity, target in known.items() if _moved(target, told[identity][1])]
            bulk.overwrite(Target, moved, ("first_seen", "last_seen"))
            fresh = [_target(*told[identity], source) for identity in part if identity not in known]
            keys = match_into(fresh)
            for target in bulk.insert(Target, fresh):
                log.add("add", "unclaimed", target.identity, None, snapshot(target, keys))
            if fresh:
                rollups.recount((), (), states_changed=True)
            made += fresh
    return len(made)


def _record(one: Named) -> records.Target:
    names = () if one.kind == "address" else (one.name,)
    return records.Target("host", one.name, names, tuple(one.addresses))


def _target(record: records.Target, one: Named, source: str) -> Target:
    return Target(
        identity=record.identity, kind=record.kind, name=clip(record.name, 500), hostnames=list(record.hostnames),
        addresses=list(record.addresses), first_seen=one.first, last_seen=one.last,
        reason=clip(f"Seen in logs of {source}.", 500),
    )  # fmt: skip


def _moved(target: Target, one: Named) -> bool:
    before = (target.first_seen, target.last_seen)
    target.first_seen, target.last_seen = min(target.first_seen, one.first), max(target.last_seen, one.last)
    return before != (target.first_seen, target.last_seen)
