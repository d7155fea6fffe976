"""SARIF 2.1.0 (static analysis results), read from the OASIS standard.

Two passes: what the runs say of their tools, rules and files first, then the results, one after the other.
Every run is a scan of its own. One observation per location of a result; results that are no failure ("pass",
"notApplicable") or that the baseline calls absent are none. Suppressed results stay, marked as suppressed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.records import Coverage, Record, ScanHeader
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.sarif import rows, runs
from accord.intake.tally import Tally, Unreadable

NO_FINDING = ("pass", "notApplicable")


def read(source: Source) -> Iterator[Record]:
    """Records of one SARIF file; IntakeError where it cannot be read."""
    known = runs.collect(source)
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "runs":
                for number in document.each():
                    yield from _run(document, known[number], source)
        document.end()


def _run(document: JsonReader, run: runs.Run, source: Source) -> Iterator[Record]:
    tally = Tally(source)
    target = runs.target_of(run, source)
    identity = target.identity
    yield ScanHeader("sarif", run.tool, run.tool_version, run.started, run.finished, run.name)
    yield tally.target(target)
    for key in document.names():
        if key == "results":
            for _ in document.each():
                row = document.value()
                if not isinstance(row, dict):
                    document.refuse("A result must be an object.", "Export the file again.")
                yield from _result(row, document, run, identity, tally)
    yield Coverage(
        identity,
        checks=frozenset(f"{run.tool}:{rule}" for rule in run.rules),
        complete=tally.complete(identity, run.success),
    )
    yield from tally.end(run.finished, run.success)


def _result(row: dict[str, Any], document: JsonReader, run: runs.Run, identity: str, tally: Tally) -> Iterator[Record]:
    if row.get("kind") in NO_FINDING or row.get("baselineState") == "absent":
        return
    try:
        for found in rows.observations(row, run, identity):
            yield tally.observation(found)
    except Unreadable as problem:
        where = document.pointer()
        yield tally.refusal(where, problem.field, problem.problem, "Export the file again.", identity)
