"""Back-test: each measure against a count by hand and a loop over every case."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, poisson

from accord.engines.priority.backtest import MONTH, play, share, top

rows = st.lists(
    st.tuples(
        st.booleans(), st.none() | st.floats(0, 400), st.floats(0, 300), st.none() | st.sampled_from([3.0, 14.0, 60.0])
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@given(rows)
def test_every_measure_is_the_count_over_cases(given_: list[tuple[bool, float | None, float, float | None]]) -> None:
    urgent = [r[0] for r in given_]
    exploited = [nan if r[1] is None else r[1] for r in given_]
    seen = [r[2] for r in given_]
    within = [nan if r[3] is None else r[3] for r in given_]
    found = play("x", urgent, exploited, seen, within, after=3.0)
    judged = [(u, e, s, w) for u, e, s, w in given_ if e is None or e > s]
    became = [r for r in judged if r[1] is not None]
    picked = [r for r in judged if r[0]]
    assert (found.judged, found.exploited, found.urgent) == (len(judged), len(became), len(picked))
    hits = sum(r[0] for r in became)
    assert found.hits == hits
    assert found.coverage.value == (hits / len(became) if became else None)
    assert found.efficiency.value == (hits / len(picked) if picked else None)
    waits = []
    for _, e, s, w in became:
        assert e is not None
        fixed = min(e + 3.0, s + w) if w is not None else e + 3.0
        waits.append(max(fixed - e, 0.0))
    if waits:
        assert found.days.value == pytest.approx(sum(waits) / len(waits))
    months = max((max(seen) - min(seen)) / MONTH, 1.0)
    assert found.per_month.value == pytest.approx(len(picked) / months)


def test_shares_have_wilsons_interval() -> None:
    for hits, cases in ((0, 5), (3, 10), (10, 10), (470, 1000)):
        found = share(hits, cases)
        wilson = binomtest(hits, cases).proportion_ci(0.95, method="wilson")
        assert (found.low, found.high) == (pytest.approx(wilson.low), pytest.approx(wilson.high))
    assert share(0, 0).value is None


def test_the_monthly_interval_is_garwoods() -> None:
    seen = np.linspace(0, 2 * MONTH, 9)
    found = play("x", [True] * 9, [nan] * 9, seen)
    assert found.per_month.value == pytest.approx(4.5)
    low, high = found.per_month.low, found.per_month.high
    assert low is not None
    assert high is not None
    assert poisson.sf(8, 2 * low) == pytest.approx(0.025)
    assert poisson.cdf(9, 2 * high) == pytest.approx(0.025)


def test_without_times_only_shares_are_told() -> None:
    found = play("x", [True, False], [5.0, nan])
    assert (found.coverage.value, found.efficiency.value) == (1.0, 1.0)
    assert found.per_month.value is found.days.value is None


@given(st.lists(st.none() | st.floats(0, 1), max_size=30), st.integers(0, 35))
def test_top_takes_the_highest(values: list[float | None], number: int) -> None:
    given_ = [nan if v is None else v for v in values]
    chosen = top(given_, number)
    inside = [v for v, c in zip(given_, chosen, strict=True) if c]
    outside = [v for v, c in zip(given_, chosen, strict=True) if not c and not isnan(v)]
    assert len(inside) == min(number, sum(not isnan(v) for v in given_))
    assert not inside or not outside or min(inside) >= max(outside)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError):
        play("x", [True], [nan, nan])
