"""What we say of our own systems: one statement per vulnerability and asset, the gravest of what is known."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accord.core.errors import Refused
from accord.core.models import User
from accord.estate.models import Asset, System, SystemAsset
from accord.exposure.models import Definition, DefinitionAlias, Finding, Scan
from accord.exposure.selectors.documents import inventory, vex_document
from accord.outlet.vex import csaf, cyclonedx, openvex, sbom

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def shop(analyst: User) -> System:
    system = System.objects.create(key="S-1", name="Shop")
    asset = Asset.objects.create(key="A-1", name="shop image", kind="image", identifiers=["purl:pkg:oci/shop"])
    other = Asset.objects.create(key="A-2", name="shop host", kind="host")
    for one in (asset, other):
        SystemAsset.objects.create(system=system, asset=one, share=1)
    return system


def finding(asset: str, cve: str, state: str, actor: User, **values: object) -> Finding:
    from accord.core.models import StoredFile
    from accord.exposure.models import Target

    file, _ = StoredFile.objects.get_or_create(digest="0" * 64, defaults={"name": "x", "size": 1, "by": actor})
    scan, _ = Scan.objects.get_or_create(file=file, part=0, defaults={"name": "x", "by": actor, "state": "landed"})
    held, made = Definition.objects.get_or_create(
        identifier=cve, defaults={"title": f"Weakness {cve}", "kind": "vulnerability", "cwes": ["CWE-79"]}
    )
    if made:
        DefinitionAlias.objects.create(definition=held, value=cve)
        DefinitionAlias.objects.create(definition=held, value="GHSA-2222-3333-4444")
    target, _ = Target.objects.get_or_create(
        identity=f"host:{asset}", defaults={"name": asset, "kind": "host", "first_seen": NOW, "last_seen": NOW}
    )
    number = Finding.objects.count()
    open_ = state in ("open", "in_progress", "claimed", "accepted")
    return Finding.objects.create(
        fingerprint=f"a:{number}", definition=held, asset=Asset.objects.get(key=asset), target=target, state=state,
        check_name="x", possible=15, worst_class=2, best_class=2, rank=number if open_ else None, first_seen=NOW,
        last_seen=NOW, first_scan=scan, last_scan=scan, **values,
    )  # fmt: skip


def test_the_gravest_is_said_of_each_vulnerability_on_each_asset(shop: System, analyst: User) -> None:
    finding("A-1", "CVE-2026-1", "closed", analyst, closed_at=NOW)
    finding("A-1", "CVE-2026-1", "open", analyst, component="libx", version="1.0", fixed_version="1.1")
    finding("A-1", "CVE-2026-2", "closed", analyst, closed_at=NOW)
    finding("A-2", "CVE-2026-2", "open", analyst)
    finding("A-2", "CVE-2026-3", "false_positive", analyst, said="Backported by the vendor.")
    finding("A-2", "CVE-2026-4", "suppressed", analyst)
    finding("A-2", "CVE-2026-5", "accepted", analyst, accepted_until=NOW + timedelta(days=30))
    made = vex_document(Asset.objects.all(), "Invented Ltd", "https://a.example", system="S-1", now=NOW)
    said = {(one.vulnerability, one.product): one for one in made.statements}
    assert {key: one.status for key, one in said.items()} == {
        ("CVE-2026-1", "A-1"): "affected", ("CVE-2026-2", "A-1"): "fixed",
        ("CVE-2026-2", "A-2"): "under_investigation", ("CVE-2026-3", "A-2"): "not_affected",
        ("CVE-2026-5", "A-2"): "affected",
    }  # fmt: skip
    assert said["CVE-2026-1", "A-1"].action == "Update libx to 1.1."
    assert "Backported" in (said["CVE-2026-3", "A-2"].impact or "")
    assert said["CVE-2026-1", "A-1"].aliases == ("GHSA-2222-3333-4444",)
    for write in (openvex, cyclonedx, csaf):
        assert json.loads(write(made))


def test_what_nobody_knows_is_refused_with_a_remedy(shop: System, analyst: User) -> None:
    for scope in ({"system": "S-9"}, {"asset": "A-9"}, {}, {"system": "S-1"}):
        with pytest.raises(Refused):
            vex_document(Asset.objects.all(), "I", "https://a.example", **scope)
        with pytest.raises(Refused):
            inventory(Asset.objects.all(), "I", "https://a.example", **scope)


def test_components_are_named_once(shop: System, analyst: User) -> None:
    for cve in ("CVE-2026-1", "CVE-2026-2"):
        finding("A-1", cve, "open", analyst, component="libx", version="1.0", purl="pkg:deb/debian/libx@1.0?arch=amd64")
    finding("A-1", "CVE-2026-3", "closed", analyst, component="gone", version="1", closed_at=NOW)
    told = json.loads(sbom(inventory(Asset.objects.all(), "I", "https://a.example", asset="A-1")))
    assert [one["name"] for one in told["components"]] == ["shop image", "libx"]


def test_the_page_gives_the_document_or_says_why_not(shop: System, analyst: User) -> None:
    finding("A-1", "CVE-2026-1", "open", analyst)
    http = Client(headers={"host": "localhost"})
    http.force_login(analyst)
    assert "OpenVEX" in http.get("/vex-and-sbom/").content.decode()
    for form in ("openvex", "cyclonedx", "csaf"):
        answer = http.get("/vex-and-sbom/", {"form": form, "system": "S-1"})
        assert "attachment" in answer.headers["content-disposition"]
        assert "CVE-2026-1" in answer.content.decode()
    refused = http.get("/vex-and-sbom/", {"form": "openvex", "system": "S-9"})
    assert refused.status_code == 422
    assert "There is no system" in refused.content.decode()
