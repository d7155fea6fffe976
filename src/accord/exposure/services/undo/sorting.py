"""What undoing an import means for each finding that it touched: it goes, it is put back, or it stays, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import PROTECT

from accord.exposure.models import Finding, Scan, Target
from accord.exposure.services.journal import MOMENTS, JournalEntry, moment

REMOVE, RESTORE, LEAVE, NOTHING = "remove", "restore", "leave", "nothing"
SEEN_LATER = "a later scan saw it too"
SEEN_EARLIER = "an older scan, imported later, saw it too"
ACTED_ON = "a person has said something of it since"
STATE_CHANGED = "its state was changed since"
POINTED_TO = "other records point to it"
LEFT = (SEEN_LATER, SEEN_EARLIER, ACTED_ON, STATE_CHANGED, POINTED_TO)
DERIVED = frozenset(
    {"id", "fingerprint", "asset", "target", "rank", "worst_class", "best_class", "known_exploited", "epss", "reach",
     "goal_weight", "content"}
)  # fmt: skip
"""Not put back: what follows from the estate and the feeds of today, and where the finding stands today."""
OF_STATE = frozenset(
    {"state", "closed_at", "closed_by", "reopened", "accepted_until", "accepted_under", "clock", "due", "price"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one entry of the journal. `names` are the fields that are put back from its `before`."""

    what: str
    entry: JournalEntry
    finding: Finding | None
    names: tuple[str, ...] = ()
    reason: str = ""


def sort(scan: Scan, entries: Sequence[JournalEntry]) -> list[Step]:
    """A step for each entry, by what the findings say now. A constant number of queries."""
    rows = Finding.objects.in_bulk([one.finding for one in entries])
    fixed = _pointed_to([one.finding for one in entries if one.verb == "add"])
    return [_step(scan, one, rows.get(one.finding), fixed) for one in entries]


def _pointed_to(findings: list[int]) -> set[int]:
    """Those to which rows point that must not lose them."""
    found: set[int] = set()
    for relation in Finding._meta.related_objects:
        if relation.on_delete is not PROTECT:
            continue
        name = relation.field.attname
        held = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": findings})
        found.update(held.values_list(name, flat=True))
    return found


def _step(scan: Scan, entry: JournalEntry, row: Finding | None, fixed: set[int]) -> Step:
    if row is None:
        return Step(NOTHING, entry, None)
    if entry.verb == "add" or entry.before is None:
        reason = _kept(scan, row, fixed)
        return Step(LEAVE, entry, row, (), reason) if reason else Step(REMOVE, entry, row)
    names = set(entry.before) - DERIVED
    reason = ""
    if "last_scan" in entry.after:
        if row.last_scan_id != scan.pk:
            return Step(LEAVE, entry, row, (), SEEN_LATER)
    elif entry.verb in ("close", "verify"):
        if row.closed_by_id != scan.pk or row.state != Finding.State.CLOSED:
            return Step(LEAVE, entry, row, (), STATE_CHANGED)
    else:
        names = {name for name in names if _is(row, name, entry.after.get(name))}
    if "state" in entry.after and row.state != entry.after["state"]:
        names, reason = names - OF_STATE, STATE_CHANGED
    if "last_scan" in entry.before:
        names.add("target")
    return Step(RESTORE if names else NOTHING, entry, row, tuple(sorted(names)), reason)


def _kept(scan: Scan, row: Finding, fixed: set[int]) -> str:
    """Why a finding that the scan added must stay, "" where it may go."""
    if row.last_scan_id != scan.pk:
        return SEEN_LATER
    if scan.observed is not None and row.first_seen < scan.observed:
        return SEEN_EARLIER
    if row.acted is not None:
        return ACTED_ON
    return POINTED_TO if row.pk in fixed else ""


def _is(row: Finding, name: str, value: Any) -> bool:
    """Whether a field still says what the import wrote."""
    held = getattr(row, Finding._meta.get_field(name).attname)  # type: ignore[union-attr]
    return bool(held == (moment(value) if name in MOMENTS else value))


def put_back(steps: Sequence[Step]) -> None:
    """Write the fields of before on the findings in memory."""
    for step in steps:
        row, before = step.finding, step.entry.before or {}
        assert row is not None
        for name in step.names:
            if name not in before or name == "target":
                continue
            field: Any = Finding._meta.get_field(name)
            value = moment(before[name]) if name in MOMENTS else before[name]
            setattr(row, field.attname, field.to_python(value) if not field.is_relation else value)
        row.content = None
    _put_targets_back([step for step in steps if "target" in step.names])


def _put_targets_back(steps: Sequence[Step]) -> None:
    """The name under which it was seen before, where that is one of the same asset still."""
    wanted = {step.entry.before["target"] for step in steps if step.entry.before and "target" in step.entry.before}
    assets = dict(Target.objects.filter(pk__in=wanted, asset__isnull=False).values_list("pk", "asset_id"))
    for step in steps:
        target = (step.entry.before or {}).get("target")
        if target is not None and step.finding is not None and assets.get(target, 0) == step.finding.asset_id:
            step.finding.target_id = target
