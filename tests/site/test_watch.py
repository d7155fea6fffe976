"""`accord watch`: logs and rules in; hits, counts, states and an exit code out, without a database."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from accord_source import ROOT
from typer.testing import CliRunner, Result

from accord.site.command_line import app, application

application()
RULES = """
title: Shell of a web server
id: 11111111-1111-4111-8111-111111111111
logsource: {product: windows, category: process_creation}
detection:
  selection: {ParentImage|endswith: '\\w3wp.exe', Image|endswith: '\\cmd.exe'}
  condition: selection
tags: [attack.persistence, attack.t1505.003]
level: high
---
title: Anybody fails to log in
id: 22222222-2222-4222-8222-222222222222
logsource: {product: linux, service: sshd}
detection:
  keywords: [Failed password]
  condition: keywords
level: low
---
title: Sign-in from nowhere
id: 33333333-3333-4333-8333-333333333333
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: nowhere}
  condition: selection
level: medium
---
title: Field that never comes
id: 44444444-4444-4444-8444-444444444444
logsource: {product: linux, service: sshd}
detection:
  selection: {NeverSeen: x}
  condition: selection
level: medium
---
title: Backtracking
id: 55555555-5555-4555-8555-555555555555
logsource: {product: linux, service: sshd}
detection:
  selection: {message|re: '(a)\\1'}
  condition: selection
level: medium
"""
CORRELATION = """
title: Base
name: base
id: 66666666-6666-4666-8666-666666666666
logsource: {product: linux, service: sshd}
detection:
  keywords: [Failed password]
  condition: keywords
level: informational
---
title: Many failures
id: 77777777-7777-4777-8777-777777777777
correlation:
  type: event_count
  rules: [base]
  group-by: [hostname]
  timespan: 10m
  condition: {gte: 3}
level: high
"""
SYSMON = {
    "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon",
    "Computer": "web1", "TimeCreated": "2025-01-01T10:00:00Z", "ParentImage": r"C:\Windows\w3wp.exe",
    "Image": r"C:\Windows\System32\cmd.exe", "CommandLine": "=cmd \x1b[31m /c whoami",
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["watch", *(str(argument) for argument in arguments)])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a log of Windows, an archive with one of Linux in it, and what is no log."""
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "sysmon.jsonl").write_text(json.dumps(SYSMON) + "\n{broken\n", encoding="utf-8")
    lines = [f"2025-01-01T10:0{minute}:00Z host1 sshd[1]: Failed password for ann" for minute in range(4)]
    with zipfile.ZipFile(folder / "linux.zip", "w") as packed:
        packed.writestr("var/log/auth.log", "\n".join(lines))
    (folder / "README.md").write_text("# Words\n\nMore words.\n", encoding="utf-8")
    return folder


def test_hits_sources_and_states_are_told(logs: Path, rules: Path) -> None:
    found = run(logs, "--rules", rules)
    assert found.exit_code == 1, found.output
    text = found.stdout
    assert re.search(r"^high +2025-01-01 10:00:00Z +web1 +Shell of a web server$", text, re.MULTILINE)
    assert "deep/sysmon.jsonl, row 1" in text and "linux.zip/var/log/auth.log, row 4" in text
    assert "Image=C:\\Windows\\System32\\cmd.exe" in text
    assert "5 hits of 2 rules in 5 events." in text
    assert "Sources: 2 files, 1 record malformed." in text
    assert "malformed in deep/sysmon.jsonl, the first: row 2: It is not valid JSON" in text
    assert "1  other files are no logs: README.md" in text
    states = ("ok", "no source", "missing field", "unsupported")
    assert [re.findall(rf"(\d+)  {state}:", text) for state in states] == [["2"], ["1"], ["1"], ["1"]]
    assert "\x1b" not in text


