"""npm audit JSON: of npm 6 (also `pnpm audit --json` and `yarn npm audit --json` of yarn 2 and 3) and of npm 7 and
later, read from npm's audit report and the registry's advisories.

npm 6: one instance per advisory and installed version, with its dependency paths as evidence. npm 7+: one per advisory
and place in node_modules; packages that are only affected through another one are told with it. An audit looks at
every package of the lock file, so vulnerabilities count as looked for; that development packages were left out
(`--omit=dev`) is not in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    """Records of one npm audit report; IntakeError where it cannot be read."""
    target = Target("repository", source.stem)
    yield ScanHeader("npm-audit", "npm audit")
    scan = Report(source, "Run the audit again.")
    yield from scan.add([target])
    ran = False
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "advisories":
                ran = True
                yield from _each(document, scan, advisories.old, target.identity)
            elif key == "vulnerabilities":
                ran = True
                yield from _each(document, scan, _package, target.identity)
            elif key == "error":
                problem = clean.mapping(document.value())
                detail = problem.get("summary") or problem.get("detail")
                words = report.joined(problem.get("code"), detail, between=": ")
                document.refuse(f"npm audit failed: {words or 'no reason given'}.", "Run the audit again.")
        document.end()
    if ran:
        yield from scan.add([report.looked(target, groups=[advisories.GROUP])])
    yield from scan.end(None)


def _each(
    document: JsonReader, scan: Report, read: Callable[[dict[str, Any], str], Iterator[Found]], identity: str
) -> Iterator[Record]:
    """The values of an object (or of a list, as some exporters write)."""
    if document.peek() == "[":
        yield from scan.rows(document, read, identity, target=identity)
        return
    for _ in document.names():
        row = document.value()
        where = document.pointer()
        if isinstance(row, dict):
            yield from scan.add(read(row, identity), where, identity)
        else:
            yield from scan.add(_no_object(), where, identity)
        document.mark()


def _no_object() -> Iterator[Found]:
    raise Unreadable("", "An entry must be an object.")
    yield  # a generator


def _package(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """One package of npm 7+: its own advisories; what is only affected through others has none."""
    told = [via for via in clean.listing(row.get("via"))[:1000] if not isinstance(via, str)]  # else a package's name
    own = [via for via in map(clean.mapping, told) if via]
    yield from report.apart(advisories.new(via, row, identity) for via in own)
