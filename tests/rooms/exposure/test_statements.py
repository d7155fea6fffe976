"""VEX statements: which one counts on a finding, what they win against, and what ending them puts back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accord.core.errors import Refused
from accord.core.models import User
from accord.exposure.models import Finding, Scan, Target, VexStatement
from accord.exposure.services import check_rollups, claim, import_scan
from accord.exposure.services.lifecycle import Wish, act
from accord.exposure.services.statements import declare, settle, withdraw
from accord.exposure.services.statements_in import justification_in

pytestmark = pytest.mark.django_db
Moment = Callable[[float], Any]
BOM = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"


@pytest.fixture
def bom(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CycloneDX file of an application: vulnerabilities as (identifier, package, version, analysis)."""
    made = 0

    def write(rows: list[tuple[str, str, str, dict[str, Any] | None]], when: Any, name: str = "shop") -> Path:
        nonlocal made
        made += 1
        components = {
            f"pkg:npm/{package}@{version}": {
                "type": "library", "bom-ref": f"pkg:npm/{package}@{version}", "name": package, "version": version,
                "purl": f"pkg:npm/{package}@{version}",
            }
            for _, package, version, _ in rows
        }  # fmt: skip
        held = {
            "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": BOM, "version": made,
            "metadata": {
                "timestamp": when.isoformat(), "component": {"type": "application", "name": name, "version": "1"},
            },
            "components": list(components.values()),
            "vulnerabilities": [
                {
                    "id": identifier, "ratings": [{"severity": "high"}],
                    "affects": [{"ref": f"pkg:npm/{package}@{version}"}],
                    **({"analysis": analysis} if analysis else {}),
                }
                for identifier, package, version, analysis in rows
            ],
        }  # fmt: skip
        path = tmp_path / f"bom-{made}.cdx.json"
        path.write_text(json.dumps(held))
        return path

    return write


def state_of(identifier: str) -> list[str]:
    rows = Finding.objects.filter(definition__identifier=identifier).order_by("purl")
    return list(rows.values_list("state", flat=True))


def agree() -> None:
    assert list(check_rollups()) == []


NOT_REACHABLE = {"state": "not_affected", "justification": "code_not_reachable", "detail": "Only used in tests."}


def test_a_document_holds_against_the_scanner_that_comes_after_it(
    estate: User, bom: Callable[..., Path], moment: Moment
) -> None:
    rows = [("CVE-2026-1", "left-pad", "1.0", None), ("CVE-2026-2", "right-pad", "1.0", None)]
    import_scan(estate, bom(rows, moment(0)))
    assert state_of("CVE-2026-1") == ["open"]
    stated = [("CVE-2026-1", "left-pad", "1.0", NOT_REACHABLE)]
    import_scan(estate, bom(stated, moment(1)))
    assert state_of("CVE-2026-1") == ["not_affected"]
    one = VexStatement.objects.get()
    assert (one.status, one.justification) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert "Only used in tests." in one.impact and one.said == moment(1) and one.scan is not None
    assert [f.definition.identifier for f in one.covers.all()] == ["CVE-2026-1"]
    import_scan(estate, bom(rows, moment(2)))
    assert state_of("CVE-2026-1") == ["not_affected"]
    assert state_of("CVE-2026-2") == ["open"]
    agree()
    withdraw(estate, one, "It is called after all")
    assert state_of("CVE-2026-1") == ["open"]
    assert Finding.objects.filter(statement__isnull=False).count() == 0
    agree()


def test_a_newer_document_supersedes_an_older_one_comes_too_late(
    estate: User, bom: Callable[..., Path], moment: Moment
) -> None:
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(0)))
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", NOT_REACHABLE)], moment(3)))
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", {"state": "exploitable"})], moment(2)))
    assert state_of("CVE-2026-1") == ["not_affected"]
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", {"state": "exploitable"})], moment(4)))
    assert state_of("CVE-2026-1") == ["open"]
    old, new = VexStatement.objects.order_by("said")
    assert (old.end, old.follower, new.status, new.stands) == ("superseded", new, "affected", True)
    agree()


