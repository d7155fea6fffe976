"""What the reports on dependencies say: the fields that matter, and what they looked for."""

from __future__ import annotations

import json

import pytest
from accord_intake import Read, content, fixture

from accord.intake.records import IntakeError


def covered(scan: Read) -> dict[str, tuple[set[str], set[str], bool | None]]:
    return {one.target: (set(one.checks), set(one.groups), one.complete) for one in scan.coverages}


def test_grype() -> None:
    scan = fixture("image.grype.json")
    (target,) = scan.targets
    assert (target.kind, target.name, target.operating_system) == ("image", "registry.example/shop:1.9", "debian 12")
    assert {scheme for scheme, _ in target.identifiers} == {"image-id", "image-digest", "image-tag"}
    found = scan.one("GHSA-2222-3333-4444")
    assert found.aliases == ("CVE-2031-1001",)
    assert (found.severity, found.cvss_score, len(found.cvss_vectors)) == ("high", 7.5, 2)
    assert (found.component, found.component_version, found.fixed_version) == ("parsley", "2.0.3", "2.1.0")
    assert (found.purl, found.path) == ("pkg:pypi/parsley@2.0.3", "/app/lib/parsley-2.0.3.dist-info/METADATA")
    system = scan.one("CVE-2031-1002")
    assert (system.path, system.solution, system.severity) == (None, "The vendor will not fix this.", "low")
    ignored = scan.one("CVE-2031-1003")
    assert (ignored.analysis, ignored.analysis_detail) == ("not_affected", "vulnerable_code_not_present")
    assert covered(scan)[target.identity] == (set(), {"grype:vulnerabilities"}, None)
    assert scan.headers[0].finished is not None


@pytest.mark.parametrize("setting", [{"only-fixed": True}, {"exclude": ["/opt"]}])
def test_grype_that_shows_only_some_covers_nothing(setting: dict[str, object]) -> None:
    told = {"matches": [], "source": {"type": "directory", "target": "/work/shop"},
            "descriptor": {"name": "grype", "configuration": setting}}  # fmt: skip
    scan = content(json.dumps(told))
    assert [(one.kind, one.name) for one in scan.targets] == [("repository", "/work/shop")]
    assert [one.groups for one in scan.coverages] == [frozenset()]


def test_snyk() -> None:
    scan = fixture("projects.snyk.json")
    assert [(one.kind, one.name) for one in scan.targets] == [
        ("repository", "shop"), ("image", "registry.example/kitchen:4"), ("repository", "other"),
    ]  # fmt: skip
    paths = [one for one in scan.observations if one.definition_id == "SNYK-JS-TEACUP-1"]
    assert [one.anchor for one in paths] == ["kettle > teacup", "tray > teacup"]
    first = paths[0]
    assert (first.aliases, first.cwes, first.cvss_score) == (("CVE-2031-2001",), ("CWE-400",), 7.5)
    assert (first.purl, first.fixed_version, first.path) == ("pkg:npm/teacup@1.0.0", "1.0.1", "package-lock.json")
    assert first.solution == "Upgrade to kettle@2.0.0."
    licence = scan.one("licence:GPL-3.0")
    assert (licence.kind, licence.check, licence.severity) == ("licence", "snyk:snyk:lic:npm:spoon:GPL-3.0", "medium")
    ignored = scan.one("SNYK-JS-SAUCER-2")
    assert (ignored.analysis, ignored.analysis_detail) == ("suppressed", "Not reachable from the shop")
    (refusal,) = scan.refusals
    assert "Could not read pom.xml" in refusal.problem
    told = covered(scan)
    assert told["repository:shop"] == (set(), {"snyk:package-lock.json"}, None)
    assert told["image:registry.example/kitchen:4"][1] == set(), "a threshold left some out"
    assert told["repository:other"][2] is False


def test_snyk_infrastructure_as_code() -> None:
    issue = {"id": "SNYK-CC-TF-1", "title": "Open to all", "severity": "high", "lineNumber": 7,
             "path": ["resource", "x"], "msg": "resource.x", "resolve": "Close it"}  # fmt: skip
    told = {"infrastructureAsCodeIssues": [issue], "targetFile": "net/main.tf", "projectName": "net"}
    (found,) = content(json.dumps(told)).observations
    assert (found.kind, found.definition_id, found.path, found.line) == (
        "misconfiguration", "snyk:SNYK-CC-TF-1", "net/main.tf", 7,
    )  # fmt: skip


def test_osv_scanner_groups_identifiers() -> None:
    scan = fixture("locks.osv.json")
    assert len(scan.observations) == 2
    found = scan.one("GHSA-2222-3333-4444")
    assert set(found.aliases) == {"CVE-2031-1001", "PYSEC-2031-7"}
    assert (found.severity, found.cvss_score, found.fixed_version) == ("medium", 7.5, "2.1.0")
    assert (found.purl, found.cwes) == ("pkg:pypi/parsley@2.0.3", ("CWE-125",))
    assert found.evidence == "Call analysis: the vulnerable code is not called from here."
    assert scan.coverages[0].groups == {"osv-scanner:/work/shop/requirements.txt"}


