"""The screens that a noun gets from its declaration."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import include, path

from accord.core import accounts, ledger, nouns
from accord.core.imports import save_row
from accord.core.models import User
from accord.core.nouns import Column
from accord.core.roles import Role
from accord.core.values import Kind
from accord.estate import nouns as estate
from accord.organization.models import Goal, Person
from accord.site.urls import urlpatterns as site
from accord.ui.nouns import NounScreens, key_parts, noun_urls, url_key
from accord.ui.nouns.fields import list_column, unit_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PROBES = [NounScreens(nouns.get(name), "probe") for name in ("unit", "person", "goal", "capability", "goal_capability")]
probe = ([route for screens in PROBES for route in noun_urls(screens)], "probe")
urlpatterns = [path("probe/", include(probe)), *site]


@pytest.fixture
def cio() -> User:
    return accounts.add_account(None, "cio@probe.example", "Ada Probe", [(Role.CIO, "")])


@pytest.fixture
def client(cio: User) -> Client:
    client = Client()
    client.force_login(cio, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def goals(cio: User) -> None:
    save_row(cio, nouns.get("person"), {"key": "P-1", "name": "Berta", "heads_unit": "yes"})
    save_row(cio, nouns.get("goal"), {"key": "G-1", "name": "Grow", "weight": "3", "owner": "P-1"})
    save_row(cio, nouns.get("goal"), {"key": "G-2", "name": "Stay", "parent": "G-1"})
    save_row(cio, nouns.get("capability"), {"key": "C/1", "name": "Selling"})
    save_row(cio, nouns.get("goal_capability"), {"goal": "G-1", "capability": "C/1", "share": "0.25"})


@pytest.mark.usefixtures("goals")
def test_list_links_to_the_detail_page(client: Client) -> None:
    page = client.get("/probe/goals/").content.decode()
    assert 'href="/probe/goals/G-1/"' in page
    assert 'href="/probe/persons/P-1/"' in page, "a reference leads to the page of what it refers to"
    assert "<strong>2</strong> rows" in page


@pytest.mark.usefixtures("goals")
def test_unknown_is_said_not_zero(client: Client) -> None:
    page = client.get("/probe/goals/G-2/").content.decode()
    assert '<dt>Weight</dt><dd><span class="unknown">unknown</span></dd>' in page.replace(
        '<span class="visually-hidden">: Relative to the goals beside it; blank = unknown.</span>', ""
    )


@pytest.mark.usefixtures("goals")
def test_detail_shows_facts_related_rows_and_history(client: Client) -> None:
    page = client.get("/probe/goals/G-1/").content.decode()
    assert "Grow" in page and "25" in page
    assert 'href="/probe/goals/G-2/"' in page, "the goal below it"
    assert "/probe/goal-capabilities/G-1~C/1/" in page
    assert "Not assigned: 75\N{NO-BREAK SPACE}%" in page, "what no capability carries is said"
    assert "added it" in page and "cio@probe.example" in page


@pytest.mark.usefixtures("goals")
def test_the_number_of_queries_does_not_depend_on_rows(
    client: Client, cio: User, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        row = {"key": f"G-X{number}", "name": "more", "parent": "G-1", "owner": "P-1"}
        save_row(cio, nouns.get("goal"), row)
    for address in ("/probe/goals/", "/probe/goals/G-1/", "/probe/persons/P-1/"):
        with django_assert_max_num_queries(15):  # type: ignore[operator]
            assert client.get(address).status_code == 200


def test_create_edit_delete_pass_the_gate_and_the_ledger(client: Client) -> None:
    made = client.post("/probe/goals/-/new/", {"key": "G-9", "name": "Learn", "weight": "2.5"})
    assert made.status_code == 302 and made["Location"] == "/probe/goals/G-9/"
    assert Goal.objects.get(key="G-9").weight == Decimal("2.5")
    form = client.get("/probe/goals/-/edit/G-9/").context["form"]
    changed = {name: form[name].value() for name in form.fields} | {"weight": ""}
    assert client.post("/probe/goals/-/edit/G-9/", changed).status_code == 302
    assert Goal.objects.get(key="G-9").weight is None
    assert client.post("/probe/goals/-/delete/G-9/").status_code == 302
    assert not Goal.objects.filter(key="G-9").exists()
    assert [entry.verb for entry in ledger.history("goal", "G-9")] == ["remove", "change", "add"]
    assert ledger.verify().holds


@pytest.mark.usefixtures("goals")
def test_a_change_made_meanwhile_is_not_lost(client: Client, cio: User) -> None:
    form = client.get("/probe/goals/-/edit/G-1/").context["form"]
    mine = {name: form[name].value() for name in form.fields} | {"name": "Mine"}
    save_row(cio, nouns.get("goal"), {"key": "G-1", "name": "Theirs"})
    answer = client.post("/probe/goals/-/edit/G-1/", mine)
    assert answer.status_code == 422
    assert "Somebody changed it" in answer.content.decode()
    assert Goal.objects.get(key="G-1").name == "Theirs"


@pytest.mark.usefixtures("goals")
def test_a_new_object_never_overwrites_one_with_its_key(client: Client) -> None:
    answer = client.post("/probe/goals/-/new/", {"key": " G-1 ", "name": "Other"})
    assert answer.status_code == 422 and "There is already a goal" in answer.content.decode()
    assert Goal.objects.get(key="G-1").name == "Grow"


def test_refused_values_stand_at_their_field(client: Client) -> None:
    answer = client.post("/probe/goals/-/new/", {"key": "G-9", "name": "x", "weight": "-1", "due": "soon"})
    form = answer.context["form"]
    assert "below 0" in str(form.errors["weight"]) and "not a date" in str(form.errors["due"])
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Goal.objects.exists()


@pytest.mark.usefixtures("goals")
def test_what_is_in_use_is_not_deleted(client: Client) -> None:
    answer = client.post("/probe/persons/-/delete/P-1/")
    assert answer.status_code == 409 and "still used by" in answer.content.decode()
    assert Person.objects.filter(key="P-1").exists()


@pytest.mark.usefixtures("goals")
def test_who_may_not_change_sees_no_form(client: Client) -> None:
    auditor = accounts.add_account(None, "auditor@probe.example", "Au", [(Role.AUDITOR, "")])
    client.force_login(auditor, backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = client.get("/probe/goals/G-1/")
    assert page.status_code == 200 and "/-/edit/" not in page.content.decode()
    assert client.get("/probe/goals/-/edit/G-1/").status_code == 403
    assert client.post("/probe/goals/-/new/", {"key": "G-9", "name": "x"}).status_code == 403


def test_a_list_that_is_empty_says_what_to_do(client: Client) -> None:
    page = client.get("/probe/goals/").content.decode()
    assert "add the first goal by hand" in page and "/probe/goals/-/new/" in page


def test_next_leads_only_to_this_site(client: Client) -> None:
    row = {"key": "U-1", "name": "x"}
    there = client.post("/probe/units/-/new/?next=/probe/goals/", row)
    assert there["Location"] == "/probe/goals/"
    away = client.post("/probe/units/-/new/?next=https://evil.example/", {"key": "U-2", "name": "x"})
    assert away["Location"] == "/probe/units/U-2/"


@pytest.mark.parametrize("key", ["G-1", "a/b", "x:y@z+1"])
def test_keys_in_addresses_come_back(key: str) -> None:
    goal = Goal(key=key)
    assert key_parts(nouns.get("goal"), url_key(nouns.get("goal"), goal)) == {"key": key}


def test_an_address_with_the_wrong_number_of_parts_is_no_key() -> None:
    assert key_parts(nouns.get("goal"), "a~b") is None
    assert key_parts(nouns.get("goal_capability"), "a") is None
    assert key_parts(nouns.get("goal_capability"), "a~b") == {"goal__key": "a", "capability__key": "b"}


def test_a_figure_says_its_unit_once_in_lists_facts_and_forms() -> None:
    hours = Column("hours", Kind.DECIMAL, unit="hours")
    recovery = Column("rto_hours", Kind.DECIMAL, label="RTO", unit="hours")
    assert [unit_of(one) for one in (hours, recovery)] == ["", "hours"]
    assert unit_of(Column("part", Kind.SHARE, unit="%")) == unit_of(Column("price", Kind.MONEY, unit="EUR")) == ""
    assert list_column(estate.SYSTEM, estate.SYSTEM.column("rto_hours")).unit == "hours"
