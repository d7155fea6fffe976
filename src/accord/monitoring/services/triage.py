"""What analysts do to alerts: take, assign, judge, note, escalate; one by one and many at once.

Each act notes in the ledger what was before and after. Two people at one alert: an act on one alert says which
revision it was looked at (`expected`), and is refused where somebody changed it meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils import timezone

from accord.core import events, ledger, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring.models import Alert, AlertActRow, AlertNote
from accord.monitoring.services import entities
from accord.monitoring.services.wide import ROWS

ESCALATED = webhooks.declare("alert.escalated", "An alert was escalated: an incident is wanted")
CLOSED = webhooks.declare("alert.closed", "An alert of level high or critical was closed with its verdict")
State, Verdict = Alert.State, Alert.Verdict
AT_ONCE = 500
"""So many alerts are changed in one transaction, which others wait for; more are a worker's (`acts`)."""
LONGEST = 5000
LONGEST_STAY = 240.0
"""Minutes that one look at an alert can count; a page that is left open is no work."""
ACTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "take": ("Take", "work", (State.NEW, State.OPEN, State.SILENCED, State.FOLDED)),
    "assign": ("Assign", "work", (State.NEW, State.OPEN, State.SILENCED, State.FOLDED)),
    "release": ("Give back", "work", (State.OPEN,)),
    "close": ("Close", "judge", (State.NEW, State.OPEN, State.SILENCED, State.FOLDED)),
    "reopen": ("Reopen", "judge", (State.CLOSED,)),
}
"""Acts that fit several alerts: in words, the verb of the permission, and the states that they fit."""
ANALYSTS = (Role.ANALYST, Role.CISO, Role.MANAGER)
SNAPSHOT = ("state", "verdict", "owner", "duplicate_of")
Act = Callable[[Alert], None]


@dataclass(slots=True)
class Outcome:
    """Which alerts changed, and how many did not by the state that they are in.

    `before`: what those that changed were, also the folded ones below them; rows that are not kept yet.
    """

    changed: list[Alert] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    before: list[AlertActRow] = field(default_factory=list)

    def text(self) -> str:
        return in_words(len(self.changed), self.passed)


class NothingFits(Refused):
    """None of the alerts is in a state that the act fits."""

    def __init__(self, verb: str, outcome: Outcome) -> None:
        super().__init__(_why_not(verb, outcome))
        self.outcome = outcome


def in_words(changed: int, passed: Mapping[str, int]) -> str:
    """What came of an act, in words."""
    labels = dict(State.choices)
    left = ", ".join(f"{count:,} {labels[state].lower()}" for state, count in sorted(passed.items()))
    done = f"{changed:,} alert{'' if changed == 1 else 's'} changed."
    return f"{done} Not changed: {left}." if left else done


def snapshot(alert: Alert) -> dict[str, Any]:
    """What the ledger says of an alert."""
    return {
        "state": alert.state, "verdict": alert.verdict or None, "owner": alert.owner.email if alert.owner else None,
        "duplicate_of": alert.duplicate_of.key if alert.duplicate_of else None,
    }  # fmt: skip


def take(actor: User, alerts: Iterable[int], expected: int | None = None, minutes: float = 0.0) -> Outcome:
    """Take alerts: one is their owner, and they are in triage."""
    return assign(actor, alerts, actor, expected, minutes, verb="take")


def assign(
    actor: User, alerts: Iterable[int], to: User, expected: int | None = None, minutes: float = 0.0,
    verb: str = "assign",
) -> Outcome:  # fmt: skip
    """Give alerts to somebody who works on alerts."""
    check_owner(to)

    def act(alert: Alert) -> None:
        alert.owner, alert.state = to, State.OPEN
        alert.acknowledged = alert.acknowledged or timezone.now()

    return _do(actor, alerts, verb, act, expected, minutes)


def check_owner(to: User) -> None:
    """Refused where somebody works on no alerts."""
    if not to.is_active or not set(ANALYSTS) & set(to.roles):
        raise Refused(Problem(None, "owner", f"{to} works on no alerts.", "Choose an analyst, manager or CISO."))


