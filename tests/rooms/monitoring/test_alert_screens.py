"""The pages of alerts, exceptions and silences, as analysts, heads and auditors see them, and the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from accord_alerts import estate, hit, person, rule, source, stakes
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accord.core import accounts, jobs
from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring.lists import alerts as lists
from accord.monitoring.models import Alert, ExceptionReplay, GroupingWindow, Rule, RuleException, Silence, Source
from accord.monitoring.services import triage
from accord.monitoring.services.alerts import take

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db: None) -> User:
    return person("ana")


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def pages(of: Rule | None = None) -> list[Alert]:
    one = of or rule("one", "high")
    return take([hit(one, n, host=f"h{n}", user="ada") for n in range(3)])


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def test_the_bare_address_leads_to_what_waits(ana: User) -> None:
    assert client(ana).get("/alerts/").headers["Location"] == "/alerts/?state=new&state=open"


def test_the_queue_is_ordered_by_score_and_narrowed_by_each_filter(ana: User) -> None:
    assets = estate(person("chief", Role.CISO))
    stakes(SHOP=1000.0)
    low, high = rule("low", "low"), rule("high", "high", techniques=["T1003.001"])
    take([hit(low, user="bob"), hit(high, host="srv-09"), hit(high, 1, asset=assets["A-WEB"])])
    Alert.objects.filter(rule=low).update(owner=ana, state="open")
    at = client(ana)
    shown = text(at.get("/alerts/?state=new&state=open"))
    assert shown.index("srv-09") < shown.index("host srv-01") and "A-000001" in shown
    for query, number in (
        ("level=low", 1), ("owner=ana@alerts.example", 1), ("owner=unknown", 2), ("rule=rule-high", 2),
        ("technique=T1003", 2), ("technique=t1003.001", 2), ("technique=T100", 0), ("system=S-SHOP", 1),
        ("unit=U", 1), ("unit=U-H", 0), ("entity=SRV-09", 1), ("entity=ADA", 2), ("kind=risk", 0), ("state=closed", 0),
        ("escalated=yes", 0), ("escalated=no", 3), (f"opened_from={timezone.localdate()}", 3),
        (f"opened_to={timezone.localdate() - timedelta(days=1)}", 0), ("source=unknown", 3), ("verdict=unknown", 3),
        ("q=A-000001", 1), ("system=unknown", 2),
    ):  # fmt: skip
        answer = at.get(f"/api/alerts?{query}").json()
        assert answer["count"] == number, (query, [i["title"] for i in answer["items"]])


@pytest.mark.parametrize("few", [1000, 1, 0])
def test_filters_find_the_same_whether_few_fit_or_many(ana: User, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    assets = estate(person("chief", Role.CISO))
    logs = source()
    other = Source.objects.create(key="other", name="Other", kind=Source.Kind.UPLOAD)
    one = rule("one")
    take([
        hit(one, host="a", asset=assets["A-WEB"], source=logs.pk), hit(one, host="b", asset=assets["A-PAY"]),
        hit(one, host="c", asset=assets["A-LONE"]), hit(one, host="d", source=other.pk),
        hit(one, 1, host="d", source=logs.pk), hit(one, 2, host="d", source=logs.pk),
        hit(one, 1, host="a", asset=assets["A-WEB"], source=other.pk),
    ])  # fmt: skip
    Alert.objects.filter(host="b").update(state="closed")
    at = client(ana)
    for query, hosts in (
        ("unit=U", "ab"), ("unit=U-H", "b"), ("system=S-SHOP", "a"), ("system=S-PAY", "b"), ("system=none", ""),
        ("source=logs", "ad"), ("source=other", "ad"), ("source=unknown", "bc"), ("source=none", ""),
        ("state=new&state=open&unit=U", "a"), ("state=open&state=new&source=logs", "ad"), ("state=new", "acd"),
        ("state=closed&state=new", "abcd"), ("state=new&state=open", "acd"), ("entity=d", "d"),
    ):  # fmt: skip
        answer = at.get(f"/api/alerts?sort=opened&{query}").json()
        assert "".join(sorted(item["host"] for item in answer["items"])) == hosts, query
        assert answer["count"] == len(hosts), query


def test_the_page_of_an_alert_says_what_is_not_known_and_stays_within_its_queries(ana: User) -> None:
    assets = estate(person("chief", Role.CISO))
    stakes(SHOP=1000.0)
    one, two = rule("one", "high"), rule("two", "high")
    take([hit(one, asset=assets["A-WEB"]), hit(two, 1, asset=assets["A-WEB"]), hit(one, 2, host="unknown-host")])
    at = client(ana)
    at.get("/alerts/A-000001/")
    for alert in Alert.objects.all():
        with CaptureQueriesContext(connection) as caught:
            shown = text(at.get(alert.get_absolute_url()))
        assert len(caught) <= 25, (alert.key, len(caught))
        assert alert.key in shown and 'aria-keyshortcuts="t"' in shown
        if alert.entity == "unknown-host":
            assert "its asset, and so the goals and the money" in shown
    shown = text(at.get(Alert.objects.get(rule=one, host="srv-01").get_absolute_url()))
    assert "Shop" in shown and "Sell" in shown and "EUR" in shown and "C:\\one.exe" in shown


def test_lists_stay_within_their_queries(ana: User) -> None:
    pages()
    at = client(ana)
    for address in ("/alerts/?state=new", "/entities/", "/silences/", "/exceptions/"):
        at.get(address)
        with CaptureQueriesContext(connection) as caught:
            assert at.get(address).status_code == 200
        assert len(caught) <= 15, address


def test_triage_through_the_page(ana: User) -> None:
    first, second, _ = [a for a in pages() if a.kind == "rule"]
    at = client(ana)
    form = {"alerts": first.pk, "revision": 0, "spent": "90", "next": first.get_absolute_url()}
    at.post("/alerts/acts/", {**form, "action": "take"})
    first.refresh_from_db()
    assert (first.owner, first.minutes) == (ana, 1.5)
    late = at.post("/alerts/judge/", {**form, "action": "close:true", "here": first.get_absolute_url()}, follow=True)
    assert "was changed meanwhile by Ana" in text(late)
    gone = at.post(
        "/alerts/judge/", {**form, "revision": 1, "action": "close:false", "next": second.get_absolute_url()}
    )
    assert gone.headers["Location"] == second.get_absolute_url()
    first.refresh_from_db()
    assert first.verdict == "false"
    at.post("/alerts/judge/", {"alerts": second.pk, "action": "close:duplicate", "duplicate_key": first.key})
    second.refresh_from_db()
    assert second.duplicate_of == first
    away = at.post("/alerts/acts/", {"alerts": second.pk, "action": "take", "next": "https://evil.example/"})
    assert away.headers["Location"] == "/alerts/"


def test_notes_minutes_escalation_and_window(ana: User) -> None:
    one = pages()[0]
    at, address = client(ana), one.get_absolute_url()
    at.post(f"{address}note/", {"text": "<b>seen</b>"})
    assert "&lt;b&gt;seen&lt;/b&gt;" in text(at.get(address))
    assert at.post(f"{address}minutes/", {"spent": "30"}).status_code == 204
    at.post(f"{address}minutes/", {"minutes": "7,5", "revision": "0"})
    one.refresh_from_db()
    assert one.minutes == 7.5
    assert "no number" in text(at.post(f"{address}minutes/", {"minutes": "1e9"}, follow=True))
    at.post(f"{address}escalate/", {"reason": "Really bad", "revision": "1"})
    one.refresh_from_db()
    assert one.escalation == "Really bad"
    at.post(f"{address}window/", {"minutes": "30"})
    assert GroupingWindow.objects.get().length == timedelta(minutes=30)
    at.post(f"{address}window/", {"minutes": ""})
    assert not GroupingWindow.objects.exists()


def test_bulk_acts_on_all_that_fit(ana: User) -> None:
    pages()
    at = client(ana)
    at.post("/alerts/judge/", {"scope": "all", "query": "entity=h1&state=new", "action": "close:benign"})
    assert list(Alert.objects.filter(verdict="benign").values_list("entity", flat=True)) == ["h1"]
    at.post("/alerts/acts/", {"scope": "all", "query": "state=new", "action": "assign", "owner": ana.email})
    assert Alert.objects.filter(owner=ana, state="open").count() == 2
    left = Alert.objects.filter(state="open").values_list("pk", flat=True)
    at.post("/alerts/silence/", {"alerts": list(left), "hours": "4", "reason": "Known"})
    assert Silence.objects.count() == 2 and Alert.objects.filter(state="silenced").count() == 2
    assert "None is chosen" in text(at.post("/alerts/acts/", {"action": "take"}, follow=True))


def test_j_and_k_keep_to_the_filter_from_which_one_came(ana: User) -> None:
    one = rule("one", "high")
    held = take([hit(one, n, host=host, user=None) for n, host in enumerate(("a", "b", "a2"))])
    triage.take(ana, [held[1].pk])
    at = client(ana)
    shown = text(at.get(f"{held[2].get_absolute_url()}?queue=state%3Dnew"))
    step = shown.split('class="page-actions"')[1].split("</header>")[0]
    assert held[1].get_absolute_url() not in step, "it is not new any longer"
    assert f"{held[0].get_absolute_url()}?queue=state%3Dnew" in step


def test_an_exception_from_an_alert_through_its_replay(ana: User) -> None:
    one = rule("one", "high")
    base = (timezone.now() - hit(one).time).total_seconds() / 60
    (found,) = take([hit(one, base, user=None)])
    triage.close(ana, [found.pk], "true")
    at = client(ana)
    shown = text(at.get(f"/exceptions/new/?alert={found.key}"))
    assert "C:\\one.exe" in shown and "rule-one" in shown and "accord.host" in shown
    bad = at.post("/exceptions/new/", {"use_1": "yes", "field_1": "", "operator_1": "equals", "rules": "rule-one"})
    assert bad.status_code == 422 and "names no field" in text(bad)
    sent = {
        "alert": found.key, "use_1": "yes", "field_1": "Image", "operator_1": "endswith", "value_1": "\\one.exe",
        "field_2": "User", "operator_2": "equals", "value_2": "not ticked", "rules": "rule-one",
    }  # fmt: skip
    address = at.post("/exceptions/new/", sent).headers["Location"]
    replay = ExceptionReplay.objects.get()
    assert [c["field"] for c in replay.conditions] == ["Image"]
    assert "Put it in force" not in text(at.get(address))
    jobs._execute(replay.job_id)
    shown = text(at.get(address))
    assert "1 alert judged true" in shown and found.key in shown
    replay.refresh_from_db()
    told = {
        "title": "One", "owner": ana.email, "reason": "Known", "proof": replay.proof,
        "expires": (timezone.localdate() + timedelta(days=10)).isoformat(), "despite": "",
    }  # fmt: skip
    assert at.post(address, told).status_code == 422
    assert at.post(address, {**told, "despite": "Replaced by another tool."}).status_code == 302
    made = RuleException.objects.get()
    assert take([hit(one, base + 1)]) == []
    shown = text(at.get(made.get_absolute_url()))
    assert "Replaced by another tool." in shown and "Hits dropped by day" in shown
    at.post(f"{made.get_absolute_url()}end/", {"reason": "over"})
    made.refresh_from_db()
    assert not made.is_live


def test_silences_on_screen(ana: User) -> None:
    rule("one")
    at, now = client(ana), timezone.localtime()
    sent = {
        "rule": "rule-one", "since": f"{now:%Y-%m-%dT%H:%M}", "until": f"{now + timedelta(hours=3):%Y-%m-%dT%H:%M}",
        "reason": "Patching",
    }  # fmt: skip
    assert at.post("/silences/new/", {**sent, "reason": ""}).status_code == 422
    assert at.post("/silences/new/", sent).status_code == 302
    one = Silence.objects.get()
    assert "Patching" in text(at.get(one.get_absolute_url()))
    at.post(f"{one.get_absolute_url()}end/")
    one.refresh_from_db()
    assert one.state == "ended"


def test_a_head_sees_the_alerts_of_their_units_systems_only(ana: User) -> None:
    assets = estate(person("chief", Role.CISO))
    one = rule("one")
    take([hit(one, asset=assets["A-WEB"], user=None), hit(one, asset=assets["A-PAY"], host="pay-01", user=None),
          hit(one, host="stranger", user=None)])  # fmt: skip
    head = client(person("head", Role.HEAD, "U-S"))
    assert [i["host"] for i in head.get("/api/alerts").json()["items"]] == ["srv-01"]
    mine, other = (Alert.objects.get(host=host) for host in ("srv-01", "pay-01"))
    shown = text(head.get(mine.get_absolute_url()))
    assert 'data-key="t"' not in shown and head.get(other.get_absolute_url()).status_code == 404
    assert head.post("/alerts/acts/", {"alerts": mine.pk, "action": "take"}).status_code == 403
    assert head.get("/exceptions/").status_code == 403
    assert "srv-01" not in text(head.get("/entities/"))


def test_the_api_does_what_the_screens_do(ana: User) -> None:
    _, token = accounts.add_token(ana, "SOAR")
    at = Client(headers={"Authorization": f"Bearer {token}"})
    one, two = [a for a in pages() if a.kind == "rule"][:2]

    def post(address: str, **body: Any) -> Any:
        return at.post(f"/api{address}", body, content_type="application/json")

    got = at.get(f"/api/alerts/{one.key}").json()
    assert got["hits"][0]["fields"] == {"Image": "C:\\one.exe"} and got["score_low"] < got["score_high"]
    assert post("/alerts/work", action="take", alerts=[one.key]).json() == {"changed": [one.key], "passed": {}}
    late = post("/alerts/judge", action="close", verdict="true", alerts=[one.key], revision=0)
    assert late.status_code == 422 and "meanwhile" in late.json()["detail"]
    assert post("/alerts/judge", action="take", alerts=[one.key]).status_code == 403
    assert post("/alerts/judge", action="close", verdict="true", alerts=[one.key, two.key]).status_code == 200
    assert post(f"/alerts/{one.key}/notes", text="By a program").status_code == 200
    assert post(f"/alerts/{one.key}/escalate", reason="Needed").json()["escalated"]
    made = post("/exceptions/replay", rules=["rule-one"],
                conditions=[{"field": "Image", "operator": "contains", "value": "one"}]).json()  # fmt: skip
    assert at.get(f"/api/exceptions/replays/{made['replay']}").json()["result"] is None
    jobs._execute(made["job"])
    shown = at.get(f"/api/exceptions/replays/{made['replay']}").json()
    told = {"replay": made["replay"], "proof": shown["proof"], "title": "T", "reason": "R",
            "expires": (timezone.now() + timedelta(days=3)).isoformat()}  # fmt: skip
    assert post("/exceptions", **told).status_code == 422
    key = post("/exceptions", **told, despite="Because it is so.").json()["key"]
    got = at.get(f"/api/exceptions/{key}").json()
    assert (got["state"], got["rules"], got["days"]) == ("live", ["rule-one"], [])
    assert got["conditions"] == [{"field": "Image", "operator": "contains", "value": "one"}] and got["told"]
    assert post(f"/exceptions/{key}/end").json()["state"] == "ended"
    assert at.get(f"/api/exceptions/{key}").json()["state"] == "ended"
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    made = post("/silences", since=timezone.now().isoformat(), until=until, reason="R", rule="rule-one").json()
    assert at.get(f"/api/silences/{made['key']}").json()["state"] == "live"
    assert post(f"/silences/{made['key']}/end").json()["state"] == "ended"
    assert {at.get(f"/api/{noun}/NONE").status_code for noun in ("exceptions", "silences")} == {404}
    assert at.get("/api/alerts/A-999999").status_code == 404
