"""Reports of network scanners: the fields that matter, from invented samples of each format."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from accord_intake import Read, content, fixture

from accord.intake.fingerprint import grouping


def covered(scan: Read, check: str, group: str | None = None) -> set[bool | None]:
    return {one.covers(check, group) for one in scan.coverages}


def test_rows_of_one_plugin_with_several_cve_are_one_observation() -> None:
    scan = fixture("hosts.nessus.csv")
    seen = scan.one("nessus:900101")
    assert seen.aliases == ("CVE-2024-11111", "CVE-2024-22222")
    assert (seen.severity, seen.cvss_score, seen.kind) == ("high", 7.5, "vulnerability")
    assert (seen.port, seen.protocol, seen.target) == (443, "tcp", "host:10.20.0.5")
    assert seen.references == ("https://example.com/a", "https://example.com/b")
    assert seen.description == "An overflow.\n\nSeveral lines,\nof text."
    assert seen.group == "nessus-family:Web Servers"
    trace = scan.one("nessus:900102")
    assert (trace.kind, trace.port, trace.solution, trace.target) == ("service", None, None, "host:mail.example.com")
    assert [(one.row, one.field) for one in scan.refusals] == [(5, "Plugin ID")]


def test_a_csv_of_nessus_closes_nothing() -> None:
    for name in ("hosts.nessus.csv", "center.nessus.csv", "explore.nessus.csv", "greenbone.csv"):
        scan = fixture(name)
        assert scan.coverages
        for seen in scan.observations:
            assert covered(scan, seen.check, seen.group) == {None}


def test_security_center_names_the_host_in_every_way() -> None:
    scan = fixture("center.nessus.csv")
    target = scan.targets[0]
    assert target.hostnames == ("db.example.com", "db")
    assert (target.addresses, target.macs) == (("10.20.0.9",), ("02:00:00:00:00:09",))
    seen = scan.one("nessus:900201")
    assert seen.aliases == ("CVE-2025-33333", "CVE-2025-44444")
    assert (seen.severity, seen.cvss_score, seen.cwes) == ("critical", 9.8, ("CWE-787",))
    assert seen.needs_credentials
    assert seen.seen_at == datetime(2026, 2, 7, 15, 1, 12, tzinfo=UTC)


def test_explore_pages_use_semicolons_and_other_names() -> None:
    seen = fixture("explore.nessus.csv").one("nessus:900301")
    assert (seen.port, seen.protocol, seen.severity, seen.cvss_score) == (8443, "tcp", "medium", 6.5)
    assert not seen.needs_credentials


def test_the_order_of_the_columns_does_not_matter() -> None:
    text = "Name,Port,Protocol,Host,Risk,CVE,Plugin ID\nFlaw,80,tcp,10.0.0.1,Low,,77\n"
    assert content(text).one("nessus:77").port == 80


def test_greenbone_hosts_results_and_overrides() -> None:
    scan = fixture("greenbone.xml")
    seen = scan.one("openvas:1.3.6.1.4.1.25623.1.0.999001")
    assert (seen.severity, seen.cvss_score, seen.aliases) == ("high", 9.8, ("CVE-2026-10001",))
    assert (seen.port, seen.protocol, seen.target) == (443, "tcp", "host:web.example.com")
    assert seen.cvss_vectors == ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",)
    assert seen.solution == "Update."
    assert scan.one("openvas:1.3.6.1.4.1.25623.1.0.999002").kind == "service"
    assert scan.one("openvas:1.3.6.1.4.1.25623.1.0.999003").analysis == "false_positive"
    web = next(one for one in scan.targets if one.identity == "host:web.example.com")
    assert (web.operating_system, web.macs) == ("Debian GNU/Linux 12", ("02:00:00:00:30:01",))
    told = {one.target: one.complete for one in scan.coverages}
    assert told == {"host:web.example.com": True, "host:10.30.0.2": False}
    assert covered(scan, seen.check, seen.group) == {None, False}
    assert scan.headers[0].started == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert [one.field for one in scan.refusals] == ["host"]


def test_the_same_weakness_in_xml_and_csv_of_greenbone_has_one_definition() -> None:
    both = {one.definition_id for name in ("greenbone.xml", "greenbone.csv") for one in fixture(name).observations}
    assert len(both) == 3


def test_a_qid_that_is_fixed_is_evidence_and_no_observation() -> None:
    scan = fixture("assets.qualys.xml")
    seen = scan.one("qualys:990001")
    assert (seen.severity, seen.cvss_score, seen.aliases) == ("high", 8.1, ("CVE-2026-20001",))
    assert (seen.title, seen.port, seen.solution) == ("Old file sharing", 445, "Switch it off.")
    assert seen.description == "An old protocol answers.\nIt is broken."
    assert scan.one("qualys:990003").kind == "service"
    assert covered(scan, "qualys:990002") == {True}
    assert covered(scan, "qualys:990001") == {None}
    assert scan.targets[0].identity == "host:files.example.com"


@pytest.mark.parametrize(
    ("name", "fixed", "active", "definition"),
    [
        ("detection.qualys.xml", "qualys:990012", "qualys:990011", "qualys:990011"),
        ("report.qualys.csv", "qualys:990032", "qualys:990031", "qualys:990031"),
        ("vmdr.qualys.csv", "qualys:990042/CVE-2026-30002", "qualys:990041/CVE-2026-30001", "CVE-2026-30001"),
        ("webapp.qualys.xml", "qualys:990052", "qualys:990051", "qualys:990051"),
    ],
)
def test_every_export_of_qualys_tells_what_is_fixed(name: str, fixed: str, active: str, definition: str) -> None:
    scan = fixture(name)
    assert covered(scan, fixed) == {True}
    assert covered(scan, active) == {None}
    assert scan.one(definition).severity == "critical"
    assert not scan.refusals


def test_qualys_csv_with_a_preamble_and_dead_hosts() -> None:
    scan = fixture("report.qualys.csv")
    seen = scan.one("qualys:990031")
    assert seen.aliases == ("CVE-2026-20003", "CVE-2026-20004")
    assert (seen.cvss_score, seen.port, seen.evidence) == (9.8, 443, "old")
    assert seen.seen_at == datetime(2026, 2, 20, 10, tzinfo=UTC)
    assert len(scan.targets) == 1


def test_qualys_scan_lists() -> None:
    scan = fixture("scan.qualys.xml")
    flaw = scan.one("qualys:990022")
    assert (flaw.port, flaw.protocol, flaw.severity, flaw.cvss_score) == (631, "tcp", "high", 8.8)
    assert flaw.aliases == ("CVE-2026-20002",)
    assert (scan.one("qualys:990021").kind, scan.one("qualys:990021").severity) == ("service", "info")
    assert scan.headers[0].name == "Monthly"


def test_ignored_detections_carry_that() -> None:
    assert fixture("detection.qualys.xml").one("qualys:990013").analysis == "suppressed"


def test_nexpose_joins_definitions_that_stand_last() -> None:
    scan = fixture("nodes.nexpose.xml")
    flaw = scan.one("nexpose:example-package-flaw")
    assert flaw.aliases == ("CVE-2026-40001",)
    assert (flaw.severity, flaw.cvss_score, flaw.port) == ("critical", 10.0, None)
    assert flaw.description == "A package\nhas\na flaw."
    assert flaw.evidence == "Found version 1.0"
    assert flaw.seen_at == datetime(2026, 1, 1, tzinfo=UTC)
    weak = scan.one("nexpose:example-tls-weak")
    assert (weak.title, weak.severity, weak.port, weak.service) == ("Weak TLS", "high", 443, "HTTPS")
    assert scan.one("nexpose:example-accepted").analysis == "suppressed"
    assert covered(scan, "nexpose:example-gone") == {True}
    assert covered(scan, "nexpose:another") == {None}
    assert (scan.one("open-port:443/tcp").kind, scan.one("open-port:443/tcp").service) == ("service", "HTTPS")
    target = scan.targets[0]
    assert (target.macs, target.operating_system) == (("02:00:00:00:50:01",), "Ubuntu Linux 24.04")


def test_the_grouped_view_of_a_host_does_not_count_pages_behind_a_port() -> None:
    tests = "".join(f'<test id="t" key="/page{n}" status="vulnerable-exploited"/>' for n in range(4))
    services = f'<services><service name="HTTP"><tests>{tests}</tests></service></services>'
    ports = "".join(f'<endpoint protocol="tcp" port="{n}" status="closed">{services}</endpoint>' for n in (80, 81))
    node = '<node address="10.0.0.%d"><endpoints>' + ports + "</endpoints></node>"
    scan = content(f'<NexposeReport version="2.0"><nodes>{node % 1}{node % 2}</nodes></NexposeReport>')
    assert len(scan.observations) == 16
    assert len({grouping(one) for one in scan.observations}) == 1


@pytest.mark.parametrize("name", ["tls.testssl.csv", "tls.testssl.json"])
def test_testssl_says_what_it_looked_for(name: str) -> None:
    scan = fixture(name)
    lucky = scan.one("testssl:LUCKY13")
    assert (lucky.severity, lucky.port, lucky.kind) == ("low", 443, "vulnerability")
    assert (lucky.aliases, lucky.cwes) == (("CVE-2013-0169",), ("CWE-310",))
    assert scan.one("testssl:TLS1").kind == "misconfiguration"
    assert covered(scan, "testssl:SSLv3") == {True}
    assert covered(scan, "testssl:ROBOT") == {None}
    assert scan.targets[0].identity == "host:www.example.com"
    assert scan.targets[0].addresses == ("192.0.2.10",)


def test_what_testssl_could_not_tell_is_unknown() -> None:
    scan = fixture("tls.testssl.csv")
    assert scan.one("testssl:cipher_order").severity is None
    assert scan.one("testssl:service").kind == "service"
    assert covered(scan, "testssl:scanProblem") == {None}
    assert [one.field for one in scan.refusals] == ["severity"]
