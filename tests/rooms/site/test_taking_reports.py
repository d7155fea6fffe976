"""`accord inspect`, `accord formats`, and `accord import` of archives of reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from accord_intake import FILES
from typer.testing import CliRunner, Result

from accord.exposure.models import Scan
from accord.intake.registry import FORMATS
from accord.site.command_line import app, application

pytestmark = pytest.mark.django_db(transaction=True)
application()
REPORTS = ("two-hosts.nessus", "two-runs.sarif", "image.trivy.json")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "reports.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name in REPORTS:
            out.write(FILES / name, f"in/{name}")
        out.writestr("in/notes.txt", "nothing of a scanner")
    return path


def test_every_format_is_listed() -> None:
    found = json.loads(run("formats", "--json").stdout)
    assert [one["name"] for one in found["formats"]] == [one.name for one in FORMATS]
    assert f"{len(FORMATS)} formats." in run("formats").stdout


def test_inspect_needs_no_database(packed: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    environment = {**os.environ, "ACCORD_HOME": str(nowhere)}
    done = subprocess.run(
        [sys.executable, "-m", "accord.site", "inspect", str(packed), str(FILES / "two-hosts.nessus"), "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, "one of the files is no report"
    told = json.loads(done.stdout)
    assert [one["format"] for one in told["files"]] == ["nessus", "sarif", "trivy", "", "nessus"]
    assert "no format" in told["files"][3]["problem"]
    assert told["files"][0]["scope"]["targets"] == 3
    assert not nowhere.exists()


def test_an_archive_is_imported_and_one_bad_file_keeps_no_other_out(packed: Path) -> None:
    told = json.loads(run("import", packed, "--json").stdout)
    assert not told["ok"]
    assert [one["state"] for one in told["scans"]] == ["landed", "landed", "landed", "refused"]
    assert "notes.txt" in told["problems"][0]
    assert {one.name for one in Scan.objects.all()} == set(REPORTS)
    again = json.loads(run("import", packed, "--json").stdout)
    assert sum(sum(one["counts"].values()) for one in again["scans"]) == 0


def test_counts_are_compared(packed: Path, tmp_path: Path) -> None:
    counts = {one["name"]: one["grouped"] for one in json.loads(run("inspect", packed, "--json").stdout)["files"]}
    wanted = tmp_path / "expected.csv"
    rows = [f"in/{name},{counts[f'in/{name}']}," for name in REPORTS]
    wanted.write_text("\n".join(["file,findings,basis", *rows, "in/notes.txt,,error", ""]))
    good = run("import", packed, "--expected", wanted)
    assert good.exit_code == 0, good.output
    assert "4 counts: 4 equal, 0 explained, 0 different or missing." in good.stdout
    wanted.write_text(wanted.read_text().replace(rows[0], f"in/{REPORTS[0]},99,"))
    bad = run("inspect", packed, "--expected", wanted)
    assert bad.exit_code == 1
    assert "1 different or missing" in bad.stdout


def test_a_csv_of_a_scanner_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "unit.csv"
    path.write_text("key,name,parent\nU-1,One,\n")
    assert json.loads(run("import", path, "--json").stdout)["tables"][0]["added"] == 1
    path = tmp_path / "whatever.csv"
    path.write_text("colour,size\nred,1\n")
    assert run("import", path).exit_code == 1
