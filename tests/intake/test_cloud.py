"""What the reports on clouds and clusters say: one identity per resource, whichever tool saw it."""

from __future__ import annotations

import pytest
from accord_intake import fixture

from accord.intake.clouds import Resource, target

MACHINE = "arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0"
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("told", "identity"),
    [
        (Resource(MACHINE), "host:aws-instance-id:i-0123456789abcdef0"),
        (Resource("i-0123456789abcdef0"), "host:aws-instance-id:i-0123456789abcdef0"),
        (Resource("arn:aws:iam::123456789012:root"), "account:123456789012"),
        (Resource("123456789012", account="123456789012"), "account:123456789012"),
        (Resource("AWS::::Account:123456789012", type="AwsAccount"), "account:123456789012"),
        (Resource(f"arn:aws:ecr:eu-central-1:123456789012:repository/web/shop/{DIGEST}"), "image:web/shop"),
        (Resource("arn:aws:s3:::garden-data"), "cloud_resource:arn:aws:s3:::garden-data"),
        (Resource("bucket", account="p-1", region="eu", type="Bucket"), "cloud_resource:p-1/eu/Bucket/bucket"),
    ],
)
def test_what_a_resource_is(told: Resource, identity: str) -> None:
    assert target(told).identity == identity


def test_one_machine_is_one_target_in_every_format() -> None:
    files = ("five.prowler.csv", "hub.asff.json", "findings.inspector2.json")
    found = [next(one for one in fixture(name).targets if one.kind == "host") for name in files]
    assert {one.identity for one in found} == {"host:aws-instance-id:i-0123456789abcdef0"}
    assert ("arn", MACHINE) in found[0].identifiers
    assert found[1].addresses == found[2].addresses == ("10.1.2.3",)


def test_checkov() -> None:
    scan = fixture("runs.checkov.json")
    failed = scan.one("checkov:CKV_X_2")
    assert (failed.kind, failed.severity, failed.path, failed.line) == ("misconfiguration", "high", "net/main.tf", 3)
    assert (failed.component, failed.anchor) == ("aws_sg.web", "aws_sg.web")
    skipped = scan.one("checkov:CKV_X_3")
    assert (skipped.analysis, skipped.analysis_detail) == ("suppressed", "Agreed with the owner")
    package = scan.one("CVE-2031-1001")
    assert (package.kind, package.purl, package.fixed_version) == ("vulnerability", "pkg:pypi/parsley@2.0.3", "2.1.0")
    assert scan.coverages[0].checks == {"checkov:CKV_X_1", "checkov:CKV_X_2", "checkov:CKV_X_3"}
    assert "/net/bad.tf" in scan.refusals[0].problem
    assert scan.coverages[0].complete is False


def test_kubescape() -> None:
    scan = fixture("cluster.kubescape.json")
    assert [one.name for one in scan.targets] == ["prod/market/Deployment/shop"]
    found = scan.one("kubescape:C-0017")
    assert (found.severity, found.path, found.anchor) == ("low", "deploy/shop.yaml", "immutable-fs")
    assert found.evidence == "spec.x = true"
    excused = scan.one("kubescape:C-0057")
    assert (excused.severity, excused.analysis) == ("high", "suppressed")
    assert "kubescape:C-0044/host-port" in scan.coverages[0].checks


def test_prowler() -> None:
    scan = fixture("five.prowler.csv")
    assert (scan.headers[0].scanner_version, len(scan.observations)) == ("5.4.0", 2)
    found = scan.one("prowler:ec2_imdsv2")
    assert (found.severity, found.solution, found.references) == ("high", "Ask for it", ("https://example.org/i",))
    assert scan.one("prowler:root_mfa").analysis == "suppressed"
    told = {one.target: one.checks for one in scan.coverages}
    assert told["cloud_resource:arn:aws:s3:::garden-data"] == {"prowler:s3_public"}, "it passed"
    assert told["account:123456789012"] == {"prowler:root_mfa"}, "what is left to a person did not run"
    old = fixture("two.prowler.csv")
    assert [one.evidence for one in old.observations] == [
        "us-east-1 User ann has none", "us-east-1 User bob has none",
    ]  # fmt: skip
    (azure,) = fixture("five.prowler.json").observations
    assert azure.target.startswith("cloud_resource:/subscriptions/0000-1111/")
    (certificate,) = fixture("three.prowler.json").observations
    assert (certificate.definition_id, certificate.solution) == ("prowler:acm_expiry", "Renew")


def test_asff() -> None:
    scan = fixture("hub.asff.json")
    assert len(scan.observations) == 3, "what passed or is archived is none"
    control = scan.one("security-hub:EC2.2")
    assert (control.severity, control.solution, control.anchor) == ("high", "Close it", None)
    found = scan.one("CVE-2031-1002")
    assert (found.component_version, found.fixed_version, found.cvss_score) == ("1.4-2", "0:1.4-3", 7.5)
    assert (found.analysis, found.analysis_detail) == ("suppressed", "Replaced in May")
    odd = scan.one("guardduty:Persistence:IAMUser-NetworkPermissions")
    assert (odd.target, odd.anchor) == ("account:123456789012", "77")
    assert "user/ann" in (odd.evidence or "")
    told = {one.target: one.checks for one in scan.coverages}
    assert told["cloud_resource:arn:aws:s3:::garden-data"] == {"security-hub:S3.8"}


def test_inspector() -> None:
    scan = fixture("findings.inspector2.json")
    found = scan.one("CVE-2031-1001")
    assert (found.target, found.aliases, found.path) == ("image:shop", ("GHSA-2222-3333-4444",), "app/METADATA")
    assert (found.purl, found.fixed_version) == ("pkg:pypi/parsley@2.0.3", "2.1.0")
    port = scan.one("aws:network-reachability")
    assert (port.port, port.protocol, port.analysis) == (22, "tcp", "suppressed")
