"""Homes: their figures against the small company, unknown where nothing was loaded, and each role's own."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from accord_tables import table
from django.conf import settings
from django.test import Client

from accord.briefing import selectors
from accord.briefing.parts import Home
from accord.briefing.selectors.people import advisories, own_tasks
from accord.core import accounts
from accord.core.imports import import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.organization.models import Person
from accord.ui.format import NBSP

Account = Callable[..., User]
pytestmark = pytest.mark.django_db


def home(user: User, wanted: str = "") -> Home:
    found = selectors.home_of(user, wanted)
    assert found is not None
    return found


def value(found: Home, key: str) -> Any:
    return next(fact.value for fact in found.statements if fact.key == key)


def rows(found: Home, slug: str) -> list[list[str]]:
    table = next(table for table in (*found.main, *found.side) if table.slug == slug)
    return [[cell.text.replace(NBSP, " ") for cell in row] for row in table.rows]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def test_the_cio_sees_what_the_goals_stand_on(company: User) -> None:
    found = home(company)
    assert found.role == "cio"
    assert value(found, "alignment.carried") == pytest.approx(0.75 * 0.8 * 0.5 + 0.25 * 0.5)
    assert value(found, "alignment.short") == 2
    assert value(found, "alignment.idle") == 1
    assert value(found, "lifecycle.ended") == 2
    assert rows(found, "goals")[0] == ["Sell", "75 %", "40 %", "1"]
    assert [row[0] for row in rows(found, "idle")] == ["Archive"]
    assert [row[0] for row in rows(found, "lifecycle")] == ["Archive", "Shop"]


def test_before_any_scan_nothing_is_known_to_be_open(company: User, ciso: User) -> None:
    found = home(ciso)
    assert value(found, "posture.deadline") is None
    assert value(found, "posture.exploited") is None
    assert value(found, "loss.mean") is None
    assert "unknown" in browser(ciso).get("/").content.decode()


def test_the_ciso_sees_counts_from_the_roll_ups(exposed: None, run: Any, appetite: None, ciso: User) -> None:
    found = home(ciso)
    assert value(found, "posture.deadline") == 5
    assert value(found, "posture.exploited") == 2
    assert value(found, "posture.unclaimed") == 1
    assert value(found, "loss.mean") == 500.0
    assert value(found, "loss.appetite") == 1
    assert ["3 days", "2"] in rows(found, "classes")


def test_without_the_catalogue_exploitation_is_unknown(exposed: None, ciso: User) -> None:
    from accord.exposure.models import FeedUpdate

    FeedUpdate.objects.all().delete()
    assert value(home(ciso), "posture.exploited") is None


def test_both_see_the_joint_table(company: User, ciso: User) -> None:
    from accord.decisions import services
    from accord.decisions.models import Frontier, Plan, PlanItem, Stance
    from accord.strategy.models import Initiative

    keys = dict(Initiative.objects.values_list("key", "pk"))
    frontier = Frontier.objects.create(by=company, inputs_hash="0" * 64, currency="EUR", result={})
    plans = {}
    for origin, chosen in (("cio", ["I-1", "I-2"]), ("ciso", ["I-2", "I-3"]), ("joint", ["I-2"])):
        plans[origin] = Plan.objects.create(
            key=origin, name=origin, origin=origin, frontier=frontier, by=company, inputs_hash="0" * 64, value=0.1,
            loss=1.0, result={},
        )  # fmt: skip
        for key in chosen:
            PlanItem.objects.create(plan=plans[origin], initiative_id=keys[key], start="2027-Q1")
    for role, kind in (("cio", "pin"), ("ciso", "drop")):
        Stance.objects.create(role=role, initiative_id=keys["I-1"], kind=kind, by=company)
    services.sign(company, services.propose(company, plans["joint"], title="Our plan"), Role.CIO, "test")
    for user in (company, ciso):
        found = home(user)
        assert rows(found, "agreement") == [
            ["Both would choose", "1"],
            ["Only the CIO would", "1"],
            ["Only the CISO would", "1"],
            ["In the joint proposal", "1"],
            ["One wants it in, the other out", "1"],
        ]
        assert rows(found, "keys") == [["Our plan", "proposed", "signed", "waiting"]]
        note = next(fact.note for fact in found.statements if fact.key == "joint.waiting")
        assert note == "Waits for the key of the CISO."


def test_a_manager_answers_for_own_systems_and_those_of_the_unit(exposed: None, account: Account) -> None:
    owner = account(Role.MANAGER, person="P-IT")
    assert {row[0] for row in rows(home(owner), "systems")} == {"Shop", "Payroll"}
    boss = accounts.add_account(None, "boss@briefing.example", "Boss", [(Role.MANAGER, "")], person_key="P-CIO")
    found = home(boss)
    assert {row[0] for row in rows(found, "systems")} == {"Shop", "Payroll"}
    assert value(found, "people.deadline") == 5
    assert ["Business owner", "2 of 2"] in rows(found, "unknown")
    nobody = accounts.add_account(None, "none@briefing.example", "None", [(Role.MANAGER, "")])
    assert value(home(nobody), "people.systems") == 0
    assert "linked to no person" in home(nobody).subtitle


def test_a_head_sees_the_own_units_systems_only(exposed: None, account: Account) -> None:
    head = account(Role.HEAD, scope="U-S")
    found = home(head)
    assert [row[0] for row in rows(found, "systems")] == ["Shop"]
    assert (value(found, "people.deadline"), value(found, "people.exploited")) == (5, 2)
    page = browser(head).get("/").content.decode()
    assert "Payroll" not in page and "Sales" in page


def test_staff_get_notices_of_systems_that_their_unit_or_one_above_uses(exposed: None, account: Account) -> None:
    assert [notice.system for notice in advisories(Person.objects.get(key="P-S"))] == ["S-SHOP"]
    assert advisories(Person.objects.get(key="P-CISO")) == []
    user = account(Role.STAFF, person="P-S")
    [notice] = rows(home(user), "advisories")
    assert notice[1] == (
        "It has 2 weak points that attackers are known to use. IT is to repair the most urgent within 3 days."
    )


def test_staff_see_what_of_theirs_lacks_facts(company: User, account: Account) -> None:
    import_tables(
        company, [table("goal", "key,name,weight,owner,measure,target,due\nG-3,Grow,1,P-S,Share,,")]
    )  # fmt: skip
    tasks = own_tasks(account(Role.STAFF, person="P-S"))
    assert [(task.key, task.missing) for task in tasks] == [("G-3", ["target", "due date"])]
    manager = accounts.add_account(None, "ida@briefing.example", "Ida", [(Role.STAFF, "")], person_key="P-IT")
    found = {task.key: task.missing for task in own_tasks(manager)}
    assert "Business owner" in found["S-SHOP"] and "End of support" in found["S-PAY"]


def test_the_auditor_sees_the_ledger_and_what_is_in_force(company: User, account: Account) -> None:
    from accord.core.models import LedgerHead

    found = home(account(Role.AUDITOR))
    assert value(found, "ledger.entries") == LedgerHead.objects.get().number
    assert value(found, "auditor.in_force") == 0
    assert len(rows(found, "writes")) == 12


def test_the_administrator_sees_accounts_and_jobs_but_no_business(company: User, account: Account) -> None:
    admin = account(Role.ADMIN)
    found = home(admin)
    assert value(found, "admin.accounts") == 3
    page = browser(admin).get("/").content.decode()
    assert "Shop" not in page and "Sell" not in page


def test_several_roles_have_several_homes(company: User) -> None:
    both = accounts.add_account(None, "x@briefing.example", "X", [(Role.CISO, ""), (Role.AUDITOR, "")])
    assert home(both).role == "ciso"
    assert home(both, "auditor").role == "auditor"
    assert home(both, "cio").role == "ciso"
    page = browser(both).get("/?as=auditor").content.decode()
    assert 'href="/?as=auditor" aria-current="page"' in page


def test_an_account_without_a_role_is_told_so(db: None) -> None:
    user = accounts.add_account(None, "y@briefing.example", "Y", [])
    assert selectors.home_of(user) is None


@pytest.mark.parametrize("role", list(Role))
def test_every_link_of_a_home_is_open_to_its_reader(
    role: Role, exposed: None, run: Any, appetite: None, account: Account
) -> None:
    user = User.objects.filter(grants__role=role).first() or account(
        role, scope="U-S" if role is Role.HEAD else "", person="P-S"
    )
    client = browser(user)
    page = client.get("/")
    assert page.status_code == 200
    main = re.search(r"<main.*?</main>", page.content.decode(), re.DOTALL)
    assert main
    for href in sorted({html.unescape(found) for found in re.findall(r'href="([^"#]+)"', main[0])}):
        assert client.get(href).status_code == 200, href


@pytest.mark.parametrize("role", list(Role))
def test_the_api_gives_the_same_home(role: Role, exposed: None, account: Account) -> None:
    user = User.objects.filter(grants__role=role).first() or account(
        role, scope="U-S" if role is Role.HEAD else "", person="P-S"
    )
    answer = browser(user).get("/api/home").json()
    found = home(user)
    assert [fact["key"] for fact in answer["statements"]] == [fact.key for fact in found.statements]
    assert [one["slug"] for one in answer["tables"]] == [one.slug for one in (*found.main, *found.side)]
