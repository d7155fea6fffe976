"""Nmap XML."""

from __future__ import annotations

import pytest
from accord_intake import Read, content, fixture


@pytest.fixture(scope="module")
def scan() -> Read:
    return fixture("scripts.nmap.xml")


def test_hosts_that_are_up_are_targets(scan: Read) -> None:
    assert [target.identity for target in scan.targets] == ["host:shop.example.org", "host:10.20.0.2"]
    first = scan.targets[0]
    assert (first.hostnames, first.addresses) == (("shop.example.org",), ("10.20.0.1",))
    assert first.macs == ("00:50:56:aa:bb:cc",)


def test_open_ports_are_services(scan: Read) -> None:
    services = [one for one in scan.observations if one.kind == "service"]
    assert [one.definition_id for one in services] == ["open-port:22/tcp", "open-port:443/tcp"]
    assert [one.service for one in services] == ["ssh", "ssl/http"]
    assert {one.severity for one in services} == {"info"}
    assert services[0].evidence is not None
    assert "EDB-ID:46516" in services[0].evidence


def test_vulners_rows(scan: Read) -> None:
    found = scan.one("CVE-2019-6111")
    assert (found.severity, found.cvss_score, found.port) == ("medium", 5.8, 22)
    assert (found.component, found.component_version) == ("OpenSSH", "7.4")
    assert found.check == "nmap:vulners"
    assert "https://vulners.com/metasploit/MSF:ILITIES/SUSE-CVE-2019-6111/" in found.references


def test_the_vulns_library(scan: Read) -> None:
    poodle = scan.one("CVE-2014-3566")
    assert poodle.title == "SSL POODLE information leak"
    assert poodle.references == ("https://www.openssl.org/~bodo/ssl-poodle.pdf",)
    assert poodle.severity is None
    smb = scan.one("CVE-2017-0143")
    assert (smb.port, smb.severity) == (None, "high")
    assert scan.one("CVE-2011-3192").severity == "high"
    assert not any(one.definition_id == "CVE-2014-0160" for one in scan.observations)


def test_vulscan_and_old_vulners_text() -> None:
    rows = "VulDB:&#10;[CVE-2016-0777] OpenSSH roaming&#10;[CVE-2016-0777] again&#10;[12345] no identifier"
    old = "cpe:/a:x:&#10;  CVE-2010-4478 &#9; 7.5 &#9; https://vulners.com/cve/CVE-2010-4478"
    scan = content(
        "<nmaprun><host><address addr='::1' addrtype='ipv6'/><ports><port protocol='tcp' portid='22'>"
        f"<state state='open'/><script id='vulscan' output='{rows}'/><script id='vulners' output='{old}'/></port>"
        "</ports></host></nmaprun>"
    )
    assert scan.one("CVE-2016-0777").description == "OpenSSH roaming"
    assert scan.one("CVE-2010-4478").cvss_score == 7.5
    assert scan.ends[0].complete is None


def test_coverage_is_the_ports_and_the_scripts(scan: Read) -> None:
    first, second = scan.coverages
    assert first.covers("nmap:ports", protocol="tcp", port=443) is True
    assert first.covers("nmap:ports", protocol="tcp", port=8080) is False
    assert first.covers("nmap:ports", protocol="udp", port=443) is False
    assert second.covers("nmap:vulners", protocol="tcp", port=22) is True
    assert second.covers("nmap:http-old", protocol="tcp", port=443) is True  # it printed something elsewhere
    assert second.covers("nmap:http-vuln-cve2017-5638", protocol="tcp", port=443) is None
    assert "nmap:vuln" not in second.checks  # a category names no script
    assert second.complete is True


def test_a_scan_that_failed_covers_nothing() -> None:
    scan = content(
        "<nmaprun><scaninfo protocol='tcp' services='22'/><host><address addr='10.0.0.1' addrtype='ipv4'/></host>"
        "<runstats><finished time='1700000100' exit='error'/></runstats></nmaprun>"
    )
    assert scan.coverages[0].covers("nmap:ports", protocol="tcp", port=22) is False


def test_a_host_that_timed_out_is_not_complete() -> None:
    scan = content(
        "<nmaprun><scaninfo protocol='tcp' services='22'/><host timedout='true'><address addr='10.0.0.1' "
        "addrtype='ipv4'/></host><runstats><finished time='1700000100' exit='success'/></runstats></nmaprun>"
    )
    assert scan.coverages[0].complete is False


def test_unusable_hosts_and_ports_are_refused() -> None:
    scan = content(
        "<nmaprun><host><status state='up'/></host><host><address addr='10.0.0.1' addrtype='ipv4'/><ports>"
        "<port protocol='tcp' portid='99999'><state state='open'/></port></ports></host></nmaprun>"
    )
    assert [one.field for one in scan.refusals] == ["address", "portid"]
    assert scan.coverages[0].complete is False


def test_what_nmap_wrote_of_this_machines_loopback() -> None:
    scan = fixture("nmap-loopback.xml")
    assert [one.definition_id for one in scan.observations] == ["open-port:8123/tcp", "open-port:8125/tcp"]
    assert scan.targets[0].identity == "host:127.0.0.1"
    assert scan.headers[0].scanner_version == "7.93"
    assert scan.coverages[0].covers("nmap:ports", protocol="tcp", port=22) is True
