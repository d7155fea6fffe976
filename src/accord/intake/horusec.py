"""Horusec JSON (`horusec start -o json`), read from the types of Horusec's analysis
(https://github.com/ZupIT/horusec-devkit, pkg/entities/analysis and vulnerability).

One instance per vulnerability, marked by Horusec's own hash of it. Risks that were accepted stay as suppressed, false
positives as such; what was corrected is no observation. A secret itself is not kept. Only rules with a result are known
to have run, and an analysis with errors is not complete.
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

TYPES: dict[str, Analysis] = {"risk accepted": "suppressed", "false positive": "false_positive"}
_START = "Possible vulnerability detected:"


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    told = report.head(source, ("version", "repositoryName", "status", "createdAt", "finishedAt"))
    made = clean.when(told.get("finishedAt"))
    name = clean.line(told.get("repositoryName"), 300)
    target = Target("repository", name or source.stem)
    version = clean.line(told.get("version"), 50)
    yield ScanHeader("horusec", "Horusec", version, clean.when(told.get("createdAt")), made, name)
    scan = Report(source, "Run Horusec again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "analysisVulnerabilities":
                yield from scan.rows(document, _entry, target.identity, made, target=target.identity)
        document.end()
    yield from scan.end(made, {"success": True, "error": False}.get(str(told.get("status"))))


def _entry(entry: dict[str, Any], identity: str, made: datetime | None) -> Iterator[Found]:
    row = clean.mapping(entry.get("vulnerabilities"))
    tool, details = clean.line(row.get("securityTool"), 100), clean.text(row.get("details"), 20_000)
    title = _title(details)
    rule = clean.line(row.get("rule_id"), 150) or title
    if rule is None:
        raise Unreadable("vulnerabilities.details", "A vulnerability names neither a rule nor what it is.")
    kind = (clean.line(row.get("type"), 50) or "").lower()
    check = f"horusec:{tool}/{rule}" if tool else f"horusec:{rule}"
    yield report.looked(identity, [check])
    if kind == "corrected":
        return
    secret = row.get("language") == "Leaks"
    confidence = clean.line(row.get("confidence"), 20)
    yield Observation(
        target=identity,
        definition_id=check,
        title=title or rule,
        kind="secret" if secret else "code",
        check=check,
        aliases=clean.advisories(details or ""),
        description=report.joined(details, f"Confidence: {confidence.lower()}." if confidence else None),
        severity=report.severity(row.get("severity")),
        cwes=clean.cwes(details or ()),
        path=report.path(row.get("file")),
        line=clean.whole(row.get("line"), 1),
        anchor=clean.line(row.get("vulnHash"), 100),
        evidence=None if secret else clean.text(row.get("code"), 2000),
        references=clean.urls([row.get("securityToolInfoUri")], 1),
        seen_at=made,
        analysis=TYPES.get(kind),
    )


def _title(details: str | None) -> str | None:
    """The first line, without "(1/1) * Possible vulnerability detected: "."""
    first = (details or "").split("\n", 1)[0]
    return clean.line(first.partition(_START)[2] or first, 200)
