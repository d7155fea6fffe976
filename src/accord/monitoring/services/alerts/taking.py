"""Takes the hits of a batch: what they become, in few queries however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any

from django.utils import timezone

from accord.core import ledger, webhooks
from accord.monitoring.hits import Hit
from accord.monitoring.models import Alert, ExceptionDay, Rule, RuleException, SeenHit, Silence
from accord.monitoring.services.alerts import folding, keeping
from accord.monitoring.services.alerts.drafts import READ_AT_ONCE, Draft, Drafts
from accord.monitoring.services.alerts.risks import Risks
from accord.monitoring.services.alerts.scores import score
from accord.monitoring.services.alerts.silencing import silence_of, silences_of
from accord.monitoring.services.alerts.subjects import Estate, Subject, estate_of, lengths_of, subject_of
from accord.monitoring.services.exception_gate import gate
from accord.monitoring.services.ruleset import note_fired
from accord.monitoring.services.wide import ROWS, wide_statements

OPENED = webhooks.declare("alert.opened", "Alerts of level high or critical were opened")
TOLD_LEVELS = ("high", "critical")
TOLD = 50
LOGGED = 200
Sorted = list[tuple[Hit, Subject, int | None]]
"""Hits that count, each with what its alert is about and the silence that holds for it."""


def take(hits: Sequence[Hit], log: ledger.Log | None = None) -> list[Alert]:
    """Make alerts of hits, or add them to alerts that are open; returns those that were opened.

    Within the caller's `ledger.write` where it gives its log. A hit that was taken before (the same rule and event) is
    passed over; one whose rule is gone or not enabled makes no alert.
    """
    if log is None:
        with ledger.write(None) as own, wide_statements():
            return _take(hits, own)
    with wide_statements():
        return _take(hits, log)


def _take(given: Sequence[Hit], log: ledger.Log) -> list[Alert]:
    now = timezone.now()
    hits = _fresh(given, now)
    if not hits:
        return []
    note_fired(hits)
    rules = {rule.pk: rule for rule in Rule.objects.filter(pk__in={hit.rule for hit in hits})}
    hits = _excepted([hit for hit in hits if hit.rule in rules], now)
    hits = [hit for hit in hits if rules[hit.rule].enabled]
    estate = estate_of(hit.asset for hit in hits if hit.asset is not None)
    drafts = Drafts(rules, estate, lengths_of(rules), now)
    placed = _silenced(hits, estate, now)
    drafts.load(subject for _, subject, _ in placed)
    for hit, subject, silence in placed:
        drafts.add(hit, subject, silence)
    queued = [draft for draft in drafts.all if draft.alert.silence_id is None]
    risks = Risks(rules)
    risks.count(queued)
    every = [*drafts.all, *risks.alerts(estate, now)]
    for draft in every:
        _rate(draft.alert, risks, estate)
    opened = _write(every, drafts.all, queued)
    risks.write()
    _tell(opened, log)
    return opened


def mark_of(hit: Hit) -> str:
    """What a hit is counted by, once: its rule, its event, and the group of a correlation rule."""
    text = "\x1f".join((str(hit.rule), hit.event, *(f"{name}={value}" for name, value in sorted(hit.group.items()))))
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _fresh(given: Iterable[Hit], now: datetime) -> list[Hit]:
    """Hits that were not counted before; they are noted as counted."""
    marked = {mark_of(hit): hit for hit in reversed(list(given))}
    marks = list(marked)
    known: set[str] = set()
    for start in range(0, len(marks), READ_AT_ONCE):
        rows = SeenHit.objects.filter(mark__in=marks[start : start + READ_AT_ONCE])
        known.update(rows.values_list("mark", flat=True))
    fresh = [mark for mark in marks if mark not in known]
    SeenHit.objects.bulk_create((SeenHit(mark=mark, at=now) for mark in fresh), batch_size=10 * ROWS)
    return sorted((marked[mark] for mark in fresh), key=lambda hit: (hit.time, hit.event, hit.rule))


def _excepted(hits: Sequence[Hit], now: datetime) -> list[Hit]:
    """Hits that no exception takes; those that one does are counted, by rule and day."""
    keeper = gate()
    kept: list[Hit] = []
    dropped: Counter[tuple[int, int]] = Counter()
    for hit in hits:
        taken = keeper.takes(hit)
        if taken is None:
            kept.append(hit)
        else:
            dropped[taken, hit.rule] += 1
    if dropped:
        count_dropped(dropped, now)
    return kept


def count_dropped(dropped: Mapping[tuple[int, int], int], now: datetime) -> None:
    """Count the hits that exceptions took: (exception, rule) → hits. Within a transaction of `ledger.write`."""
    day: date = now.astimezone(UTC).date()
    pairs = set(dropped)
    rows = {
        (row.exception_id, row.rule_id): row
        for row in ExceptionDay.objects.filter(day=day, exception_id__in={one for one, _ in pairs})
    }
    new = [ExceptionDay(exception_id=e, rule_id=r, day=day) for e, r in pairs if (e, r) not in rows]
    for row in (*rows.values(), *new):
        row.hits += dropped.get((row.exception_id, row.rule_id), 0)
    _overwrite(ExceptionDay, list(rows.values()), ("hits",))
    ExceptionDay.objects.bulk_create(new, batch_size=ROWS)
    exceptions = list(RuleException.objects.filter(pk__in={one for one, _ in pairs}))
    for one in exceptions:
        one.dropped += sum(count for (pk, _), count in dropped.items() if pk == one.pk)
        one.last = now
    _overwrite(RuleException, exceptions, ("dropped", "last"))


def _silenced(hits: Sequence[Hit], estate: Estate, now: datetime) -> Sorted:
    silences = silences_of(hits)
    found: Sorted = []
    counted: Counter[int] = Counter()
    for hit in hits:
        subject = subject_of(hit)
        one = silence_of(hit, subject, estate.get(hit.asset), silences) if silences else None
        if one is not None:
            counted[one.pk] += 1
        found.append((hit, subject, None if one is None else one.pk))
    touched = [one for one in silences if counted[one.pk]]
    for one in touched:
        one.hits, one.last = one.hits + counted[one.pk], now
    _overwrite(Silence, touched, ("hits", "last"))
    return found


def _rate(alert: Alert, risks: Risks, estate: Estate) -> None:
    greatest = risks.greatest(alert)
    alert.risk = greatest if greatest is not None else alert.risk
    alert.score_low, alert.score = score(alert, estate.largest)


def _write(every: Sequence[Draft], own: Sequence[Draft], queued: Sequence[Draft]) -> list[Alert]:
    """Write alerts and the hits that are kept with them; returns the new ones."""
    chosen = keeping.choose(own)
    opened = [draft.alert for draft in every if draft.is_new]
    last = Alert.objects.order_by("-pk").values_list("key", flat=True).first()
    number = int(last.partition("-")[2]) if last else 0
    for place, alert in enumerate(opened, number + 1):
        alert.key = f"A-{place:06d}"
    there = [draft.alert for draft in every if not draft.is_new]
    Alert.objects.bulk_create(opened, batch_size=ROWS)
    names = (
        "level", "title", "host", "user", "address", "asset", "asset_by", "system", "unit", "techniques", "tactics",
        "goal_share", "loss_low", "loss_mid", "loss_high", "risk", "made_of", "score", "score_low", "events", "kept",
        "first", "last",
    )  # fmt: skip
    _overwrite(Alert, there, names)
    keeping.keep(chosen, own)
    _overwrite(Alert, folding.fold(queued), ("folded_into", "state"))
    return opened


def _overwrite(model: Any, rows: Sequence[Any], names: Sequence[str]) -> None:
    if rows:
        model.objects.bulk_create(
            rows, batch_size=ROWS, update_conflicts=True, unique_fields=["id"], update_fields=list(names)
        )


def _tell(opened: Sequence[Alert], log: ledger.Log) -> None:
    """One entry of the ledger, and one message to other programs, for a batch."""
    if not opened:
        return
    levels = Counter(alert.level for alert in opened)
    keys = [alert.key for alert in opened]
    name = keys[0] if len(keys) == 1 else f"{keys[0]} to {keys[-1]}"
    log.add("open", "alert", name, None, {"number": len(keys), "levels": dict(levels), "alerts": keys[:LOGGED]})
    told = [alert for alert in opened if alert.level in TOLD_LEVELS and alert.state == Alert.State.NEW]
    if told:
        webhooks.send(OPENED, {"number": len(told), "alerts": [_message(alert) for alert in told[:TOLD]]})


def _message(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.key, "title": alert.title[:100], "level": alert.level, "score": alert.score,
        "entity": f"{alert.entity_kind} {alert.entity}"[:100], "address": alert.get_absolute_url(),
    }  # fmt: skip
