"""A sitting: unseen until both have handed in, for everybody and everywhere; then both at once, with what it costs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from accord_small_company import account
from django.db import IntegrityError, transaction
from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.decisions import difference, selectors, services
from accord.decisions.models import Frontier, Position, Sitting, Stance
from accord.decisions.positions import Insisted, View
from accord.engines import portfolio
from accord.strategy.models import Initiative

pytestmark = pytest.mark.django_db
SECRET = "The shop is promised to Harbour & Sons"
CIO = View(
    {"GROW": 3, "FAST": 1, "SAFE": 0}, {"SHOP": Insisted("pin", SECRET), "MFA": Insisted("drop")}, "Growth first"
)
CISO = View({"GROW": 1, "FAST": 1, "SAFE": 2}, {"SHOP": Insisted("drop", "It opens a door"), "SOC": Insisted("pin")})


@pytest.fixture
def frontier(company: Any, cio: User) -> Frontier:
    """A frontier in little time: how good its plans are is not asked here."""
    return services.run_frontier(cio, points=3, seconds=0.8)


@pytest.fixture
def sitting(frontier: Frontier, cio: User) -> Sitting:
    return services.open_sitting(cio, frontier)


def revealed(sitting: Sitting, cio: User, ciso: User) -> Sitting:
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    return services.save_position(ciso, sitting, Role.CISO, CISO, hand_in=True)


def test_unseen_until_both_have_handed_in(sitting: Sitting, cio: User, ciso: User) -> None:
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    sitting.refresh_from_db()
    with pytest.raises(Refused, match="both executives"):
        selectors.positions(sitting)
    others = [ciso, account("auditor", Role.AUDITOR), account("admin", Role.ADMIN), account("second", Role.CIO)]
    for reader in (*others, None):
        with pytest.raises(Refused):
            selectors.own_position(reader, sitting, Role.CIO)
    assert selectors.own_position(cio, sitting, Role.CIO) == CIO
    assert not Position.objects.exists() and not sitting.positions.exists()
    assert not selectors.commitments_hold(sitting)
    assert not any(SECRET in entry.after + entry.before for entry in LedgerEntry.objects.all())
    assert not Stance.objects.exists()
    states = {hand.role: hand.handed_in for hand in selectors.hands(sitting)}
    assert states == {Role.CIO: True, Role.CISO: False}


def test_the_ledger_holds_a_hash_and_then_what_it_committed_to(sitting: Sitting, cio: User, ciso: User) -> None:
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    entry = LedgerEntry.objects.get(noun="sitting", verb="hand_in")
    committed = json.loads(entry.after)
    assert set(committed) == {"role", "hash"} and len(committed["hash"]) == 64
    services.save_position(ciso, sitting, Role.CISO, CISO, hand_in=True)
    shown = json.loads(LedgerEntry.objects.get(noun="sitting", verb="reveal").after)["cio"]
    nonce = shown.pop("nonce")
    again = hashlib.sha256(f"{nonce}\n{ledger.canonical(shown)}".encode()).hexdigest()
    assert again == committed["hash"]
    assert shown["stances"]["SHOP"]["reason"] == SECRET
    assert ledger.verify().holds


def test_the_same_position_has_another_hash_each_time(frontier: Frontier, cio: User) -> None:
    hashes = set()
    for _ in range(2):
        sitting = services.open_sitting(cio, frontier)
        hashes.add(services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True).cio_hash)
        services.close_sitting(cio, sitting)
    assert len(hashes) == 2


def test_both_at_once_and_the_stances_follow(sitting: Sitting, cio: User, ciso: User) -> None:
    shop, data = Initiative.objects.get(key="SHOP"), Initiative.objects.get(key="DATA")
    Stance.objects.create(role="cio", initiative=data, kind="pin", by=cio)
    Stance.objects.create(role="cio", initiative=shop, kind="drop", by=cio)
    after = revealed(sitting, cio, ciso)
    assert after.state == "revealed" and after.revealed_at is not None
    assert selectors.positions(after) == {"cio": CIO, "ciso": CISO}
    assert selectors.commitments_hold(after)
    rows = set(Stance.objects.values_list("role", "initiative__key", "kind", "by__email"))
    assert rows == {
        ("cio", "SHOP", "pin", cio.email), ("cio", "MFA", "drop", cio.email),
        ("ciso", "SHOP", "drop", ciso.email), ("ciso", "SOC", "pin", ciso.email),
    }  # fmt: skip
    assert Job.objects.filter(kind="decisions.differences", params={"sitting": after.key}).count() == 1


def test_a_position_that_was_exchanged_is_noticed(sitting: Sitting, cio: User, ciso: User) -> None:
    after = revealed(sitting, cio, ciso)
    row = Position.sealed.get(sitting=after, role="cio")
    Position.sealed.filter(pk=row.pk).update(content=row.content.replace("Growth first", "Growth last"))
    assert not selectors.commitments_hold(after)


def test_saved_in_private_changed_and_then_final(sitting: Sitting, cio: User) -> None:
    services.save_position(cio, sitting, Role.CIO, View({"GROW": 1, "FAST": 1, "SAFE": 1}))
    services.save_position(cio, sitting, Role.CIO, CIO)
    assert not LedgerEntry.objects.filter(noun="sitting").exclude(verb="open").exists()
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    with pytest.raises(Refused, match="handed in already"):
        services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)


def test_two_positions_need_two_persons(frontier: Frontier) -> None:
    both = account("both", Role.CIO, Role.CISO)
    sitting = services.open_sitting(both, frontier)
    services.save_position(both, sitting, Role.CIO, CIO, hand_in=True)
    with pytest.raises(Refused, match="two persons"):
        services.save_position(both, sitting, Role.CISO, CISO, hand_in=True)
    services.save_position(account("deputy", Role.CISO), sitting, Role.CISO, CISO)
    with pytest.raises(Refused, match="Another account"):
        services.save_position(account("third", Role.CISO), sitting, Role.CISO, CISO)


def test_the_database_shows_nothing_before_both_have_handed_in(sitting: Sitting, cio: User) -> None:
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sitting.objects.filter(pk=sitting.pk).update(state="revealed")
    forged = {"ciso_by": cio, "ciso_at": timezone.now(), "ciso_hash": "0" * 64, "state": "revealed"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Sitting.objects.filter(pk=sitting.pk).update(**forged)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (View({"GROW": 1, "FAST": 1}), "SAFE.*no weight.*0 if it counts nothing"),
        (View({"GROW": 0, "FAST": 0, "SAFE": 0}), "All weights are 0"),
        (View({"GROW": -1, "FAST": 0, "SAFE": 0}), "Grow weighs -1"),
        (View({"GROW": float("nan"), "FAST": 0, "SAFE": 0}), "Grow weighs nan"),
        (View({"GROW": 1, "FAST": 1, "SAFE": 1, "MOON": 1}), "MOON: There is no such goal"),
        (View({"GROW": 1, "FAST": 1, "SAFE": 1}, {"MOON": Insisted("pin")}), "MOON: It is not among"),
        (View({"GROW": 1, "FAST": 1, "SAFE": 1}, {"SHOP": Insisted("maybe")}), "is none"),
        (View({"GROW": 1, "FAST": 1, "SAFE": 1}, {"SHOP": Insisted("pin", "x" * 501)}), "500 characters"),
    ],
)
def test_what_is_no_position_is_refused_with_its_place(view: View, says: str, sitting: Sitting, cio: User) -> None:
    with pytest.raises(Refused, match=says):
        services.save_position(cio, sitting, Role.CIO, view)
    assert not Position.sealed.exists()


def test_one_sitting_at_a_time_and_stances_go_into_it(sitting: Sitting, frontier: Frontier, cio: User) -> None:
    with pytest.raises(Refused, match="SIT-0001 is open"):
        services.open_sitting(cio, frontier)
    with pytest.raises(Refused, match="unseen"):
        services.set_stance(cio, Role.CIO, Initiative.objects.get(key="SHOP"), "pin")
    services.save_position(cio, sitting, Role.CIO, CIO)
    services.close_sitting(cio, sitting)
    assert not Position.sealed.exists()
    with pytest.raises(Refused, match="not open"):
        services.save_position(cio, sitting, Role.CIO, CIO)
    assert services.open_sitting(cio, frontier).key == "SIT-0002"


def test_only_executives_open_speak_and_close(frontier: Frontier, sitting: Sitting, ciso: User) -> None:
    analyst = account("analyst", Role.ANALYST)
    for act in (
        lambda: services.open_sitting(analyst, frontier),
        lambda: services.close_sitting(analyst, sitting),
        lambda: services.save_position(ciso, sitting, Role.CIO, CIO),
    ):
        with pytest.raises(Refused, match="Only the"):
            act()


def brute(problem: portfolio.Problem, price: float) -> float:
    """The highest price × value − loss of any plan, by trying all of them."""
    import itertools

    options = [[None, *range(problem.quarters)] for _ in problem.initiatives]
    best = -float("inf")
    for choice in itertools.product(*options):
        plan = {i.key: t for i, t in zip(problem.initiatives, choice, strict=True) if t is not None}
        if not portfolio.check(problem, plan):
            outcome = portfolio.evaluate(problem, plan)
            best = max(best, price * outcome.value - outcome.loss)
    return best


def test_what_the_differences_cost_is_what_trying_every_plan_says(frontier: Frontier) -> None:
    views = {"cio": CIO, "ciso": CISO}
    found = difference.differences(frontier.result, views, selectors.starts_of(frontier), seconds=6.0)
    problem = portfolio.Problem.from_json(frontier.result["problem"])
    even = difference.mixed(CIO, CISO)
    assert even == pytest.approx({"GROW": 0.5, "FAST": 0.25, "SAFE": 0.25})
    assert found["price"] > 0
    nobody = brute(difference.posed(problem, even, {}), found["price"])
    assert found["base"]["worth"] == pytest.approx(nobody)
    rows = {row["key"]: row for row in found["initiatives"]}
    assert {key: (row["cio"], row["ciso"]) for key, row in rows.items()} == {
        "SHOP": ("pin", "drop"), "MFA": ("drop", ""), "SOC": ("", "pin"),
    }  # fmt: skip
    for key, row in rows.items():
        for role in ("cio", "ciso"):
            way = row["ways"][role]
            held = {key: (row[role], role)} if row[role] else {}
            best = brute(difference.posed(problem, even, held), found["price"])
            assert way["costs"] == pytest.approx(nobody - best, abs=1e-3)
            assert way["costs_least"] - 1e-6 <= way["costs"] <= way["costs_most"] + 1e-6
            assert way["costs_value"] == pytest.approx(way["costs"] / found["price"])
    assert {row["key"] for row in found["goals"]} == {"GROW", "FAST", "SAFE"} - {
        key for key in even if abs(CIO.shares()[key] - CISO.shares()[key]) < difference.SAME
    }


def test_a_way_that_breaks_the_rules_is_told_and_not_priced(frontier: Frontier) -> None:
    """Shop, watch and second factor together take more capital than both years have."""
    all_in = {key: Insisted("pin") for key in ("SHOP", "SOC", "MFA")}
    views = {"cio": View(CIO.weights, all_in), "ciso": View(CIO.weights)}
    found = difference.differences(frontier.result, views, selectors.starts_of(frontier), seconds=2.0)
    assert not found["whole"]["cio"]["possible"] and "cannot all hold" in found["whole"]["cio"]["reason"]
    assert found["goals"] == [] and len(found["agreed"]["goals"]) == 3
    assert all(row["ways"]["cio"]["possible"] for row in found["initiatives"])


def test_the_price_of_value_is_the_exchange_at_the_joint_proposal() -> None:
    points: list[dict[str, Any]] = [
        {"origin": "cio", "value": 0.5, "loss": 90.0},
        {"origin": "ciso", "value": 0.1, "loss": 30.0},
        {"origin": "joint", "value": 0.4, "loss": 50.0},
    ]
    assert difference.price_of_value({"points": points, "loss_today": 100.0}) == pytest.approx(40 / 0.3)
    points[2] = {"origin": "joint", "value": 0.5, "loss": 90.0}
    assert difference.price_of_value({"points": points, "loss_today": 100.0}) == pytest.approx(60 / 0.4)
    assert difference.price_of_value({"points": points[:1], "loss_today": 100.0}) == 100.0


@pytest.mark.django_db(transaction=True)
def test_the_job_keeps_the_prices(frontier: Frontier, cio: User, ciso: User) -> None:
    sitting = revealed(services.open_sitting(cio, frontier), cio, ciso)
    job = jobs.run_now(cio, "decisions.differences", sitting=sitting.key, seconds=2.0)
    assert job.state == Job.State.DONE, job.error
    sitting.refresh_from_db()
    assert sitting.differences is not None
    assert sitting.differences["versions"]["highspy"] and sitting.differences["method"]
    assert job.done == job.total == sitting.differences["plans"]
    closed = jobs.run_now(cio, "decisions.differences", sitting="SIT-9")
    assert closed.state == Job.State.FAILED and "SIT-9" in closed.error
