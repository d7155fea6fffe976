"""Two keys: what needs both executives has no effect without both, whoever tries and however."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accord.core import accounts, checks, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions import services
from accord.decisions.models import Decision, Plan, PlanItem, Reservation
from accord.decisions.positions import Insisted, View, commitment
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
def test_the_database_itself_refuses_force_without_both_keys(missing: str, cio: User, ciso: User, plan: Plan) -> None:
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


def test_a_reservation_is_signed_recorded_and_sealed(cio: User, ciso: User, plan: Plan) -> None:
    decision = services.sign(cio, services.propose(cio, plan), Role.CIO, "password")
    wrong = [
        ([services.Reserved("initiative", "INI-9", "No")], "no point of this decision"),
        ([services.Reserved("initiative", "INI-1", "  ")], "Segment: no reason"),
        ([services.Reserved("initiative", "INI-1", "a"), services.Reserved("initiative", "INI-1", "b")], "twice"),
    ]
    for reservations, says in wrong:
        with pytest.raises(Refused, match=says):
            services.sign(ciso, decision, Role.CISO, "password", reservations)
    assert Decision.objects.get().ciso_signer is None and not Reservation.objects.exists()
    point = services.Reserved("initiative", "INI-1", "Only with a second line of support")
    decision = services.sign(ciso, decision, Role.CISO, "password", [point])
    assert decision.state == "in_force" and decision.dissent_role == ""
    record = decision.recorded
    assert record["content_hash"] == decision.content_hash
    assert [(row["role"], row["name"], row["reason"]) for row in record["reservations"]] == [
        ("ciso", "Segment", "Only with a second line of support")
    ]
    assert [(row["role"], row["method"]) for row in record["keys"]] == [("cio", "password"), ("ciso", "password")]
    assert hashlib.sha256(decision.record.encode()).hexdigest() == decision.record_hash
    last = LedgerEntry.objects.filter(noun="decision", verb="sign").order_by("-number")[0]
    assert "second line of support" in last.after and decision.record_hash in last.after
    assert not [problem for found in checks.run() if found.name == "decisions" for problem in found.problems]
    Decision.objects.filter(pk=decision.pk).update(record=decision.record.replace("second", "third"))
    assert any("record" in p for found in checks.run() if found.name == "decisions" for p in found.problems)


def test_after_a_refusal_another_proposal_is_signed_by_both(cio: User, ciso: User, plan: Plan) -> None:
    refused = services.dissent(ciso, services.propose(cio, plan), Role.CISO, "Not before the plants are closed")
    assert refused.recorded["dissent"]["reason"] == "Not before the plants are closed"
    second = services.propose(ciso, plan)
    services.sign(ciso, second, Role.CISO, "password")
    assert services.sign(cio, second, Role.CIO, "password").state == "in_force"
    assert list(Decision.objects.order_by("key").values_list("state", flat=True)) == ["dissent", "in_force"]


def test_everything_is_frozen(company: Any, cio: User, ciso: User) -> None:
    """Problem, hash, method, versions, proof, both positions with nonces, what they cost, and comments."""
    frontier = services.run_frontier(cio, points=3, seconds=0.8)
    sitting = services.open_sitting(cio, frontier)
    view = View({"GROW": 1, "FAST": 1, "SAFE": 1}, {"SHOP": Insisted("pin", "Promised")})
    services.save_position(cio, sitting, Role.CIO, view, hand_in=True)
    services.save_position(ciso, sitting, Role.CISO, View({"GROW": 0, "FAST": 0, "SAFE": 1}), hand_in=True)
    services.price_differences(cio, sitting.key, seconds=1.0)
    plan = frontier.plans.get(origin="joint")
    services.add_comment(ciso, "plan", plan.key, "plan.loss", "Too much is left")
    content = services.propose(cio, plan).frozen
    inputs = content["inputs"]
    hashed = {"method": inputs["method"], "currency": content["currency"], "problem": inputs["problem"]}
    assert hashlib.sha256(ledger.canonical(hashed).encode()).hexdigest() == content["inputs_hash"]
    assert {"accord", "python", "numpy", "scipy", "highspy"} <= set(inputs["versions"])
    assert [method.rsplit(" ", 1)[0] for method in inputs["methods"]] == [
        "accord.engines.portfolio", "accord.engines.loss",
    ]  # fmt: skip
    assert content["result"]["gap"] == plan.result["gap"] and content["result"]["status"]
    own = content["sitting"]["positions"]["cio"]
    assert own["stances"] == {"SHOP": {"kind": "pin", "reason": "Promised"}}
    bare = {name: own[name] for name in ("weights", "stances", "note")}
    assert commitment(own["nonce"], ledger.canonical(bare)) == own["hash"]
    assert content["sitting"]["differences"]["initiatives"][0]["key"] == "SHOP"
    assert content["comments"][0]["text"] == "Too much is left"