def test_every_rule_with_its_state(logs: Path, rules: Path) -> None:
    text = run(logs, "--rules", rules, "--states").stdout
    assert re.search(r"missing field +medium +Field that never comes +Never seen: NeverSeen", text)
    assert re.search(r"unsupported +medium +Backtracking +The expression", text)
    assert re.search(r"no source +medium +Sign-in from nowhere", text)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1), (["--fail-on", "critical"], 0), (["--fail-on", "none"], 0), (["--fail-on", "low"], 1),
        (["--product", "linux"], 0), (["--product", "linux", "--fail-on", "low"], 1), (["--level", "critical"], 0),
    ],
)  # fmt: skip
def test_exit_codes_of_hits(logs: Path, rules: Path, options: list[str], code: int) -> None:
    assert run(logs, "--rules", rules, *options).exit_code == code


def test_exit_code_of_what_cannot_be_read(logs: Path, rules: Path, tmp_path: Path) -> None:
    cases: list[tuple[list[str | Path], str]] = [
        ([tmp_path / "none", "--rules", rules], "there is no such file or folder"),
        ([logs / "README.md", "--rules", rules], "no log that Accord reads"),
        ([logs, "--rules", logs / "README.md"], "there is no Sigma rule"),
        ([logs, "--rules", tmp_path / "none"], "there is no such file or folder"),
        ([logs, "--rules", rules, "--format", "xml"], "Use table, jsonl, csv, ocsf"),
        ([logs, "--rules", rules, "--level", "x"], "--level"),
        ([logs, "--rules", rules, "--fail-on", "x"], "--fail-on"),
        ([logs, "--rules", rules, "--zone", "Mars"], "--zone"),
        ([logs, "--rules", rules, "--source", "a/b/c/d"], "--source"),
        ([logs, "--rules", rules, "--out", tmp_path / "no" / "file"], "cannot be written"),
    ]
    for arguments, words in cases:
        found = run(*arguments)
        assert found.exit_code == 2, (arguments, found.output)
        assert words in found.output
    damaged = tmp_path / "damaged.evtx"
    damaged.write_bytes(b"ElfFile\0" + b"\xff" * 9000)
    found = run(damaged, "--rules", rules)
    assert found.exit_code == 2 and "holds no event that can be read" in found.output
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(empty, "--rules", rules).exit_code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_no_sign_of_a_hit(logs: Path, rules: Path) -> None:
    found = run(logs, "--rules", rules, "--format", "jsonl", "--out", "/dev/full")
    assert found.exit_code == 2 and "cannot be written further" in found.output


def test_json_lines_csv_and_ocsf_say_the_same(logs: Path, rules: Path, tmp_path: Path) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for form in ("jsonl", "ocsf"):
        found = run(logs, "--rules", rules, "--format", form)
        assert found.exit_code == 1
        rows[form] = [json.loads(line) for line in found.stdout.splitlines()]
        assert "5 hits of 2 rules" in found.stderr
    out = tmp_path / "hits.csv"
    found = run(logs, "--rules", rules, "--format", "csv", "--out", out)
    assert "5 hits of 2 rules" in found.stdout
    table = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    (first,) = [row for row in rows["jsonl"] if row["host"] == "web1"]
    assert first["fields"] == {key: SYSMON[key] for key in ("EventID", "Image", "ParentImage")} | {"EventID": "1"}
    assert (first["time"], first["host"], first["row"]) == ("2025-01-01T10:00:00Z", "web1", 1)
    assert first["techniques"] == ["T1505.003"]
    assert [row["rule"] for row in rows["jsonl"]] == [row["rule"] for row in table]
    findings = [row["finding_info"]["analytic"]["uid"] for row in rows["ocsf"]]
    assert findings == [row["rule"] for row in rows["jsonl"]]
    assert len({row["finding_info"]["uid"] for row in rows["ocsf"]}) == 5
    again = [json.loads(line) for line in run(logs, "--rules", rules, "--format", "ocsf").stdout.splitlines()]
    assert [row["finding_info"]["uid"] for row in again] == [row["finding_info"]["uid"] for row in rows["ocsf"]]


def test_a_csv_for_spreadsheets_runs_no_formula(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(RULES.split("---")[0].replace("Shell of a web server", "'=1+1'"), encoding="utf-8")
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(SYSMON), encoding="utf-8")
    text = run(log, "--rules", rule, "--format", "csv").stdout
    assert next(csv.DictReader(io.StringIO(text)))["title"] == "'=1+1"


