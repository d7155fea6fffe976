"""Brakeman JSON (`brakeman -f json`), read from Brakeman's own description of its report
(https://brakemanscanner.org/docs/options/, lib/brakeman/report/report_json.rb).

A warning is one observation, marked by Brakeman's own fingerprint of it. Brakeman tells how sure it is, not how bad it
would be: severity is unknown. Ignored warnings stay, marked so. The checks that ran are those that it lists, else only
those with a warning; files that it could not read are refused rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

LISTS: dict[str, Analysis | None] = {"warnings": None, "ignored_warnings": "suppressed"}


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    told = clean.mapping(report.head(source, ("scan_info",)).get("scan_info"))
    begun, made = clean.when(told.get("start_time")), clean.when(told.get("end_time"))
    name = clean.line((clean.line(told.get("app_path"), 1000) or "").rstrip("/").rpartition("/")[2], 300)
    target = Target("repository", name or source.stem)
    yield ScanHeader("brakeman", "Brakeman", clean.line(told.get("brakeman_version"), 50), begun, made, name)
    scan = Report(source, "Run Brakeman again.")
    ran = clean.lines(clean.listing(told.get("checks_performed")), 100, 1000)
    yield from scan.add([target, report.looked(target, [f"brakeman:{one}" for one in ran])])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key in LISTS:
                yield from scan.rows(document, _warning, target.identity, LISTS[key], made, target=target.identity)
            elif key == "errors":
                yield from scan.rows(document, _error, target=target.identity)
        document.end()
    yield from scan.end(made, exhaustive=bool(ran))


def _error(row: dict[str, Any]) -> Iterator[Found]:
    reason, place = clean.line(row.get("error"), 300), clean.line(row.get("location"), 300)
    raise Unreadable("errors", f"Brakeman could not read {place or 'a file'}: {reason or 'no reason given'}.")
    yield  # a generator


def _warning(row: dict[str, Any], identity: str, analysis: Analysis | None, made: datetime | None) -> Iterator[Found]:
    name = clean.line(row.get("check_name"), 100) or clean.line(row.get("warning_type"), 100)
    if name is None:
        raise Unreadable("check_name", "The check of a warning is missing.")
    check = f"brakeman:{name}"
    number = clean.whole(row.get("warning_code"))
    kind, words = clean.line(row.get("warning_type"), 200), clean.line(row.get("message"), 400)
    place = clean.mapping(row.get("location"))
    where = " ".join(one for key in ("class", "controller", "method", "template")
                     if (one := clean.line(place.get(key), 200)))  # fmt: skip
    confidence = clean.line(row.get("confidence"), 20)
    yield report.looked(identity, [check])
    yield Observation(
        target=identity,
        definition_id=check if number is None else f"{check}/{number}",
        title=f"{kind}: {words}" if kind and words else words or kind or name,
        kind="code",
        check=check,
        aliases=clean.advisories(words or ""),
        description=report.joined(words, f"Confidence: {confidence.lower()}." if confidence else None),
        cwes=clean.cwes(clean.listing(row.get("cwe_id"))),
        path=report.path(row.get("file")),
        line=clean.whole(row.get("line"), 1),
        anchor=clean.line(row.get("fingerprint"), 100),
        evidence=report.joined(where, row.get("code"), _input(row.get("user_input")), between="\n", limit=5000),
        references=clean.urls([row.get("link")], 1),
        seen_at=made,
        analysis=analysis,
        analysis_detail=clean.line(row.get("note"), 500) if analysis else None,
    )


def _input(told: object) -> str | None:
    value = clean.line(told, 500)
    return f"Input: {value}" if value else None
