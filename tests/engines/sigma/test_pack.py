"""Accord's own rules: each correlation with events that make it fire, and with events that just do not.

    firings/<source>.yml    what to count (or which steps), how many, within how many seconds, for whom

Numbers and spans are written there by hand and not read from the rules; a window has both its ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from sigma.collection import SigmaCollection

from accord.engines.sigma import Engine, LogSource, Program, compile_rules
from accord.engines.sigma.correlation import Correlator, Firing
from accord.engines.sigma.pack import pack_texts
from accord.intake.events import Event, Parser, Tally

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
TACTICS = {
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "stealth", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection",
    "command-and-control", "exfiltration", "impact",
}  # fmt: skip
NUMBERS = {"<epoch>", "<port>", "<signature>"}
"""What logs in JSON write as numbers."""
Marks = dict[str, str]


@dataclass(frozen=True)
class Moment:
    """One event: when (seconds after the beginning), which of the file's events, and what stands for its marks."""

    at: float
    event: str
    marks: Marks


@cache
def _program() -> Program:
    return compile_rules(pack_texts())


def _files() -> list[dict[str, Any]]:
    return [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((Path(__file__).parent / "firings").glob("*.yml"))
    ]


FILES = _files()
COUNTED = [pytest.param(one, case, id=case["rule"]) for one in FILES for case in one["counted"]]
STEPS = [pytest.param(one, case, id=case["rule"]) for one in FILES for case in one["steps"]]


def _filled(shape: Any, marks: Marks) -> Any:
    if isinstance(shape, dict):
        return {name: _filled(value, marks) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(one, marks) for one in shape]
    if not isinstance(shape, str):
        return shape
    text = re.sub(r"<(\w+)>", lambda found: marks[found[1]], shape)
    return json.loads(text) if shape in NUMBERS else text


def _events(file: dict[str, Any], moments: Iterable[Moment]) -> list[Event]:
    """The events, written as their log writes them and read by Accord's readers."""
    tally = Tally()
    parser = Parser("firings", tally)
    found: list[Event] = []
    for row, one in enumerate(moments, start=1):
        when = BEGIN + timedelta(seconds=one.at)
        marks = {
            **file["defaults"], **one.marks, "iso": when.isoformat(), "local": when.strftime("%Y-%m-%dT%H:%M:%S"),
            "epoch": f"{when.timestamp():.3f}", "clf": when.strftime("%d/%b/%Y:%H:%M:%S +0000"), "serial": str(row),
            "n": one.marks.get("n", "0"),
        }  # fmt: skip
        written = _filled(_filled(file["events"][one.event], marks), marks)
        found += parser.line((written if isinstance(written, str) else json.dumps(written)).encode(), row)
    assert [event.format for event in found] == [file["format"]] * len(found), tally.samples
    assert len(found) == row and all(event.time for event in found), tally.samples
    return found


def _firings(file: dict[str, Any], rule: str, moments: list[Moment], lateness: float = 0.0) -> list[Firing]:
    program = _program()
    engine, correlator = Engine(program), Correlator(program, lateness)
    found: list[Firing] = []
    for event in _events(file, moments):
        source = LogSource(event.source.product, event.source.category, event.source.service)
        held = engine.match(event.data, source, event.raw if event.json else None)
        assert event.time is not None
        found += correlator.add(held, event.data, event.time)
    found += correlator.finish()
    return [firing for firing in found if firing.correlation.name == rule]


