"""VEX documents and bills of materials: valid where the formats demand it, and read back as they were meant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from accord.intake.records import Observation
from accord.intake.registry import detect, read_scan
from accord.outlet.vex import (
    JUSTIFICATIONS,
    Component,
    Inventory,
    Product,
    Statement,
    VexDocument,
    VexError,
    csaf,
    cyclonedx,
    openvex,
    sbom,
)

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
PRODUCTS = (
    Product("A-1", "portal", "2.4", purl="pkg:oci/portal@sha256%3Aabc"),
    Product("A-2", "gateway", cpe="cpe:2.3:a:invented:gateway:1.0:*:*:*:*:*:*:*"),
)
STATEMENTS = (
    Statement(
        "CVE-2026-1000", "A-1", "not_affected", NOW, aliases=("GHSA-2222-3333-4444",),
        justification="vulnerable_code_not_in_execute_path", component="pkg:pypi/invented@1.0",
        vectors=("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",), score=9.8, cwes=("CWE-79",),
    ),
    Statement("CVE-2026-1000", "A-2", "affected", NOW, action="Upgrade to 1.1 in window W-3."),
    Statement("GHSA-5555-6666-7777", "A-2", "fixed", NOW),
    Statement("CVE-2026-1001", "A-1", "under_investigation", NOW),
    Statement("CVE-2026-1002", "A-1", "not_affected", NOW, impact="The module is switched off."),
)  # fmt: skip
DOCUMENT = VexDocument(
    "https://accord.example/vex/7", "Invented Ltd", "https://invented.example", "What we say", 2, NOW, PRODUCTS,
    STATEMENTS, datetime(2026, 11, 1, tzinfo=UTC),
)  # fmt: skip
READ_BACK = {
    ("CVE-2026-1000", "not_affected"), ("CVE-2026-1000", "exploitable"), ("GHSA-5555-6666-7777", "resolved"),
    ("CVE-2026-1001", "in_triage"), ("CVE-2026-1002", "not_affected"),
}  # fmt: skip


def load(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


def test_openvex_says_what_its_specification_demands() -> None:
    told = load(openvex(DOCUMENT))
    assert told["@context"] == "https://openvex.dev/ns/v0.2.0"
    assert (told["version"], told["timestamp"], told["last_updated"]) == (
        2, "2026-11-01T00:00:00Z", "2026-11-25T10:00:00Z",
    )  # fmt: skip
    for one in told["statements"]:
        assert one["products"][0]["@id"]
        if one["status"] == "not_affected":
            assert one.get("justification") or one.get("impact_statement")
        if one["status"] == "affected":
            assert one["action_statement"]
    assert told["statements"][0]["products"][0]["subcomponents"][0]["@id"] == "pkg:pypi/invented@1.0"


def test_csaf_says_what_the_vex_profile_demands() -> None:
    told = load(csaf(DOCUMENT))
    known = {one["product_id"] for one in told["product_tree"]["full_product_names"]}
    tracking = told["document"]["tracking"]
    assert tracking["revision_history"][-1]["number"] == tracking["version"] == "2"
    for one in told["vulnerabilities"]:
        assert one.get("cve") or one.get("ids")
        assert one["notes"]
        status = one["product_status"]
        assert status.keys() & {"fixed", "known_affected", "known_not_affected", "under_investigation"}
        told_of = [key for keys in status.values() for key in keys]
        assert set(told_of) <= known
        assert len(told_of) == len(set(told_of)), "no product in two groups (6.1.6)"
        reasons = {key for flag in (*one.get("flags", ()), *one.get("threats", ())) for key in flag["product_ids"]}
        assert set(status.get("known_not_affected", ())) <= reasons
        actions = {key for remedy in one.get("remediations", ()) for key in remedy["product_ids"]}
        assert set(status.get("known_affected", ())) <= actions
    assert len(told["vulnerabilities"]) == 4


def test_cyclonedx_refers_to_its_own_components_only() -> None:
    told = load(cyclonedx(DOCUMENT))
    references = {one["bom-ref"] for one in told["components"]}
    assert {one["affects"][0]["ref"] for one in told["vulnerabilities"]} <= references
    assert len({one["bom-ref"] for one in told["vulnerabilities"]}) == len(told["vulnerabilities"])
    assert told["vulnerabilities"][0]["analysis"]["justification"] == "code_not_reachable"
    assert told["vulnerabilities"][0]["ratings"][0]["method"] == "CVSSv31"


@pytest.mark.parametrize("write", [cyclonedx, openvex, csaf])
def test_our_own_readers_understand_it(write: Any) -> None:
    body = write(DOCUMENT)
    assert detect(BytesIO(body)).name
    rows = [one for one in read_scan(BytesIO(body), name="vex.json") if isinstance(one, Observation)]
    said = {(one.definition_id, one.analysis) for one in rows}
    for name, analysis in READ_BACK:
        states = {analysis, None} if analysis == "exploitable" else {analysis}
        names = {name} | {alias for one in STATEMENTS if one.vulnerability == name for alias in one.aliases}
        assert any((other, state) in said for other in names for state in states), (name, analysis, said)


def test_the_same_document_gives_the_same_bytes() -> None:
    for write in (cyclonedx, openvex, csaf):
        assert write(DOCUMENT) == write(DOCUMENT)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"justification": None}, "say why"),
        ({"status": "affected", "action": None}, "to be done"),
        ({"product": "A-9"}, "not in the document"),
        ({"justification": "because"}, "no justification"),
        ({"status": "fine"}, "no status"),
    ],
)
def test_what_would_not_be_valid_is_refused(change: dict[str, Any], says: str) -> None:
    broken = replace(DOCUMENT, statements=(replace(STATEMENTS[0], **change),))
    for write in (cyclonedx, openvex, csaf):
        with pytest.raises(VexError, match=says):
            write(broken)


def test_an_empty_document_or_two_products_of_one_key_are_refused() -> None:
    with pytest.raises(VexError, match="nothing to say"):
        openvex(replace(DOCUMENT, statements=()))
    with pytest.raises(VexError, match="one key"):
        csaf(replace(DOCUMENT, products=(PRODUCTS[0], PRODUCTS[0])))


def test_every_justification_has_words() -> None:
    assert all(words and nearest for words, nearest in JUSTIFICATIONS.values())


def test_a_bill_of_materials_names_each_component_once() -> None:
    parts = (
        Component("A-1", "openssl", "3.0.1", "pkg:deb/debian/openssl@3.0.1", seen=NOW, source="Trivy"),
        Component("A-2", "openssl", "3.0.1", "pkg:deb/debian/openssl@3.0.1"),
        Component("A-2", "zlib", "1.3"),
    )
    told = load(sbom(Inventory("https://accord.example/sbom/1", "Invented Ltd", 1, NOW, PRODUCTS, parts)))
    assert [one["name"] for one in told["components"]] == ["portal", "gateway", "openssl", "zlib"]
    needs = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    assert needs == {"A-1": ["part:1"], "A-2": ["part:1", "part:2"]}
    assert told["compositions"][0]["aggregate"] == "unknown"