def release(actor: User, alerts: Iterable[int], expected: int | None = None, minutes: float = 0.0) -> Outcome:
    """Give alerts back to the queue: nobody owns them."""

    def act(alert: Alert) -> None:
        alert.owner, alert.state = None, State.NEW

    return _do(actor, alerts, "release", act, expected, minutes)


def close(
    actor: User, alerts: Iterable[int], verdict: str, *, note: str = "", duplicate_of: str = "",
    expected: int | None = None, minutes: float = 0.0,
) -> Outcome:  # fmt: skip
    """Close alerts with a verdict; those that are folded under them get the same one.

    A duplicate names the alert (its key) of which it is one. What is judged false counts for no risk of its
    entities while it is; a risk alert that is closed begins its entity's risk anew.
    """
    wanted = list(dict.fromkeys(alerts))
    twin = check_verdict(verdict, duplicate_of, wanted)
    now = timezone.now()

    def act(alert: Alert) -> None:
        alert.state, alert.verdict, alert.duplicate_of, alert.closed = State.CLOSED, verdict, twin, now
        alert.acknowledged = alert.acknowledged or now
        alert.owner = alert.owner or actor

    return _do(actor, wanted, "close", act, expected, minutes, note, after=_settle)


def check_verdict(verdict: str, duplicate_of: str = "", alerts: Sequence[int] = ()) -> Alert | None:
    """The alert of which these are duplicates; None for another verdict. Refused where it cannot be given."""
    if verdict not in Verdict.values:
        raise Refused(Problem(None, "verdict", "It is no verdict.", f"Use one of: {', '.join(Verdict.values)}."))
    return _twin(alerts, duplicate_of) if verdict == Verdict.DUPLICATE else None


def _twin(alerts: Sequence[int], key: str) -> Alert:
    found = Alert.objects.filter(key=key.strip()).first() if key.strip() else None
    if found is None:
        told = f"There is no alert “{key}”." if key.strip() else "It is not said of which one it is a duplicate."
        raise Refused(Problem(None, "duplicate_of", told, "Give the key of the other alert, such as A-000012."))
    if found.pk in alerts:
        raise Refused(Problem(None, "duplicate_of", "An alert is no duplicate of itself.", "Choose another one."))
    if found.verdict == Verdict.DUPLICATE:
        raise Refused(
            Problem(None, "duplicate_of", f"{found.key} is a duplicate itself.", f"Choose {found.duplicate_of}.")
        )
    return found


def _settle(actor: User, changed: Sequence[Alert], before: list[AlertActRow]) -> None:
    """What else is true once alerts are closed: folded ones, risk, and who is told."""
    keys = {alert.pk: alert for alert in changed}
    below = list(Alert.objects.filter(folded_into_id__in=list(keys), state=State.FOLDED))
    for alert in below:
        above = keys[alert.folded_into_id or 0]
        before.append(_held(alert, State.CLOSED, alert.revision))
        alert.state, alert.verdict, alert.closed, alert.owner = State.CLOSED, above.verdict, above.closed, above.owner
        alert.duplicate_of = above.duplicate_of
        alert.acknowledged = alert.acknowledged or above.acknowledged
    names = ["state", "verdict", "duplicate_of", "closed", "owner", "acknowledged"]
    overwrite(below, names)
    entities.follow([*changed, *below])
    told = [alert for alert in changed if alert.level in ("high", "critical")]
    if told:
        rows = [{"alert": a.key, "verdict": a.verdict, "level": a.level} for a in told[:50]]
        webhooks.send(CLOSED, {"number": len(told), "alerts": rows, "by": actor.email})


def reopen(actor: User, alerts: Iterable[int], expected: int | None = None, minutes: float = 0.0) -> Outcome:
    """Open closed alerts again; the verdict goes, the ledger keeps it. What it took off risks returns."""

    def act(alert: Alert) -> None:
        alert.state, alert.verdict, alert.duplicate_of, alert.closed = State.OPEN, "", None, None
        alert.owner = alert.owner or actor

    def after(_: User, changed: Sequence[Alert], __: list[AlertActRow]) -> None:
        entities.follow(changed)

    return _do(actor, alerts, "reopen", act, expected, minutes, after=after)


