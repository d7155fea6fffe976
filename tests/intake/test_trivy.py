"""Trivy JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from accord_intake import FILES, Read, content, fixture

from accord.intake.fingerprint import fingerprint
from accord.intake.records import IntakeError


@pytest.fixture(scope="module")
def scan() -> Read:
    return fixture("image.trivy.json")


def test_the_image_is_the_target_without_its_digest(scan: Read) -> None:
    (target,) = scan.targets
    assert target.identity == "image:registry.example.org/shop:1.4"
    assert ("image-id", "sha256:aa") in target.identifiers
    assert ("image-digest", "registry.example.org/shop@sha256:0011") in target.identifiers
    assert target.operating_system == "debian 12.5"


def test_a_vulnerability_of_the_system(scan: Read) -> None:
    found = scan.one("CVE-2023-46218")
    assert found.aliases == ("DSA-5587-1",)
    assert (found.severity, found.cvss_score, found.path) == ("medium", 6.5, None)
    assert [vector[:8] for vector in found.cvss_vectors] == ["CVSS:4.0", "CVSS:3.1", "CVSS:3.1"]
    assert found.cvss_vectors[1].startswith("CVSS:3.1/AV:N/AC:L/PR:N")  # the source of the severity first
    assert (found.component, found.component_version) == ("curl", "7.88.1-10")
    assert found.purl == "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12.5"
    assert found.solution == "Upgrade curl to 7.88.1-10+deb12u5."
    assert found.references == (
        "https://avd.aquasec.com/nvd/cve-2023-46218",
        "https://curl.se/docs/CVE-2023-46218.html",
    )


def test_unknown_stays_unknown(scan: Read) -> None:
    found = scan.one("CVE-2024-0001")
    assert (found.severity, found.cvss_score, found.fixed_version) == (None, None, None)
    assert found.solution == "The vendor will not fix this."


def test_the_vendors_word_is_carried(scan: Read) -> None:
    assert scan.one("CVE-2024-0002").analysis == "not_affected"
    found = scan.one("CVE-2020-0001")
    assert (found.analysis, found.analysis_detail) == (
        "not_affected",
        "vulnerable_code_not_in_execute_path vex.json",
    )


def test_paths_and_versions_keep_instances_apart(scan: Read) -> None:
    jars = [one for one in scan.observations if one.definition_id == "CVE-2021-44228"]
    assert [one.path for one in jars] == ["app/a.jar", "app/b.jar"]
    lodash = [one for one in scan.observations if one.component == "lodash"]
    assert [one.component_version for one in lodash] == ["4.17.4", "4.17.20"]
    assert {one.path for one in lodash} == {"app/package-lock.json"}
    assert len({fingerprint(one, one.target) for one in scan.observations}) == len(scan.observations)


def test_an_upgrade_that_is_still_vulnerable_is_the_same_instance() -> None:
    data = json.loads((FILES / "image.trivy.json").read_text())
    before = content(json.dumps(data))
    for result in data["Results"]:
        for row in result.get("Vulnerabilities", []):
            row["InstalledVersion"] = row.get("InstalledVersion", "") + ".1"
            row["Title"], row["Description"], row["Severity"] = "new words", "other words", "LOW"
    after = content(json.dumps(data))

    def keys(scan: Read) -> set[str]:
        return {fingerprint(one, one.target) for one in scan.observations}

    assert keys(before) == keys(after)


def test_misconfigurations_secrets_and_licences(scan: Read) -> None:
    dockerfile = scan.one("trivy:DS-0002")
    assert (dockerfile.kind, dockerfile.path, dockerfile.line) == ("misconfiguration", "app/Dockerfile", 3)
    assert dockerfile.aliases == ("AVD-DS-0002", "DS002")
    secret = scan.one("trivy:secret/aws-access-key-id")
    assert (secret.kind, secret.line, secret.evidence) == ("secret", 2, "KEY=********************")
    licence = scan.one("licence:GPL-3.0-or-later")
    assert (licence.kind, licence.component, licence.severity) == ("licence", "bash", "high")
    assert not any(one.definition_id == "trivy:DS-0026" for one in scan.observations)


@pytest.mark.parametrize("row", [{"ID": "DS002"}, {"ID": "DS-0002"}, {"ID": "AVD-DS-0002", "AVDID": "AVD-DS-0002"}])
def test_one_check_under_the_three_spellings(row: dict[str, str]) -> None:
    results = [{"Target": "Dockerfile", "Class": "config", "Misconfigurations": [{**row, "Severity": "HIGH"}]}]
    scan = content(json.dumps({"SchemaVersion": 2, "ArtifactName": "x", "Results": results}))
    assert [one.definition_id for one in scan.observations] == ["trivy:DS-0002"]


def test_coverage_is_the_classes_and_checks_in_the_file(scan: Read) -> None:
    (one,) = scan.coverages
    assert one.complete is False  # a row was refused
    assert one.groups == {f"trivy:{name}" for name in ("os-pkgs", "lang-pkgs", "config", "secret", "license")}
    assert {"trivy:DS-0002", "trivy:DS-0026"} <= one.checks
    (refusal,) = scan.refusals
    assert (refusal.row, refusal.field) == ("Results[0].Vulnerabilities[3]", "VulnerabilityID")


def test_a_class_that_is_not_in_the_file_is_unknown() -> None:
    results = [{"Target": "shop (alpine 3.19)", "Class": "os-pkgs", "Type": "alpine"}]
    scan = content(json.dumps({"SchemaVersion": 2, "ArtifactName": "x", "Results": results}))
    (one,) = scan.coverages
    assert one.covers("trivy:CVE-2020-1", "trivy:os-pkgs") is True
    assert one.covers("trivy:secret/x", "trivy:secret") is None


def test_the_order_of_names_does_not_matter() -> None:
    data = json.loads((FILES / "image.trivy.json").read_text())

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(list(value))}
        return [turned(one) for one in value] if isinstance(value, list) else value

    straight, reverse = content(json.dumps(data)), content(json.dumps(turned(data)))
    assert straight.targets == reverse.targets
    assert {one.definition_id: one.path for one in straight.observations} == {
        one.definition_id: one.path for one in reverse.observations
    }
    assert len(straight.observations) == len(reverse.observations)


def test_the_older_list() -> None:
    rows = [{"VulnerabilityID": "CVE-2019-1", "PkgName": "apt", "Severity": "LOW"}]
    old = [
        {"Target": "app/yarn.lock", "Type": "yarn", "Vulnerabilities": rows},
        {"Target": "shop:1 (debian 10.8)", "Type": "debian", "Vulnerabilities": rows},
        {"Target": "empty", "Type": "npm", "Vulnerabilities": None},
    ]
    scan = content(json.dumps(old))
    (target,) = scan.targets
    assert (target.identity, target.operating_system) == ("image:shop:1", "debian 10.8")
    assert [one.path for one in scan.observations] == ["app/yarn.lock", None]


def test_kubernetes() -> None:
    row = {"ID": "KSV001", "Severity": "MEDIUM", "Status": "FAIL", "Message": "Container 'a' should …"}
    result = {"Target": "Deployment/web", "Class": "config", "Type": "kubernetes", "Misconfigurations": [row]}
    resource = {"Namespace": "shop", "Kind": "Deployment", "Name": "web", "Results": [result]}
    scan = content(json.dumps({"ClusterName": "prod", "Resources": [resource]}))
    assert scan.targets[0].identity == "cloud_resource:prod/shop/Deployment/web"
    assert scan.observations[0].anchor == "Container 'a' should …"


@pytest.mark.parametrize(
    ("artifact", "identity"),
    [
        ({"ArtifactName": ".", "ArtifactType": "filesystem"}, "repository:content"),
        ({"ArtifactName": "https://git.example.org/shop", "ArtifactType": "repository"},
         "repository:https://git.example.org/shop"),
        ({"ArtifactName": "/", "ArtifactType": "filesystem", "Metadata": {"OS": {"Family": "ubuntu", "Name": "22.04"}}},
         "host:content"),
        ({"ArtifactName": "disk.vmdk", "ArtifactType": "vm"}, "host:disk.vmdk"),
        ({"ArtifactName": "bom.json", "ArtifactType": "cyclonedx"}, "application:bom.json"),
    ],
)  # fmt: skip
def test_kinds_of_artifacts(artifact: dict[str, Any], identity: str) -> None:
    scan = content(json.dumps({"SchemaVersion": 2, **artifact}))
    assert [target.identity for target in scan.targets] == [identity]
    assert scan.coverages[0].groups == frozenset()


def test_a_finding_that_is_no_object_refuses_the_file() -> None:
    results = [{"Target": "x", "Class": "os-pkgs", "Vulnerabilities": ["CVE-2020-1"]}]
    with pytest.raises(IntakeError) as caught:
        content(json.dumps({"SchemaVersion": 2, "ArtifactName": "x", "Results": results}))
    assert caught.value.field == "Results[0].Vulnerabilities[0]"
