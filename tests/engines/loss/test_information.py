"""The worth of information against closed forms, sampling, and its own properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from accord.engines.loss import TwoPiece
from accord.engines.loss.errors import LossInputError
from accord.engines.loss.expert import LinearLaw
from accord.engines.loss.information import Option, envelope, perfect_information
from accord.engines.loss.sensitivity import Input, Term


def test_two_options_and_one_input_have_a_closed_form() -> None:
    # Do nothing: loss X. Pay c: no loss. Both worth the same at x = c; EVPI = E[X] - E min(X, c) or c - E min(X, c).
    law = TwoPiece(np.exp(-1.6448536269514722), 1.0, np.exp(1.6448536269514722))  # lognormal(0, 1)
    term = Term("S", ((Input("x", law),),))
    nothing = Input("left", LinearLaw(0.0, 0.0, 0.0))
    for cost in (0.5, 1.0, 1.6, 3.0):
        found = perfect_information([term], [Option("keep", 0.0), Option("buy", cost, {"S": (nothing,)})])
        d = np.log(cost)
        limited = np.exp(0.5) * stats.norm.cdf(d - 1) + cost * stats.norm.sf(d)
        exact = min(np.exp(0.5), cost) - limited
        assert found.inputs[0].key == "x"
        assert found.inputs[0].value == pytest.approx(exact, rel=1e-9)
        assert found.inputs[0].changes == ("keep", "buy")
        # One input alone is all there is to know.
        assert found.evpi == pytest.approx(exact, abs=5 * found.evpi_error + 1e-3)
        assert found.best == ("keep" if np.exp(0.5) < cost else "buy")


def test_no_information_is_worth_anything_where_nothing_changes_the_choice() -> None:
    term = Term("S", ((Input("x", TwoPiece(1.0, 2.0, 4.0)),),))
    left = Input("left", LinearLaw(0.2, 0.3, 0.4, 0.0, 1.0))
    found = perfect_information([term], [Option("keep", 0.0), Option("free", 0.0, {"S": (left,)})])
    assert found.best == "free"
    assert found.evpi == 0.0
    assert {worth.value for worth in found.inputs} == {0.0}
    assert all(worth.changes == ("free",) for worth in found.inputs)


def _decision() -> tuple[list[Term], list[Option]]:
    terms = [
        Term("A", ((Input("rate A", TwoPiece(0.1, 0.4, 2.0)),), (Input("loss A", TwoPiece(50.0, 200.0, 900.0)),))),
        Term("B", ((Input("rate B", TwoPiece(0.5, 1.0, 2.0)),), (Input("loss B", TwoPiece(20.0, 60.0, 100.0)),))),
    ]
    options = [
        Option("keep", 0.0),
        Option("one", 60.0, {"A": (Input("one on A", LinearLaw(0.1, 0.5, 0.8, 0.0, 1.0)),)}),
        Option("two", 35.0, {"B": (Input("two on B", LinearLaw(0.2, 0.4, 0.9, 0.0, 1.0)),)}),
    ]
    return terms, options


def test_the_worth_of_one_input_agrees_with_nested_sampling() -> None:
    terms, options = _decision()
    found = perfect_information(terms, options, 1.0, points=2048)
    worth = {one.key: one.value for one in found.inputs}
    u = (np.arange(200_000) + 0.5) / 200_000
    mean = {one.key: one.law.mean() for term in terms for factor in term.factors for one in factor}
    left = {"one": options[1].leaves["A"][0].law.mean(), "two": options[2].leaves["B"][0].law.mean()}

    def costs(values: dict[str, np.ndarray | float]) -> np.ndarray:
        v = {**mean, **values}
        a, b = v["rate A"] * v["loss A"], v["rate B"] * v["loss B"]
        return np.array([a + b, 60 + left["one"] * a + b, 35 + a + left["two"] * b])

    expected = costs({})
    assert list(found.expected.values()) == pytest.approx(list(expected))
    for term in terms:
        for factor in term.factors:
            x = factor[0].law.quantile(u)
            sampled = expected.min() - costs({factor[0].key: x}).min(axis=0).mean()
            assert worth[factor[0].key] == pytest.approx(sampled, rel=2e-2, abs=2e-2)
    assert max(worth.values()) <= found.evpi + 5 * found.evpi_error
    assert found.evpi > 0
    assert found.evpi_error < 0.05 * found.evpi


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(-50, 50)), min_size=1, max_size=8))
@settings(max_examples=200)
def test_the_envelope_is_the_minimum_of_the_lines(lines: list[tuple[int, int]]) -> None:
    intercepts, slopes = (np.array(v, float) / 10 for v in zip(*lines, strict=True))
    pieces = envelope(intercepts, slopes)
    assert pieces[0][1] == -np.inf
    assert pieces[-1][2] == np.inf
    for line, low, high in pieces:
        x = np.clip(np.array([low, high]), -1e6, 1e6)
        for at in (x[0], x.mean(), x[1]):
            least = float((intercepts + slopes * at).min())
            assert intercepts[line] + slopes[line] * at == pytest.approx(least, abs=1e-6 * max(1.0, abs(least)))


@given(st.floats(0, 500), st.floats(0, 500))
@settings(max_examples=40, deadline=None)
def test_information_is_never_worth_less_than_nothing(first: float, second: float) -> None:
    terms, options = _decision()
    chosen = [options[0], Option("one", first, options[1].leaves), Option("two", second, options[2].leaves)]
    found = perfect_information(terms, chosen, points=64, scramblings=2)
    assert found.evpi >= 0
    assert all(worth.value >= 0 for worth in found.inputs)
    # More years weigh as much as lower costs: both sides scale.
    doubled = [Option(o.key, 2 * o.cost, o.leaves) for o in chosen]
    twice = perfect_information(terms, doubled, 2.0, points=64, scramblings=2)
    assert twice.evpi == pytest.approx(2 * found.evpi, rel=1e-9, abs=1e-9)


def test_decisions_that_are_refused() -> None:
    terms, options = _decision()
    with pytest.raises(LossInputError, match="nothing to choose"):
        perfect_information(terms, [])
    with pytest.raises(LossInputError, match="no term"):
        perfect_information(terms, [Option("x", 1.0, {"Z": ()})])
    with pytest.raises(LossInputError, match="unknown"):
        perfect_information(terms, [Option("x", float("nan"))])
    with pytest.raises(LossInputError, match="twice"):
        perfect_information(terms, [options[0], options[0]])
