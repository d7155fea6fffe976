"""From a silent source to rules, techniques, systems, goals and money; coverage by technique; blind spots as
initiatives; and what other rooms are told of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.estate.models import Asset, System
from accord.exposure.models import SafeguardEvidence
from accord.monitoring.models import (
    BlindInitiative,
    BlindState,
    DetectionExercise,
    Rule,
    RuleRoutes,
    RuleVersion,
    Source,
    SourceHost,
    SourceLog,
    SourceWatch,
    SystemStake,
)
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors import blind_spots as spots
from accord.monitoring.services import blind
from accord.monitoring.services.blind import evidence as blind_evidence
from accord.monitoring.services.blind import initiative as blind_initiative
from accord.monitoring.services.blind import routes as blind_routes
from accord.monitoring.services.blind.routes import Routes
from accord.strategy.models import Initiative, InitiativeCost

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
RULE = """title: {title}
id: {id}
name: {name}
tags: [attack.{technique}]
logsource: {{{source}}}
detection:
  one:
    field: {name}
  condition: one
level: high
"""
CORRELATION = """title: Both
id: 00000000-0000-4000-8000-0000000000ff
name: both
tags: [attack.t1078]
correlation:
  type: temporal
  rules: [ssh, cloud]
  group-by: [user]
  timespan: 5m
level: high
"""


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


@pytest.fixture
def ciso(db: None, settings: Any, tmp_path: Path) -> User:
    settings.HOME = tmp_path
    return accounts.add_account(None, "ciso@blind.example", "Cis", [(Role.CISO, "")])


@pytest.fixture
def estate(ciso: User) -> User:
    """Two goals (0.75 and 0.25), a shop on two hosts (0.6 and 0.4), a payroll on one host, a kiosk without assets."""
    import_tables(ciso, [
        table("goal", "key,name,weight", "G-1,Sell,3", "G-2,Pay,1"),
        table("capability", "key,name", "C-1,Selling", "C-2,Paying"),
        table("goal_capability", "goal,capability,share", "G-1,C-1,0.8", "G-2,C-2,1"),
        table("system", "key,name", "S-SHOP,Shop", "S-PAY,Payroll", "S-KIOSK,Kiosk"),
        table("capability_system", "capability,system,share", "C-1,S-SHOP,0.5", "C-2,S-PAY,1"),
        table("asset", "key,name,kind", "A-WEB,Web,host", "A-APP,App,application", "A-PAY,Pay,host"),
        table("system_asset", "system,asset,share", "S-SHOP,A-WEB,0.6", "S-SHOP,A-APP,0.4", "S-PAY,A-PAY,1"),
    ])  # fmt: skip
    shop = System.objects.get(key="S-SHOP")
    SystemStake.objects.create(system=shop, low=1e5, mid=2e5, high=4e5, currency="EUR", at=NOW)
    return ciso


def source(key: str, state: str, *logs: str, hosts: dict[str, float] | None = None) -> Source:
    """A source with its state, kinds of log ("linux//sshd"), and assets → days since their newest event."""
    made = Source.objects.create(key=key, name=f"{key} logs", kind="syslog", received_up_to=NOW)
    SourceWatch.objects.create(source=made, at=NOW, state=state)
    for log in logs:
        product, category, service = log.split("/")
        SourceLog.objects.create(
            source=made, format="x", product=product, category=category, service=service, first=NOW, last=NOW
        )
    for asset, days in (hosts or {}).items():
        last = NOW - timedelta(days=days)
        held = Asset.objects.filter(key=asset).first()
        SourceHost.objects.create(source=made, host=asset.lower(), asset=held, first=last, last=last)
    return made


def rule(name: str, technique: str, where: str, **fields: Any) -> Rule:
    number = Rule.objects.count() + 1
    text = RULE.format(
        title=f"Rule {name}", id=f"00000000-0000-4000-8000-{number:012}", name=name, technique=technique.lower(),
        source=where,
    )  # fmt: skip
    return _kept(text if name != "both" else CORRELATION, name, technique, is_correlation=name == "both", **fields)


def _kept(text: str, name: str, technique: str, **fields: Any) -> Rule:
    made = Rule.objects.create(
        identifier=text.split("id: ")[1].split("\n")[0], title=text.split("\n")[0][7:], level="high", name=name,
        collection="own", techniques=[technique], state=fields.pop("state", "ok"), **fields,
    )  # fmt: skip
    made.version = RuleVersion.objects.create(rule=made, number=1, text=text, digest="x")
    made.save()
    return made


@pytest.fixture
def watched(estate: User) -> dict[str, Any]:
    """SSH logs of both shop machines fell silent; payroll's host sends to a firewall that is receiving."""
    ssh = rule("ssh", "T1110", "product: linux, service: sshd", last_fired=NOW)
    linux = rule("linux", "T1059.004", "product: linux", tests=2)
    cloud = rule("cloud", "T1078", "product: aws, service: cloudtrail", state="no_source")
    fire = rule("fire", "T1046", "category: firewall")
    both = rule("both", "T1078", "")
    sources = {
        "ssh": source("SSH", "silent", "linux//sshd", hosts={"A-WEB": 0.5, "A-APP": 3}),
        "fw": source("FW", "receiving", "cisco/firewall/", hosts={"A-PAY": 0.1, "A-APP": 0.1, "stranger": 0.1}),
    }
    blind.refresh(NOW)
    return {"rules": {"ssh": ssh, "linux": linux, "cloud": cloud, "fire": fire, "both": both}, **sources}


