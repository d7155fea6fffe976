"""Documents with `filter`: what they keep from being a hit is counted, by filter and rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accord.engines.sigma import Engine, LogSource, Program, compile_rules
from accord.engines.sigma.cache import load_or_compile, packed, unpacked

FIRST, SECOND = "5013332f-8a70-4e04-bcc1-06a98a2cca2e", "6f3e2987-db24-4c78-a860-b4f4095a7095"
RULES = f"""
title: First
id: {FIRST}
logsource: {{product: test}}
detection: {{s: {{F|contains: a}}, condition: s}}
---
title: Second
id: {SECOND}
logsource: {{product: test}}
detection: {{s: {{F|re: 'b{{1,3}}'}}, t: {{F: never}}, condition: 1 of them}}
"""


def narrowing(title: str, rules: str, known: str) -> str:
    return (
        f"title: {title}\nlogsource: {{product: test}}\nfilter:\n  rules: {rules}\n"
        f"  known: {known}\n  condition: not known\n"
    )


TEXTS = [
    ("good.yml", narrowing("Good hosts", "any", "{G: good}")),
    ("night.yml", narrowing("At night", f"[{FIRST}]", "{H|startswith: night}")),
    ("rules.yml", RULES),
    ("other.yml", narrowing("Of no rule", "[ffffffff-8a70-4e04-bcc1-06a98a2cca2e]", "{G: good}")),
]
EVENTS: list[dict[str, Any]] = [
    {"F": f, "G": g, "H": h} for f in ("a", "b", "ab", "c") for g in ("good", "bad", None) for h in ("night 1", "day")
]


def drops(engine: Engine) -> dict[tuple[str, str], int]:
    rules = engine.program.rules
    return {(one.filter.title, rules[one.rule].title): one.events for one in engine.filtered()}


@pytest.fixture(params=["compiled", "from the cache"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    if request.param == "compiled":
        return compile_rules(TEXTS)
    load_or_compile(TEXTS, tmp_path / "cache")
    return load_or_compile(TEXTS, tmp_path / "cache")


@pytest.mark.parametrize("remembered", [0, 1000])
def test_a_filter_counts_what_it_drops(program: Program, remembered: int) -> None:
    engine = Engine(program, remembered=remembered, value_bytes=remembered)
    hits = [engine.match(event, LogSource("test")) for event in EVENTS * 2]
    good, night = [[event[name] == value for event in EVENTS] for name, value in (("G", "good"), ("H", "night 1"))]
    first, second = [[letter in event["F"] for event in EVENTS] for letter in "ab"]
    rows = list(zip(first, second, good, night, strict=True)) * 2
    assert hits == [
        (0,) * (a and not g and not n) + (1,) * (b and not g) for a, b, g, n in rows
    ]  # fmt: skip
    assert drops(engine) == {
        ("Good hosts", "First"): sum(a and g for a, _, g, _ in rows),
        ("Good hosts", "Second"): sum(b and g for _, b, g, _ in rows),
        ("At night", "First"): sum(a and n for a, _, _, n in rows),
    }


def test_only_rules_that_run_are_counted(program: Program) -> None:
    engine = Engine(program, chosen=[1])
    for event in EVENTS:
        engine.match(event)
    assert drops(engine) == {("Good hosts", "Second"): 4}
    assert [one.rule.title for one in engine.states()] == ["Second"]


def test_filters_have_names_and_places(program: Program) -> None:
    assert [(one.title, one.path, len(one.drops)) for one in program.filters] == [
        ("Good hosts", "good.yml", 2), ("At night", "night.yml", 1), ("Of no rule", "other.yml", 0),
    ]  # fmt: skip
    again = unpacked(packed(program), program.digest)
    assert again is not None
    assert again.filters == program.filters


def test_windows_rules_are_counted_however_they_are_recorded() -> None:
    rule = (
        "title: P\nlogsource: {product: windows, category: process_creation}\n"
        "detection: {s: {Image|endswith: '\\\\x.exe'}, condition: s}\n"
    )
    known = narrowing("Known", "any", "{CommandLine|contains: known}").replace(
        "product: test", "product: windows, category: process_creation"
    )
    engine = Engine(compile_rules([("f", known), ("r", rule)]))
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": r"C:\x.exe"}
    audit = {"Channel": "Security", "EventID": 4688, "NewProcessName": r"C:\x.exe"}
    for event in (sysmon, audit):
        assert engine.match(event, LogSource("windows")) == (0,)
        assert engine.match({**event, "CommandLine": "well known"}, LogSource("windows")) == ()
    assert drops(engine) == {("Known", "P"): 2}


def test_a_rule_that_is_refused_is_not_counted() -> None:
    rule = f"title: R\nid: {FIRST}\nlogsource: {{product: test}}\ndetection: {{s: {{F|re: '(?=a)b'}}, condition: s}}\n"
    engine = Engine(compile_rules([*TEXTS[:2], ("r", rule)]))
    assert engine.match({"F": "ab", "G": "good"}) == ()
    assert engine.filtered() == []
