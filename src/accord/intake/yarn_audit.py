"""yarn audit JSON: the lines of yarn 1 (`yarn audit --json`) and of yarn 4 (`yarn npm audit --json`), read from what
yarn prints. Yarn 2 and 3 write the document of npm 6, which is read as npm audit.

One instance per advisory and installed version, however many dependency paths lead there; a deprecation that yarn 4
tells is an instance of severity info. Looked for as a whole only where yarn came to its summary or wrote a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.npm_audit import advisories
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one yarn audit; IntakeError where it cannot be read or yarn says that it failed."""
    target = Target("repository", source.stem)
    yield ScanHeader("yarn-audit", "yarn audit")
    scan = Report(source, "Run the audit again.")
    yield from scan.add([target])
    ran = False
    with source.open() as reader:
        document = JsonReader(reader)
        for row in report.documents(document):
            told = row if isinstance(row, dict) else {}
            if told.get("type") == "error":
                document.refuse(
                    f"yarn failed: {clean.line(told.get('data'), 300) or 'no reason given'}", "Run the audit again."
                )
            ran = ran or told.get("type") in ("auditSummary", "auditAdvisory") or "children" in told
            yield from scan.add(_line(row, target.identity), document.row, target.identity)
    if ran:
        yield from scan.add([report.looked(target, groups=[advisories.GROUP])])
    yield from scan.end(None)


def _line(row: Any, identity: str) -> Iterator[Found]:
    if not isinstance(row, dict):
        raise Unreadable("", "A line must be an object.")
    if row.get("type") == "auditAdvisory":
        yield from advisories.old(clean.mapping(clean.mapping(row.get("data")).get("advisory")), identity)
    elif "children" in row:
        yield from advisories.tree(row, identity)
