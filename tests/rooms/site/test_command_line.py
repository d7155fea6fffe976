"""The command line: exit codes, JSON, and that a refused import changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.organization.models import Unit
from accord.site.command_line import app, application

pytestmark = pytest.mark.django_db(transaction=True)
application()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def units(tmp_path: Path) -> Path:
    path = tmp_path / "unit.csv"
    path.write_text("key,name,parent\nU-1,One,\nU-2,Two,U-1\n")
    return path


def test_a_table_is_imported_once(units: Path) -> None:
    first = json.loads(run("import", units, "--json").stdout)
    assert first["tables"] == [{"noun": "unit", "added": 2, "changed": 0, "unchanged": 0, "refused": 0}]
    second = json.loads(run("import", units, "--json").stdout)
    assert second["tables"][0]["unchanged"] == 2


def test_a_dry_run_changes_nothing(units: Path) -> None:
    assert run("import", units, "--dry-run").exit_code == 0
    assert not Unit.objects.exists()


def test_a_refused_table_is_told_with_its_row_and_ends_with_1(units: Path) -> None:
    units.write_text("key,name,parent\nU-1,One,\nU-2,Two,U-9\n")
    told = run("import", units)
    assert told.exit_code == 1
    assert "row 3" in told.stderr and "U-9" in told.stderr
    as_json = json.loads(run("import", units, "--json").stdout)
    assert not as_json["ok"] and "row 3" in as_json["problems"][0]
    assert not Unit.objects.exists()


def test_what_is_exported_can_be_imported_again(units: Path, tmp_path: Path) -> None:
    run("import", units)
    for name in ("all.xlsx", "unit.csv"):
        assert run("export", tmp_path / name).exit_code == 0
        found = json.loads(run("import", tmp_path / name, "--json").stdout)
        assert all(row["added"] == row["changed"] == 0 for row in found["tables"])
    assert run("export", tmp_path / "nothing.txt").exit_code == 1


def test_the_first_administrator_is_made_once() -> None:
    made = json.loads(run("init", "--email", "admin@b.example", "--json").stdout)
    assert len(made["password"]) >= 12
    admin = User.objects.get(email="admin@b.example")
    assert admin.has_role(Role.ADMIN) and admin.check_password(made["password"])
    assert run("init", "--email", "other@b.example").exit_code == 1
    assert run("init").exit_code == 0


def test_the_ledger_is_proved_in_the_database_and_in_an_export(units: Path, tmp_path: Path) -> None:
    run("import", units)
    assert run("ledger", "verify").exit_code == 0
    out = tmp_path / "ledger.jsonl"
    run("ledger", "export", "--out", out)
    assert run("ledger", "verify", "--file", out).exit_code == 0
    entry = LedgerEntry.objects.get(noun="unit", key="U-1")
    LedgerEntry.objects.filter(pk=entry.pk).update(after=entry.after.replace("One", "Ond"))
    broken = run("ledger", "verify")
    assert (broken.exit_code, f"Entry {entry.number} " in broken.stderr) == (3, True)
    assert run("ledger", "verify", "--file", out).exit_code == 0
    out.write_text(out.read_text().replace("One", "Ond"))
    assert run("ledger", "verify", "--file", out).exit_code == 3


def test_a_healthy_installation_passes_its_check_and_a_tampered_one_does_not(units: Path) -> None:
    run("import", units)
    assert run("check").exit_code == 0
    LedgerEntry.objects.filter(number=1).update(actor="somebody else")
    assert run("check", "--json").exit_code == 3
