"""Finds what is not watched: from sources that send nothing to rules, techniques, systems and goals. By a round.

Everything is derived from rows that are there, so that nothing of it stands in the ledger; the pages read the result.
A source delivers a kind of log while it is receiving and sent some of that kind within `FRESH`. What is known of a
kind of log is known of a source as a whole, not of each of its hosts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accord.estate.models import System, SystemAsset
from accord.estate.selectors import Alignment, alignment
from accord.monitoring.models import (
    BlindState,
    BoundLog,
    Rule,
    Source,
    SourceHost,
    SourceLog,
    SourceWatch,
    SystemStake,
)
from accord.monitoring.services.blind import routes as blind_routes
from accord.monitoring.services.blind.logs import EXPECTED, NAMELESS, Kind, kinds_of
from accord.monitoring.services.blind.routes import Log, Routes

FRESH = timedelta(days=7)
"""A kind of log, or the logs of an asset, count as arriving while the newest is younger than this."""
LIVE = SourceWatch.State.RECEIVING
ROWS = 5000
Money = tuple[float, float, float]


@dataclass(slots=True)
class Read:
    """All that the finding rests on, read in a fixed number of queries."""

    at: datetime
    states: dict[int, str]
    logs: dict[int, list[tuple[Log, datetime]]]
    hosts: dict[int, dict[int, datetime]]
    unclaimed: dict[int, int]
    shares: dict[int, list[tuple[int, float, str]]]
    systems: dict[int, tuple[str, str]]
    stakes: dict[int, Money]
    currency: str
    aligned: Alignment
    enabled: dict[int, tuple[list[str], str]]
    routes: Routes
    by_asset: dict[int, set[int]] = field(default_factory=dict)
    bound: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of source and asset: its events are the asset's only because the source is bound to it."""

    @property
    def alive(self) -> set[int]:
        """Sources that are receiving."""
        return {source for source, state in self.states.items() if state == LIVE}

    def is_fresh(self, moment: datetime) -> bool:
        return moment > self.at - FRESH


def refresh(now: datetime | None = None) -> dict[str, Any]:
    """Find everything anew and keep it; returns the result as kept."""
    read = _read(now or timezone.now())
    result = find(read)
    BlindState.objects.update_or_create(id=1, defaults={"at": read.at, "stale": False, "result": result})
    return result


def _read(at: datetime) -> Read:
    watched = dict(SourceWatch.objects.values_list("source_id", "state"))
    states = {pk: str(watched.get(pk, SourceWatch.State.NEVER)) for pk in Source.objects.values_list("pk", flat=True)}
    logs: dict[int, list[tuple[Log, datetime]]] = defaultdict(list)
    for source, last, *log in SourceLog.objects.values_list("source_id", "last", "product", "category", "service"):
        logs[source].append(((log[0], log[1], log[2]), last))
    hosts: dict[int, dict[int, datetime]] = defaultdict(dict)
    by_asset: dict[int, set[int]] = defaultdict(set)
    unclaimed: dict[int, int] = defaultdict(int)
    rows = SourceHost.objects.order_by("pk").values_list("source_id", "asset_id", "last")
    for source, asset, last in rows.iterator(chunk_size=ROWS):
        if asset is None:
            unclaimed[source] += last > at - FRESH
        else:
            hosts[source][asset] = max(last, hosts[source].get(asset, last))
            by_asset[asset].add(source)
    bound = _bound(hosts, by_asset)
    shares: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
    links = SystemAsset.objects.order_by("pk").values_list("system_id", "asset_id", "share", "asset__kind")
    for system, asset, share, kind in links.iterator(chunk_size=ROWS):
        shares[system].append((asset, float(share), kind))
    stakes = {row.system_id: (row.low, row.mid, row.high) for row in SystemStake.objects.all()}
    usable = Rule.objects.filter(enabled=True, version__isnull=False, is_filter=False)
    return Read(
        at, states, logs, hosts, unclaimed, shares,
        {pk: (key, name) for pk, key, name in System.objects.order_by("key").values_list("pk", "key", "name")},
        stakes, SystemStake.objects.values_list("currency", flat=True).first() or "", alignment(),
        {pk: (techniques, state) for pk, techniques, state in usable.values_list("pk", "techniques", "state")},
        blind_routes.routes(), by_asset, bound,
    )  # fmt: skip


