"""Collections of rules: compared, taken in, changed, gone; what was changed here stays."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from accord_rule_texts import collection, counting, packed, rule_id, sigma

from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.monitoring.models import Rule, RuleCollection, RuleFault, RuleProgram, RuleTest, RuleVersion
from accord.monitoring.services import rules, ruleset
from accord.monitoring.services.rules import reading as rule_reading
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.importing import Wish

pytestmark = pytest.mark.django_db
WISH = Wish("Ours", "folder", "/srv/rules")


def of(number: int) -> Rule:
    return Rule.objects.select_related("version", "offered").get(identifier=rule_id(number))


def test_a_collection_is_compared_before_anything_is_written(keeper: User) -> None:
    found = rules.plan(collection(sigma(1), sigma(2, field="path|re", value="(a)\\1"), broken="a: ["), "Ours")
    assert found.counts() == {
        "added": 2, "changed": 0, "offered": 0, "unchanged": 0, "vanished": 0, "refused": 1, "unsupported": 1,
    }  # fmt: skip
    shown = rules.preview(found)
    assert json.loads(json.dumps(shown)) == shown
    assert (shown["refused"][0]["path"], shown["refused"][0]["line"]) == ("broken.yml", 2)
    assert [bool(one["problem"]) for one in shown["added"]] == [True, False]  # what cannot be run stands first
    assert not Rule.objects.exists()
    assert not RuleCollection.objects.exists()


def test_it_lands_with_versions_states_faults_and_one_job(keeper: User) -> None:
    text = sigma(1, level="high") + "---\n" + sigma(2, field="path|re", value="(a)\\1")
    counts = rules.apply(keeper, collection(many=text, broken="a: ["), WISH)
    assert (counts["added"], counts["refused"], counts["unsupported"]) == (2, 1, 1)
    one, other = of(1), of(2)
    assert (one.title, one.level, one.product, one.service) == ("Rule 1", "high", "linux", "sshd")
    assert (one.techniques, one.tactics, one.needs, one.state) == (["T1059.004"], ["execution"], ["action"], "unknown")
    assert one.version is not None
    assert (one.version.number, one.version.by, one.path) == (1, keeper, "many.yml")
    assert one.version.origin == "/srv/rules: many.yml, line 1"
    assert (other.state, "is refused" in other.reason) == (Rule.State.UNSUPPORTED, True)
    assert other.version is not None
    assert other.version.origin.endswith("line 13")
    assert list(RuleFault.objects.values_list("path", "line")) == [("broken.yml", 2)]
    assert RuleProgram.objects.get().changes == 1
    verbs = list(LedgerEntry.objects.filter(noun="rule").values_list("verb", flat=True))
    assert verbs.count("add") == 2
    assert verbs.count("import") == 1


def test_the_same_again_changes_nothing(keeper: User) -> None:
    given = collection(sigma(1), counting(2, 1))
    rules.apply(keeper, given, WISH)
    counts = rules.apply(keeper, given, WISH)
    assert (counts["unchanged"], counts["added"], counts["changed"]) == (2, 0, 0)
    assert RuleVersion.objects.count() == 2
    assert RuleProgram.objects.get().changes == 1


def test_a_change_is_a_new_version_and_a_gone_rule_is_asked_about(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1), sigma(2)), WISH)
    found = rules.plan(collection(sigma(1, value="denied")), "Ours")
    assert [kind for kind, _ in rules.preview(found)["changed"][0]["lines"]].count("added") == 1
    rules.apply(keeper, collection(sigma(1, value="denied")), WISH)
    one, other = of(1), of(2)
    assert one.version is not None
    assert (one.version.number, "denied" in one.version.text) == (2, True)
    assert other.vanished is not None
    assert other.enabled  # it runs on until somebody says otherwise
    counts = rules.apply(keeper, collection(sigma(1, value="denied"), sigma(2)), WISH)
    assert counts["added"] == 0
    assert of(2).vanished is None
    rules.apply(keeper, collection(sigma(1, value="denied")), Wish("Ours", "folder", "x", retire=True))
    assert not of(2).enabled


def test_what_was_changed_here_is_never_overwritten(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1)), WISH)
    rules.change(keeper, of(1), sigma(1, value="mine"), "narrower")
    counts = rules.apply(keeper, collection(sigma(1)), WISH)
    assert counts["unchanged"] == 1  # the collection's own text did not change
    counts = rules.apply(keeper, collection(sigma(1, value="theirs")), WISH)
    assert (counts["offered"], counts["changed"]) == (1, 0)
    one = of(1)
    assert one.version is not None
    assert one.offered is not None
    assert ("mine" in one.version.text, "theirs" in one.offered.text) == (True, True)
    assert one.offered_why == Rule.Why.LOCAL
    rules.decline_offered(keeper, one, "ours is better")
    assert rules.apply(keeper, collection(sigma(1, value="theirs")), WISH)["offered"] == 0  # asked once
    rules.apply(keeper, collection(sigma(1, value="newer")), WISH)
    rules.take_offered(keeper, of(1))
    one = of(1)
    assert one.version is not None
    assert (one.version.number, "newer" in one.version.text, one.offered) == (4, True, None)
    assert rules.apply(keeper, collection(sigma(1, value="newest")), WISH)["changed"] == 1  # no local change any more


def test_a_newer_text_that_fails_its_tests_or_cannot_be_run_waits(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1), sigma(2)), WISH)
    rule_tests.add(keeper, of(1), "refused", '{"action": "refused"}', True)
    new = collection(sigma(1, value="other"), sigma(2, field="path|re", value="(a)\\1"))
    assert rules.apply(keeper, new, WISH)["offered"] == 2
    one, other = of(1), of(2)
    assert (one.offered_why, other.offered_why) == (Rule.Why.TESTS, Rule.Why.BROKEN)
    assert one.version is not None
    assert (one.version.number, other.state) == (1, Rule.State.UNKNOWN)
    newer = collection(sigma(1, value="another"), sigma(2, field="path|re", value="(a)\\1"))
    assert rules.apply(keeper, newer, WISH)["offered"] == 1
    assert of(1).offered_why == Rule.Why.TESTS  # nobody changed it here
    one = of(1)
    with pytest.raises(rules.Failing, match="0 of 1 event matched"):
        rules.take_offered(keeper, one)
    rules.take_offered(keeper, one, despite=True)
    assert of(1).tests_failed == 1


def test_an_id_belongs_to_one_rule(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1)), WISH)
    found = rules.plan(collection(sigma(1), sigma(2), sigma(2, title="Twin")), "Others")
    assert [fault.problem for fault in found.refused] == [
        "It has the id of “Rule 1” of the collection “Ours”.", "It has the same id as r2.yml, line 1.",
    ]  # fmt: skip
    assert len(found.added) == 1


def test_a_correlation_is_of_the_product_of_its_rules_and_filters_narrow(keeper: User) -> None:
    narrowing = (
        f"title: Not root\nid: {rule_id(9)}\nlogsource: {{product: linux, service: sshd}}\nfilter:\n"
        f"  rules: [{rule_id(1)}]\n  root:\n    user: root\n  condition: not root\n"
    )
    counts = rules.apply(keeper, collection(sigma(1), counting(2, 1), narrowing), WISH)
    assert (counts["added"], counts["unsupported"]) == (3, 0)
    assert (of(2).product, of(2).is_correlation) == ("linux", True)
    assert (of(9).is_filter, of(9).state) == (True, Rule.State.OK)
    rule_tests.add(keeper, of(1), "not for root", '{"action": "refused", "user": "root"}', False)
    assert of(1).tests_failed == 0
    with pytest.raises(Refused, match="A filter narrows"):
        rule_tests.add(keeper, of(9), "x", '{"a": 1}', True)


def test_new_rules_follow_the_policy_in_force(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1), sigma(2, status="deprecated")), WISH)
    assert (of(1).enabled, of(2).enabled) == (True, False)
    from accord.monitoring.services.rules import policy as rule_policy

    rule_policy.apply(keeper, rules.Wanted("high"))
    rules.apply(keeper, collection(sigma(3), sigma(4, level="critical")), Wish("More", "folder", "x"))
    assert (of(1).enabled, of(3).enabled, of(4).enabled) == (False, False, True)


def test_an_import_waits_for_no_lock_and_begins_anew_where_rules_changed(
    keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, planned = rules.plan, list[Any]()

    def slow(gathered: Any, name: str) -> Any:
        found = real(gathered, name)
        if not planned:
            rules.write(keeper, sigma(7))  # somebody else, while this is compiled
        planned.append(found)
        return found

    monkeypatch.setattr("accord.monitoring.services.rules.importing.plan", slow)
    rules.apply(keeper, collection(sigma(1)), WISH)
    assert len(planned) == 2
    assert {of(1).collection, of(7).collection} == {"Ours", "own"}


# --- as it comes


def info(rule: int, count: int = 1) -> str:
    return (
        f"rule_metadata:\n  - id: {rule_id(rule)}\nregression_tests_info:\n"
        f"  - name: Positive Detection Test\n    type: evtx\n    match_count: {count}\n"
    )


def test_an_archive_is_read_within_bounds_and_its_recorded_cases_become_tests(keeper: User) -> None:
    files = {
        "sigma-1.2/rules/a.yml": sigma(1), "sigma-1.2/.github/x.yml": "a: 1", "sigma-1.2/README.md": "x",
        "sigma-1.2/cases/a/info.yml": info(1), "sigma-1.2/cases/a/a.json": json.dumps({"action": "refused"}),
        "sigma-1.2/cases/b/info.yml": info(1), "sigma-1.2/cases/b/b.json": "no JSON",
        "../../etc/evil.yml": sigma(2),
    }  # fmt: skip
    gathered = rule_reading.of_archive(io.BytesIO(packed(files)), "sigma.zip")
    assert [one.path for one in gathered.documents] == ["sigma-1.2/rules/a.yml", "etc/evil.yml"]
    counts = rules.apply(keeper, gathered, Wish("Packed", "archive", "sigma.zip"))
    assert (counts["cases"], counts["tests_passed"]) == (1, 1)
    test = RuleTest.objects.get()
    assert (test.matches, test.least, test.origin) == (True, 1, "sigma-1.2/cases/a/info.yml")
    one = of(1)
    assert (one.tests, one.tests_failed) == (1, 0)


def test_recorded_cases_alone_take_nothing_away(keeper: User) -> None:
    rules.apply(keeper, collection(sigma(1)), WISH)
    files = {"c/info.yml": info(1, 2), "c/e.json": json.dumps([{"action": "refused"}, {"action": "other"}])}
    gathered = rule_reading.of_archive(io.BytesIO(packed(files)), "cases.zip")
    counts = rules.apply(keeper, gathered, Wish("Ours", "archive", "cases.zip"))
    assert (counts["cases"], counts["vanished"], counts["tests_failed"]) == (1, 0, 1)
    assert RuleTest.objects.get().told == "1 of 2 events matched; at least 2 must."
    assert of(1).tests_failed == 1


@pytest.mark.parametrize("body", [b"no archive", packed({"a.txt": "x"})])
def test_what_holds_no_rules_is_refused(keeper: User, body: bytes) -> None:
    with pytest.raises(Refused):
        rules.apply(keeper, rule_reading.of_archive(io.BytesIO(body), "x.zip"), Wish("X", "archive", "x.zip"))


def test_an_archive_of_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_reading, "MOST_BYTES", 1000)
    with pytest.raises(Refused, match="larger than 1,000 bytes"):
        rule_reading.of_archive(io.BytesIO(packed({f"{n}.yml": sigma(n) for n in range(9)})), "x.zip")


def test_a_git_checkout_tells_its_commit_and_links_are_left_out(keeper: User, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "a.yml").write_text(sigma(1))
    (folder / "link.yml").symlink_to("/etc/passwd")
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "a.yml"], ["commit", "-q", "-m", "x"], ["pack-refs", "--all"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    told = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    gathered = rule_reading.of_folder(folder)
    assert (gathered.revision, [one.path for one in gathered.documents]) == (told, ["a.yml"])
    rules.apply(keeper, gathered, Wish("Git", "folder", "/srv/git"))
    assert RuleCollection.objects.get().place == f"/srv/git@{told[:12]}"


def test_accords_own_rules_are_taken_in_and_all_can_be_run(keeper: User) -> None:
    counts = rules.take_pack(keeper)
    assert counts["added"] > 100
    assert counts["refused"] == counts["unsupported"] == 0
    assert rules.take_pack(keeper)["unchanged"] == counts["added"]
    assert ruleset.compile_now()["refused"] == 0


@pytest.mark.real_data
@pytest.mark.slow
def test_the_public_collection_and_its_recorded_cases(
    keeper: User, real_data: Path, django_assert_max_num_queries: Any
) -> None:
    path = real_data / "sigma" / "sigma-rules.zip"
    gathered = rule_reading.of_archive(path, path.name)
    with django_assert_max_num_queries(260):
        counts = rules.apply(keeper, gathered, Wish("SigmaHQ", "archive", path.name))
    assert counts["added"] == 3780
    assert counts["refused"] == 0
    path = real_data / "sigma" / "sigma-regression.zip"
    cases = rule_reading.of_archive(path, path.name)
    with django_assert_max_num_queries(60):
        counts = rules.apply(keeper, cases, Wish("SigmaHQ", "archive", path.name))
    assert (counts["cases"], counts["tests_passed"], counts["tests_failed"]) == (202, 202, 0)