def note(actor: User, alert: int, text: str, minutes: float = 0.0) -> AlertNote:
    """Write something of an alert."""
    told = _text(text, "text")
    with ledger.write(actor) as log:
        found = _one(alert)
        made = AlertNote.objects.create(alert=found, by=actor, text=told)
        _spend(found, minutes)
        log.add("comment", "alert", found.key, None, {"note": told[:500]})
    return made


def spend(actor: User, alert: int, minutes: float) -> None:
    """Add minutes that were spent on an alert."""
    if not 0 < minutes <= LONGEST_STAY:
        raise Refused(Problem(None, "minutes", "It is no time that one look takes.", f"At most {LONGEST_STAY:g}."))
    with ledger.write(actor) as log:
        found = _one(alert)
        before = found.minutes
        _spend(found, minutes)
        log.add("spend", "alert", found.key, {"minutes": round(before, 1)}, {"minutes": round(found.minutes, 1)})


def set_minutes(actor: User, alert: int, minutes: float, expected: int | None = None) -> Alert:
    """Say how many minutes were spent on an alert in all."""
    if not 0 <= minutes <= 100_000:
        raise Refused(Problem(None, "minutes", "It is no number of minutes.", "Give a number from 0 on."))
    with ledger.write(actor) as log:
        found = _one(alert)
        _check(found, expected)
        before = found.minutes
        found.minutes = minutes
        _mark(actor, found)
        found.save(update_fields=["minutes", "revision", "changed", "changed_by"])
        log.add("change", "alert", found.key, {"minutes": round(before, 1)}, {"minutes": round(minutes, 1)})
    return found


def escalate(actor: User, alert: int, reason: str, expected: int | None = None, minutes: float = 0.0) -> Alert:
    """Say that an alert needs an incident: whoever handles incidents hears it (`events.incident_wanted`)."""
    told = _text(reason, "reason")[:1000]
    with ledger.write(actor) as log:
        found = _one(alert)
        _check(found, expected)
        if found.escalated is not None:
            raise Refused(f"{found.key} was escalated already.")
        if found.state == State.CLOSED and found.verdict != Verdict.TRUE:
            raise Refused(f"{found.key} is closed as {found.get_verdict_display().lower()}. Reopen it first.")
        before = snapshot(found)
        found.escalated, found.escalated_by, found.escalation = timezone.now(), actor, told
        found.acknowledged = found.acknowledged or found.escalated
        if found.state != State.CLOSED:
            found.state, found.owner = State.OPEN, found.owner or actor
        _mark(actor, found)
        _spend(found, minutes, save=False)
        found.save()
        log.add("escalate", "alert", found.key, before, {**snapshot(found), "reason": told})
        events.incident_wanted.send(alert=found, reason=told, actor=actor)
        webhooks.send(
            ESCALATED,
            {"alert": found.key, "title": found.title[:200], "level": found.level, "reason": told,
             "entity": f"{found.entity_kind} {found.entity}"[:200], "address": found.get_absolute_url(),
             "by": actor.email},
        )  # fmt: skip
    return found


# --- how


def _do(
    actor: User, alerts: Iterable[int], verb: str, act: Act, expected: int | None, minutes: float, words: str = "",
    after: Callable[[User, Sequence[Alert], list[AlertActRow]], None] | None = None,
) -> Outcome:  # fmt: skip
    """One act in one transaction: it is done to all that it fits, or to none."""
    wanted = list(dict.fromkeys(alerts))
    if not wanted:
        raise Refused(Problem(None, "alerts", "None is chosen.", "Choose at least one."))
    if len(wanted) > AT_ONCE:
        raise Refused(Problem(None, "alerts", f"{len(wanted):,} are chosen.", f"A worker does more than {AT_ONCE:,}."))
    outcome = Outcome()
    with ledger.write(actor) as log:
        found = Alert.objects.filter(pk__in=wanted).order_by("pk")
        rows = list(found.select_related("owner", "duplicate_of", "changed_by"))
        if len(wanted) == 1 and rows:
            _check(rows[0], expected)
        _do_some(actor, rows, verb, act, minutes / len(wanted), words, log, outcome)
        if outcome.changed and after is not None:
            after(actor, outcome.changed, outcome.before)
    if not outcome.changed:
        raise NothingFits(verb, outcome)
    return outcome


