"""The priority engine against the published table, brute force over all answers, and properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines import priority
from accord.engines.priority import ALL, INFORMATION, TABLE, Facts, Urgency, assess, explain, possibilities

# The rows of CERT/CC's decision table cisa:DT_BOD2604 1.0.0, written out by outcome, not by row.
TRIAGE = {(1, 1, 0, 1), (1, 0, 1, 1), (1, 1, 1, 1)}
THREE = {(1, 1, 1, 0), (0, 1, 1, 1)}
FOURTEEN = {(1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (0, 1, 1, 0), (1, 0, 0, 1), (0, 1, 0, 1)}
SIXTY = {(0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 1, 1)}


def _published(row: tuple[int, int, int, int]) -> Urgency:
    for rows, outcome in (
        (TRIAGE, Urgency.TRIAGE),
        (THREE, Urgency.DAYS_3),
        (FOURTEEN, Urgency.DAYS_14),
        (SIXTY, Urgency.DAYS_60),
    ):
        if row in rows:
            return outcome
    return Urgency.UPGRADE


def test_the_table_is_the_published_one() -> None:
    assert len(TABLE) == 16
    for row in product((0, 1), repeat=4):
        assert TABLE[tuple(map(bool, row))] is _published(row)  # type: ignore[index]


def test_no_answer_of_yes_makes_it_milder() -> None:
    for row in product((False, True), repeat=4):
        for at in range(4):
            worse = tuple(True if i == at else v for i, v in enumerate(row))
            assert TABLE[worse] <= TABLE[row]  # type: ignore[index]


answers = st.sampled_from([None, True, False])


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Any facts."""
    share = st.none() | st.floats(0, 1)
    return Facts(
        draw(answers), draw(answers), draw(st.integers(0, 15)), draw(share), draw(share),
        draw(st.none() | st.floats(0, 10)), draw(st.none() | st.floats(0, 1e12)),
    )  # fmt: skip


@given(facts())
def test_interval_is_that_of_all_possible_answers(given_: Facts) -> None:
    verdict = explain(given_)
    if given_.possible == INFORMATION:
        assert verdict.best is verdict.worst is Urgency.NONE
        return
    found = set()
    for known, exposed, auto, total in product((False, True), repeat=4):
        fits = given_.known_exploited in (None, known) and given_.exposed in (None, exposed)
        if fits and given_.possible >> (2 * auto + total) & 1:
            found.add(_published((int(known), int(exposed), int(auto), int(total))))
    assert (verdict.worst, verdict.best) == (min(found), max(found))


@given(facts())
def test_a_flip_is_what_the_fact_would_give(given_: Facts) -> None:
    verdict = explain(given_)
    for flip in verdict.flips:
        if flip.fact in ("known_exploited", "exposed"):
            changed = {
                "known_exploited": given_.known_exploited,
                "exposed": given_.exposed,
                flip.fact: flip.value,
            }
            other = explain(Facts(**changed, possible=given_.possible))  # type: ignore[arg-type]
            assert (other.best, other.worst) == (flip.best, flip.worst)
    if not verdict.is_settled:
        unknown = [reason.fact for reason in verdict.reasons if reason.value is None]
        assert {flip.fact for flip in verdict.flips} & set(unknown), "nothing says what would settle it"


@given(st.lists(facts(), min_size=1, max_size=40))
def test_many_at_once_say_what_one_says(many: list[Facts]) -> None:
    nan = float("nan")
    code = {None: -1, True: 1, False: 0}
    columns = [[nan if v is None else v for v in (f.epss, f.goal_weight, f.score, f.price)] for f in many]
    found = assess(
        [code[f.known_exploited] for f in many],
        [code[f.exposed] for f in many],
        [f.possible for f in many],
        *np.array(columns).T,
    )
    for at, one in enumerate(many):
        verdict = explain(one)
        assert (found.best[at], found.worst[at], found.rank[at]) == (
            verdict.best,
            verdict.worst,
            verdict.rank,
        )


