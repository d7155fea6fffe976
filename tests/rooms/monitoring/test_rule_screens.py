"""The pages, operations and commands of rules, from import to a decision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from accord_rule_texts import collection, counting, packed, rule_id, sigma
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from accord.core import jobs
from accord.core.models import Job, User
from accord.monitoring.models import Rule, RuleScore
from accord.monitoring.services import rules, scorecards
from accord.monitoring.services.rules.importing import Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(keeper: User, client: Client) -> Client:
    client.force_login(keeper)
    return client


@pytest.fixture
def some(keeper: User) -> None:
    texts = [sigma(1), sigma(2, product="macos"), sigma(3, field="path|re", value="(a)\\1"), counting(4, 1)]
    rules.apply(keeper, collection(*texts, broken="a: ["), Wish("Ours", "folder", "x"))
    scorecards.refresh()


def of(number: int) -> Rule:
    return Rule.objects.select_related("version", "offered").get(identifier=rule_id(number))


def do(job: Job) -> None:
    jobs.run_in_worker.func(str(job.pk))  # what the worker does


def test_an_archive_is_compared_then_imported(browser: Client, settings: Any, tmp_path: Path) -> None:
    settings.ACCORD_FILES = str(tmp_path / "files")
    body = packed({"a.yml": sigma(1), "b.yml": "a: [", "c.yml": sigma(2, field="x|re", value="(a)\\1")})
    given = {"collection": "Ours", "upload": SimpleUploadedFile("ours.zip", body)}
    answer = browser.post(reverse("monitoring:rule_import"), given)
    looked = Job.objects.get(kind="monitoring.preview_rules")
    assert answer["Location"] == reverse("monitoring:rule_job", args=[looked.pk])
    do(looked)
    page = browser.get(answer["Location"]).content.decode()
    assert "This is a preview" in page
    assert "b.yml" in page
    assert "is refused" in page
    assert not Rule.objects.exists()
    browser.post(reverse("monitoring:rule_import_confirm", args=[looked.pk]))
    done = Job.objects.get(kind="monitoring.import_rules")
    do(done)
    done.refresh_from_db()
    assert done.error == ""
    assert Rule.objects.count() == 2
    faults = browser.get(reverse("monitoring:rule_faults")).content.decode()
    assert "b.yml" in faults
    assert "not valid YAML" in faults


def test_accords_rules_come_by_one_click(browser: Client) -> None:
    page = browser.get(reverse("monitoring:rule_list")).content.decode()
    assert reverse("monitoring:rule_pack") in page
    browser.post(reverse("monitoring:rule_pack"))
    do(Job.objects.get(kind="monitoring.import_pack"))
    assert Rule.objects.filter(collection="accord").count() > 100


@pytest.mark.parametrize("name", ["own", "accord", ""])
def test_names_of_collections_that_mean_something_else_are_refused(browser: Client, name: str) -> None:
    given = {"collection": name, "upload": SimpleUploadedFile("x.zip", packed({"a.yml": sigma(1)}))}
    assert browser.post(reverse("monitoring:rule_import"), given).status_code == 422
    assert not Job.objects.exists()


@pytest.mark.usefixtures("some")
def test_the_list_tells_states_and_filters(browser: Client) -> None:
    page = browser.get(reverse("monitoring:rule_list")).content.decode()
    assert "Unsupported" in page
    assert "is refused" in page

    def titles(query: str) -> list[str]:
        found = browser.get(f"/api/rules?{query}")
        assert found.status_code == 200, found.content
        return [one["title"] for one in found.json()["items"]]

    assert titles("state=unsupported") == ["Rule 3"]
    assert titles("product=macos") == ["Rule 2"]
    assert titles("technique=t1059&q=Rule 1") == ["Rule 1"]
    assert titles("technique=T1110") == []
    assert titles("correlation=yes") == ["Many"]
    assert len(titles("never_fired=yes")) == 4
    assert titles("changed_here=yes") == titles("waiting=yes") == titles("failing=yes") == titles("vanished=yes") == []
    RuleScore.objects.filter(rule=of(2), window=90).update(alerts=5)
    assert titles("sort=-alerts&window=90")[0] == "Rule 2"
    assert titles("sort=-alerts&window=30")[0] != "Rule 2"
    assert titles("advice=retire") == ["Rule 3"]


@pytest.mark.usefixtures("some")
def test_a_rules_page_shows_what_it_needs_and_takes_tests(browser: Client) -> None:
    rule = of(1)
    page = browser.get(rule.get_absolute_url()).content.decode()
    for part in ("linux/*/sshd", "action", "T1059.004", 'class="code-key">detection', "r1.yml"):
        assert part in page
    assert "<script" not in page.split("<main")[1].split("</main>")[0]
    add = reverse("monitoring:rule_test_add", args=[rule.pk])
    browser.post(add, {"name": "yes", "matches": "yes", "events": '{"action": "refused"}'})
    refused = browser.post(add, {"name": "no", "matches": "no", "events": "{"})
    assert refused.status_code == 422
    assert 'value="no"' in refused.content.decode()
    browser.post(reverse("monitoring:rule_test_run", args=[rule.pk]))
    assert (of(1).tests, of(1).tests_failed) == (1, 0)
    test = rule.cases.get()
    browser.post(reverse("monitoring:rule_test_remove", args=[test.pk]))
    assert not rule.cases.exists()


def test_the_editor_names_the_line_and_asks_before_tests_fail(browser: Client) -> None:
    new = reverse("monitoring:rule_new")
    assert "condition: selection" in browser.get(new).content.decode()
    bad = browser.post(new, {"text": sigma(1, field="p|re", value="(a)\\1")})
    assert bad.status_code == 422
    assert "Line 8" in bad.content.decode()
    browser.post(new, {"text": sigma(1), "note": "new"})
    rule = of(1)
    browser.post(
        reverse("monitoring:rule_test_add", args=[rule.pk]),
        {"name": "yes", "matches": "yes", "events": '{"action": "refused"}'},
    )
    edit = reverse("monitoring:rule_edit", args=[rule.pk])
    failing = browser.post(edit, {"text": sigma(1, value="other")})
    assert failing.status_code == 422
    assert "despite" in failing.content.decode()
    browser.post(edit, {"text": sigma(1, value="other"), "despite": "yes", "note": "it moved"})
    page = browser.get(reverse("monitoring:rule_version", args=[rule.pk, 1])).content.decode()
    assert "diff-added" in page
    browser.post(reverse("monitoring:rule_roll_back", args=[rule.pk, 1]), {"note": "back"})
    one = of(1)
    assert one.version is not None
    assert (one.version.number, one.version.note) == (3, "back")


@pytest.mark.usefixtures("some")
def test_rules_are_switched_and_decided_together_or_all_that_fit(browser: Client) -> None:
    act, decide = reverse("monitoring:rule_act"), reverse("monitoring:rule_decide")
    browser.post(act, {"action": "disable", "scope": "chosen", "rules": [of(1).pk, "x", "99999999999999999999"]})
    assert list(Rule.objects.filter(enabled=False).values_list("title", flat=True)) == ["Rule 1"]
    browser.post(act, {"action": "enable", "scope": "all", "query": "enabled=no"})
    assert not Rule.objects.filter(enabled=False).exists()
    browser.post(decide, {"course": "retire", "note": "never run", "scope": "all", "query": "state=unsupported"})
    browser.post(decide, {"course": "keep", "note": "", "scope": "chosen", "rules": [of(1).pk]})
    assert list(Rule.objects.exclude(course="").values_list("title", "enabled")) == [("Rule 3", False)]
    browser.post(reverse("monitoring:rule_switch", args=[of(2).pk]), {"enabled": "no"})
    assert not of(2).enabled


@pytest.mark.usefixtures("some")
def test_the_policy_page_shows_what_it_switches_before_it_does(browser: Client) -> None:
    address = reverse("monitoring:rule_policy")
    page = browser.post(address, {"level": "high", "look": "1"}).content.decode()
    assert "0 rules would be switched on and 3 off." in page
    assert of(1).enabled
    browser.post(address, {"level": "high", "apply": "1"})
    assert list(Rule.objects.filter(enabled=True).values_list("title", flat=True)) == ["Many"]


@pytest.mark.usefixtures("some")
def test_a_text_that_waits_is_taken_or_left(browser: Client, keeper: User) -> None:
    rules.change(keeper, of(1), sigma(1, value="mine"))
    rules.apply(keeper, collection(sigma(1, value="theirs")), Wish("Ours", "folder", "x"))
    page = browser.get(of(1).get_absolute_url()).content.decode()
    assert "A newer text of the collection waits" in page
    browser.post(reverse("monitoring:rule_offered", args=[of(1).pk]), {"take": "yes"})
    one = of(1)
    assert one.version is not None
    assert "theirs" in one.version.text


@pytest.mark.usefixtures("some")
def test_the_api_writes_by_the_same_gate(browser: Client) -> None:
    def call(method: str, address: str, **body: Any) -> Any:
        return getattr(browser, method)(f"/api{address}", json.dumps(body), content_type="application/json")

    bad = call("post", "/rules", text="a: [")
    assert bad.status_code == 422
    assert bad.json()["problems"][0]["row"] == 2
    made = call("post", "/rules", text=sigma(8)).json()
    assert (made["version"], made["needs"]) == (1, ["action"])
    address = f"/rules/{made['id']}"
    assert call("put", address, text=sigma(8, value="x")).json()["version"] == 2
    test = call("post", f"{address}/tests", name="t", matches=True, events='{"action": "x"}').json()
    assert test["outcome"] == "passed"
    assert call("post", f"{address}/tests/run").json() == {"passed": 1, "failed": 0}
    assert browser.get(f"/api{address}").json()["tests"][0]["name"] == "t"
    assert call("post", "/rules/switch", rules=[made["id"]], enabled=False).json() == {"changed": 1}
    assert call("post", "/rules/decide", rules=[made["id"]], course="tune", note="wide").json() == {"decided": 1}
    states = {one["state"]: one for one in browser.get("/api/rules/states").json()}
    assert states["unsupported"]["enabled"] == 1
    assert browser.get("/api/rules/999999").status_code == 404


def test_the_command_line_compares_imports_lists_and_tests(keeper: User, tmp_path: Path) -> None:
    from accord.site.command_line import application

    app, runner = application(), CliRunner()
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "a.yml").write_text(sigma(1))
    (folder / "b.yml").write_text(sigma(2, field="path|re", value="(a)\\1"))
    (folder / "c.yml").write_text("a: [")

    def run(*arguments: str) -> Any:
        return runner.invoke(app, ["rules", *arguments])  # type: ignore[arg-type]

    told = run("import", str(folder), "--dry-run")
    assert told.exit_code == 0, told.output
    assert "2 added, 1 refused, 1 cannot be run. Nothing was written." in told.output
    assert "c.yml, line 2" in told.output
    assert not Rule.objects.exists()
    done = json.loads(run("import", str(folder), "--json").output)
    assert (done["collection"], done["added"], done["compiled"]["rules"]) == ("ours", 2, 2)
    states = run("states", "--all")
    assert "1 Unsupported" in states.output
    assert "b.yml: Rule 2: unsupported: The expression" in states.output
    assert run("test").output == "0 passed, 0 failed.\n"
    rule = of(1)
    rule.cases.create(name="t", matches=True, events=[{"action": "other"}])
    failed = run("test")
    assert failed.exit_code == 3
    assert "Rule 1, t: 0 of 1 event matched; at least 1 must." in failed.output
    assert run("import", str(tmp_path / "nowhere")).exit_code == 1
    assert "110 added" in run("import").output
