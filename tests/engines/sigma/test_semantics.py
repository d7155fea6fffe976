"""What a Sigma rule means on one event: each modifier, each kind of value, and what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from accord.engines.sigma import Engine, LogSource, compile_rules


def matches(detection: str, event: dict[str, Any], condition: str = "s", **more: Any) -> bool:
    text = f"title: T\nlogsource: {{product: test}}\ndetection:\n  s:\n{detection}\n  condition: {condition}\n"
    program = compile_rules([("rule.yml", text)], **more)
    assert not program.faults
    assert program.rules[0].problem == ""
    return bool(Engine(program).match(event))


def field(line: str, *events: Any) -> list[bool]:
    """Whether a rule with one line matches events that have just the field F."""
    return [matches(f"    {line}", {"F": event}) for event in events]


@pytest.mark.parametrize(
    ("line", "yes", "no"),
    [
        ("F: Word", ["word", "WORD"], ["words", "", " word"]),
        ("F: w*d", ["word", "wd", "W...D"], ["words", "sword"]),
        ("F: w?rd", ["word", "ward"], ["wrd", "woord"]),
        (r"F: 'a\*b'", ["a*b", "A*B"], ["axb"]),
        (r"F: 'c:\dir\\*.exe'", [r"C:\dir\x.exe"], [r"C:\dir", r"D:\dir\x.exe"]),
        ("F: '*ab*cd*ef*'", ["xxabxcdxefx", "abcdef"], ["abefcd", "cdabef"]),
        ("F: 'a*ab'", ["aab", "axab"], ["ab"]),
        ("F|contains: or", ["word", "OR"], ["wrd"]),
        ("F|startswith: wo", ["word", "WO"], ["sword"]),
        ("F|endswith: rd", ["word", "RD"], ["words"]),
        ("F|contains|all: [a, b]", ["xaybz", "BA"], ["a", "b"]),
        ("F|contains|cased: Or", ["wOrd"], ["word", "wORd"]),
        ("F|cased: Word", ["Word"], ["word"]),
        ("F|startswith|cased: Wo", ["Word"], ["word"]),
        ("F|endswith|cased: rD", ["worD"], ["word"]),
        ("F|re: ^w.rd$", ["word"], ["WORD", "sword"]),
        ("F|re: o.d", ["words"], ["wod"]),
        ("F|re|i: ^w.rd$", ["WORD"], ["sword"]),
        ("F|re|m: ^b$", ["a\nb"], ["ab"]),
        ("F|re|s: a.b", ["a\nb"], ["ab"]),
        ("F|re: a.b", ["axb"], ["a\nb"]),
        ("F|cidr: 10.0.0.0/8", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.1.2.3", "10.1.2", "10.1.2.3 "]),
        ("F|cidr: fe80::/10", ["fe80::1", "FE80::2"], ["fec0::1", "10.0.0.1", "x" * 100]),
        ("F|lt: 5", [4, "4", 4.9, "-1"], [5, "five", "", True, "nan"]),
        ("F|lte: 5", [5, "5.0"], [5.01]),
        ("F|gt: 5", [6, "1e3"], [5, "9_9"]),
        ("F|gte: 5", [5, 5.5], [4]),
        ("F|exists: true", ["x", "", 0, False], [None, []]),
        ("F|exists: false", [None], ["x", 0]),
        ("F: null", [None, []], ["", "null", 0]),
        ("F: ''", [""], [None, " "]),
        ("F: '*'", ["x", ""], [None]),
        ("F: 7", [7, "7", 7.0], [70, "07", None]),
        ("F: '7'", [7, "7"], [8]),
        ("F: 0.5", [0.5, "0.5"], [5]),
        ("F: true", [True, "true", "TRUE"], [False, 1, None]),
        ("F: false", [False, "False"], [True, 0, ""]),
        ("F: [a, b]", ["a", "b", ["x", "b"]], ["c", ["x", "y"]]),
        ("F|windash|contains: ' -x'", ["run -x", "run /x", "run –x", "run —x", "run ―x"], ["run x"]),
        ("F|base64: hello", ["aGVsbG8="], ["hello"]),
        ("F|base64offset|contains: secret", ["eHh4c2VjcmV0eA==", "xxeHNlY3JldHg=", "c2VjcmV0"], ["secret"]),
        ("F|wide|base64offset|contains: net", ["bgBlAHQA"], ["bmV0"]),
        ("F|utf16be|base64offset|contains: net", ["AG4AZQB0"], ["bgBlAHQA"]),
        ("F|neq: a", ["b", None], ["a", "A"]),
        ("F|minute: 5", ["2026-01-02T03:05:00Z"], ["2026-01-02T03:06:00Z", "soon"]),
        ("F|hour: 3", ["2026-01-02T03:05:00+02:00"], ["2026-01-02T04:05:00"]),
        ("F|hour|gte: 22", ["2026-01-02T22:00:00", "2026-01-02T23:59:00Z"], ["2026-01-02T21:59:00", "23", "x"]),
        ("F|hour|lt: 6", ["2026-01-02T05:59:00"], ["2026-01-02T06:00:00", "5"]),
        ("F|week|gt: 1", ["2026-01-05T00:00:00"], ["2026-01-04T00:00:00"]),
        ("F|day|lte: 2", ["2026-01-02T00:00:00"], ["2026-01-03T00:00:00"]),
        ("F|startswith|cased|windash: -Foo", ["/Foox", "-Foo"], ["/foox", "-foo"]),
        ("F|utf16le|base64offset|contains: ping", ["cABpAG4AZwA=", "YQAgAHAAaQBuAGcA"], ["ping"]),
        ("F|day: 2", ["2026-01-02"], ["2026-01-03"]),
        ("F|week: 1", ["2026-01-02"], ["2026-02-02"]),
        ("F|month: 1", ["2026-01-02"], ["2026-02-02"]),
        ("F|year: 2026", ["2026-01-02"], ["2025-01-02"]),
    ],
)
def test_a_modifier(line: str, yes: list[Any], no: list[Any]) -> None:
    assert field(line, *yes) == [True] * len(yes), yes
    assert field(line, *no) == [False] * len(no), no


def test_a_field_that_is_not_there_matches_nothing_and_its_negation_is_true() -> None:
    for line in ("F: a", "F|contains: a", "F|re: a", "F|cidr: 0.0.0.0/0", "F|lt: 5", "F|exists: true", "F|fieldref: G"):
        assert not matches(f"    {line}", {"G": "a"})
        assert matches(f"    {line}", {"G": "a"}, condition="not s")
    assert matches("    F: null", {})
    assert matches("    F|exists: false", {})
    filtered = "    F: a\n  filter:\n    Gone: b"
    assert matches(filtered, {"F": "a"}, condition="s and not filter")


def test_base64_of_a_byte_order_mark_is_refused_and_not_silent() -> None:
    detection = "{s: {'F|utf16|base64offset|contains': ping}, condition: s}"
    rule = compile_rules([("r", f"title: T\nlogsource: {{product: p}}\ndetection: {detection}")]).rules[0]
    assert "byte order mark" in rule.problem
    assert not rule.trees


def test_field_references() -> None:
    assert matches("    F|fieldref: G", {"F": "Ab", "G": "aB"})
    assert not matches("    F|fieldref: G", {"F": "a", "G": "b"})
    assert matches("    F|fieldref|startswith: G", {"F": "abc", "G": "AB"})
    assert matches("    F|fieldref|endswith: G", {"F": "abc", "G": "bc"})
    assert matches("    F|fieldref|contains: G", {"F": "abcd", "G": ["x", "bc"]})


def test_names_of_fields_that_differ_in_case_are_one_field() -> None:
    assert matches("    commandline: x", {"CommandLine": "X"})
    assert matches("    F: b", {"f": "a", "F": "b"})
    assert matches("    F: a", {"f": "a", "F": "b"})
    assert not matches("    F: null", {"f": "a", "F": None})


def test_nested_and_dotted_names() -> None:
    event = {"a": {"b": [{"c": "x"}, {"c": "y"}]}, "d.e": "z", "g": {"h.i": "w"}}
    assert matches("    a.b.c: y", event)
    assert matches("    A.B.C: Y", event)
    assert matches("    d.e: z", event)
    assert matches("    g.h.i: w", event)
    assert not matches("    a.b: z", event)
    assert matches("    a.b|contains: x", event)  # an object is its values
    assert not matches("    a.q.c: x", event)


def test_keywords_are_looked_for_in_values_only() -> None:
    keyword = "    - evil"
    assert matches(keyword, {"x": "an EVIL word"})
    assert matches(keyword, {"x": ["a", {"y": "evil"}]})
    assert not matches(keyword, {"evil": "name"})
    assert not matches("    - '\"x\":'", {"x": "y"})
    assert matches("    - 'e*l'", {"x": "is evil indeed"})
    assert matches("    '|all': [a, b]", {"x": "a", "y": "b"})
    assert not matches("    '|all': [a, b]", {"x": "a"})
    assert matches("    - 4625", {"x": 4625})


def test_conditions_over_several_selections() -> None:
    three = "    F: a\n  s_b:\n    G: b\n  s_c:\n    H: c"
    assert matches(three, {"H": "c"}, "1 of s*")
    assert matches(three, {"F": "a", "G": "b", "H": "c"}, "all of s*")
    assert not matches(three, {"F": "a", "G": "b"}, "all of s*")
    assert matches(three, {"G": "b"}, "1 of them")
    assert matches(three, {"F": "a", "G": "x"}, "s and not 1 of s_*")
    assert matches(three, {"F": "a", "G": "x", "H": "c"}, "s and not all of s_*")


def test_a_list_of_objects_is_any_of_them() -> None:
    assert matches("    - F: a\n      G: b\n    - H: c", {"H": "c"})
    assert not matches("    - F: a\n      G: b\n    - H: c", {"F": "a"})


def test_placeholders_take_the_values_that_are_given() -> None:
    line = "    F|expand: '%admins%'"
    assert matches(line, {"F": "Bob"}, placeholders={"admins": ["alice", "bob"]})
    assert not matches(line, {"F": "eve"}, placeholders={"admins": ["alice", "bob"]})
    text = f"title: T\nlogsource: {{product: test}}\ndetection:\n  s:\n{line}\n  condition: s\n"
    assert "%admins%" in compile_rules([("r", text)]).rules[0].problem


def test_placeholders_that_make_too_many_values_are_refused() -> None:
    text = "title: T\nlogsource: {product: p}\ndetection:\n  s: {F|expand: '%a% of %b%'}\n  condition: s\n"
    given = {"a": [str(number) for number in range(100)], "b": [str(number) for number in range(100)]}
    program = compile_rules([("r", text)], given)
    assert Engine(program).match({"F": "99 of 7"}) == (0,)
    given["b"].append("100")
    assert "more than 10,000 values" in compile_rules([("r", text)], given).rules[0].problem


def test_a_filter_document_narrows_the_rules_that_it_names() -> None:
    rules = (
        "title: T\nid: 5013332f-8a70-4e04-bcc1-06a98a2cca2e\nname: t\nlogsource: {product: test}\n"
        "detection:\n  s: {F: a}\n  condition: s\n"
    )
    narrowed = (
        "title: N\nlogsource: {product: test}\nfilter:\n  rules: [5013332f-8a70-4e04-bcc1-06a98a2cca2e]\n"
        "  known: {G: good}\n  condition: not known\n"
    )
    engine = Engine(compile_rules([("filter.yml", narrowed), ("rule.yml", rules)]))
    assert engine.match({"F": "a"}) == (0,)
    assert engine.match({"F": "a", "G": "good"}) == ()


def test_a_rule_is_asked_for_its_own_log_source_only() -> None:
    text = "title: T\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {F: a}, condition: s}\n"
    engine = Engine(compile_rules([("r", text)]))
    assert engine.match({"F": "a"}, LogSource("aws", None, "cloudtrail")) == (0,)
    assert engine.match({"F": "a"}, LogSource("aws", None, "other")) == ()
    assert engine.match({"F": "a"}, LogSource("azure")) == ()
    assert engine.match({"F": "a"}) == (0,)


PROCESS = (
    "title: P\nlogsource: {product: windows, category: process_creation}\n"
    "detection: {s: {Image|endswith: '\\\\x.exe'}, condition: s}\n"
)


def test_windows_rules_look_where_sysmon_and_the_audit_log_write() -> None:
    engine = Engine(compile_rules([("r", PROCESS)]))
    windows = LogSource("windows")
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": r"C:\x.exe"}
    audit = {"Channel": "Security", "EventID": 4688, "NewProcessName": r"C:\x.exe"}
    assert engine.match(sysmon, windows) == engine.match(audit, windows) == (0,)
    assert engine.match({**sysmon, "EventID": "1"}, windows) == (0,)
    assert engine.match({**sysmon, "EventID": 3}, windows) == ()
    assert engine.match({**sysmon, "Channel": "Security"}, windows) == ()
    assert engine.match({**sysmon, "EventID": True}, windows) == ()
    assert engine.match({**sysmon, "EventID": [1]}, windows) == (0,)
    assert engine.match({**sysmon, "EventID": None}, windows) == ()