def test_npm_6_and_7() -> None:
    six = fixture("six.npm-audit.json")
    assert [one.component_version for one in six.observations] == ["1.0.0", "0.9.0"]
    assert [one.anchor for one in six.observations] == [None, "~2"]
    first = six.observations[0]
    assert (first.definition_id, first.aliases) == ("GHSA-5555-6666-7777", ("CVE-2031-3001", "npm:901"))
    assert (first.severity, first.cwes, first.fixed_version) == ("medium", ("CWE-1321",), "1.0.1")
    assert first.evidence == "kettle>teacup\ntray>teacup"
    seven = fixture("seven.npm-audit.json")
    assert [one.path for one in seven.observations] == [
        "node_modules/teacup", "node_modules/kettle/node_modules/teacup",
    ]  # fmt: skip
    assert {one.solution for one in seven.observations} == {"Install kettle 2.0.0, a new major version."}
    assert seven.observations[0].fixed_version == "1.0.1"
    assert covered(seven) == {"repository:seven.npm-audit": (set(), {"npm-audit:vulnerabilities"}, None)}


def test_a_failed_audit_is_refused() -> None:
    with pytest.raises(IntakeError, match="ENOAUDIT: The registry does not answer"):
        content('{"error": {"code": "ENOAUDIT", "summary": "The registry does not answer", "detail": ""}}')
    with pytest.raises(IntakeError, match="yarn failed: No network"):
        content('{"type": "warning", "data": "x"}\n{"type": "error", "data": "No network"}\n')


def test_yarn() -> None:
    one = fixture("one.yarn-audit.jsonl")
    assert [found.definition_id for found in one.observations] == ["GHSA-5555-6666-7777"], "one for both paths"
    four = fixture("four.yarn-audit.jsonl")
    assert [(found.definition_id, found.severity) for found in four.observations] == [
        ("GHSA-5555-6666-7777", "medium"), ("yarn:deprecated/ladle", "info"),
    ]  # fmt: skip
    assert four.observations[0].purl == "pkg:npm/teacup@1.0.0"
    only = content('{"type": "info", "data": "No lockfile found."}\n{"type": "info", "data": "Nothing done"}\n')
    assert only.coverages[0].groups == frozenset(), "yarn did not come to its audit"


def test_pip_audit() -> None:
    scan = fixture("new.pip-audit.json")
    (found,) = scan.observations
    assert (found.definition_id, set(found.aliases)) == ("GHSA-2222-3333-4444", {"CVE-2031-1001", "PYSEC-2031-7"})
    assert (found.purl, found.fixed_version) == ("pkg:pypi/parsley@2.0.3", "2.1.0")
    assert scan.coverages[0].groups == {"pip-audit:parsley", "pip-audit:mint"}, "a skipped package was not looked at"
    assert fixture("old.pip-audit.json").one("PYSEC-2031-7").component == "Parsley"


def test_govulncheck() -> None:
    scan = fixture("stream.govulncheck.jsonl")
    assert [one.name for one in scan.targets] == ["example.org/shop"]
    called = scan.one("GO-2031-0001")
    assert (called.path, called.line, called.analysis) == ("main.go", 12, None)
    assert called.evidence == "example.org/shop.main\nexample.org/herb/leaf.Cut"
    assert (called.aliases, called.fixed_version) == (("CVE-2031-4001",), "v0.5.1")
    idle = scan.one("GO-2031-0002")
    assert idle.analysis == "not_affected"
    assert (idle.analysis_detail or "").startswith("vulnerable_code_not_in_execute_path")
    assert covered(scan)["repository:example.org/shop"][1] == {"govulncheck:vulnerabilities"}


def test_trivy_operator() -> None:
    scan = fixture("list.trivy-operator.json")
    workload, cluster = scan.targets
    assert (workload.kind, workload.name) == ("cloud_resource", "market/ReplicaSet/shop-7d")
    assert ("image-tag", "registry.example/shop:1.9") in workload.identifiers
    found = scan.one("CVE-2031-1002")
    assert (found.path, found.fixed_version, found.purl) == ("web", "1.4-3", "pkg:apk/alpine/libthyme1@1.4-2")
    assert scan.one("trivy:KSV-0014").solution == "Set readOnlyRootFilesystem."
    assert scan.one("trivy:secret/private-key").path == "web//etc/key.pem"
    assert scan.one("trivy:cis/4.2.10").severity == "critical"
    told = covered(scan)[workload.identity]
    assert told[0] == {"trivy:KSV-0014", "trivy:KSV-0001"}
    assert told[1] == {"trivy-operator:VulnerabilityReport/web", "trivy-operator:ExposedSecretReport/web"}
    assert covered(scan)[cluster.identity][0] == {"trivy:cis/4.2.9", "trivy:cis/4.2.10"}


def test_dependabot() -> None:
    rest = fixture("rest.dependabot.json")
    (target,) = rest.targets
    assert (target.name, target.identifiers) == ("garden/shop", (("repository", "https://github.com/garden/shop"),))
    first, dismissed = rest.observations
    assert (first.definition_id, first.aliases, first.cvss_score) == ("GHSA-5555-6666-7777", ("CVE-2031-3001",), 5.3)
    assert (first.path, first.purl, first.fixed_version) == ("web/package-lock.json", "pkg:npm/teacup", "1.0.1")
    assert (dismissed.analysis, dismissed.analysis_detail) == ("not_affected", "not_used; Only in a test")
    graph = fixture("graph.dependabot.json")
    assert graph.targets == rest.targets
    found = graph.one("GHSA-8888-9999-2222")
    assert (found.component_version, found.purl) == ("1.2.17", "pkg:maven/org.example/logger@1.2.17")
    assert (found.severity, found.cwes) == ("critical", ("CWE-502",))
    assert graph.one("GHSA-3333-4444-5555").analysis == "false_positive"
