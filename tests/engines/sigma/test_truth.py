"""Cases over Linux, cloud, network and web logs whose right answers were worked out by hand: a rule, invented events
in the native shape of their log, and which of these the rule is to match.

    truth/<source>/*.yml    format, base (what every event of the file has), cases

A rule is one of Accord's own pack by its name, or one of the public collection by its identifier; the latter is read
from the folder of real data.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from accord.engines.sigma import Engine, LogSource, Program, compile_rules
from accord.engines.sigma.pack import pack_texts
from accord.intake.events import Event, Parser, Tally

FOLDER = Path(__file__).parent / "truth"
FORMATS = {
    "cloudtrail": {"cloudtrail"}, "okta": {"okta"}, "azure": {"azure"}, "m365": {"m365"}, "auditd": {"auditd"},
    "zeek": {"zeek-json"}, "suricata": {"suricata"}, "web": {"access-log", "nginx-error", "apache-error"},
    "windows": {"windows-json"},
}  # fmt: skip
SOURCES = {"auditd", "aws", "entra", "m365", "okta", "suricata", "web", "zeek"}
"""Each with fifteen cases or more; `windows` holds cases of the pack alone, the public rules have their own for it."""
Case = dict[str, Any]


def _laid_over(base: Any, given: Any) -> Any:
    """Objects field by field, anything else as given; None takes a field out."""
    if not isinstance(base, Mapping) or not isinstance(given, Mapping):
        return given
    merged = {**base, **{name: _laid_over(base.get(name), value) for name, value in given.items()}}
    return {name: value for name, value in merged.items() if value is not None}


def _cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*/*.yml")):
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, case in enumerate(held["cases"]):
            events = [one if isinstance(one, str) else _laid_over(held["base"], one) for one in case["events"]]
            marks = () if case["rule"].startswith("accord_") else (pytest.mark.real_data,)
            whole = {**case, "events": events, "format": held["format"]}
            found.append(pytest.param(whole, id=f"{path.parent.name}-{number}-{case['rule'][:24]}", marks=marks))
    return found


CASES = _cases()


def _read(case: Case) -> list[Event]:
    """The events as Accord's readers of logs give them, from bytes."""
    tally = Tally()
    parser = Parser("truth", tally)
    events: list[Event] = []
    for row, one in enumerate(case["events"], start=1):
        events += parser.line((one if isinstance(one, str) else json.dumps(one)).encode(), row)
    assert len(events) == len(case["events"]), tally.samples
    assert {event.format for event in events} <= FORMATS[case["format"]]
    return events


@cache
def _own() -> Program:
    return compile_rules(pack_texts())


@cache
def _public(folder: Path) -> Program:
    """The rules of the public collection that some case names, compiled together."""
    wanted = {case.values[0]["rule"] for case in CASES}
    texts = []
    with zipfile.ZipFile(folder / "sigma" / "sigma-rules.zip") as packed:
        for name in packed.namelist():
            if name.endswith(".yml"):
                text = packed.read(name).decode("utf-8")
                told = re.search(r"^id: *(\S+)", text, re.MULTILINE)
                if told and told[1] in wanted:
                    texts.append((name, text))
    return compile_rules(texts)


def _program(case: Case, request: pytest.FixtureRequest) -> tuple[Program, int]:
    own = case["rule"].startswith("accord_")
    program = _own() if own else _public(request.getfixturevalue("real_data"))
    numbers = [
        number
        for number, rule in enumerate(program.rules)
        if (rule.name if own else rule.identifier) == case["rule"]
    ]  # fmt: skip
    assert len(numbers) == 1, f"{case['rule']} is there {len(numbers)} times"
    assert not program.rules[numbers[0]].problem
    return program, numbers[0]


def _matched(engine: Engine, events: list[Event], rule: int, raw: bool) -> list[int]:
    return [
        place
        for place, event in enumerate(events)
        if rule
        in engine.match(
            event.data,
            LogSource(event.source.product, event.source.category, event.source.service),
            event.raw if raw and event.json else None,
        )
    ]


@pytest.mark.parametrize("case", CASES)
def test_matches_as_worked_out(case: Case, request: pytest.FixtureRequest) -> None:
    program, rule = _program(case, request)
    events = _read(case)
    alone = Engine(program, [rule])
    assert _matched(alone, events, rule, raw=True) == case["matches"], case["about"]
    assert _matched(alone, events, rule, raw=False) == case["matches"], "again, from memory and without the JSON"
    assert _matched(Engine(program), events, rule, raw=True) == case["matches"], "beside all other rules"


def test_enough_cases_of_each_source() -> None:
    named = [case.id.split("-")[0] for case in CASES]
    assert set(named) == {*SOURCES, "windows"}
    assert len(CASES) >= 120
    assert min(named.count(one) for one in SOURCES) >= 15
    told = [case.values[0] for case in CASES]
    assert sum(len(one["matches"]) < len(one["events"]) for one in told) >= 120, "cases with events that must not match"
    assert sum(bool(one["matches"]) for one in told) >= 120, "cases with events that must match"


def test_every_base_rule_of_the_pack_has_a_case() -> None:
    tried = {case.values[0]["rule"] for case in CASES}
    assert {rule.name for rule in _own().rules} <= tried
