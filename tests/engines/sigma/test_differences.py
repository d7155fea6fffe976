"""Where hits differ from those of an engine that translates rules to SQL, and why: small events that show each reason.

`make bench-sigma` puts each hit that only we find on real events down to a kind; each kind has its case here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from benchmarks.sigma_differences import KINDS, Differences, columns

from accord.engines.sigma import Engine, LogSource, Program, compile_rules

WINDOWS = LogSource("windows")
SYSMON, AUDIT = "Microsoft-Windows-Sysmon/Operational", "Security"


def rule(detection: str, source: str = "category: process_creation") -> Program:
    program = compile_rules([("r", f"title: T\nlogsource: {{product: windows, {source}}}\ndetection: {detection}\n")])
    assert not program.faults and not program.rules[0].problem
    return program


def holds(program: Program, **event: Any) -> bool:
    return bool(Engine(program).match(event, WINDOWS))


class Case(NamedTuple):
    """A rule with an event that only we find, one that both find, and what else is in the other's table."""

    source: str
    detection: str
    ours: dict[str, Any]
    both: dict[str, Any]
    others: tuple[dict[str, Any], ...] = ()


APPLICATION = {"Channel": "Application", "EventID": 7}
CASES = {
    # One pipeline alone asks for one way of recording: the other's events are lost without a word.
    "audit log without a pipeline": Case(
        "category: process_creation", r"{s: {Image|endswith: \evil.exe}, condition: s}",
        {"Channel": AUDIT, "EventID": 4688, "NewProcessName": r"C:\evil.exe"},
        {"Channel": SYSMON, "EventID": 1, "Image": r"C:\evil.exe"},
    ),
    # There is no column that a keyword could be asked of.
    "keyword": Case(
        "service: application", "{s: [evil word], t: {Data: y}, condition: s or t}",
        {**APPLICATION, "Data": "an Evil Word"}, {**APPLICATION, "Data": "y"},
    ),
    # A table without that column is an error of the statement, and of all that stands in it.
    "field in no event": Case(
        "category: process_creation", r"{s: {Image|endswith: \evil.exe}, t: {NewName: x}, condition: s or t}",
        {"Channel": SYSMON, "EventID": 1, "Image": r"C:\evil.exe"},
        {"Channel": SYSMON, "EventID": 1, "Image": r"C:\evil.exe", "NewName": "y"},
    ),
    "hashes split into columns": Case(
        "category: create_stream_hash", "{s: {Hash|contains: 'IMPHASH='}, t: {Image: x}, condition: s or t}",
        {"Channel": SYSMON, "EventID": 15, "Hash": "MD5=00,IMPHASH=11", "Image": "y"},
        {"Channel": SYSMON, "EventID": 15, "Hash": "MD5=00", "Image": "X"},
    ),
    # Empty text is left out of the table, as if the field were not there.
    "empty text": Case(
        "service: application", "{s: {Data: ''}, t: {Data: x}, condition: s or t}", {**APPLICATION, "Data": ""},
        {**APPLICATION, "Data": "x"}, ({"Data": "y"},),
    ),
    "list as text": Case(
        "service: application", "{s: {Data: evil}, condition: s}", {**APPLICATION, "Data": ["so", "evil"]},
        {**APPLICATION, "Data": "EVIL"},
    ),
    # Columns do not differ in case: of two fields one is kept.
    "names that differ in case": Case(
        "service: application", "{s: {Level: 7}, condition: s}", {**APPLICATION, "level": "7", "LEVEL": "1"},
        {**APPLICATION, "LEVEL": "7"},
    ),
    # LIKE of SQLite knows the case of ASCII alone.
    "letters outside of ASCII": Case(
        "service: application", "{s: {Data|contains: ÄRGER}, condition: s}", {**APPLICATION, "Data": "ärgerlich"},
        {**APPLICATION, "Data": "verÄRGERt"},
    ),
}  # fmt: skip


def test_each_kind_of_the_benchmark_has_its_case() -> None:
    assert list(CASES) == list(KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_only_we_find(kind: str) -> None:
    case = CASES[kind]
    text = f"title: T\nlogsource: {{product: windows, {case.source}}}\ndetection: {case.detection}\n"
    program = compile_rules([("r", text)])
    assert not program.faults and not program.rules[0].problem
    for event, found in ((case.ours, kind), (case.both, None)):
        assert Engine(program).match(event, WINDOWS) == (0,)
        differences = Differences({"r": text}, columns([event, *case.others]))
        assert differences.reason(program.rules[0], event) == found


def test_a_process_is_found_as_sysmon_and_as_the_audit_log_record_it() -> None:
    # One pipeline alone asks for one of the two: the other's events are lost without a word.
    program = rule(r"{s: {Image|endswith: \evil.exe}, condition: s}")
    assert holds(program, Channel=SYSMON, EventID=1, Image=r"C:\evil.exe")
    assert holds(program, Channel=AUDIT, EventID=4688, NewProcessName=r"C:\evil.exe")


def test_a_negated_filter_holds_where_its_field_is_not_there() -> None:
    # In SQL, NOT (User = 'x') is neither true nor false for NULL, so that the row is not chosen, unless the
    # translation takes care of it (that of Zircolite's latest versions does).
    program = rule(r"{s: {Image|endswith: \evil.exe}, f: {User: x}, condition: s and not f}")
    assert holds(program, Channel=SYSMON, EventID=1, Image=r"C:\evil.exe")
    assert not holds(program, Channel=SYSMON, EventID=1, Image=r"C:\evil.exe", User="X")


def test_a_rule_is_not_lost_because_one_of_its_fields_is_in_no_event() -> None:
    # A table without that column is an error of the statement, and of all that stands in it.
    program = rule(r"{s: {Image|endswith: \evil.exe}, t: {NeverThere: x}, condition: s or t}")
    assert holds(program, Channel=SYSMON, EventID=1, Image=r"C:\evil.exe")


def test_keywords_are_looked_for_in_every_value() -> None:
    program = rule("{s: [evil word], condition: s}", "service: application")
    assert holds(program, Channel="Application", EventID=7, Data=["so", {"inner": "an EVIL word"}])
    assert holds(program, Channel="Application", EventID=7, Message="an Evil Word.")
    assert not holds(program, Channel="Application", EventID=7, Message="evil", Data="word")


@pytest.mark.parametrize("number", [7, "7", 7.0])
def test_a_number_is_found_however_it_is_written(number: Any) -> None:
    program = rule("{s: {Level: 7}, condition: s}", "service: application")
    assert holds(program, Channel="Application", EventID=1, Level=number)


def test_names_of_fields_that_differ_in_case_are_one() -> None:
    # Columns of SQL do not differ in case: of two fields one is kept.
    program = rule("{s: {Level: 7}, condition: s}", "service: application")
    assert holds(program, Channel="Application", EventID=1, LEVEL="1", level="7")
    assert holds(program, Channel="Application", EventID=1, level="7", LEVEL="1")


def test_letters_outside_of_ascii_have_no_case_either() -> None:
    # LIKE of SQLite knows the case of ASCII alone.
    program = rule("{s: {Name|contains: ÄRGER}, condition: s}", "service: application")
    assert holds(program, Channel="Application", EventID=1, Name="ärgerlich")


def test_percent_and_underline_are_themselves() -> None:
    program = rule("{s: {Name|contains: 'a_b%c'}, condition: s}", "service: application")
    assert holds(program, Channel="Application", EventID=1, Name="xA_B%Cx")
    assert not holds(program, Channel="Application", EventID=1, Name="xAxB..Cx")
