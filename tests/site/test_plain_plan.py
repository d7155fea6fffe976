"""`accord plan FILE`: a workbook or folder in, six plans out, without a database; faults with their place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accord_small_company import TABLES, cio, company
from accord_source import ROOT
from typer.testing import CliRunner, Result

from accord.core import nouns
from accord.engines import portfolio
from accord.intake.planning import SHEETS, read_plan
from accord.intake.scenarios import ScenarioError
from accord.intake.tables import read_workbook
from accord.outlet.tables import Sheet, write_workbook
from accord.site.command_line import app, application
from accord.site.command_line.plain import stopping
from accord.site.tabular import plans
from accord.site.tabular.problem import question

__all__ = ["cio", "company"]
application()
NAMES = {"today", "cio", "ciso", "split", "rosi", "joint"}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def sheets(**changed: list[dict[str, object]]) -> list[Sheet]:
    found = []
    for name, rows in {**TABLES, **changed}.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        found.append(Sheet(name, columns, [{c: str(row.get(c, "")) for c in columns} for row in rows]))
    return found


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "company.xlsx"
    path.write_bytes(write_workbook(sheets()))
    return path


def book(**changed: list[dict[str, object]]) -> Any:
    return read_plan([("company.xlsx", write_workbook(sheets(**changed)))])


def _without_ranges(value: Any) -> Any:
    """A problem as plain data without the intervals around its figures, which a plan is not made with."""
    if isinstance(value, portfolio.Problem):
        value = value.to_json()
    if isinstance(value, dict):
        return {key: _without_ranges(inner) for key, inner in value.items() if not key.endswith("_range")}
    return [_without_ranges(inner) for inner in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.django_db
def test_a_workbook_asks_the_same_as_the_application(company: Any) -> None:
    """The rows of the application, in a workbook, are the same question for the planner."""
    from accord.decisions import selectors

    ranges = [{"key": "C", "name": "Backup", "state": "operating"}, {"key": "D", "name": "Gate", "state": "planned"}]
    effects = [
        {"control": key, "scenario": "OUT", "magnitude_low": 0.5, "magnitude_mid": 0.5, "magnitude_high": 0.5}
        for key in ("C", "D")
    ]
    company(control=ranges, control_effect=effects)
    asked = question(book(control=ranges, control_effect=effects))
    assert _without_ranges(asked.problem) == _without_ranges(selectors.collect().problem)
    assert not asked.left_out


def test_every_column_of_the_tables_is_known() -> None:
    """An export of the application can be planned as it is."""
    for sheet in SHEETS:
        known = {column.name for column in sheet.columns} | set(sheet.passed)
        columns = {column.name for column in nouns.get(sheet.name).columns}
        assert columns <= known, f"{sheet.name}: {sorted(columns - known)}"


def test_six_plans_come_from_a_workbook_and_each_keeps_the_rules(workbook: Path, tmp_path: Path) -> None:
    out = tmp_path / "plans.xlsx"
    ran = run("plan", workbook, "--seconds", "3", "--points", "4", "--json", "--out", out)
    assert ran.exit_code == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["ok"] and told["schema"] == plans.SCHEMA
    assert {plan["key"] for plan in told["plans"]} == NAMES
    asked = question(book()).problem
    for plan in told["plans"]:
        if plan["starts"] is not None:
            starts = {key: asked.index(quarter) for key, quarter in plan["starts"].items()}
            assert not portfolio.check(asked, starts), plan["key"]
            exact = portfolio.evaluate(asked, starts)
            assert (plan["value"], plan["loss"]) == pytest.approx((exact.value, exact.loss / (asked.quarters / 4)))
    assert told["loss_today"] == pytest.approx(5e5 + 8e5)
    written = {table.name: table for table in read_workbook("plans.xlsx", out.read_bytes())}
    assert {row.cells["plan"] for row in written["plans"].rows} == {plan["name"] for plan in told["plans"]}
    joint = next(plan for plan in told["plans"] if plan["key"] == "joint")
    planned = {row.cells["initiative"]: row.cells["joint"] for row in written["schedule"].rows if row.cells["joint"]}
    assert planned == joint["starts"]


def test_a_folder_of_csv_files_says_the_same_as_a_workbook(workbook: Path, tmp_path: Path) -> None:
    from accord.outlet.tables import write_csv

    folder = tmp_path / "tables"
    folder.mkdir()
    for sheet in sheets():
        (folder / f"{sheet.name}.csv").write_bytes(write_csv(sheet))
    read = read_plan([(path.name, path.read_bytes()) for path in sorted(folder.iterdir())])
    assert question(read).problem == question(book()).problem
    lines = run("plan", folder, "--seconds", "2", "--points", "3").stdout
    assert "Joint proposal" in lines and "What binds" in lines


def test_faults_end_with_2_and_nothing_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "company.xlsx"
    effect = [
        {"initiative": "MFA", "scenario": "NONE", "frequency_low": 0.1, "frequency_mid": 0.2, "frequency_high": 3}
    ]
    path.write_bytes(write_workbook(sheets(initiative_effect=effect)))
    ran = run("plan", path)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "sheet initiative_effect, row 2, column frequency_high: 3 is over 1" in ran.stderr
    assert "column scenario: there is no scenario “NONE”" in ran.stderr
    told = json.loads(run("plan", path, "--json").stdout)
    assert not told["ok"] and {fault["column"] for fault in told["faults"]} == {"frequency_high", "scenario"}


def test_faults_of_the_whole_name_the_row(tmp_path: Path) -> None:
    path = tmp_path / "company.xlsx"
    circle = [
        {"initiative": "SHOP", "kind": "requires", "other": "DATA"},
        {"initiative": "DATA", "kind": "requires", "other": "SHOP"},
    ]
    path.write_bytes(write_workbook(sheets(initiative_relation=circle)))
    told = run("plan", path)
    assert told.exit_code == 2
    assert "sheet initiative, row" in told.stderr and "circle" in told.stderr


def test_rules_that_cannot_all_hold_are_named(tmp_path: Path) -> None:
    path = tmp_path / "company.xlsx"
    items = [{**row, "mandatory": "yes"} for row in TABLES["initiative"]]
    path.write_bytes(write_workbook(sheets(initiative=items)))
    told = run("plan", path, "--seconds", "2")
    assert told.exit_code == 2
    assert "these cannot all hold" in told.stderr and "budget" in told.stderr


def test_what_is_unknown_is_left_out_by_name_and_never_zero() -> None:
    costs: list[dict[str, object]] = [row for row in TABLES["initiative_cost"] if row["initiative"] != "MFA"]
    scenarios: list[dict[str, object]] = [
        {**row, "frequency_low": "", "frequency_mid": "", "frequency_high": ""} if row["key"] == "LEAK" else row
        for row in TABLES["scenario"]
    ]
    asked = question(book(initiative_cost=costs, scenario=scenarios))
    assert {(one.sheet, one.key) for one in asked.left_out} >= {("initiative", "MFA"), ("scenario", "LEAK")}
    assert "MFA" not in {item.key for item in asked.problem.initiatives}
    assert {one.key for one in asked.problem.scenarios} == {"OUT"}


def test_a_plan_holds_one_size_of_a_thing_at_most() -> None:
    items = [{**row, "size_of": "x" if row["key"] in ("SHOP", "SOC") else ""} for row in TABLES["initiative"]]
    asked = question(book(initiative=items)).problem
    assert asked.sizes == {"x": ("SHOP", "SOC")}
    assert portfolio.check(asked, {"SHOP": 0, "SOC": 3})


def test_benefits_grow_by_the_sheet_of_ramps() -> None:
    rows: list[dict[str, object]] = [
        {"initiative": "MFA", "quarter": 2, "share": 0.7}, {"initiative": "MFA", "quarter": 1, "share": 0.3},
    ]  # fmt: skip
    found = question(book(initiative_ramp=rows)).problem
    assert found.initiative("MFA").ramp == (0.3, 0.7)
    with pytest.raises(
        ScenarioError, match=r"sheet initiative_ramp, row 2, column quarter: quarter 1 of MFA is missing"
    ):
        question(book(initiative_ramp=rows[:1]))


def test_the_template_has_every_sheet_and_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    assert run("plan", "--template", path).exit_code == 0
    read = {table.name: table for table in read_workbook("empty.xlsx", path.read_bytes())}
    assert {sheet.name for sheet in SHEETS} | {"help"} == set(read)
    told = {(row.cells["sheet"], row.cells["column"]) for row in read["help"].rows}
    assert told == {(sheet.name, column.name) for sheet in SHEETS for column in sheet.columns}
    assert run("plan", "--template", path).exit_code == 2  # what is there is not overwritten
    assert "sheet initiative is missing or has no row" in run("plan", path).stderr


def test_a_stop_gives_what_was_found_until_then() -> None:
    asked = iter([False, True])
    found = plans.compute(book(), 5.0, 4, cancelled=lambda: next(asked, True))
    assert not found.frontier.complete
    assert set(found.plans) == NAMES
    assert any("not computed" in plan.reason for plan in found.plans.values())


def test_a_stop_before_the_first_plan_says_that_there_is_nothing(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise portfolio.Cancelled

    monkeypatch.setattr(portfolio, "frontier", stopped)
    told = run("plan", workbook)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "before a first plan" in told.stderr


@pytest.fixture
def handler() -> Iterator[Any]:
    before = signal.getsignal(signal.SIGINT)
    yield before
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_asks_to_stop_and_a_second_one_ends(handler: Any) -> None:
    with stopping() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        assert signal.getsignal(signal.SIGINT) is handler


PROGRAM = """
import sys
from accord.site.command_line import app, application
application()
try:
    app(sys.argv[1:])
except SystemExit as ended:
    print(ended.code, "django" in sys.modules, file=sys.stderr)
"""


def test_neither_a_database_nor_settings_are_needed(workbook: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "plan", str(workbook), "--seconds", "1", "--points", "3"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stderr.split()[-2:] == ["0", "False"], ran.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["company.xlsx"]
