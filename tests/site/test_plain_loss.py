"""`accord loss FILE`: a table in, a year's loss out, without a database; faults with their place and exit code 2."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from accord_intake import FILES
from accord_source import ROOT
from typer.testing import CliRunner, Result

from accord.engines import loss
from accord.site.command_line import app, application
from accord.site.tabular import losses

application()
HERE = FILES / "scenarios"
TABLE = """scenario,name,frequency_low,frequency_mid,frequency_high,form,low,mid,high,currency
RANSOM,Ransomware,0.05,0.15,0.5,response,50000,200000,900000,EUR
RANSOM,,,,,productivity,100000,600000,5000000,EUR
LEAK,Leak,0.1,0.2,0.6,fines,10000,100000,2000000,EUR
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_the_figures_are_those_of_the_engine(table: Path) -> None:
    told = json.loads(run("loss", table, "--json", "--levels", "0.9,0.99").stdout)
    nan = (np.nan,) * 3
    same = loss.annual_loss(
        loss.Portfolio(
            ["RANSOM", "LEAK"],
            [(0.05, 0.15, 0.5), (0.1, 0.2, 0.6)],
            [[(50_000, 200_000, 900_000), (100_000, 600_000, 5_000_000)], [(10_000, 100_000, 2_000_000), nan]],
        ),
        (0.9, 0.99),
    )
    assert told["ok"] and told["schema"] == losses.SCHEMA and told["currency"] == "EUR"
    assert told["mean"] == pytest.approx(same.mean)
    for row, level, var, tvar in zip(told["levels"], same.levels, same.var, same.tvar, strict=True):
        assert row["level"] == level
        assert [row["var"][end] for end in ("lower", "estimate", "upper")] == pytest.approx(list(var), rel=1e-3)
        assert [row["tvar"][end] for end in ("lower", "estimate", "upper")] == pytest.approx(list(tvar), rel=1e-3)
        assert row["var"]["lower"] <= row["var"]["estimate"] <= row["var"]["upper"]
    assert [one["key"] for one in told["scenarios"]] == ["RANSOM", "LEAK"]
    assert sum(one["mean"] for one in told["scenarios"]) == pytest.approx(told["mean"])
    tail = next(row["tvar"]["estimate"] for row in told["levels"] if row["level"] == told["tail_level"])
    assert sum(one["tail"] for one in told["scenarios"]) == pytest.approx(tail, rel=1e-6)


def test_laws_that_three_quantiles_hold_are_exact(tmp_path: Path) -> None:
    """Mean and variance of the year in closed form, for lognormal amounts and negative binomial counts."""
    path = tmp_path / "t.csv"
    head = "scenario,frequency_law,frequency_mean,frequency_variance,law,mean,sd\n"
    path.write_text(head + "A,negative_binomial,4,7,lognormal,50000,80000\nB,poisson,0.5,,lognormal,1000,900\n")
    told = json.loads(run("loss", path, "--json").stdout)
    assert told["mean"] == pytest.approx(4 * 50_000 + 0.5 * 1_000)
    variance = 4 * 80_000**2 + 7 * 50_000**2 + 0.5 * (900**2 + 1_000**2)
    assert told["sd"] == pytest.approx(variance**0.5)
    none = (1 + 3 / 4) ** (-16 / 3) * np.exp(-0.5)  # (1 + (v - m)/m)^(-m^2/(v - m)), and exp(-rate)
    assert told["no_loss"] == pytest.approx(none)
    riskquant = json.loads(run("loss", HERE / "riskquant.csv", "--json").stdout)
    assert [one["mean"] for one in riskquant["scenarios"]] == pytest.approx([1_010_003, 40_400], rel=1e-4)


def test_the_names_of_the_answer_are_stable(table: Path) -> None:
    told = json.loads(run("loss", table, "--json").stdout)
    assert set(told) == {
        "ok", "schema", "file", "format", "currency", "mean", "sd", "no_loss", "levels", "tail_level", "resolution",
        "scenarios", "curve", "notes",
    }  # fmt: skip
    documented = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    described = documented.split(f"**`{losses.SCHEMA}`**", 1)[1].split("\n\n", 1)[0]
    assert all(f"`{name}`" in described for name in set(told) - {"ok", "schema"})


def test_a_person_reads_the_same(table: Path) -> None:
    lines = run("loss", table).stdout
    assert "scenarios.csv: 2 scenarios" in lines and "EUR" in lines
    assert "VaR at least" in lines and "RANSOM" in lines


def test_the_curve_is_written_as_numbers_and_as_a_picture(table: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "curve.csv", tmp_path / "curve.svg"
    assert run("loss", table, "--out", out, "--out", picture).exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = [[float(row[name]) for name in losses.CURVE] for row in csv.DictReader(stream)]
    curve = np.array(rows)
    assert (np.diff(curve[:, 0]) > 0).all() and (np.diff(curve[:, 1]) <= 0).all()
    assert (curve[:, 2] <= curve[:, 1]).all() and (curve[:, 1] <= curve[:, 3]).all()
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("name", ["faults.csv"])
def test_faults_end_with_2_and_nothing_on_standard_output(name: str) -> None:
    ran = run("loss", HERE / name)
    assert (ran.exit_code, ran.stdout) == (2, "")
    for told in ("USD and EUR", "wrong way round", "30 is over 1", "“weibull” is no law", "the number is missing"):
        assert told in ran.stderr
    assert all(line.startswith("faults.csv, row ") and ", column " in line for line in ran.stderr.splitlines())
    found = json.loads(run("loss", HERE / name, "--json").stdout)
    assert not found["ok"] and len(found["faults"]) == len(ran.stderr.splitlines())
    assert set(found["faults"][0]) == {"file", "row", "column", "reason", "remedy"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--levels", "0.9;0.99"), ("--levels", "99"), ("--levels", ""), ("--out", "curve.pdf"),
        ("--out", "nowhere/curve.csv"), ("--stage", "best"),
    ],
)  # fmt: skip
def test_wrong_options_are_told(table: Path, arguments: tuple[str, str]) -> None:
    ran = run("loss", table, *arguments)
    if arguments == ("--levels", ""):
        assert ran.exit_code == 0  # blank = the usual levels
        return
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert arguments[1].split(";")[0] in ran.stderr


def test_levels_and_files_to_write_go_with_a_file() -> None:
    assert run("loss", "--levels", "0.9").exit_code == 2


PROGRAM = """
import sys
from accord.site.command_line import app, application
application()
try:
    app(sys.argv[1:])
except SystemExit as ended:
    print(ended.code, "django" in sys.modules, file=sys.stderr)
"""


def test_neither_a_database_nor_settings_are_needed(table: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}

    def start(*arguments: str) -> list[str]:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, "loss", str(table), *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ran.stderr.split()[-2:]

    assert start() == ["0", "False"]
    assert start("--out", str(tmp_path / "curve.svg"))[0] == "0"  # a picture needs the design system, no settings
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.svg", "scenarios.csv"]
