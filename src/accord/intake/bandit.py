"""Bandit JSON (`bandit -f json`), read from Bandit's own formatter.

One instance per test and place, marked by the text of the line (two in one line are numbered). Only tests with a
result are known to have run: the file does not list the others. Files that Bandit could not read are refused rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import mark
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one Bandit report; IntakeError where it cannot be read."""
    made = clean.when(report.head(source, ("generated_at",)).get("generated_at"))
    target = Target("repository", source.stem)
    yield ScanHeader("bandit", "Bandit", None, None, made)
    scan = Report(source, "Run Bandit again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                yield from scan.rows(document, _result, target.identity, made, Counter(), target=target.identity)
            elif key == "errors":
                yield from scan.rows(document, _error, target=target.identity)
        document.end()
    yield from scan.end(made)


def _error(row: dict[str, Any]) -> Iterator[Found]:
    name, reason = clean.line(row.get("filename"), 300), clean.line(row.get("reason"), 300)
    raise Unreadable("errors", f"Bandit could not read {name or 'a file'}: {reason or 'no reason given'}.")
    yield  # a generator


def _result(
    row: dict[str, Any], identity: str, made: datetime | None, again: Counter[tuple[object, ...]]
) -> Iterator[Found]:
    test = clean.line(row.get("test_id"), 50) or clean.line(row.get("test_name"), 100)
    if test is None:
        raise Unreadable("test_id", "The test of a result is missing.")
    check = f"bandit:{test}"
    yield report.looked(identity, [check])
    number = clean.whole(row.get("line_number"), 1)
    path = report.path(row.get("filename"))
    again[test, path, number] += 1
    times = again[test, path, number]
    text = _line(row.get("code"), number)
    weakness = clean.mapping(row.get("issue_cwe"))
    words = clean.line(row.get("issue_text"), 400)
    yield Observation(
        target=identity,
        definition_id=check,
        title=words or clean.line(row.get("test_name"), 200) or test,
        kind="code",
        check=check,
        aliases=report.without(report.identifiers(row.get("test_name")), check),
        description=report.joined(row.get("issue_text"), _confidence(row)),
        severity=report.severity(row.get("issue_severity")),
        cwes=clean.cwes(weakness.get("id") or ()),
        path=path,
        line=number,
        anchor=mark(text, str(times)) if times > 1 else mark(text),
        evidence=clean.text(row.get("code"), 2000),
        references=clean.urls([row.get("more_info"), weakness.get("link")], 5),
        seen_at=made,
    )


def _confidence(row: dict[str, Any]) -> str | None:
    told = clean.line(row.get("issue_confidence"), 20)
    return f"Confidence: {told.lower()}." if told else None


def _line(code: object, number: int | None) -> str | None:
    """The text of the line that was meant, out of lines written as "39     x = 1"."""
    if not isinstance(code, str) or number is None:
        return None
    for one in code[:20_000].split("\n"):
        head, _, rest = one.strip().partition(" ")
        if head == str(number) and rest.strip():
            return rest
    return None
