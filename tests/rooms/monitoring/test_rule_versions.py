"""Texts of rules written here: checked before they are kept, tested, rolled back, and switched."""

from __future__ import annotations

import json

import pytest
from accord_rule_texts import collection, counting, rule_id, sigma

from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.monitoring.models import Rule, RulePolicy, RuleTest, Source, SourceLog
from accord.monitoring.services import rules, ruleset
from accord.monitoring.services.rules import policy as rule_policy
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.checking import check
from accord.monitoring.services.rules.importing import Wish
from accord.monitoring.services.rules.texts import documents, line_of

pytestmark = pytest.mark.django_db


def of(number: int) -> Rule:
    return Rule.objects.select_related("version", "offered").get(identifier=rule_id(number))


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("title: x\ndetection: [\n", 3, "valid YAML"),
        ("", None, "It is empty"),
        ("# only a remark\n", None, "It is empty"),
        ("title: x\nfoo: 1\n", 1, "no “detection”"),
        (sigma(1) + "---\n" + sigma(2), None, "2 documents"),
        (sigma(1, field="path|re", value="(a+)\\1"), 8, "is refused"),
        (sigma(1).replace("condition: one", "condition: one and two"), 9, "two"),
        (sigma(1, field="a|nonsense"), 8, "nonsense"),
        (counting(1, 2), None, "rule_2 is not there"),
        (sigma(1, value="'%users%'", field="user|expand"), 8, "placeholder %users%"),
    ],
)
def test_a_text_that_cannot_be_run_is_refused_with_its_line(keeper: User, text: str, line: int, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        rules.write(keeper, text)
    assert refused.value.problems[0].row == line
    assert not Rule.objects.exists()


def test_a_rule_is_written_changed_and_rolled_back(keeper: User) -> None:
    rule = rules.write(keeper, sigma(1), "first")
    assert (rule.collection, rule.state, rule.needs, rule.upstream) == ("own", "unknown", ["action"], "")
    with pytest.raises(Refused, match="has the same id"):
        rules.write(keeper, sigma(1))
    rules.change(keeper, of(1), sigma(1, value="denied", title="Other"), "wider")
    one = of(1)
    assert one.version is not None
    assert (one.version.number, one.version.note, one.title) == (2, "wider", "Other")
    with pytest.raises(Refused, match="in force already"):
        rules.change(keeper, one, sigma(1, value="denied", title="Other") + "\n\n")
    with pytest.raises(Refused, match="id of a rule does not change"):
        rules.change(keeper, one, sigma(2))
    first = one.versions.get(number=1)
    made = rules.roll_back(keeper, one, first)
    assert (made.number, made.text, of(1).title) == (3, sigma(1), "Rule 1")
    assert made.origin == "As version 1"
    assert LedgerEntry.objects.filter(noun="rule", key=str(one.pk)).count() == 3
    ruleset.compile_now()
    assert list(ruleset.current().rules.values()) == [(one.pk, made.pk)]


def test_a_text_that_fails_its_tests_comes_into_force_only_by_saying_so(keeper: User) -> None:
    rule = rules.write(keeper, sigma(1))
    must = rule_tests.add(keeper, rule, "refused", '{"action": "refused"}', True)
    never = rule_tests.add(keeper, rule, "accepted", '{"action": "accepted"}\n{"action": "other"}', False)
    assert {must.outcome, never.outcome} == {"passed"}
    with pytest.raises(rules.Failing) as failing:
        rules.change(keeper, of(1), sigma(1, value="accepted"))
    assert [test.name for test, _ in failing.value.failed] == ["refused", "accepted"]
    assert failing.value.failed[1][1].told == "1 of 2 events matched (the first is number 1); none may."
    assert of(1).version == rule.version
    rules.change(keeper, of(1), sigma(1, value="accepted"), despite=True)
    assert (of(1).tests, of(1).tests_failed) == (2, 2)
    rule_tests.remove(keeper, RuleTest.objects.get(name="refused"))
    assert (of(1).tests, of(1).tests_failed) == (1, 1)


def test_what_a_changed_rule_asks_was_not_seen_yet(keeper: User) -> None:
    rule = rules.write(keeper, sigma(1))
    Rule.objects.filter(pk=rule.pk).update(state=Rule.State.OK)
    rules.change(keeper, of(1), sigma(1, title="Only the title"))
    assert of(1).state == Rule.State.OK
    rules.change(keeper, of(1), sigma(1, field="other"))
    assert of(1).state == Rule.State.UNKNOWN


# --- tests


def test_a_correlation_rule_is_tested_by_how_often_it_fires(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1), counting(2, 1)), Wish("Ours", "folder", "x"))
    event = {"action": "refused", "user": "ada"}
    many = rule_tests.add(keeper, of(2), "three", json.dumps([event] * 3), True)
    few = rule_tests.add(keeper, of(2), "two", json.dumps([event] * 2), False)
    other = rule_tests.add(keeper, of(2), "three users", json.dumps([{**event, "user": u} for u in "abc"]), False)
    slow = json.dumps([{**event, "timestamp": f"2026-01-01T00:{minute:02}:00Z"} for minute in (0, 4, 8)])
    late = rule_tests.add(keeper, of(2), "slowly", slow, False)
    assert [one.outcome for one in (many, few, other, late)] == ["passed"] * 4
    assert many.told == "It fired 1 time on 3 events; at least 1 must."
    assert rule_tests.run_all() == {"passed": 4, "failed": 0}
    rules.change(keeper, of(1), sigma(1, value="never"), despite=True)
    assert rule_tests.run_all() == {"passed": 3, "failed": 1}


