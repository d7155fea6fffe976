"""Where hits differ from those of an engine that translates rules to SQL, and why: small events that show each reason.

`make bench-sigma` lists the hits that only one of the two finds on real events; each is of one of these kinds.
"""

from __future__ import annotations

from typing import Any

import pytest

from accord.engines.sigma import Engine, LogSource, Program, compile_rules

WINDOWS = LogSource("windows")
SYSMON, AUDIT = "Microsoft-Windows-Sysmon/Operational", "Security"


def rule(detection: str, source: str = "category: process_creation") -> Program:
    program = compile_rules([("r", f"title: T\nlogsource: {{product: windows, {source}}}\ndetection: {detection}\n")])
    assert not program.faults and not program.rules[0].problem
    return program


def holds(program: Program, **event: Any) -> bool:
    return bool(Engine(program).match(event, WINDOWS))


def test_a_process_is_found_as_sysmon_and_as_the_audit_log_record_it() -> None:
    # One pipeline alone asks for one of the two: the other's events are lost without a word.
    program = rule(r"{s: {Image|endswith: \evil.exe}, condition: s}")
    assert holds(program, Channel=SYSMON, EventID=1, Image=r"C:\evil.exe")
    assert holds(program, Channel=AUDIT, EventID=4688, NewProcessName=r"C:\evil.exe")


def test_a_negated_filter_holds_where_its_field_is_not_there() -> None:
    # In SQL, NOT (User = 'x') is neither true nor false for NULL, so that the row is not chosen.
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
