"""Silences: times in which alerts are made silenced, so that planned work floods no queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.estate.models import Asset, System
from accord.monitoring.models import Alert, Rule, Silence
from accord.monitoring.services.triage import AT_ONCE, Outcome

KINDS = ("host", "user", "address", "group", "source")
EARLIEST = timedelta(days=7)
"""A silence may begin in the past, for events that come late, but not longer ago than this."""


def snapshot(silence: Silence) -> dict[str, Any]:
    """What the ledger says of a silence."""
    return {
        "rule": silence.rule.identifier if silence.rule else None,
        "entity": f"{silence.entity_kind} {silence.entity}" if silence.entity else None,
        "asset": silence.asset.key if silence.asset else None,
        "system": silence.system.key if silence.system else None,
        "since": silence.since, "until": silence.until, "reason": silence.reason,
    }  # fmt: skip


def add(
    actor: User, *, since: datetime, until: datetime, reason: str, rule: str = "", entity_kind: str = "",
    entity: str = "", asset: str = "", system: str = "",
) -> Silence:  # fmt: skip
    """Silence what fits all that is named: a rule (its identifier or number), an entity, an asset, a system (keys)."""
    problems = _problems_of_time(since, until, reason)
    if not (rule or entity or asset or system):
        problems.append(
            Problem(None, "rule", "It would silence everything.", "Name a rule, an entity, an asset or a system.")
        )
    if entity and entity_kind not in KINDS:
        problems.append(Problem(None, "entity_kind", "It is no kind of entity.", f"Use one of: {', '.join(KINDS)}."))
    found: Mapping[str, Any] = {
        "rule": _rule(rule), "asset": Asset.objects.filter(key=asset).first() if asset else None,
        "system": System.objects.filter(key=system).first() if system else None,
    }  # fmt: skip
    for name, told in (("rule", rule), ("asset", asset), ("system", system)):
        if told and found[name] is None:
            problems.append(Problem(None, name, f"There is no {name} “{told}”.", "Choose one that is there."))
    if problems:
        raise Refused(*problems)
    with ledger.write(actor) as log:
        return _make(actor, log, since, until, reason, entity_kind if entity else "", entity, **found)


def _rule(text: str) -> Rule | None:
    if not text:
        return None
    found = Rule.objects.filter(identifier=text).first()
    is_number = text.isascii() and text.isdigit() and len(text) < 16
    return found or (Rule.objects.filter(pk=int(text)).first() if is_number else None)


def _problems_of_time(since: datetime, until: datetime, reason: str) -> list[Problem]:
    problems, now = [], timezone.now()
    most = timedelta(days=settings.ACCORD_SILENCE_DAYS)
    if not reason.strip():
        problems.append(Problem(None, "reason", "It is blank.", "Say why nobody needs to see these alerts."))
    elif len(reason.strip()) > 1000:
        problems.append(Problem(None, "reason", "It is too long.", "Write at most 1,000 characters."))
    if until <= since:
        problems.append(Problem(None, "until", "It ends before it begins.", "Give a later time."))
    elif until <= now:
        problems.append(Problem(None, "until", "It is over already.", "Give a time to come."))
    elif until - max(since, now) > most:
        problems.append(Problem(None, "until", "It is too long.", f"At most {most.days} days (ACCORD_SILENCE_DAYS)."))
    if since < now - EARLIEST:
        problems.append(Problem(None, "since", "It begins too long ago.", f"At most {EARLIEST.days} days ago."))
    return problems


def _make(
    actor: User, log: ledger.Log, since: datetime, until: datetime, reason: str, kind: str, entity: str, *,
    rule: Rule | None = None, asset: Asset | None = None, system: System | None = None,
) -> Silence:  # fmt: skip
    last = Silence.objects.order_by("-pk").values_list("key", flat=True).first()
    number = int(last.partition("-")[2]) + 1 if last else 1
    made = Silence.objects.create(
        key=f"Q-{number:04d}", reason=reason.strip(), rule=rule, entity_kind=kind, entity=entity.strip()[:300],
        asset=asset, system=system, since=since, until=until, by=actor,
    )  # fmt: skip
    log.add("add", "silence", made.key, None, snapshot(made))
    return made


def silence_alerts(actor: User, alerts: Iterable[int], until: datetime, reason: str) -> Outcome:
    """Silence the rule and the entity of each of these alerts from now on; the alerts themselves are silenced too.

    Alerts of an entity's risk stay: they have no rule that could be silenced.
    """
    now = timezone.now()
    if problems := _problems_of_time(now, until, reason):
        raise Refused(*problems)
    wanted = list(dict.fromkeys(alerts))
    if not wanted or len(wanted) > AT_ONCE:
        raise Refused(Problem(None, "alerts", f"{len(wanted)} are chosen.", f"Choose 1 to {AT_ONCE}."))
    outcome = Outcome()
    made: dict[tuple[int, str, str], Silence] = {}
    with ledger.write(actor) as log:
        rows = Alert.objects.filter(pk__in=wanted).select_related("rule").order_by("pk")
        for alert in rows:
            if alert.state not in (Alert.State.NEW, Alert.State.OPEN) or alert.rule is None:
                outcome.passed[alert.state] += 1
                continue
            about = (alert.rule.pk, alert.entity_kind, alert.entity.lower())
            if about not in made:
                made[about] = _make(
                    actor, log, min(now, alert.last), until, reason, alert.entity_kind, alert.entity, rule=alert.rule
                )
            before = {"state": alert.state}
            alert.state, alert.silence = Alert.State.SILENCED, made[about]
            alert.revision, alert.changed, alert.changed_by = alert.revision + 1, now, actor
            outcome.changed.append(alert)
            log.add("silence", "alert", alert.key, before, {"state": alert.state, "silence": made[about].key})
        if not outcome.changed:
            raise Refused("None of these alerts waits, or they have no rule. Reload the list.")
        names = ["state", "silence", "revision", "changed", "changed_by"]
        Alert.objects.bulk_update(outcome.changed, names, batch_size=200)
    return outcome


def end(actor: User, silence: Silence) -> Silence:
    """End a silence now; what was silenced under it stays so."""
    with ledger.write(actor) as log:
        found = Silence.objects.select_related("rule", "asset", "system").get(pk=silence.pk)
        if found.ended is not None or found.until <= timezone.now():
            raise Refused(f"{found.key} is over already.")
        found.ended, found.ended_by = timezone.now(), actor
        found.save(update_fields=["ended", "ended_by"])
        log.add("end", "silence", found.key, {"until": found.until}, {"until": found.ended})
    return found
