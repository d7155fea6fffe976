"""What people do to findings: states, statements, roll-ups, the ledger, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accord.core import accounts, ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.estate.models import System
from accord.exposure.models import Finding, VexStatement
from accord.exposure.services import check_rollups, import_scan
from accord.exposure.services.lifecycle import Wish, accept, act, end_acceptance, offered
from accord.organization.models import Person

pytestmark = pytest.mark.django_db
PLUGINS = range(1, 20)
Nessus = Callable[..., Path]


@pytest.fixture
def findings(estate: User, nessus: Nessus) -> User:
    """Two weaknesses on the web server, one on the database, one on the payroll server."""
    hosts = {
        "web.shop.example": [(1, 443, 4), (2, 80, 3)],
        "db.shop.example": [(1, 5432, 4)],
        "pay.example": [(3, 0, 2)],
    }
    import_scan(estate, nessus(hosts, plugins=PLUGINS))
    assert Finding.objects.count() == 4
    return estate


def states_of(**where: Any) -> list[str]:
    rows = Finding.objects.filter(**where).order_by("-asset__key", "definition__identifier")
    return list(rows.values_list("state", flat=True))


def agree() -> None:
    assert list(check_rollups()) == []


def test_work_claim_and_taking_back(findings: User) -> None:
    web = Finding.objects.filter(asset__key="A-WEB")
    assert act(findings, web, Wish("start")).changed == 2
    assert states_of(asset__key="A-WEB") == ["in_progress"] * 2
    outcome = act(findings, Finding.objects.all(), Wish("claim", "upgraded to 2.4.62"))
    assert (outcome.changed, dict(outcome.passed)) == (4, {})
    row = web.first()
    assert row is not None and row.acted_by == findings and row.said == "upgraded to 2.4.62" and row.rank is not None
    assert act(findings, web, Wish("start")).passed == {"claimed": 2}
    act(findings, web, Wish("take_back"))
    assert states_of() == ["open", "open", "claimed", "claimed"]
    agree()
    verbs = [entry.verb for entry in ledger.history("finding", row.key)]
    assert verbs[:3] == ["take_back", "claim", "start"]
    assert ledger.verify().holds


def test_a_claim_says_how_and_reopening_why(findings: User) -> None:
    for wish in (Wish("claim"), Wish("false_positive"), Wish("reopen", "  "), Wish("not_affected"), Wish("close", "x")):
        with pytest.raises(Refused):
            act(findings, Finding.objects.all(), wish)
    with pytest.raises(Refused, match="none of VEX"):
        act(findings, Finding.objects.all(), Wish("not_affected", "x", "because"))
    assert states_of() == ["open"] * 4


def test_a_claim_is_verified_or_refuted_by_the_next_scan(
    findings: User, nessus: Nessus, moment: Callable[[float], Any]
) -> None:
    act(findings, Finding.objects.all(), Wish("claim", "patched"))
    Finding.objects.update(acted=moment(1))
    hosts = {"web.shop.example": [(1, 443, 4)], "db.shop.example": [], "pay.example": []}
    import_scan(findings, nessus(hosts, end=moment(2), plugins=PLUGINS))
    assert states_of() == ["open", "closed", "closed", "closed"]
    assert Finding.objects.get(state="open").reopened == 1
    agree()


def test_judgements_are_statements_and_stand_against_scans(
    findings: User, nessus: Nessus, moment: Callable[[float], Any]
) -> None:
    done = act(findings, Finding.objects.all(), Wish("not_affected", "", "vulnerable_code_not_in_execute_path"))
    assert done.changed == 4
    made = VexStatement.objects.order_by("pk")
    assert [one.covers.count() for one in made] == [2, 1, 1]
    assert {one.justification for one in made} == {"vulnerable_code_not_in_execute_path"}
    assert set(Finding.objects.values_list("rank", "price")) == {(None, None)}
    agree()
    hosts = {
        "web.shop.example": [(1, 443, 4), (2, 80, 3)],
        "db.shop.example": [(1, 5432, 4)],
        "pay.example": [(3, 0, 2)],
    }
    import_scan(findings, nessus(hosts, end=moment(3), plugins=PLUGINS))
    assert states_of() == ["not_affected"] * 4
    web = Finding.objects.filter(asset__key="A-WEB")
    act(findings, web, Wish("reopen", "the code is reachable"))
    assert states_of() == ["open", "open", "not_affected", "not_affected"]
    assert set(web.values_list("statement__status", flat=True)) == {"affected"}
    ended = VexStatement.objects.exclude(ended=None)
    assert [(one.end, one.follower.status) for one in ended] == [("superseded", "affected")]
    agree()


def test_acceptance_holds_its_findings_until_it_ends(findings: User) -> None:
    until = timezone.now() + timedelta(days=30)
    assert accept(findings, Finding.objects.filter(asset__key="A-WEB"), until, "no window before June", "ACC-1") == 2
    assert states_of() == ["accepted", "accepted", "open", "open"]
    assert all(rank is not None for rank in Finding.objects.values_list("rank", flat=True))
    assert accept(findings, Finding.objects.all(), until - timedelta(days=1), "shorter", "ACC-2") == 2
    assert accept(findings, Finding.objects.all(), until, "again", "ACC-1") == 2
    assert Finding.objects.filter(accepted_under="ACC-1").count() == 4
    agree()
    assert end_acceptance("ACC-2") == 0
    assert end_acceptance("ACC-1") == 4
    assert set(Finding.objects.values_list("state", "accepted_until", "accepted_under")) == {("open", None, "")}
    agree()


def test_who_may(findings: User) -> None:
    manager = accounts.add_account(None, "manager@exposure.example", "Max", [(Role.MANAGER, "")])
    assert act(manager, Finding.objects.all(), Wish("start")).passed == {"other": 4}
    person = Person.objects.create(key="P-MAX", name="Max")
    manager.person_key = "P-MAX"
    manager.save(update_fields=["person_key"])
    System.objects.filter(key="S-PAY").update(it_owner=person)
    assert act(manager, Finding.objects.all(), Wish("start")).changed == 1
    assert states_of(asset__key="A-PAY") == ["in_progress"]
    mine, other = Finding.objects.get(asset__key="A-PAY"), Finding.objects.filter(asset__key="A-WEB").first()
    assert other is not None
    assert offered(manager, mine) == ["stop", "claim"]
    assert offered(manager, other) == []
    with pytest.raises(PermissionDenied):
        act(manager, Finding.objects.all(), Wish("false_positive", "no"))
    auditor = accounts.add_account(None, "auditor@exposure.example", "Aud", [(Role.AUDITOR, "")])
    with pytest.raises(PermissionDenied):
        act(auditor, Finding.objects.all(), Wish("start"))


def test_queries_do_not_grow_with_findings(estate: User, nessus: Nessus, django_assert_max_num_queries: Any) -> None:
    import_scan(estate, nessus({"web.shop.example": [(n, 443, 4) for n in range(1, 301)]}, plugins=range(1, 400)))
    with django_assert_max_num_queries(45):
        assert act(estate, Finding.objects.all(), Wish("claim", "all of it")).changed == 300
