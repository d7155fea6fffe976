"""Two keys: what needs both executives has no effect without both, whoever tries and however."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accord.core import accounts, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions import services
from accord.decisions.models import Decision, Plan, PlanItem
from accord.strategy.models import Initiative

pytestmark = pytest.mark.django_db


def account(name: str, *roles: Role) -> User:
    return accounts.add_account(None, f"{name}@b.example", name, [(role, "") for role in roles])


@pytest.fixture
def cio() -> User:
    return account("cio", Role.CIO)


@pytest.fixture
def ciso() -> User:
    return account("ciso", Role.CISO)


@pytest.fixture
def plan(cio: User) -> Plan:
    made = Plan.objects.create(
        key="PLAN-1", name="Joint", origin="joint", by=cio, inputs_hash="0" * 64, value=0.3, loss=25e6,
        result={"gap": 0.01},
    )  # fmt: skip
    initiative = Initiative.objects.create(key="INI-1", name="Segment", sponsor="ciso", duration_quarters=2)
    PlanItem.objects.create(plan=made, initiative=initiative, start="2027-Q1")
    return made


def test_two_signatures_put_it_in_force_and_freeze_its_figures(cio: User, ciso: User, plan: Plan) -> None:
    decision = services.propose(cio, plan)
    decision = services.sign(cio, decision, Role.CIO, "password")
    assert (decision.state, [r.value for r in decision.waits_for]) == ("proposed", ["ciso"])
    decision = services.sign(ciso, decision, Role.CISO, "authenticator code")
    assert decision.state == "in_force"
    assert decision.in_force_at is not None
    assert decision.frozen["initiatives"] == [
        {"key": "INI-1", "name": "Segment", "sponsor": "ciso", "start": "2027-Q1"}
    ]
    assert decision.frozen["result"] == {"gap": 0.01}
    assert [slot["state"] for slot in decision.slots] == ["signed", "signed"]
    verbs = LedgerEntry.objects.filter(noun="decision").order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["propose", "sign", "sign"]
    assert ledger.verify().holds


def test_one_person_in_both_roles_is_one_key(plan: Plan) -> None:
    both = account("both", Role.CIO, Role.CISO)
    decision = services.sign(both, services.propose(both, plan), Role.CIO, "password")
    with pytest.raises(Refused, match="two persons"):
        services.sign(both, decision, Role.CISO, "password")
    assert Decision.objects.get().state == "proposed"


@pytest.mark.parametrize("role", [Role.CISO, Role.AUDITOR, Role.ADMIN])
def test_a_role_that_is_not_held_or_has_no_key_cannot_sign(role: Role, cio: User, plan: Plan) -> None:
    decision = services.propose(cio, plan)
    with pytest.raises(Refused):
        services.sign(cio, decision, role, "password")
    assert Decision.objects.get().cio_signer is None


def test_a_dissent_is_recorded_with_its_reason_and_keeps_it_out_of_force(cio: User, ciso: User, plan: Plan) -> None:
    decision = services.sign(cio, services.propose(cio, plan), Role.CIO, "password")
    with pytest.raises(Refused, match="why"):
        services.dissent(ciso, decision, Role.CISO, "  ")
    decision = services.dissent(ciso, decision, Role.CISO, "The plants stay open until 2029.")
    assert decision.state == "dissent"
    with pytest.raises(Refused, match="not open"):
        services.sign(ciso, decision, Role.CISO, "password")
    assert services.propose(cio, plan).state == "proposed"


def test_content_that_was_changed_after_the_proposal_is_not_signed(cio: User, plan: Plan) -> None:
    decision = services.propose(cio, plan)
    Decision.objects.filter(pk=decision.pk).update(content=decision.content.replace("0.3", "0.9"))
    with pytest.raises(Refused, match="not what was proposed"):
        services.sign(cio, decision, Role.CIO, "password")


def test_the_next_decision_takes_the_place_of_the_last(cio: User, ciso: User, plan: Plan) -> None:
    for _ in range(2):
        decision = services.propose(ciso, plan)
        services.sign(ciso, decision, Role.CISO, "password")
        services.sign(cio, decision, Role.CIO, "password")
    assert list(Decision.objects.order_by("key").values_list("state", flat=True)) == ["superseded", "in_force"]


def test_only_one_proposal_waits_and_it_can_be_withdrawn(cio: User, ciso: User, plan: Plan) -> None:
    first = services.propose(cio, plan)
    with pytest.raises(Refused, match="waits for a key"):
        services.propose(ciso, plan)
    assert services.withdraw(cio, first).state == "withdrawn"
    assert services.propose(ciso, plan).key == "DEC-0002"


@pytest.mark.parametrize("missing", ["cio_signer", "ciso_signer", "cio_hash", "ciso_signed_at", "content_hash", "same"])
def test_the_database_itself_refuses_force_without_both_keys(
    missing: str, cio: User, ciso: User, plan: Plan
) -> None:
    now = timezone.now()
    values = {
        "state": TwoKeyState.IN_FORCE, "content": "{}", "content_hash": "a" * 64, "cio_hash": "a" * 64,
        "ciso_hash": "a" * 64, "cio_signer": cio, "ciso_signer": ciso, "cio_signed_at": now, "ciso_signed_at": now,
    }  # fmt: skip
    whole = Decision.objects.create(key="DEC-OK", title="Whole", plan=plan, **values)
    whole.delete()
    if missing == "same":
        values["ciso_signer"] = cio
    elif missing.endswith("hash"):
        values[missing] = ""
    else:
        values[missing] = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(key="DEC-X", title="Forged", plan=plan, **values)
    proposed = services.propose(cio, plan)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=proposed.pk).update(state=TwoKeyState.IN_FORCE)