def _do_some(
    actor: User, rows: Sequence[Alert], verb: str, act: Act, minutes: float, words: str, log: ledger.Log,
    outcome: Outcome,
) -> None:  # fmt: skip
    """Do it to those of some alerts whose state it fits; the others are counted as passed over."""
    changed = outcome.changed
    for alert in rows:
        if alert.state not in ACTS[verb][2]:
            outcome.passed[alert.state] += 1
            continue
        before, row = snapshot(alert), _held(alert, "", alert.revision + 1)
        act(alert)
        row.became = alert.state
        outcome.before.append(row)
        _mark(actor, alert)
        _spend(alert, minutes, save=False)
        changed.append(alert)
        log.add(verb, "alert", alert.key, before, {**snapshot(alert), **({"note": words} if words else {})})
    names = [
        "state", "verdict", "duplicate_of", "owner", "acknowledged", "closed", "minutes", "revision", "changed",
        "changed_by",
    ]  # fmt: skip
    overwrite(changed, names)
    if changed and words.strip():
        text = _text(words, "note")
        AlertNote.objects.bulk_create(AlertNote(alert=one, by=actor, text=text) for one in changed)


def overwrite(alerts: Sequence[Alert], names: Sequence[str]) -> None:
    """Write some fields of alerts that are there: an upsert takes half the time of Django's `bulk_update`."""
    if alerts:
        Alert.objects.bulk_create(
            alerts, batch_size=ROWS, update_conflicts=True, unique_fields=["id"], update_fields=list(names)
        )


def _held(alert: Alert, became: str, revision: int) -> AlertActRow:
    """What an alert is now, and the state and revision that an act gives it."""
    return AlertActRow(
        alert_id=alert.pk, state=alert.state, verdict=alert.verdict, owner_id=alert.owner_id,
        duplicate_of_id=alert.duplicate_of_id, acknowledged=alert.acknowledged, closed=alert.closed,
        revision=revision, became=became,
    )  # fmt: skip


def _why_not(verb: str, outcome: Outcome) -> str:
    labels = dict(State.choices)
    states = ", ".join(labels[state].lower() for state in sorted(outcome.passed))
    return f"{ACTS[verb][0]} does not fit: {states or 'it is gone'}. Reload the page to see what it is now."


def _one(pk: int) -> Alert:
    found = Alert.objects.filter(pk=pk).select_related("owner", "duplicate_of", "changed_by").first()
    if found is None:
        raise Refused("There is no such alert. Reload the page.")
    return found


def _check(alert: Alert, expected: int | None) -> None:
    """Refused where somebody changed the alert after it was looked at."""
    if expected is None or alert.revision == expected:
        return
    when = f" at {timezone.localtime(alert.changed):%H:%M}" if alert.changed else ""
    verdict = f", {alert.get_verdict_display().lower()}" if alert.verdict else ""
    owner = f", owner {alert.owner}" if alert.owner else ""
    raise Refused(
        Problem(None, "", f"{alert.key} was changed meanwhile by {alert.changed_by}{when}: it is "
                f"{alert.get_state_display().lower()}{verdict}{owner}.", "Look at it again; nothing was changed.")
    )  # fmt: skip


def _mark(actor: User, alert: Alert) -> None:
    alert.revision += 1
    alert.changed, alert.changed_by = timezone.now(), actor


def _spend(alert: Alert, minutes: float, *, save: bool = True) -> None:
    told = max(0.0, min(LONGEST_STAY, minutes))
    alert.minutes += told
    if save and told:
        Alert.objects.filter(pk=alert.pk).update(minutes=F("minutes") + told)


def _text(text: str, name: str) -> str:
    told = text.strip().replace("\x00", "")
    if not told:
        raise Refused(Problem(None, name, "It is blank.", "Write a few words."))
    if len(told) > LONGEST:
        raise Refused(Problem(None, name, f"It has {len(told):,} characters.", f"Write at most {LONGEST:,}."))
    return told
