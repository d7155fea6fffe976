"""CycloneDX, JSON and XML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from accord_intake import FILES, Read, content, fixture

from accord.intake.fingerprint import fingerprint
from accord.intake.records import IntakeError


@pytest.fixture(scope="module")
def scan() -> Read:
    return fixture("vex.cdx.json")


def bom(**parts: Any) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", **parts})


def test_the_subject_is_the_target(scan: Read) -> None:
    (target,) = scan.targets
    assert target.identity == "image:shop:1.4"
    assert target.identifiers == (("purl", "pkg:oci/shop@sha256:beef"), ("image-digest", "sha256:beef"))
    assert (scan.headers[0].scanner, scan.headers[0].scanner_version) == ("scanner", "2.1")


def test_one_observation_per_affected_component(scan: Read) -> None:
    found = [one for one in scan.observations if one.definition_id == "GHSA-jfh8-c2jp-5v3q"]
    assert [one.component for one in found] == ["org.apache.logging.log4j:log4j-core", "@scope/inner"]
    assert found[0].component_version == "2.13.2"
    assert found[0].purl == "pkg:maven/org.apache.logging.log4j/log4j-core@2.13.2"
    assert found[0].aliases == ("CVE-2021-44228",)
    assert found[0].cwes == ("CWE-20", "CWE-502")


def test_the_own_source_rates_before_others(scan: Read) -> None:
    found = next(one for one in scan.observations if one.definition_id == "GHSA-jfh8-c2jp-5v3q")
    assert (found.severity, found.cvss_score) == ("critical", 10.0)
    assert found.cvss_vectors == ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "AV:N/AC:M/Au:N/C:C/I:C/A:C")


def test_a_vector_without_a_score_is_calculated(scan: Read) -> None:
    found = scan.one("CVE-2024-1111")
    assert (found.severity, found.cvss_score) == ("low", 3.3)


def test_the_analysis_is_carried(scan: Read) -> None:
    found = next(one for one in scan.observations if one.definition_id == "GHSA-jfh8-c2jp-5v3q")
    assert found.analysis == "not_affected"
    assert found.analysis_detail == "code_not_reachable; will_not_fix; Lookups are off."
    assert scan.one("CVE-2024-1111").analysis == "not_affected"  # every version is called unaffected


@pytest.mark.parametrize(
    "state", ["exploitable", "in_triage", "resolved", "resolved_with_pedigree", "false_positive", "not_affected"]
)
def test_every_state_of_the_specification(state: str) -> None:
    scan = content(bom(vulnerabilities=[{"id": "CVE-2024-1", "analysis": {"state": state}}]))
    assert scan.observations[0].analysis == state


def test_components_that_are_not_in_the_file_are_said(scan: Read) -> None:
    found = [one for one in scan.observations if one.definition_id == "CVE-2024-2222"]
    assert found[0].evidence == "It affects unknown-ref, which is not among the components of this file."
    assert found[1].purl == "pkg:npm/left-pad@1.0.0"
    assert len({fingerprint(one, one.target) for one in found}) == 2


def test_a_vulnerability_without_components_is_on_the_subject(scan: Read) -> None:
    found = scan.one("CVE-2024-3333")
    assert (found.component, found.severity, found.cvss_score) == (None, None, None)


def test_no_severity_is_unknown_and_none_is_info() -> None:
    rows = [{"id": "CVE-2024-1"}, {"id": "CVE-2024-2", "ratings": [{"severity": "none"}]}, {"id": "CVE-2024-3",
            "ratings": [{"severity": "unknown"}]}]  # fmt: skip
    scan = content(bom(vulnerabilities=rows))
    assert [one.severity for one in scan.observations] == [None, "info", None]


def test_a_row_without_an_identifier_is_refused(scan: Read) -> None:
    (refusal,) = scan.refusals
    assert (refusal.row, refusal.field) == ("vulnerabilities[3]", "id")


def test_what_was_looked_for() -> None:
    without = content(bom(components=[{"name": "a"}]))
    assert without.coverages[0].covers("cyclonedx:CVE-2024-1", "cyclonedx:vulnerabilities") is None
    none_found = content(bom(vulnerabilities=[]))
    assert none_found.coverages[0].covers("cyclonedx:CVE-2024-1", "cyclonedx:vulnerabilities") is True


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6"])
def test_versions(version: str) -> None:
    assert content(bom(specVersion=version)).targets[0].identity == "application:content"


def test_another_version_is_refused() -> None:
    with pytest.raises(IntakeError, match=r"version 2\.0 is not read"):
        content(bom(specVersion="2.0"))


def test_a_real_environment() -> None:
    scan = fixture("accord-environment.cdx.json")
    assert scan.targets[0].identity == "application:accord"
    assert scan.headers[0].scanner == "cyclonedx-py"
    assert scan.observations == []


def test_the_older_extension_of_xml() -> None:
    scan = fixture("components.cdx.xml")
    assert scan.targets[0].identity == "image:shop:1.4"
    assert [one.component_version for one in scan.observations] == ["1.11.29", "2.2.20"]
    first = scan.observations[0]
    assert (first.component, first.severity, first.cvss_score) == ("Django", "medium", 4.9)
    assert (first.cwes, first.solution) == (("CWE-22",), "Upgrade")
    assert len({fingerprint(one, one.target) for one in scan.observations}) == 2


def test_xml_and_json_say_the_same() -> None:
    xml = (
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><timestamp>2024-02-01T10:00:00Z</timestamp>'
        "<component type='application' bom-ref='s'><group>g</group><name>shop</name><version>1</version></component>"
        "</metadata><components><component type='library' bom-ref='a'><name>lib</name><version>1.0</version>"
        "<purl>pkg:npm/lib@1.0</purl></component></components><vulnerabilities><vulnerability bom-ref='v'>"
        "<id>CVE-2024-1</id><source><name>NVD</name><url>https://nvd.nist.gov/1</url></source><ratings><rating>"
        "<score>7.5</score><severity>high</severity><method>CVSSv31</method></rating></ratings><cwes><cwe>79</cwe>"
        "</cwes><description>d</description><recommendation>r</recommendation><advisories><advisory><url>"
        "https://example.org/a</url></advisory></advisories><analysis><state>in_triage</state><responses><response>"
        "update</response></responses></analysis><affects><target><ref>a</ref></target></affects></vulnerability>"
        "</vulnerabilities></bom>"
    )
    row = {
        "id": "CVE-2024-1",
        "source": {"name": "NVD", "url": "https://nvd.nist.gov/1"},
        "ratings": [{"score": 7.5, "severity": "high", "method": "CVSSv31"}],
        "cwes": [79],
        "description": "d",
        "recommendation": "r",
        "advisories": [{"url": "https://example.org/a"}],
        "analysis": {"state": "in_triage", "response": ["update"]},
        "affects": [{"ref": "a"}],
    }
    same = bom(
        metadata={
            "timestamp": "2024-02-01T10:00:00Z",
            "component": {"type": "application", "bom-ref": "s", "group": "g", "name": "shop", "version": "1"},
        },
        components=[{"type": "library", "bom-ref": "a", "name": "lib", "version": "1.0", "purl": "pkg:npm/lib@1.0"}],
        vulnerabilities=[row],
    )
    one, other = content(xml), content(same)
    assert one.targets == other.targets
    assert one.observations == other.observations
    assert one.coverages == other.coverages


def test_order_in_the_file_does_not_matter() -> None:
    data = json.loads((FILES / "vex.cdx.json").read_text())
    turned = {key: data[key] for key in reversed(list(data))}
    assert content(json.dumps(turned)).observations == content(json.dumps(data)).observations
