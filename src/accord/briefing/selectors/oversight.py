"""Homes of those who look on: auditor, board reader and administrator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from accord.briefing import parts
from accord.briefing.draft import Draft
from accord.briefing.models import Brief
from accord.briefing.parts import Home, address
from accord.briefing.selectors import joint, posture
from accord.briefing.words import units
from accord.core.models import Job, LedgerEntry, LedgerHead, RoleGrant, User
from accord.core.roles import Role
from accord.core.statements import Statement
from accord.ui import format as write
from accord.ui.parts import actor_name

SHOWN = 12


def ledger_statements() -> list[Statement]:
    """How long the chain is and when it last grew. Two queries."""
    head = LedgerHead.objects.filter(pk=1).first()
    last = LedgerEntry.objects.order_by("-number").values_list("at", flat=True).first()
    return [
        Statement(
            "ledger.entries", "Entries in the ledger", head.number if head else 0, units(head.number if head else 0,
            "entry"),
            source=f"Head {head.hash[:16]}…" if head else "", query="core.ledger", href=address("site:ledger"),
            note=f"Last at {write.datetime(last)}." if last else "Nothing was written yet.",
        ),
    ]  # fmt: skip


def last_writes() -> parts.Table:
    """The last entries of the ledger. One query."""
    rows = LedgerEntry.objects.order_by("-number").defer("before", "after")[:SHOWN]
    return parts.table(
        "writes", "Last writes", ("Number", "Who", "What", "Of"),
        [
            (
                parts.count(row.number, address("site:ledger_entry", row.number)),
                parts.text(actor_name(row.actor)),
                parts.text(row.verb.replace("_", " ")),
                parts.text(f"{row.noun.replace('_', ' ')} {row.key}"[:120]),
            )
            for row in rows
        ],
        "Nothing was written yet.", address("site:ledger"),
    )  # fmt: skip


def accounts_table() -> parts.Table:
    """Active accounts by role. One query."""
    counts = dict(
        RoleGrant.objects.filter(user__is_active=True)
        .order_by()
        .values_list("role")
        .annotate(n=Count("user", distinct=True))
    )
    return parts.table(
        "roles", "Active accounts by role", ("Role", "Accounts"),
        [
            (parts.badge("role", role.value) if role.value in ("cio", "ciso") else parts.text(role.label),
             parts.count(counts.get(role.value, 0), address("site:accounts")))
            for role in Role
        ],
        "", address("site:accounts"),
    )  # fmt: skip


def briefs_table(limit: int = SHOWN) -> parts.Table:
    """The briefs that were issued, the newest first. One query."""
    rows = Brief.objects.select_related("issued_by").defer("content")[:limit]
    return parts.table(
        "briefs", "Briefs", ("Brief", "Figures of", "Issued by", "PDF"),
        [
            (
                parts.text(row.title, row.get_absolute_url(), row.key),
                parts.day(row.as_of),
                parts.text(row.issued_by),
                parts.text("Download", address("briefing:brief_pdf", row.key)),
            )
            for row in rows
        ],
        "No brief was issued yet.", address("briefing:brief_list"),
    )  # fmt: skip


def auditor(user: Any) -> Home:
    """What is written down, what is in force, who may do what. Eight queries."""
    between = joint.joint()
    in_force = between.in_force
    return Home(
        "auditor", "What is written down and what is in force",
        statements=[
            *ledger_statements(),
            Statement(
                "auditor.in_force", "Decisions in force", 1 if in_force else 0, "decision" if in_force else "decisions",
                source="Signed by both executives.", query="briefing.selectors.joint",
                href=address("decisions:decision_list"), note=in_force.title if in_force else "No plan is in force.",
            ),
            joint.statement(between),
        ],
        main=[last_writes(), joint.keys_table(between)],
        side=[accounts_table(), briefs_table(5)],
        actions=[("Prove the ledger", address("site:ledger"), "primary")],
    )  # fmt: skip


def board(user: Any) -> Home:
    """The newest brief and the ones before. Two queries."""
    newest = Brief.objects.first()
    if newest is None:
        return Home("board", "Briefs", main=[briefs_table()])
    draft = Draft.from_content(newest.frozen)
    return Home(
        "board", draft.title, f"{draft.organization} · as of {write.date(draft.as_of)}",
        statements=[replace(fact, href=newest.get_absolute_url()) for fact in draft.statements],
        main=[briefs_table()],
        actions=[
            ("Read the brief", newest.get_absolute_url(), "primary"),
            ("PDF", address("briefing:brief_pdf", newest.key), ""),
        ],
    )  # fmt: skip


def admin(user: Any) -> Home:
    """Accounts, jobs and feeds: what keeps the installation going. Eight queries."""
    now = timezone.now()
    week = now - timedelta(days=7)
    people = User.objects.aggregate(
        active=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False))
    )
    work = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state=Job.State.QUEUED)),
        running=Count("pk", filter=Q(state=Job.State.RUNNING)),
        failed=Count("pk", filter=Q(state=Job.State.FAILED, created__gte=week)),
    )
    going = work["waiting"] + work["running"]
    jobs = Job.objects.filter(created__gte=week).defer("result", "error", "params").order_by("-created")[:SHOWN]
    return Home(
        "admin", "Installation",
        statements=[
            Statement(
                "admin.accounts", "Active accounts", people["active"], units(people["active"], "account"),
                source="Accounts.",
                query="core.User", href=address("site:accounts"),
                note=f"{people['off']} more are switched off." if people["off"] else "",
            ),
            Statement(
                "admin.jobs", "Jobs waiting or running", going, units(going, "job"), source="Jobs.",
                query="core.Job", href=address("site:jobs"),
            ),
            Statement(
                "admin.failed", "Jobs that failed within 7 days", work["failed"], units(work["failed"], "job"),
                source="Jobs.",
                query="core.Job", href=address("site:jobs", state="failed"),
                tone="danger" if work["failed"] else "good",
            ),
        ],
        main=[
            parts.table(
                "jobs", "Jobs of the last 7 days", ("Job", "State", "Last word"),
                [
                    (
                        parts.text(job.title, address("site:job", job.pk)), parts.badge("job", job.state),
                        parts.text(job.message or "–"),
                    )
                    for job in jobs
                ],
                "No job has run within 7 days.", address("site:jobs"),
            )
        ],
        side=[accounts_table(), posture.feeds(posture.feed_dates(now))],
    )  # fmt: skip