def test_a_silent_source_leaves_blind_what_nothing_else_feeds(watched: dict[str, Any]) -> None:
    rules = watched["rules"]
    (one,) = read.silent_sources(NOW)
    assert one.source == watched["ssh"]
    assert one.rules == sorted([rules["ssh"].pk, rules["linux"].pk])
    assert one.techniques == ["T1059.004", "T1110"]
    assert [(s["key"], s["share"]) for s in one.systems] == [("S-SHOP", pytest.approx(0.6))]
    assert one.lost_assets == 1
    assert one.goal_share == pytest.approx(0.75 * 0.8 * 0.5 * 0.6)
    assert one.goals == {"G-1": pytest.approx(0.75 * 0.8 * 0.5 * 0.6)}
    assert one.loss == pytest.approx((0.6e5, 1.2e5, 2.4e5))
    assert BlindState.objects.get().result["blind_rules"] == one.rules


def test_a_second_source_of_the_same_kind_takes_the_rules_over(watched: dict[str, Any]) -> None:
    source("SSH2", "receiving", "linux//sshd")
    blind.refresh(NOW)
    (one,) = read.silent_sources(NOW)
    assert one.rules == []
    assert not BlindState.objects.get().result["blind_rules"]
    SourceLog.objects.filter(source__key="SSH2").update(last=NOW - timedelta(days=8))
    blind.refresh(NOW)
    assert len(read.silent_sources(NOW)[0].rules or ()) == 2
    (stopped,) = BlindState.objects.get().result["stopped"]
    assert stopped["log"] == ["linux", "", "sshd"]


def test_systems_by_how_much_of_them_sends_logs(watched: dict[str, Any]) -> None:
    found = {one["key"]: one for one in spots.systems(read.state())}
    shop, pay, kiosk = found["S-SHOP"], found["S-PAY"], found["S-KIOSK"]
    assert (shop["state"], shop["logging"], shop["silent"], shop["asked"]) == ("partly", 1, 1, 2)
    assert shop["unseen"] == pytest.approx(0.6)
    assert shop["loss"] == pytest.approx([0.6e5, 1.2e5, 2.4e5])
    assert {(m["label"], m["without"], m["of"]) for m in shop["missing"]} == {
        ("Operating system log", 1, 1), ("Access log of the web server or application", 1, 1),
    }  # fmt: skip
    assert (pay["state"], pay["goal"], pay["loss"]) == ("all", 0.0, None)
    assert (kiosk["state"], kiosk["goal"], kiosk["newest"]) == ("unknown", 0.0, None)


