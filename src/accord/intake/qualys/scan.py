"""Qualys scan results in XML (root SCAN), read from Qualys's DTD of it (scan-1.dtd).

VULNS and PRACTICES (potential vulnerabilities) are vulnerabilities, INFOS and SERVICES tell what runs there. A host
whose scan is told to have ended is complete; which checks ran is not told: the scan closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake.places import host, protocol
from accord.intake.qualys import shared
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_LISTS: tuple[tuple[str, str, Kind], ...] = (
    ("VULNS", "VULN", "vulnerability"),
    ("PRACTICES", "PRACTICE", "vulnerability"),
    ("INFOS", "INFO", "service"),
    ("SERVICES", "SERVICE", "service"),
)


def read(source: Source) -> Iterator[Record]:
    """Records of one scan; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    report = Report(source)
    keys: dict[str, str] = {}
    opened = False
    with source.open() as reader:
        for event, element in events(reader, ("{*}HEADER", "{*}IP")):
            if event == "start":
                continue
            if local(element.tag) == "HEADER":
                keys = {one.get("value") or "": one.text or "" for one in element.iterchildren("{*}KEY")}
            elif not within(element, "SCAN"):
                continue
            if not opened:
                opened = True
                yield _header(keys)
            if local(element.tag) == "IP":
                yield from report.add(_host(element), line_of(element))
            drop(element)
            reader.mark()
    if not opened:
        yield _header(keys)
    told = keys.get("STATUS", "").upper()
    yield from report.end(None, {"FINISHED": None, "CANCELED": False, "PAUSED": False}.get(told))


def _header(keys: dict[str, str]) -> ScanHeader:
    return ScanHeader(
        "qualys-scan", "Qualys", None, clean.when(keys.get("DATE")), None, clean.line(keys.get("TITLE"), 300)
    )


def _host(element: _Element) -> Iterator[Found]:
    target = host(
        element.get("name") if element.get("name") != "No registered hostname" else None,
        element.get("value"),
        element.findtext("{*}NETBIOS_HOSTNAME"),
        system=element.findtext("{*}OS"),
    )
    if target is None:
        raise Unreadable("value", "A host has no address and no name.")
    yield target
    for outer, inner, kind in _LISTS:
        for category in element.iterfind(f"{{*}}{outer}/{{*}}CAT"):
            for one in category.iterchildren(f"{{*}}{inner}"):
                yield _seen(one, category, kind, target)


def _seen(element: _Element, category: _Element, kind: Kind, target: Target) -> Observation:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    name = shared.check(element.get("number"))
    if name is None:
        raise Unreadable("number", "A detection has no number.")
    port = clean.port(element.get("port") or category.get("port"))
    fields = shared.told(
        {
            "qid": element.get("number"),
            "title": words.get("TITLE"),
            "threat": words.get("DIAGNOSIS"),
            "impact": words.get("CONSEQUENCE"),
            "solution": words.get("SOLUTION"),
            "category": category.get("value"),
            "cves": " ".join([element.get("cveid") or "", *(one.text or "" for one in element.iterfind(".//{*}ID"))]),
            "score": words.get("CVSS3_BASE") or words.get("CVSS_BASE"),
            "references": [one.text for one in element.iterfind(".//{*}URL")],
        }
    )
    return Observation(
        target=target.identity,
        definition_id=name,
        kind=kind,
        check=name,
        severity="info" if kind == "service" else shared.severity(element.get("severity")),
        port=port,
        protocol=protocol(element.get("protocol") or category.get("protocol"), port),
        evidence=clean.text(words.get("RESULT"), 20_000),
        **fields,
    )
