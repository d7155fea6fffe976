"""gosec JSON (`gosec -fmt=json`), read from the types of gosec's own report
(https://github.com/securego/gosec, report/json and issue).

One instance per rule and place, marked by the text of the line (two in one line are numbered). Only rules with a result
are known to have run. What `#nosec` suppresses stays, marked so; packages that gosec could not read are refused rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
    """Records of one report; IntakeError where it cannot be read."""
    told = report.head(source, ("GosecVersion",))
    target = Target("repository", source.stem)
    yield ScanHeader("gosec", "gosec", clean.line(told.get("GosecVersion"), 50))
    scan = Report(source, "Run gosec again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "Issues":
                yield from scan.rows(document, _issue, target.identity, Counter(), target=target.identity)
            elif key == "Golang errors":
                for name in document.names():
                    yield from scan.rows(document, _error, name, target=target.identity)
        document.end()
    yield from scan.end(None)


def _error(row: dict[str, Any], name: str) -> Iterator[Found]:
    reason = clean.line(row.get("error"), 300) or "no reason given"
    raise Unreadable("Golang errors", f"gosec could not read {clean.line(name, 300) or 'a package'}: {reason}.")
    yield  # a generator


def _issue(row: dict[str, Any], identity: str, again: Counter[tuple[object, ...]]) -> Iterator[Found]:
    rule = clean.line(row.get("rule_id"), 50)
    if rule is None:
        raise Unreadable("rule_id", "The rule of an issue is missing.")
    check = f"gosec:{rule}"
    yield report.looked(identity, [check])
    number = _line(row.get("line"))
    path = report.path(row.get("file"))
    text = _code(row.get("code"), number)
    again[rule, path, text] += 1
    times = again[rule, path, text]
    weakness = {str(key).lower(): value for key, value in clean.mapping(row.get("cwe")).items()}
    suppressions = [clean.mapping(one) for one in clean.listing(row.get("suppressions"))[:10]]
    ignored = bool(suppressions) or row.get("nosec") is True
    confidence = clean.line(row.get("confidence"), 20)
    yield Observation(
        target=identity,
        definition_id=check,
        title=clean.line(row.get("details"), 400) or rule,
        kind="code",
        check=check,
        description=report.joined(row.get("details"), f"Confidence: {confidence.lower()}." if confidence else None),
        solution=clean.text(row.get("autofix"), 5000),
        severity=report.severity(row.get("severity")),
        cwes=clean.cwes(weakness.get("id") or ()),
        path=path,
        line=number,
        anchor=mark(text, str(times)) if times > 1 else mark(text),
        evidence=clean.text(row.get("code"), 2000),
        references=clean.urls([weakness.get("url")], 2),
        analysis="suppressed" if ignored else None,
        analysis_detail=report.joined(*(one.get("justification") for one in suppressions), limit=500),
    )


def _line(told: object) -> int | None:
    """ "12" or, of several lines, "12-14"."""
    return clean.whole((clean.line(told, 40) or "").partition("-")[0], 1)


def _code(told: object, number: int | None) -> str | None:
    """The line that was meant, out of lines written as "12: x := 1"; older versions write it alone."""
    text = told[:20_000] if isinstance(told, str) else ""
    for one in text.split("\n"):
        head, colon, rest = one.partition(": ")
        if colon and head.strip() == str(number) and rest.strip():
            return rest
    return text or None