def test_of_assets_that_logs_do_not_name_it_cannot_be_told_while_their_kind_of_log_arrives(estate: User) -> None:
    import_tables(estate, [
        table("asset", "key,name,kind", "A-VM,Machine,host", "A-ACC,Account,account", "A-IMG,Image,image"),
        table("system_asset", "system,asset,share", "S-KIOSK,A-VM,0.5", "S-KIOSK,A-ACC,0.3", "S-KIOSK,A-IMG,0.2"),
    ])  # fmt: skip
    source("PC", "receiving", "windows//security", hosts={"A-VM": 0.1})

    def kiosk() -> dict[str, Any]:
        blind.refresh(NOW)
        return next(one for one in spots.systems(read.state()) if one["key"] == "S-KIOSK")

    before = kiosk()
    assert (before["state"], before["silent"], before["open"], before["asked"]) == ("partly", 1, 0, 2)
    assert [m["label"] for m in before["missing"]] == ["Sign-in log"]
    source("IDP", "receiving", "okta//okta")
    after = kiosk()
    assert (after["state"], after["silent"], after["open"], after["missing"]) == ("unknown", 0, 1, [])
    assert (after["unseen"], after["goal"], after["goal_most"]) == (0.0, 0.0, 0.0)


def test_a_source_whose_events_name_no_asset_tells_nothing_of_systems(watched: dict[str, Any]) -> None:
    source("IDP", "silent", "okta//okta")
    blind.refresh(NOW)
    (one,) = (one for one in read.silent_sources(NOW) if one.source.key == "IDP")
    assert (one.systems, one.goal_share, one.loss) == ([], None, None)


def test_a_correlation_rule_is_blind_as_its_members_are() -> None:
    routes = Routes(
        {1: (("linux", "", ""),), 2: (("aws", "", ""),)}, {3: (True, (1, 2)), 4: (False, (1, 2)), 5: (True, (3, 4))}
    )
    fed = blind_routes.feeders(routes, [(7, ("linux", "", "sshd")), (8, ("aws", "", "cloudtrail"))])
    assert fed == {1: {7}, 2: {8}}
    assert blind_routes.living(routes, fed, {7, 8}) == {1, 2, 3, 4, 5}
    assert blind_routes.living(routes, fed, {7}) == {1, 4}
    assert blind_routes.living(routes, fed, set()) == set()


def test_a_rule_takes_a_log_as_the_engine_does() -> None:
    from accord.engines.sigma import LogSource

    words = ("", "a", "b")
    every = [(p, c, s) for p in words for c in words for s in words]
    for wanted in every:
        for told in every:
            engine = LogSource(*(part or None for part in wanted)).takes(LogSource(*(part or None for part in told)))
            assert blind_routes.takes(wanted, told) == engine


def test_routes_are_read_again_only_for_another_program(watched: dict[str, Any], monkeypatch: Any) -> None:
    assert RuleRoutes.objects.get().rules[str(watched["rules"]["ssh"].pk)] == [["linux", "", "sshd"]]
    from accord.monitoring.services import ruleset

    def fail() -> None:
        raise AssertionError("the program was loaded again")

    monkeypatch.setattr(ruleset, "current", fail)
    blind.refresh(NOW)
    rule("more", "T1003", "product: windows")
    with pytest.raises(AssertionError, match="loaded again"):
        blind.refresh(NOW)


def test_rules_that_cannot_fire_say_why(watched: dict[str, Any]) -> None:
    found = read.rules_that_cannot_fire(read.state())
    assert (found["total"], found["ok"]) == (5, 2)
    assert {name: len(rows) for name, rows in found["groups"].items()} == {"silent": 2, "no_source": 1}


