"""Nessus XML version 2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from accord_intake import Read, content, fixture

from accord.intake.records import IntakeError, PortRange


@pytest.fixture(scope="module")
def scan() -> Read:
    return fixture("two-hosts.nessus")


def test_every_host_is_a_target_also_without_items(scan: Read) -> None:
    assert [target.name for target in scan.targets] == ["10.20.0.5", "10.20.0.6", "10.20.0.7"]
    assert scan.headers[0].name == "Weekly scan"


def test_a_host_has_all_its_names(scan: Read) -> None:
    host = scan.targets[0]
    assert host.hostnames == ("shop-db.example.org", "shop-db")
    assert host.addresses == ("10.20.0.5",)
    assert host.macs == ("00:50:56:aa:bb:cc", "00:50:56:aa:bb:cd")
    assert host.operating_system == "Linux Kernel 5.10"
    assert host.identity == "host:aws-instance-id:i-0abc123"


def test_a_finding(scan: Read) -> None:
    found = scan.one("nessus:142591")
    assert found.title == "PHP < 7.3.24"
    assert found.severity == "high"  # the attribute counts, not the risk factor
    assert found.aliases == ("CVE-2020-7069", "CVE-2020-7070")
    assert found.cwes == ("CWE-20", "CWE-79")
    assert found.cvss_score == 6.5
    assert [vector[:8] for vector in found.cvss_vectors] == ["CVSS:3.0", "CVSS2#AV"]
    assert (found.port, found.protocol, found.service) == (443, "tcp", "www")
    assert (found.component_version, found.fixed_version) == ("7.3.1", "7.3.24")
    assert found.references == ("https://www.php.net/ChangeLog-7.php", "IAVA:2020-A-0510")
    assert found.seen_at == datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC)
    assert found.description == "The server runs an old PHP.\n\nPHP is older than 7.3.24."
    assert found.kind == "vulnerability"
    assert not found.needs_credentials


def test_a_finding_of_the_host_as_a_whole_has_no_port(scan: Read) -> None:
    found = scan.one("nessus:156032")
    assert (found.port, found.protocol, found.service, found.solution) == (None, None, None, None)
    assert found.needs_credentials


def test_compliance_items_count_where_they_failed(scan: Read) -> None:
    found = scan.one("nessus:21157/abc123")
    assert found.kind == "misconfiguration"
    assert found.evidence == "Result: FAILED\nExpected: PermitRootLogin no\nFound: PermitRootLogin yes"
    assert sum(one.kind == "misconfiguration" for one in scan.observations) == 1


def test_a_row_without_a_plugin_is_refused_and_keeps_its_host_open(scan: Read) -> None:
    (refusal,) = scan.refusals
    assert refusal.field == "pluginID"
    assert refusal.target == scan.targets[0].identity
    assert all(one.complete is False for one in scan.coverages if one.target == refusal.target)


def test_coverage_is_the_plugin_set_the_ports_and_the_credentials(scan: Read) -> None:
    second = next(one for one in scan.coverages if one.target == "host:10.20.0.6")
    assert second.ports is not None
    assert PortRange("udp", 1, 1024) in second.ports
    assert PortRange("tcp", 8000, 8100) in second.ports
    assert second.covers("nessus:142591", protocol="tcp", port=443) is True
    assert second.covers("nessus:142591", protocol="tcp", port=8443) is False
    assert second.covers("nessus:99999") is False
    assert second.covers("nessus:156032", needs_credentials=True) is False
    assert second.covers("nessus:156032") is True


def test_compliance_items_without_a_result_are_not_covered(scan: Read) -> None:
    names = {name for one in scan.coverages for name in one.checks}
    assert "nessus:21157/abc123" in names
    assert "nessus:21157/1.1.1 Ensure cramfs is off" in names
    assert "nessus:21157/1.1.2 Ensure tmp is apart" not in names


def test_a_dead_host_was_not_looked_at(scan: Read) -> None:
    dead = next(one for one in scan.coverages if one.target == "host:10.20.0.7")
    assert dead.complete is False
    assert dead.covers("nessus:142591") is False


def test_the_end_counts_what_was_read(scan: Read) -> None:
    (end,) = scan.ends
    assert (end.targets, end.observations, end.refusals) == (3, len(scan.observations), 1)
    assert end.finished == datetime(2023, 11, 14, 23, 16, 40, tzinfo=UTC)


def test_families_tell_what_ran_where_no_plugin_set_is_given() -> None:
    scan = content(
        "<NessusClientData_v2><Policy><FamilySelection>"
        "<FamilyItem><FamilyName>DNS</FamilyName><Status>enabled</Status></FamilyItem>"
        "<FamilyItem><FamilyName>Web Servers</FamilyName><Status>disabled</Status></FamilyItem></FamilySelection>"
        "<IndividualPluginSelection><PluginItem><PluginId>7</PluginId><Status>enabled</Status></PluginItem>"
        "</IndividualPluginSelection></Policy><Report name='r'><ReportHost name='h'><HostProperties>"
        "<tag name='HOST_END'>Mon Jul  1 11:40:48 2013</tag></HostProperties></ReportHost></Report>"
        "</NessusClientData_v2>"
    )
    (one,) = scan.coverages
    assert one.covers("nessus:1", "nessus-family:DNS") is True
    assert one.covers("nessus:2", "nessus-family:Web Servers") is False
    assert one.covers("nessus:7", "nessus-family:Web Servers") is True
    assert one.covers("nessus:1", "nessus-family:DNS", needs_credentials=True) is None
    assert one.complete is True
    assert one.ports is None


def test_without_a_policy_nothing_is_known_of_what_ran() -> None:
    scan = content(
        "<NessusClientData_v2><Report><ReportHost name='h'><ReportItem pluginID='5' severity='2'/></ReportHost>"
        "</Report></NessusClientData_v2>"
    )
    assert scan.coverages[0].covers("nessus:5") is None
    assert scan.targets[0].identity == "host:h"
    assert scan.observations[0].title == "Nessus plugin 5"


def test_credentials_from_the_scan_information() -> None:
    item = "<plugin_output>Credentialed checks : yes, as root</plugin_output>"
    scan = content(
        f"<NessusClientData_v2><Report><ReportHost name='h'><ReportItem pluginID='19506'>{item}</ReportItem>"
        "</ReportHost></Report></NessusClientData_v2>"
    )
    assert scan.coverages[0].credentials is True


def test_a_plugin_that_says_something_else_on_another_host_is_read_again() -> None:
    def host(name: str, severity: int, text: str) -> str:
        item = f"<ReportItem pluginID='5' severity='{severity}'><description>{text}</description></ReportItem>"
        return f"<ReportHost name='{name}'>{item}</ReportHost>"

    hosts = host("a", 2, "first") + host("b", 2, "first") + host("c", 3, "first") + host("d", 3, "second")
    scan = content(f"<NessusClientData_v2><Report>{hosts}</Report></NessusClientData_v2>")
    assert [one.severity for one in scan.observations] == ["medium", "medium", "high", "high"]
    assert [one.description for one in scan.observations] == ["first", "first", "first", "second"]


def test_items_that_only_tell_what_runs_are_services() -> None:
    def kind(severity: int, inside: str = "") -> str:
        item = f"<ReportItem pluginID='5' severity='{severity}'>{inside}</ReportItem>"
        scan = content(
            f"<NessusClientData_v2><Report><ReportHost name='h'>{item}</ReportHost></Report></NessusClientData_v2>"
        )
        return scan.observations[0].kind

    assert kind(0) == "service"
    assert kind(0, "<cve>CVE-2020-0001</cve>") == kind(0, "<cvss_base_score>2.6</cvss_base_score>") == "vulnerability"
    assert kind(1) == "vulnerability"


def test_web_application_scans_have_applications_as_targets() -> None:
    scan = content(
        "<NessusClientData_v2><Report><ReportHost name='https://shop.example.org/a'><HostProperties>"
        "<tag name='system-type'>web_application</tag></HostProperties><ReportItem pluginID='98104' severity='3' "
        "port='443' protocol='TCP'><cvssv3>7.1</cvssv3><cvss>7.5</cvss></ReportItem></ReportHost></Report>"
        "</NessusClientData_v2>"
    )
    assert scan.targets[0].kind == "application"
    assert scan.targets[0].hostnames == ("shop.example.org",)
    assert scan.observations[0].cvss_score == 7.1
    assert scan.observations[0].protocol == "tcp"


def test_a_policy_alone_is_no_scan() -> None:
    with pytest.raises(IntakeError, match="policy and no report"):
        content("<NessusClientData_v2><Policy/></NessusClientData_v2>")
