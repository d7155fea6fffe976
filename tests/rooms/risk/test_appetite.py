"""The risk appetite: a curve that falls, in force by two keys, and the loss held against it."""

from __future__ import annotations

import pytest

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.risk import selectors, services
from accord.risk.models import Appetite

pytestmark = pytest.mark.django_db
POINTS = [[1e6, 0.5], [5e6, 0.1], [20e6, 0.01]]


def test_two_keys_put_it_in_force_and_freeze_its_points(cio: User, ciso: User) -> None:
    appetite = services.propose_appetite(cio, POINTS)
    assert services.appetite_in_force() is None
    appetite = services.sign_appetite(appetite, cio, Role.CIO, "password")
    assert appetite.state == "proposed"
    appetite = services.sign_appetite(appetite, ciso, Role.CISO, "password")
    assert services.appetite_in_force() == appetite
    assert appetite.frozen == {"currency": "EUR", "points": POINTS}
    verbs = LedgerEntry.objects.filter(noun="appetite").order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["propose", "sign", "sign"]
    assert ledger.verify().holds


def test_the_next_one_takes_the_place_of_the_last(cio: User, ciso: User) -> None:
    for factor in (1, 2):
        appetite = services.propose_appetite(ciso, [[amount * factor, p] for amount, p in POINTS])
        services.sign_appetite(appetite, ciso, Role.CISO, "password")
        services.sign_appetite(appetite, cio, Role.CIO, "password")
    states = list(Appetite.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["superseded", "in_force"]
    in_force = services.appetite_in_force()
    assert in_force is not None and in_force.frozen["points"][0] == [2e6, 0.5]


def test_one_proposal_waits_at_a_time_and_can_be_withdrawn(cio: User, ciso: User) -> None:
    first = services.propose_appetite(cio, POINTS)
    with pytest.raises(Refused, match="waits for a key"):
        services.propose_appetite(ciso, POINTS)
    assert services.withdraw_appetite(first, cio).state == "withdrawn"
    with pytest.raises(Refused, match="still waits"):
        services.withdraw_appetite(first, cio)
    services.propose_appetite(ciso, POINTS)


def test_a_dissent_keeps_it_out_of_force(cio: User, ciso: User) -> None:
    appetite = services.sign_appetite(services.propose_appetite(cio, POINTS), cio, Role.CIO, "password")
    appetite = services.dissent_appetite(appetite, ciso, Role.CISO, "Ten times too high.")
    assert (appetite.state, services.appetite_in_force()) == ("dissent", None)


@pytest.mark.parametrize(
    ("points", "row", "column"),
    [
        ([[0.0, 0.5]], 1, "amount"),
        ([[1e6, 0.0]], 1, "probability"),
        ([[1e6, 1.2]], 1, "probability"),
        ([[1e6, 0.5], [1e6, 0.4]], 2, "amount"),
        ([[1e6, 0.1], [2e6, 0.2]], 2, "probability"),
        ([[1e6, float("nan")]], 1, "probability"),
    ],
)
def test_a_point_that_makes_no_sense_is_named(points: list[list[float]], row: int, column: str, cio: User) -> None:
    with pytest.raises(Refused) as refused:
        services.propose_appetite(cio, points)
    assert (row, column) in [(problem.row, problem.column) for problem in refused.value.problems]
    assert all(problem.remedy for problem in refused.value.problems)
    assert not Appetite.objects.exists()


def test_no_points_are_no_appetite(cio: User) -> None:
    with pytest.raises(Refused, match="Give 1 to"):
        services.propose_appetite(cio, [])


def test_the_loss_is_held_against_each_point(organization: User, cio: User, ciso: User) -> None:
    run = services.run_loss(ciso)
    curve = selectors.curve(run)
    at = {level: selectors.level_of(run, "var", level) for level in (0.9, 0.99)}
    assert at[0.9] is not None and at[0.99] is not None
    far = curve[-1][0] * 10
    points = [[at[0.9]["value"], 0.2], [at[0.99]["value"], 0.002], [far, 0.001]]
    rows = selectors.compare(points, curve)
    assert [row.above for row in rows] == [False, True, False]
    assert rows[0].probability == pytest.approx(0.1, rel=5e-3)
    assert rows[2].probability is None
    assert selectors.compare([[far, 1e-9]], curve)[0].above is None
    appetite = services.propose_appetite(cio, points)
    services.sign_appetite(appetite, cio, Role.CIO, "password")
    appetite = services.sign_appetite(appetite, ciso, Role.CISO, "password")
    fact = next(f for f in selectors.statements(run, appetite) if f.key == "loss.appetite")
    assert (fact.value, fact.tone) == (1, "danger")
