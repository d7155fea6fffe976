"""Assesses findings again when what their priority rests on has changed: feeds, systems, goals, shares.

In chunks, each a short transaction with its roll-ups; safe to repeat, and a run that was interrupted is taken
up by the next one, because what is out of date is found by comparing, not remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.exposure.models import IS_OPEN, AssetExposure, Definition, Finding, Severity
from accord.exposure.services import bulk, ranking, rollups
from accord.exposure.services.facts import AssetFacts, Estate

ROWS = 1000
DEFINITIONS = 300
ASSETS = 300
INFO = Severity.INFO.value
Facts = tuple[bool | None, float | None, int | None]
CHANGED_ON_THE_WAY: Facts = (None, -1.0, None)
Pause = Callable[[], None]


def reassess_pending(actor: User | None, pause: Pause | None = None) -> int:
    """Assess the open findings of definitions whose facts changed; returns how many findings changed."""
    changed, breath = 0, pause or Breath()
    waiting = Definition.objects.filter(pending=True).order_by("pk").values_list("pk", flat=True)
    while part := list(waiting[:DEFINITIONS]):
        used: dict[int, Facts] = {}
        found = Finding.objects.filter(IS_OPEN, definition_id__in=part).order_by()
        for some in bulk.chunks(list(found.values_list("pk", flat=True)), ROWS):
            changed += _reassess_some(actor, some, used)
            breath()
        _settle(actor, part, used)
    return changed


def _facts_of(definitions: Iterable[int]) -> dict[int, Facts]:
    rows = Definition.objects.filter(pk__in=list(definitions))
    return {
        pk: (known, epss, possible)
        for pk, known, epss, possible in rows.values_list("pk", "known_exploited", "epss", "possible")
    }


def _reassess_some(actor: User | None, findings: list[int], used: dict[int, Facts]) -> int:
    """One transaction; notes in `used` which facts the findings have now, returns how many changed."""
    with bulk.wide_statements(), ledger.write(actor) as log:
        found = list(Finding.objects.filter(IS_OPEN, pk__in=findings))
        facts = _facts_of({finding.definition_id for finding in found})
        for pk, told in facts.items():
            if used.setdefault(pk, told) != told:
                used[pk] = CHANGED_ON_THE_WAY
        changed = _write(found, lambda f: _note_definition(f, facts[f.definition_id]))
        if changed:
            log.add("assess", "feed", "findings", None, {"changed": len(changed)})
    return len(changed)


def _settle(actor: User | None, definitions: list[int], used: dict[int, Facts]) -> None:
    """These are done, unless a feed changed one's facts meanwhile: that one stays pending for another walk."""
    with ledger.write(actor):
        now = _facts_of(definitions)
        done = [pk for pk in definitions if pk not in now or used.get(pk, now[pk]) == now[pk]]
        Definition.objects.filter(pk__in=done).update(pending=False)


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
    changed = 0
    owned = Finding.objects.filter(IS_OPEN, asset_id__in=list(facts)).order_by()
    for some in bulk.chunks(list(owned.values_list("pk", flat=True)), ROWS):
        with bulk.wide_statements(), ledger.write(actor) as log:
            found = [f for f in Finding.objects.filter(IS_OPEN, pk__in=some) if f.asset_id in facts]
            written = _write(found, lambda f: ranking.place_on(f, facts[f.asset_id or 0]))
            if written:
                log.add("assess", "finding", "estate", None, {"changed": len(written)})
        changed += len(written)
        pause()
    with bulk.wide_statements(), ledger.write(actor) as log:
        rows = list(AssetExposure.objects.filter(asset_id__in=list(facts)))
        for row in rows:
            row.reach, row.goal_weight = facts[row.asset_id].reach, facts[row.asset_id].goal_weight
        bulk.overwrite(AssetExposure, rows, ("reach", "goal_weight"))
        log.add("assess", "finding", "assets", None, {"assets": len(rows)})
    pause()
    return changed


def rank_all(actor: User | None, pause: Pause | None = None) -> int:
    """Rank every open finding by the policy in force, its days included; returns how many changed."""
    changed, after, breath = 0, 0, pause or Breath()
    rows = Finding.objects.filter(IS_OPEN).order_by("pk").values_list("pk", flat=True)
    while some := list(rows.filter(pk__gt=after)[:ROWS]):
        after = some[-1]
        with bulk.wide_statements(), ledger.write(actor) as log:
            found = list(Finding.objects.filter(IS_OPEN, pk__in=some))
            written = _write(found, lambda f: None, recount=True)
            if written:
                log.add("assess", "finding", "policy", None, {"changed": len(written)})
        changed += len(written)
        breath()
    return changed


def _write(findings: list[Finding], note: Callable[[Finding], Any], recount: bool = False) -> list[Finding]:
    """Note facts on findings, rank them, and write those that differ with their roll-ups."""
    names = (*ranking.RANKED_AND_FACTS, "possible")
    before = [tuple(getattr(f, name) for name in names) for f in findings]
    for finding in findings:
        note(finding)
    ranking.rank(findings, recount=recount)
    changed = []
    differing: dict[str, None] = {}
    for finding, was in zip(findings, before, strict=True):
        others = [name for name, old in zip(names, was, strict=True) if old != getattr(finding, name)]
        if others:
            changed.append(finding)
            differing.update(dict.fromkeys(others))
    rows = [(*(bulk.stored(getattr(finding, name)) for name in differing), finding.pk) for finding in changed]
    bulk.rewrite(Finding, bulk.columns_of(Finding, differing), rows)
    rollups.recount(_assets(changed), {f.target_id for f in changed if f.asset_id is None})
    return changed


def _assets(findings: Iterable[Finding]) -> set[int]:
    return {f.asset_id for f in findings if f.asset_id is not None}
