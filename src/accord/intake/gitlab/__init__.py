"""GitLab security reports: dependency, container, cluster image, SAST, secret detection, DAST, API fuzzing and
coverage fuzzing, of every version of the schema from 2 to 15; read from gitlab-org's security-report-schemas.

What kind a report is says `scan.type`, before version 15 the category of its rows, else what their locations look
like. One instance per row: for packages per identifier, package and file; for code per rule and place, with GitLab's
own mark of the place where it has one. A report that is no success is not complete. Looked for as a whole: the
packages of the files listed in a dependency report, an image, the rules that a report names.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake import report
from accord.intake.gitlab import rows
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source


def read(source: Source) -> Iterator[Record]:
    """Records of one GitLab report; IntakeError where it cannot be read."""
    top = report.head(source, ("scan", "dependency_files"))
    told = clean.mapping(top.get("scan"))
    scanner = clean.mapping(told.get("scanner")) or clean.mapping(told.get("analyzer"))
    started, finished = clean.when(told.get("start_time")), clean.when(told.get("end_time"))
    place = rows.Place(source, clean.line(told.get("type"), 50), clean.line(scanner.get("name"), 200), finished)
    name = place.tool or "GitLab"
    yield ScanHeader("gitlab", name, clean.line(scanner.get("version"), 100), started, finished, place.type)
    scan = Report(source, "Run the pipeline's job again.")
    here = place.repository.identity if place.type in rows.OF_A_REPOSITORY else None
    files = [clean.mapping(one).get("path") for one in clean.listing(top.get("dependency_files"))[:10_000]]
    if files or place.type in rows.OF_A_REPOSITORY:
        groups = [rows.group_of_file(file) for one in files if (file := report.path(one))]
        checks = [rows.check_of(clean.mapping(one)) for one in clean.listing(told.get("primary_identifiers"))[:10_000]]
        yield from scan.add(
            [place.repository, report.looked(place.repository, [check for check in checks if check], groups)]
        )
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, rows.found, place, target=here)
        else:
            for key in document.names():
                if key == "vulnerabilities":
                    yield from scan.rows(document, rows.found, place, target=here)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([place.repository])
    status = told.get("status")
    yield from scan.end(finished, None if status is None else status == "success")
