"""Bombs and endless files: refused with a word, in 400 MB of address space and within the time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OURS = {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, str]]:
    done = subprocess.run([sys.executable, str(HERE / "hostile.py")], capture_output=True, text=True, env=OURS)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    return {name: (result, message) for name, result, message in rows}


def test_every_case_is_refused_with_problem_and_remedy(outcomes: dict[str, tuple[str, str]]) -> None:
    assert len(outcomes) >= 70
    assert {name: told for name, told in outcomes.items() if told[0] != "refused"} == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("entities", "field DOCTYPE"),
        ("external entity", "field DOCTYPE"),
        ("entities in utf-16", "field DOCTYPE"),
        ("entities in utf-7", "field encoding"),
        ("nested lists", "nested too deeply"),
        ("nested in a record", "nested too deeply"),
        ("nested xml", "nested too deeply"),
        ("endless string", "larger than"),
        ("endless attribute", "larger than"),
        ("endless unknown elements", "larger than"),
        ("endless unreadable findings", "rows cannot be read"),
        ("packed twice", "no format"),
        ("endless declarations of elements", "field DOCTYPE"),
        ("endless quote", "larger than"),
        ("endless rows of another width", "rows cannot be read"),
        ("zip of zeros", "larger than"),
        ("zip of many names", "more than 2,000 files"),
        ("cut zip", "damaged"),
        ("damaged gzip", "gzip"),
    ],
)
def test_the_reason_is_told(name: str, words: str, outcomes: dict[str, tuple[str, str]]) -> None:
    assert words in outcomes[name][1]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["nessus", "trivy"])
def test_memory_does_not_grow_with_the_file(form: str, tmp_path: Path) -> None:
    """Twenty times as many findings may cost a few megabytes (keys that keep instances apart), not the file."""
    peaks = []
    for findings in (1000, 20_000):
        path = tmp_path / f"{form}-{findings}"
        script = str(HERE / "synthetic.py")
        subprocess.run([sys.executable, script, form, str(findings), str(path)], check=True, env=OURS)
        done = subprocess.run([sys.executable, script, "measure", str(path)], capture_output=True, check=True, env=OURS)
        told = json.loads(done.stdout)
        assert told["findings"] == findings
        peaks.append(told["peak_megabytes"])
    assert peaks[1] - peaks[0] < 15