def test_the_table_shows_some_hits_of_each_rule_and_counts_all(logs: Path, rules: Path) -> None:
    text = run(logs, "--rules", rules, "--each", "1").stdout
    assert text.count("auth.log, row") == 1
    assert "The table shows the first 1 of each rule" in text
    assert re.search(r"4  low +Anybody fails to log in", text)


def test_correlations_hold_over_what_stands_below_the_level(logs: Path, tmp_path: Path) -> None:
    rules = tmp_path / "correlation.yml"
    rules.write_text(CORRELATION, encoding="utf-8")
    found = run(logs, "--rules", rules, "--format", "jsonl")
    assert found.exit_code == 1
    (hit,) = [json.loads(line) for line in found.stdout.splitlines()]
    assert hit["title"] == "Many failures"
    assert (hit["time"], hit["row"], hit["host"]) == ("2025-01-01T10:02:00Z", 3, "host1")
    assert hit["fields"]["hostname"] == "host1" and hit["fields"]["events"] == "3"
    assert "1  ok" in found.stderr


def test_times_without_a_year_are_told_and_can_be_given(tmp_path: Path) -> None:
    rules = tmp_path / "correlation.yml"
    rules.write_text(CORRELATION, encoding="utf-8")
    log = tmp_path / "auth.log"
    log.write_text(
        "\n".join(f"Jan  1 10:0{minute}:00 h sshd[1]: Failed password" for minute in range(3)), encoding="utf-8"
    )
    found = run(log, "--rules", rules)
    assert found.exit_code == 0
    assert "times tell no year" in found.stdout and "counted by no correlation rule" in found.stdout
    found = run(log, "--rules", rules, "--year", "2025", "--zone", "+01:00", "--format", "jsonl")
    assert json.loads(found.stdout)["time"] == "2025-01-01T09:02:00Z"


def test_a_log_source_can_be_given_to_json_of_no_known_log(tmp_path: Path) -> None:
    log, rules = tmp_path / "log.jsonl", tmp_path / "rule.yml"
    log.write_text('{"action": "repo.destroy"}', encoding="utf-8")
    rule = {"title": "T", "logsource": {"product": "github", "service": "audit"}, "level": "high"}
    rule["detection"] = {"selection": {"action": "repo.destroy"}, "condition": "selection"}  # type: ignore[assignment]
    rules.write_text(yaml.safe_dump(rule), encoding="utf-8")
    assert run(log, "--rules", rules).exit_code == 0
    assert run(log, "--rules", rules, "--source", "github/*/audit").exit_code == 1


def test_rules_for_processes_read_the_audit_log_and_no_line_counts_twice(tmp_path: Path) -> None:
    rules, log = tmp_path / "rule.yml", tmp_path / "audit.log"
    process = {"selection": {"Image|endswith": "/id", "CommandLine|contains": "id -u"}, "condition": "selection"}
    anywhere = {"keywords": ["id"], "condition": "keywords"}
    processes = {"product": "linux", "category": "process_creation"}
    documents = [
        {"title": "P", "logsource": processes, "detection": process},
        {"title": "K", "logsource": {"product": "linux"}, "detection": anywhere},
    ]
    rules.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    at = "msg=audit(1735725600.1:7):"
    log.write_text(
        f'type=SYSCALL {at} pid=2 exe="/bin/id"\ntype=EXECVE {at} argc=2 a0="id" a1="-u"\n', encoding="utf-8"
    )
    found = run(log, "--rules", rules, "--format", "jsonl")
    hits = [json.loads(line) for line in found.stdout.splitlines()]
    assert sorted((hit["title"], hit["row"]) for hit in hits) == [("K", 1), ("K", 2), ("P", 2)]


