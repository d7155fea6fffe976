"""What Dependency-Check, Dependency-Track, Snyk's API and Wiz CLI say: the fields that matter, and what they looked
for."""

from __future__ import annotations

import json

import pytest
from accord_intake import FILES, content, fixture


@pytest.mark.parametrize("name", ["project.dependency-check.xml", "project.dependency-check.json"])
def test_dependency_check_in_both_writings(name: str) -> None:
    scan = fixture(name)
    (target,) = scan.targets
    assert (target.kind, target.name.lower()) == ("repository", "shop")
    found = scan.one("CVE-2031-1001")
    assert (found.component, found.component_version) == ("org.example:parsley", "2.0.3")
    assert (found.purl, found.path) == ("pkg:maven/org.example/parsley@2.0.3", None)
    assert (found.severity, found.cvss_score, found.cwes) == ("critical", 9.8, ("CWE-502",))
    assert found.cvss_vectors == ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",), "made of its parts"
    assert found.evidence == "/builds/7/shop/lib/parsley-2.0.3.jar\n/builds/7/shop/war/parsley-2.0.3.jar"
    assert found.references == ("https://parsley.example/advisory",)
    taken = scan.one("CVE-2031-1002")
    assert (taken.analysis, taken.analysis_detail) == ("suppressed", "We do not call it.")
    assert (taken.severity, taken.cvss_score) == ("medium", 4.3)
    (cover,) = scan.coverages
    assert cover.groups == {"dependency-check:vulnerabilities"}
    assert scan.headers[0].finished is not None and scan.headers[0].finished.year == 2031


def test_dependency_check_names_what_has_no_package_url() -> None:
    scan = fixture("project.dependency-check.xml")
    number, words = scan.one("npm:1500"), scan.one("dependency-check:Sage: prototype pollution")
    assert (number.component, number.path, number.severity) == ("shop.ear: sage.js", "shop.ear", "medium")
    assert (words.severity, words.cvss_score) == (None, None), "nothing is made up"
    (refusal,) = scan.refusals
    assert (refusal.field, scan.coverages[0].complete) == ("name", False), "the other one of the row is read"
    thyme = fixture("project.dependency-check.json").one("CVE-2031-1003")
    assert (thyme.component, thyme.component_version, thyme.severity) == ("thyme", "1.2", "high")
    assert thyme.cvss_vectors[0].startswith("CVSS:4.0/")


def test_dependency_check_before_version_two_names_maven_coordinates() -> None:
    text = (FILES / "project.dependency-check.xml").read_text()
    start, end = text.index("<identifiers>"), text.index("</identifiers>")
    old = '<identifiers><identifier type="maven"><name>(org.example:parsley:2.0.3)</name></identifier>'
    found = content(text[:start] + old + text[end:]).one("CVE-2031-1001")
    assert (found.component, found.component_version) == ("org.example:parsley", "2.0.3")
    assert found.purl == "pkg:maven/org.example/parsley@2.0.3"


def test_dependency_check_that_failed_is_not_complete() -> None:
    text = (FILES / "project.dependency-check.xml").read_text()
    failed = "<analysisExceptions><exception><message>no answer</message></exception></analysisExceptions></scanInfo>"
    scan = content(text.replace("</scanInfo>", failed))
    assert scan.ends[0].complete is False
    told = json.loads((FILES / "project.dependency-check.json").read_text())
    told["scanInfo"]["analysisExceptions"] = [{"exception": {"message": "no answer"}}]
    assert content(json.dumps(told)).coverages[0].complete is False


def test_dependency_check_without_dependencies_still_looked() -> None:
    text = (FILES / "project.dependency-check.xml").read_text()
    start, end = text.index("<dependencies>"), text.index("</dependencies>")
    scan = content(text[:start] + "<dependencies>" + text[end:])
    assert [one.name for one in scan.targets] == ["Shop"]
    assert scan.coverages[0].groups == {"dependency-check:vulnerabilities"}


def test_dependency_track() -> None:
    scan = fixture("findings.dependency-track.json")
    (target,) = scan.targets
    assert (target.kind, target.name) == ("application", "Shop")
    assert dict(target.identifiers) == {"dependency-track": "aa11", "purl": "pkg:npm/shop@3.1"}
    found = scan.one("CVE-2031-2001")
    assert (found.aliases, found.cwes, found.cvss_score) == (("GHSA-2222-3333-4444",), ("CWE-1333",), 7.5)
    assert (found.purl, found.component, found.component_version) == ("pkg:npm/tea-cup@1.0.0", "tea-cup", "1.0.0")
    assert found.references == ("https://cup.example/a", "https://cup.example/b")
    assert found.solution == "Take version 1.0.1."
    assert found.analysis is None
    old = scan.one("npm:533")
    assert (old.component, old.severity, old.cvss_vectors) == (
        "org.example/parsley", "medium", ("AV:N/AC:L/Au:N/C:N/I:N/A:P",),
    )  # fmt: skip
    assert (old.analysis, old.analysis_detail) == ("not_affected", "CODE_NOT_REACHABLE; It is never called.")
    assert scan.one("GHSA-5555-6666-7777").analysis == "in_triage"
    assert len(scan.refusals) == 1
    assert all(not one.checks and not one.groups for one in scan.coverages), "what was suppressed is left out"


