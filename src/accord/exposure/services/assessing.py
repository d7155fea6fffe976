"""Assesses findings again when what their priority rests on has changed: feeds, systems, goals, shares.

In chunks, each a short transaction with its roll-ups; safe to repeat, and a run that was interrupted is taken
up by the next one, because what is out of date is found by comparing, not remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.exposure.models import AssetExposure, Definition, Finding, Severity
from accord.exposure.services import bulk, ranking, rollups
from accord.exposure.services.facts import AssetFacts, Estate
from accord.exposure.services.pace import Breath

ROWS = 2000
DEFINITIONS = 300
ASSETS = 300
INFO = Severity.INFO.value
Facts = tuple[bool | None, float | None, int | None]
Pause = Callable[[], None]


def reassess_pending(actor: User | None, pause: Pause | None = None) -> int:
    """Assess the open findings of definitions whose facts changed; returns how many findings changed."""
    changed, breath = 0, pause or Breath()
    waiting = Definition.objects.filter(pending=True).order_by("pk").values_list("pk", flat=True)
    while part := list(waiting[:DEFINITIONS]):
        after: int | None = 0
        used: dict[int, Facts] = {}
        while after is not None:
            number, after = _reassess_some(actor, part, used, after)
            changed += number
            breath()
    return changed


def _reassess_some(
    actor: User | None, definitions: list[int], used: dict[int, Facts], after: int
) -> tuple[int, int | None]:
    """One transaction; returns how many changed and the finding to go on after (None = these are done).

    `used` are the facts of the earlier transactions of this walk: when a feed changes them on the way, the walk
    begins again.
    """
    with bulk.wide_statements(), ledger.write(actor) as log:
        rows = Definition.objects.filter(pk__in=definitions)
        facts: dict[int, Facts] = {
            pk: (known, epss, possible)
            for pk, known, epss, possible in rows.values_list("pk", "known_exploited", "epss", "possible")
        }
        if after and facts != used:
            after = 0
        used.clear()
        used.update(facts)
        found = list(
            Finding.objects.filter(definition_id__in=definitions, state=Finding.State.OPEN, pk__gt=after)
            .order_by("pk")[:ROWS]
        )  # fmt: skip
        changed = _write(found, lambda f: _note_definition(f, facts[f.definition_id]))
        if changed:
            log.add("assess", "feed", "findings", None, {"changed": len(changed)})
        if len(found) == ROWS:
            return len(changed), found[-1].pk
        rows.update(pending=False)
    return len(changed), None


def _note_definition(finding: Finding, facts: Facts) -> None:
    finding.known_exploited, finding.epss = facts[0], facts[1]
    if facts[2] is not None and finding.severity != INFO:
        finding.possible = facts[2]


def refresh(actor: User | None, pause: Pause | None = None) -> int:
    """Bring reach and goal weight of findings, and the systems' roll-ups, up to date with the estate.

    Compares the facts of every asset that was scanned with those that its findings rest on; returns how many
    findings changed.
    """
    estate, breath = Estate(), pause or Breath()
    changed = 0
    known = AssetExposure.objects.values_list("asset_id", "reach", "goal_weight")
    for part in bulk.chunks(list(known), 5000):
        now = estate.of(asset for asset, _, _ in part)
        differ = {
            asset: now[asset] for asset, reach, weight in part
            if reach != now[asset].reach or not same(weight, now[asset].goal_weight)
        }  # fmt: skip
        for some in bulk.chunks(differ, ASSETS):
            changed += _refresh_some(actor, {asset: differ[asset] for asset in some}, breath)
    with bulk.wide_statements(), ledger.write(actor) as log:
        systems = rollups.rebuild_systems()
        if systems:
            log.add("recount", "finding", "systems", None, {"systems": systems})
    return changed


def same(one: float | None, other: float | None) -> bool:
    """Whether two weights are equal but for rounding."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < 1e-12


def _refresh_some(actor: User | None, facts: dict[int, AssetFacts], pause: Pause) -> int:
    changed, after = 0, 0
    while True:
        with bulk.wide_statements(), ledger.write(actor) as log:
            found = list(
                Finding.objects.filter(asset_id__in=list(facts), state=Finding.State.OPEN, pk__gt=after)
                .order_by("pk")[:ROWS]
            )  # fmt: skip
            written = _write(found, lambda f: ranking.place_on(f, facts[f.asset_id or 0]))
            changed += len(written)
            done = len(found) < ROWS
            if done:
                rows = list(AssetExposure.objects.filter(asset_id__in=list(facts)))
                for row in rows:
                    row.reach, row.goal_weight = facts[row.asset_id].reach, facts[row.asset_id].goal_weight
                bulk.overwrite(AssetExposure, rows, ("reach", "goal_weight"))
            if written or done:
                log.add("assess", "finding", "estate", None, {"assets": len(facts), "changed": len(written)})
        if done:
            return changed
        after = found[-1].pk
        pause()


def _write(findings: list[Finding], note: Callable[[Finding], Any]) -> list[Finding]:
    """Note facts on findings, rank them, and write those that differ with their roll-ups."""
    names = (*ranking.RANKED_AND_FACTS, "possible")
    before = [tuple(getattr(f, name) for name in names) for f in findings]
    for finding in findings:
        note(finding)
    ranking.rank(findings)
    changed = [
        f for f, was in zip(findings, before, strict=True) if was != tuple(getattr(f, name) for name in names)
    ]
    bulk.overwrite(Finding, changed, names)
    rollups.recount(_assets(changed), {f.target_id for f in changed if f.asset_id is None})
    return changed


def _assets(findings: Iterable[Finding]) -> set[int]:
    return {f.asset_id for f in findings if f.asset_id is not None}
