"""Greenbone and OpenVAS reports in XML (`get_reports_response`, `report`), read from the Greenbone Management Protocol
(GMP 9 to 22).

Two passes: the hosts first (names, operating system, whether the scan ended there), then the results. A result
without severity and CVE ("Log") is a service: it tells what runs there. A result that an override makes a false
positive carries that as its analysis. Which tests ran is not told: the report closes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.cvss import severity_of
from accord.intake.openvas.shared import SEVERITY, kind_of
from accord.intake.places import host as host_target
from accord.intake.places import protocol
from accord.intake.records import Coverage, Observation, Record, ScanHeader, Target
from accord.intake.report import joined
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

TAGS = ("{*}report", "{*}result", "{*}host", "{*}scan_run_status", "{*}scan_start", "{*}scan_end", "{*}task")
_PORT = re.compile(r"(?:[^()]*\()?(\d{1,5})/(\w{2,10})\)?")


@dataclass(slots=True)
class _Scan:
    name: str | None = None
    status: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    hosts: dict[str, tuple[Target, bool]] = field(default_factory=dict)


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read or is of another kind."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    scan = _hosts(source)
    tally = Tally(source)
    yield ScanHeader("openvas", "OpenVAS", None, scan.started, None, scan.name)
    told: dict[str, bool | None] = {}
    done = None if scan.status is None else scan.status == "Done"
    for target, ended in scan.hosts.values():
        if target.identity not in told:
            told[target.identity] = None if done is None and not ended else ended and done is not False
            yield tally.target(target)
    instances: set[int] = set()
    with source.open() as reader:
        for event, element in events(reader, ("{*}result",)):
            if event == "start" or element.find("{*}nvt") is None:
                continue
            place = line_of(element)
            target_of = _target(element, scan)
            if target_of is None:
                yield tally.refusal(place, "host", "A result names no host.", "Export the report again.")
            else:
                if target_of.identity not in told:
                    told[target_of.identity] = done
                    source.hold(300)
                    yield tally.target(target_of)
                found = _result(element, target_of)
                if found is None:
                    yield tally.refusal(
                        place, "nvt", "A result names no test.", "Export the report again.", target_of.identity
                    )
                elif (key := hash((found.target, found.definition_id, found.port, found.protocol))) not in instances:
                    instances.add(key)
                    yield tally.observation(found)
            if local(element.tag) == "result":
                drop(element)
                reader.mark()
    for identity, complete in told.items():
        yield Coverage(identity, complete=tally.complete(identity, complete))
    yield from tally.end(scan.finished, done)


def _hosts(source: Source) -> _Scan:
    from accord.intake.safe.xml_reader import drop, events, local, within

    scan = _Scan()
    found = False
    with source.open() as reader:
        for event, element in events(reader, TAGS):
            tag = local(element.tag)
            if event == "start":
                found = found or tag == "report"
                continue
            if tag == "host" and within(element, "report"):
                _host(element, scan, source)
                drop(element)
                reader.mark()
            elif tag == "result":
                drop(element)
                reader.mark()
            elif tag == "scan_run_status":
                scan.status = clean.line(element.text, 40)
            elif tag == "scan_start":
                scan.started = clean.when(element.text or "")
            elif tag == "scan_end":
                scan.finished = clean.when(element.text or "")
            elif tag == "task" and scan.name is None:
                scan.name = clean.line(element.findtext("{*}name"), 300)
    if not found:
        raise source.error("The file holds no report.", "Export the report as XML.")
    return scan


def _host(element: _Element, scan: _Scan, source: Source) -> None:
    address = clean.line(element.findtext("{*}ip"), 100)
    if address is None:
        return
    details: dict[str, str] = {}
    for detail in element.iterchildren("{*}detail"):
        name, value = detail.findtext("{*}name"), detail.findtext("{*}value")
        if name and value:
            details.setdefault(name, value)
    target = host_target(address, details.get("hostname"), macs=[details.get("MAC")], system=details.get("best_os_txt"))
    if target is not None:
        source.hold(500)
        scan.hosts[address] = (target, bool((element.findtext("{*}end") or "").strip()))


def _target(result: _Element, scan: _Scan) -> Target | None:
    element = result.find("{*}host")
    if element is None:
        return None
    address = clean.line(element.text, 100)
    if address in scan.hosts:
        return scan.hosts[address][0]
    return host_target(address, element.findtext("{*}hostname"))


def _result(element: _Element, target: Target) -> Observation | None:
    nvt = element.find("{*}nvt")
    oid = clean.line(nvt.get("oid"), 100) if nvt is not None else None
    if nvt is None or not oid:
        return None
    tags = dict(part.partition("=")[::2] for part in (nvt.findtext("{*}tags") or "").split("|"))
    vectors = [tags.get("cvss_base_vector")]
    vectors += [one.findtext("{*}value") for one in nvt.iterfind("{*}severities/{*}severity")]
    refs = [(one.get("type") or "", one.get("id") or "") for one in nvt.iterfind("{*}refs/{*}ref")]
    cves = clean.cves(
        " ".join([*(value for kind, value in refs if kind.startswith("cve")), nvt.findtext("{*}cve") or ""])
    )
    links = [value for kind, value in refs if kind == "url"] + (nvt.findtext("{*}xref") or "").split()
    score = clean.score(element.findtext("{*}severity"))
    severity = SEVERITY.get((element.findtext("{*}threat") or "").strip().lower()) or severity_of(score)
    place = _PORT.fullmatch((element.findtext("{*}port") or "").strip())
    port = clean.port(place[1]) if place else None
    family = clean.line(nvt.findtext("{*}family"), 200)
    return Observation(
        target=target.identity,
        definition_id=f"openvas:{oid}",
        title=clean.line(element.findtext("{*}name") or nvt.findtext("{*}name"), 500) or f"OpenVAS test {oid}",
        kind=kind_of(severity, cves),
        check=f"openvas:{oid}",
        aliases=cves,
        description=joined(tags.get("summary"), tags.get("insight"), tags.get("impact"), tags.get("affected")),
        solution=clean.text(nvt.findtext("{*}solution") or tags.get("solution"), 20_000),
        severity=severity,
        cvss_vectors=clean.lines([one for one in vectors if one], 300, 10),
        cvss_score=score,
        port=port,
        protocol=protocol(place[2], port) if place else None,
        evidence=clean.text(element.findtext("{*}description"), 20_000),
        references=clean.urls(links, 100),
        seen_at=clean.when(element.findtext("{*}creation_time") or ""),
        group=f"openvas-family:{family}" if family else None,
        analysis="false_positive" if (score is None and _false(element)) else None,
    )


def _false(element: _Element) -> bool:
    """GMP writes −1 as the severity of what an override calls a false positive."""
    return (clean.number(element.findtext("{*}severity")) or 0) < 0
