"""Hostile input, read in a process whose memory is bounded; prints one line per case: name, outcome, message.

python tests/intake/hostile.py
"""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

from accord.intake.epss import read_epss
from accord.intake.kev import read_kev
from accord.intake.records import IntakeError
from accord.intake.registry import read_scan
from accord.intake.safe.limits import Limits

MEMORY = 400 * 1024 * 1024
LIMITS = Limits(bytes=12 * 1024 * 1024, seconds=30.0)


class Endless(io.RawIOBase):
    """A beginning, then the same bytes for ever. Can be read again from its start, like a file."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self._head = head
        self._piece = piece
        self._block = piece * (2 + 65536 // len(piece))
        self._at = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        if self._at < len(self._head):
            data = self._head[self._at : self._at + size]
        else:
            start = (self._at - len(self._head)) % len(self._piece)
            data = self._block[start : start + min(size if size > 0 else 65536, 65536)]
        self._at += len(data)
        return data


def packed(block: bytes, times: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as stream:
        for _ in range(times):
            stream.write(block)
    return out.getvalue()


NESSUS = b"<NessusClientData_v2><Report name='x'>"
HOST = NESSUS + b"<ReportHost name='h'><HostProperties/>"
NMAP = b"<nmaprun><host><address addr='10.0.0.1' addrtype='ipv4'/><ports>"
TRIVY = b'{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Target":"t","Class":"os-pkgs","Vulnerabilities":['
SARIF = b'{"version":"2.1.0","runs":['
CDX = b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":['
CSV = b"Plugin ID,Risk,Host,Protocol,Port,Name\n"
ZAP = b"<OWASPZAPReport version='2'><site name='https://a.example' host='a.example' port='443'><alerts>"
XCCDF = b"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2'>"
LYNIS = b"report_version_major=1\n"
GO = b'{"config":{"scanner_name":"govulncheck"}}'
CSAF = b'{"document":{"csaf_version":"2.0"},"product_tree":{"branches":['
VEX = b'{"@context":"https://openvex.dev/ns/v0.2.0","statements":['
SPDX = b"SPDXVersion: SPDX-2.3\n"
PROWLER = b"TITLE_ID,CHECK_RESULT,TITLE_TEXT,ACCOUNT_NUM\n"
MB = 1024 * 1024


def archive(name: str, block: bytes, times: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed, packed.open(name, "w") as member:
        for _ in range(times):
            member.write(block)
    return out.getvalue()


def many_names(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for number in range(count):
            packed.writestr(f"vulnerabilities/{number}.json", b"{}")
    return out.getvalue()


PAGE = b"<!DOCTYPE html><html><head><title>SonarQube Vulnerability Report</title></head><body>"

CASES: dict[str, Callable[[], io.RawIOBase | io.BytesIO]] = {
    "entities": lambda: io.BytesIO(
        b'<!DOCTYPE n [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
        + b"]><NessusClientData_v2><Report>&j;</Report></NessusClientData_v2>"
    ),
    "external entity": lambda: io.BytesIO(
        b'<!DOCTYPE n [<!ENTITY e SYSTEM "file:///etc/hostname">]><nmaprun args="&e;"><host>&e;</host></nmaprun>'
    ),
    "entities in utf-16": lambda: io.BytesIO(
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE n [<!ENTITY a "b">]><nmaprun>&a;</nmaprun>'.encode("utf-16")
    ),
    "entities in utf-7": lambda: io.BytesIO(
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE n +AFs-]><nmaprun/>'
    ),
    "endless declarations": lambda: Endless(b"<!DOCTYPE n [", b'<!ENTITY a "b">'),
    "endless comment": lambda: Endless(b"<!--", b"x" * 1000),
    "endless blanks": lambda: Endless(b"", b" \n"),
    "nested lists": lambda: io.BytesIO(b"[" * (10 * MB)),
    "nested objects": lambda: io.BytesIO(b'{"a":' * (3 * MB)),
    "nested in a record": lambda: io.BytesIO(TRIVY + b'{"VulnerabilityID":' + b"[" * (10 * MB)),
    "nested runs": lambda: io.BytesIO(SARIF + b'{"results":[{"message":' + b'{"a":' * (2 * MB)),
    "nested components": lambda: io.BytesIO(CDX + b'{"name":"a","components":[' * MB),
    "nested xml": lambda: Endless(HOST, b"<a>"),
    "endless string": lambda: Endless(TRIVY + b'{"VulnerabilityID":"', b"x"),
    "endless number": lambda: Endless(TRIVY + b'{"VulnerabilityID":', b"1"),
    "endless name": lambda: Endless(b'{"', b"x"),
    "endless attribute": lambda: Endless(HOST + b'<ReportItem pluginName="', b"x"),
    "endless text": lambda: Endless(HOST + b"<ReportItem><description>", b"x"),
    "endless tag name": lambda: Endless(HOST + b"<", b"x"),
    "endless attributes": lambda: Endless(HOST + b"<ReportItem ", b'a="b" '),
    "endless unknown elements": lambda: Endless(HOST, b"<a/>"),
    "endless unknown names": lambda: Endless(b"{", b'"a":1,'),
    "endless preferences": lambda: Endless(
        b"<NessusClientData_v2><Policy><Preferences>", b"<preference><name>a</name><x/></preference>" + b" " * 200
    ),
    "endless small elements around items": lambda: Endless(
        NESSUS, b"<ReportHost name='h'><ReportItem pluginID='1'/></ReportHost>" + b"<a/>" * 400
    ),
    "endless findings": lambda: Endless(HOST, b"<ReportItem pluginID='1' severity='1'/>" + b" " * 200),
    "endless unreadable findings": lambda: Endless(HOST, b"<ReportItem/>"),
    "endless ports": lambda: Endless(
        NMAP, b"<port protocol='tcp' portid='1'><state state='open'/></port>" + b"<x/>" * 50
    ),
    "endless lists of ports": lambda: Endless(
        NMAP, b"<port protocol='tcp' portid='1'><state state='open'/></port></ports>" + b"<x/>" * 5000 + b"<ports>"
    ),
    "endless components": lambda: Endless(CDX, b'{"bom-ref":"a","name":"b"},' + b" " * 200),
    "endless runs": lambda: Endless(SARIF, b"{},"),
    "endless rules": lambda: Endless(SARIF + b'{"tool":{"driver":{"rules":[', b'{"id":"a"},' + b" " * 200),
    "endless results": lambda: Endless(SARIF + b'{"results":[', b"{}," + b" " * 200),
    "endless messages": lambda: Endless(GO, b'{"osv":{"id":"GO-1","details":"x"}}' + b" " * 200),
    "endless findings of messages": lambda: Endless(GO, b'{"finding":{"osv":"a","trace":[{"module":"b"}]}}\n'),
    "nested branches": lambda: io.BytesIO(CSAF + b'{"category":"vendor","name":"a","branches":[' * MB),
    "endless branches": lambda: Endless(CSAF, b'{"product":{"product_id":"a","name":"b"}},' + b" " * 200),
    "endless statements": lambda: Endless(
        VEX, b'{"vulnerability":"a","products":["b"],"status":"fixed"},' + b" " * 200
    ),
    "endless tag": lambda: Endless(SPDX + b"DocumentName: ", b"x"),
    "endless text of a tag": lambda: Endless(SPDX + b"PackageComment: <text>", b"x\n"),
    "endless packages": lambda: Endless(SPDX, b"PackageName: a\nExternalRef: SECURITY advisory b\n" + b"#\n" * 100),
    "endless references": lambda: Endless(SPDX + b"PackageName: a\n", b"ExternalRef: SECURITY advisory b\n"),
    "endless results of a check": lambda: Endless(PROWLER, b"1,FAIL,a,1\n"),
    "endless projects": lambda: Endless(b'[{"vulnerabilities":[],"dependencyCount":0},', b"{},"),
    "endless text file": lambda: Endless(b"", b"lorem ipsum "),
    "packed zeros": lambda: io.BytesIO(packed(b"\x00" * MB, 300)),
    "packed blanks in json": lambda: io.BytesIO(packed(b"[" + b" " * MB, 1) + packed(b" " * MB, 300)),
    "packed twice": lambda: io.BytesIO(gzip.compress(gzip.compress(b"<nmaprun/>"))),
    "cut gzip": lambda: io.BytesIO(packed(b"<nmaprun>" * 100_000, 5)[:-20]),
    "endless declarations of elements": lambda: Endless(b"<!DOCTYPE n [", b"<!ELEMENT a ANY>"),
    "endless quote": lambda: Endless(CSV + b'"', b"x"),
    "endless quoted lines": lambda: Endless(CSV + b'"', b"x\n"),
    "endless cell": lambda: Endless(CSV, b"x"),
    "endless cells": lambda: Endless(CSV, b"x,"),
    "endless columns": lambda: Endless(b"Plugin ID,Risk,Host,Protocol,Port,Name", b",x"),
    "endless rows": lambda: Endless(CSV, b"1,Low,10.0.0.1,tcp,1,a" + b" " * 400 + b"\n"),
    "endless rows of another width": lambda: Endless(CSV, b"1,Low\n"),
    "endless blank rows": lambda: Endless(CSV, b" " * 100 + b"\n"),
    "endless quotes": lambda: Endless(CSV, b'""'),
    "endless lines of json": lambda: Endless(
        b"", b'{"template-id": "a", "info": {}, "host": "a.example"}' + b" " * 400 + b"\n"
    ),
    "endless documents": lambda: Endless(b"", b"{} "),
    "nested in a line": lambda: io.BytesIO(b'{"template-id": "a", "info": ' + b"[" * (3 * MB)),
    "endless alerts": lambda: Endless(ZAP, b"<alertitem><pluginid>1</pluginid></alertitem>" + b" " * 400),
    "endless places of an alert": lambda: Endless(
        ZAP + b"<alertitem><pluginid>1</pluginid><instances>", b"<instance><uri>https://a.example/</uri></instance>"
    ),
    "endless sites": lambda: Endless(ZAP, b"</alerts></site><site name='https://b.example'><alerts>" + b" " * 400),
    "endless rules of xccdf": lambda: Endless(XCCDF, b"<Rule id='a'><title>b</title></Rule>" + b" " * 400),
    "endless results of xccdf": lambda: Endless(
        XCCDF + b"<TestResult id='a'><target>a</target>",
        b"<rule-result idref='a'><result>fail</result></rule-result>" + b" " * 400,
    ),
    "endless line of lynis": lambda: Endless(LYNIS + b"warning[]=", b"x"),
    "endless warnings of lynis": lambda: Endless(LYNIS, b"warning[]=A-1|b|-|-|" + b" " * 400 + b"\n"),
    "endless attribute of a page": lambda: Endless(PAGE + b"<a title='", b"x"),
    "endless comment of a page": lambda: Endless(PAGE + b"<!-- ", b"x"),
    "endless cell of a page": lambda: Endless(PAGE + b"<table><tr><td>", b"x"),
    "endless cells of a page": lambda: Endless(PAGE + b"<table><tr>", b"<td>x</td>"),
    "endless tables of a page": lambda: Endless(PAGE, b"<table>"),
    "endless rows of a page": lambda: Endless(
        PAGE + b"<table><tr><th>Rule</th><th>Component</th></tr>", b"<tr><td>a</td><td>b</td></tr>" + b" " * 400
    ),
    "endless dependencies": lambda: Endless(
        b"<analysis xmlns='https://jeremylong.github.io/DependencyCheck/dependency-check.4.1.xsd'><dependencies>",
        b"<dependency><vulnerabilities><vulnerability><name>a</name></vulnerability></vulnerabilities></dependency>"
        + b" " * 400,
    ),
    "endless vulnerabilities of a dependency": lambda: Endless(
        b"<analysis xmlns='https://jeremylong.github.io/DependencyCheck/dependency-check.4.1.xsd'><dependencies>"
        b"<dependency><vulnerabilities>",
        b"<vulnerability><name>a</name></vulnerability>",
    ),
    "endless secrets": lambda: Endless(b"", b'{"SourceMetadata": {}, "DetectorType": 1}' + b" " * 400 + b"\n"),
    "endless events of a scan": lambda: Endless(b'{"scan_status":"a","issue_events":[', b"{}," + b" " * 400),
    "zip of zeros": lambda: io.BytesIO(archive("vulnerabilities/a.json", b"\x00" * MB, 300)),
    "zip of blanks in json": lambda: io.BytesIO(archive("vulnerabilities/a.json", b" " * MB, 300)),
    "zip of many names": lambda: io.BytesIO(many_names(5000)),
    "cut zip": lambda: io.BytesIO(archive("vulnerabilities/a.json", b"{}", 1)[:-30]),
    "damaged zip": lambda: io.BytesIO(
        archive("vulnerabilities/a.json", b'{"value": []}', 99).replace(b"\x00\x00", b"\xff\x00", 3)
    ),
    "damaged gzip": lambda: io.BytesIO(packed(b"<nmaprun>" * 100_000, 1)[:60] + b"\xff" * 60),
}

FEEDS: dict[str, tuple[Callable[..., Iterator[object]], Callable[[], io.RawIOBase | io.BytesIO]]] = {
    "kev nested": (read_kev, lambda: io.BytesIO(b'{"vulnerabilities":' + b"[" * MB)),
    "kev endless": (read_kev, lambda: Endless(b'{"vulnerabilities":[', b"{}," + b" " * 200)),
    "kev packed zeros": (read_kev, lambda: io.BytesIO(packed(b"\x00" * MB, 300))),
    "epss endless line": (read_epss, lambda: Endless(b"cve,epss\n", b"x")),
    "epss endless rows": (read_epss, lambda: Endless(b"cve,epss\n", b"a,b\n")),
    "epss packed": (read_epss, lambda: io.BytesIO(packed(b"cve,epss\n", 1) + packed(b"\n" * MB, 300))),
}


def outcome(records: Iterator[object]) -> tuple[str, str]:
    try:
        count = sum(1 for _ in records)
    except IntakeError as error:
        complete = bool(error.file and error.problem and error.remedy)
        return ("refused" if complete else "refused without a word", str(error)[:300])
    except BaseException as error:
        return ("failed", f"{type(error).__name__}: {error}"[:300])
    return ("read", str(count))


def alone(name: str, read: Callable[[], Iterator[object]]) -> None:
    """One case in a process of its own, so that the memory of one is not counted to the next."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        result, message = outcome(read())
        print(json.dumps([name, result, message]), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        print(json.dumps([name, "died", str(status)]), flush=True)


def main() -> None:
    few = replace(LIMITS, observations=50_000)
    for name, make in CASES.items():
        alone(name, lambda make=make: read_scan(make(), few, name="hostile"))  # type: ignore[misc]
    for name, (read, make) in FEEDS.items():
        alone(name, lambda read=read, make=make: read(make(), LIMITS, name="hostile"))  # type: ignore[misc]


if __name__ == "__main__":
    main()
