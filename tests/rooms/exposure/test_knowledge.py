"""Feeds of every kind, bundles, an arrival in KEV, triage cases, policies with their keys, the back-test."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accord.core import accounts, ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.engines import priority
from accord.engines.priority import Urgency
from accord.exposure import selectors
from accord.exposure.models import (
    Definition,
    EndOfLife,
    Finding,
    Kev,
    Notice,
    PriorityPolicy,
    SsvcPoint,
    TriageCase,
)
from accord.exposure.selectors import backtest
from accord.exposure.services import check_rollups, deadlines, feeds, import_scan, notices, policies, ranking, triage
from accord.monitoring.selectors import daily

Nessus = Callable[..., Path]
WEB, PAY = "web.shop.example", "pay.example"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
CVE, OTHER = "CVE-2024-0001", "CVE-2024-0002"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def kev(tmp_path: Path, *cves: str, name: str = "kev.json") -> Path:
    entries = [{"cveID": cve, "dateAdded": "2026-05-03", "vendorProject": "V", "product": "P"} for cve in cves]
    path = tmp_path / name
    told = {"catalogVersion": "1", "dateReleased": "2026-05-03T00:00:00Z", "count": len(cves)}
    path.write_text(json.dumps({**told, "vulnerabilities": entries}))
    return path


def points(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "ssvc-2026-05-01.csv"
    path.write_text("cve,exploitation,automatable,technical_impact,assessed,cvss31\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def cio(estate: User) -> User:
    return accounts.add_account(None, "cio@exposure.example", "O", [(Role.CIO, "")])


@pytest.fixture
def ciso(estate: User) -> User:
    return accounts.add_account(None, "ciso@exposure.example", "C", [(Role.CISO, "")])


@pytest.fixture
def scanned(estate: User, ciso: User, nessus: Nessus, tmp_path: Path) -> User:
    """One weakness on the shop (internet) and on payroll (internal); the catalogue names another one."""
    feeds.update_from(estate, [kev(tmp_path, "CVE-2020-9999")])
    import_scan(
        estate, nessus({WEB: [(1, 443, 4)], PAY: [(1, 443, 4)]}, cves={1: [CVE]}, vectors={1: VECTOR}, plugins=[1])
    )
    return estate


def of(host: str) -> Finding:
    return Finding.objects.get(target__name=host)


def test_every_feed_is_told_by_its_content_and_loaded(estate: User, tmp_path: Path) -> None:
    scores = tmp_path / "epss.csv"
    head = "#model_version:v2026.1,score_date:2026-05-02T00:00:00+0000\ncve,epss,percentile"
    scores.write_text(f"{head}\n{CVE},0.4,0.9\n")
    cycles = tmp_path / "end-of-life-2026-04-30.csv"
    cycles.write_text("product,cycle,end_of_life,identifiers\nx,1,2020-01-01,pkg:npm/x\nx,2,False,pkg:npm/x\n")
    answers = points(tmp_path, f"{CVE},poc,yes,total,2026-04-01,{VECTOR}")
    made = feeds.update_from(estate, [kev(tmp_path, CVE), scores, answers, cycles])
    assert [one.feed for one in made] == ["kev", "epss", "ssvc", "eol"]
    assert SsvcPoint.objects.get().total_impact is True
    assert list(EndOfLife.objects.order_by("cycle").values_list("eol_reached", "identifiers")) == [
        (None, ["pkg:npm/x"]), (False, ["pkg:npm/x"]),
    ]  # fmt: skip
    ages = {age.feed: age for age in selectors.feed_ages(timezone.now())}
    assert "model v2026.1" in ages["epss"].text
    assert ages["eol"].released is not None
    assert ages["eol"].released.date().isoformat() == "2026-04-30"
    now = ages["kev"].released + timedelta(days=8) if ages["kev"].released else timezone.now()
    told = {age.feed: age.is_stale for age in selectors.feed_ages(now)}
    assert told == {"kev": True, "epss": True, "ssvc": False, "eol": False}


def test_a_bundle_brings_the_same_and_a_wrong_digest_brings_nothing(estate: User, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to pack"):
        feeds.pack(tmp_path / "none.zip")
    feeds.update_from(estate, [kev(tmp_path, CVE, OTHER), points(tmp_path, f"{CVE},poc,yes,,2026-04-01,{VECTOR}")])
    bundle = tmp_path / "feeds.zip"
    packed = feeds.pack(bundle)
    assert [(one.feed, one.rows) for one in packed] == [("kev", 2), ("ssvc", 1)]
    before = [list(model.objects.order_by("cve").values()) for model in (Kev, SsvcPoint)]
    again = feeds.update_from(estate, [bundle])
    assert [(u.added, u.changed, u.removed) for u in again] == [(0, 0, 0), (0, 0, 0)]
    assert again[0].released is not None
    assert again[0].released.date().isoformat() == "2026-05-03"
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(bundle) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"CVE-2024-0002", b"CVE-2024-0003"))
    with pytest.raises(Refused, match="SHA-256"):
        feeds.update_from(estate, [broken])
    assert [list(model.objects.order_by("cve").values()) for model in (Kev, SsvcPoint)] == before


def test_points_answer_before_the_vector(scanned: User, tmp_path: Path) -> None:
    assert of(WEB).worst_class == Urgency.DAYS_3  # open: automatable or not
    feeds.update_from(scanned, [points(tmp_path, f"{CVE},none,no,total,2026-04-01,")])
    finding = of(WEB)
    assert (finding.worst_class, finding.best_class) == (Urgency.DAYS_14, Urgency.DAYS_14)
    assert Definition.objects.get(pk=finding.definition_id).automatable is False
    assert list(check_rollups()) == []


def test_an_arrival_ranks_starts_the_clock_tells_and_opens_triage(
    scanned: User, ciso: User, tmp_path: Path, settings: Any
) -> None:
    first, before = of(WEB), timezone.now()
    assert first.clock == first.first_seen
    assert not TriageCase.objects.exists()
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    finding = of(WEB)
    assert finding.worst_class == Urgency.TRIAGE
    assert finding.clock is not None
    assert finding.clock >= before
    assert finding.due is not None
    assert first.due is not None
    assert finding.due == min(first.due, finding.clock + timedelta(days=3))
    case = TriageCase.objects.get()
    assert (case.findings, case.state) == (2, "open")
    assert {one["key"] for one in case.systems} == {"S-SHOP", "S-PAY"}
    told = set(Notice.objects.values_list("user__email", "event"))
    assert {event.partition(":")[0] for _, event in told} == {"exploited", "triage"}
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    triage.keep(scanned)
    assert set(Notice.objects.values_list("user__email", "event")) == told
    assert TriageCase.objects.count() == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    notices.mail_waiting()
    notices.mail_waiting()
    assert len(mail.outbox) == len(told)
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999")])
    milder = of(WEB)
    assert milder.worst_class == Urgency.DAYS_3
    assert milder.due is not None
    assert milder.due >= finding.due
    assert Notice.objects.filter(event__startswith="left:").exists()
    assert TriageCase.objects.get().state == "open"
    assert list(check_rollups()) == []
    assert ledger.verify().holds


def test_the_daily_watch_leads_to_what_entered_the_catalogue(scanned: User, ciso: User, tmp_path: Path) -> None:
    begin = timezone.now()
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999")])
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    then = timezone.now()
    page = client_of(ciso)
    for since, until, number in ((begin, then, 1), (begin - timedelta(days=1), begin, 0), (then, timezone.now(), 0)):
        said = daily.compose(daily.Period(since, until)).fact("watch.exploited")
        assert said is not None
        assert said.value == number
        rows = page.get("/api/definitions?" + said.href.partition("?")[2]).json()["items"]
        assert len(rows) == number
        assert page.get(said.href).content.decode().count('<th scope="row"') == number


def test_mail_is_never_sent_without_a_server_nor_twice_after_a_crash(
    ciso: User, monkeypatch: Any, settings: Any
) -> None:
    notices.tell([ciso.pk, ciso.pk], "x:1", "s", "b", "/")
    notices.tell([ciso.pk], "x:1", "s", "b", "/")
    assert Notice.objects.count() == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    notices.mail_waiting()
    assert Notice.objects.get().claimed is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def crash(*args: Any) -> None:
        raise SystemExit

    monkeypatch.setattr("django.core.mail.send_mail", crash)
    with pytest.raises(SystemExit):
        notices.mail_waiting()
    monkeypatch.undo()
    notices.mail_waiting()
    assert Notice.objects.get().mailed is None


def test_a_case_is_closed_with_an_outcome_by_those_who_may(
    scanned: User, ciso: User, cio: User, tmp_path: Path
) -> None:
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    case = TriageCase.objects.get()
    page, boss = client_of(ciso), client_of(cio)
    with CaptureQueriesContext(connection) as queries:
        assert b"Look for traces" in page.get(f"/triage/{case.pk}/").content
    assert len(queries) <= 25
    assert page.get("/triage/").status_code == 200
    assert [row["key"] for row in page.get("/api/triage").json()["items"]] == [case.key]
    assert page.get("/api/notices").json()["items"]
    given = {"outcome": "not_compromised", "looked_for": "Web server logs since April"}
    assert boss.post(f"/triage/{case.pk}/close/", given).status_code == 403
    assert page.post(f"/triage/{case.pk}/close/", {"outcome": "unknown"}).status_code == 422
    assert page.post(f"/triage/{case.pk}/close/", given).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.outcome, case.closed_by) == ("closed", "not_compromised", ciso)
    with pytest.raises(Refused):
        triage.close_case(ciso, case, "unknown", "x")
    assert triage.keep(None) == []


def test_the_api_closes_cases_and_proposes_policies(scanned: User, ciso: User, cio: User, tmp_path: Path) -> None:
    feeds.update_from(ciso, [kev(tmp_path, CVE)])
    case = TriageCase.objects.order_by("pk").first()
    assert case is not None
    page, boss = client_of(ciso), client_of(cio)

    def post(client: Client, path: str, body: Any) -> Any:
        return client.post(f"/api/{path}", json.dumps(body), content_type="application/json")

    given = {"outcome": "not_compromised", "looked_for": "logs of a week"}
    assert page.get(f"/api/triage/{case.pk}").json()["key"] == case.key
    assert post(boss, f"triage/{case.pk}/close", given).status_code == 403
    assert post(page, f"triage/{case.pk}/close", {**given, "looked_for": " "}).status_code == 422
    assert post(page, f"triage/{case.pk}/close", given).json()["looked_for"] == "logs of a week"
    assert post(page, f"triage/{case.pk}/close", given).status_code == 422, "it is closed"
    table = priority.default_policy(priority.CVSS).as_data()
    made = post(boss, "policies/priority", {"title": "By CVSS", "reason": "simple", "table": table})
    assert made.status_code == 200 and made.json()["state"] == "proposed"
    assert [one["id"] for one in page.get("/api/policies/priority").json()["items"]] == [made.json()["id"]]
    assert post(boss, "policies/priority", {"title": "x", "reason": "", "table": {}}).status_code == 422


def test_notices_are_ones_own(scanned: User, ciso: User, cio: User, tmp_path: Path) -> None:
    feeds.update_from(scanned, [kev(tmp_path, "CVE-2020-9999", CVE)])
    assert b"now known to be exploited" in client_of(ciso).get("/notices/").content
    assert b"now known to be exploited" not in client_of(cio).get("/notices/").content
    client_of(ciso).post("/notices/read/")
    assert not Notice.objects.filter(user=ciso, read=None).exists()


def test_a_policy_needs_its_preview_and_two_keys(scanned: User, ciso: User, cio: User) -> None:
    data = {**priority.Policy().as_data(), "lift_share": 0.1}
    data["slots"][2]["days"] = 10
    made = policies.propose_policy(ciso, "Ten days", "Faster", data)
    PriorityPolicy.objects.filter(pk=made.pk).update(preview=None)
    with pytest.raises(Refused, match="not counted"):
        policies.sign_policy(made, ciso, Role.CISO, "password")
    with pytest.raises(Refused, match="waits for a key"):
        policies.propose_policy(cio, "Another", "", priority.default_policy(priority.SSVC).as_data())
    found = policies.preview(made)
    assert found["findings"] == 2
    assert found["changed"] == found["sooner"] + found["later"]
    policies.sign_policy(made, ciso, Role.CISO, "password")
    with pytest.raises(Refused):
        policies.sign_policy(made, ciso, Role.CIO, "password")
    before = list(Finding.objects.order_by("pk").values_list("worst_class", flat=True))
    policies.sign_policy(made, cio, Role.CIO, "password")
    made.refresh_from_db()
    assert made.state == TwoKeyState.IN_FORCE
    assert selectors.policy_in_force() == made
    policies.apply_policy(ciso, made)
    after = list(Finding.objects.order_by("pk").values_list("worst_class", flat=True))
    moved = sum(a != b for a, b in zip(before, after, strict=True))
    assert moved == found["changed"]
    for finding in Finding.objects.all():
        verdict = priority.explain(ranking.facts_of(finding), made.rules)
        assert (verdict.worst, verdict.rank) == (finding.worst_class, finding.rank)
    assert list(check_rollups()) == []


def test_dissent_keeps_the_policy_out(scanned: User, ciso: User, cio: User) -> None:
    made = policies.propose_policy(ciso, "CVSS", "", priority.default_policy(priority.CVSS).as_data())
    policies.dissent_policy(made, cio, Role.CIO, "It asks nothing of us.")
    assert selectors.policy_in_force() is None


def test_the_pages_of_policy_and_back_test(scanned: User, ciso: User, tmp_path: Path) -> None:
    page = client_of(ciso)
    with CaptureQueriesContext(connection) as queries:
        assert b"the published table" in page.get("/priority/").content
    assert len(queries) <= 15
    for kind in priority.KINDS:
        assert page.get(f"/priority/new/?kind={kind}").status_code == 200
    made = policies.propose_policy(ciso, "CVSS", "", priority.default_policy(priority.CVSS).as_data())
    policies.preview(made)
    assert b"What it changes" in page.get(f"/priority/{made.pk}/").content
    assert page.get(f"/priority/{made.pk}/sign/ciso/").status_code == 200
    assert page.get("/priority/back-test/").status_code == 200
    feeds.update_from(
        scanned,
        [
            kev(tmp_path, CVE),
            points(tmp_path, f"{CVE},active,yes,total,2026-04-01,{VECTOR}", f"{OTHER},none,no,partial,2026-04-01,"),
        ],
    )
    own, of_feeds = backtest.own_history(), backtest.feed_history()
    assert own["cases"] == 2
    first = of_feeds["rows"][0]
    assert (first["judged"], first["exploited"], first["urgent"], first["hits"]) == (2, 1, 1, 1)
    assert own["rows"][0]["exploited"] == 0  # it was in the catalogue before it was seen


def test_the_rules_of_the_clock() -> None:
    policy, now = priority.Policy(), timezone.now()
    old = now - timedelta(days=30)
    assert deadlines.started(policy, 2, now) == (now, now + timedelta(days=14))
    assert deadlines.moved(policy, 3, 1, (old, old + timedelta(days=60)), now) == (now, now + timedelta(days=3))
    assert deadlines.moved(policy, 3, 2, (old, now + timedelta(days=1)), now) == (now, now + timedelta(days=1))
    assert deadlines.moved(policy, 1, 2, (now, now + timedelta(days=3)), now) == (now, now + timedelta(days=14))
    late = old + timedelta(days=3)
    assert deadlines.moved(policy, 1, 2, (old, late), now) == (old, old + timedelta(days=14))
    assert deadlines.moved(policy, 1, 4, (old, late), now) == (old, None)
    assert deadlines.moved(policy, 1, 1, (old, late), now) == (old, late)
