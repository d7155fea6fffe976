"""Policies against the published tree, brute force over all that is possible, and what a policy must refuse."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.priority import (
    BOD,
    CVSS,
    SSVC,
    BadPolicy,
    Facts,
    Policy,
    Urgency,
    assess,
    classes,
    default_policy,
    explain,
    policy_from,
    with_points,
)
from accord.engines.priority.policies import DEPLOYER

LOW, MEDIUM, HIGH, VERY = range(4)
EXPLOITATION, EXPOSURE = ("none", "poc", "active"), ("small", "controlled", "open")


def _published(exploitation: int, exposure: int, automatable: int, impact: int) -> str:
    """CERT/CC's table deployer_patch_application_priority 1.0.0, told by its outcomes instead of its rows.

    Exploitation, exposure: 0, 1, 2 as above. The sum of them and "automatable" is how open the way is.
    """
    if exploitation == 2:
        if exposure == 2 and (impact == VERY or (impact == HIGH and automatable)):
            return "immediate"
        if impact >= HIGH or (impact == MEDIUM and (automatable or exposure == 2)):
            return "out-of-cycle"
        return "out-of-cycle" if impact == LOW and automatable and exposure >= 1 else "scheduled"
    way = exploitation + exposure + automatable
    if impact == VERY and way >= 3:
        return "out-of-cycle"
    if impact == HIGH and way >= 4:
        return "out-of-cycle"
    if impact >= HIGH:
        return "scheduled"
    if impact == MEDIUM:
        return "defer" if way == 0 else "scheduled"
    easy = (automatable and (exposure or exploitation)) or (exploitation == 1 and exposure == 2)
    return "scheduled" if easy else "defer"


OUTCOMES = {
    "immediate": Urgency.DAYS_3, "out-of-cycle": Urgency.DAYS_14, "scheduled": Urgency.DAYS_60,
    "defer": Urgency.UPGRADE,
}  # fmt: skip


def test_the_tree_is_the_published_one() -> None:
    assert len(DEPLOYER) == 72
    for x, e, a, i in product(range(3), range(3), range(2), range(4)):
        row = (EXPLOITATION[x], EXPOSURE[e], bool(a), ("low", "medium", "high", "very high")[i])
        assert DEPLOYER[row] is OUTCOMES[_published(x, e, a, i)], row
    counts = {name: sum(value is slot for value in DEPLOYER.values()) for name, slot in OUTCOMES.items()}
    assert counts == {"immediate": 3, "out-of-cycle": 20, "scheduled": 42, "defer": 7}


answers = st.sampled_from([None, True, False])
share = st.none() | st.floats(0, 1) | st.sampled_from([0.05, 0.2, 0.5])


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    return Facts(
        draw(answers), draw(answers), draw(st.integers(0, 127)), draw(share), draw(share),
        draw(st.none() | st.floats(0, 10) | st.sampled_from([4.0, 7.0, 9.0])),
        draw(st.none() | st.floats(0, 1e9) | st.just(1000.0)),
    )  # fmt: skip


policies = st.builds(
    lambda kind, share, loss: policy_from({"kind": kind, "lift_share": share, "lift_loss": loss}),
    st.sampled_from([BOD, SSVC, CVSS]), st.none() | st.sampled_from([0.1, 0.5]), st.none() | st.just(1000.0),
)  # fmt: skip


@given(st.lists(facts(), min_size=1, max_size=30), policies)
def test_many_at_once_say_what_one_says(many: list[Facts], policy: Policy) -> None:
    nan, code = float("nan"), {None: -1, True: 1, False: 0}
    columns = [[nan if v is None else v for v in (f.epss, f.goal_weight, f.score, f.price)] for f in many]
    found = assess(
        [code[f.known_exploited] for f in many], [code[f.exposed] for f in many], [f.possible for f in many],
        *np.array(columns).T, policy=policy,
    )  # fmt: skip
    for at, one in enumerate(many):
        verdict = explain(one, policy)
        assert (found.best[at], found.worst[at], found.rank[at]) == (verdict.best, verdict.worst, verdict.rank)


def _settled(given_: Facts, policy: Policy) -> set[Urgency]:
    """The classes of every completion of the facts."""
    found = set()
    scores = [given_.score] if given_.score is not None else [1.0, 5.0, 8.0, 9.5]
    weights = [given_.goal_weight] if given_.goal_weight is not None else [0.0, 0.06, 0.15, 0.3, 0.7]
    prices = [given_.price] if given_.price is not None else [0.0, 1e6]
    told = given_.possible >> 4
    for known, exposed, bit, seen, score, weight, price in product(
        (False, True), (False, True), range(4), range(3), scores, weights, prices
    ):
        if given_.known_exploited not in (None, known) or given_.exposed not in (None, exposed):
            continue
        if not given_.possible >> bit & 1 or (told and not told >> seen & 1 and not known):
            continue
        if not told and given_.known_exploited is False and seen == 2:
            continue
        whole = Facts(known, exposed, 1 << bit | 16 << seen, None, weight, score, price)
        best, worst = classes(whole, policy)
        assert best == worst, "every question has one answer"
        found.add(worst)
    return found


@settings(max_examples=150, deadline=None)
@given(facts(), policies)
def test_an_interval_is_what_all_possible_answers_give(given_: Facts, policy: Policy) -> None:
    best, worst = classes(given_, policy)
    found = _settled(given_, policy)
    if given_.is_information:
        assert best is worst is Urgency.NONE
    else:
        assert (worst, best) == (min(found), max(found))


@given(facts(), policies)
def test_what_is_not_settled_says_what_would_flip_it(given_: Facts, policy: Policy) -> None:
    verdict = explain(given_, policy)
    unknown = {reason.fact for reason in verdict.reasons if reason.value is None}
    if not verdict.is_settled:
        assert {flip.fact for flip in verdict.flips} & unknown
    for flip in verdict.flips:
        assert (flip.best, flip.worst) != (verdict.best, verdict.worst)


def test_a_lift_moves_by_one_and_never_into_triage() -> None:
    policy = policy_from({"kind": BOD, "lift_share": 0.2})
    plain = Facts(False, True, 0b0001, None, 0.1)
    assert classes(plain, policy) == (Urgency.DAYS_60, Urgency.DAYS_60)
    assert classes(Facts(False, True, 0b0001, None, 0.2), policy) == (Urgency.DAYS_14, Urgency.DAYS_14)
    assert classes(Facts(False, True, 0b0001, None, None), policy) == (Urgency.DAYS_60, Urgency.DAYS_14)
    assert classes(Facts(True, True, 0b0100, None, 1.0), policy) == (Urgency.DAYS_3, Urgency.DAYS_3)


@pytest.mark.parametrize(
    ("possible", "points", "automatable", "total", "exploitation"),
    [
        (0b1010, ("none", True, False), True, False, "none"),
        (0b0001, ("poc", True, True), True, True, "poc"),
        (0b1111, ("", None, True), None, True, None),
        (0b0101, ("active", None, None), None, False, "active"),
    ],
)
def test_points_answer_before_the_vector(
    possible: int, points: tuple[Any, ...], automatable: Any, total: Any, exploitation: Any
) -> None:
    found = Facts(False, False, with_points(possible, *points))
    assert (found.automatable, found.total_impact, found.exploitation) == (automatable, total, exploitation)


def test_points_make_no_weakness_of_information() -> None:
    assert Facts(True, True, with_points(0, "active", True, True)).is_information


@pytest.mark.parametrize("kind", [BOD, SSVC, CVSS])
def test_data_and_back(kind: str) -> None:
    policy = default_policy(kind)
    assert policy_from(policy.as_data()) == policy


def _with_days(*days: int | None) -> dict[str, Any]:
    return {"slots": [{"label": "x", "days": d} for d in days]}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"kind": "epss"}, "kind"),
        (_with_days(3, 3, 14, 60, None), "slots"),
        (_with_days(3, 2, 14, 60, None, None), "days_1"),
        (_with_days(3, None, 14, 60, None, None), "days_2"),
        (_with_days(0, 3, 14, 60, None, None), "days_0"),
        ({"lift_share": 1.5}, "lift_share"),
        ({"lift_loss": float("inf")}, "lift_loss"),
        ({"goal_bounds": [0.5, 0.2, 0.9]}, "goal_bounds"),
        ({"bands": [7, 9, 4]}, "bands"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(data: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        policy_from(data)
    assert caught.value.field == field
