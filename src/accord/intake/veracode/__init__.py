"""Veracode's detailed report in XML, read from Veracode's description of it (detailedreport.xsd, format 1.5;
https://docs.veracode.com/r/r_detailedreport).

A flaw is one observation, marked by Veracode's own number of it, which stays from scan to scan. Static flaws and
components belong to the application, or to its sandbox; dynamic flaws to the site of their address. What is mitigated
with an approval is suppressed, or a false positive where it was called one; what is fixed is no observation. A static
analysis looked at the modules that it lists; where components were analysed, all of them were. Which pages a dynamic
analysis reached is not told: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake import report
from accord.intake.places import site
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.veracode.shared import COMPONENTS, SEVERITY, component_of, moment, statement

if TYPE_CHECKING:
    from lxml.etree import _Element

FLAWS = ("staticflaws", "dynamicflaws", "manualflaws")
GONE = frozenset({"fixed", "cannot reproduce"})
_TAGS = ("detailedreport", "module", "category", *FLAWS, "flaw", "software_composition_analysis", "component")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    scan = Report(source, "Download the detailed report again.")
    target: Target | None = None
    made = None
    about: dict[str, str | None] = {}
    with source.open() as reader:
        for event, element in events(reader, tuple(f"{{*}}{tag}" for tag in _TAGS)):
            tag = local(element.tag)
            if event == "start":
                if tag == "detailedreport" and target is None:
                    made = moment(element.get("generation_date"))
                    target = _target(element, source)
                    name = clean.line(element.get("app_name"), 300)
                    yield ScanHeader("veracode", "Veracode", None, None, made, name)
                    yield from scan.add([target])
                elif tag == "software_composition_analysis" and target is not None:
                    yield from scan.add([report.looked(target, groups=[COMPONENTS])])
                elif tag in FLAWS:
                    about = _about(element)
                continue
            if target is None:
                continue
            if tag == "module":
                yield from scan.add(_module(element, target))
            elif tag == "flaw":
                yield from scan.add(_flaw(element, about, target), line_of(element), target.identity)
                drop(element, 1)
                reader.mark()
            elif tag == "component":
                yield from scan.add(_component(element, target), line_of(element), target.identity)
                drop(element, 1)
                reader.mark()
            elif tag == "category":
                drop(element, 1)
    if target is None:
        raise source.error("The file holds no detailed report.", "Download the detailed report as XML.")
    yield from scan.end(made)


def _target(element: _Element, source: Source) -> Target:
    """The application, or its sandbox: another state of the code, whose flaws are not those of the application."""
    name = clean.line(element.get("app_name"), 200) or source.stem
    sandbox = clean.line(element.get("sandbox_name"), 100) or clean.line(element.get("sandbox_id"), 50)
    known = clean.line(element.get("app_id"), 50)
    shown = f"{name} (sandbox {sandbox})" if sandbox and sandbox != "0" else name
    return Target("repository", shown, identifiers=(("veracode-application", known),) if known else ())


def _module(element: _Element, target: Target) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import within

    name = clean.line(element.get("name"), 300)
    if name and within(element, "modules", "static-analysis"):
        yield report.looked(target, groups=[f"veracode:static/{name}"])


def _about(flaws: _Element) -> dict[str, str | None]:
    """What the category and the weakness above a list of flaws say."""
    from accord.intake.safe.xml_reader import local

    found: dict[str, str | None] = {"kind": local(flaws.tag)}
    weakness = flaws.getparent()
    category = weakness.getparent() if weakness is not None else None
    if category is None or weakness is None:
        return found
    found["name"] = clean.line(category.get("categoryname"), 300) or clean.line(weakness.get("cwename"), 300)
    found["cwe"] = weakness.get("cweid")
    found["desc"] = report.joined(*(one.get("text") for one in category.iterfind("{*}desc//*")), limit=10_000)
    advice = (one.get("text") for one in category.iterfind("{*}recommendations//*"))
    found["solution"] = report.joined(*advice, limit=5000)
    return found


def _flaw(element: _Element, about: dict[str, str | None], target: Target) -> Iterator[Found]:
    number = clean.line(element.get("issueid"), 40)
    weakness = clean.whole(element.get("cweid") or about.get("cwe"), 1, 99_999)
    name = clean.line(element.get("categoryname"), 300) or about.get("name")
    if number is None:
        raise Unreadable("issueid", "A flaw has no number.")
    if weakness is None and name is None:
        raise Unreadable("cweid", "A flaw names neither a weakness nor a category.")
    if (element.get("remediation_status") or "").lower() in GONE:
        return
    check = f"veracode:CWE-{weakness}" if weakness else f"veracode:{name}"
    place = site(element.get("url")) if about.get("kind") == "dynamicflaws" else None
    if place:
        yield place[0]
    module = clean.line(element.get("module"), 300)
    static = about.get("kind") == "staticflaws"
    acts = [(one.get("action"), one.get("description"), one.get("date")) for one in
            element.iterfind("{*}mitigations/{*}mitigation")]  # fmt: skip
    accepted = (element.get("mitigation_status") or "").lower() == "accepted"
    analysis, detail = statement(acts[:100]) if accepted else (None, None)
    yield Observation(
        target=place[0].identity if place else target.identity,
        definition_id=check,
        title=name or check,
        kind="code" if static else "vulnerability",
        check=check,
        description=report.joined(element.get("description"), about.get("desc")),
        solution=about.get("solution"),
        severity=SEVERITY.get(element.get("severity") or ""),
        cwes=clean.cwes(weakness or ()),
        port=place[1] if place else None,
        path=place[2] if place else _path(element),
        line=clean.whole(element.get("line"), 1),
        anchor=number,
        evidence=report.joined(*(_told(element, *one) for one in _EVIDENCE), between="\n"),
        seen_at=moment(element.get("date_first_occurrence")),
        group=f"veracode:static/{module}" if static and module else None,
        analysis=analysis,
        analysis_detail=detail,
    )


_EVIDENCE = (("module", "Module"), ("type", "Call"), ("functionprototype", "Function"), ("url", "Address"),
             ("vuln_parameter", "Parameter"), ("location", "Place"), ("input_vector", "Input"))  # fmt: skip


def _told(element: _Element, name: str, word: str) -> str | None:
    value = clean.line(element.get(name), 1000)
    return f"{word}: {value}" if value else None


def _path(element: _Element) -> str | None:
    folder, name = clean.line(element.get("sourcefilepath"), 700), clean.line(element.get("sourcefile"), 300)
    if folder and name and not folder.endswith(("/", "\\")):
        folder += "/"
    return report.path(f"{folder or ''}{name or ''}")


def _component(element: _Element, target: Target) -> Iterator[Found]:
    found = component_of(
        element.get("library_id"), element.get("library"), element.get("file_name"), element.get("version")
    )
    if found is None:
        raise Unreadable("library", "A component has no name.")
    paths = [one.get("value") for one in element.iterfind("{*}file_paths/{*}file_path")]
    for one in element.iterfind("{*}vulnerabilities/{*}vulnerability"):
        identifier = clean.line(one.get("cve_id"), 100)
        if identifier is None:
            raise Unreadable("cve_id", "The identifier of a vulnerability is missing.")
        acts = [(act.get("action"), act.get("description"), act.get("date")) for act in
                one.iterfind("{*}mitigations/{*}mitigation")]  # fmt: skip
        accepted = (one.get("mitigation") or "").lower() == "true"
        analysis, detail = statement(acts[:100] or [(one.get("mitigation_type"), None, None)])
        yield Observation(
            target=target.identity,
            definition_id=identifier,
            title=f"{identifier} in {found.name}",
            kind="vulnerability",
            check=f"veracode:{identifier}",
            description=clean.text(one.get("cve_summary"), 20_000),
            severity=SEVERITY.get(one.get("severity") or ""),
            cvss_score=clean.score(one.get("cvss_score")),
            cwes=clean.cwes(one.get("cwe_id") or ()),
            component=found.name,
            component_version=found.version,
            purl=found.purl,
            evidence=report.joined(*paths[:50], between="\n", limit=5000),
            seen_at=moment(one.get("first_found_date")),
            group=COMPONENTS,
            analysis=analysis if accepted else None,
            analysis_detail=detail if accepted else None,
        )
