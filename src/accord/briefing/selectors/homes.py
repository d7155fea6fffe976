"""Which home each role has, and the two executives' own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from accord.briefing.parts import Home, address
from accord.briefing.selectors import accepted, alignment, joint, monitoring, oversight, people, posture
from accord.core.roles import Role
from accord.core.statements import Statement
from accord.decisions import selectors as decisions
from accord.estate import selectors as estate
from accord.exposure import selectors as exposure
from accord.risk import selectors as risk
from accord.ui.format import default_currency


def cio(user: Any) -> Home:
    """Alignment: what the goals stand on, what serves none, what ends. At most fifteen queries."""
    today = timezone.localdate()
    aligned = estate.alignment()
    idle = alignment.serving_none(aligned)
    between = joint.joint()
    held = decisions.held(today, between.sheets)
    return Home(
        "cio", "Alignment", "What the goals stand on",
        statements=[
            *alignment.statements(aligned, idle, today), joint.statement(between), accepted.statement(held, today),
        ],
        main=[
            alignment.goals(aligned), joint.keys_table(between), accepted.table(held, today), joint.agreement(between),
            alignment.idle_table(idle),
        ],
        side=[alignment.lifecycle(today, aligned), alignment.to_fill_in(estate.what_to_fill_in())],
    )  # fmt: skip


def ciso(user: Any) -> Home:
    """Posture: what to fix first, what it could cost, what nobody looks at. At most fifteen queries."""
    found = posture.seen(timezone.now())
    between = joint.joint()
    today = timezone.localdate()
    held = decisions.held(today, between.sheets)
    return Home(
        "ciso", "Posture", "What to fix first, and what it could cost",
        statements=[
            *posture.statements(found), *loss_statements(), joint.statement(between), accepted.statement(held, today),
        ],
        main=[
            posture.fix_first(exposure.fix_first(posture.SHOWN)), joint.keys_table(between),
            accepted.table(held, today), joint.agreement(between),
        ],
        side=[
            monitoring.newest(), posture.by_class(found.exposure), posture.coverage_table(found.coverage),
            posture.feeds(found.feeds),
        ],
    )  # fmt: skip


def loss_statements() -> list[Statement]:
    """What a year costs and how that lies against the appetite. Two queries."""
    run = risk.latest_run()
    if run is None:
        return [
            Statement(
                "loss.mean", "Expected loss a year", None, default_currency(), source="No loss was computed yet.",
                query="risk.selectors.latest_run", href=address("risk:loss"), note="Nobody has computed it yet.",
            )
        ]  # fmt: skip
    wanted = ("loss.mean", "loss.appetite")
    return [fact for fact in risk.statements(run, risk.appetite_in_force()) if fact.key in wanted]


def analyst(user: Any) -> Home:
    """The day's work: what to fix first, what to claim, how old the feeds are. Eight queries."""
    found = posture.seen(timezone.now())
    return Home(
        "analyst", "What to do next",
        statements=posture.statements(found),
        main=[posture.fix_first(exposure.fix_first(14))],
        side=[
            monitoring.newest(), posture.by_class(found.exposure), posture.coverage_table(found.coverage),
            posture.feeds(found.feeds),
        ],
        actions=[("Import scanner files", address("exposure:scan_import"), "primary")],
    )  # fmt: skip


HOMES: dict[Role, Callable[[Any], Home]] = {
    Role.CIO: cio,
    Role.CISO: ciso,
    Role.ANALYST: analyst,
    Role.MANAGER: people.manager,
    Role.HEAD: people.head,
    Role.AUDITOR: oversight.auditor,
    Role.BOARD: oversight.board,
    Role.STAFF: people.staff,
    Role.ADMIN: oversight.admin,
}


def roles_of(user: Any) -> list[Role]:
    """The account's roles in the order in which their homes stand."""
    return [role for role in HOMES if user.has_role(role)]


def home_of(user: Any, wanted: str = "") -> Home | None:
    """The home of the wanted role if the account holds it, else of its first; None without any role."""
    roles = roles_of(user)
    if not roles:
        return None
    role = next((role for role in roles if role.value == wanted), roles[0])
    return HOMES[role](user)
