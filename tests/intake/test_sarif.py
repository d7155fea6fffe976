"""SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest
from accord_intake import Read, content, fixture

from accord.intake.fingerprint import fingerprint
from accord.intake.records import IntakeError


@pytest.fixture(scope="module")
def scan() -> Read:
    return fixture("two-runs.sarif")


def log(*results: dict[str, Any], **run: Any) -> str:
    driver = {"name": "tool", "rules": run.pop("rules", [])}
    whole = {"tool": {"driver": driver}, "results": list(results), **run}
    return json.dumps({"version": "2.1.0", "runs": [whole]})


def test_each_run_is_a_scan(scan: Read) -> None:
    assert [(one.scanner, one.scanner_version) for one in scan.headers] == [("Analyzer", "1.2.3"), ("Trivy", None)]
    assert [end.observations for end in scan.ends] == [7, 1]
    assert [end.complete for end in scan.ends] == [True, False]


def test_the_repository_is_the_target(scan: Read) -> None:
    assert scan.targets[0].identity == "repository:https://git.example.org/shop"
    assert scan.targets[0].identifiers == (("repository", "https://git.example.org/shop"), ("commit", "abc"))
    assert scan.targets[1].identity == "repository:two-runs"


def test_rules_of_extensions_messages_and_files_by_index(scan: Read) -> None:
    found = scan.one("Analyzer:EXT1")
    assert (found.description, found.evidence) == ("Rule of a pack", "name is 42.")
    assert (found.path, found.line) == ("src/main.py", 10)
    assert (found.severity, found.cvss_score) == ("high", None)  # a rating of the rule, no CVSS score
    assert found.cwes == ("CWE-89",)


def test_sub_rules_locations_and_base_addresses(scan: Read) -> None:
    found = [one for one in scan.observations if one.evidence and one.evidence.startswith("Sub rule. See here.")]
    assert [(one.path, one.line) for one in found] == [("a b.c", 3), ("x.c", 4), ("x.c", 9)]
    assert {one.definition_id for one in found} == {"Analyzer:CA1000"}
    assert {one.severity for one in found} == {"high"}
    assert found[0].cwes == ("CWE-79",)


def test_two_equal_lines_in_one_file_are_two_instances(scan: Read) -> None:
    keys = {fingerprint(one, one.target) for one in scan.observations}
    assert len(keys) == len(scan.observations)


def test_moved_lines_are_the_same_instances() -> None:
    def result(line: int) -> dict[str, Any]:
        place = {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": line, "snippet": {"text": " x = 1;"}}}
        return {"ruleId": "R", "message": {"text": "m"}, "locations": [{"physicalLocation": place}]}

    before, after = content(log(result(5), result(9))), content(log(result(15), result(29)))

    def keys(read: Read) -> list[str]:
        return [fingerprint(one, one.target) for one in read.observations]

    assert keys(before) == keys(after)
    assert len(set(keys(before))) == 2


def test_what_is_no_failure(scan: Read) -> None:
    words = [one.evidence for one in scan.observations]
    assert "passed" not in words
    assert "gone" not in words
    review = next(one for one in scan.observations if one.evidence == "look at this")
    assert review.severity == "info"


def test_suppressions(scan: Read) -> None:
    accepted = next(one for one in scan.observations if one.evidence == "accepted")
    assert (accepted.analysis, accepted.analysis_detail) == ("suppressed", "Test code.")
    asked = next(one for one in scan.observations if one.evidence == "asked")
    assert (asked.analysis, asked.path) == (None, "Shop.Pay")


def test_a_message_stands_for_a_missing_rule() -> None:
    found = content(log({"message": {"text": "AWS key found"}, "level": "error"})).observations
    assert [(one.definition_id, one.severity) for one in found] == [("tool:AWS key found", "high")]


def test_a_result_without_rule_and_message_is_refused(scan: Read) -> None:
    (refusal,) = scan.refusals
    assert (refusal.row, refusal.field) == ("runs[0].results[7]", "ruleId")
    assert scan.coverages[0].complete is False


def test_dependency_scanners(scan: Read) -> None:
    found = scan.one("CVE-2023-46218")
    assert (found.kind, found.check) == ("vulnerability", "Trivy:CVE-2023-46218")
    assert (found.component, found.component_version, found.fixed_version) == ("curl", "7.88", "7.89")
    assert (found.severity, found.cvss_score) == ("medium", 6.5)


@pytest.mark.parametrize(
    ("level", "severity"), [("error", "high"), ("warning", "medium"), ("note", "low"), ("none", "info")]
)
def test_levels(level: str, severity: str) -> None:
    result = {"ruleId": "R", "level": level, "message": {"text": "m"}}
    assert content(log(result)).observations[0].severity == severity


def test_the_default_level_is_the_rules_else_warning() -> None:
    rules = [{"id": "A", "defaultConfiguration": {"level": "note"}}, {"id": "B"}]
    scan = content(log({"ruleId": "A"}, {"ruleId": "B"}, rules=rules))
    assert [one.severity for one in scan.observations] == ["low", "medium"]


@pytest.mark.parametrize(
    ("number", "severity"),
    [("9.0", "critical"), ("8.9", "high"), ("7.0", "high"), ("4.0", "medium"), ("3.9", "low"), ("0.0", "info")],
)
def test_security_severity(number: str, severity: str) -> None:
    rules = [{"id": "A", "properties": {"security-severity": number}}]
    assert content(log({"ruleId": "A"}, rules=rules)).observations[0].severity == severity


def test_taxa_name_weaknesses() -> None:
    taxa = [{"id": "79", "toolComponent": {"name": "CWE"}}, {"id": "T1", "toolComponent": {"name": "OTHER"}}]
    assert content(log({"ruleId": "A", "taxa": taxa})).observations[0].cwes == ("CWE-79",)


def test_rules_say_what_ran_but_not_all_of_it() -> None:
    (one,) = content(log(rules=[{"id": "A"}])).coverages
    assert one.covers("tool:A") is True
    assert one.covers("tool:B") is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///C:/code/a.c", "C:/code/a.c"),
        ("file:////src/a.c", "/src/a.c"),
        ("a%2Fb.c", "a/b.c"),
        ("https://[bad/a.c", "https://[bad/a.c"),
        ("../../etc/x", "../../etc/x"),
        ("a%00\u202eb.c", "ab.c"),
    ],
)
def test_addresses_of_every_kind_are_only_names(uri: str, path: str) -> None:
    location = {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    assert content(log({"ruleId": "A", "locations": [location]})).observations[0].path == path


@pytest.mark.parametrize("wrong", [[], {}, 5, None, ["pass"]])
def test_values_of_the_wrong_type_are_not_taken(wrong: object) -> None:
    result = {"ruleId": "A", "kind": wrong, "level": wrong, "message": wrong, "locations": wrong, "suppressions": wrong}
    (found,) = content(log(result)).observations
    assert (found.path, found.analysis) == (None, None)


def test_another_version_is_refused() -> None:
    with pytest.raises(IntakeError) as caught:
        content('{"$schema": "https://example.org/sarif-1.0.json", "version": "1.0.0", "runs": []}')
    assert "1.0.0" in caught.value.problem
