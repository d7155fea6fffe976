"""Exceptions to rules: saved only after a replay of exactly these conditions was looked at, and never for ever."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accord.core import jobs, ledger, rounds
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import Alert, ExceptionReplay, Rule, RuleException
from accord.monitoring.services.exception_gate import OPERATORS, Matcher, digest_of
from accord.monitoring.services.triage import ANALYSTS

MOST_CONDITIONS = 20
MOST_RULES = 200
LONGEST_VALUE = 2000
DAYS = 30
FRESH = timedelta(hours=24)
"""How long a replay is good for saving: what came later was not looked at."""
REPLAY = "monitoring.replay_exception"
Given = Sequence[Mapping[str, str]]


def checked(conditions: Given) -> list[dict[str, str]]:
    """The conditions as they are kept; Refused where one cannot be run."""
    held = [
        {"field": str(one.get("field", "")).strip(), "operator": str(one.get("operator", "")),
         "value": str(one.get("value", ""))}
        for one in conditions
    ]  # fmt: skip
    problems = []
    if not held:
        problems.append(Problem(None, "conditions", "There is none.", "Give at least one: all must hold."))
    if len(held) > MOST_CONDITIONS:
        problems.append(Problem(None, "conditions", f"There are {len(held)}.", f"Give at most {MOST_CONDITIONS}."))
    for number, one in enumerate(held[:MOST_CONDITIONS], 1):
        if told := _problem_of(one):
            problems.append(Problem(number, "conditions", *told))
    if not problems:
        for why in Matcher([held]).problems.values():
            problems.append(Problem(None, "conditions", why, "Write them otherwise."))
    if problems:
        raise Refused(*problems)
    return held


def _problem_of(one: Mapping[str, str]) -> tuple[str, str] | None:
    name, value = one["field"], one["value"]
    if not name or len(name) > 200 or "|" in name or "\x00" in name or not name.isprintable():
        return "It names no field.", "Give the name as events write it, without “|”."
    if one["operator"] not in OPERATORS:
        return f"“{one['operator'][:20]}” is no operator.", f"Use one of: {', '.join(OPERATORS)}."
    if not value.strip() or len(value) > LONGEST_VALUE or "\x00" in value:
        return "It has no value, or one that is too long.", f"Give 1 to {LONGEST_VALUE:,} characters."
    if one["operator"] == "cidr":
        try:
            ipaddress.ip_network(value.strip(), strict=True)
        except ValueError:
            return f"“{value[:50]}” is no network.", "Write it as 10.0.0.0/8."
    return None


def replay(
    actor: User, conditions: Given, *, rules: Iterable[int] = (), everywhere: bool = False, alert: Alert | None = None,
    days: int = DAYS,
) -> ExceptionReplay:  # fmt: skip
    """Have a worker look what an exception would have dropped in the last days."""
    held = checked(conditions)
    wanted = [] if everywhere else sorted(set(rules))
    there = list(Rule.objects.filter(pk__in=wanted[: MOST_RULES + 1]).values_list("pk", flat=True))
    if not everywhere and not wanted:
        raise Refused(Problem(None, "rules", "None is chosen.", "Choose rules, or say that it is for all."))
    if len(there) != len(wanted) or len(wanted) > MOST_RULES:
        raise Refused(Problem(None, "rules", "One of them is gone, or they are too many.", f"At most {MOST_RULES}."))
    if not 1 <= days <= 90:
        raise Refused(Problem(None, "days", "It is no number of days.", "Give 1 to 90."))
    with ledger.write(actor):
        made = ExceptionReplay.objects.create(
            digest=digest_of(held, everywhere, wanted), conditions=held, everywhere=everywhere, rules=wanted,
            alert=alert, days=days, by=actor,
        )  # fmt: skip
        made.job = jobs.enqueue(actor, REPLAY, replay=made.pk)
        made.save(update_fields=["job"])
    return made


def put_in_force(
    actor: User, shown: ExceptionReplay, proof: str, *, title: str, owner: User, reason: str, expires: datetime,
    despite: str = "",
) -> RuleException:  # fmt: skip
    """Put an exception in force whose replay was looked at: `proof` stands beside its result and nowhere else.

    `despite` says why, where alerts that were judged true would vanish or lose hits.
    """
    problems = _problems(shown, proof, title, owner, reason, expires)
    true = (shown.result or {}).get("by_verdict", {}).get(Alert.Verdict.TRUE.value, {})
    if sum(true.values()) and len(despite.strip()) < 10:
        problems.append(
            Problem(None, "despite", f"It drops hits of {sum(true.values())} alerts that were judged true.",
                    "Write why this is right nevertheless, in ten characters or more.")
        )  # fmt: skip
    if problems:
        raise Refused(*problems)
    with ledger.write(actor) as log:
        last = RuleException.objects.order_by("-pk").values_list("key", flat=True).first()
        number = int(last.partition("-")[2]) + 1 if last else 1
        made = RuleException.objects.create(
            key=f"E-{number:04d}", title=title.strip(), conditions=shown.conditions, everywhere=shown.everywhere,
            owner=owner, reason=reason.strip(), expires=expires, told=_summary(shown), despite=despite.strip()[:1000],
            by=actor,
        )  # fmt: skip
        made.rules.set(shown.rules)
        counts = made.told.get("by_verdict", {})
        shown_counts = {f"replay_{name}": sum(count.values()) for name, count in counts.items()}
        log.add("add", "rule_exception", made.key, None, {**snapshot(made), "replay": shown.pk, **shown_counts})
    return made


def _problems(
    shown: ExceptionReplay, proof: str, title: str, owner: User, reason: str, expires: datetime
) -> list[Problem]:  # fmt: skip
    now, problems = timezone.now(), []
    if shown.done is None:
        problems.append(Problem(None, "replay", "Its replay is not done.", "Wait for it, and look at it."))
    elif now - shown.done > FRESH:
        problems.append(Problem(None, "replay", "Its replay is older than a day.", "Replay it again."))
    elif not proof or proof != shown.proof:
        problems.append(Problem(None, "replay", "Its replay was not looked at.", "Open the replay and save there."))
    if not title.strip() or len(title.strip()) > 200:
        problems.append(Problem(None, "title", "It has none, or a long one.", "Name it in up to 200 characters."))
    if not reason.strip() or len(reason.strip()) > 1000:
        problems.append(Problem(None, "reason", "It is blank or too long.", "Say why these hits are no alerts."))
    if not owner.is_active or not set(ANALYSTS) & set(owner.roles):
        problems.append(Problem(None, "owner", "They work on no alerts.", "Choose an analyst, manager or CISO."))
    most = settings.ACCORD_EXCEPTION_DAYS
    if expires <= now:
        problems.append(Problem(None, "expires", "It is in the past.", "Give a day to come."))
    elif expires > now + timedelta(days=most + 1):
        problems.append(Problem(None, "expires", "It is too far away.", f"Within {most} days (ACCORD_EXCEPTION_DAYS)."))
    return problems


def snapshot(one: RuleException) -> dict[str, Any]:
    """What the ledger says of an exception."""
    return {
        "title": one.title, "conditions": [f"{c['field']} {c['operator']} {c['value']}" for c in one.conditions],
        "rules": "all" if one.everywhere else [rule.identifier for rule in one.rules.order_by("pk")],
        "owner": one.owner.email, "reason": one.reason, "expires": one.expires, "despite": one.despite or None,
    }  # fmt: skip


def _summary(shown: ExceptionReplay) -> dict[str, Any]:
    kept = ("days", "by_verdict", "minutes", "stored", "undecided")
    return {"replay": shown.pk, **{name: shown.result[name] for name in kept if name in shown.result}}


def end(actor: User, one: RuleException, reason: str = "") -> RuleException:
    """End an exception now: its hits are alerts again."""
    with ledger.write(actor) as log:
        found = RuleException.objects.get(pk=one.pk)
        if not found.is_live:
            raise Refused(f"{found.key} is over already.")
        found.ended, found.ended_by = timezone.now(), actor
        found.save(update_fields=["ended", "ended_by"])
        log.add(
            "end", "rule_exception", found.key, {"state": "live"}, {"state": "ended", "reason": reason[:500] or None}
        )
    return found


@rounds.every("monitoring.exceptions", timedelta(minutes=15))
def expire() -> None:
    """Note that exceptions ran out; they drop nothing from that moment on, noted or not."""
    over = RuleException.objects.filter(ended=None, expires__lte=timezone.now())
    if not over.exists():
        return
    with ledger.write(None) as log:
        for one in over.order_by("pk"):
            one.ended = one.expires
            one.save(update_fields=["ended"])
            log.add("expire", "rule_exception", one.key, {"state": "live"}, {"state": "expired"})
