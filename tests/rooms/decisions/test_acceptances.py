"""Acceptances: two keys, a last day, what they cost while open, and what comes after is never accepted silently."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accord_patching import account, scan, shop
from django.db import IntegrityError, transaction
from django.utils import timezone

from accord.briefing.selectors import homes
from accord.core import checks, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions import jobs, selectors, services
from accord.decisions.models import Acceptance, AcceptedFinding
from accord.exposure.models import Finding, Fix
from accord.exposure.selectors import price_of

pytestmark = pytest.mark.django_db
TOMORROW = int((dt.datetime.now(dt.UTC).timestamp() - 1_777_870_000) // 86_400) + 1
"""As a day of the scans: what a scan knows must be newer than what a person said for it to close anything."""
PASSWORD = "correct horse battery staple"
WHY = "Its maker has no fix yet."


@pytest.fixture
def fix(ciso: User, tmp_path: Path) -> Fix:
    return shop(ciso, tmp_path)


def after(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def proposed(actor: User, scope: str = "system", subject: str = "S-1", days: int = 30, **more: Any) -> Acceptance:
    return services.propose_acceptance(actor, scope, subject, after(days), WHY, **more)


def signed(one: Acceptance, cio: User, ciso: User) -> Acceptance:
    services.sign_acceptance(cio, one, Role.CIO, "password")
    return services.sign_acceptance(ciso, one, Role.CISO, "password")


def states() -> dict[tuple[str, str, int], str]:
    rows = Finding.objects.filter(asset__isnull=False)
    return {(a, d, p): s for a, d, p, s in rows.values_list("asset__key", "definition__identifier", "port", "state")}


def test_what_open_findings_cost_is_the_sum_of_their_own_prices(fix: Fix) -> None:
    rows = Finding.objects.filter(asset__isnull=False)
    each = [price.value for price in map(price_of, rows) if price.value is not None]
    found = selectors.carried(rows)
    assert found.ends is not None
    assert found.findings == rows.filter(rank__isnull=False).count()
    assert found.unpriced == found.findings - len(each)
    assert found.ends[1] == pytest.approx(sum(one[1] for one in each))
    assert found.ends[0] == pytest.approx(sum(one[0] for one in each))
    assert found.ends[1] < found.ends[2] <= sum(one[2] for one in each) * (1 + 1e-9)
    assert selectors.carried(Finding.objects.none()).ends is None


@pytest.mark.parametrize(
    ("scope", "subject", "covers"),
    [
        ("definition", "nessus:1", {("A-1", "nessus:1", 80), ("A-1", "nessus:1", 443)}),
        ("system", "S-1", {("A-1", "nessus:1", 80), ("A-1", "nessus:1", 443), ("A-1", "nessus:3", 80)}),
        ("system", "S-2", {("A-2", "nessus:2", 80)}),
        ("unit", "U-2", {("A-2", "nessus:2", 80)}),
    ],
)
def test_a_scope_covers_what_is_open_there(
    fix: Fix, cio: User, ciso: User, scope: str, subject: str, covers: set[tuple[str, str, int]]
) -> None:
    one = signed(proposed(ciso, scope, subject), cio, ciso)
    assert (one.state, one.frozen["findings"]) == (TwoKeyState.IN_FORCE, len(covers))
    assert {place for place, state in states().items() if state == "accepted"} == covers


def test_one_finding_alone(fix: Fix, cio: User, ciso: User) -> None:
    finding = Finding.objects.get(definition__identifier="nessus:3")
    one = signed(proposed(ciso, "finding", finding.key), cio, ciso)
    assert one.name == "Defect 3 on Web"
    assert [place for place, state in states().items() if state == "accepted"] == [("A-1", "nessus:3", 80)]
    finding.refresh_from_db()
    assert finding.rank is not None and finding.price is not None, "it still costs"
    assert finding.accepted_until is not None
    assert timezone.localtime(finding.accepted_until).date() == one.until + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"until": None}, "last day"),
        ({"until": after(366)}, "within 365 days"),
        ({"until": after(-1)}, "is not from"),
        ({"reason": " "}, "Say why"),
        ({"scope": "world"}, "no scope"),
        ({"subject": "S-9"}, "no system"),
        ({"controls": ["CT-9"]}, "no control"),
    ],
)
def test_bad_input_is_refused_with_its_reason(fix: Fix, ciso: User, changes: dict[str, Any], reason: str) -> None:
    given: dict[str, Any] = {"scope": "system", "subject": "S-1", "until": after(30), "reason": WHY, **changes}
    with pytest.raises(Refused, match=reason):
        services.propose_acceptance(
            ciso, given["scope"], given["subject"], given["until"], given["reason"], controls=given.get("controls", ())
        )
    assert not Acceptance.objects.exists()


def test_nothing_is_accepted_without_both_keys(fix: Fix, cio: User, ciso: User) -> None:
    one = proposed(ciso)
    services.sign_acceptance(cio, one, Role.CIO, "password")
    assert "accepted" not in states().values()
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.filter(pk=one.pk).update(state=TwoKeyState.IN_FORCE)
    with pytest.raises(Refused, match="do not hold the role"):
        services.sign_acceptance(account("owner", Role.MANAGER, person="P-1"), one, Role.CISO, "password")
    services.dissent_acceptance(ciso, one, Role.CISO, "Too long.")
    one.refresh_from_db()
    assert (one.state, one.recorded["dissent"]["reason"]) == (TwoKeyState.DISSENT, "Too long.")
    assert "accepted" not in states().values()


def test_it_is_sealed_and_checked(fix: Fix, cio: User, ciso: User) -> None:
    one = signed(proposed(ciso, controls=["CT-1"]), cio, ciso)
    assert one.frozen["controls"] == [{"key": "CT-1", "name": "Segments"}]
    assert one.frozen["loss_a_year"] == pytest.approx(list(selectors.carried(selectors.covered(one)).ends or ()))
    assert ledger.verify().holds
    assert not [problem for problem in checks.run() if one.key in str(problem)]
    Acceptance.objects.filter(pk=one.pk).update(content=one.content.replace("Shipping", "Nothing"))
    assert [problem for problem in checks.run() if one.key in str(problem)]


def test_it_ends_by_itself_and_its_findings_are_open_again(fix: Fix, cio: User, ciso: User) -> None:
    one = signed(proposed(ciso, days=5), cio, ciso)
    assert one.holds(after(5)) and not one.holds(after(6)), "when read, whether noted or not"
    assert one.ran_out(after(6)) and not one.ran_out(after(5))
    assert services.end_acceptances_that_ran_out(after(5)) == 0
    assert services.end_acceptances_that_ran_out(after(6)) == 1
    assert services.end_acceptances_that_ran_out(after(6)) == 0, "once"
    one.refresh_from_db()
    assert (one.ended, one.ended_by) == ("ran_out", None)
    assert set(states().values()) == {"open"}
    jobs.end_what_ran_out()


def test_either_executive_revokes_it(fix: Fix, cio: User, ciso: User) -> None:
    one = signed(proposed(ciso), cio, ciso)
    with pytest.raises(Refused, match="why it ends"):
        services.revoke_acceptance(cio, one, " ")
    one = services.revoke_acceptance(cio, one, "It is attacked elsewhere.")
    assert (one.ended, one.ended_by, one.holds(after(0))) == ("revoked", cio, False)
    assert set(states().values()) == {"open"}
    with pytest.raises(Refused, match="not in force"):
        services.revoke_acceptance(ciso, one, "Again.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.filter(pk=one.pk).update(ended="")


def test_what_comes_after_is_listed_and_added_by_two_keys_only(fix: Fix, cio: User, ciso: User, tmp_path: Path) -> None:
    one = signed(proposed(ciso), cio, ciso)
    assert not selectors.came_after(one).exists()
    scan(ciso, tmp_path, {"web.example": [(1, 80, 4), (1, 443, 4), (3, 80, 3), (5, 80, 3)]}, day=6)
    new = ("A-1", "nessus:5", 80)
    assert states()[new] == "open" and states()["A-1", "nessus:1", 80] == "accepted"
    assert [row.definition.identifier for row in selectors.came_after(one)] == ["nessus:5"]
    second = proposed(cio, predecessor=one)
    assert second.frozen["findings"] == 4 and second.frozen["replaces"] == one.key
    assert states()[new] == "open", "not before both have signed"
    signed(second, cio, ciso)
    one.refresh_from_db()
    assert (one.state, one.ended) == (TwoKeyState.SUPERSEDED, "replaced")
    assert states()[new] == "accepted" and states()["A-1", "nessus:1", 80] == "accepted"
    assert not selectors.came_after(second).exists()


def test_an_acceptance_leaves_to_others_what_they_accepted(fix: Fix, cio: User, ciso: User) -> None:
    signed(proposed(ciso, "definition", "nessus:1"), cio, ciso)
    wider = signed(proposed(ciso, "system", "S-1"), cio, ciso)
    assert wider.frozen["findings"] == 1
    services.revoke_acceptance(ciso, wider, "Done.")
    assert states()["A-1", "nessus:1", 80] == "accepted" and states()["A-1", "nessus:3", 80] == "open"
    with pytest.raises(Refused, match="Nothing is open there"):
        proposed(ciso, "definition", "nessus:1")


def test_a_fix_that_a_scan_sees_lowers_what_it_costs(fix: Fix, cio: User, ciso: User, tmp_path: Path) -> None:
    one = signed(proposed(ciso), cio, ciso)
    before = selectors.carried(selectors.covered(one)).ends
    scan(ciso, tmp_path, {"web.example": [(3, 80, 3)]}, day=TOMORROW)
    after_ = selectors.carried(selectors.covered(one)).ends
    assert before is not None and after_ is not None and after_[1] < before[1]
    assert states()["A-1", "nessus:1", 80] == "closed"


def test_both_homes_show_what_is_accepted_with_its_loss_and_days(fix: Fix, cio: User, ciso: User) -> None:
    signed(proposed(ciso, days=9), cio, ciso)
    for home in (homes.cio(cio), homes.ciso(ciso)):
        fact = next(one for one in home.statements if one.key == "acceptance.carried")
        ends = selectors.carried(selectors.covered(Acceptance.objects.get())).ends
        assert ends is not None and fact.value == pytest.approx(ends[1])
        table = next(one for one in home.main if one.slug == "accepted")
        assert [cell.text for cell in table.rows[0]][::3] == ["Shipping", "9"]


def test_a_signed_sheet_that_accepts_is_shown_as_one(fix: Fix, cio: User, ciso: User) -> None:
    today = timezone.localdate()
    values = {"system": "S-1", "fix": fix.key, "now_day": str(today), "accept_until": str(after(40))}
    sheet = services.draft_sheet(ciso, "patch_or_wait", "Web server", values)
    sheet = services.propose_sheet(ciso, sheet, "accept")
    services.sign_sheet(cio, sheet, Role.CIO, "password")
    services.sign_sheet(ciso, sheet, Role.CISO, "password")
    assert states()["A-1", "nessus:1", 80] == "accepted" and states()["A-1", "nessus:3", 80] == "open"
    assert [(one.key, one.findings, one.until) for one in selectors.held(today)] == [(sheet.key, 2, after(40))]
    assert services.end_sheets_that_ran_out(after(41)) == 1
    assert set(states().values()) == {"open"}


Browse = Callable[[User], Any]


def test_the_pages_propose_sign_renew_and_revoke(fix: Fix, cio: User, ciso: User, browse: Browse) -> None:
    client = browse(ciso)
    assert "Nothing is accepted" in client.get("/acceptances/").content.decode()
    assert 'value="F-1"' in client.get("/acceptances/-/new/?scope=finding&subject=F-1").content.decode()
    form = {"scope": "system", "subject": "S-1", "until": str(after(30)), "reason": WHY, "controls": ["CT-1"]}
    assert client.post("/acceptances/-/new/", {**form, "subject": "S-9"}).status_code == 422
    made = client.post("/acceptances/-/new/", form)
    one = Acceptance.objects.get()
    assert made.headers["Location"] == f"/acceptances/{one.key}/"
    assert "left open until" in client.get(f"/acceptances/{one.key}/sign/ciso/").content.decode()
    client.post(f"/acceptances/{one.key}/sign/ciso/", {"password": PASSWORD})
    browse(cio).post(f"/acceptances/{one.key}/sign/cio/", {"password": PASSWORD})
    page = client.get(f"/acceptances/{one.key}/").content.decode()
    assert "What it covers" in page and "Segments" in page and "Revoke" in page
    renew = client.get(f"/acceptances/{one.key}/renew/")
    assert renew.status_code == 200
    client.post(f"/acceptances/{one.key}/renew/", {**form, "until": str(after(60)), "scope": "unit"})
    second = Acceptance.objects.exclude(pk=one.pk).get()
    assert (second.scope, second.until, second.predecessor) == ("system", after(60), one)
    client.post(f"/acceptances/{second.key}/withdraw/")
    client.post(f"/acceptances/{one.key}/revoke/", {"reason": "Enough."})
    one.refresh_from_db()
    assert one.ended == "revoked"
    assert "Revoked" in client.get("/acceptances/").content.decode()
    verbs = LedgerEntry.objects.filter(noun="acceptance", key=one.key).order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["propose", "sign", "sign", "end"]


def test_the_api_proposes_reads_and_revokes(fix: Fix, cio: User, ciso: User, browse: Browse) -> None:
    client = browse(ciso)

    def post(path: str, body: dict[str, Any], key: str) -> Any:
        return client.post(path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key})

    told = {"scope": "definition", "subject": "nessus:1", "until": str(after(20)), "reason": WHY}
    made = post("/api/acceptances", told, "1")
    assert made.status_code == 201, made.content
    key = made.json()["key"]
    signed(Acceptance.objects.get(), cio, ciso)
    read = client.get(f"/api/acceptances/{key}").json()
    assert (read["holds"], read["covers"], read["open_now"], read["came_after"]) == (True, 2, 2, 0)
    assert read["loss_a_year"][0] <= read["loss_a_year"][1] <= read["loss_a_year"][2]
    assert client.get("/api/acceptances").json()["items"][0]["open_now"] == 2
    assert post("/api/acceptances", {**told, "until": str(after(999))}, "2").status_code == 422
    assert post(f"/api/acceptances/{key}/revoke", {"reason": "Over."}, "3").status_code == 200
    assert not client.get(f"/api/acceptances/{key}").json()["holds"]


def test_the_list_asks_the_same_however_many_there_are(
    fix: Fix, cio: User, ciso: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    for subject in ("nessus:1", "nessus:2", "nessus:3"):
        signed(proposed(ciso, "definition", subject), cio, ciso)
    client = browse(ciso)
    client.get("/acceptances/")
    with django_assert_max_num_queries(15):
        assert client.get("/acceptances/").status_code == 200
    with django_assert_max_num_queries(25):
        assert client.get(f"/acceptances/{Acceptance.objects.order_by('pk')[0].key}/").status_code == 200
    assert AcceptedFinding.objects.count() == 4
