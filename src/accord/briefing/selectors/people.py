"""Homes of those who answer for systems or work with them: IT manager, department head, staff."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, Q, QuerySet
from django.utils import timezone

from accord.briefing import parts
from accord.briefing.parts import Home, Table, address
from accord.briefing.selectors import alignment, posture
from accord.briefing.words import units
from accord.core.permissions import scoped
from accord.core.roles import Role
from accord.core.statements import Statement
from accord.estate import selectors as estate
from accord.estate.models import System, UnitSystem
from accord.estate.selectors import SYSTEM_FACTS, Alignment
from accord.exposure import selectors as exposure
from accord.exposure.models import Scan
from accord.exposure.selectors import Exposure
from accord.exposure.shell.links import STANDING
from accord.organization.models import Goal, Person, Unit
from accord.organization.scope import unit_and_below
from accord.strategy.models import InitiativeSystem
from accord.ui import format as write

SHOWN = 12
MOST = 500
"""Systems that one person's home looks at; more are counted on the list of systems."""
ADVICE = "Until it is repaired: install updates when you are asked to, and report at once what looks odd."
NO_PERSON = "Your account is linked to no person of the organization. An administrator can link it."


def manager(user: Any) -> Home:
    """Systems that the manager answers for, what to repair on them, what of them is not known. Twelve queries."""
    today = timezone.localdate()
    mine = answered_for(user)
    systems = list(mine.order_by("key")[:MOST])
    state = exposure.system_exposure([system.key for system in systems])
    aligned = estate.alignment()
    first = exposure.fix_first(SHOWN, [system.key for system in systems]) if systems else []
    return Home(
        "manager", "Your systems", subtitle="" if user.person_key else NO_PERSON,
        statements=[
            _systems(systems, address("estate:system_list")),
            *_open(state, was_scanned()),
            _ending(systems, today),
        ],
        main=[posture.fix_first(first, "What to repair first on your systems"), _table(systems, state, aligned)],
        side=[
            alignment.lifecycle(today, aligned, _due(systems, today)),
            alignment.to_fill_in(_gaps(systems)),
        ],
    )  # fmt: skip


def answered_for(user: Any) -> QuerySet[System]:
    """Systems whose owner in IT is the account's person or somebody of the units that the person heads. Two queries."""
    person = Person.objects.select_related("unit").filter(key=user.person_key).first() if user.person_key else None
    if person is None:
        return System.objects.none()
    owned = Q(it_owner=person)
    if person.heads_unit and person.unit is not None:
        owned |= Q(it_owner__unit__key__in=unit_and_below(frozenset([person.unit.key])))
    return System.objects.filter(owned)


def head(user: Any) -> Home:
    """The systems that the head's units use and what threatens them. Twelve queries."""
    today = timezone.localdate()
    granted = user.roles.get(Role.HEAD, frozenset())
    landed = Scan.objects.filter(state=Scan.State.LANDED)
    headed = Unit.objects.filter(key__in=granted).order_by("key").annotate(scanned=Exists(landed))
    names, scanned = [], False
    for name, was in headed.values_list("name", "scanned"):
        names.append(name)
        scanned = was
    systems = list(scoped(user, "system", System.objects.order_by("key"))[:MOST])
    keys = [system.key for system in systems]
    state = exposure.system_exposure(keys)
    first = exposure.fix_first(SHOWN, keys) if systems else []
    aligned = estate.alignment()
    return Home(
        "head", "Your units and their systems", subtitle=", ".join(names[:6]),
        statements=[_systems(systems, address("estate:system_list")), *_open(state, scanned), _ending(systems, today)],
        main=[_table(systems, state, aligned), posture.fix_first(first, "What threatens them most")],
        side=[_initiatives(systems), alignment.lifecycle(today, aligned, _due(systems, today))],
    )  # fmt: skip


def _systems(systems: Sequence[System], href: str) -> Statement:
    return Statement(
        "people.systems", "Systems", len(systems), units(len(systems), "system"), source="The estate.",
        query="briefing.selectors.people", href=href,
    )  # fmt: skip


