"""Snyk JSON: `snyk test` of one project or of all, `snyk container test` with its applications, and `snyk iac test`,
read from the types of Snyk's command line. Snyk Code writes SARIF.

One instance per issue and dependency path, as Snyk counts them; a licence issue is one of kind licence. Issues that
the policy ignores stay, marked as suppressed. A project was looked at as a whole, unless a severity threshold left
some out; a project that Snyk could not test is a refused row.

Two passes: what the projects are stands after their issues.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

NAMES = frozenset(
    {"projectName", "displayTargetFile", "targetFile", "path", "packageManager", "severityThreshold", "error"}
)  # fmt: skip
LISTS = frozenset({"vulnerabilities", "infrastructureAsCodeIssues"})
_PATH = 2000


class _Project:
    """What a project says of itself."""

    def __init__(self) -> None:
        self.told: dict[str, str | None] = {}
        self.image = False

    def target(self, source: Source, whole: str | None) -> Target:
        name = self.told.get("projectName") or self.told.get("path") or source.stem
        if self.image or whole is not None:
            image = whole or (self.told.get("path") or name)
            image = image.rpartition("docker-image|")[2]
            return Target("image", image.partition("@sha256:")[0] or source.stem)
        return Target("repository", name if name.strip("./\\") else source.stem)

    @property
    def file(self) -> str | None:
        return report.path(self.told.get("displayTargetFile") or self.told.get("targetFile"))

    @property
    def group(self) -> str:
        return f"snyk:{self.file or self.told.get('packageManager') or 'project'}"


def read(source: Source) -> Iterator[Record]:
    """Records of one Snyk report; IntakeError where it cannot be read."""
    projects: list[_Project] = []
    with source.open() as reader:
        document = JsonReader(reader)
        for _ in _each(document):
            _describe(document, projects, source)
        document.end()
    names = {one.told.get("projectName") for one in projects}
    yield ScanHeader("snyk", "Snyk", name=next(iter(names), None) if len(names) == 1 else None)
    scan = Report(source, "Run Snyk again.")
    waiting = iter(projects)
    with source.open() as reader:
        document = JsonReader(reader)
        for _ in _each(document):
            yield from _project(document, waiting, scan, source, None)
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _each(document: JsonReader) -> Iterator[int]:
    """Stands before each project of a list, or before the one that the document is."""
    if document.peek() == "[":
        yield from document.each()
    else:
        yield 0


def _describe(document: JsonReader, projects: list[_Project], source: Source) -> None:
    source.hold(1000)
    project = _Project()
    projects.append(project)
    for key in document.names():
        if key in NAMES:
            project.told[key] = clean.line(document.scalar(), 500)
        elif key == "docker":
            project.image = bool(document.mapping())
        elif key == "applications":
            for _ in document.each():
                _describe(document, projects, source)


def _project(
    document: JsonReader, waiting: Iterator[_Project], scan: Report, source: Source, image: str | None
) -> Iterator[Record]:
    if document.peek() != "{":
        document.skip()
        next(waiting, None)
        return
    project = next(waiting, _Project())
    target = project.target(source, image)
    where = document.pointer()
    yield from scan.add([target])
    if project.told.get("error"):
        yield from scan.add(_failed(project.told["error"]), where, target.identity)
    partial = project.told.get("severityThreshold") not in (None, "low")
    told: list[Found] = []
    for key in document.names():
        if key in LISTS:
            if document.peek() == "[" and not partial:
                told = [report.looked(target, groups=[project.group])]
            reader = _issue if key == "vulnerabilities" else _iac
            yield from scan.rows(document, reader, project, target.identity, target=target.identity)
        elif key == "filtered":
            for part in document.names():
                if part == "ignore":
                    yield from scan.rows(
                        document, _issue, project, target.identity, "suppressed", target=target.identity
                    )
        elif key == "applications":
            for _ in document.each():
                yield from _project(document, waiting, scan, source, target.name if project.image else None)
    yield from scan.add(told)


def _failed(problem: str | None) -> Iterator[Found]:
    raise Unreadable("error", f"Snyk could not test this project: {problem}")
    yield  # a generator


def _issue(row: dict[str, Any], project: _Project, identity: str, analysis: Analysis | None = None) -> Iterator[Found]:
    identifier = clean.line(row.get("id"), 200)
    if identifier is None:
        raise Unreadable("id", "The identifier of an issue is missing.")
    licence = row.get("type") == "license" or identifier.startswith("snyk:lic:")
    name = clean.line(row.get("packageName") or row.get("name"), 300)
    version = clean.line(row.get("version"), 200)
    told = clean.mapping(row.get("identifiers"))
    aliases = report.identifiers(told.get("CVE"), told.get("GHSA"), row.get("alternativeIds"), told.get("ALTERNATIVE"))
    aliases += tuple(one for key in sorted(told) if key in ("SUSE", "RHSA", "ALAS", "DSA", "USN", "OSVDB", "NSP")
                     for one in report.identifiers(told[key]))  # fmt: skip
    entries = [clean.mapping(one) for one in clean.listing(row.get("cvssDetails") or row.get("cvssSources"))[:20]]
    vectors, score, band = report.ratings(
        [row.get("CVSSv3"), *(one.get("cvssV3Vector") or one.get("vector") for one in entries)], row.get("cvssScore")
    )
    chain = [one for one in clean.listing(row.get("from")) if isinstance(one, str)]
    fixed = clean.line(row.get("nearestFixedInVersion"), 200)
    fixed = fixed or ", ".join(clean.lines(row.get("fixedIn") or (), 100, 10)) or None
    title = clean.line(row.get("title"), 400) or identifier
    links = [clean.mapping(one).get("url") for one in clean.listing(row.get("references"))[:100]]
    what = clean.line(row.get("license"), 200)
    yield Observation(
        target=identity,
        definition_id=f"licence:{what}" if licence and what else identifier,
        title=f"{title} in {name}" if name and name not in title else title,
        kind="licence" if licence else "vulnerability",
        check=f"snyk:{identifier}",
        aliases=report.without(aliases, identifier),
        description=clean.text(row.get("description"), 20_000),
        solution=_advice(row, name, fixed),
        severity=report.severity(row.get("severityWithCritical")) or report.severity(row.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(told.get("CWE") or ()),
        component=name,
        component_version=version,
        purl=purl(row.get("packageManager") or project.told.get("packageManager"), name, version),
        fixed_version=fixed,
        path=project.file,
        anchor=_chain(chain),
        evidence=report.joined(" > ".join(chain[:50]), limit=2000),
        references=clean.urls(links, 100),
        group=project.group,
        analysis=analysis,
        analysis_detail=_reason(row) if analysis else None,
    )


def _chain(told: list[str]) -> str | None:
    """The dependency path without the project itself and without versions."""
    if len(told) < 2:
        return None
    return clean.line(" > ".join(_bare(one) for one in told[1:50]), _PATH)


def _bare(package: str) -> str:
    name, at, _ = package[:500].rpartition("@")
    return name if at and name else package[:500]


def _advice(row: dict[str, Any], name: str | None, fixed: str | None) -> str | None:
    steps = [one for one in clean.listing(row.get("upgradePath")) if isinstance(one, str)]
    if steps:
        return clean.line(f"Upgrade to {steps[0]}.", 500)
    return clean.line(f"Upgrade {name} to {fixed}.", 500) if fixed and name else None


def _reason(row: dict[str, Any]) -> str | None:
    told = clean.mapping(row.get("filtered")).get("ignored")
    entries = [clean.mapping(one) for one in clean.listing(told)[:10]]
    return report.joined(*(one.get("reason") for one in entries), limit=2000, between="; ")


def _iac(row: dict[str, Any], project: _Project, identity: str) -> Iterator[Found]:
    identifier = clean.line(row.get("id"), 200)
    if identifier is None:
        raise Unreadable("id", "The identifier of an issue is missing.")
    place = ".".join(clean.lines((str(one) for one in clean.listing(row.get("path"))[:50]), 200, 50)) or None
    resource = clean.line(row.get("msg"), 300) or place
    yield Observation(
        target=identity,
        definition_id=f"snyk:{identifier}",
        title=clean.line(row.get("title"), 400) or identifier,
        kind="misconfiguration",
        check=f"snyk:{identifier}",
        description=report.joined(row.get("issue"), row.get("impact"), row.get("iacDescription")),
        solution=clean.text(row.get("resolve"), 5000),
        severity=report.severity(row.get("severity")),
        component=resource,
        path=project.file,
        line=clean.whole(row.get("lineNumber"), 1),
        anchor=place or resource,
        references=clean.urls([row.get("documentation"), *clean.listing(row.get("references"))], 20),
        group=project.group,
        analysis="suppressed" if row.get("isIgnored") is True else None,
    )
