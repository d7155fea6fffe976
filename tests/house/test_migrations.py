"""Migrations: one line per room, complete, and the same on both databases."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython

ROOMS = [config.label for config in apps.get_app_configs() if config.name.startswith("accord.")]


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration() -> None:
    output = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=output, stderr=output)
    except SystemExit:
        pytest.fail(f"make migrations for:\n{output.getvalue()}")


@pytest.mark.parametrize("room", ROOMS)
def test_one_line_per_room(room: str, loader: MigrationLoader) -> None:
    if apps.get_app_config(room).models:
        assert len(loader.graph.leaf_nodes(room)) == 1


def test_names_say_what_they_do(loader: MigrationLoader) -> None:
    for room, name in loader.disk_migrations:
        if room in ROOMS:
            assert re.fullmatch(r"\d{4}_[a-z0-9_]+", name) and "_auto_" not in name, f"{room}: {name}"


def test_changes_of_data_can_be_undone(loader: MigrationLoader) -> None:
    for (room, name), migration in loader.disk_migrations.items():
        if room in ROOMS:
            for operation in migration.operations:
                assert not isinstance(operation, RunPython) or operation.reversible, f"{room}: {name}"


@pytest.mark.django_db
def test_sqlite_is_set_up_as_in_production() -> None:
    """Tests on SQLite see the locks and the log that a customer's database has."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    assert connection.settings_dict["OPTIONS"].get("transaction_mode") == "IMMEDIATE"
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] >= 5000
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1
