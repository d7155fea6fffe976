"""The coverage matrix against a plain loop over assets and rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines import coverage
from accord.engines.coverage import NO, SAFEGUARDS, SURFACES, UNKNOWN, YES, Rule

WIDTH = len(SAFEGUARDS)
rules = st.lists(
    st.builds(
        Rule,
        st.integers(0, WIDTH - 1),
        st.booleans(),
        st.dictionaries(st.integers(0, 2), st.integers(0, 2)).map(lambda d: tuple(d.items())),
        st.none() | st.integers(0, 90),
    ),
    max_size=12,
)


def _decides(found: list[Rule], facts: tuple[int, ...], safeguard: int) -> Rule | None:
    """The rule of one asset by the words of the docstring."""
    fitting = [r for r in found if r.safeguard == safeguard and all(facts[f] == c for f, c in r.conditions)]
    if not fitting:
        return None
    most = max(len(r.conditions) for r in fitting)
    special = [r for r in fitting if len(r.conditions) == most]
    asking = [r for r in special if r.required] or special
    return min(asking, key=lambda r: float("inf") if r.within is None else r.within)


@given(rules, st.lists(st.tuples(*[st.integers(-1, 2)] * 3), min_size=1, max_size=8))
def test_the_most_special_rule_decides(found: list[Rule], assets: list[tuple[int, ...]]) -> None:
    need, days, _ = coverage.asked(found, list(np.array(assets).T), len(assets))
    for n, facts in enumerate(assets):
        for s in range(WIDTH):
            rule = _decides(found, facts, s)
            assert need[n, s] == (rule is not None and rule.required)
            assert days[n, s] == (-1 if rule is None or rule.within is None else rule.within)


evidence = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, WIDTH - 1), st.booleans(), st.integers(0, 6)), max_size=40
)


@given(evidence, st.integers(0, 6))
def test_the_newest_evidence_that_counts_decides(rows: list[tuple[int, int, bool, int]], first: int) -> None:
    columns: Any = list(zip(*rows, strict=True)) or [[], [], [], []]
    state = coverage.states(4, *columns, np.full((4, WIDTH), first))
    for n in range(4):
        for s in range(WIDTH):
            told = [(day, has) for a, g, has, day in rows if a == n and g == s and day >= first]
            last = {has for day, has in told if day == max(told)[0]} if told else set()
            assert state[n, s] == (UNKNOWN if len(last) != 1 else YES if last.pop() else NO)


def test_evidence_of_any_age_counts_where_no_rule_limits_it() -> None:
    state = coverage.states(1, [0], [2], [1], [-900_000], np.full((1, WIDTH), coverage.ALWAYS))
    assert state[0, 2] == YES


def test_only_the_named_source_counts() -> None:
    named = Rule(2, True, within=30, source=1)
    _, _, source = coverage.asked([named], [np.zeros(3)], 3)
    first = np.full((3, WIDTH), 100)
    told = ([0, 0, 1, 2], [2, 2, 2, 2], [1, 0, 1, 1], [120, 130, 120, 90])
    state = coverage.states(3, *told, first, [1, 0, 0, 1], source)
    assert state[:, 2].tolist() == [coverage.YES, coverage.UNKNOWN, coverage.UNKNOWN]
    assert coverage.states(3, *told, first)[:, 2].tolist() == [coverage.NO, coverage.YES, coverage.UNKNOWN]


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_matrix_against_a_loop(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    surface = rng.integers(0, len(SURFACES), number)
    need = rng.random((number, WIDTH)) < 0.6
    state = rng.integers(-1, 2, (number, WIDTH)).astype(np.int8)
    money = np.where(rng.random(number) < 0.3, np.nan, rng.integers(1, 100, number).astype(float))
    table = coverage.matrix(surface, need, state, money)
    for at in range(len(SURFACES)):
        for s in range(WIDTH):
            mine = [n for n in range(number) if surface[n] == at and need[n, s]]
            assert table.asked[at, s] == len(mine)
            assert table.unpriced[at, s] == sum(bool(np.isnan(money[n])) for n in mine)
            for value, counts, sums in (
                (YES, table.yes, table.money_yes),
                (NO, table.no, table.money_no),
                (UNKNOWN, table.unknown, table.money_unknown),
            ):
                held = [n for n in mine if state[n, s] == value]
                assert counts[at, s] == len(held)
                assert sums[at, s] == pytest.approx(sum(money[n] for n in held if not np.isnan(money[n])))
    assert (table.asked == table.yes + table.no + table.unknown).all()
    assert table.money_asked == pytest.approx(table.money_yes + table.money_no + table.money_unknown)


def test_backup_and_login_watch_nothing() -> None:
    state = np.full((3, WIDTH), UNKNOWN, dtype=np.int8)
    state[0, [SAFEGUARDS.index("backup"), SAFEGUARDS.index("mfa"), SAFEGUARDS.index("owner")]] = YES
    state[1, SAFEGUARDS.index("logs")] = YES
    state[2, SAFEGUARDS.index("scanned")] = NO
    assert coverage.unwatched(state).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "schemes", "surface"),
    [
        ("host", (), "network"),
        ("host", ("serial", "url"), "web"),
        ("application", (), "web"),
        ("account", ("mailbox",), "people"),
        ("account", (), "identity"),
        ("cloud_resource", ("url",), "cloud"),
        ("image", (), "container"),
        ("repository", ("supplier",), "code"),
        ("device", (), "device"),
        ("application", ("supplier",), "supplier"),
        ("something new", (), "network"),
    ],
)
def test_surface_by_rule(kind: str, schemes: tuple[str, ...], surface: str) -> None:
    assert coverage.surface_of(kind, schemes) == surface
