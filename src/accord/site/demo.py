"""The sample company goes in through the same importers and services that a customer uses."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.site.configuration import SAMPLE_LOGINS

LOGINS = SAMPLE_LOGINS
READY = "demo-ready"
Say = Callable[[str], None]
APPETITE = ((2_000_000, 0.75), (5_000_000, 0.4), (10_000_000, 0.18), (20_000_000, 0.06), (40_000_000, 0.01))
"""What the sample's executives accept: amounts in EUR and the highest probability of losing more in a year."""


def is_ready(home: Path) -> bool:
    return (home / READY).exists()


def logins(home: Path) -> list[dict[str, str]]:
    """The demo's accounts with their passwords, made once and kept where only the owner reads them."""
    path = home / LOGINS
    found: list[dict[str, str]] = json.loads(path.read_text()) if path.exists() else []
    return found


def load(home: Path, say: Say, progress: Callable[[str], Any]) -> None:
    """Generate the files and take them in: tables, feeds, scans, accounts, appetite, loss, logs; plans are
    queued.

    Safe to run again after an interruption: every step finds what is there already.
    """
    from accord.exposure import services as exposure
    from accord.site import demo_monitoring, exchange
    from accord.site.sample import generate

    company = generate(home / "sample")
    actor = accounts.operator()
    with progress("Tables"):
        found = exchange.import_named(
            actor, ((path.name, path) for path in sorted(company.tables.iterdir())), dry_run=False
        )
    say(f"Tables: {sum(row['added'] for row in found.summary()):,} rows in {len(found.summary())} tables.")
    users = _accounts(home, company.users)
    with progress("Feeds") as tell:
        exposure.update_feeds_from(actor, list(company.feeds), tell)
    landed = 0
    with exposure.together(actor):
        for path in (*company.scans, *company.real):
            with progress(path.name) as tell:
                report = exposure.import_scan(actor, path, tell)
            landed += report["counts"]["added"]
    say(f"Scanner reports: {len(company.scans) + len(company.real)} files, {landed:,} findings.")
    _risk(users, say)
    with progress("Logs"):
        demo_monitoring.load(users["analyst"], users["ciso"], say)
    (home / READY).write_text("")


def _accounts(home: Path, people: Any) -> dict[str, User]:
    kept = {row["email"]: row for row in logins(home)}
    users: dict[str, User] = {}
    rows = []
    for person in people:
        password = kept.get(person.email, {}).get("password") or secrets.token_urlsafe(9)
        user = User.objects.filter(email=person.email).first()
        if user is None:
            grant = (Role(person.role), person.scope)
            user = accounts.add_account(
                None, person.email, person.name, [grant], password=password, person_key=person.person
            )
        users.setdefault(person.role, user)
        rows.append({"role": Role(person.role).label, "name": person.name, "email": person.email, "password": password})
    path = home / LOGINS
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(rows, stream, indent=1, ensure_ascii=False)
    return users


def _risk(users: dict[str, User], say: Say) -> None:
    from accord.core import jobs
    from accord.risk import services as risk

    cio, ciso = users["cio"], users["ciso"]
    if not risk.appetite_in_force():
        curve = risk.propose_appetite(cio, APPETITE)
        risk.sign_appetite(curve, cio, Role.CIO, "sample data")
        risk.sign_appetite(curve, ciso, Role.CISO, "sample data")
    run = jobs.run_now(ciso, "risk.run_loss")
    if run.state != run.State.DONE:
        raise RuntimeError(run.error)
    say("Annual loss: computed.")
    run = jobs.run_now(ciso, "risk.run_hazard")
    if run.state != run.State.DONE:
        raise RuntimeError(run.error)
    say("Prices of findings: computed.")
    _surfaces(ciso, say)
    _remediation(cio, ciso, say)
    _sheets(cio, ciso)
    say("Sheets: an insurance is signed, an incident waits for both keys.")
    jobs.enqueue(cio, "decisions.frontier")
    say("Joint plan: the frontier is computed while you look around.")


PERIMETER = {"PT-2026-EDGE": "nmap-perimeter-2026-09", "PT-2026-EDGE-R": "nmap-perimeter-2026-11"}
"""Which file is the result of which test."""


def _surfaces(ciso: User, say: Say) -> None:
    """What the tests of security found, the coverage, and the paths to the goals."""
    from accord.core import jobs
    from accord.exposure.models import Scan, SecurityTest
    from accord.exposure.services.security_tests import link_scan

    for key, name in PERIMETER.items():
        test, scan = SecurityTest.objects.filter(key=key).first(), Scan.objects.filter(name__startswith=name).first()
        if test is not None and scan is not None and scan.state == Scan.State.LANDED:
            link_scan(ciso, test, scan)
    for kind in ("exposure.coverage", "risk.run_paths"):
        run = jobs.run_now(ciso, kind)
        if run.state != run.State.DONE:
            raise RuntimeError(run.error)
    say("Coverage of all surfaces, and the paths to the goals: computed.")


