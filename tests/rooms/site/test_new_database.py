"""A new database, made at once, is the one that all migrations in turn would have made."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

Ask = Callable[[str], list[tuple[str, ...]]]
NOTED = "SELECT app, name FROM django_migrations"
RIGHTS = (
    "SELECT codename, app_label || '.' || model FROM auth_permission "
    "JOIN django_content_type ON django_content_type.id = content_type_id"
)
POSTGRESQL = (
    "SELECT table_name || '.' || column_name, "
    "concat_ws(' ', data_type, character_maximum_length, numeric_precision, is_nullable, column_default, is_identity) "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT relname, array_to_string(reloptions, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace",
)
# A table of Django's own that Accord leaves empty; migrations in turn give its key the width of our tables.
OTHERWISE = {("0", "auth_group_permissions.id")}


def parts(sql: str) -> str:
    """The columns and constraints of a CREATE TABLE in an order of their own: a later column stands last in a table."""
    found, depth, quote = [""], 0, ""
    for sign in sql[sql.index("(") + 1 : sql.rindex(")")]:
        if quote or sign in "'\"":
            quote = "" if sign == quote else quote or sign
        else:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and not depth:
                found.append("")
                continue
        found[-1] += sign
    return ", ".join(sorted(part.strip() for part in found))


def shape(ask: Ask, vendor: str) -> dict[tuple[str, str], str]:
    """Everything that a database says about its tables, by kind and name."""
    whole = {("migration", f"{app}.{name}"): "" for app, name in ask(NOTED)}
    whole |= {("right", f"{name} {of}"): "" for name, of in ask(RIGHTS)}
    if vendor == "sqlite":
        for kind, name, sql in ask("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"):
            whole[kind, name] = parts(sql) if re.match("CREATE TABLE", sql) else sql
    else:
        for number, query in enumerate(POSTGRESQL):
            whole |= {(str(number), name): text for name, text in ask(query)}
    return whole


def here(query: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_new_database_is_what_all_migrations_make(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
    environment |= {"ACCORD_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "accord.site.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--one-by-one"]
    if connection.vendor == "sqlite":
        subprocess.run(migrate, check=True, env=environment)
        with sqlite3.connect(tmp_path / "accord.sqlite3") as other:
            slow = shape(lambda query: other.execute(query).fetchall(), "sqlite")
    else:
        import psycopg

        name = f"{connection.settings_dict['NAME']}_one_by_one"
        url = urlunsplit(urlsplit(os.environ["ACCORD_DATABASE_URL"])._replace(path=f"/{name}"))
        with psycopg.connect(os.environ["ACCORD_DATABASE_URL"], autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
        subprocess.run(migrate, check=True, env={**environment, "ACCORD_DATABASE_URL": url})
        with psycopg.connect(url) as server:
            slow = shape(lambda query: server.execute(query.encode()).fetchall(), "postgresql")
    quick = shape(here, connection.vendor)
    assert len(quick) > 500
    assert {what for what in quick.keys() | slow.keys() if quick.get(what) != slow.get(what)} <= OTHERWISE, (
        "accord/exposure/services/tables.py says what no model tells; is something missing there?"
    )