def test_placeholders_of_rules_have_the_values_that_are_given(logs: Path, tmp_path: Path) -> None:
    rule = tmp_path / "open.yml"
    rule.write_text(
        "title: Someone who is known\nid: 99999999-9999-4999-8999-999999999999\nlevel: high\n"
        "logsource: {product: linux, service: sshd}\n"
        "detection:\n  selection: {message|contains|expand: 'for %people%'}\n  condition: selection\n"
    )
    values = tmp_path / "values.yml"
    found = run(logs, "--rules", rule)
    assert found.exit_code == 0 and "The placeholder %people% has no values" in found.output
    values.write_text("people: [bob, ann]\n")
    assert run(logs, "--rules", rule, "--placeholders", values).exit_code == 1
    values.write_text("'%people%': carl\n")
    assert run(logs, "--rules", rule, "--placeholders", values).exit_code == 0
    for text in ("people", "people: []", "people: [{a: 1}]", "people: [", "- ann", "1: a", "people: \xff"):
        values.write_bytes(text.encode("latin-1"))
        refused = run(logs, "--rules", rule, "--placeholders", values)
        assert refused.exit_code == 2 and str(values) in refused.output, text
    assert run(logs, "--rules", rule, "--placeholders", tmp_path / "none").exit_code == 2


def test_rules_that_cannot_be_run_are_told_with_their_file(logs: Path, rules: Path) -> None:
    for options in ((), ("--states",)):
        told = [line for line in run(logs, "--rules", rules, *options).output.splitlines() if "/(a)" in line]
        assert len(told) == 1 and str(rules) in told[0], "once, and where it stands"


def test_broken_rules_are_listed_while_the_others_run(logs: Path, rules: Path) -> None:
    (rules.parent / "set").mkdir()
    broken = rules.parent / "set" / "broken.yml"
    broken.write_text("title: [", encoding="utf-8")
    (rules.parent / "set" / "good.yml").write_text(RULES, encoding="utf-8")
    text = run(logs, "--rules", rules.parent / "set").stdout
    assert "5 hits of 2 rules" in text
    assert "that are no rule: 1." in text and "broken.yml, line" in text


def test_the_rules_that_come_with_accord_are_run_without_any(logs: Path) -> None:
    found = run(logs)
    assert found.exit_code in (0, 1)
    assert "Only the rules that come with Accord were run" in found.stdout


def test_neither_django_nor_a_database_is_loaded(logs: Path, rules: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from accord.site.command_line import app, application; application()\n"
        "try: app(sys.argv[1:])\n"
        "finally: print('django' in sys.modules, 'sqlite3' in sys.modules, file=sys.stderr)"
    )
    environment = {**os.environ, "ACCORD_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", code, "watch", str(logs), "--rules", str(rules)],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1] == "False False"
    assert not (tmp_path / "home").exists()


@pytest.mark.real_data
@pytest.mark.slow
def test_every_regression_case_of_the_public_collection_is_found(real_data: Path, tmp_path: Path) -> None:
    """202 of 202, with all rules of the collection at once."""
    cases, rules = real_data / "sigma" / "sigma-regression.zip", real_data / "sigma" / "sigma-rules.zip"
    if not cases.is_file() or not rules.is_file():
        pytest.skip(f"{cases} or {rules} is not there")
    with zipfile.ZipFile(cases) as packed:
        packed.extractall(tmp_path / "cases")
    out = tmp_path / "hits.jsonl"
    found = run(
        tmp_path / "cases", "--rules", rules, "--level", "informational", "--format", "jsonl", "--out", out
    )  # fmt: skip
    assert found.exit_code == 1
    hits: Counter[tuple[str, str]] = Counter()
    for line in out.read_text(encoding="utf-8").splitlines():
        hit = json.loads(line)
        hits[hit["rule"], hit["file"]] += 1
    wanted = []
    for path in sorted((tmp_path / "cases").rglob("info.yml")):
        info = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in info.get("regression_tests_info") or ():
            wanted.append((info["rule_metadata"][0]["id"], case["path"], case.get("match_count", 1)))
    missed = [path for rule, path, count in wanted if hits[rule, path] < count]
    assert (len(wanted) - len(missed), len(wanted)) == (202, 202), missed
    states = {
        state: int(number.replace(",", "")) for number, state in re.findall(r"([\d,]+)  ([\w ]+): ", found.stdout)
    }
    assert states["ok"] > 2000 and states["unsupported"] < 60
    assert sum(states[name] for name in ("ok", "no source", "missing field", "unsupported")) >= 3750