def _remediation(cio: User, ciso: User, say: Say) -> None:
    """Change windows ahead of today, what is to be fixed, a plan of it, a campaign, and an acceptance in force."""
    from django.utils import timezone

    from accord.core import jobs
    from accord.core.imports import TextRow, TextTable, import_tables
    from accord.decisions import services as decisions
    from accord.decisions.models import Acceptance
    from accord.estate.models import System
    from accord.exposure.models import ChangeWindow, Fix
    from accord.exposure.services import campaigns, fix_events
    from accord.site.sample import remediation

    today = timezone.localdate()
    if not ChangeWindow.objects.exists():
        teams = dict(System.objects.values_list("key", "it_owner__unit__name"))
        found = remediation.tables(today, {key: team or "" for key, team in teams.items()})
        import_tables(
            cio,
            [
                TextTable(noun, list(rows[0]), [TextRow(number, row) for number, row in enumerate(rows, 2)])
                for noun, rows in found.items()
                if rows
            ],
        )
    fix_events.recount(ciso)
    if not Acceptance.objects.exists():
        exploited = Fix.objects.filter(known_exploited__gt=0, open_findings__gt=0).order_by("worst_class", "pk")
        campaign = campaigns.start_campaign(
            ciso, "What attackers use already", "Everything in CISA's catalogue, the plant included.", "davor.renholt",
            today + timedelta(days=45), list(exploited.values_list("key", flat=True)[:60]),
        )  # fmt: skip
        campaigns.make_tickets(ciso, list(Fix.objects.filter(campaigns__campaign=campaign)[:20]), campaign)
        one = decisions.propose_acceptance(
            cio, "system", "SYS-EVENT", today + timedelta(days=90),
            "The microsite goes with the fair in spring; nothing of customers is on it.",
            measures="Read-only, behind the content network.",
        )  # fmt: skip
        decisions.sign_acceptance(cio, one, Role.CIO, "sample data")
        decisions.sign_acceptance(ciso, one, Role.CISO, "sample data")
    run = jobs.run_now(ciso, "exposure.patch_plan")
    if run.state != run.State.DONE:
        raise RuntimeError(run.error)
    say("Patch plan: computed for the coming change windows.")


LAYERS = (
    {"name": "Primary", "per": "year", "attachment": "2000000", "limit": "8000000", "premium": "4400000"},
    {"name": "Excess", "per": "year", "attachment": "10000000", "limit": "20000000", "premium": "2900000"},
)
"""The layers that the sample's broker offers, in EUR a year; invented like everything else."""
INCIDENT = {
    "incident": "Mailboxes of two dispatchers read by strangers", "threshold": "1000000",
    "material_from": "50%", "not_below": "10%", "deadline_hours": "72",
    "deadline_basis": "Invented: contract with the largest customer, clause 12",
    "forms": [
        {"form": "response", "amount_low": "60000", "amount_mid": "140000", "amount_high": "380000"},
        {"form": "productivity", "amount_low": "20000", "amount_mid": "60000", "amount_high": "240000"},
        {"form": "fines"},
    ],
}  # fmt: skip
"""An invented incident of which the fines are still unknown."""


def _sheets(cio: User, ciso: User) -> None:
    """A signed insurance, an incident that waits for both keys, and the years of which all losses are recorded."""
    from django.utils import timezone

    from accord.decisions import services
    from accord.decisions.models import Sheet

    if Sheet.objects.exists():
        return
    now = timezone.now()
    until = {"until": f"{now.year + 1}-12-31"}
    offer = {"layers": LAYERS, **until}
    cover = services.draft_sheet(ciso, "insurance", "Cyber insurance, invented offer", offer, at_once=True)
    services.propose_sheet(ciso, cover, "2")
    services.sign_sheet(cio, cover, Role.CIO, "sample data")
    services.sign_sheet(ciso, cover, Role.CISO, "sample data")
    aware = {"aware_at": (now - timedelta(hours=30)).isoformat()}
    incident = services.draft_sheet(ciso, "materiality", "Mail incident, invented", {**INCIDENT, **aware})
    services.propose_sheet(ciso, incident, "undetermined")
    for year in (now.year - 2, now.year - 1):
        services.close_year(ciso, year)
