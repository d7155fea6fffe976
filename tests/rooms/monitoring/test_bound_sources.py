"""A source that a person bound to an asset, and by what the asset of an alert was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from accord_alerts import hit, person, rule, table
from accord_spooled import audit, everything, folder, send, source
from django.test import Client

from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.estate.models import Asset
from accord.exposure.models import SafeguardEvidence, Target
from accord.monitoring import pumping
from accord.monitoring.models import Alert, BoundLog, Source, SourceWatch
from accord.monitoring.pumping.assets import Assets
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors import blind_spots as spots
from accord.monitoring.selectors.hanging import hanging
from accord.monitoring.selectors.ties import tie_of
from accord.monitoring.services import blind, sources
from accord.monitoring.services.alerts import take
from accord.monitoring.services.blind import evidence
from accord.monitoring.services.hosts import note_bound, note_hosts
from accord.monitoring.store import StoredEvent

__all__ = ["folder", "send", "source"]
COLUMNS = ["key", "name", "kind", "hostnames", "addresses", "identifiers"]
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def assets(actor: User, *rows: str) -> None:
    cells = [TextRow(n, dict(zip(COLUMNS, row.split(","), strict=True))) for n, row in enumerate(rows, 2)]
    import_tables(actor, [TextTable("asset", COLUMNS, cells)])


@pytest.fixture
def ana(db: None) -> User:
    actor = person("ana")
    assets(
        actor, "A-1,Web server,host,srv-01.corp.example,10.0.0.1,", "A-FW,Firewall,device,,,",
        "A-3,Twin a,host,twin-a,10.0.0.9,", "A-4,Twin b,host,twin-b,10.0.0.9,",
        "A-AWS,Cloud,account,,,aws-account:111122223333", "A-ADA,Ada,account,,,account:ada@corp.example",
    )  # fmt: skip
    return actor


def event(source: Source, **told: Any) -> StoredEvent:
    return StoredEvent("1-a-1", source.pk, NOW, True, NOW, **told)


def tied(one: StoredEvent) -> tuple[str | None, str]:
    held = Assets()
    held.renew()
    held.tie([one])
    return (None if one.asset is None else Asset.objects.get(pk=one.asset).key, one.asset_by)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"host": "SRV-01.corp.example"}, ("A-1", "host:SRV-01.corp.example")),
        ({"host": "10.0.0.1"}, ("A-1", "address:10.0.0.1")),
        ({"src": "192.0.2.1", "dst": "10.0.0.1"}, ("A-1", "address:10.0.0.1")),
        ({"product": "aws", "data": {"recipientAccountId": "111122223333"}}, ("A-AWS", "aws-account:111122223333")),
        ({"product": "okta", "user": "ada@corp.example"}, ("A-ADA", "account:ada@corp.example")),
        ({"host": "unknown"}, ("A-FW", "source:SRC-1")),
        ({"src": "192.0.2.1"}, ("A-FW", "source:SRC-1")),
        ({}, ("A-FW", "source:SRC-1")),
        ({"src": "10.0.0.9"}, (None, "")),
        ({"src": "10.0.0.9", "dst": "10.0.0.1"}, ("A-1", "address:10.0.0.1")),
    ],
    ids=[
        "host", "address as host", "second address", "cloud account", "person", "unknown host", "outer address",
        "nothing", "two answer", "two answer, then one",
    ],
)  # fmt: skip
def test_the_binding_is_taken_only_where_an_event_names_no_known_asset(
    told: dict[str, Any], expected: tuple[str | None, str], ana: User, source: Source
) -> None:
    sources.change_source(ana, source, asset="A-FW")
    assert tied(event(source, **told)) == expected


def test_without_a_binding_and_after_its_end_it_is_of_no_asset(ana: User, source: Source) -> None:
    assert tied(event(source, host="unknown")) == (None, "")
    sources.change_source(ana, source, asset="A-FW")
    assert tied(event(source, host="unknown")) == ("A-FW", "source:SRC-1")
    sources.change_source(ana, source, asset="")
    assert tied(event(source, host="unknown")) == (None, "")
    changes = [
        (json.loads(one.before)["asset"], json.loads(one.after)["asset"])
        for one in LedgerEntry.objects.filter(noun="source", verb="change").order_by("number")
    ]
    assert changes == [(None, "A-FW"), ("A-FW", None)]


def test_who_had_an_address_then_goes_before_the_binding(ana: User, source: Source) -> None:
    assets(ana, "A-1,Web server,host,srv-01.corp.example,10.0.0.7,", "A-3,Twin a,host,twin-a,10.0.0.1,")
    sources.change_source(ana, source, asset="A-FW")

    def late(src: str) -> tuple[str | None, str]:
        now = datetime.now(UTC)
        return tied(replace(event(source, src=src), time=now - timedelta(days=2), received=now))

    assert late("10.0.0.1") == ("A-1", "then:address:10.0.0.1")
    assert late("10.0.0.7") == ("A-FW", "source:SRC-1"), "nobody had it then"
    assert late("10.0.0.9") == (None, ""), "two had it then"
    assert tied(event(source, src="10.0.0.1")) == ("A-3", "address:10.0.0.1"), "who has it now"


def test_only_an_asset_that_is_there_can_be_bound(ana: User, source: Source) -> None:
    with pytest.raises(Refused, match="no asset “A-99”"):
        sources.change_source(ana, source, asset="A-99")
    made, _ = sources.add_source(ana, "upload", name="Firewall", asset="A-FW")
    assert made.asset is not None and made.asset.key == "A-FW"
    assert sources.change_source(ana, made, name="Wall").asset == made.asset, "what is not named stays"


def test_an_unknown_machine_of_a_bound_source_is_still_unclaimed(
    ana: User, source: Source, send: Callable[..., None]
) -> None:
    sources.change_source(ana, source, asset="A-FW")
    send(audit(1, datetime.now(UTC), node="new-host"))
    pumping.step()
    (stored,) = everything()
    assert stored.asset == Asset.objects.get(key="A-FW").pk
    assert Target.objects.filter(state="unclaimed", name="new-host").exists()


# --- what is not watched


def test_what_a_bound_source_sends_counts_as_logs_of_its_asset_and_says_so(
    ana: User, source: Source, send: Callable[..., None]
) -> None:
    import_tables(person("cis", Role.CISO), [
        table("system", "key,name", "S-EDGE,Edge"), table("system_asset", "system,asset,share", "S-EDGE,A-FW,1"),
    ])  # fmt: skip

    def edge() -> dict[str, Any]:
        SourceWatch.objects.update_or_create(source=source, defaults={"at": datetime.now(UTC), "state": "receiving"})
        blind.refresh()
        return next(one for one in spots.systems(read.state()) if one["key"] == "S-EDGE")

    sources.change_source(ana, source, asset="A-FW")
    assert (edge()["state"], edge()["logging"]) == ("none", 0), "bound, but nothing came"
    now = datetime.now(UTC)
    send(audit(1, now), audit(2, now, node="new-host"), audit(3, now, node="srv-01.corp.example"))
    pumping.step()
    found = edge()
    assert (found["state"], found["logging"], found["bound"], found["unseen"]) == ("all", 1, 1, 0.0)
    hosts = dict(source.hosts.values_list("host", "asset__key"))
    assert hosts == {"srv-01": None, "new-host": None, "srv-01.corp.example": "A-1"}
    told = hanging(source)
    assert told is not None and told.bound and [one["key"] for one in told.systems] == ["S-EDGE"]
    page = Client()
    page.force_login(ana)
    assert "by the binding of this source" in page.get(source.get_absolute_url()).content.decode()

    assert evidence.tell() == 2
    names = dict(SafeguardEvidence.objects.filter(safeguard="logs").values_list("asset__key", "source"))
    assert names == {"A-1": source.name, "A-FW": f"{source.name}, by its binding"}

    sources.change_source(ana, source, asset="A-3")
    assert edge()["state"] == "none", "it is bound to another one"
    sources.change_source(ana, source, asset="A-FW")
    BoundLog.objects.update(last=now - timedelta(days=8))
    assert edge()["state"] == "none", "nothing came for a week"
    send(audit(4, now))
    pumping.step()
    assert edge()["state"] == "all" and BoundLog.objects.count() == 1


def test_what_counts_by_host_is_not_said_to_count_by_a_binding(ana: User, source: Source) -> None:
    bound = Asset.objects.get(key="A-FW").pk
    sources.change_source(ana, source, asset="A-FW")
    note_bound(source, {bound: NOW})
    note_hosts(source, {("fw-01", bound): NOW})
    blind.refresh(NOW)
    told = hanging(source)
    assert told is not None and not told.bound and told.names_assets


# --- alerts


def test_the_alert_tells_how_its_asset_was_found(ana: User, source: Source) -> None:
    held = {key: Asset.objects.get(key=key).pk for key in ("A-1", "A-FW")}
    take([
        hit(rule("host"), host="srv-01", user=None, asset=held["A-1"], asset_by="host:srv-01"),
        hit(rule("cloud"), host=None, user="u", asset=held["A-1"], asset_by="aws-account:111122223333"),
        hit(rule("bound"), host="h1", user=None, asset=held["A-FW"], asset_by="source:SRC-1"),
        hit(rule("then"), host="h2", user=None, asset=held["A-1"], asset_by="then:address:10.0.0.1"),
        hit(rule("none"), host="h3", user=None),
    ])  # fmt: skip
    told = {a.rule.name: tie_of(a) for a in Alert.objects.filter(kind="rule").select_related("rule") if a.rule}
    assert {name: None if one is None else one.text for name, one in told.items()} == {
        "host": "by host name srv-01", "cloud": "by AWS account 111122223333", "bound": "by the binding of source",
        "then": "by address 10.0.0.1, as the estate had it at the time of the event", "none": None,
    }  # fmt: skip
    at = Client()
    at.force_login(ana)
    bound = Alert.objects.get(rule__name="bound")
    page = at.get(bound.get_absolute_url()).content.decode()
    assert "by the binding of source" in page and source.get_absolute_url() in page
    assert at.get(f"/api/alerts/{bound.key}").json()["asset_by"] == "source:SRC-1"


def test_hosts_of_a_bound_source_are_not_taken_for_one(ana: User, source: Source) -> None:
    one, bound = rule("one"), Asset.objects.get(key="A-FW").pk
    take([hit(one, n, host=f"h{n}", user=None, asset=bound, asset_by="source:SRC-1") for n in range(2)])
    assert sorted(Alert.objects.values_list("entity", "asset__key")) == [("h0", "A-FW"), ("h1", "A-FW")]
    take([hit(one, n, host=f"n{n}", user=None, asset=bound, asset_by=f"host:n{n}") for n in range(2)])
    assert Alert.objects.filter(entity__startswith="n").count() == 1, "names of one asset are one entity"


def test_a_risks_alert_says_that_its_rules_led_to_its_asset(ana: User) -> None:
    held = Asset.objects.get(key="A-1").pk
    take([hit(rule(n, "high"), asset=held, asset_by="host:srv-01") for n in ("one", "two")])
    risk = Alert.objects.filter(kind="risk", entity="srv-01").get()
    tie = tie_of(risk)
    assert tie is not None and tie.text == "by the alerts that made this risk"


# --- screens and API


def test_the_page_of_a_source_binds_it_and_shows_it(ana: User, source: Source) -> None:
    at = Client()
    at.force_login(ana)
    page = at.get(source.get_absolute_url()).content.decode()
    assert "the assets that they name" in page
    form = at.get(f"{source.get_absolute_url()}change/").content.decode()
    assert 'name="asset"' in form and "Its events are about asset" in form
    given = {"name": source.name, "retention_days": "90", "asset": "A-99", "transport": "tls", "port": "6514"}
    wrong = at.post(f"{source.get_absolute_url()}change/", given)
    assert wrong.status_code == 422 and "There is no asset “A-99”" in wrong.content.decode()
    assert at.post(f"{source.get_absolute_url()}change/", {**given, "asset": "A-FW"}).status_code == 302
    page = at.get(source.get_absolute_url()).content.decode()
    assert "Firewall" in page and "where they name no asset that is known" in page
    told = at.get(f"/api/sources/{source.key}").json()
    assert told["asset"] == "A-FW"
    answer = at.patch(f"/api/sources/{source.key}", {"asset": ""}, content_type="application/json")
    assert answer.json()["asset"] is None
