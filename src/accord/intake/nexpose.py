"""Rapid7 Nexpose and InsightVM, "XML Export 2.0", read from Rapid7's description of that report.

Two passes: the definitions, which stand last, then the nodes. A test is an observation where its status begins with
"vulnerable"; an exception on it is carried as a suppression. Each test in the file, also one that is not vulnerable,
was looked for there; which others ran is not told. An open port tells what runs there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from accord.intake.cvss import severity_of
from accord.intake.places import host
from accord.intake.places import protocol as protocol_of
from accord.intake.records import Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report, looked, ratings
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

DEFINITIONS = ("VulnerabilityDefinitions", "NexposeReport")
# Nexpose rates from 1 to 10; its own words for these are moderate, severe and critical.
_BANDS: tuple[tuple[int, Severity], ...] = ((8, "critical"), (4, "high"), (1, "medium"))


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    definitions, scan = _definitions(source)
    report = Report(source)
    yield ScanHeader("nexpose", "Nexpose", None, scan.get("started"), scan.get("ended"), scan.get("name"))
    with source.open() as reader:
        for event, element in events(reader, ("{*}node", "{*}vulnerability")):
            if event == "start":
                continue
            if local(element.tag) == "node":
                yield from report.add(_node(element, definitions), line_of(element))
            elif not within(element, *DEFINITIONS):
                continue
            drop(element)
            reader.mark()
    yield from report.end(scan.get("ended"))


def _definitions(source: Source) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    from accord.intake.safe.xml_reader import drop, events, local, within

    found: dict[str, dict[str, Any]] = {}
    scan: dict[str, Any] = {}
    with source.open() as reader:
        for event, element in events(reader, ("{*}node", "{*}vulnerability", "{*}scan")):
            if event == "start":
                continue
            tag = local(element.tag)
            if tag == "scan" and not scan:
                scan = {
                    "started": _when(element.get("startTime")),
                    "ended": _when(element.get("endTime")),
                    "name": clean.line(element.get("name"), 300),
                }
            elif tag == "vulnerability" and within(element, "VulnerabilityDefinitions"):
                name = (clean.line(element.get("id"), 200) or "").lower()
                if name:
                    found[name] = _definition(element, name)
                    source.hold(500 + sum(len(one) for one in found[name].values() if isinstance(one, str)))
            if tag == "node" or within(element, *DEFINITIONS):
                drop(element)
                reader.mark()
    return found, scan


def _definition(element: _Element, name: str) -> dict[str, Any]:
    refs = [
        (one.get("source") or "", (one.text or "").strip()) for one in element.iterfind("{*}references/{*}reference")
    ]
    vectors, rated, _ = ratings([element.get("cvssV3Vector"), element.get("cvssVector")])
    score = clean.score(element.get("cvssV3Score")) or clean.score(element.get("cvssScore"))
    level = clean.whole(element.get("severity"), 1, 10)
    own = next((word for floor, word in _BANDS if level and level >= floor), None)
    description, solution = (_prose(element.find(f"{{*}}{tag}")) for tag in ("description", "solution"))
    return {
        "title": clean.line(element.get("title"), 500) or name,
        "aliases": clean.cves(" ".join(text for source, text in refs if source.upper() == "CVE")),
        "severity": severity_of(score) if score is not None else own,
        "cvss_vectors": vectors,
        "cvss_score": rated if score is None else score,
        "description": description,
        "solution": solution,
        "cwes": clean.cwes(*(text for source, text in refs if source.upper() == "CWE")),
        "references": clean.urls([text for _, text in refs], 100),
    }


def _node(element: _Element, definitions: dict[str, dict[str, Any]]) -> Iterator[Found]:
    system = element.find("{*}fingerprints/{*}os")
    words = [] if system is None else [system.get(key) for key in ("vendor", "product", "version")]
    target = host(
        *(one.text for one in element.iterfind("{*}names/{*}name")),
        element.get("address"),
        macs=[_mac(element.get("hardware-address"))],
        identifiers=(("nexpose-device-id", element.get("device-id")),),
        system=" ".join(word for word in words if word) or None,
    )
    if target is None:
        raise Unreadable("address", "A node has no address and no name.")
    yield target
    for one in element.iterfind("{*}tests/{*}test"):
        yield from _test(one, target, definitions, None, None, None)
    for endpoint in element.iterfind("{*}endpoints/{*}endpoint"):
        port, protocol = clean.port(endpoint.get("port")), clean.line(endpoint.get("protocol"), 20)
        if port and protocol and endpoint.get("status") == "open":
            yield _open(endpoint, target, port, protocol.lower())
        for service in endpoint.iterfind("{*}services/{*}service"):
            for one in service.iterfind("{*}tests/{*}test"):
                yield from _test(one, target, definitions, port, protocol, service.get("name"))


def _open(endpoint: _Element, target: Target, port: int, protocol: str) -> Observation:
    """An open port, under the definition that other scanners of ports give it too."""
    service = endpoint.find("{*}services/{*}service")
    name = clean.line(service.get("name"), 100) if service is not None else None
    print_of = service.find("{*}fingerprints/{*}fingerprint") if service is not None else None
    words = [] if print_of is None else [print_of.get(key) for key in ("vendor", "product", "version")]
    return Observation(
        target=target.identity,
        definition_id=f"open-port:{port}/{protocol}",
        title=f"Open port {port}/{protocol}" + (f" ({name})" if name else ""),
        kind="service",
        check="nexpose:ports",
        severity="info",
        port=port,
        protocol=protocol,
        service=name,
        evidence=clean.text(" ".join(word for word in words if word), 500),
    )


def _test(
    element: _Element,
    target: Target,
    definitions: dict[str, dict[str, Any]],
    port: int | None,
    protocol: str | None,
    service: str | None,
) -> Iterator[Found]:
    name = (clean.line(element.get("id"), 200) or "").lower()
    if not name:
        raise Unreadable("id", "A test has no name.")
    status = (element.get("status") or "").lower()
    check = f"nexpose:{name}"
    if status.startswith("not-vulnerable"):
        yield looked(target, [check])
    if not status.startswith("vulnerable"):
        return
    yield looked(target, [check])
    fields = definitions.get(name) or {"title": name}
    yield Observation(
        target=target.identity,
        definition_id=check,
        kind="vulnerability",
        check=check,
        port=port,
        protocol=protocol_of(protocol, port),
        service=clean.line(service, 100) if port else None,
        anchor=clean.line(element.get("key"), 300),
        evidence=_prose(element),
        seen_at=_when(element.get("vulnerable-since")),
        analysis="suppressed" if "except" in status else None,
        **fields,
    )


def _prose(element: _Element | None) -> str | None:
    """The words inside; Nexpose wraps them in paragraphs, lists and links."""
    if element is None:
        return None
    parts: list[str] = []
    for text in element.itertext():
        stripped = " ".join(str(text).split())
        if stripped:
            parts.append(stripped)
        if len(parts) > 2000:
            break
    return clean.text("\n".join(parts), 20_000)


def _mac(told: str | None) -> str | None:
    return ":".join(told[at : at + 2] for at in range(0, 12, 2)) if told and len(told) == 12 else told


def _when(told: str | None) -> Any:
    """20240131T101112345, as Nexpose writes it without separators."""
    if told and len(told) >= 15 and told[8] == "T" and told[:8].isdigit() and told[9:15].isdigit():
        return clean.when(f"{told[:4]}-{told[4:6]}-{told[6:8]} {told[9:11]}:{told[11:13]}:{told[13:15]}")
    return clean.when(told)
