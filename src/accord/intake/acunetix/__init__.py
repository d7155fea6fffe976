"""Acunetix Web Vulnerability Scanner XML (ScanGroup), read from its export.

A report item is one observation at the place that it affects. Acunetix names the kind of a finding, not the check: the
name is the definition. The report does not tell which checks ran: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from accord.intake.places import plain, site
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, joined, severity
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_SCAN = ("Name", "StartURL", "StartTime", "FinishTime", "Os")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    report = Report(source)
    told: dict[str, str] = {}
    yield ScanHeader("acunetix", "Acunetix")
    with source.open() as reader:
        for event, element in events(reader, ("{*}Scan", "{*}ReportItem", *(f"{{*}}{tag}" for tag in _SCAN))):
            tag = local(element.tag)
            if event == "start":
                if tag == "Scan":
                    told = {}
                continue
            if tag in _SCAN and within(element, "Scan"):
                told[tag] = clean.line(element.text, 2000) or ""
                if tag == "StartURL":
                    yield from report.add(_target(told), line_of(element))
            elif tag == "ReportItem":
                yield from report.add(_item(element, told), line_of(element))
                drop(element)
                reader.mark()
            elif tag == "Scan":
                drop(element)
                reader.mark()
    yield from report.end(clean.when((told.get("FinishTime") or "").replace(",", "")))


def _target(told: dict[str, str]) -> Iterator[Target]:
    found = site(told.get("StartURL"))
    if found is None:
        raise Unreadable("StartURL", "A scan names no address.")
    yield found[0]


def _item(element: _Element, told: dict[str, str]) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    name = clean.line(words.get("Name"), 300)
    where = site(told.get("StartURL"))
    if name is None:
        raise Unreadable("Name", "An item has no name.")
    if where is None:
        raise Unreadable("StartURL", "An item belongs to no address.")
    target, port, _ = where
    vectors = [element.findtext(f"{{*}}{tag}/{{*}}Descriptor") for tag in ("CVSS3", "CVSS")]
    score = next(
        (one for tag in ("CVSS3", "CVSS") if (one := clean.score(element.findtext(f"{{*}}{tag}/{{*}}Score")))), None
    )
    links: list[Any] = [one.text for one in element.iterfind("{*}References/{*}Reference/{*}URL")]
    yield Observation(
        target=target.identity,
        definition_id=f"acunetix:{name}",
        title=name,
        kind="vulnerability",
        check=f"acunetix:{name}",
        aliases=clean.cves(" ".join(one.text or "" for one in element.iterfind("{*}CVEList/{*}CVE/{*}ID"))),
        description=joined(plain(words.get("Description")), plain(words.get("Impact"))),
        solution=plain(words.get("Recommendation")),
        severity=severity(words.get("Severity")),
        cvss_vectors=clean.lines([one for one in vectors if one], 300, 5),
        cvss_score=score,
        cwes=clean.cwes(*(one.get("id") for one in element.iterfind("{*}CWEList/{*}CWE"))),
        port=port,
        path=clean.line(words.get("Affects"), 1000),
        anchor=clean.line(words.get("Parameter"), 300),
        evidence=plain(words.get("Details")),
        references=clean.urls(links, 100),
        analysis="false_positive" if (words.get("IsFalsePositive") or "").lower() in ("true", "1") else None,
    )
