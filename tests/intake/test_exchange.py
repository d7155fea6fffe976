"""What exchange documents state: SPDX, CSAF, OpenVEX. They looked for nothing, so they cover nothing."""

from __future__ import annotations

import json

import pytest
from accord_intake import Read, content, fixture

from accord.intake.records import IntakeError

FILES = ("image.spdx.json", "shop.spdx", "three.spdx.json", "advisory.csaf.json", "statements.openvex.json")


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_covered(name: str) -> None:
    scan = fixture(name)
    assert not any(one.checks or one.groups or one.exhaustive for one in scan.coverages)
    assert scan.observations


def states(scan: Read) -> dict[str, tuple[str | None, str | None]]:
    return {one.component or "": (one.analysis, one.analysis_detail) for one in scan.observations}


def test_spdx_2() -> None:
    scan = fixture("image.spdx.json")
    (target,) = scan.targets
    assert (target.kind, target.name, target.identifiers[1][0]) == ("image", "shop", "image-digest")
    assert (scan.headers[0].scanner, scan.headers[0].scanner_version) == ("bom-writer", "1.5.0")
    found = scan.one("CVE-2031-1002")
    assert (found.component, found.component_version) == ("libthyme1", "1.4-2")
    assert (found.purl, found.description) == ("pkg:deb/debian/libthyme1@1.4-2", "Reads too far")
    tags = fixture("shop.spdx").one("CVE-2031-1002")
    assert (tags.purl, tags.description, tags.references) == (found.purl, found.description, found.references)


def test_spdx_3() -> None:
    found = fixture("three.spdx.json").one("CVE-2031-1002")
    assert (found.analysis, found.analysis_detail) == ("not_affected", "vulnerable_code_not_present; We cut it out")
    assert (found.purl, found.cvss_score, found.severity) == ("pkg:deb/debian/libthyme1@1.4-2", 7.5, "high")


@pytest.mark.parametrize(
    "text",
    ["SPDXVersion: SPDX-1.2\n", "SPDXVersion: SPDX-2.3\nPackageComment: <text>no end\n",
     '{"spdxVersion": "SPDX-3.0", "name": "x"}'],
)  # fmt: skip
def test_spdx_that_is_not_read(text: str) -> None:
    with pytest.raises(IntakeError):
        content(text)


def test_csaf() -> None:
    scan = fixture("advisory.csaf.json")
    assert [one.name for one in scan.targets] == ["Garden Shop 2.0", "Garden Shop 1.9"]
    told = states(scan)
    assert told["Garden Shop 2.0"] == ("resolved", None)
    assert told["Garden Shop 1.9"] == ("exploitable", None)
    assert told["libthyme1 1.4-2"] == ("not_affected", "vulnerable_code_not_in_execute_path; Nothing calls it")
    part = next(one for one in scan.observations if one.purl)
    assert (part.target, part.purl) == ("application:Garden Shop 1.9", "pkg:deb/debian/libthyme1@1.4-2")
    whole = next(one for one in scan.observations if one.analysis == "exploitable")
    assert (whole.cvss_score, whole.severity, whole.solution) == (7.5, "high", "Install 2.0")
    assert (whole.aliases, whole.cwes) == (("GARDEN-2031-7",), ("CWE-125",))


def test_csaf_of_another_version_is_refused() -> None:
    with pytest.raises(IntakeError, match=r"CSAF version 1\.2 is not read"):
        content('{"document": {"csaf_version": "1.2"}, "vulnerabilities": []}')


def test_openvex_keeps_the_latest_statement() -> None:
    scan = fixture("statements.openvex.json")
    image, package = scan.targets
    assert (image.kind, image.name) == ("image", "registry.example/shop:1.9")
    assert "image-digest" in dict(image.identifiers)
    found = scan.one("CVE-2031-1002")
    assert found.analysis == "not_affected"
    assert found.analysis_detail == "vulnerable_code_not_in_execute_path; Nothing calls it"
    assert (found.component, found.aliases) == ("libthyme1", ("GHSA-2222-3333-4444",))
    assert package.identifiers == (("purl", "pkg:npm/sage@3.3"),)
    assert scan.one("CVE-2031-1003").solution == "Upgrade to 3.4"


def test_openvex_with_an_unknown_status() -> None:
    statement = {"vulnerability": {"name": "CVE-2031-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "perhaps"}
    told = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}
    (refusal,) = content(json.dumps(told)).refusals
    assert refusal.field == "status"


def test_a_cyclonedx_document_of_statements_alone_covers_nothing() -> None:
    row = {"id": "CVE-2031-1", "affects": [{"ref": "pkg:npm/a@1"}],
           "analysis": {"state": "not_affected", "justification": "code_not_reachable", "response": ["will_not_fix"],
                        "detail": "Nothing calls it"}}  # fmt: skip
    told = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "vulnerabilities": [row]}
    scan = content(json.dumps(told))
    assert scan.coverages[0].groups == frozenset()
    (found,) = scan.observations
    assert found.analysis_detail == "code_not_reachable; will_not_fix; Nothing calls it"
    told["components"] = [{"bom-ref": "pkg:npm/a@1", "name": "a", "version": "1", "type": "library"}]
    assert content(json.dumps(told)).coverages[0].groups == {"cyclonedx:vulnerabilities"}