def _bound(hosts: dict[int, dict[int, datetime]], by_asset: dict[int, set[int]]) -> set[tuple[int, int]]:
    """Add what sources send of the asset that they are bound to; the pairs that count by that alone. One query."""
    found = set()
    rows = BoundLog.objects.filter(source__asset=F("asset")).values_list("source_id", "asset_id", "last")
    for source, asset, last in rows:
        if asset not in hosts[source]:
            found.add((source, asset))
        hosts[source][asset] = max(last, hosts[source].get(asset, last))
        by_asset[asset].add(source)
    return found


def find(read: Read) -> dict[str, Any]:
    """The result: facts of each source, rules that are blind, what each system sends."""
    fresh = [
        (source, log) for source, held in read.logs.items() for log, last in held
        if read.is_fresh(last) or read.states[source] != LIVE
    ]  # fmt: skip
    fed = blind_routes.feeders(read.routes, fresh)
    alive = read.alive
    live = blind_routes.living(read.routes, fed, alive)
    ever = blind_routes.living(read.routes, fed, set(read.states))
    blind = {pk for pk in read.enabled if pk in ever and pk not in live}
    sources = {}
    for source in read.states:
        mine = blind_routes.living(read.routes, fed, alive | {source})
        without = blind_routes.living(read.routes, fed, alive - {source})
        rules = sorted(pk for pk in (mine - without) if pk in read.enabled)
        sources[str(source)] = _source(read, source, rules)
    return {
        "currency": read.currency,
        "sources": sources,
        "blind_rules": sorted(blind),
        "systems": [_system(read, pk) for pk in read.systems],
        "stopped": [
            {"source": source, "log": list(log), "last": last.isoformat()}
            for source, held in read.logs.items() if read.states[source] == LIVE
            for log, last in held if not read.is_fresh(last)
        ],
    }  # fmt: skip


def _source(read: Read, source: int, rules: Sequence[int]) -> dict[str, Any]:
    """What hangs on one source alone: rules, their techniques, and systems whose assets no other source sees.

    Where its events name no asset it is not known which systems hang on it, and so neither weight nor loss.
    """
    alive = read.alive - {source}
    lost = {
        asset for asset in read.hosts.get(source, ())
        if not any(other in alive and read.is_fresh(read.hosts[other][asset]) for other in read.by_asset[asset])
    }  # fmt: skip
    systems, weight = [], 0.0
    goals: dict[str, float] = defaultdict(float)
    weights_known, loss, unpriced = True, [0.0, 0.0, 0.0], 0
    for pk, shares in read.shares.items():
        share = sum(part for asset, part, _ in shares if asset in lost)
        if share <= 0:
            continue
        key, name = read.systems[pk]
        own = _of_system(read, pk, share)
        systems.append({"key": key, "name": name, "share": share, **own})
        carried = read.aligned.carried.get(key)
        for goal, part in (carried.goals if carried else {}).items():
            goals[goal] += (part or 0.0) * share
        weights_known = weights_known and own["goal"] is not None
        weight += own["goal"] or 0.0
        unpriced += own["loss"] is None
        loss = [total + part for total, part in zip(loss, own["loss"] or (0.0, 0.0, 0.0), strict=True)]
    systems.sort(key=lambda one: (-(one["goal"] or 0.0), one["key"]))
    techniques = sorted({technique for pk in rules for technique in read.enabled[pk][0]})
    told = bool(read.hosts.get(source))
    priced = told and unpriced < max(len(systems), 1)
    return {
        "rules": list(rules), "techniques": techniques, "assets": len(read.hosts.get(source, ())),
        "lost_assets": len(lost), "bound": any(one == source for one, _ in read.bound),
        "unclaimed": read.unclaimed.get(source, 0), "systems": systems,
        "goals": dict(sorted(goals.items(), key=lambda pair: (-pair[1], pair[0]))),
        "goal_share": weight if told and weights_known else None, "loss": loss if priced else None,
        "unpriced": unpriced,
    }  # fmt: skip