def chosen(actor: User, *keys: str) -> None:
    import_tables(actor, [table("threat_profile", "key,reason,weight", *(f"{key},because,2" for key in keys))])


def test_the_three_answers_are_apart(watched: dict[str, Any], estate: User) -> None:
    chosen(estate, "T1110", "T1059", "T1046", "T1190", "T1078")
    found = read.coverage(NOW)
    by = {one.technique.identifier: one for one in found.covers}
    assert {name: one.gap for name, one in by.items()} == {
        "T1110": "telemetry", "T1059": "telemetry", "T1046": "proof", "T1190": "rule", "T1078": "proof",
    }  # fmt: skip
    assert (found.count("rule"), found.count("telemetry"), found.count("proof")) == (4, 2, 2)
    assert (by["T1059"].exact, by["T1059"].tested, by["T1059"].reasons) == (0, 1, {"silent": 1})
    assert (by["T1110"].fired, by["T1110"].last_fired, by["T1110"].arriving) == (1, NOW, 0)
    assert by["T1078"].reasons == {"no_source": 1}


def test_without_a_catalogue_techniques_stand_under_the_tactics_of_most_rules(estate: User) -> None:
    rule("a", "T1110", "product: linux", tactics=["credential-access"])
    rule("b", "T1110", "product: linux", tactics=["credential-access", "initial-access"])
    rule("c", "T1005", "product: linux", tactics=[])
    found = read.coverage(NOW, "rules")
    assert found.catalogue.tactics == (("credential-access", "Credential access"),)
    assert {one.technique.identifier: one.technique.tactics for one in found.covers} == {
        "T1110": ("credential-access",), "T1005": (),
    }  # fmt: skip


def test_an_exercise_proves_and_one_that_failed_disproves(watched: dict[str, Any], estate: User) -> None:
    chosen(estate, "T1046", "T1110")
    day = date(2026, 5, 1)
    DetectionExercise.objects.create(key="E-1", technique="T1046", day=day, detected=True)
    DetectionExercise.objects.create(key="E-2", technique="T1110.003", day=day, detected=False)
    by = {one.technique.identifier: one for one in read.coverage(NOW).covers}
    assert (by["T1046"].proven, by["T1046"].gap) == (True, "")
    assert not by["T1110"].proven
    DetectionExercise.objects.create(key="E-3", technique="T1110", day=day + timedelta(days=1), detected=True)
    assert {one.technique.identifier: one.proven for one in read.coverage(NOW).covers}["T1110"]


def test_the_numbers_of_queries_do_not_grow(watched: dict[str, Any], estate: User) -> None:
    chosen(estate, "T1046")
    with CaptureQueriesContext(connection) as few:
        blind.refresh(NOW)
        read.coverage(NOW)
        read.silent_sources(NOW)
    for n in range(4):
        rule(f"r{n}", f"T{1200 + n}", "product: linux", enabled=False)
        source(f"X{n}", "silent", "linux//auditd", hosts={"A-PAY": 1})
    chosen(estate, "T1201", "T1202", "T1203")
    with CaptureQueriesContext(connection) as many:
        blind.refresh(NOW)
        read.coverage(NOW)
        read.silent_sources(NOW)
    assert len(many) <= len(few)


def test_the_matrix_of_safeguards_hears_of_logs_that_arrive(watched: dict[str, Any]) -> None:
    assert blind_evidence.tell(NOW) == 3
    rows = SafeguardEvidence.objects.filter(safeguard="logs", present=True).order_by("source", "asset__key")
    assert [(r.asset.key, r.source, r.seen) for r in rows] == [
        ("A-APP", "FW logs", date(2026, 5, 20)), ("A-PAY", "FW logs", date(2026, 5, 20)),
        ("A-WEB", "SSH logs", date(2026, 5, 19)),
    ]  # fmt: skip
    entries = LedgerEntry.objects.filter(noun="safeguard_evidence").count()
    assert blind_evidence.tell(NOW) == 3
    assert LedgerEntry.objects.filter(noun="safeguard_evidence").count() == entries
    SourceHost.objects.filter(host="a-web").update(last=NOW)
    blind_evidence.tell(NOW)
    assert SafeguardEvidence.objects.get(asset__key="A-WEB").seen == date(2026, 5, 20)
    assert LedgerEntry.objects.filter(noun="safeguard_evidence").count() == entries + 1


