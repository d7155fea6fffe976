"""Reports of what looks at hosts, domains, devices and clouds from inside, and generic findings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from accord_intake import content, fixture

from accord.intake.records import IntakeError


def test_rules_of_xccdf_in_an_arf_collection() -> None:
    scan = fixture("results.xccdf.xml")
    seen = scan.one("xccdf:xccdf_org.example_rule_root_login")
    assert (seen.kind, seen.severity, seen.title) == ("misconfiguration", "high", "Do not log in as root")
    assert (seen.description, seen.solution) == ("Root must not log in.", "Set it to no.")
    assert (seen.evidence, seen.references) == ("PermitRootLogin yes", ("https://example.com/rule",))
    patched = scan.one("xccdf:xccdf_org.example_rule_patched")
    assert (patched.kind, patched.aliases, patched.severity) == ("vulnerability", ("CVE-2026-60001",), "medium")
    target = scan.targets[0]
    assert target.identity == "host:server.example.com"
    assert (target.addresses, target.macs) == (("10.60.0.1",), ("02:00:00:00:60:01",))
    header = scan.headers[0]
    assert (header.scanner, header.scanner_version) == ("openscap", "1.3.10")
    assert scan.ends[0].finished == datetime(2026, 2, 14, 9, 10, tzinfo=UTC)


def test_what_xccdf_did_not_evaluate_is_not_covered() -> None:
    (told,) = fixture("results.xccdf.xml").coverages
    assert told.covers("xccdf:xccdf_org.example_rule_fine") is True
    assert told.covers("xccdf:xccdf_org.example_rule_unchecked") is False
    assert told.covers("xccdf:xccdf_org.example_rule_other") is False
    assert told.complete is True


def test_a_benchmark_without_results_is_refused() -> None:
    with pytest.raises(IntakeError, match="no results"):
        content('<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2"><Rule id="a"/></Benchmark>')


def test_lynis_tells_which_tests_ran() -> None:
    scan = fixture("lynis-report.dat")
    found = [(one.definition_id, one.severity, one.evidence) for one in scan.observations]
    assert found == [
        ("lynis:SSH-7408", "medium", "PermitRootLogin YES"),
        ("lynis:KRNL-5820", "low", None),
        ("lynis:SSH-7408", "low", "Port (set 22 to )"),
        ("lynis:vulnerable-package", None, None),
    ]
    assert scan.observations[0].solution == "Set it to NO"
    assert scan.observations[3].component == "examplelib"
    (told,) = scan.coverages
    # One line of the report could not be read: the host was not read to its end, so nothing counts as looked for.
    assert told.complete is False
    assert scan.targets[0].identity == "host:server.example.com"
    assert scan.targets[0].addresses == ("10.60.0.2",)
    assert scan.headers[0].scanner_version == "3.1.4"


def test_a_whole_report_of_lynis_covers_what_it_executed() -> None:
    lines = ("report_version_major=1", "hostname=a", "tests_executed=A-1|B-2|", "tests_skipped=C-3|", "finish=true", "")
    text = "\n".join(lines)
    (told,) = content(text).coverages
    assert (told.covers("lynis:A-1"), told.covers("lynis:C-3"), told.covers("lynis:D-4")) == (True, False, False)
    (cut,) = content(text.replace("finish=true\n", "")).coverages
    assert cut.complete is None


def test_wazuh_before_and_since_the_indexer() -> None:
    old = fixture("agent.wazuh.json").one("CVE-2026-70001")
    assert (old.severity, old.cvss_score, old.component, old.component_version) == ("medium", 5.0, "examplelib", "1.0")
    assert (old.fixed_version, old.target) == ("2.0", "host:agent.wazuh")
    scan = fixture("index.wazuh.json")
    new = scan.one("CVE-2026-70002")
    assert (new.severity, new.cvss_score, new.component) == ("high", 7.8, "Example Reader")
    assert new.references == ("https://example.com/a", "https://example.com/b")
    target = scan.targets[0]
    assert (target.identity, target.operating_system) == ("host:desk-4", "Windows 11 Pro")
    assert target.identifiers == (("wazuh-agent", "manager/004"),)


def test_pingcastle_evaluates_every_rule_unless_it_is_light() -> None:
    scan = fixture("domain.pingcastle.xml")
    assert [(one.definition_id, one.severity) for one in scan.observations] == [
        ("pingcastle:P-Example", "critical"),
        ("pingcastle:A-Example", "info"),
    ]
    assert scan.targets[0].identity == "account:corp.example.com"
    assert scan.targets[0].identifiers == (("domain-sid", "S-1-5-21-1-2-3"),)
    assert scan.coverages[0].complete is False  # a rule without a name was refused
    text = "<HealthcheckData><Level>{}</Level><DomainFQDN>a.example</DomainFQDN><RiskRules/></HealthcheckData>"
    (whole,) = content(text.format("Normal")).coverages
    (light,) = content(text.format("Light")).coverages
    assert whole.covers("pingcastle:X", "pingcastle-rules") is True
    assert light.covers("pingcastle:X", "pingcastle-rules") is None


def test_defender_joins_machines_and_vulnerabilities_of_an_archive() -> None:
    scan = fixture("both.defender.zip")
    seen = scan.one("CVE-2026-80001")
    assert (seen.component, seen.component_version, seen.severity) == ("vendor tool", "1.0", "high")
    assert (seen.solution, seen.target) == ("Security update 5000001", "host:desk-1.example.com")
    target = scan.targets[0]
    assert (target.addresses, target.macs) == (("10.80.0.1",), ("02:00:00:00:80:01",))
    assert target.operating_system == "Windows11 24H2"


@pytest.mark.parametrize("name", ["machines.defender.json", "hunting.defender.csv"])
def test_defender_under_the_names_of_the_export_api_and_of_hunting(name: str) -> None:
    scan = fixture(name)
    seen = scan.one("CVE-2026-80002")
    assert (seen.target, seen.severity) == ("host:desk-5.example.com", "critical")
    assert (seen.component, seen.component_version) == ("vendor reader", "2.0")
    assert [one.field for one in scan.refusals] == ["cveId"]


def test_an_archive_of_something_else_is_refused_with_a_remedy() -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "x")
    with pytest.raises(IntakeError, match=r"packed file \(zip\)\. Unpack it"):
        content(packed.getvalue())


def test_issues_of_wiz() -> None:
    scan = fixture("issues.wiz.csv")
    seen = scan.one("wiz:wc-id-1")
    assert (seen.target, seen.severity) == ("cloud_resource:arn:aws:s3:::example", "critical")
    assert (seen.description, seen.solution) == ("A bucket\nis public.", "Block public access.")
    assert scan.one("wiz:wc-id-3").analysis == "false_positive"
    told = {one.target: one.covers("wiz:wc-id-2") for one in scan.coverages}
    assert told == {"cloud_resource:arn:aws:s3:::example": None, "cloud_resource:arn:aws:iam::1234:user/x": True}


def test_vulnerabilities_of_wiz() -> None:
    scan = fixture("vulnerabilities.wiz.csv")
    seen = scan.one("CVE-2026-90001")
    assert (seen.target, seen.component, seen.path) == ("host:node-1", "example-lib", "/opt/a.jar")
    assert (seen.fixed_version, seen.severity, seen.aliases) == ("1.1", "medium", ("GHSA-c9cp-9c75-9v8c",))
    assert {one.covers("wiz:CVE-2026-90002/kernel") for one in scan.coverages} == {True}


def test_generic_findings_at_each_endpoint() -> None:
    scan = fixture("findings.generic.json")
    weak = [one for one in scan.observations if one.definition_id == "generic:PT-1"]
    assert [(one.target, one.port, one.path) for one in weak] == [
        ("application:https://shop.example.com", 443, "/login"),
        ("application:https://wiki.example.com:8443", 8443, "/in"),
    ]
    assert {(one.severity, one.cvss_score, one.cwes) for one in weak} == {("high", 5.9, ("CWE-521",))}
    old = scan.one("CVE-2026-91001")
    assert (old.aliases, old.component, old.path, old.line) == (
        ("GHSA-c9cp-9c75-9v8c",),
        "example-lib",
        "src/pom.xml",
        12,
    )
    assert (old.analysis, old.target) == ("false_positive", "application:Penetration test")
    assert len(scan.observations) == 3


def test_generic_findings_as_csv() -> None:
    scan = fixture("findings.generic.csv")
    seen = scan.one("generic:Weak login")
    assert (seen.target, seen.path, seen.cwes) == ("application:https://shop.example.com", "/login", ("CWE-521",))
    assert seen.seen_at == datetime(2026, 2, 14, tzinfo=UTC)
    assert len(scan.observations) == 1
    assert [(one.row, one.field) for one in scan.refusals] == [(4, "severity")]


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ('{"title": "a", "severity": "Low", "description": "x", "invented": 1}', "“invented” is no field"),
        ("{}", "no format"),
    ],
)
def test_what_no_field_of_generic_findings_is_refuses_the_file(finding: str, words: str) -> None:
    with pytest.raises(IntakeError, match=words):
        content('{"findings": [' + finding + "]}")


def test_a_finding_without_what_each_must_have_is_refused() -> None:
    row = '{"title": "a", "severity": "Low", "description": "x"}'
    with pytest.raises(IntakeError, match="has no title"):
        content('{"findings": [' + row + ', {"severity": "Low"}]}')


def test_an_empty_list_is_a_report_of_nothing() -> None:
    for text in ("[]", "{}", " [ ] \n"):
        scan = content(text)
        assert [one.format for one in scan.headers] == ["empty"]
        assert not scan.targets
        assert not scan.coverages
