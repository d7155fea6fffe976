"""Inspection of a report, and our counts beside somebody else's."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from accord_intake import FILES

from accord.intake import expected, inspection
from accord.intake.records import IntakeError


def test_a_report_is_counted() -> None:
    found = inspection.inspect(FILES / "two-hosts.nessus")
    assert (found.problem, found.format, found.scans) == ("", "nessus", 1)
    assert found.instances >= found.grouped > 0
    assert len(found.refused) == found.refused_rows == 1
    assert sum(found.severities.values()) == sum(found.kinds.values()) == found.instances
    assert found.targets["host"] == found.scope.targets == 3
    told = found.as_json()
    assert told["targets"] == {"host": 3}
    assert told["scope"]["targets"] == 3


def test_a_stream_and_a_file_give_the_same() -> None:
    path = FILES / "two-runs.sarif"
    assert inspection.inspect(io.BytesIO(path.read_bytes()), path.name) == inspection.inspect(path)


def test_what_cannot_be_read_is_told_and_nothing_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of a scanner")
    found = inspection.inspect(path)
    assert found.problem.startswith("notes.txt")
    assert found.instances == 0


def test_every_row_is_compared() -> None:
    row = expected.Expected
    rows = [row("a", 3), row("b", 4), row("b", 5), row("c", None), row("d", 1), row("e", 7), row("f", 2)]
    known = {"e": expected.Difference("e", 6, "because"), "f": expected.Difference("f", 9, "old")}
    ours = {"a": (3, 30), "b": (5, 5), "c": (None, None), "e": (6, 8), "f": (3, 3)}
    found = [(one.expected.file, one.verdict) for one in expected.compare(rows, ours, known)]
    assert found == [
        ("a", "equal"), ("b", "equal"), ("b", "equal"), ("c", "refused"), ("d", "missing"), ("e", "explained"),
        ("f", "different"),
    ]  # fmt: skip


def test_a_file_that_must_be_refused_and_is_read_differs() -> None:
    (found,) = expected.compare([expected.Expected("a", None)], {"a": (0, 0)}, {})
    assert found.verdict == "different"


def test_expected_counts_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.csv"
    path.write_text("format,file,findings,basis\nx,a.json,3,asserted\nx,b.json,,error\n")
    assert [(row.file, row.findings) for row in expected.read_expected(path)] == [("a.json", 3), ("b.json", None)]
    for text in ("file,count\na,1\n", "file,findings\na,many\n", "file,findings\na,-1\n"):
        path.write_text(text)
        with pytest.raises(IntakeError):
            expected.read_expected(path)


def test_known_differences_have_reasons() -> None:
    for row in expected.differences().values():
        assert len(row.reason) > 20, row.file