def wish(key: str = "WATCH-1", **fields: Any) -> blind_initiative.Wish:
    from decimal import Decimal

    given = {"capital": Decimal(40_000), "running": Decimal(9000), **fields}
    return blind_initiative.Wish(key, "Logs of the shop", "Why", 2, **given)


def test_a_blind_spot_becomes_an_initiative_with_its_price(watched: dict[str, Any], estate: User) -> None:
    blind_initiative.make(estate, "system:S-SHOP", wish())
    made = Initiative.objects.get(key="WATCH-1")
    assert (made.name, made.sponsor, made.duration_quarters) == ("Logs of the shop", "ciso", 2)
    rows = InitiativeCost.objects.filter(initiative=made).order_by("year").values_list("year", "capital", "running")
    assert [(year, int(capital), int(running)) for year, capital, running in rows] == [
        (1, 40_000, 9000), (2, 0, 9000), (3, 0, 9000),
    ]  # fmt: skip
    assert read.initiatives()["system:S-SHOP"][0].initiative == "WATCH-1"
    assert blind_initiative.suggested_key() == "WATCH-2"
    with pytest.raises(Refused, match="There is an initiative"):
        blind_initiative.make(estate, "system:S-PAY", wish())
    assert BlindInitiative.objects.count() == 1


def test_who_may_not_change_initiatives_cannot_make_one(watched: dict[str, Any]) -> None:
    analyst = accounts.add_account(None, "ana@blind.example", "Ana", [(Role.ANALYST, "")])
    with pytest.raises(Refused, match="CIO or the CISO"):
        blind_initiative.make(analyst, "system:S-SHOP", wish())
    assert not BlindInitiative.objects.exists()


def test_what_is_not_known_of_a_price_stays_unknown(watched: dict[str, Any], estate: User) -> None:
    blind_initiative.make(estate, "system:S-SHOP", wish(running=None))
    assert list(InitiativeCost.objects.values_list("year", "capital", "running")) == [(1, 40_000, None)]


# --- pages


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=configured.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.mark.parametrize("name", ["blind", "technique_coverage", "attack", "threat_profile_list"])
def test_the_pages_are_there_before_anything_is(ciso: User, name: str) -> None:
    answer = browser(ciso).get(reverse(f"monitoring:{name}"))
    assert answer.status_code == 200


def test_the_page_of_what_is_not_watched(watched: dict[str, Any], estate: User) -> None:
    chosen(estate, "T1110", "T1190")
    client = browser(estate)
    client.get(reverse("monitoring:blind"))
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("monitoring:blind"))
    text = answer.content.decode()
    assert len(queries) <= 15
    assert "SSH logs" in text and "Shop (60" in text
    assert "Rule ssh" in text and "No source delivers their logs" in text
    assert "T1190" in text and "Kiosk" in text
    assert "?spot=source%3ASSH" in text


def test_each_number_of_a_silent_source_leads_to_its_rows(watched: dict[str, Any], estate: User) -> None:
    client = browser(estate)
    shown = client.get(reverse("monitoring:blind")).content.decode()
    assert "?rests_on=SSH" in shown and "blinded=yes" in shown and "/sources/SSH/#hangs" in shown
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("monitoring:source_detail", args=["SSH"])).content.decode()
    assert len(queries) <= 25
    hangs = page.split('id="hangs"')[1].split("</section>")[0]
    for said in ("Rule ssh", "Rule linux", "T1110", "T1059.004", "Shop</a> (60", "Sell ("):
        assert said in hangs, said
    assert "Rule fire" not in hangs

    def titles(query: str) -> list[str]:
        return [one["title"] for one in client.get(f"/api/rules?{query}").json()["items"]]

    assert titles("rests_on=SSH") == titles("blinded=true") == ["Rule linux", "Rule ssh"]
    assert titles("rests_on=FW") == ["Rule fire"]
    assert titles("rests_on=none") == []