def _open(state: dict[str, Exposure], scanned: bool) -> list[Statement]:
    """What is open on the systems. No query."""
    scanned = scanned or any(found.open for found in state.values())
    note = "A weak point on two systems counts for both." if scanned else posture.NEVER
    due = sum(found.with_deadline for found in state.values())
    known = sum(found.known_exploited for found in state.values())
    dated = next((found.dated for found in state.values()), None)
    return [
        Statement(
            "people.deadline", "Weak points to fix by a date", due if scanned else None, "findings",
            source="Open findings by system.",
            query="exposure.selectors.system_exposure",
            href=address("exposure:finding_list", state=STANDING, priority=dated),
            note=note, tone="warning" if due else "",
        ),
        Statement(
            "people.exploited", "Known to be used by attackers", known if scanned else None, "findings",
            source="CISA's catalogue of known exploited vulnerabilities.",
            query="exposure.selectors.system_exposure", tone="danger" if known else "",
            href=address("exposure:finding_list", state=STANDING, known_exploited="yes"),
        ),
    ]  # fmt: skip


def was_scanned() -> bool:
    """Whether any scan has landed: before that, nothing is known to be open or not. One query."""
    return Scan.objects.filter(state=Scan.State.LANDED).exists()


def _ending(systems: Iterable[System], today: date) -> Statement:
    due = _due(systems, today)
    return Statement(
        "people.lifecycle", "Support ends or to retire within a year", len(due), units(len(due), "system"),
        source="Dates of each system.", query="estate.System.end_of_support",
        href=address("estate:system_list", support_ends_by=today + timedelta(days=alignment.YEAR)),
        tone="warning" if due else "",
    )  # fmt: skip


def _due(systems: Iterable[System], today: date) -> list[System]:
    last = today + timedelta(days=alignment.YEAR)
    dated = [(min(d for d in (s.end_of_support, s.retire_by, date.max) if d), s.key, s) for s in systems]
    return [system for when, _, system in sorted(dated, key=lambda row: row[:2]) if when <= last]


def _gaps(systems: Sequence[System]) -> list[estate.Gap]:
    """The facts that are not known of these systems, the most missing first. No query."""
    counts = [(sum(_blank(s, name) for s in systems), name, label) for name, label, _ in SYSTEM_FACTS]
    found = [estate.Gap("system", name, label, n, len(systems)) for n, name, label in counts if n]
    return sorted(found, key=lambda gap: -gap.missing)


def _at(system: System, **filters: object) -> str:
    return address("exposure:finding_list", system=system.key, state=STANDING, **filters)


def _table(systems: Sequence[System], state: dict[str, Exposure], aligned: Alignment) -> Table:
    """The systems, those with the most to fix first."""
    ordered = sorted(systems, key=lambda s: (-state[s.key].known_exploited, -state[s.key].with_deadline, s.key))
    return parts.table(
        "systems", "Systems", ("System", "Criticality", "To fix by a date", "Known exploited", "Goals carried"),
        [
            (
                parts.text(system.name, address("estate:system_detail", system.key)),
                parts.badge("criticality", system.criticality),
                parts.count(state[system.key].with_deadline, _at(system, priority=state[system.key].dated)),
                parts.count(state[system.key].known_exploited, _at(system, known_exploited="yes")),
                parts.percent(aligned.weight_of(system.key)),
            )
            for system in ordered[:SHOWN]
        ],
        "No system is here.", address("estate:system_list"),
        note=f"{len(systems) - SHOWN} more." if len(systems) > SHOWN else "",
    )  # fmt: skip


