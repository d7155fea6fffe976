"""Alerts, exceptions and silences on the API: the lists of the screens, and the same acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.permissions import guard_api, require
from accord.monitoring.lists.alerts import ALERTS, SILENCES, checked, under
from accord.monitoring.lists.entities import ENTITIES
from accord.monitoring.lists.exceptions import EXCEPTIONS
from accord.monitoring.models import Alert, AlertAct, ExceptionReplay, Rule, RuleException, Silence
from accord.monitoring.selectors import alerts as read
from accord.monitoring.selectors.members import total_of
from accord.monitoring.services import acts, exceptions, silences, triage
from accord.monitoring.services.triage import ACTS
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation


class Act(Schema):
    """One act to alerts (keys), or to all that fit `filters` (names and values as of the list).

    More than 500 are changed by a worker. `revision` of a single one refuses it where somebody changed it meanwhile.
    """

    action: str = Field(max_length=20)
    alerts: list[str] = Field(default=[], max_length=acts.CHOSEN)
    filters: dict[str, list[str]] | None = None
    verdict: str = Field(default="", max_length=10)
    duplicate_of: str = Field(default="", max_length=20)
    owner: str = Field(default="", max_length=254)
    note: str = Field(default="", max_length=triage.LONGEST)
    minutes: float = Field(default=0, ge=0, le=triage.LONGEST_STAY)
    revision: int | None = None


class Note(Schema):
    text: str = Field(max_length=triage.LONGEST)
    minutes: float = Field(default=0, ge=0, le=triage.LONGEST_STAY)


class Escalation(Schema):
    reason: str = Field(max_length=1000)
    revision: int | None = None


class Condition(Schema):
    """`operator`: equals, contains, startswith, endswith or cidr."""

    field: str = Field(max_length=200)
    operator: str = Field(max_length=20)
    value: str = Field(max_length=2000)


class Wanted(Schema):
    """Conditions that must all hold, and of which rules (identifiers) hits are dropped."""

    conditions: list[Condition] = Field(max_length=exceptions.MOST_CONDITIONS)
    rules: list[str] = Field(default=[], max_length=exceptions.MOST_RULES)
    everywhere: bool = False
    alert: str = Field(default="", max_length=20)
    days: int = Field(default=exceptions.DAYS, ge=1, le=90)


class Saving(Schema):
    """`replay` and `proof` are those of a replay of these very conditions; `despite` where true alerts lose hits."""

    replay: int
    proof: str = Field(max_length=64)
    title: str = Field(max_length=200)
    reason: str = Field(max_length=1000)
    expires: datetime
    owner: str = Field(default="", max_length=254)
    despite: str = Field(default="", max_length=1000)


class Quiet(Schema):
    """What is silenced (all that is named must fit), from when until when, and why."""

    since: datetime
    until: datetime
    reason: str = Field(max_length=1000)
    rule: str = Field(default="", max_length=200)
    entity_kind: str = Field(default="", max_length=20)
    entity: str = Field(default="", max_length=300)
    asset: str = Field(default="", max_length=100)
    system: str = Field(default="", max_length=100)


router = Router()
list_operation(router, "/alerts", ALERTS)
list_operation(router, "/entities", ENTITIES, "entities")
list_operation(router, "/exceptions", EXCEPTIONS)
list_operation(router, "/silences", SILENCES)


def _alert(request: HttpRequest, key: str) -> Alert:
    rows = read.seen_by(actor_of(request)).select_related(
        "rule", "asset", "system", "unit", "owner", "source", "duplicate_of", "folded_into", "silence"
    )
    found = rows.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _keys(request: HttpRequest, keys: list[str]) -> list[int]:
    found = dict(read.seen_by(actor_of(request)).filter(key__in=keys).values_list("key", "pk"))
    missing = [key for key in keys if key not in found]
    if missing:
        raise Refused(Problem(None, "alerts", f"There is no alert “{missing[0][:20]}”.", "Take keys from the list."))
    return list(found.values())


def _do(request: HttpRequest, body: Act, verb: str) -> dict[str, Any]:
    if body.action not in ACTS:
        raise Refused(Problem(None, "action", f"“{body.action}” is no act.", f"Use one of: {', '.join(ACTS)}."))
    if ACTS[body.action][1] != verb:
        raise PermissionDenied(f"“{body.action}” is done under /alerts/{ACTS[body.action][1]}.")
    if body.filters is not None and body.alerts:
        raise Refused(Problem(None, "filters", "Alerts are named as well.", "Give one of the two."))
    actor, is_close = actor_of(request), body.action == "close"
    wish = acts.Wish(
        body.action, body.verdict if is_close else "", body.note if is_close else "",
        _person(body.owner) if body.action == "assign" else None, body.duplicate_of if is_close else "",
        body.minutes, body.revision,
    )  # fmt: skip
    if body.filters is None:
        chosen = _keys(request, body.alerts)
        rows, query = Alert.objects.filter(pk__in=chosen), None
    else:
        query = checked(actor, body.filters)
        rows = under(actor, query)
        chosen = list(rows.order_by("pk").values_list("pk", flat=True)[: triage.AT_ONCE + 1])
    if len(chosen) > triage.AT_ONCE:
        act = acts.submit(actor, wish, rows, query)
        return {"act": act.pk, "job": str(act.job), "alerts": act.total}
    outcome, made = acts.do(actor, wish, chosen)
    told = {"changed": [alert.key for alert in outcome.changed], "passed": dict(outcome.passed)}
    return told if made is None else {**told, "act": made.pk}


def _act(pk: int) -> AlertAct:
    found = AlertAct.objects.select_related("by", "undo_by", "owner").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _act_row(act: AlertAct) -> dict[str, Any]:
    return {
        "act": act.pk, "action": act.action, "verdict": act.verdict or None, "by": act.by.email, "at": act.at,
        "filters": act.query, "alerts": act.total, "changed": act.changed, "passed": act.passed,
        "finished": act.finished, "job": str(act.job) if act.job else None, "undo_asked": act.undo_asked,
        "undo_by": act.undo_by.email if act.undo_by else None, "undone": act.undone, "left": act.left,
        "undo_finished": act.undo_finished,
    }  # fmt: skip


def _person(email: str) -> User:
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise Refused(Problem(None, "owner", f"Nobody has the address “{email}”.", "Give that of an account."))
    return found


@router.post("/alerts/work", summary="Take, assign, give back", operation_id="work_on_alerts",
             response=dict[str, Any])  # fmt: skip
@guard_api("work", "alert")
@idempotent
def work(request: HttpRequest, body: Body[Act]) -> dict[str, Any]:
    """`action`: take, assign (to `owner`, an e-mail address), release."""
    return _do(request, body, "work")


@router.post("/alerts/judge", summary="Close with a verdict, reopen", operation_id="judge_alerts",
             response=dict[str, Any])  # fmt: skip
@guard_api("judge", "alert")
@idempotent
def judge(request: HttpRequest, body: Body[Act]) -> dict[str, Any]:
    """`action`: close (with `verdict`: true, false, benign, or duplicate with `duplicate_of`), reopen."""
    return _do(request, body, "judge")


@router.get("/alerts/acts/{int:pk}", summary="One act on many alerts", operation_id="get_alert_act",
            response=dict[str, Any])  # fmt: skip
@guard_api("work", "alert")
def get_act(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far it is (`finished` is null until it is done), and what was undone of it."""
    return _act_row(_act(pk))


