"""Fortify reports as XML (ReportDefinition: "Developer Workbook", "Security Report" and the like), read from the
templates that Fortify ships with its report generator.

The same issues as in the project file, as far as the report's template lists them: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake import report
from accord.intake.fortify.shared import decision
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    target = Target("repository", source.stem)
    yield ScanHeader("fortify-report", "Fortify")
    scan = Report(source, "Make the report again.")
    yield from scan.add([target])
    about: dict[str, str] = {}
    with source.open() as reader:
        for event, element in events(reader, ("{*}GroupingSection", "{*}MajorAttributeSummary", "{*}Issue")):
            tag = local(element.tag)
            if event == "start":
                if tag == "GroupingSection":
                    about = {}
            elif tag == "MajorAttributeSummary":
                about = {str(one.findtext("{*}Name")): one.findtext("{*}Value") or "" for one in
                         element.iterfind("{*}MetaInfo")}  # fmt: skip
                drop(element, 1)
                reader.mark()
            elif tag == "Issue":
                yield from scan.add(_issue(element, about, target), line_of(element), target.identity)
                drop(element, 1)
                reader.mark()
            else:
                drop(element, 1)
    yield from scan.end(None)


def _issue(element: _Element, about: dict[str, str], target: Target) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    name, number = clean.line(words.get("Category"), 300), clean.line(element.get("iid"), 100)
    if name is None:
        raise Unreadable("Category", "An issue names no category.")
    check = f"fortify:{name}"
    primary = element.find("{*}Primary")
    place = {} if primary is None else texts(primary)
    tags = {one.findtext("{*}Name"): one.findtext("{*}Value") for one in element.iterfind("{*}Tag")}
    comments = [one.findtext("{*}Comment") for one in element.iterfind("{*}Comment")]
    analysis = decision(tags.get("Analysis"), (tags.get("suppressed") or "").lower() == "true")
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=name,
        kind="code",
        check=check,
        description=report.joined(words.get("Abstract"), about.get("Explanation")),
        solution=clean.text(about.get("Recommendations"), 5000),
        severity=report.severity(words.get("Friority")) or report.severity(words.get("Folder")),
        path=report.path(place.get("FilePath") or place.get("FileName")),
        line=clean.whole(place.get("LineStart"), 1),
        anchor=number,
        evidence=clean.text(place.get("Snippet"), 2000),
        analysis=analysis,
        analysis_detail=clean.line(comments[-1], 500) if analysis and comments else None,
    )