def test_events_are_read_as_their_log_is(keeper: User) -> None:
    text = (
        f"title: Tool\nid: {rule_id(1)}\nlogsource: {{product: windows, category: process_creation}}\n"
        "detection:\n  one:\n    Image|endswith: \\tool.exe\n  condition: one\nlevel: high\n"
    )
    rule = rules.write(keeper, text)
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": "C:\\tool.exe"}
    assert rule_tests.add(keeper, rule, "Sysmon", json.dumps(event), True).outcome == "passed"
    assert rule_tests.add(keeper, rule, "other event", json.dumps({**event, "EventID": 3}), False).outcome == "passed"
    assert rule_tests.try_events(rule, text.replace("tool", "other"), json.dumps(event)).passed is False


@pytest.mark.parametrize(
    ("events", "line"),
    [("", None), ("7", None), ("[]", None), ("[{}]", None), ('{"a": 1}\n{"a": }', 2), ("[" * 9999, None)],
)
def test_events_that_are_none_are_refused(keeper: User, events: str, line: int | None) -> None:
    rule = rules.write(keeper, sigma(1))
    with pytest.raises(Refused) as refused:
        rule_tests.add(keeper, rule, "x", events, True)
    assert refused.value.problems[0].column == "events"
    if line:
        assert refused.value.problems[0].row == line


def test_tests_of_a_rule_have_bounds_and_names(keeper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rules.write(keeper, sigma(1))
    rule_tests.add(keeper, rule, "x", '{"action": "refused"}', True)
    with pytest.raises(Refused, match="no test of this rule has"):
        rule_tests.add(keeper, rule, " x ", '{"action": "refused"}', True)
    with pytest.raises(Refused, match="There are 1 events"):
        rule_tests.add(keeper, rule, "y", '{"action": "refused"}', True, least=2)
    monkeypatch.setattr(rule_tests, "MOST_TESTS", 1)
    with pytest.raises(Refused, match="at most 1 tests"):
        rule_tests.add(keeper, rule, "y", '{"action": "refused"}', True)


# --- which run


def test_a_policy_says_first_what_it_switches_and_passes_over_what_a_person_switched(keeper: User) -> None:
    texts = [sigma(1), sigma(2, level="high"), sigma(3, product="windows", level="high"), sigma(4, status="deprecated")]
    rules.apply(keeper, collection(*texts, counting(5, 3)), Wish("Ours", "folder", "x"))
    rules.switch(keeper, [of(1)], False, "noisy")
    source = Source.objects.create(key="s", name="S", kind="files")
    moment = source.created
    SourceLog.objects.create(source=source, format="x", product="windows", first=moment, last=moment)
    wanted = rules.Wanted("medium", delivered=True)
    found = rule_policy.look(wanted)
    assert (found.on, found.off, found.stay_on, found.stay_off, found.kept) == ([], [of(2).pk], 2, 1, 1)
    assert of(2).enabled
    rule_policy.apply(keeper, wanted)
    assert [of(number).enabled for number in range(1, 6)] == [False, False, True, False, True]
    rule_policy.apply(keeper, rules.Wanted("low", statuses=["test", "deprecated"]), also_pinned=True)
    assert [of(number).enabled for number in range(1, 5)] == [True] * 4
    assert not of(1).pinned
    assert RulePolicy.objects.count() == 1
    assert LedgerEntry.objects.filter(noun="rule_policy").count() == 2


def test_switching_tells_how_many_changed(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1), sigma(2)), Wish("Ours", "folder", "x"))
    assert rules.switch(keeper, Rule.objects.all(), False) == 2
    assert rules.switch(keeper, Rule.objects.all(), False) == 0
    assert list(Rule.objects.values_list("pinned", flat=True)) == [True, True]


# --- texts


def test_documents_keep_their_lines_whatever_is_wrong_behind_them() -> None:
    text = "# head\ntitle: a\ndetection: {x: {y: 1}, condition: x}\n---\n# second\ntitle: b\ndetection: {}\n---\nc: [\n"
    found, faults = documents("a.yml", text)
    assert [(one.line, one.data["title"]) for one in found] == [(2, "a"), (5, "b")]
    assert found[1].text == "# second\ntitle: b\ndetection: {}\n"
    assert [fault.line for fault in faults] == [10]


def test_aliases_that_stand_for_a_billion_values_are_never_written_out(keeper: User) -> None:
    levels = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    bomb = f"a0: &a0 [x]\n{levels}title: *a39\nid: *a39\ntags: *a39\ndetection: {{x: *a39, condition: x}}\n"
    counts = rules.plan(collection(bomb), "Ours").counts()
    assert (counts["added"], counts["refused"]) == (0, 1)
    with pytest.raises(Refused, match="nodes"):
        check(bomb)


def test_the_line_that_a_problem_quotes_is_found() -> None:
    text = sigma(1, field="path|re", value="(a+)\\1")
    assert line_of(text, "The expression /(a+)\\1/ is refused: back references.") == 8
    assert line_of(text, "Something else") is None
