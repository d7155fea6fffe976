"""One act on many alerts: kept with what was before; stopped, gone on with, and undone.

Up to `triage.AT_ONCE` alerts are changed while somebody waits, in one transaction. More are a worker's, in parts: each
part is one transaction that changes its alerts and notes how far the act is, so that a break at any moment leaves
whole parts, and the next run goes on behind them. Undoing puts back state, verdict, owner and their times wherever
nobody changed the alert since, and with them the risk of entities; notes and minutes stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import Job, User
from accord.core.pace import Breath
from accord.core.permissions import allowed
from accord.monitoring.models import Alert, AlertAct, AlertActRow
from accord.monitoring.services import entities, triage
from accord.monitoring.services.triage import ACTS, NothingFits, Outcome

ACT, UNDO = "monitoring.act", "monitoring.undo_act"
KEPT = timedelta(days=30)
"""So long an act can be undone."""
CHOSEN = 5_000
"""So many alerts can be named one by one; a filter may hold any number."""
PART = 200
"""So many alerts a worker changes in one transaction, so that others wait for less than a second."""
Tell = Callable[[int, int | None, str], None]
Pick = Callable[[AlertAct], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Wish:
    """An act (a key of ACTS) with what it needs: a verdict and of which alert it is a duplicate, or a new owner."""

    action: str
    verdict: str = ""
    note: str = ""
    owner: User | None = None
    duplicate_of: str = ""
    minutes: float = 0.0
    expected: int | None = None

    def do(self, actor: User, alerts: Iterable[int]) -> Outcome:
        """Do it to these alerts, at most AT_ONCE."""
        told: dict[str, Any] = {"expected": self.expected, "minutes": self.minutes}
        if self.action == "close":
            return triage.close(
                actor, alerts, self.verdict, note=self.note, duplicate_of=self.duplicate_of, **told
            )  # fmt: skip
        if self.action == "assign":
            if self.owner is None:
                raise Refused(Problem(None, "owner", "Nobody is chosen.", "Choose who is to look at it."))
            return triage.assign(actor, alerts, self.owner, **told)
        one_of = {"take": triage.take, "release": triage.release, "reopen": triage.reopen}
        return one_of[self.action](actor, alerts, **told)

    @classmethod
    def of(cls, act: AlertAct) -> Wish:
        """What a kept act wishes, for one part of it: minutes are spread over all of its alerts by the caller."""
        twin = act.duplicate_of.key if act.duplicate_of is not None else ""
        return cls(act.action, act.verdict, act.note, act.owner, twin)


def name_of(act: AlertAct) -> str:
    """What is done, in words."""
    if act.action == "close":
        return f"Close as {dict(Alert.Verdict.choices).get(act.verdict, act.verdict).lower()}"
    return f"{ACTS[act.action][0]} to {act.owner}" if act.action == "assign" else ACTS[act.action][0]


def do(actor: User, wish: Wish, chosen: Sequence[int]) -> tuple[Outcome, AlertAct | None]:
    """Do it at once; of more than one alert it is kept what they were before."""
    if len(chosen) < 2:
        return wish.do(actor, chosen), None
    with ledger.write(actor):
        outcome = wish.do(actor, chosen)
        act = _made(actor, wish, len(chosen))
        act.finished = timezone.now()
        _note(act, outcome)
    return outcome, act


def submit(
    actor: User, wish: Wish, rows: QuerySet[Alert], query: Mapping[str, Sequence[str]] | None = None
) -> AlertAct:
    """Have a worker do it to these alerts: to those that are chosen, or all that fit the filters of the list.

    What comes after this call is not changed, whatever it fits; what fits no longer when its turn comes is not either.
    """
    twin = triage.check_verdict(wish.verdict, wish.duplicate_of) if wish.action == "close" else None
    if wish.action == "assign":
        triage.check_owner(wish.owner or actor)
    rows = rows.order_by("pk") if twin is None else rows.exclude(pk=twin.pk).order_by("pk")
    with ledger.write(actor) as log:
        chosen = list(rows.values_list("pk", flat=True)[: CHOSEN + 1]) if query is None else []
        if len(chosen) > CHOSEN:
            raise Refused(Problem(None, "alerts", f"More than {CHOSEN:,} are chosen.", "Choose them by a filter."))
        act = _made(actor, wish, len(chosen) if query is None else rows.order_by().count(), twin)
        if not act.total:
            raise Refused("No alert fits. Reload the list.")
        act.highest = rows.order_by("-pk").values_list("pk", flat=True)[0]
        act.chosen, act.query = chosen, None if query is None else {name: list(query[name]) for name in query}
        _enqueue(actor, act, ACT, name_of(act))
        log.add("begin", "alert_act", act.pk, None, {"act": name_of(act), "alerts": act.total, "query": act.query})
    return act


def _made(actor: User, wish: Wish, total: int, twin: Alert | None = None) -> AlertAct:
    if twin is None and wish.verdict == Alert.Verdict.DUPLICATE:
        twin = triage.check_verdict(wish.verdict, wish.duplicate_of)
    return AlertAct.objects.create(
        by=actor, action=wish.action, verdict=wish.verdict, note=wish.note, owner=wish.owner, duplicate_of=twin,
        minutes=wish.minutes, total=total,
    )  # fmt: skip


def _enqueue(actor: User, act: AlertAct, kind: str, words: str) -> None:
    act.job = jobs.enqueue(actor, kind, f"{words}: {act.total:,} alerts", act=act.pk).pk
    act.save()


def _note(act: AlertAct, outcome: Outcome) -> None:
    """Count what a part did, and keep what its alerts were."""
    act.changed += len(outcome.changed)
    act.passed = dict(Counter(act.passed) + outcome.passed)
    for row in outcome.before:
        row.act = act
    AlertActRow.objects.bulk_create(outcome.before, batch_size=200)
    act.save()


def is_at_work(act: AlertAct) -> bool:
    """Whether a worker has it, or will."""
    return act.job is not None and Job.objects.filter(
        pk=act.job, state__in=(Job.State.QUEUED, Job.State.RUNNING)
    ).exists()  # fmt: skip


def go_on(actor: User, act: AlertAct) -> AlertAct:
    """Go on with an act, or with its undoing, that was stopped or failed. Only who asked for it can."""
    with ledger.write(actor) as log:
        held = AlertAct.objects.select_related("owner").get(pk=act.pk)
        is_undo = held.undo_asked is not None
        if actor.pk != (held.undo_by_id if is_undo else held.by_id):
            raise Refused("Somebody else began it. Who began it can go on with it; you can undo it.")
        if is_at_work(held) or (held.undo_finished if is_undo else held.finished) is not None:
            raise Refused("It is at work, or done.")
        words = f"Undo “{name_of(held)}”" if is_undo else name_of(held)
        _enqueue(actor, held, UNDO if is_undo else ACT, words)
        log.add("begin", "alert_act", held.pk, None, {"act": words, "after": held.place})
    return held


def run(act: AlertAct, pick: Pick, tell: Tell) -> AlertAct:
    """Do an act part by part, or go on with it. `pick`: the next alerts behind its place, at most PART, in order."""
    breath = Breath()
    while True:
        with ledger.write(act.by):
            act = AlertAct.objects.select_related("by", "owner", "duplicate_of").get(pk=act.pk)
            if act.finished is not None or act.undo_asked is not None:
                return act
            _check_may(act.by, act)
            part = list(pick(act))
            if part:
                _note_part(act, part)
            else:
                act.finished = timezone.now()
                act.save(update_fields=["finished"])
        tell(min(act.total, act.changed + sum(act.passed.values())), act.total, name_of(act))
        breath()


def _check_may(actor: User, act: AlertAct) -> None:
    verb = ACTS[act.action][1]
    if not actor.is_active or not allowed(actor, verb, "alert"):
        raise Refused(f"{actor} may no longer “{verb}” alerts.")


def _note_part(act: AlertAct, part: Sequence[int]) -> None:
    wish = replace(Wish.of(act), minutes=act.minutes * len(part) / act.total)
    try:
        outcome = wish.do(act.by, part)
    except NothingFits as error:
        outcome = error.outcome
    act.place = part[-1]
    _note(act, outcome)


# --- undoing


def undo(actor: User, act: AlertAct) -> AlertAct:
    """Put back what an act changed; many alerts are a worker's. Refused while it is at work, or when it is too old."""
    _check_may(actor, act)
    with ledger.write(actor) as log:
        held = AlertAct.objects.select_related("by", "owner", "duplicate_of").get(pk=act.pk)
        if held.undo_asked is not None:
            raise Refused("It is undone already, or somebody is undoing it.")
        if is_at_work(held):
            raise Refused("It is at work. Stop it first.")
        if held.at < timezone.now() - KEPT:
            raise Refused(f"It is older than {KEPT.days} days: what was before is kept no longer.")
        if not held.changed:
            raise Refused("It changed nothing.")
        held.undo_by, held.undo_asked = actor, timezone.now()
        held.save()
        log.add("undo", "alert_act", held.pk, None, {"act": name_of(held), "alerts": held.changed})
        if held.rows.count() > triage.AT_ONCE:
            _enqueue(actor, held, UNDO, f"Undo “{name_of(held)}”")
            return held
    return run_undo(held, _silent)