def test_order_inside_a_class() -> None:
    """Certain before uncertain, then weight × probability, then the score; a class never mixes with another."""
    sure = explain(Facts(True, True, 0b1000, 0.1, 0.01, 5.0))
    heavy = explain(Facts(True, True, 0b1000, 0.1, 0.5, 5.0))
    unsure = explain(Facts(None, True, 0b1000, 1.0, 1.0, 10.0))
    assert sure.worst == heavy.worst == unsure.worst == Urgency.TRIAGE
    assert heavy.rank < sure.rank < unsure.rank
    likely, unlikely = (
        explain(Facts(False, True, 0b0100, 0.9, 0.1)),
        explain(Facts(False, True, 0b0100, 0.1, 0.1)),
    )
    assert likely.rank < unlikely.rank
    graver, milder = (
        explain(Facts(False, True, 0b0100, None, 0.1, 8.0)),
        explain(Facts(False, True, 0b0100, None, 0.1, 7.9)),
    )
    assert graver.rank < milder.rank


@given(facts(), st.none() | st.floats(0, 1e12))
def test_another_price_is_another_place(given_: Facts, price: float | None) -> None:
    stake = (given_.goal_weight or 0.0) * (1.0 if given_.known_exploited else given_.epss or 0.0)
    moved = priority.repriced(explain(given_).rank, price, stake)
    assert moved == explain(replace(given_, price=price)).rank


def test_a_price_orders_before_everything_else_inside_a_class() -> None:
    cheap = Facts(True, True, 0b1000, 0.01, 0.01, 1.0, 10.0)
    dear, unpriced = replace(cheap, price=5000.0), replace(cheap, price=None, epss=1.0, goal_weight=1.0, score=10.0)
    unsure = replace(dear, known_exploited=None)
    assert explain(dear).rank < explain(cheap).rank < explain(unpriced).rank < explain(unsure).rank


@given(facts())
def test_ranks_of_a_class_lie_in_its_range(given_: Facts) -> None:
    verdict = explain(given_)
    assert priority.first_rank(verdict.worst) <= verdict.rank < priority.first_rank(verdict.worst + 1)
    assert verdict.rank < 2**31


@pytest.mark.parametrize(
    ("vector", "automatable", "total"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None, True),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", False, True),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:L/A:H", False, False),
        ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", False, False),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N", None, True),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", False, True),
        ("CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:H/SC:N/SI:N/SA:N/AU:Y", True, False),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", None, True),
        ("(AV:L/AC:L/Au:N/C:P/I:P/A:P)", False, False),
    ],
)
def test_what_a_vector_settles(vector: str, automatable: bool | None, total: bool | None) -> None:
    given_ = Facts(False, False, possibilities([vector]))
    assert given_.automatable is automatable
    assert given_.total_impact is total


def test_severity_excludes_only_what_no_vector_of_that_band_has() -> None:
    """All CVSS 3.1 base vectors: the answers that the engine leaves open for a band are those that occur in it."""
    from cvss import CVSS3

    seen: dict[str, int] = {"low": 0, "medium": 0, "high": 0, "critical": 0}
    for av, ac, pr, ui, s, c, i, a in product("NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN"):
        vector = f"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:{ui}/S:{s}/C:{c}/I:{i}/A:{a}"
        severity = CVSS3(vector).severities()[0].lower()
        if severity in seen:
            seen[severity] |= possibilities([vector])
    for severity, occurring in seen.items():
        allowed = possibilities([], severity)
        assert occurring & ~allowed == 0, f"{severity}: {occurring:04b} occur, {allowed:04b} are left open"
    assert possibilities([], None) == ALL
    assert possibilities(["nonsense"], "info") == INFORMATION


@pytest.mark.parametrize(
    "wrong", [{"epss": [1.5]}, {"goal_weight": [-0.1]}, {"score": [11]}, {"exposed": [2]}, {"price": [-1]}]
)
def test_out_of_range_is_refused(wrong: dict[str, list[float]]) -> None:
    good: dict[str, list[float]] = {
        "known_exploited": [0], "exposed": [0], "possible": [1], "epss": [0.1], "goal_weight": [0.1], "score": [5],
    }  # fmt: skip
    with pytest.raises(ValueError):
        assess(**{**good, **wrong})


@pytest.mark.real_data
def test_derived_answers_against_cisas_own(real_data: object) -> None:
    """The agreement that the docstring states, on CISA's answers for real CVEs."""
    import csv
    from pathlib import Path

    path = Path(str(real_data)) / "feeds" / "ssvc-cvss-2024-10-24.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    agree = total = sure = right = 0
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if not row["cvss31"]:
                continue
            one = Facts(False, False, possibilities([row["cvss31"]]))
            total += 1
            agree += one.total_impact is (row["technical_impact"].lower() == "total")
            if one.automatable is False:
                sure += 1
                right += row["automatable"].lower() == "no"
    assert total > 30_000
    assert agree / total > 0.92
    assert right / sure > 0.98