def _spread(case: dict[str, Any], number: int, over: float) -> list[Moment]:
    """So many of a case's events, evenly over so many whole seconds."""
    return [
        Moment(place * over // max(number - 1, 1), case["event"], _marks(case.get("each", {}), place))
        for place in range(number)
    ]


def _marks(each: dict[str, Any], place: int) -> Marks:
    marks = {"n": str(place)}
    for name, held in each.items():
        marks[name] = held[place] if isinstance(held, list) else held.replace("<n>", str(place))
    return marks


def _told(firings: list[Firing]) -> list[tuple[float, dict[str, str]]]:
    return [(firing.time - BEGIN.timestamp(), firing.group) for firing in firings]


@pytest.mark.parametrize(("file", "case"), COUNTED)
def test_counts_up_to_the_end_of_the_window(file: dict[str, Any], case: dict[str, Any]) -> None:
    rule, need, within = case["rule"], case["need"], case["within"]
    enough = _spread(case, need, within)
    firings = _firings(file, rule, enough)
    assert _told(firings) == [(within, case["told"])]
    assert firings[0].measure == need
    assert firings[0].start == BEGIN.timestamp()
    assert _told(_firings(file, rule, enough[::-1], lateness=within)) == [(within, case["told"])], "come in late"


@pytest.mark.parametrize(("file", "case"), COUNTED)
def test_counts_no_more_than_the_window_holds(file: dict[str, Any], case: dict[str, Any]) -> None:
    rule, need, within = case["rule"], case["need"], case["within"]
    enough = _spread(case, need, within)
    last = enough[-1]
    assert not _firings(file, rule, [*enough[:-1], Moment(within + 1, last.event, last.marks)]), "a second too late"
    assert not _firings(file, rule, enough[:-1]), "one too few"
    shared = [
        Moment(one.at, one.event, {**one.marks, **(case["other"] if place % 2 else {})})
        for place, one in enumerate(enough)
    ]
    assert not _firings(file, rule, shared), "of two that have nothing in common"
    assert not _firings(file, rule, [Moment(one.at, case["unlike"], one.marks) for one in enough]), "other events"
    if "each" in case:
        again = [Moment(one.at, one.event, enough[0].marks) for one in [*enough, *enough]]
        assert not _firings(file, rule, sorted(again, key=lambda one: one.at)), "the same value again and again"


def _stepped(case: dict[str, Any], last: float, other: int = -1, without: int = -1) -> list[Moment]:
    """The steps in order: each as often as it says, a second apart; the last `last` seconds after the first is whole.

    The step `other` is of somebody else, the step `without` is left out.
    """
    found: list[Moment] = []
    at = whole = 0.0
    for place, step in enumerate(case["steps"]):
        name, _, times = step.partition(" * ")
        if place == 1:
            whole = at = found[-1].at if found else 0.0
        if place:
            at = whole + last if place == len(case["steps"]) - 1 else at + 1
        marks = case["other"] if place == other else {}
        for number in range(0 if place == without else int(times or 1)):
            at += 1 if number else 0
            found.append(Moment(at, name, {"n": str(number), **marks}))
    return found


@pytest.mark.parametrize(("file", "case"), STEPS)
def test_steps_up_to_the_end_of_the_window(file: dict[str, Any], case: dict[str, Any]) -> None:
    rule, within = case["rule"], case["within"]
    right = _stepped(case, within)
    assert _told(_firings(file, rule, right)) == [(right[-1].at, case["told"])]
    late = _firings(file, rule, right[::-1], lateness=right[-1].at)
    assert _told(late) == [(right[-1].at, case["told"])], "come in late"
    assert not _firings(file, rule, _stepped(case, within + 1)), "a second too late"


@pytest.mark.parametrize(("file", "case"), STEPS)
def test_steps_all_in_order_and_of_one(file: dict[str, Any], case: dict[str, Any]) -> None:
    rule = case["rule"]
    for place in range(len(case["steps"])):
        assert not _firings(file, rule, _stepped(case, 60, without=place)), f"without step {place + 1}"
        assert not _firings(file, rule, _stepped(case, 60, other=place)), f"step {place + 1} of somebody else"
    steps = [list(held) for _, held in groupby(_stepped(case, 60), lambda one: one.event)]
    turned = [one for step in reversed(steps) for one in step]
    backwards = [Moment(place, one.event, one.marks) for place, one in enumerate(turned)]
    assert bool(_firings(file, rule, backwards)) == case.get("any_order", False), "backwards"


def test_every_correlation_is_tried() -> None:
    named = {document["name"] for document in _program().correlations}
    assert {case.values[1]["rule"] for case in (*COUNTED, *STEPS)} == named
    assert len(named) >= 25
    kinds = {document["correlation"]["type"] for document in _program().correlations}
    assert kinds == {"event_count", "value_count", "temporal", "temporal_ordered"}


def test_every_rule_is_run_and_told_whole() -> None:
    program = _program()
    assert not program.faults
    correlator = Correlator(program)
    assert [one.problem for one in correlator.correlations if one.problem] == []
    assert [rule.problem for rule in program.rules if rule.problem] == []
    everything = [*program.rules, *correlator.correlations]
    assert len({one.identifier for one in everything}) == len({one.name for one in everything}) == len(everything)
    for one in everything:
        assert UUID(one.identifier).version == 4
        assert one.name.startswith("accord_") and one.description and one.falsepositives and one.author and one.date
        assert one.level and one.status == "test"
        assert one.techniques, one.title
        tactics = {
            tag.removeprefix("attack.") for tag in one.tags if not re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag)
        }
        assert tactics and tactics <= TACTICS, one.title
    assert all("First: " in one.description for one in correlator.correlations), "what an analyst does first"


def test_base_rules_feed_some_correlation_and_make_no_noise() -> None:
    program = _program()
    assert {rule.level for rule in program.rules} == {"informational"}
    assert Correlator(program).quiet == frozenset(range(len(program.rules)))


def test_pysigma_reads_the_pack_as_a_collection() -> None:
    """The rules are Sigma's, not of a dialect: another tool resolves their references."""
    collection = SigmaCollection.from_yaml("\n---\n".join(text for _, text in pack_texts()))
    collection.resolve_rule_references()
    assert [rule.errors for rule in collection.rules if rule.errors] == []


def test_texts_are_in_the_order_of_their_names() -> None:
    names = [name for name, _ in pack_texts()]
    assert names == sorted(names) and len(names) == 8
