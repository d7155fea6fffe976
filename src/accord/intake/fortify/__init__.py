"""Fortify Static Code Analyzer results: the project file (FPR: a ZIP with `audit.fvdl` and `audit.xml`), or
`audit.fvdl` by itself, read from the schemas that Fortify ships with it (fvdl.xsd, audit.xsd;
https://www.microfocus.com/documentation/fortify-static-code-analyzer-and-tools/).

An issue is one observation at its primary place, marked by Fortify's own instance number of it. Its severity is
Fortify's priority: of the rule's impact and of how likely it is. "Not an Issue" is a false positive, what is suppressed
stays as such. Only categories with an issue are known to have been looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake import report
from accord.intake.fortify.shared import Audited, audits, category, priority
from accord.intake.places import plain
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_TOLD = ("CreatedTS", "Build", "Description", "Rule")
_PASSED = (
    "File",
    "Vulnerability",
    "Context",
    "Node",
    "Snippet",
    "SourceInstance",
    "SinkInstance",
    "Function",
    "RulePack",
)
_FACTORS = ("Impact", "Probability", "Accuracy")


@dataclass(slots=True)
class _Known:
    """What stands before and after the issues: the build, and what is said of each class and rule."""

    name: str | None = None
    made: datetime | None = None
    words: dict[str, tuple[str, str]] = field(default_factory=dict)
    factors: dict[str, dict[str, float]] = field(default_factory=dict)
    cwes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def is_results(members: tuple[str, ...]) -> bool:
    """Whether the files of a ZIP are those of a project file."""
    return "audit.fvdl" in members


def read(source: Source) -> Iterator[Record]:
    """Records of one project file; IntakeError where it cannot be read."""
    if source.packed() != "zip":
        yield from _results(source, source, source, {})
        return
    from accord.intake.safe.zip_reader import members

    decided: dict[str, Audited] = {}
    for inner in members(source, "audit.xml".__eq__):
        decided = audits(inner, source)
    for inner in members(source, "audit.fvdl".__eq__):
        yield from _results(inner, inner, source, decided)


def _results(first: Source, again: Source, whole: Source, decided: dict[str, Audited]) -> Iterator[Record]:
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    known = _known(first, whole)
    target = Target("repository", known.name or whole.stem)
    yield ScanHeader("fortify", "Fortify", None, None, known.made, known.name)
    scan = Report(whole, "Scan again.")
    yield from scan.add([target])
    with again.open() as reader:
        for event, element in events(reader, ("{*}Vulnerabilities", "{*}Vulnerability", "{*}File")):
            tag = local(element.tag)
            if event == "start":
                continue
            if tag == "Vulnerabilities":
                break  # what follows was read before, and can be far larger
            if tag == "Vulnerability":
                yield from scan.add(_issue(element, known, decided, target), line_of(element), target.identity)
            drop(element, 1)
            reader.mark()
    yield from scan.end(known.made)


def _known(source: Source, whole: Source) -> _Known:
    from accord.intake.safe.xml_reader import drop, events, local

    found = _Known()
    with source.open() as reader:
        for event, element in events(reader, tuple(f"{{*}}{tag}" for tag in (*_TOLD, *_PASSED))):
            if event == "start":
                continue
            tag = local(element.tag)
            if tag == "CreatedTS":
                found.made = clean.when(f"{element.get('date')}T{element.get('time')}")
            elif tag == "Build":
                named = element.findtext("{*}Project") or element.findtext("{*}BuildID")
                found.name = clean.line(named, 300)
            elif tag == "Description":
                _describe(element, found, whole)
            elif tag == "Rule" and element.get("id"):
                _rule(element, found, whole)
            drop(element, 1)
            reader.mark()
    return found


def _describe(element: _Element, found: _Known, whole: Source) -> None:
    name = clean.line(element.get("classID"), 100)
    if name is None:
        return
    parts = [element.findtext(f"{{*}}{tag}") for tag in ("Abstract", "Explanation", "Recommendations")]
    says = "\n\n".join(one for one in parts[:2] if one)[:20_000]
    does = (parts[2] or "")[:5000]
    whole.hold(500 + len(says) + len(does))
    found.words[name] = (says, does)


def _rule(element: _Element, found: _Known, whole: Source) -> None:
    groups = {one.get("name"): one.text or "" for one in element.iterfind("{*}MetaInfo/{*}Group")}
    name = clean.line(element.get("id"), 100)
    factors = {one: number for one in _FACTORS if (number := clean.number(groups.get(one))) is not None}
    if name and (factors or "altcategoryCWE" in groups):
        whole.hold(500)
        found.factors[name] = factors
        found.cwes[name] = clean.cwes((groups.get("altcategoryCWE") or "").replace("CWE ID ", "CWE-"))


def _issue(element: _Element, known: _Known, decided: dict[str, Audited], target: Target) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    about, instance = element.find("{*}ClassInfo"), element.find("{*}InstanceInfo")
    words = {} if about is None else texts(about)
    told = {} if instance is None else texts(instance)
    name = category(words.get("Type"), words.get("Subtype"))
    number = clean.line(told.get("InstanceID"), 100)
    if name is None or number is None:
        raise Unreadable("InstanceID", "An issue has no type or no number.")
    check = f"fortify:{name}"
    rule = clean.line(words.get("ClassID"), 100) or ""
    own = {one.get("name"): one.text for one in element.iterfind("{*}InstanceInfo/{*}MetaInfo/{*}Group")}
    factors = dict(known.factors.get(rule, {}))
    factors |= {one: given for one in _FACTORS if (given := clean.number(own.get(one))) is not None}
    says, does = known.words.get(rule, ("", ""))
    place = _place(element)
    audited = decided.get(number)
    yield report.looked(target, [check])
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=name,
        kind="code",
        check=check,
        description=plain(_filled(says, element)),
        solution=plain(does, 5000),
        severity=priority(factors, clean.number(told.get("Confidence"))),
        cwes=known.cwes.get(rule, ()),
        path=None if place is None else report.path(place.get("path")),
        line=None if place is None else clean.whole(place.get("line"), 1),
        anchor=number,
        evidence=clean.line(element.findtext("{*}AnalysisInfo//{*}Action"), 500),
        seen_at=known.made,
        analysis=audited.analysis if audited else None,
        analysis_detail=audited.words if audited and audited.analysis else None,
    )


def _place(element: _Element) -> _Element | None:
    """The node that Fortify shows first; of web applications there is none."""
    nodes = list(element.iterfind("{*}AnalysisInfo//{*}Node"))
    shown = next((one for one in nodes if one.get("isDefault") == "true"), nodes[-1] if nodes else None)
    if shown is not None:
        return shown.find("{*}SourceLocation")
    return element.find("{*}AnalysisInfo//{*}SourceLocation")


def _filled(text: str, element: _Element) -> str:
    """Words with what stands for "<Replace key=…/>" put in."""
    for one in list(element.iterfind("{*}AnalysisInfo//{*}Def"))[:50]:
        text = text.replace(f'<Replace key="{one.get("key")}"/>', clean.line(one.get("value"), 300) or "")
    return text
