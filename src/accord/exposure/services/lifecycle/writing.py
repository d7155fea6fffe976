"""Writes findings whose state changes, with their place in the order, their roll-ups and a ledger entry each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.exposure.models import OPEN_STATES, Definition, Finding
from accord.exposure.selectors.policy import policy_now
from accord.exposure.services import bulk, deadlines, ranking, rollups
from accord.exposure.services.facts import UNKNOWN, Estate

ROWS = 1000
"""So many findings are written in one transaction."""
WRITTEN = (
    *ranking.RANKED_AND_FACTS, "state", "accepted_until", "accepted_under", "statement", "acted",
    "acted_by", "said", "closed_at", "closed_by", "reopened", "stale_since", "content",
)  # fmt: skip
State = Finding.State


@dataclass(slots=True)
class Change:
    """One finding as it is to be; `verb` and `told` go to the ledger beside its states."""

    finding: Finding
    state: str
    verb: str
    told: dict[str, Any] = field(default_factory=dict)


def change(changes: Sequence[Change], log: ledger.Log) -> int:
    """Give findings their new states, inside the caller's transaction (`bulk.wide_statements` around it).

    What comes back to the open states takes the facts of today, and its clock begins anew.
    """
    if not changes:
        return 0
    opened: Counter[int] = Counter()
    back: list[Finding] = []
    now = timezone.now()
    for one in changes:
        finding, old = one.finding, str(one.finding.state)
        finding.state = one.state
        is_open = one.state in OPEN_STATES
        opened[finding.definition_id] += is_open - (old in OPEN_STATES)
        if old == State.CLOSED and is_open:
            finding.closed_at, finding.closed_by, finding.reopened = None, None, finding.reopened + 1
        if is_open and old not in OPEN_STATES:
            back.append(finding)
        if one.state != State.ACCEPTED:
            finding.accepted_until, finding.accepted_under = None, ""
        finding.content = None
        log.add(one.verb, "finding", finding.key, {"state": old}, {"state": one.state, **one.told})
    note_facts(back)
    rows = [one.finding for one in changes]
    ranking.rank(rows)
    if back:
        rules = policy_now()
        for finding in back:
            finding.clock, finding.due = deadlines.started(rules, finding.worst_class, now)
    bulk.overwrite(Finding, rows, WRITTEN)
    recount(rows, opened)
    return len(rows)


def recount(rows: Iterable[Finding], opened: Counter[int]) -> None:
    """Bring the roll-ups up to date with these findings. `opened`: difference of open findings by definition."""
    some = list(rows)
    rollups.recount(
        {row.asset_id for row in some if row.asset_id is not None},
        {row.target_id for row in some if row.asset_id is None},
        opened,
    )


def note_facts(rows: Sequence[Finding]) -> None:
    """What feeds and estate say by now: findings that are not open are not assessed when these change."""
    if not rows:
        return
    known = Definition.objects.in_bulk({row.definition_id for row in rows})
    assets = {row.asset_id for row in rows if row.asset_id is not None}
    facts = Estate().of(assets) if assets else {}
    for row in rows:
        told = known[row.definition_id]
        row.known_exploited, row.epss = told.known_exploited, told.epss
        ranking.place_on(row, facts.get(row.asset_id or 0, UNKNOWN))
