"""The engine against a plain reading of the same trees, and what hostile events and rules can do to it."""

from __future__ import annotations

import json
import random
from typing import Any

import orjson
import pytest
from accord_rules import EVENT, programs
from accord_sigma import plain_matches
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, Program, checks, compile_rules, plans
from accord.engines.sigma.compiling import MOST_NODES


@given(program=programs(), events=st.lists(EVENT, min_size=1, max_size=12), seed=st.integers(0, 99))
@settings(max_examples=250, deadline=None)
def test_hits_are_those_of_a_plain_reading(program: Program, events: list[dict[str, Any]], seed: int) -> None:
    expected = [plain_matches(program, event) for event in events]
    assert [Engine(program).match(event) for event in events] == expected
    order = list(range(len(events))) * 2
    random.Random(seed).shuffle(order)
    for engine in (Engine(program), Engine(program, remembered=0, value_bytes=0), Engine(program, remembered=4)):
        for place in order:
            assert engine.match(events[place]) == expected[place]
            raw = json.dumps(events[place], ensure_ascii=seed % 2 == 0).encode()
            assert engine.match(orjson.loads(raw), raw=raw) == expected[place]


@given(program=programs(), events=st.lists(EVENT, min_size=6, max_size=20))
@settings(max_examples=100, deadline=None)
def test_hits_stay_when_triggers_are_chosen_anew_and_memories_given_up(
    program: Program, events: list[dict[str, Any]]
) -> None:
    """What a class does after hundreds of events, after two or three."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "_SETTLED", (3,))
        patch.setattr(plans, "_PROBED", 2)
        patch.setattr(checks, "_OFTEN", 1)
        engine = Engine(program)
        for event in (*events, *events):
            assert engine.match(event) == plain_matches(program, event)


@given(program=programs(), event=EVENT)
@settings(max_examples=40, deadline=None)
def test_sources_are_kept_apart(program: Program, event: dict[str, Any]) -> None:
    engine = Engine(program)
    for source in (LogSource("p"), None, LogSource("q"), LogSource("p")):
        assert engine.match(event, source) == plain_matches(program, event, source)


def engine_of(detection: str, condition: str = "s") -> Engine:
    text = f"title: T\nlogsource: {{product: test}}\ndetection:\n  s:\n{detection}\n  condition: {condition}\n"
    program = compile_rules([("r", text)])
    assert program.rules[0].problem == ""
    return Engine(program)


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"x": "evil/word"}', rb'{"x": "evil\/word"}', rb'{"x": "\u0065vil\/word"}', rb'{"x": "EVIL\u002fWORD"}',
        rb'{"x": {"y": ["\u0045vil/word"]}}',
    ],
)  # fmt: skip
def test_a_keyword_is_found_however_json_writes_it(raw: bytes) -> None:
    assert engine_of("    - evil/word").match(orjson.loads(raw), raw=raw) == (0,)


def test_a_keyword_whose_letters_have_relatives_is_found() -> None:
    raw = '{"x": "mimi\u212aatz"}'.encode()  # the sign for kelvin is k in lower case
    assert engine_of("    - mimikatz").match(orjson.loads(raw), raw=raw) == (0,)


def test_a_mark_inside_of_a_value_does_not_borrow_another_verdict() -> None:
    engine = engine_of("    A: x\n    B: y")
    assert engine.match({"A": "x", "B": "y"}) == (0,)
    assert engine.match({"A": "x\x1ey", "B": ""}) == ()
    assert engine.match({"A": "", "B": "x\x1ey"}) == ()
    assert engine.match({"A": ["x"], "B": "y"}) == (0,)
    assert engine.match({"A": "x", "B": ["q", "y"]}) == (0,)
    assert engine.match({"A": "x"}) == ()
    assert engine.match({"B": "y"}) == ()


def test_half_of_a_surrogate_pair_is_a_letter_like_others() -> None:
    engine = engine_of("    A|endswith: x")
    assert engine.match({"A": "\ud800x"}) == (0,)
    assert engine.match({"A": "\ud800"}) == engine.match({"A": "?"}) == ()
    assert engine_of("    A|re: x$").match({"A": "\udfffx"}) == (0,)
    assert engine_of("    - evil").match({"A": "\ud800evil"}) == (0,)


def test_a_megabyte_in_a_value_is_looked_at_and_what_lies_behind_is_not() -> None:
    engine = engine_of("    A|contains: needle")
    assert engine.match({"A": "x" * 1_000_000 + "needle"}) == (0,)
    assert engine.match({"A": "x" * 2_000_000 + "needle"}) == ()


def test_many_keys_and_deep_nesting_are_bounded() -> None:
    engine = engine_of("    A: x\n    n.m.k: y\n  t:\n    - evil", "s or t")
    many = {f"k{number}": "v" for number in range(100_000)}
    assert engine.match({**many, "A": "x", "n": {"m": {"k": "y"}}}) == (0,)
    assert engine.match({"first": "evil", **many}) == (0,)
    deep: Any = "evil"
    for _ in range(10_000):
        deep = {"n": [deep]}
    assert engine.match({"n": deep, "A": "x"}) == ()
    assert engine.match({"A": [deep] * 100}) == ()
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)


def test_memory_is_bounded_in_bytes_however_different_events_are() -> None:
    text = "title: T\nlogsource: {product: p}\ndetection: {s: {A|contains: x, B: 1}, condition: s}\n"
    engine = Engine(compile_rules([("r", text)]), remembered=1000, value_bytes=200_000)
    for number in range(25_000):
        engine.match(
            {"A": f"{number}" * 50, "B": number % 7, f"k{number}": 1, "EventID": number, "Channel": str(number)}
        )
    assert engine.remembered()["verdicts"] <= 1000
    assert engine.remembered()["value bytes"] <= 200_000
    assert engine.remembered()["shapes"] <= 5_000
    assert engine.remembered()["classes"] <= 10_000
    assert engine.states()[0].state == "ok"


HOSTILE = [
    ("F|re: '(a+)+$'", ""),  # harmless without backtracking
    (r"F|re: '(a)\1'", "backtracking"),
    ("F|re: '(?=x)y'", "backtracking"),
    ("F|re: '(?<!x)y'", "backtracking"),
    ("F|re: '(((((a{1,200}){1,200}){1,200}){1,200}){1,200})'", "large"),
    ("F|re: '(unclosed'", "valid"),
    ("F|re: '[a-'", "valid"),
]


@pytest.mark.parametrize(("line", "reason"), HOSTILE)
def test_hostile_expressions_are_refused_with_a_reason_and_others_run(line: str, reason: str) -> None:
    good = "title: G\nlogsource: {product: t}\ndetection: {s: {F|contains: aaa}, condition: s}\n"
    bad = f"title: B\nlogsource: {{product: t}}\ndetection:\n  s:\n    {line}\n  condition: s\n"
    program = compile_rules([("bad.yml", bad), ("good.yml", good)])
    assert reason in program.rules[0].problem and bool(reason) == bool(program.rules[0].problem)
    assert 1 in Engine(program).match({"F": "a" * 100_000})


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("title: [", 1, "YAML"),
        ("- 1", None, "object"),
        ("title: T\naction: global\n", None, "older"),
        ("a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
        ), None, f"{MOST_NODES:,}"),
        ("[" * 5000 + "]" * 5000, None, ""),
        ("x" * 2_000_000, None, "longer"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_with_its_place(text: str, line: int | None, reason: str) -> None:
    program = compile_rules([("dir/bad.yml", text)])
    assert program.rules == []
    [fault] = program.faults
    assert fault.path == "dir/bad.yml" and reason in fault.problem
    assert line is None or fault.line is not None


@pytest.mark.parametrize(
    ("condition", "reason"),
    [("s and", ""), ("nobody", ""), ("(" * 500 + "s" + ")" * 500, "brackets"), ("s | count() > 5", "deprecated")],
)
def test_a_broken_rule_is_listed_and_the_others_run(condition: str, reason: str) -> None:
    text = "title: T\nlogsource: {{product: t}}\ndetection: {{s: {{F: a}}, condition: '{}'}}\n"
    program = compile_rules([("bad", text.format(condition)), ("good", text.format("s"))])
    assert program.rules[0].problem and reason in program.rules[0].problem
    engine = Engine(program)
    assert engine.match({"F": "a"}) == (1,)
    assert [one.state for one in engine.states()] == ["unsupported", "ok"]


def test_states_tell_why_a_rule_is_silent() -> None:
    text = "title: {0}\nlogsource: {{product: {1}}}\ndetection: {{s: {{{2}}}, condition: s{3}}}\n"
    engine = Engine(
        compile_rules(
            [
                ("a", text.format("seen", "p", "F: x", "")),
                ("b", text.format("other product", "q", "F: x", "")),
                ("c", text.format("field never there", "p", "G: x", "")),
                ("d", text.format("one of two is there", "p", "F: x, G: y", "")),
                ("e", text.format("negation of what is not there", "p", "G: x", " or not s")),
                ("f", text.format("cannot be run", "p", r"F|re: '(a)\1'", "")),
            ]
        )
    )
    assert [one.state for one in engine.states()] == ["no source"] * 5 + ["unsupported"]
    engine.match({"f": "y"}, LogSource("p"))
    assert [(one.state) for one in engine.states()] == [
        "ok", "no source", "missing field", "missing field", "ok", "unsupported",
    ]  # fmt: skip
    assert "G" in engine.states()[2].reason and "q/*/*" in engine.states()[1].reason
    engine.match({"n": {"G": 1}, "G": None}, LogSource("p"))
    assert engine.states()[3].state == "ok"


def test_a_field_inside_of_an_object_counts_as_seen_when_it_was() -> None:
    text = "title: T\nlogsource: {product: p}\ndetection: {s: {n.m: x}, condition: s}\n"
    engine = Engine(compile_rules([("r", text)]))
    engine.match({"n": {"other": 1}})
    assert engine.states()[0].state == "missing field"
    engine.match({"n": {"m": "y"}})
    assert engine.states()[0].state == "ok"
