"""Coverage of surfaces from evidence, ends of support, tests of security: what counts, what is unknown, who sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.estate.models import Asset
from accord.exposure.models import (
    AssetCoverage,
    Component,
    CoverageState,
    EndedSupport,
    EndOfLife,
    Finding,
    PathRun,
    Scan,
    SecurityTest,
    SystemStake,
    Target,
)
from accord.exposure.selectors import surfaces as read
from accord.exposure.services import import_scan, outside, safeguards, security_tests, stakes, support
from accord.exposure.services.evidence import take_export

Nessus = Callable[..., Path]
WEB, PAY, STRANGER = "web.shop.example", "pay.example", "stranger.example"
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
MOST = 15


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def ciso(estate: User) -> User:
    return accounts.add_account(None, "ciso@exposure.example", "C", [(Role.CISO, "")])


@pytest.fixture
def scanned(estate: User, nessus: Nessus) -> User:
    import_scan(estate, nessus({WEB: [(1, 443, 3)], STRANGER: [(2, 22, 2)]}, plugins=[1, 2]))
    return estate


def evidence(actor: User, *rows: str) -> None:
    import_tables(actor, [table("safeguard_evidence", "asset,safeguard,source,present,seen", *rows)])


def of(key: str) -> AssetCoverage:
    return AssetCoverage.objects.get(asset__key=key)


YES, NO, UNKNOWN, NOT_ASKED = 1, 2, 3, 0


def test_evidence_its_age_and_the_rules(scanned: User) -> None:
    evidence(
        scanned, "A-DB,edr,Falcon,yes,2026-05-19", "A-PAY,edr,Falcon,yes,2026-01-01", "A-WEB,edr,Falcon,no,2026-05-19"
    )
    safeguards.refresh(scanned, NOW)
    assert (of("A-DB").edr, of("A-PAY").edr, of("A-WEB").edr) == (YES, UNKNOWN, NO)
    assert (of("A-WEB").scanned, of("A-DB").scanned) == (YES, NO)
    assert of("A-REPO").edr == NOT_ASKED
    assert [row.asset.key for row in AssetCoverage.objects.filter(unwatched=True).order_by("asset__key")] == [
        "A-PAY", "A-REPO",
    ]  # fmt: skip
    import_tables(scanned, [table("safeguard_rule", "key,safeguard,required,within_days", "R-1,edr,yes,")])
    safeguards.refresh(scanned, NOW)
    assert (of("A-PAY").edr, of("A-REPO").edr) == (YES, UNKNOWN)


def test_a_scan_grows_old(scanned: User) -> None:
    safeguards.refresh(scanned, NOW + timedelta(days=60))
    assert of("A-WEB").scanned == NO


def test_a_rule_may_ask_for_one_scanner(scanned: User) -> None:
    rule = "key,safeguard,required,within_days,source"
    import_tables(scanned, [table("safeguard_rule", rule, "R-1,scanned,yes,31,nessus")])
    safeguards.refresh(scanned, NOW)
    assert (of("A-WEB").scanned, of("A-DB").scanned) == (YES, NO)
    import_tables(scanned, [table("safeguard_rule", rule, "R-1,scanned,yes,31,Qualys")])
    safeguards.refresh(scanned, NOW)
    assert of("A-WEB").scanned == NO, "another scanner looked at it"
    assert any("evidence of Qualys of the last 31 days counts" in one["days"] for one in read.rules_in_words())
    evidence(scanned, "A-WEB,scanned,qualys,yes,2026-05-19")
    safeguards.refresh(scanned, NOW)
    assert of("A-WEB").scanned == YES


def test_the_organization_says_which_surface(scanned: User) -> None:
    import_tables(scanned, [table("asset_surface", "asset,surface,reason", "A-DB,cloud,managed by the provider")])
    safeguards.refresh(scanned, NOW)
    assert (of("A-DB").surface, of("A-WEB").surface, of("A-REPO").surface) == ("cloud", "network", "code")


def test_the_matrix_states_its_denominators_in_number_and_money(scanned: User) -> None:
    stakes.set_stakes({"S-SHOP": (10.0, 100.0, 1000.0)}, "EUR", NOW)
    evidence(scanned, "A-DB,edr,Falcon,yes,2026-05-19")
    result = safeguards.refresh(scanned, NOW)
    cell = result["surfaces"]["network"]["cells"]["edr"]
    assert (cell["asked"], cell["yes"], cell["no"], cell["unknown"], cell["unpriced"]) == (3, 1, 0, 2, 1)
    assert (cell["money_asked"], cell["money_yes"]) == (pytest.approx(100), pytest.approx(40))
    assert (of("A-WEB").money_low, of("A-WEB").money_high) == (pytest.approx(6), pytest.approx(600))
    assert of("A-PAY").money_mid is None
    assert result["unpriced"] == 2
    assert of("A-WEB").goal_weight == pytest.approx(0.75 * 0.8 * 0.5 * 0.6)


def test_unwatched_assets_are_named_with_what_they_carry(scanned: User) -> None:
    stakes.set_stakes({"S-SHOP": (10.0, 100.0, 1000.0)}, "EUR", NOW)
    safeguards.refresh(scanned, NOW)
    first, second, third = read.unwatched()
    assert (first["asset"].key, first["row"].money_mid) == ("A-DB", pytest.approx(40))
    assert [(goal["key"], goal["weight"]) for goal in first["goals"]] == [
        ("G-1", pytest.approx(0.75 * 0.8 * 0.5 * 0.4))
    ]
    assert [link.system.key for link in second["systems"]] == ["S-PAY"]
    assert (third["asset"].key, third["systems"], third["goals"]) == ("A-REPO", [], [])


def test_what_changes_marks_it_stale_and_the_round_computes_it(scanned: User) -> None:
    assert safeguards.refresh_if_stale()
    assert not safeguards.refresh_if_stale()
    evidence(scanned, "A-DB,edr,Falcon,yes,2026-05-19")
    assert CoverageState.objects.get().stale
    assert safeguards.refresh_if_stale()
    assert not CoverageState.objects.get().stale


def test_an_asset_that_is_gone_leaves_the_roll_up(scanned: User) -> None:
    from accord.core import nouns
    from accord.core.imports import remove

    safeguards.refresh(scanned, NOW)
    remove(scanned, nouns.get("asset"), Asset.objects.get(key="A-REPO"))
    result = safeguards.refresh(scanned, NOW)
    assert result["assets"] == 3
    assert not AssetCoverage.objects.filter(asset__key="A-REPO").exists()


def test_an_export_is_evidence_only_of_what_it_names(scanned: User) -> None:
    rows = b"Hostname,Last Seen,OS\nWEB.shop.example,2026-05-18T10:00:00Z,Linux\ndb,17.05.2026,Linux\nnobody,x,\n,,\n"
    taken = take_export(scanned, "hosts.csv", rows, "edr", "Falcon", date(2026, 5, 19))
    assert (taken.rows, taken.assets, taken.unmatched, taken.undated) == (3, 1, ["db", "nobody"], 1)
    safeguards.refresh(scanned, NOW)
    assert (of("A-WEB").edr, of("A-PAY").edr) == (YES, UNKNOWN)
    again = take_export(scanned, "hosts.csv", rows, "edr", "Falcon", date(2026, 5, 19))
    assert again.changed == 0


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\x00\x01\x02", b"PK\x03\x04broken"])
def test_an_export_that_says_no_machines_is_refused(scanned: User, data: bytes) -> None:
    with pytest.raises(Refused):
        take_export(scanned, "hosts.csv", data, "edr", "Falcon", date(2026, 5, 19))


def test_ambiguous_names_change_nothing(scanned: User) -> None:
    import_tables(scanned, [table("asset", "key,name,kind,hostnames", "A-1,One,host,twin", "A-2,Two,host,twin")])
    taken = take_export(scanned, "hosts.csv", b"hostname\ntwin\n", "edr", "Falcon", date(2026, 5, 19))
    assert (taken.ambiguous, taken.assets) == (["twin"], 0)


@pytest.mark.parametrize(
    ("address", "is_it"),
    [("10.1.2.3", False), ("172.31.0.1", False), ("100.64.0.1", False), ("198.51.100.7", True), ("8.8.8.8", True),
     ("fe80::1", False), ("fd00::1", False), ("2001:db8::1", True), ("host", False), ("", False)],
)  # fmt: skip
def test_addresses_of_the_internet(address: str, is_it: bool) -> None:
    assert outside.is_outside(address) is is_it


def test_what_is_open_to_the_internet_beside_what_the_estate_says(estate: User, nessus: Nessus) -> None:
    hosts = {PAY: [(1, 3389, 3)], STRANGER: [(1, 22, 2)], WEB: [(1, 443, 3)]}
    addresses = {PAY: "198.51.100.3", STRANGER: "198.51.100.4", WEB: "198.51.100.5"}
    import_scan(estate, nessus(hosts, plugins=[1], addresses=addresses))
    result = safeguards.refresh(estate, NOW)["outside"]
    said = {row["name"]: (row["said"], row["ports"]) for row in result["rows"]}
    assert (said[PAY], said[STRANGER], said[WEB]) == (
        ("internal", ["3389/tcp"]), ("nobody's", ["22/tcp"]), ("internet", ["443/tcp"]),
    )  # fmt: skip
    assert (result["targets"], result["unexpected"], result["said"], result["unseen"]) == (3, 2, 1, [])


def test_software_past_its_end(scanned: User) -> None:
    EndOfLife.objects.create(product="debian", cycle="11", eol=date(2024, 8, 14), identifiers=[])
    EndOfLife.objects.create(product="debian", cycle="12", eol=date(2999, 1, 1), identifiers=[])
    EndOfLife.objects.create(product="django", cycle="3.2", eol=date(2024, 4, 1), identifiers=["pkg:pypi/django"])
    Target.objects.filter(asset__key="A-WEB").update(operating_system="Debian 11")
    finding = Finding.objects.get(asset__key="A-WEB")
    Finding.objects.filter(pk=finding.pk).update(purl="pkg:pypi/django@3.2.1")
    assert support.is_pending()
    assert support.refresh(scanned) == 2
    assert not support.is_pending()
    told = {(row.product, row.cycle, row.ended) for row in EndedSupport.objects.all()}
    assert told == {("debian", "11", True), ("django", "3.2", True)}
    safeguards.refresh(scanned, NOW)
    assert (of("A-WEB").supported, of("A-DB").supported) == (NO, UNKNOWN)
    Target.objects.filter(asset__key="A-WEB").update(operating_system="Debian 12")
    Finding.objects.filter(pk=finding.pk).update(purl="")
    support.refresh(scanned)
    safeguards.refresh(scanned, NOW)
    assert of("A-WEB").supported == YES
    assert not support.is_pending()


def test_components_without_findings_come_from_the_kept_file(estate: User, tmp_path: Path) -> None:
    EndOfLife.objects.create(product="django", cycle="3.2", eol=date(2024, 4, 1), identifiers=["pkg:pypi/django"])
    bom: dict[str, Any] = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"timestamp": "2026-05-04T06:00:00Z", "component":
        {"type": "application", "name": "shop", "version": "1", "bom-ref": "shop", "purl": "pkg:generic/shop@1"}},
        "components": [
            {"type": "library", "name": "Django", "version": "3.2.1", "bom-ref": "d", "purl": "pkg:pypi/django@3.2.1"},
            {"type": "library", "name": "nothing known", "version": "1"},
        ],
        "vulnerabilities": [{"id": "CVE-2024-0001", "affects": [{"ref": "d"}]}],
    }  # fmt: skip
    path = tmp_path / "bom.cdx.json"
    path.write_text(json.dumps(bom))
    import_scan(estate, path)
    support.refresh(estate)
    assert {row.name for row in Component.objects.all()} == {"shop", "Django"}
    assert EndedSupport.objects.get(product="django").ended is True


def _tests(actor: User) -> None:
    import_tables(actor, [
        table("security_test", "key,name,kind,state,starts,ends,retest_of",
              "T-1,Perimeter,penetration,done,2026-04-20,2026-05-05,",
              "T-2,Again,penetration,done,2026-05-10,2026-05-12,T-1",
              "T-3,Red,red_team,planned,2026-09-01,,"),
        table("security_test_system", "test,system", "T-1,S-SHOP"),
        table("security_test_surface", "test,surface", "T-1,web", "T-3,device"),
    ])  # fmt: skip


def test_results_of_a_test_and_what_its_retest_saw(estate: User, nessus: Nessus, moment: Any) -> None:
    _tests(estate)
    import_scan(estate, nessus({WEB: [(1, 443, 3), (2, 443, 3), (3, 443, 3)]}, plugins=[1, 2, 3]))
    test, again = SecurityTest.objects.get(key="T-1"), SecurityTest.objects.get(key="T-2")
    first = Scan.objects.get()
    assert security_tests.link_scan(estate, test, first) == 3
    assert security_tests.link_scan(estate, test, first) == 0
    import_scan(estate, nessus({WEB: [(2, 443, 3)]}, plugins=[1, 2], end=moment(7)))
    security_tests.link_scan(estate, again, Scan.objects.exclude(pk=first.pk).get())
    verdicts = {one.finding.check_name: one.verdict for one in security_tests.results(test)}
    by_number = {name.split("#")[-1].split()[-1]: verdict for name, verdict in verdicts.items()}
    assert sorted(by_number.values()) == ["open", "there", "verified"]
    security_tests.unlink_scan(estate, test, first)
    assert not security_tests.results(test)


def test_only_what_landed_is_a_result(estate: User, nessus: Nessus) -> None:
    _tests(estate)
    import_scan(estate, nessus({WEB: [(1, 443, 3)]}, plugins=[1]))
    Scan.objects.update(state=Scan.State.REFUSED)
    with pytest.raises(Refused):
        security_tests.link_scan(estate, SecurityTest.objects.get(key="T-1"), Scan.objects.get())


def test_what_was_never_tested_or_too_long_ago(estate: User) -> None:
    _tests(estate)
    import_tables(estate, [table("security_test_rule", "key,surface,within_days", "R,,1", "W,web,1", "C,code,900")])
    surfaces = {one.key: one for one in read.tests_of_surfaces()}
    assert surfaces["web"].test is not None
    assert surfaces["web"].overdue == (timezone.localdate() > date(2026, 5, 6))
    assert surfaces["device"].test is None  # a planned test is none
    assert (surfaces["code"].overdue, surfaces["device"].overdue) == (True, False)
    assert {one.key for one in read.tests_of_systems()} == {"S-SHOP", "S-PAY"}


def test_a_test_that_is_done_has_a_last_day(estate: User) -> None:
    with pytest.raises(Refused):
        import_tables(estate, [table("security_test", "key,name,kind,state", "T-9,X,scan,done")])


def _asked(client: Client, address: str, most: int = MOST) -> str:
    with CaptureQueriesContext(connection, ) as asked:  # fmt: skip
        response = client.get(address)
    assert response.status_code == 200, address
    assert len(asked) <= most + 5, f"{address}: {len(asked)} queries"
    return response.content.decode()


def test_pages(scanned: User, ciso: User) -> None:
    client = client_of(ciso)
    assert "Not computed yet" in _asked(client, "/coverage/")
    _tests(scanned)
    SystemStake.objects.all().delete()
    safeguards.refresh(scanned, NOW)
    shown = _asked(client, "/coverage/")
    assert "What no tool watches" in shown
    assert "Payroll server" in shown
    assert "by money" in _asked(client, "/coverage/?by=money").lower()
    listed = _asked(client, "/coverage/assets/?surface=network&edr=unknown")
    assert "Payroll server" in listed
    assert "Shop code" not in listed
    _asked(client, "/end-of-support/")
    _asked(client, "/paths/")
    assert "Red" in _asked(client, "/security-tests/")
    assert client.get("/coverage/assets/?format=csv").status_code == 200
    page = SecurityTest.objects.get(key="T-1")
    scan = Scan.objects.get()
    response = client.post(f"/security-tests/{page.pk}/link/", {"scan": scan.pk}, follow=True)
    assert "results of this test" in response.content.decode()
    report = SimpleUploadedFile("report.pdf", b"%PDF-1.4 invented")
    client.post(f"/security-tests/{page.pk}/report/keep/", {"report": report})
    assert b"".join(client.get(f"/security-tests/{page.pk}/report/")) == b"%PDF-1.4 invented"  # type: ignore[arg-type]
    upload = SimpleUploadedFile("edr.csv", b"hostname\nweb.shop.example\nwho\n")
    given = {"upload": upload, "safeguard": "edr", "source": "Falcon", "day": timezone.localdate().isoformat()}
    assert "who" in client.post("/coverage/evidence/", given).content.decode()


def test_api(scanned: User, ciso: User) -> None:
    client = client_of(ciso)
    assert client.get("/api/coverage").status_code == 404
    safeguards.refresh(scanned, NOW)
    assert client.get("/api/coverage").json()["unwatched"] == 3
    assert client.get("/api/coverage/assets?unwatched=yes").status_code == 200
    PathRun.objects.create(at=NOW, result={"targets": []})
    assert client.get("/api/paths").json()["targets"] == []
    _tests(scanned)
    assert client.get("/api/security-tests/T-1/results").json() == []
    assert client.get("/api/security-tests/T-X/results").status_code == 404


def test_a_head_of_a_unit_sees_none_of_it(scanned: User) -> None:
    client = client_of(accounts.add_account(None, "head@exposure.example", "H", [(Role.HEAD, "U-H")]))
    for address in ("/coverage/", "/coverage/assets/", "/paths/", "/security-tests/", "/end-of-support/"):
        assert client.get(address).status_code == 403
