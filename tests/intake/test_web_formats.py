"""Reports of scanners of web applications: the fields that matter, from invented samples of each format."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from accord_intake import FILES, Read, content, fixture

from accord.intake.fingerprint import grouping
from accord.intake.records import IntakeError

SHOP = "application:https://shop.example.com"


@pytest.mark.parametrize("name", ["alerts.zap.xml", "alerts.zap.json"])
def test_an_alert_of_zap_is_seen_at_each_of_its_places(name: str) -> None:
    scan = fixture(name)
    seen = [one for one in scan.observations if one.definition_id == "zap:10038-1"]
    assert [(one.path, one.anchor, one.port) for one in seen] == [("/", "GET", 443), ("/cart", "GET id", 443)]
    assert {one.target for one in seen} == {SHOP}
    assert {one.severity for one in seen} == {"medium"}
    assert {one.cwes for one in seen} == {("CWE-693",)}
    assert seen[0].solution == "Set the header."
    assert "?id=1" in (seen[1].evidence or "")
    assert len({grouping(one) for one in seen}) == 1
    assert scan.headers[0].scanner_version == "2.16.1"


def test_alerts_of_old_reports_of_zap_are_told_apart_by_name() -> None:
    scan = fixture("alerts.zap.xml")
    old = scan.one("zap:40012/Cross Site Scripting")
    assert (old.analysis, old.path, old.severity) == ("false_positive", None, "high")
    assert [one.field for one in scan.refusals] == ["pluginid"]
    assert scan.headers[0].finished == datetime(2026, 2, 14, 10, tzinfo=UTC)
    assert scan.observations[0].references == ("https://example.com/csp",)


def test_the_sites_of_zap_inside_a_report_of_another_tool_are_not_taken() -> None:
    with pytest.raises(IntakeError, match="no format"):
        content('{"@generated": "x", "@version": "2", "site": [{"@name": "https://a.example"}], "vulnerabilities": []}')


def test_issues_of_burp() -> None:
    scan = fixture("issues.burp.xml")
    seen = scan.one("burp:1049088")
    assert (seen.path, seen.anchor, seen.port, seen.severity) == ("/item", "[id parameter]", 443, "high")
    assert (seen.cwes, seen.references) == (("CWE-89",), ("https://example.com/sqli",))
    assert (seen.description, seen.solution) == ("Queries are built from input.", "Use parameters.")
    assert seen.evidence == "The id parameter."
    assert scan.one("burp:134217728/Made by one extension").severity == "info"
    assert scan.one("burp:134217728/Made by another extension").analysis == "false_positive"
    assert scan.headers[0].scanner_version == "2026.1"
    assert {one.covers("burp:1049088") for one in scan.coverages} == {None}


def test_results_of_nuclei() -> None:
    scan = fixture("results.nuclei.jsonl")
    seen = scan.one("nuclei:CVE-2026-50001")
    assert (seen.aliases, seen.cwes, seen.cvss_score) == (("CVE-2026-50001",), ("CWE-287",), 9.8)
    assert (seen.target, seen.port, seen.path) == ("application:https://panel.example.com:8443", 8443, "/login")
    assert (seen.severity, seen.solution) == ("critical", "Update.")
    assert seen.seen_at == datetime(2026, 2, 14, 9, 0, 0, 500_000, tzinfo=UTC)
    ssh = scan.one("nuclei:ssh-weak-algo")
    assert (ssh.target, ssh.port) == ("host:panel.example.com", 22)
    assert scan.one("nuclei:http-missing-security-headers/x-frame-options").kind == "misconfiguration"
    assert [one.row for one in scan.refusals] == ["result 5"]


def test_a_template_that_ran_and_did_not_match_is_evidence() -> None:
    scan = fixture("results.nuclei.jsonl")
    assert not [one for one in scan.observations if "git-config" in one.definition_id]
    told = {one.target: one.covers("nuclei:git-config") for one in scan.coverages}
    assert told["application:https://panel.example.com:8443"] is True
    assert told["host:panel.example.com"] is None


@pytest.mark.parametrize("joint", ["\n", "", "\n\n  "])
def test_nuclei_as_a_list_as_lines_and_one_after_the_other(joint: str) -> None:
    one = (
        '{"template-id": "a-%d", "info": {"name": "A", "severity": "low"}, "type": "http", "host": "https://a.example"}'
    )
    rows = [one % 1, one % 2]
    expected = content(f"[{rows[0]}, {rows[1]}]").observations
    assert len(expected) == 2
    assert content(joint.join(rows)).observations == expected


def test_items_of_acunetix() -> None:
    seen = fixture("scan.acunetix.xml").one("acunetix:Forms without tokens")
    assert (seen.target, seen.port) == ("application:https://shop.example.com:8443", 8443)
    assert (seen.path, seen.anchor, seen.severity) == ("/login", "token", "medium")
    assert (seen.cvss_score, seen.cwes) == (4.3, ("CWE-352",))
    assert seen.evidence == "Form login"


def test_states_of_acunetix_360() -> None:
    scan = fixture("list.acunetix360.json")
    seen = scan.one("acunetix-360:CookieNotMarkedAsHttpOnly")
    assert (seen.analysis, seen.severity, seen.cvss_score, seen.cwes) == ("suppressed", "medium", 5.7, ("CWE-16",))
    assert len(scan.observations) == 1


def test_nikto_rates_nothing_and_plugins_share_numbers() -> None:
    scan = fixture("items.nikto.xml")
    seen = scan.one("nikto:003092")
    assert (seen.severity, seen.path, seen.port) == (None, "/phpinfo.php", 443)
    assert len({one.definition_id for one in scan.observations}) == 3
    assert fixture("items.nikto.json").one("nikto:003092").target == seen.target == SHOP
    assert [one.field for one in scan.refusals] == ["id"]


def test_web_applications_of_qualys() -> None:
    scan = fixture("webapp.qualys.xml")
    seen = scan.one("qualys:990051")
    assert (seen.path, seen.anchor, seen.severity, seen.cwes) == ("/search", "q", "critical", ("CWE-79",))
    assert seen.title == "Script injection"
    gathered = scan.one("qualys:990053")
    assert (gathered.kind, gathered.evidence, gathered.target) == ("service", "links", SHOP)


def test_the_grouped_view_shows_a_weakness_of_an_application_once() -> None:
    places = "".join(
        f"<instance><uri>https://a.example/{page}</uri><method>GET</method><param>p</param></instance>"
        for page in range(5)
    )
    item = f"<alertitem><pluginid>1</pluginid><alert>A</alert><instances>{places}</instances></alertitem>"
    sites = "".join(
        f'<site name="https://{host}.example" host="{host}.example" port="443"><alerts>{item}</alerts></site>'
        for host in "ab"
    )
    scan = Read(content(f"<OWASPZAPReport>{sites}</OWASPZAPReport>").records)
    assert len(scan.observations) == 10
    assert len({grouping(one) for one in scan.observations}) == 2


def test_burp_scan_of_the_api() -> None:
    scan = fixture("scan.burp.json")
    assert [one.name for one in scan.targets] == ["https://shop.example", "https://shop.example:8443"]
    cookie = scan.one("burp:5243392")
    assert (cookie.path, cookie.port, cookie.severity, cookie.anchor) == ("/basket", 443, "info", "[tea cookie]")
    assert cookie.evidence == "A cookie: tea\n\nhttps://shop.example/basket\n\nOther: tea"
    assert (cookie.description, cookie.solution) == ("Cookies travel.", "Set the flag.")
    assert scan.one("burp:134217728/Odd header").severity == "high"
    assert len(scan.refusals) == 2
    assert scan.ends[0].complete is False, "it is still auditing"


def test_burp_issues_of_the_graph_api() -> None:
    scan = fixture("graph.burp.json")
    odd = scan.one("burp:16777984")
    assert (odd.cwes, odd.references, odd.solution) == (("CWE-295",), ("https://tls.example/guide",), "Renew it.")
    named = scan.one("burp:134217728/Reflected input")
    assert (named.analysis, named.severity, named.cwes) == ("false_positive", None, ("CWE-79",))
    told = json.loads((FILES / "graph.burp.json").read_text())["Issues"]
    for around in ({"data": {"scan": {"issues": told}}}, told):
        again = content(json.dumps(around))
        assert again.observations == scan.observations


def test_a_weakness_of_burp_has_one_name_in_every_format() -> None:
    from accord.intake.burp import EXTENSION, definition_of

    assert definition_of("5244416", "Cookie") == "burp:5244416"
    assert definition_of(EXTENSION, "Old one") == definition_of(None, "Old one") == f"burp:{EXTENSION}/Old one"
    assert definition_of(EXTENSION, None) == f"burp:{EXTENSION}"
