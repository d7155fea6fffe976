"""Placeholders of rules: values by screen, file and API, and every program that is compiled with them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accord.core import accounts, jobs
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.engines.sigma import Engine, LogSource
from accord.monitoring.models import Placeholder, Rule
from accord.monitoring.services import placeholders, rules, ruleset
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.importing import Wish
from accord.monitoring.services.rules.reading import of_texts

pytestmark = pytest.mark.django_db
TEXT = """title: Sign-in of {name}
id: 00000000-0000-4000-8000-{number:012}
logsource: {{product: linux, service: sshd}}
detection:
  one:
    user|expand: "%{name}%"
  condition: one
level: high
"""
PATH = "/monitoring/rules/placeholders/"
SOURCE = LogSource("linux", None, "sshd")


@pytest.fixture
def ana(db: None, settings: Any, tmp_path: Path) -> User:
    settings.HOME = tmp_path
    return accounts.add_account(None, "ana@analyst.example", "Ana", [(Role.ANALYST, "")])


def waiting(actor: User, *numbers: int, name: str = "Admins") -> list[Rule]:
    """Rules as an import leaves them: kept although they cannot be run."""
    texts = [(f"{name}{number}.yml", TEXT.format(number=number, name=name)) for number in numbers]
    rules.apply(actor, of_texts(texts), Wish(f"Of {name}", "folder", "x"))
    return list(Rule.objects.filter(collection=f"Of {name}").order_by("pk"))


def work(actor: User) -> None:
    """What a worker does once it comes to the rules."""
    job = jobs.run_now(actor, ruleset.COMPILE)
    assert job.state == Job.State.DONE, job.error


def fires(user: str) -> bool:
    held = ruleset.current()
    return bool(Engine(held.program, held.run).match({"user": user}, SOURCE))


def state_of(rule: Rule) -> tuple[str, str]:
    held = Rule.objects.get(pk=rule.pk)
    return held.state, held.reason


def test_a_rule_without_values_says_which_and_where_to_give_them(ana: User) -> None:
    (one,) = waiting(ana, 1)
    told = ("unsupported", "The placeholder %Admins% has no values. Give them under Rules, Placeholders.")
    assert state_of(one) == told
    work(ana)
    assert state_of(one) == told
    held = ruleset.current()
    ruleset.note_states(Engine(held.program, held.run).states(), [])
    assert state_of(one) == told
    with pytest.raises(Refused, match="Give them under Rules, Placeholders"):
        rules.write(ana, TEXT.format(number=2, name="Others"))


def test_values_take_effect_as_a_change_of_a_rule_does(ana: User) -> None:
    (one,) = waiting(ana, 1)
    work(ana)
    before = ruleset.digest()
    placeholders.give(ana, "%Admins%", ["ann", " bob ", "", "ann"], "HR")
    assert Placeholder.objects.get().values == ["ann", "bob"]
    assert (ruleset.digest(), fires("ann")) == (before, False), "the old program runs until the new one is whole"
    work(ana)
    assert ruleset.digest() != before
    assert [fires(user) for user in ("ann", "BOB", "eve")] == [True, True, False]
    assert state_of(one) == ("unknown", "")
    between = ruleset.digest()
    placeholders.give(ana, "Admins", ["eve", "a*"])
    work(ana)
    assert ruleset.digest() != between
    assert [fires(user) for user in ("ann", "eve", "a*")] == [False, True, True], "a star is a star"
    assert placeholders.give(ana, "Admins", []) is None
    work(ana)
    assert (fires("eve"), state_of(one)[0]) == (False, "unsupported")
    told = LedgerEntry.objects.filter(noun="placeholder", key="Admins").order_by("number")
    assert list(told.values_list("verb", flat=True)) == ["add", "change", "delete"]


def test_a_rule_that_is_not_enabled_is_looked_at_again_and_tests_run_with_the_values(ana: User) -> None:
    on, off = waiting(ana, 1, 2)
    rules.switch(ana, Rule.objects.filter(pk=off.pk), False)
    held = rule_tests.add(ana, on, "an admin", '{"user": "ann"}', True)
    assert held.outcome == "failed"
    work(ana)
    assert state_of(off)[0] == "unsupported"
    placeholders.give(ana, "Admins", ["ann"])
    work(ana)
    assert (state_of(on)[0], state_of(off)[0]) == ("unknown", "unknown")
    held.refresh_from_db()
    assert held.outcome == "passed"
    rules.write(ana, TEXT.format(number=7, name="Admins"))


def test_what_rules_ask_for_comes_first_where_most_wait(ana: User) -> None:
    waiting(ana, 1)
    waiting(ana, 2, 3, name="Hosts")
    placeholders.give_many(ana, {"Admins": ["ann"], "Nobody": ["x"]})
    told = [(one.name, one.state, one.rules, one.enabled, len(one.values)) for one in placeholders.asked()]
    assert told == [("Hosts", "open", 2, 2, 0), ("Admins", "given", 1, 1, 1), ("Nobody", "unused", 0, 0, 1)]


@pytest.mark.parametrize(("text", "names"), [
    ('detection: {one: {"a|expand": "%x%%y%"}, condition: one}', {"x", "y"}),
    ('detection: {one: {"a|re|expand": ["p%x y%"]}, condition: one}', {"x y"}),
    ('detection: {one: {a: "%x% |expand"}, condition: one}', set[str]()),
    ("title: '|expand %x%'", set[str]()),
    ("a: [", set[str]()),
], ids=["two", "expression", "not-expanded", "title", "broken"])  # fmt: skip
def test_names_are_those_that_the_engine_would_ask(text: str, names: set[str]) -> None:
    assert placeholders.names_of(text) == names


@pytest.mark.parametrize(("name", "values", "said"), [
    ("", ["a"], "no name"), ("a%b", ["a"], "no name"), ("n" * 201, ["a"], "no name"),
    ("n", ["v" * 1001], "Value 1 of n"), ("n", ["a", "b\x00"], "Value 2 of n"),
    ("n", [str(one) for one in range(1001)], "1,001 values"),
], ids=["blank", "percent", "long", "long-value", "zero", "many"])  # fmt: skip
def test_values_are_bounded(ana: User, name: str, values: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        placeholders.give(ana, name, values)
    assert not Placeholder.objects.exists()


def test_the_most_values_are_taken(ana: User) -> None:
    made = placeholders.give(ana, "n", [f"{one:01000}" for one in range(1000)])
    assert made is not None
    assert len(made.values) == 1000


@pytest.mark.parametrize("body", [b"", b"a: [", b"- a", b"a: {b: c}", b"a: []", b"a: [true]", b"\xff", b"[" * 5000],
                         ids=["empty", "broken", "list", "nested", "none", "boolean", "bytes", "deep"])  # fmt: skip
def test_a_file_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="such as Administrators"):
        placeholders.read(io.BytesIO(body))


def test_on_screen(ana: User, client: Client) -> None:
    (one,) = waiting(ana, 1)
    client.force_login(ana)
    page = client.get(PATH).content.decode()
    assert "Fill in next" in page
    assert "%Admins%" in page
    assert f'<a href="{PATH}">Placeholders</a>' in client.get(one.get_absolute_url()).content.decode()
    address = f"{PATH}values/?name=Admins"
    assert one.title in client.get(address).content.decode()
    sent = {"name": "Admins", "values": "ann\r\nbob\r\n", "note": "HR"}
    refused = client.post(address, {**sent, "values": "v" * 1001})
    assert (refused.status_code, "Value 1 of Admins" in refused.content.decode()) == (422, True)
    assert client.post(address, sent).status_code == 302
    assert Placeholder.objects.get().values == ["ann", "bob"]
    assert "Fill in next" not in client.get(PATH).content.decode()
    file = SimpleUploadedFile("values.yml", b"Admins: [eve]\nHosts: [1, srv]\n")
    assert client.post(f"{PATH}import/", {"upload": file}).status_code == 302
    assert dict(Placeholder.objects.values_list("name", "values")) == {"Admins": ["eve"], "Hosts": ["1", "srv"]}
    bad = client.post(f"{PATH}import/", {"upload": SimpleUploadedFile("values.yml", b"a: [")})
    assert (bad.status_code, "Line" in bad.content.decode()) == (422, True)


def test_an_auditor_sees_and_does_not_give(ana: User, client: Client) -> None:
    placeholders.give(ana, "Admins", ["ann"])
    client.force_login(accounts.add_account(None, "aud@analyst.example", "Aud", [(Role.AUDITOR, "")]))
    address = f"{PATH}values/?name=Admins"
    assert "ann" in client.get(address).content.decode()
    assert client.post(address, {"name": "Admins", "values": "eve"}).status_code == 403
    assert client.get(f"{PATH}import/").status_code == 403
    assert Placeholder.objects.get().values == ["ann"]


def test_by_api(ana: User) -> None:
    waiting(ana, 1)
    _, token = accounts.add_token(ana, "SOAR")
    at = Client(headers={"Authorization": f"Bearer {token}"})
    assert [(one["name"], one["state"]) for one in at.get("/api/placeholders").json()] == [("Admins", "open")]
    sent = {"name": "Admins", "values": ["ann"], "note": "HR"}
    got = at.put("/api/placeholders", sent, content_type="application/json")
    assert (got.status_code, got.json()) == (200, {"name": "Admins", "values": ["ann"]})
    assert at.put("/api/placeholders", {**sent, "name": "a%"}, content_type="application/json").status_code == 422
    assert at.get("/api/placeholders").json()[0]["values"] == ["ann"]