def _initiatives(systems: Sequence[System]) -> Table:
    """Initiatives that work on these systems. One query."""
    rows = (
        InitiativeSystem.objects.filter(system__in=[system.pk for system in systems])
        .order_by("initiative__key", "system__key")
        .values_list("initiative__key", "initiative__name", "system__name")
    )
    touched: dict[tuple[str, str], list[str]] = {}
    for key, name, system in rows:
        touched.setdefault((key, name), []).append(system)
    return parts.table(
        "initiatives", "Initiatives for them", ("Initiative", "Systems"),
        [
            (parts.text(name, address("strategy:initiative_detail", key)), parts.text(", ".join(names[:3])))
            for (key, name), names in list(touched.items())[:SHOWN]
        ],
        "No initiative works on them.", address("strategy:initiative_list"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advisory:
    """A notice to staff: attackers are known to use weaknesses of a system that their unit works with."""

    system: str
    system_name: str
    weaknesses: int
    text: str


def advisories(person: Person | None) -> list[Advisory]:
    """What the person's unit (and the units above it) should know now, in plain words. Three queries."""
    if person is None or person.unit_id is None:
        return []
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    own: list[int] = []
    unit: int | None = person.unit_id
    while unit is not None and unit not in own:
        own.append(unit)
        unit = parents.get(unit)
    names = dict(UnitSystem.objects.filter(unit_id__in=own).values_list("system__key", "system__name"))
    state = exposure.system_exposure(names)
    hit = [key for key in names if state[key].known_exploited]
    hit.sort(key=lambda key: (-state[key].known_exploited, key))
    return [Advisory(key, names[key], state[key].known_exploited, _notice(state[key])) for key in hit]


def _notice(state: Exposure) -> str:
    number = state.known_exploited
    days = next((found.days for found in state.by_class if found.open and found.days), None)
    what = f"{write.number(number)} {units(number, 'weak point')}"
    until = f" IT is to repair the most urgent within {days} days." if days else ""
    return f"It has {what} that attackers are known to use.{until}"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that the person owns and that lacks facts."""

    noun: str
    key: str
    name: str
    missing: list[str]


def own_tasks(user: Any) -> list[Task]:
    """What the account's person owns with facts missing: systems and goals. Two queries."""
    if not user.person_key:
        return []
    person = Q(it_owner__key=user.person_key) | Q(business_owner__key=user.person_key)
    found = []
    for system in System.objects.filter(person).order_by("key")[:MOST]:
        missing = [label for name, label, _ in SYSTEM_FACTS if _blank(system, name)]
        if missing:
            found.append(Task("system", system.key, system.name, missing))
    goals: QuerySet[Goal] = Goal.objects.filter(owner__key=user.person_key).order_by("key")
    for goal in goals[:MOST]:
        facts = (("measure", goal.measure), ("target", goal.target), ("due date", goal.due), ("weight", goal.weight))
        missing = [label for label, value in facts if value in ("", None)]
        if missing:
            found.append(Task("goal", goal.key, goal.name, missing))
    return found


def _blank(system: System, name: str) -> bool:
    value = getattr(system, f"{name}_id") if name.endswith("_owner") else getattr(system, name)
    return value in ("", None)


def staff(user: Any) -> Home:
    """Advisories for the person's unit and what the person should fill in. Six queries."""
    person = Person.objects.select_related("unit").filter(key=user.person_key).first() if user.person_key else None
    notices, tasks = advisories(person), own_tasks(user)
    return Home(
        "staff", "For you", subtitle=str(person.unit) if person and person.unit else ("" if person else NO_PERSON),
        statements=[
            Statement(
                "staff.advisories", "Notices about systems that you use", len(notices), units(len(notices), "notice"),
                source="Weaknesses known to be used by attackers on systems of your unit.",
                query="briefing.selectors.people.advisories", tone="danger" if notices else "good",
            ),
            Statement(
                "staff.tasks", "Things you own with missing facts", len(tasks), units(len(tasks), "thing"),
                source="Systems and goals with you as owner.", query="briefing.selectors.people.own_tasks",
                tone="warning" if tasks else "",
            ),
        ],
        main=[
            parts.table(
                "advisories", "Notices", ("System", "What you should know"),
                [(parts.text(row.system_name), parts.text(row.text)) for row in notices],
                "There is nothing that you need to know now.",
                note=ADVICE if notices else "",
            ),
            parts.table(
                "tasks", "Yours to complete", ("What", "Missing"),
                [(parts.text(f"{task.name} ({task.noun})"), parts.text(", ".join(task.missing))) for task in tasks],
                "Nothing is missing of what you own.",
                note="Tell the owner in IT or the CIO's office: they enter it." if tasks else "",
            ),
        ],
    )  # fmt: skip