@router.post("/alerts/acts/{int:pk}/undo", summary="Undo an act on many alerts", operation_id="undo_alert_act",
             response=dict[str, Any])  # fmt: skip
@guard_api("work", "alert")
@idempotent
def undo_act(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Puts back state, verdict and owner wherever nobody changed the alert since; more than 500 are a worker's."""
    found, actor = _act(pk), actor_of(request)
    require(actor, ACTS[found.action][1], "alert")
    acts.undo(actor, found)
    return _act_row(_act(pk))


@router.post("/alerts/acts/{int:pk}/go-on", summary="Go on with an act on many alerts", operation_id="go_on_alert_act",
             response=dict[str, Any])  # fmt: skip
@guard_api("work", "alert")
@idempotent
def go_on(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Where it was stopped (by its job) or failed."""
    return _act_row(acts.go_on(actor_of(request), _act(pk)))


@router.get("/alerts/{key}", summary="One alert with its events", operation_id="get_alert", response=dict[str, Any])
@guard_api("view", "alert")
def get(request: HttpRequest, key: str) -> dict[str, Any]:
    """The row of the list, what it is made of, its notes, and the hits that are kept (`data` as read, bounded).

    Of a hit of a correlation rule `members` are the keys of the latest 100 of the events that it `counted`.
    """
    alert = _alert(request, key)
    return {
        **item(ALERTS, alert), "made_of": alert.made_of,
        "notes": [{"by": n.by.email, "at": n.at, "text": n.text} for n in alert.notes.select_related("by")],
        "hits": [
            {"event": hit.event, "source": hit.source.key if hit.source else None, "time": hit.time,
             "time_is_told": hit.time_is_told, "host": hit.host or None, "user": hit.user or None,
             "address": hit.address or None, "fields": hit.asked, "data": hit.data, "cut": hit.cut, "group": hit.group,
             "members": hit.members, "counted": total_of(hit) if hit.members else None, "measure": hit.measure}
            for hit in read.events_of(alert)
        ],
    }  # fmt: skip


@router.post("/alerts/{key}/notes", summary="Write a note", operation_id="note_alert", response=dict[str, Any])
@guard_api("work", "alert")
@idempotent
def note(request: HttpRequest, key: str, body: Body[Note]) -> dict[str, Any]:
    made = triage.note(actor_of(request), _alert(request, key).pk, body.text, body.minutes)
    return {"at": made.at.isoformat(), "text": made.text}


@router.post("/alerts/{key}/escalate", summary="Escalate to an incident", operation_id="escalate_alert",
             response=dict[str, Any])  # fmt: skip
@guard_api("escalate", "alert")
@idempotent
def escalate(request: HttpRequest, key: str, body: Body[Escalation]) -> dict[str, Any]:
    triage.escalate(actor_of(request), _alert(request, key).pk, body.reason, body.revision)
    return item(ALERTS, _alert(request, key))


@router.post("/exceptions/replay", summary="Replay an exception", operation_id="replay_exception",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "rule_exception")
@idempotent
def replay(request: HttpRequest, body: Body[Wanted]) -> dict[str, Any]:
    """A worker looks what the exception would have dropped; read the result at /exceptions/replays/{id}."""
    rules = dict(Rule.objects.filter(identifier__in=body.rules).values_list("identifier", "pk"))
    missing = [name for name in body.rules if name not in rules]
    if missing:
        raise Refused(Problem(None, "rules", f"There is no rule “{missing[0]}”.", "Give its identifier."))
    made = exceptions.replay(
        actor_of(request), [one.dict() for one in body.conditions], rules=rules.values(), everywhere=body.everywhere,
        alert=_alert(request, body.alert) if body.alert else None, days=body.days,
    )  # fmt: skip
    return {"replay": made.pk, "job": str(made.job_id)}


@router.get("/exceptions/replays/{int:pk}", summary="The result of a replay", operation_id="get_replay",
            response=dict[str, Any])  # fmt: skip
@guard_api("change", "rule_exception")
def replayed(request: HttpRequest, pk: int) -> dict[str, Any]:
    """`result` is null until it is done. Saving needs its `proof`."""
    shown = ExceptionReplay.objects.select_related("job").filter(pk=pk).first()
    if shown is None:
        raise Http404
    done = shown.done is not None
    return {
        "replay": shown.pk, "conditions": shown.conditions, "state": shown.job.state if shown.job else None,
        "result": shown.result if done else None, "proof": shown.proof if done else None,
    }  # fmt: skip


@router.post("/exceptions", summary="Put an exception in force", operation_id="add_exception",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "rule_exception")
@idempotent
def save(request: HttpRequest, body: Body[Saving]) -> dict[str, Any]:
    actor = actor_of(request)
    shown = ExceptionReplay.objects.filter(pk=body.replay).first()
    if shown is None:
        raise Refused(Problem(None, "replay", f"There is no replay {body.replay}.", "Replay the conditions first."))
    made = exceptions.put_in_force(
        actor, shown, body.proof, title=body.title, owner=_person(body.owner) if body.owner else actor,
        reason=body.reason, expires=body.expires, despite=body.despite,
    )  # fmt: skip
    return item(EXCEPTIONS, made)


@router.get("/exceptions/{key}", summary="One exception", operation_id="get_exception", response=dict[str, Any])
@guard_api("view", "rule_exception")
def get_exception(request: HttpRequest, key: str) -> dict[str, Any]:
    """With its conditions, its rules, what its replay told when it was saved, and the hits it dropped by day."""
    found = RuleException.objects.filter(key=key).first()
    if found is None:
        raise Http404
    days = found.days.order_by("day", "rule__identifier").values("day", "rule__identifier", "hits")
    return {
        **item(EXCEPTIONS, found), "everywhere": found.everywhere, "conditions": found.conditions,
        "rules": sorted(found.rules.values_list("identifier", flat=True)), "told": found.told,
        "days": [{"day": one["day"], "rule": one["rule__identifier"], "hits": one["hits"]} for one in days],
    }  # fmt: skip


@router.post("/exceptions/{key}/end", summary="End an exception", operation_id="end_exception",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "rule_exception")
@idempotent
def end_exception(request: HttpRequest, key: str) -> dict[str, Any]:
    found = RuleException.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return item(EXCEPTIONS, exceptions.end(actor_of(request), found))


@router.post("/silences", summary="Silence something", operation_id="add_silence", response=dict[str, Any])
@guard_api("change", "silence")
@idempotent
def silence(request: HttpRequest, body: Body[Quiet]) -> dict[str, Any]:
    return item(SILENCES, silences.add(actor_of(request), **body.dict()))


@router.get("/silences/{key}", summary="One silence", operation_id="get_silence", response=dict[str, Any])
@guard_api("view", "silence")
def get_silence(request: HttpRequest, key: str) -> dict[str, Any]:
    found = Silence.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return item(SILENCES, found)


@router.post("/silences/{key}/end", summary="End a silence", operation_id="end_silence", response=dict[str, Any])
@guard_api("change", "silence")
@idempotent
def end_silence(request: HttpRequest, key: str) -> dict[str, Any]:
    found = Silence.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return item(SILENCES, silences.end(actor_of(request), found))
