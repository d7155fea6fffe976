"""pip-audit JSON: the list of versions before 2.5 and the object with `dependencies` and `fixes` of later ones, read
from pip-audit's own description of its output.

One instance per package and vulnerability. Every package that the file lists was looked at; one that pip-audit had to
skip was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import osv, report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

_DESCRIPTION = 20_000


def read(source: Source) -> Iterator[Record]:
    """Records of one pip-audit report; IntakeError where it cannot be read."""
    target = Target("repository", source.stem)
    yield ScanHeader("pip-audit", "pip-audit")
    scan = Report(source, "Run pip-audit again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _package, target.identity, target=target.identity)
        else:
            for key in document.names():
                if key == "dependencies":
                    yield from scan.rows(document, _package, target.identity, target=target.identity)
        document.end()
    yield from scan.end(None)


def _package(row: dict[str, Any], identity: str) -> Iterator[Found]:
    name, version = clean.line(row.get("name"), 300), clean.line(row.get("version"), 100)
    if name is None:
        raise Unreadable("name", "The name of a package is missing.")
    listed = clean.listing(row.get("vulns"))
    if row.get("skip_reason") is not None or not isinstance(row.get("vulns"), (list, dict)):
        return
    group = f"pip-audit:{name.lower()}"
    yield report.looked(identity, groups=[group])
    for told in listed[:10_000]:
        told = clean.mapping(told)
        aliases = told.get("aliases")
        ids = report.identifiers(told.get("id"), aliases if isinstance(aliases, str) else clean.listing(aliases))
        if not ids:
            yield Unreadable("vulns.id", "The identifier of a vulnerability is missing.")
            continue
        definition = sorted(ids, key=osv.order)[0]
        fixed = ", ".join(clean.lines(told.get("fix_versions") or (), 100, 10)) or None
        yield Observation(
            target=identity,
            definition_id=definition,
            title=f"{definition} in {name}",
            kind="vulnerability",
            check=f"pip-audit:{definition}",
            aliases=report.without(ids, definition),
            description=clean.text(told.get("description"), _DESCRIPTION),
            solution=f"Upgrade {name} to {fixed}." if fixed else None,
            component=name,
            component_version=version,
            purl=purl("pypi", name, version),
            fixed_version=fixed,
            group=group,
        )
