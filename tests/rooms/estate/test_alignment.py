"""The chain from goals to systems: weights down the tree, shares along the links, and what is not assigned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.estate.models import CapabilitySystem, System
from accord.estate.selectors import alignment, lifecycle, what_to_fill_in
from accord.organization.models import Capability, Goal, GoalCapability
from accord.organization.selectors import effective_weights, weighted_goals

D = Decimal


def test_weights_are_relative_among_siblings_and_multiply_down_the_tree() -> None:
    found = effective_weights(
        {"A": (None, D(3)), "B": (None, D(1)), "A1": ("A", D(1)), "A2": ("A", D(2))}
    )
    assert found == pytest.approx({"A": 0.75, "B": 0.25, "A1": 0.25, "A2": 0.5})


def test_an_unknown_weight_leaves_its_siblings_and_all_below_unknown() -> None:
    found = effective_weights({"A": (None, D(1)), "B": (None, D(1)), "A1": ("A", None), "A2": ("A", D(2))})
    assert (found["A"], found["A1"], found["A2"]) == (0.5, None, None)


def test_weights_that_are_all_zero_say_nothing() -> None:
    assert effective_weights({"A": (None, D(0)), "B": (None, D(0))}) == {"A": None, "B": None}


TREES = st.lists(
    st.tuples(st.integers(0, 30), st.decimals("0.1", 100, places=1)), min_size=1, max_size=30
).map(
    lambda rows: {
        f"G{i}": (None if parent >= i else f"G{parent}", weight) for i, (parent, weight) in enumerate(rows)
    }
)  # fmt: skip


@given(TREES)
def test_the_weights_of_the_leaves_sum_to_one(rows: dict[str, tuple[str | None, Decimal]]) -> None:
    parents = {parent for parent, _ in rows.values()}
    weights = effective_weights(rows)
    assert sum(weights[key] or 0 for key in rows if key not in parents) == pytest.approx(1)


@pytest.fixture
def chain(db: None) -> None:
    """G1 (weight 3) and G2 (weight 1); G1 hangs to 0.8 on C1, which S1 carries to 0.5 and S2 to 0.25."""
    g1 = Goal.objects.create(key="G1", name="Grow", weight=3)
    g2 = Goal.objects.create(key="G2", name="Last", weight=1)
    c1 = Capability.objects.create(key="C1", name="Sell")
    c2 = Capability.objects.create(key="C2", name="Ship")
    s1, s2, _ = (System.objects.create(key=f"S{i}", name=f"System {i}") for i in (1, 2, 3))
    GoalCapability.objects.create(goal=g1, capability=c1, share="0.8")
    GoalCapability.objects.create(goal=g2, capability=c2, share="1")
    CapabilitySystem.objects.create(capability=c1, system=s1, share="0.5")
    CapabilitySystem.objects.create(capability=c1, system=s2, share="0.25")


def test_a_system_carries_weight_times_share_times_share(chain: None) -> None:
    found = alignment()
    assert found.weight_of("S1") == pytest.approx(0.75 * 0.8 * 0.5)
    assert found.weight_of("S2") == pytest.approx(0.75 * 0.8 * 0.25)
    assert found.weight_of("S3") == 0
    assert found.total == pytest.approx(0.75 * 0.8 * 0.75)
    assert found.unassigned == pytest.approx({"G1": 1 - 0.8 * 0.75, "G2": 1.0})


def test_the_whole_is_what_is_carried_and_what_is_not_assigned(chain: None) -> None:
    found = alignment()
    weights = {g.key: g.weight or 0 for g in found.goals}
    rest = sum(weights[key] * share for key, share in found.unassigned.items())
    assert (found.total or 0) + rest == pytest.approx(1)


def test_an_unknown_weight_is_not_read_as_none(chain: None) -> None:
    Goal.objects.filter(key="G1").update(weight=None)
    found = alignment()
    assert found.weight_of("S1") is None
    assert found.total is None
    assert [g.weight for g in weighted_goals()] == [None, None]


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow(chain: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(3):  # type: ignore[operator]
        alignment()


@pytest.mark.django_db
def test_what_is_unknown_is_listed_the_most_missing_first() -> None:
    System.objects.create(key="S1", name="One", reach="internet", cost_per_year=10)
    System.objects.create(key="S2", name="Two", cost_per_year=0)
    gaps = {gap.column: (gap.missing, gap.of) for gap in what_to_fill_in()}
    assert gaps["reach"] == (1, 2)
    assert gaps["rto_hours"] == (2, 2)
    assert "cost_per_year" not in gaps  # 0 is known


@pytest.mark.django_db
def test_lifecycles_that_end_are_listed_soonest_first() -> None:
    today = date(2027, 1, 1)
    for key, support, retire in (
        ("S1", date(2027, 12, 1), None),
        ("S2", date(2026, 6, 1), None),
        ("S3", date(2030, 1, 1), date(2027, 3, 1)),
        ("S4", date(2030, 1, 1), None),
    ):
        System.objects.create(key=key, name=key, end_of_support=support, retire_by=retire)
    assert [s.key for s in lifecycle(today)] == ["S2", "S3", "S1"]
