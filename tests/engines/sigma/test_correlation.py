"""Correlation rules: windows in event time, groups, order, late events and saved state, against brute force."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.sigma import compile_rules
from accord.engines.sigma.correlation import Correlator, Firing, correlations_of

BASE = """
title: A
name: a
logsource: {product: test}
detection: {s: {kind: a}, condition: s}
---
title: B
name: b
logsource: {product: test}
detection: {s: {kind: b}, condition: s}
---
title: C
name: c
logsource: {product: test}
detection: {s: {kind: c}, condition: s}
"""
NUMBER = {"a": 0, "b": 1, "c": 2}


def correlator(rule: str, lateness: float = 0.0, **more: Any) -> Correlator:
    made = Correlator(compile_rules([("base", BASE), ("rule", rule)]), lateness, **more)
    assert [one.problem for one in made.correlations] == [""] * len(made.correlations)
    return made


def rule(kind: str, condition: str = "", rules: str = "[a]", more: str = "", span: str = "10s") -> str:
    told = f"  condition: {condition}\n" if condition else ""
    return (
        f"title: R\nname: r\ncorrelation:\n  type: {kind}\n  rules: {rules}\n  group-by: [user]\n"
        f"  timespan: {span}\n{told}{more}"
    )


Row = tuple[float, str, str, Any]
"""Time, kind, user, value."""


def feed(made: Correlator, rows: Iterable[Row]) -> list[Firing]:
    found: list[Firing] = []
    for time, kind, user, value in rows:
        found += made.add([NUMBER[kind]], {"kind": kind, "user": user, "value": value}, time, f"{time}{kind}")
    return found + made.finish()


def told(firings: Iterable[Firing]) -> list[tuple[float, float, str, float, int]]:
    return sorted((one.start, one.time, one.group.get("user", ""), one.measure, one.events) for one in firings)


def test_a_count_fires_at_its_threshold_and_then_counts_anew() -> None:
    rows: list[Row] = [(at, "a", "x", 1) for at in (0, 1, 2, 3, 4, 5, 6)]
    assert told(feed(correlator(rule("event_count", "{gte: 3}")), rows)) == [(0, 2, "x", 3, 3), (3, 5, "x", 3, 3)]
    assert told(feed(correlator(rule("event_count", "{gt: 3}")), rows)) == [(0, 3, "x", 4, 4)]


def test_both_ends_of_a_window_belong_to_it() -> None:
    counted = rule("event_count", "{gte: 2}")
    assert len(feed(correlator(counted), [(0, "a", "x", 1), (10, "a", "x", 1)])) == 1
    assert feed(correlator(counted), [(0, "a", "x", 1), (10.001, "a", "x", 1)]) == []


def test_groups_are_apart_without_regard_to_case_and_events_without_one_do_not_count() -> None:
    made = correlator(rule("event_count", "{gte: 2}"))
    assert feed(made, [(0, "a", "x", 1), (1, "a", "y", 1)]) == []
    [firing] = feed(correlator(rule("event_count", "{gte: 2}")), [(0, "a", "Bob", 1), (1, "a", "BOB", 1)])
    assert firing.group == {"user": "BOB"} and firing.references == ("0a", "1a")
    made = correlator(rule("event_count", "{gte: 2}"))
    assert made.add([0], {"kind": "a"}, 1.0) == made.add([0], {"kind": "a"}, 2.0) == []
    assert made.ungrouped == 2


def test_distinct_values_are_counted_without_regard_to_case() -> None:
    counted = rule("value_count", "{gte: 3, field: value}")
    rows: list[Row] = [(0, "a", "x", "P"), (1, "a", "x", "p"), (2, "a", "x", 7), (3, "a", "x", None)]
    assert feed(correlator(counted), rows) == []
    assert told(feed(correlator(counted), [*rows, (4, "a", "x", "q")])) == [(0, 4, "x", 3, 4)]


@pytest.mark.parametrize(
    ("kind", "condition", "fires", "measure"),
    [
        ("value_sum", "{gt: 59, field: value}", 3, 60.0),
        ("value_avg", "{gte: 20, field: value}", 3, 20.0),
        ("value_median", "{gte: 20, field: value}", 3, 20.0),
        ("value_percentile", "{gte: 30, field: value, percentile: 100}", 3, 30.0),
    ],
)
def test_numbers_are_summed(kind: str, condition: str, fires: int, measure: float) -> None:
    rows: list[Row] = [(0, "a", "x", 10), (1, "a", "x", "20"), (2, "a", "x", "none"), (3, "a", "x", 30.0)]
    [firing] = feed(correlator(rule(kind, condition)), rows)
    assert (firing.time, firing.measure) == (fires, measure)


def test_rules_together_and_in_order() -> None:
    rows: list[Row] = [(0, "b", "x", 1), (1, "a", "x", 1), (4, "b", "x", 1)]
    assert told(feed(correlator(rule("temporal", rules="[a, b]")), rows)) == [(0, 1, "x", 2, 2)]
    assert told(feed(correlator(rule("temporal_ordered", rules="[a, b]")), rows)) == [(0, 4, "x", 2, 3)]
    assert feed(correlator(rule("temporal_ordered", rules="[a, b]")), rows[:2]) == []
    assert len(feed(correlator(rule("temporal_ordered", "{gte: 2}", "[a, b, c]")), rows)) == 1


def test_an_expression_over_rules() -> None:
    both = rule("temporal", "a and not b", "[a, b]")
    assert told(feed(correlator(both), [(0, "a", "x", 1), (30, "a", "y", 1), (31, "b", "y", 1)])) == [(0, 0, "x", 1, 1)]
    either = rule("temporal", "a and (b or c)", "[a, b, c]")
    assert told(feed(correlator(either), [(0, "c", "x", 1), (1, "a", "x", 1)])) == [(0, 1, "x", 2, 2)]


def test_fewer_than_is_told_when_the_window_is_over() -> None:
    made = correlator(rule("event_count", "{lt: 3}"))
    for at in (0, 1):
        assert made.add([0], {"user": "x"}, at) == []
    assert made.advance(10) == []
    assert [one.events for one in made.advance(10.5)] == [2]
    assert feed(correlator(rule("event_count", "{lt: 3}")), [(at, "a", "x", 1) for at in (0, 1, 2)]) == []
    assert told(feed(correlator(rule("event_count", "{gte: 2, lte: 2}")), [(0, "a", "x", 1), (1, "a", "x", 1)])) == [
        (0, 1, "x", 2, 2)
    ]


def test_aliases_name_the_field_of_each_rule() -> None:
    text = (
        "title: R\ncorrelation:\n  type: temporal\n  rules: [a, b]\n  group-by: [host]\n  timespan: 1m\n"
        "  aliases:\n    host:\n      a: src\n      b: dst\n"
    )
    made = correlator(text)
    assert made.add([0], {"src": "10.0.0.1", "dst": "no"}, 0) == []
    [firing] = made.add([1], {"src": "no", "dst": "10.0.0.1"}, 5)
    assert firing.group == {"host": "10.0.0.1"}


def test_several_values_of_a_group_field_are_several_groups_and_bounded() -> None:
    made = correlator(rule("event_count", "{gte: 2}"))
    made.add([0], {"user": ["x", "y"]}, 0)
    assert [one.group["user"] for one in made.add([0], {"user": "y"}, 1)] == ["y"]
    assert len(made.state()["groups"]) == 2
    made.add([0], {"user": [str(one) for one in range(1000)]}, 2)
    assert len(made.state()["groups"]) <= 2 + 16


def test_a_correlation_may_feed_another() -> None:
    second = "---\ntitle: S\nname: s\ncorrelation:\n  type: event_count\n  rules: [r]\n  group-by: [user]\n"
    made = correlator(rule("event_count", "{gte: 2}") + second + "  timespan: 1h\n  condition: {gte: 2}\n")
    rows: list[Row] = [(at, "a", "x", 1) for at in (0, 1, 100, 101)]
    assert [(one.correlation.name, one.time) for one in feed(made, rows)] == [("r", 1), ("r", 101), ("s", 101)]


def test_rules_that_only_feed_are_quiet_unless_they_are_to_be_generated() -> None:
    assert correlator(rule("event_count", "{gte: 2}")).quiet == {0}
    assert correlator(rule("event_count", "{gte: 2}", more="  generate: true\n")).quiet == frozenset()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (rule("guess", "{gte: 2}"), "type"),
        (rule("event_count", "{gte: 2}", span="soon"), "timespan"),
        (rule("event_count", "{gte: 2}", span="0m"), "timespan"),
        (rule("event_count", "{about: 2}"), "comparison"),
        (rule("event_count", "{gte: many}"), "comparison"),
        (rule("event_count"), "condition"),
        (rule("value_count", "{gte: 2}"), "field"),
        (rule("event_count", "{gte: 2}", "[nobody]"), "not there"),
        (rule("event_count", "{gte: 2}", "[a, a]"), "twice"),
        (rule("event_count", "{gte: 2}", "[r]"), "rests on itself"),
        (rule("event_count", "{gte: 2}", "[]"), "names no rules"),
        (rule("temporal", "a and (b", "[a, b]"), "bracket"),
        (rule("temporal", "a and d", "[a, b]"), "none of its rules"),
        (rule("temporal_ordered", "a or b", "[a, b]"), "order"),
        (rule("value_percentile", "{gte: 2, field: x, percentile: 101}"), "percentile"),
        (rule("event_count", "{gte: 2}", more="  aliases: {user: {z: field}}\n"), "alias"),
        ("title: R\ncorrelation: 7\n", "no object"),
    ],
)
def test_what_cannot_be_run_is_told(text: str, reason: str) -> None:
    [one] = correlations_of(compile_rules([("base", BASE), ("rule", text)]))
    assert reason in one.problem


# --- brute force


def brute_sliding(rows: Sequence[Row], span: float, holds: Any) -> list[tuple[float, float, str]]:
    """Straight from the definition: events in order of time, the window that ends with each, fired ones are gone."""
    found = []
    for user in {row[2] for row in rows}:
        mine = [row for row in rows if row[2] == user]
        gone = 0
        for last, row in enumerate(mine):
            window = [one for one in mine[gone : last + 1] if one[0] >= row[0] - span]
            if holds(window):
                found.append((window[0][0], row[0], user))
                gone = last + 1
    return sorted(found)


def ordered(window: Sequence[Row]) -> bool:
    kinds = [row[1] for row in window]
    return any("b" in kinds[at + 1 :] for at, kind in enumerate(kinds) if kind == "a")


CASES = {
    "count": (rule("event_count", "{gte: 3}", "[a, b]"), lambda window: len(window) >= 3),
    "values": (rule("value_count", "{gt: 2, field: value}", "[a, b]"), lambda w: len({row[3] for row in w}) > 2),
    "sum": (rule("value_sum", "{gte: 9, field: value}", "[a, b]"), lambda w: sum(row[3] for row in w) >= 9),
    "together": (rule("temporal", rules="[a, b]"), lambda window: {row[1] for row in window} == {"a", "b"}),
    "in order": (rule("temporal_ordered", rules="[a, b]"), ordered),
}
ROWS = st.lists(
    st.tuples(st.integers(0, 60).map(float), st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 5)),
    max_size=40,
)


@pytest.mark.parametrize("name", CASES)
@given(rows=ROWS, seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_windows_agree_with_brute_force_in_any_order_within_lateness(name: str, rows: list[Row], seed: int) -> None:
    text, holds = CASES[name]
    rows = sorted({row[0]: row for row in rows}.values())  # no two at one time: their order would decide
    expected = brute_sliding(rows, 10.0, holds)
    assert [one[:3] for one in told(feed(correlator(text), rows))] == expected
    mixed = rows[:]
    random.Random(seed).shuffle(mixed)
    made = correlator(text, lateness=61.0)
    assert [one[:3] for one in told(feed(made, mixed))] == expected
    assert made.late == 0


@given(rows=ROWS, cut=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_restart_changes_nothing(rows: list[Row], cut: int) -> None:
    text = rule("event_count", "{gte: 3}") + "---\n" + rule("event_count", "{lt: 2}").replace("name: r", "name: s")
    whole = told(feed(correlator(text, 5.0), rows))
    first, second = correlator(text, 5.0), correlator(text, 5.0)
    found = []
    for time, kind, user, value in rows[:cut]:
        found += first.add([NUMBER[kind]], {"user": user, "value": value}, time, f"{time}{kind}")
    assert second.restore(json.loads(json.dumps(first.state())))
    assert told([*found, *feed(second, rows[cut:])]) == whole


def test_a_state_of_other_rules_is_not_taken() -> None:
    made = correlator(rule("event_count", "{gte: 2}"))
    made.add([0], {"user": "x"}, 0)
    other = correlator(rule("event_count", "{gte: 3}"))
    assert not other.restore(made.state())
    assert other.state()["groups"] == []


def test_what_comes_too_late_is_counted_where_its_window_is_kept() -> None:
    made = correlator(rule("event_count", "{gte: 3}"))
    made.add([0], {"user": "x"}, 100)
    made.add([0], {"user": "x"}, 103)
    assert len(made.add([0], {"user": "x"}, 95)) == 1 and (made.late, made.too_late) == (1, 0)
    assert made.add([0], {"user": "x"}, 50) == [] and (made.late, made.too_late) == (2, 1)


def test_the_state_is_bounded() -> None:
    made = correlator(rule("event_count", "{gte: 100000}", span="1d"), most_entries=1000)
    for at in range(5000):
        made.add([0], {"user": f"{at % 700}" + "u" * 5000}, float(at))
    state = made.state()
    assert sum(len(group[3]) for group in state["groups"]) <= 1000
    assert made.dropped >= 4000 - 1000
    assert max(len(group[2][0]) for group in state["groups"]) < 300
