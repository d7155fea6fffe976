"""`accord init` and `accord check`."""

from __future__ import annotations

import secrets
from typing import Any

import typer

from accord.site.command_line.base import (
    BROKEN,
    JSON_OPTION,
    answer,
    app,
    django_setup,
    fail,
    refusals,
)  # fmt: skip


def prepare(as_json: bool = False) -> None:
    """Make the home, bring the database up to date, and write what the browser needs."""
    from accord.site import configuration

    configuration.home().mkdir(parents=True, exist_ok=True)
    django_setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from accord.ui import bundle

    bundle.ensure()


@app.command()
def init(
    email: str = typer.Option("", help="E-mail of the first administrator."),
    name: str = typer.Option("Administrator", help="Name of the first administrator."),
    password: str = typer.Option("", help="Their password; empty = one is made and printed.", envvar="ACCORD_PASSWORD"),
    as_json: bool = JSON_OPTION,
) -> None:
    """Set up this installation: folders, database, and the first administrator. Safe to run again."""
    prepare(as_json)
    from accord.core import accounts
    from accord.core.models import RoleGrant
    from accord.core.roles import Role

    lines = ["The database is up to date."]
    data: dict[str, Any] = {"administrator": None, "password": None}
    if RoleGrant.objects.filter(role=Role.ADMIN, user__is_active=True).exists():
        lines.append("There is an administrator already.")
        if email:
            fail("There is an administrator already; they add further accounts.", as_json=as_json)
    elif not email:
        lines.append("Next: accord init --email you@company.example makes the first administrator.")
    else:
        given = password or secrets.token_urlsafe(12)
        with refusals(as_json):
            accounts.add_account(None, email, name, [(Role.ADMIN, "")], password=given)
        data = {"administrator": email, "password": None if password else given}
        lines.append(f"Administrator: {email}")
        if not password:
            lines.append(f"Password:      {given}   (shown once; change it after the first log-in)")
    answer(data, lines, as_json)


@app.command()
def check(as_json: bool = JSON_OPTION) -> None:
    """Check this installation: database, migrations, ledger, files, roll-ups. Exit code 3 if something is wrong."""
    django_setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from accord.core import checks

    executor = MigrationExecutor(connection)
    open_ = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if open_:
        fail(f"{len(open_)} migrations are not applied. Run: accord init", as_json=as_json, code=BROKEN)
    found = list(checks.run())
    lines = [
        f"{'WRONG' if f.problems else 'ok':6} {f.name}" + "".join(f"\n       {p}" for p in f.problems) for f in found
    ]
    problems = [f"{f.name}: {p}" for f in found for p in f.problems]
    if problems and as_json:
        fail(*problems, as_json=True, code=BROKEN)
    answer({"checks": {f.name: f.problems for f in found}}, lines, as_json)
    if problems:
        raise typer.Exit(BROKEN)
