"""Folders that commands are given: read to any depth, with names that tell files apart."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from accord_intake import FILES
from typer.testing import CliRunner, Result

from accord.exposure.models import Scan
from accord.intake import archive
from accord.intake.records import IntakeError
from accord.site.command_line import app, application, folders
from accord.site.command_line.feeds import _given

application()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def put(path: Path, sample: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FILES / sample, path)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two reports of one name, in two depths, beside what must be left out."""
    folder = tmp_path / "tree"
    put(folder / "b" / "report.json", "image.trivy.json")
    put(folder / "a" / "deep" / "report.json", "image.grype.json")
    put(folder / "a" / ".hidden.json", "image.grype.json")
    put(folder / ".git" / "report.json", "image.grype.json")
    elsewhere = put(tmp_path / "elsewhere" / "report.json", "image.grype.json")
    (folder / "linked.json").symlink_to(elsewhere)
    (folder / "linked").symlink_to(elsewhere.parent)
    return folder


def names(*arguments: str | Path) -> list[str]:
    return [one["name"] for one in json.loads(run("inspect", *arguments, "--json").stdout)["files"]]


def test_folders_are_read_to_any_depth_in_order_without_links_and_hidden_files(tree: Path) -> None:
    assert names(tree) == ["a/deep/report.json", "b/report.json"]
    assert "a/deep/report.json" in run("inspect", tree).stdout


def test_files_of_one_name_in_two_folders_are_told_apart(tree: Path) -> None:
    assert names(tree / "a" / "deep", tree / "b") == [str(tree / "a/deep/report.json"), str(tree / "b/report.json")]


def test_members_of_two_archives_are_told_apart(tree: Path, tmp_path: Path) -> None:
    for name, sample in (("one.zip", "image.trivy.json"), ("two.zip", "image.grype.json")):
        with zipfile.ZipFile(tree / "b" / name, "w") as out:
            out.write(FILES / sample, "report.json")
    assert names(tree / "b") == ["one.zip/report.json", "report.json", "two.zip/report.json"]
    assert names(tree / "b" / "one.zip") == ["report.json"], "alone, a member is called by its own path"


def test_counts_are_compared_by_the_path_inside_the_folder(tree: Path) -> None:
    told = {one["name"]: one["grouped"] for one in json.loads(run("inspect", tree, "--json").stdout)["files"]}
    assert len(set(told.values())) == 2, "the two files must differ for this to prove anything"
    wanted = tree / "expected.csv"
    wanted.write_text("file,findings\n" + "".join(f"{name},{count}\n" for name, count in told.items()))
    good = run("inspect", tree, "--expected", wanted)
    assert (good.exit_code, "2 counts: 2 equal" in good.stdout) == (0, True), "the list itself is no report"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["inspect", "import"])
def test_a_folder_without_files_is_an_error_with_its_remedy(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    told = run(command, tmp_path / "empty")
    assert told.exit_code == 1
    assert "holds no file" in told.stderr and "Give a folder" in told.stderr
    as_json = json.loads(run(command, tmp_path / "empty", "--json").stdout)
    assert not as_json["ok"] and "holds no file" in as_json["problems"][0]


def test_as_many_files_as_an_archive_may_hold(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS", 1)
    with pytest.raises(IntakeError, match="more than 1 files"):
        folders.files([tree])


@pytest.mark.django_db(transaction=True)
def test_an_import_reads_the_same_files(tree: Path) -> None:
    (tree / "deep" / "tables").mkdir(parents=True)
    (tree / "deep" / "tables" / "unit.csv").write_text("key,name,parent\nU-1,One,\n")
    (tree / "deep" / "notes.csv").write_text("what,ever\n1,2\n")
    told = json.loads(run("import", tree, "--json").stdout)
    assert [(row["noun"], row["added"]) for row in told["tables"]] == [("unit", 1)]
    states = {row["name"]: row["state"] for row in told["scans"]}
    assert states == {"a/deep/report.json": "landed", "b/report.json": "landed", "deep/notes.csv": "refused"}
    assert Scan.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_refused_table_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "unit.csv").write_text('key,name,parent\nU-1,"One\n')
    told = run("import", tmp_path / "in")
    assert (told.exit_code, "deep/unit.csv" in told.stderr) == (1, True), told.stderr


def test_feeds_are_found_in_any_depth_and_records_stay_one_folder(tmp_path: Path) -> None:
    kev = put(tmp_path / "all" / "cisa" / "kev.json", "kev.json")
    epss = put(tmp_path / "all" / "first" / "epss.csv", "epss.csv")
    assert _given([tmp_path / "all"]) == [kev, epss]
    for year in ("2030", "2031"):
        put(tmp_path / "all" / "records" / year / f"CVE-{year}-1.json", "kev.json")
    put(tmp_path / "all" / "records" / "README.md", "shop.spdx")
    assert _given([tmp_path / "all"]) == [kev, epss, tmp_path / "all" / "records"]
    assert _given([kev]) == [kev]


@pytest.mark.django_db(transaction=True)
def test_one_project_does_not_close_what_another_has(tmp_path: Path) -> None:
    """Bandit names no project: two reports of one name must be of two, and a third by itself as before."""
    results = json.loads((FILES / "results.bandit.json").read_text())
    put(tmp_path / "ci" / "shop" / "bandit.json", "results.bandit.json")
    (tmp_path / "ci" / "till").mkdir()
    elsewhere = {**results, "errors": [], "results": [{**results["results"][0], "filename": "till/other.py"}]}
    (tmp_path / "ci" / "till" / "bandit.json").write_text(json.dumps(elsewhere))
    told = json.loads(run("import", tmp_path / "ci", "--json").stdout)
    assert [row["counts"]["closed"] for row in told["scans"]] == [0, 0]
    assert sorted(Scan.objects.values_list("name", flat=True)) == ["shop › bandit.json", "till › bandit.json"]
    packed = tmp_path / "ci.zip"
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("a/x/gosec.json", (FILES / "results.gosec.json").read_bytes())
        out.writestr("a/y/other.json", (FILES / "image.grype.json").read_bytes())
    run("import", packed)
    assert Scan.objects.filter(name="gosec.json").exists(), "told apart only where that is needed"