@pytest.mark.parametrize("findings", [{"findings": None}, {"findings": []}, {}])
def test_dependency_track_without_findings(findings: dict[str, object]) -> None:
    told = {"version": "1.0", "meta": {"application": "Dependency-Track"}, "project": {"name": "Shop"}, **findings}
    scan = content(json.dumps(told))
    assert [one.name for one in scan.targets] == ["Shop"]
    assert scan.observations == []


def test_dependency_track_as_the_list_of_its_api() -> None:
    told = json.loads((FILES / "findings.dependency-track.json").read_text())["findings"]
    scan = content(json.dumps(told))
    assert scan.headers[0].format == "dependency-track"
    assert len(scan.observations) == 3


def test_snyk_api() -> None:
    scan = fixture("issues.snyk-api.json")
    assert [(one.kind, one.name) for one in scan.targets] == [
        ("repository", "p1"), ("repository", "p2"), ("cloud_resource", "e1"),
    ]  # fmt: skip
    both = [one for one in scan.observations if one.definition_id == "SNYK-PYTHON-PARSLEY-1001"]
    assert [one.purl for one in both] == ["pkg:pypi/parsley@2.0.3", "pkg:pypi/parsley@2.0.4"]
    assert (both[0].aliases, both[0].cvss_score, both[0].severity) == (("CVE-2031-1001",), 7.5, "high"), "Snyk's rating"
    flaw = scan.one("snyk:SQL Injection")
    assert (flaw.kind, flaw.path, flaw.line, flaw.anchor) == ("code", "src/store.py", 40, "9a29")
    assert (flaw.cwes, flaw.analysis) == (("CWE-89",), "suppressed")
    cloud = scan.one("snyk:Bucket is public")
    assert (cloud.kind, cloud.anchor) == ("misconfiguration", "arn:example:bucket")
    covered = {one.target: set(one.checks) for one in scan.coverages}
    assert covered == {
        "repository:p1": set(), "repository:p2": {"snyk:SNYK-JS-CUP-7"}, "cloud_resource:e1": set(),
    }, "what is resolved was looked for, nothing else"  # fmt: skip
    assert len(scan.refusals) == 1


def test_wiz_cli_of_an_image() -> None:
    scan = fixture("image.wizcli.json")
    (target,) = scan.targets
    assert (target.kind, target.name, target.identifiers) == (
        "image", "registry.example/shop:3", (("image-digest", "sha256:bb22"),),
    )  # fmt: skip
    system, library, teapot = (scan.one(f"CVE-2031-100{number}") for number in (1, 2, 3))
    assert (system.component, system.fixed_version, system.severity) == ("libtea", "3.3.1-r1", "low")
    assert (library.purl, library.path) == ("pkg:golang/golang.example/x/net@0.14.0", "/app/go.mod")
    assert library.aliases == ("GHSA-2222-3333-4444",)
    assert (teapot.path, teapot.component_version, teapot.cvss_score) == ("/opt/teapot", "5.1", 9.8)
    secret = scan.one("wizcli:secret/PASSWORD")
    assert (secret.kind, secret.path, secret.line) == ("secret", "/app/a.go", 35)
    assert scan.one("wizcli:data/Payment cards").evidence == "/data/a.csv"
    assert "never kept" not in repr(scan.records)
    assert scan.one("wizcli:Root may not log in").severity == "medium"
    assert scan.coverages[0].checks == {"wizcli:Root may not log in", "wizcli:A banner is shown"}
    assert len(scan.refusals) == 1


def test_wiz_cli_of_code() -> None:
    scan = fixture("code.wizcli.json")
    assert [one.name for one in scan.targets] == ["code.wizcli"], "a name with a time in it names nothing"
    first, second = scan.observations
    assert {one.definition_id for one in (first, second)} == {"wizcli:Healthcheck missing"}
    assert (first.path, second.path, first.line) == ("Dockerfile", "b/Dockerfile", 8)
    assert first.solution == "There should be HEALTHCHECK"
    assert scan.ends[0].complete is False