def test_a_person_says_it_of_a_package_wherever_it_is(estate: User, bom: Callable[..., Path], moment: Moment) -> None:
    rows = [("CVE-2026-1", "left-pad", "1.0", None), ("CVE-2026-1", "left-pad", "2.0", None)]
    import_scan(estate, bom(rows[:1], moment(0), "shop"))
    import_scan(estate, bom(rows[1:], moment(0), "till"))
    one = declare(estate, "cve-2026-1", "not_affected", "pkg:npm/left-pad@1.0", justification="component_not_present")
    assert state_of("CVE-2026-1") == ["not_affected", "open"]
    every = declare(estate, "CVE-2026-1", "false_positive", "pkg:npm/left-pad", impact="a name clash")
    assert state_of("CVE-2026-1") == ["not_affected", "false_positive"]  # about a version is stronger
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "3.0", None)], moment(1), "desk"))
    assert state_of("CVE-2026-1") == ["not_affected", "false_positive", "false_positive"]
    withdraw(estate, one, "wrong version")
    assert state_of("CVE-2026-1") == ["false_positive"] * 3
    withdraw(estate, every, "no clash")
    assert state_of("CVE-2026-1") == ["open"] * 3
    agree()


def test_one_about_an_asset_keeps_to_it_and_what_a_person_chose_is_stronger(
    estate: User, bom: Callable[..., Path], moment: Moment
) -> None:
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(0), "shop"))
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(0), "till"))
    claim(estate, [Target.objects.get(name__startswith="shop").pk], "A-REPO")
    declare(estate, "CVE-2026-1", "not_affected", asset="A-REPO", impact="behind a proxy that blocks it")
    held = Finding.objects.get(asset__key="A-REPO")
    assert held.state == "not_affected" and sorted(state_of("CVE-2026-1")) == ["not_affected", "open"]
    act(estate, Finding.objects.filter(pk=held.pk), Wish("reopen", "the proxy is gone"))
    settle(estate, [held.pk])
    assert sorted(state_of("CVE-2026-1")) == ["open", "open"]
    agree()


def test_fixed_is_a_claim_that_a_scan_tests(estate: User, bom: Callable[..., Path], moment: Moment) -> None:
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(0)))
    declare(estate, "CVE-2026-1", "fixed", "pkg:npm/left-pad", impact="patched in place")
    assert state_of("CVE-2026-1") == ["claimed"]
    assert Finding.objects.get().rank is not None
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(1)))
    assert state_of("CVE-2026-1") == ["open"]
    agree()


def test_it_meets_a_finding_by_an_alias(estate: User, bom: Callable[..., Path], moment: Moment, tmp_path: Path) -> None:
    import_scan(estate, bom([("GHSA-1111-2222-3333", "left-pad", "1.0", None)], moment(0)))
    row = Finding.objects.get()
    import_scan(estate, bom([("CVE-2026-1", "other", "1.0", None)], moment(0), "desk"))
    row.definition.aliases.create(value="CVE-2026-1")
    declare(estate, "CVE-2026-1", "false_positive", "pkg:npm/left-pad", impact="not ours")
    assert state_of("GHSA-1111-2222-3333") == ["false_positive"]
    assert state_of("CVE-2026-1") == ["open"]


def test_what_is_said_must_be_whole(estate: User, bom: Callable[..., Path], moment: Moment) -> None:
    import_scan(estate, bom([("CVE-2026-1", "left-pad", "1.0", None)], moment(0)))
    purl = "pkg:npm/left-pad"
    for wrong in (
        {"definition": "CVE-1999-1", "status": "fixed", "purl": purl},
        {"definition": "CVE-2026-1", "status": "closed", "purl": purl},
        {"definition": "CVE-2026-1", "status": "fixed"},
        {"definition": "CVE-2026-1", "status": "fixed", "purl": "left-pad"},
        {"definition": "CVE-2026-1", "status": "fixed", "asset": "A-NONE"},
        {"definition": "CVE-2026-1", "status": "not_affected", "purl": purl},
        {"definition": "CVE-2026-1", "status": "not_affected", "purl": purl, "justification": "code_not_reachable"},
        {"definition": "CVE-2026-1", "status": "affected", "purl": purl},
    ):
        with pytest.raises(Refused):
            declare(estate, **wrong)
    assert not VexStatement.objects.exists()
    assert Scan.objects.count() == 1


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        (None, ""), ("", ""), ("we looked and it is fine", ""),
        ("component_not_present; not in this build", "component_not_present"),
        ("code_not_reachable; will_not_fix", "vulnerable_code_not_in_execute_path"),
        ("protected_at_perimeter", "inline_mitigations_already_exist"),
    ],
)  # fmt: skip
def test_justifications_are_mapped(detail: str | None, found: str) -> None:
    assert justification_in(detail) == found
