"""Nmap XML (`nmap -oX`), read from Nmap's own DTD.

An open port is a `service` observation of severity info. Scripts that report vulnerabilities (the NSE "vulns"
library, `vulners`, `vulscan`) give one vulnerability observation per identifier. Hosts that are down are no
targets. What was looked at: the port ranges of `scaninfo`, and each script that the command line names or
that printed something anywhere in the scan.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.nmap import scripts
from accord.intake.records import (
    Coverage,
    Observation,
    PortRange,
    Record,
    ScanHeader,
    Target,
    address,
)
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

ROOT = "nmaprun"
TAGS = (ROOT, "scaninfo", "host", "port", "hostscript", "finished")
OBSERVATIONS_OF_ONE_HOST = 150_000
HOST_RECORDS = 8  # one host may be this many times as large as one record
PORT_CHECK = "nmap:ports"
_SCRIPT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,80}", re.IGNORECASE)


@dataclass(slots=True)
class _Scan:
    started: datetime | None = None
    finished: datetime | None = None
    success: bool | None = None
    ports: list[PortRange] = field(default_factory=list)
    scripts: set[str] = field(default_factory=set)
    targets: list[tuple[str, bool | None]] = field(default_factory=list)


@dataclass(slots=True)
class _Host:
    seen_at: datetime | None
    begins: int
    list_of_ports: _Element | None = None
    ports: list[scripts.Port] = field(default_factory=list)
    rows: list[scripts.Row] = field(default_factory=list)
    exploits: dict[scripts.Port, list[str]] = field(default_factory=dict)
    unreadable: list[int | str] = field(default_factory=list)


def read(source: Source) -> Iterator[Record]:
    """Records of one Nmap XML file; IntakeError where it cannot be read (an interrupted scan included)."""
    from accord.intake.safe.xml_reader import drop, events

    scan = _Scan()
    tally = Tally(source)
    host: _Host | None = None
    with source.open() as reader:
        for event, element in events(reader, TAGS):
            tag = element.tag
            if event == "start":
                if tag == ROOT and element.getparent() is None:
                    yield _header(element, scan)
                elif tag == "host":
                    ended = clean.when(clean.whole(element.get("endtime") or ""))
                    host = _Host(ended or scan.started, reader.position)
                continue
            if tag == "port" and host is not None:
                _port(element, host, scan, source)
                drop(element, levels=1)
                if host.list_of_ports is None or host.list_of_ports is element.getparent():
                    host.list_of_ports = element.getparent()
                    reader.mark()
                if reader.position - host.begins > HOST_RECORDS * source.limits.record_bytes:
                    raise source.error("One host fills too much of the file.", "Scan fewer ports in one file.")
                continue
            if tag == "hostscript" and host is not None:
                _scripts(element, None, host, scan, source)
            elif tag == "host" and host is not None:
                yield from _finish(element, host, scan, tally)
                host = None
            elif tag == "scaninfo":
                _ranges(element, scan)
            elif tag == "finished":
                scan.finished = clean.when(clean.whole(element.get("time") or ""))
                told = element.get("exit")
                scan.success = None if told is None else told == "success"
            if tag not in (ROOT, "hostscript"):
                drop(element)
                reader.mark()
    checks = frozenset({PORT_CHECK, *(f"nmap:{name}" for name in scan.scripts)})
    ports = tuple(scan.ports)
    complete = None if scan.finished is None else scan.success is not False
    for identity, timed_out in scan.targets:
        told_complete = tally.complete(identity, False if timed_out else complete)
        yield Coverage(identity, checks, exhaustive=False, ports=ports or None, complete=told_complete)
    yield from tally.end(scan.finished, scan.success)


def _header(element: _Element, scan: _Scan) -> ScanHeader:
    scan.started = clean.when(clean.whole(element.get("start") or ""))
    arguments = clean.line(element.get("args"), 500)
    scan.scripts.update(_named_scripts(arguments or ""))
    version = clean.line(element.get("version"), 50)
    return ScanHeader("nmap", "Nmap", version, scan.started, None, arguments)


def _named_scripts(arguments: str) -> Iterator[str]:
    """Script names of the command line; categories and expressions are left out, they name no single
    check."""
    try:
        words = shlex.split(arguments)
    except ValueError:
        return
    for number, word in enumerate(words):
        given = word.partition("=")[2]
        if word == "--script" and number + 1 < len(words):
            given = words[number + 1]
        elif not word.startswith("--script="):
            continue
        for name in given.split(","):
            bare = name.strip().rpartition("/")[2].removesuffix(".nse")
            if ("-" in bare and _SCRIPT_NAME.fullmatch(bare)) or bare in scripts.LOOK_UPS:
                yield bare.lower()


def _ranges(element: _Element, scan: _Scan) -> None:
    protocol = (clean.line(element.get("protocol"), 10) or "tcp").lower()
    if protocol == "ip":
        return
    for part in (element.get("services") or "").split(","):
        first, dash, last = part.strip().partition("-")
        low, high = clean.whole(first, 0, 65535), clean.whole(last if dash else first, 0, 65535)
        if low is not None and high is not None and len(scan.ports) < 70_000:
            scan.ports.append(PortRange(protocol, low, high))


def _port(element: _Element, host: _Host, scan: _Scan, source: Source) -> None:
    from accord.intake.safe.xml_reader import line_of

    state = element.find("state")
    if state is None or state.get("state") != "open":
        return
    number = clean.port(element.get("portid"))
    if number is None:
        if len(host.unreadable) <= source.limits.refusals:
            host.unreadable.append(line_of(element))
        return
    service = element.find("service")
    told = {} if service is None else {key: clean.line(value, 200) for key, value in service.items()}
    name = told.get("name")
    tunnelled = told.get("tunnel") == "ssl" and name is not None and not name.startswith("ssl")
    port = scripts.Port(
        number=number,
        protocol=(clean.line(element.get("protocol"), 10) or "tcp").lower(),
        service=f"ssl/{name}" if tunnelled else name,
        product=told.get("product"),
        version=told.get("version"),
        detail=told.get("extrainfo"),
        cpe=clean.line(service.findtext("cpe"), 200) if service is not None else None,
    )
    host.ports.append(port)
    _scripts(element, port, host, scan, source)


def _scripts(element: _Element, port: scripts.Port | None, host: _Host, scan: _Scan, source: Source) -> None:
    for script in element.iterchildren("script"):
        name = (clean.line(script.get("id"), 80) or "").lower()
        if _SCRIPT_NAME.fullmatch(name):
            if len(scan.scripts) < 5000:
                scan.scripts.add(name)
            host.rows += scripts.rows(name, script, port)
            if name == "vulners" and port is not None:
                host.exploits[port] = scripts.exploits(script)
    if len(host.ports) + len(host.rows) > OBSERVATIONS_OF_ONE_HOST:
        raise source.error("One host has too many ports and findings.", "Scan fewer ports or hosts in one file.")


def _finish(element: _Element, host: _Host, scan: _Scan, tally: Tally) -> Iterator[Record]:
    from accord.intake.safe.xml_reader import line_of

    status = element.find("status")
    if status is not None and status.get("state") not in ("up", "unknown"):
        return
    target = _target(element)
    if target is None:
        yield tally.refusal(line_of(element), "address", "A host has no address and no name.", "Run the scan again.")
        return
    yield tally.target(target)
    identity = target.identity
    scan.targets.append((identity, element.get("timedout") == "true"))
    for row in host.unreadable:
        yield tally.refusal(row, "portid", "An open port has no usable number.", "Run the scan again.", identity)
    for port in host.ports:
        yield tally.observation(_service(port, host, identity))
    for found in host.rows:
        yield tally.observation(found.observation(identity, host.seen_at))


def _target(element: _Element) -> Target | None:
    addresses: dict[str, None] = {}
    macs: dict[str, None] = {}
    for one in element.iterchildren("address"):
        given = one.get("addr") or ""
        if one.get("addrtype") == "mac":
            known = clean.mac(given)
            if known:
                macs[known] = None
        elif found := address(given):
            addresses[found] = None
    names: dict[str, None] = {}
    for parent in element.iterchildren("hostnames"):
        for one in parent.iterchildren("hostname"):
            known = clean.hostname(one.get("name"))
            if known:
                names[known] = None
    if not (addresses or names or macs):
        return None
    match = element.find("os/osmatch")
    return Target(
        kind="host",
        name=next(iter(names or addresses or macs)),
        hostnames=tuple(names)[:50],
        addresses=tuple(addresses)[:50],
        macs=tuple(macs)[:50],
        operating_system=clean.line(match.get("name"), 200) if match is not None else None,
    )


def _service(port: scripts.Port, host: _Host, identity: str) -> Observation:
    known = " ".join(part for part in (port.product, port.version, port.detail) if part)
    exploits = host.exploits.get(port)
    if exploits:
        known = clean.text(f"{known}\nPublished exploit code (vulners): {', '.join(exploits)}", 20_000) or known
    return Observation(
        target=identity,
        definition_id=f"open-port:{port.number}/{port.protocol}",
        title=f"Open port {port.number}/{port.protocol}" + (f" ({port.service})" if port.service else ""),
        kind="service",
        check=PORT_CHECK,
        severity="info",
        port=port.number,
        protocol=port.protocol,
        service=port.service,
        evidence=known or None,
        seen_at=host.seen_at,
    )
