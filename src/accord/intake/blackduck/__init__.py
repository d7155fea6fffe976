"""Black Duck (Synopsys, Black Duck Hub) report on a version of a project: the ZIP of its tables, or its table
"security" as CSV, read from Black Duck's description of that report
(https://documentation.blackduck.com/bundle/bd-hub/page/Reporting/VersionReports.html).

A row is one observation: a vulnerability of a component. What people decided is carried: what is patched or remediated
as resolved, what is ignored, mitigated or a duplicate as suppressed. The report lists all vulnerabilities of the
version, which is covered as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from accord.intake import report
from accord.intake.blackduck.shared import GROUP, vulnerable
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

COLUMNS = ("Vulnerability id", "Vulnerability source", "Remediation status", "Security Risk")
_SECURITY = re.compile(r"(?:.*/)?security(?:_[0-9_-]{1,40})?\.csv", re.IGNORECASE)
_BESIDE = re.compile(
    r"(?:.*/)?(?:components|version|files|source|codelocations)(?:_[0-9_-]{1,40})?\.csv", re.IGNORECASE
)


def is_report(members: tuple[str, ...]) -> bool:
    """Whether the files of a ZIP are those of a report."""
    return any(map(_SECURITY.fullmatch, members)) and any(map(_BESIDE.fullmatch, members))


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    yield ScanHeader("blackduck", "Black Duck")
    scan = Report(source, "Make the report again.")
    if source.packed() == "zip":
        from accord.intake.safe.zip_reader import members

        for inner in members(source, lambda name: _SECURITY.fullmatch(name) is not None):
            yield from _table(inner, scan, source)
    else:
        yield from _table(source, scan, source)
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _table(source: Source, scan: Report, whole: Source) -> Iterator[Record]:
    with table(source, COLUMNS) as found:
        for row in found.rows:
            yield from scan.add(_row(row, whole), f"{source.name}, row {row.number}")


def _row(row: Row, source: Source) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    target = Target("repository", clean.line(row.get("project path"), 300) or source.stem)
    yield target
    yield report.looked(target, groups=[GROUP])
    told = {
        "name": row.get("vulnerability id"), "source": row.get("vulnerability source"),
        "status": row.get("remediation status"), "comment": row.get("remediation comment"),
        "severity": row.get("security risk"), "score": row.get("base score"),
        "description": row.get("description"), "url": row.get("url"),
    }  # fmt: skip
    component = {
        "name": row.get("component name", "project name"),
        "version": row.get("component version name", "version"),
        "origin": row.get("component origin name", "channel version origin"),
        "origin_id": row.get("component origin id", "channel version origin id"),
    }
    yield vulnerable(told, component, target)
