"""Opens and closes forensic triage cases: was it used against us before it was repaired?"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accord.core import events, ledger, rounds, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.engines import priority
from accord.exposure.models import IS_OPEN, Definition, Finding, TriageCase, TriageFinding
from accord.exposure.selectors.policy import policy_now
from accord.exposure.services import bulk, notices

OPENED = webhooks.declare("triage.opened", "A weakness got the class that asks for forensic triage")
CLOSED = webhooks.declare("triage.closed", "A forensic triage case was closed with its outcome")
Outcome, State = TriageCase.Outcome, TriageCase.State
SYSTEMS = 200
DAYS = 3
"""Days for the triage itself where its class has no deadline; they run from the opening of the case."""


def keep(actor: User | None, now: datetime | None = None) -> list[TriageCase]:
    """Open a case for each exploited weakness that has the class with triage, or add to the case that is open.

    Findings that were in a case before are not looked at again; returns the cases that were opened.
    """
    rules, moment = policy_now(), now or timezone.now()
    slots = [slot for slot in priority.Urgency if rules.triage(slot)]
    if not slots:
        return []
    wanted = Q()
    for slot in slots:
        wanted |= Q(rank__gte=priority.first_rank(slot), rank__lt=priority.first_rank(slot + 1))
    looked = TriageFinding.objects.values("finding_id")
    rows = Finding.objects.filter(wanted, IS_OPEN, known_exploited=True).exclude(pk__in=looked).order_by()
    fresh: dict[int, list[int]] = defaultdict(list)
    for pk, definition in rows.values_list("pk", "definition_id"):
        fresh[definition].append(pk)
    opened = []
    for definition, findings in sorted(fresh.items()):
        case = _take(actor, definition, findings, moment, min(rules.days(slot) or DAYS for slot in slots))
        if case is not None:
            opened.append(case)
    return opened


def _take(actor: User | None, definition: int, findings: list[int], now: datetime, days: int) -> TriageCase | None:
    with bulk.wide_statements(), ledger.write(actor) as log:
        case = TriageCase.objects.filter(definition_id=definition, state=State.OPEN).first()
        is_new = case is None
        if case is None:
            about = Definition.objects.get(pk=definition)
            since = f" since {about.exploited_since:%Y-%m-%d}" if about.exploited_since else ""
            case = TriageCase(
                definition=about, opened=now, due=now + timedelta(days=days),
                because=f"Known to be exploited{since}; its class asks for triage.",
            )  # fmt: skip
            case.save()
        members = [TriageFinding(case=case, finding_id=pk) for pk in findings]
        for part in bulk.chunks(members, bulk.ROWS):
            TriageFinding.objects.bulk_create(part, ignore_conflicts=True)
        case.findings += len(findings)
        case.systems = _systems(case)
        case.save()
        told = {"definition": case.definition.identifier, "findings": case.findings, "due": case.due}
        log.add("open" if is_new else "extend", "triage_case", case.key, None, told)
        if is_new:
            _tell(case)
            events.triage_opened.send(case=case, actor=actor)
            webhooks.send(OPENED, {"case": case.key, **told, "address": case.get_absolute_url()})
    return case if is_new else None


def _systems(case: TriageCase) -> list[dict[str, str]]:
    rows = Finding.objects.filter(pk__in=TriageFinding.objects.filter(case=case).values("finding_id"))
    column = "asset__system_shares__system"
    found = rows.filter(**{f"{column}__isnull": False}).order_by().values_list(f"{column}__key", f"{column}__name")
    return [{"key": key, "name": name} for key, name in sorted(set(found.distinct()[:SYSTEMS]))]


def _tell(case: TriageCase) -> None:
    people = User.objects.filter(grants__role__in=(Role.CISO, Role.ANALYST), is_active=True).distinct()
    names = ", ".join(one["name"] for one in case.systems[:20]) or "no system that is known"
    notices.tell(
        people.values_list("pk", flat=True), f"triage:{case.pk}", f"{case.key}: look for traces of an attacker",
        f"{case.definition.identifier} ({case.definition.title}) is exploited, and open on {names}. "
        f"Look whether it was used here, by {case.due:%Y-%m-%d}.", case.get_absolute_url(),
    )  # fmt: skip


def close_case(actor: User, case: TriageCase, outcome: str, looked_for: str) -> TriageCase:
    """Close a case with what was looked for and what came of it; `Refused` where either is missing or it is closed."""
    problems = []
    if outcome not in Outcome.values:
        problems.append(Problem(None, "outcome", "It is no outcome.", "Choose one of the three."))
    if not looked_for.strip():
        problems.append(Problem(None, "looked_for", "It is empty.", "Say where you looked and for what."))
    if problems:
        raise Refused(*problems)
    with ledger.write(actor) as log:
        found = TriageCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if found.state != State.OPEN:
            raise Refused("The case is closed already.")
        found.state, found.outcome, found.looked_for = State.CLOSED, outcome, looked_for.strip()
        found.closed, found.closed_by = timezone.now(), actor
        found.save()
        told = {"outcome": outcome, "looked_for": found.looked_for}
        log.add("close", "triage_case", found.key, {"state": State.OPEN.value}, {"state": State.CLOSED.value, **told})
        webhooks.send(CLOSED, {"case": found.key, "outcome": outcome, "address": found.get_absolute_url()})
    return found


def still_open(case: TriageCase) -> int:
    """How many of its findings are still open. One query."""
    members = TriageFinding.objects.filter(case=case).values("finding_id")
    return Finding.objects.filter(IS_OPEN, pk__in=members).aggregate(number=Count("pk"))["number"] or 0


@rounds.every("exposure.triage", timedelta(minutes=10))
def open_what_is_due() -> None:
    """Open cases for what imports brought."""
    keep(None)