def test_a_source_that_sends_otherwise_can_become_an_initiative(watched: dict[str, Any], estate: User) -> None:
    SourceWatch.objects.filter(source=watched["fw"]).update(volume="less", got=3, low=10, mid=12, high=20)
    shown = browser(estate).get(reverse("monitoring:blind")).content.decode()
    unusual = shown.split('id="unusual"')[1].split("</section>")[0]
    assert "FW logs" in unusual and "?spot=source%3AFW" in unusual


def test_the_form_of_an_initiative_is_prefilled_and_asks_for_a_price(watched: dict[str, Any], estate: User) -> None:
    client = browser(estate)
    address = f"{reverse('monitoring:blind_initiative')}?spot=source:SSH"
    shown = client.get(address).content.decode()
    assert "Logs of SSH logs without a gap" in shown and "2 rules rest on it alone" in shown
    given = {"key": "WATCH-1", "name": "N", "quarters": "1", "years": "3"}
    refused = client.post(address, given)
    assert refused.status_code == 422
    assert "Give a price" in refused.content.decode()
    done = client.post(address, {**given, "running": "1200"})
    assert done.status_code == 302
    assert "WATCH-1" in client.get(reverse("monitoring:blind")).content.decode()
    assert client.get(f"{reverse('monitoring:blind_initiative')}?spot=system:NONE").status_code == 302


@pytest.mark.parametrize("query", ["", "?scope=rules", "?scope=all&gap=rule", "?gap=proof&tactic=other"])
def test_the_coverage_and_its_gaps(watched: dict[str, Any], estate: User, query: str) -> None:
    chosen(estate, "T1110", "T1046")
    client = browser(estate)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("monitoring:technique_coverage") + query)
    assert answer.status_code == 200
    assert len(queries) <= 15
    expected = "T1046" if query != "?scope=all&gap=rule" else "Techniques"
    assert expected in answer.content.decode()


def test_one_technique(watched: dict[str, Any], estate: User) -> None:
    client = browser(estate)
    text = client.get(reverse("monitoring:technique_detail", args=["T1110"])).content.decode()
    assert "Rule ssh" in text and "its source" in text
    assert client.get(reverse("monitoring:technique_detail", args=["T9999"])).status_code == 200
    assert client.get(reverse("monitoring:technique_detail", args=["X"])).status_code == 404


def test_what_the_api_tells(watched: dict[str, Any], estate: User) -> None:
    chosen(estate, "T1110", "T1190")
    client = browser(estate)
    told = client.get("/api/not-watched").json()
    assert told["silent"][0]["source"] == "SSH"
    assert told["rules"] == {
        "enabled": 5, "ok": 2, "why": {
            "silent": [watched["rules"]["linux"].pk, watched["rules"]["ssh"].pk],
            "no_source": [watched["rules"]["cloud"].pk],
        },
    }  # fmt: skip
    techniques = client.get("/api/techniques").json()
    assert (techniques["techniques"], techniques["with_rule"], techniques["proven"]) == (2, 1, 1)
    gaps = client.get("/api/techniques?gap=rule").json()["items"]
    assert [one["technique"] for one in gaps] == ["T1190"]
    assert client.get("/api/techniques?scope=x").status_code == 404


def test_a_look_at_once(estate: User) -> None:
    client = browser(estate)
    assert client.post(reverse("monitoring:blind_run")).status_code == 302
    assert BlindState.objects.get().at is not None
    assert json.dumps(BlindState.objects.get().result)
    assert timezone.now() - BlindState.objects.get().at < timedelta(minutes=1)
