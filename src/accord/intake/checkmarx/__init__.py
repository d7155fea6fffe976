"""Checkmarx SAST (CxSAST) results as XML (CxXMLResults), read from Checkmarx's description of the XML report
(https://docs.checkmarx.com/en/34965-46660-generating-scan-results-reports.html).

A result is one observation at its last node, where the flow ends, marked by Checkmarx's similarity: the number that it
gives the same flaw in every scan. "Not exploitable" is a false positive. A full scan looked for each query that the
file names; which others ran is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from accord.intake import report
from accord.intake.checkmarx.shared import GONE, check_of, words_of
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_NODES = 30  # of one flow that are kept as evidence
_CLOCKS = ("%A, %B %d, %Y %I:%M:%S %p", "%A, %d %B %Y %H:%M:%S", "%A, %B %d, %Y %H:%M:%S")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    scan = Report(source, "Make the report again.")
    target: Target | None = None
    made, full = None, False
    with source.open() as reader:
        for event, element in events(reader, ("{*}CxXMLResults", "{*}Query", "{*}Result")):
            tag = local(element.tag)
            if event == "start":
                if tag == "CxXMLResults" and target is None:
                    made = _moment(element.get("ScanStart"))
                    name = clean.line(element.get("ProjectName"), 300)
                    target = Target("repository", name or source.stem)
                    full = (element.get("ScanType") or "").lower() == "full"
                    version = clean.line(element.get("CheckmarxVersion"), 50)
                    yield ScanHeader("checkmarx", "Checkmarx SAST", version, made, None, name)
                    yield from scan.add([target])
                elif tag == "Query" and target is not None and full:
                    check = check_of(element.get("name"), element.get("Language"))
                    yield from scan.add([report.looked(target, [check] if check else [])])
                continue
            if tag == "Result" and target is not None:
                yield from scan.add(_result(element, target, made), line_of(element), target.identity)
                drop(element, 1)
                reader.mark()
            elif tag == "Query":
                drop(element)
    if target is None:
        raise source.error("The file holds no results of Checkmarx.", "Make the report as XML.")
    yield from scan.end(None)


def _moment(told: object) -> datetime | None:
    """ "Sunday, February 25, 2018 11:35:52 AM", in the language of the server: only English is understood."""
    text = clean.line(told, 60)
    for form in _CLOCKS if text else ():
        try:
            return datetime.strptime(text or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return clean.when(text)


def _result(element: _Element, target: Target, made: datetime | None) -> Iterator[Found]:
    query = element.getparent()
    name = None if query is None else clean.line(query.get("name"), 200)
    check = None if query is None else check_of(name, query.get("Language"))
    if query is None or check is None:
        raise Unreadable("Query", "A result stands under no query with a name.")
    if (element.get("Status") or "").upper() in GONE:
        return
    flow = element.find("{*}Path")
    nodes = [] if flow is None else flow.findall("{*}PathNode")
    last = nodes[-1] if nodes else None
    steps = [_step(node) for node in nodes[:_NODES]]
    similar = clean.line(None if flow is None else flow.get("SimilarityId"), 100)
    path = (None if last is None else last.findtext("{*}FileName")) or element.get("FileName")
    line = (None if last is None else last.findtext("{*}Line")) or element.get("Line")
    refused = (element.get("FalsePositive") or "").lower() == "true" or element.get("state") == "1"
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=words_of(name) or check,
        kind="code",
        check=check,
        description=report.joined(_sources(element), clean.line(query.get("categories"), 2000)),
        severity=report.severity(element.get("Severity")) or report.severity(query.get("Severity")),
        cwes=clean.cwes(clean.whole(query.get("cweId"), 1, 99_999) or ()),
        path=report.path(path),
        line=clean.whole(line, 1),
        anchor=None if similar in (None, "0") else similar,
        evidence=report.joined(*steps, between="\n", limit=10_000),
        references=clean.urls([element.get("DeepLink")], 1),
        seen_at=made,
        analysis="false_positive" if refused else None,
        analysis_detail=clean.line(element.get("Remark"), 500) if refused else None,
    )


def _sources(element: _Element) -> str | None:
    name, line = clean.line(element.get("FileName"), 500), clean.line(element.get("Line"), 20)
    return f"Begins in {name}, line {line}." if name else None


def _step(node: _Element) -> str:
    """One node of a flow: file, line, name and the code there."""
    code = clean.line(node.findtext("{*}Snippet/{*}Line/{*}Code"), 300)
    parts = (node.findtext("{*}FileName"), node.findtext("{*}Line"), node.findtext("{*}Name"))
    told = ":".join(one for part in parts if (one := clean.line(part, 300)))
    return f"{told}  {code}" if code else told