def _of_system(read: Read, pk: int, share: float) -> dict[str, Any]:
    """Weight of goals and loss at stake of a share of a system; None where not known."""
    key, _ = read.systems[pk]
    weight = read.aligned.weight_of(key)
    stake = read.stakes.get(pk)
    return {
        "goal": None if weight is None else weight * share,
        "loss": None if stake is None else [share * end for end in stake],
    }


def _system(read: Read, pk: int) -> dict[str, Any]:
    """How much of a system sends logs, which kinds it should send and does not, and what hangs on the rest.

    An asset sends logs, sends none, or it cannot be told: logs of an account or a cloud resource name people and
    services, not hosts, so that where their kind of log arrives at all nothing follows for one of them.
    """
    key, name = read.systems[pk]
    shares = read.shares.get(pk, [])
    arriving = _kinds(read, read.alive)
    has: dict[int, set[str]] = {}
    sums = {"yes": 0.0, "no": 0.0, "open": 0.0}
    counts, bound = dict.fromkeys(sums, 0), 0
    for asset, share, kind in shares:
        if kind not in EXPECTED:
            continue
        alive = read.alive
        there = [s for s in read.by_asset.get(asset, ()) if s in alive and read.is_fresh(read.hosts[s][asset])]
        if there:
            has[asset] = _kinds(read, there)
            bound += all((source, asset) in read.bound for source in there)
        nameless = kind in NAMELESS and any(one.name in arriving for one in EXPECTED[kind])
        answer = "yes" if there else "open" if nameless else "no"
        sums[answer] += share
        counts[answer] += 1
    newest = max((read.hosts[s][a] for a, _, _ in shares for s in read.by_asset.get(a, ())), default=None)
    own = _of_system(read, pk, sums["no"] if shares else 1.0)
    most = _of_system(read, pk, sums["no"] + sums["open"] if shares else 1.0)
    return {
        "key": key, "name": name, "assets": len(shares), "asked": sum(counts.values()), "logging": counts["yes"],
        "bound": bound, "silent": counts["no"], "open": counts["open"], "state": _state(counts),
        "newest": None if newest is None else newest.isoformat(), "unseen": sums["no"],
        "missing": _missing(shares, has, arriving), **own, "goal_most": most["goal"], "loss_most": most["loss"],
    }  # fmt: skip


def _state(counts: Mapping[str, int]) -> str:
    if counts["no"]:
        return "partly" if counts["yes"] else "none"
    return "all" if counts["yes"] and not counts["open"] else "unknown"


def _kinds(read: Read, sources: Iterable[int]) -> set[str]:
    return {
        kind for source in sources for log, last in read.logs.get(source, ()) if read.is_fresh(last)
        for kind in kinds_of(log)
    }  # fmt: skip


def _missing(
    shares: Sequence[tuple[int, float, str]], has: Mapping[int, set[str]], arriving: set[str]
) -> list[dict[str, Any]]:
    """Of each kind of log that the kinds of these assets should send: on how many of them it does not come.

    Left out are kinds of which it cannot be told for one asset, because they arrive and name no host.
    """
    asked: dict[Kind, list[int]] = defaultdict(list)
    for asset, _, kind in shares:
        for wanted in EXPECTED.get(kind, ()):
            if kind not in NAMELESS or wanted.name not in arriving:
                asked[wanted].append(asset)
    found = []
    for wanted, assets in asked.items():
        without = sum(wanted.name not in has.get(asset, ()) for asset in assets)
        if without:
            found.append({"kind": wanted.name, "label": wanted.label, "without": without, "of": len(assets)})
    return found
