"""Probabilities to rates, what is unknown, and what safeguards leave."""

from __future__ import annotations

import numpy as np
import pytest

from accord.engines import hazard
from accord.engines.hazard import HazardInputError


def test_rate_gives_the_probability_back() -> None:
    p = np.array([0.0, 1e-5, 0.01, 0.5, 0.97])
    rate = hazard.yearly_rate(p)
    np.testing.assert_allclose(-np.expm1(-rate * 30 / 365.25), p, rtol=1e-13)
    assert hazard.yearly_rate([0.5])[0] == pytest.approx(np.log(2) * 12.175)


def test_unknown_stays_unknown_and_nonsense_is_named() -> None:
    assert np.isnan(hazard.yearly_rate([np.nan])[0])
    for wrong in (1.0, -0.1, 1.5):
        with pytest.raises(HazardInputError, match="row 1, probability"):
            hazard.yearly_rate([0.5, wrong])


def test_class_of_unknown_rates() -> None:
    rates = np.linspace(0, 1, 101)
    np.testing.assert_allclose(hazard.range_of_class(rates), [0.05, 0.5, 0.95])
    skewed = np.r_[np.zeros(98), 50.0, 50.0]
    low, mid, high = hazard.range_of_class(skewed)
    assert (low, mid, high) == (0.0, 1.0, 1.0), "the mean is above the 95 % quantile: the end gives way"
    few = hazard.range_of_class(rates[:5])
    np.testing.assert_array_equal(few, hazard.whole_range())
    assert few[0] > 0


def test_effectiveness_is_the_product_and_unknown_is_anything() -> None:
    known = np.array([[0.5], [0.6], [0.8]])
    nothing = np.full((3, 1), np.nan)
    np.testing.assert_allclose(hazard.effectiveness(known, known, known).ravel(), [0.125, 0.216, 0.512])
    np.testing.assert_allclose(hazard.effectiveness(known, nothing, known).ravel(), [0.0, 0.0, 0.8 * 0.8 * 0.99])


@pytest.mark.parametrize(
    ("ends", "reason"),
    [((0.5, 0.4, 0.9), "wrong way round"), ((0.5, 0.6, 1.2), "0 to 1"), ((0.5, np.nan, 0.9), "all three ends")],
)
def test_wrong_shares_are_refused(ends: tuple[float, float, float], reason: str) -> None:
    fine = np.full((3, 1), 0.5)
    with pytest.raises(HazardInputError, match=reason) as refused:
        hazard.effectiveness(fine, np.array(ends)[:, None], fine)
    assert refused.value.problems[0].field == "capability"


def test_safeguards_leave_least_where_they_work_best() -> None:
    left = hazard.left_by([0, 0, 2], np.array([[0.1, 0.2, 0.0], [0.5, 0.5, 0.0], [0.9, 0.8, 1.0]]), 3)
    np.testing.assert_allclose(left, [[0.02, 1, 0], [0.25, 1, 1], [0.72, 1, 1]])


def test_findings_of_one_definition_on_a_place_count_once() -> None:
    place, definition = [0, 0, 0, 1], [7, 7, 8, 7]
    copies = hazard.copies_of(place, definition)
    assert copies.tolist() == [2, 2, 1, 1]
    np.testing.assert_allclose(hazard.place_rates(place, [2.0, 2.0, 3.0, 5.0], 3, copies), [5.0, 5.0, 0.0])
    assert hazard.copies_of([], []).tolist() == []