def run_undo(act: AlertAct, tell: Tell) -> AlertAct:
    """Put back what is not put back yet, part by part."""
    total, breath = act.rows.count(), Breath()
    while True:
        with ledger.write(act.undo_by) as log:
            act = AlertAct.objects.select_related("undo_by").get(pk=act.pk)
            if act.undo_finished is not None:
                return act
            rows = AlertActRow.objects.filter(act=act, pk__gt=act.undo_place).order_by("pk")
            part = list(rows.select_related("owner", "duplicate_of")[:PART])
            if part:
                _put_back(act, part, log)
                act.undo_place = part[-1].pk
            else:
                act.undo_finished = timezone.now()
            act.save()
        tell(act.undone + act.left, total, "Undoing")
        breath()


def _put_back(act: AlertAct, rows: Sequence[AlertActRow], log: ledger.Log) -> None:
    found = Alert.objects.select_related("owner", "duplicate_of").in_bulk([row.alert_id for row in rows])
    changed = []
    for row in rows:
        alert = found.get(row.alert_id)
        if alert is None or (alert.revision, alert.state) != (row.revision, row.became):
            act.left += 1
            continue
        before = triage.snapshot(alert)
        alert.state, alert.verdict, alert.owner, alert.duplicate_of = (
            row.state,
            row.verdict,
            row.owner,
            row.duplicate_of,
        )
        alert.acknowledged, alert.closed = row.acknowledged, row.closed
        alert.revision += 1
        alert.changed, alert.changed_by = timezone.now(), act.undo_by
        changed.append(alert)
        log.add("put_back", "alert", alert.key, before, triage.snapshot(alert))
    names = ["state", "verdict", "owner", "duplicate_of", "acknowledged", "closed", "revision", "changed", "changed_by"]
    triage.overwrite(changed, names)
    entities.follow(changed)
    act.undone += len(changed)


def _silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def can_undo(act: AlertAct) -> bool:
    """Whether there is something that can still be put back. At most one query."""
    is_fresh = act.at >= timezone.now() - KEPT
    return is_fresh and act.changed > 0 and act.undo_asked is None and not is_at_work(act)


def forget() -> int:
    """Remove what acts changed that are too old to be undone; the ledger keeps it. Returns how many rows went."""
    with ledger.write(None):
        old = AlertActRow.objects.filter(act__at__lt=timezone.now() - KEPT)
        return AlertActRow.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:5000])).delete()[0]
