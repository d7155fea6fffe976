"""Counts that somebody else gives for reports, to compare ours with: a CSV with the columns file and findings.

`format` and `basis` are told on; a `basis` of "error" says that the file must be refused. One file may stand there
more than once, with the count of each setting of the other tool.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from accord.intake.records import IntakeError

ROWS = 100_000
Verdict = Literal["equal", "explained", "different", "refused", "missing"]


@dataclass(frozen=True, slots=True)
class Expected:
    """One row. `findings` is None where the file must be refused."""

    file: str
    findings: int | None
    format: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Why our count of one file is another: ours, and the reason in words."""

    file: str
    ours: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One row beside ours. `ours` is None where we refuse the file or it is not there; `note` says why."""

    expected: Expected
    ours: int | None
    instances: int | None
    verdict: Verdict
    note: str = ""


def read_expected(path: Path) -> list[Expected]:
    """The rows of such a CSV; IntakeError names the row that cannot be read."""
    found: list[Expected] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            names = set(rows.fieldnames or ())
            if not {"file", "findings"} <= names:
                raise IntakeError(
                    path.name,
                    1,
                    None,
                    "The columns “file” and “findings” are not there.",
                    "Name them in the first row.",
                )
            for number, row in enumerate(rows, start=2):
                if number > ROWS:
                    raise IntakeError(path.name, number, None, f"More than {ROWS:,} rows.", "Split the file.")
                found.append(_row(path.name, number, row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise IntakeError(path.name, None, None, f"It cannot be read ({error}).", "Give a CSV in UTF-8.") from None
    return found


def _row(name: str, number: int, row: dict[str, str]) -> Expected:
    basis, count = (row.get("basis") or "").strip(), (row.get("findings") or "").strip()
    if basis == "error" or count == "":
        return Expected(row["file"].strip(), None, (row.get("format") or "").strip(), basis or "error")
    if not count.isdecimal():
        raise IntakeError(name, number, "findings", f"“{count}” is no whole number.", "Write digits only.")
    return Expected(row["file"].strip(), int(count), (row.get("format") or "").strip(), basis)


def differences() -> dict[str, Difference]:
    """The differences that are known and explained, by file (`differences.csv` beside this module)."""
    path = Path(__file__).with_name("differences.csv")
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [
            Difference(row["file"], int(row["ours"]) if row["ours"] else None, row["reason"])
            for row in csv.DictReader(stream)
        ]
    return {row.file: row for row in rows}


def compare(
    expected: Iterable[Expected], ours: dict[str, tuple[int | None, int | None]], known: dict[str, Difference]
) -> list[Compared]:
    """Each row beside ours: file → (grouped, instances), both None where we refuse the file.

    A file that stands there twice with different counts is equal where ours is one of them.
    """
    rows = list(expected)
    counts: dict[str, set[int | None]] = {}
    for row in rows:
        counts.setdefault(row.file, set()).add(row.findings)
    return [_beside(row, ours, known, counts[row.file]) for row in rows]


def _beside(
    row: Expected,
    ours: dict[str, tuple[int | None, int | None]],
    known: dict[str, Difference],
    others: set[int | None],
) -> Compared:
    if row.file not in ours:
        return Compared(row, None, None, "missing", "The file is not among those given.")
    grouped, instances = ours[row.file]
    if grouped == row.findings:
        return Compared(row, grouped, instances, "refused" if grouped is None else "equal")
    if grouped in others:
        return Compared(row, grouped, instances, "equal", "The count of the other row for this file.")
    reason = known.get(row.file)
    if reason is not None and reason.ours == grouped:
        return Compared(row, grouped, instances, "explained", reason.reason)
    return Compared(row, grouped, instances, "different")
