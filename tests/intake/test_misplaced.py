"""What stands in place of a list or an object is told, and nothing is closed by a scan that may have lost findings."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from accord_intake import FILES

from accord.intake.inspection import inspect
from accord.intake.records import Coverage, IntakeError, Observation, Refusal, ScanEnd
from accord.intake.registry import format_named, read_scan
from accord.intake.safe import text as clean
from accord.intake.safe.notes import NOTES
from accord.intake.safe.source import Source


def image(**changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FILES / "image.trivy.json").read_text(encoding="utf-8"))
    return {**told, **changed}


def records(told: Any, form: str = "trivy") -> list[Any]:
    return list(format_named(form).read(Source(BytesIO(json.dumps(told).encode()), None, "shape")))


@pytest.mark.parametrize(
    ("found", "words"),
    [(7, "a number"), (0.5, "a number"), ("x", "a text"), (True, "true")],
)
def test_where_and_what_is_told(found: object, words: str) -> None:
    told = [one for one in records(image(Results=found)) if isinstance(one, Refusal)]
    assert [one.row for one in told] == ["Results"]
    assert told[0].problem == f"Other reports have a list where {words} stands here: what belongs there was not read."
    assert told[0].remedy


@pytest.mark.parametrize("nothing", [None, "", [], {}, False, 0])
def test_nothing_is_not_told(nothing: object) -> None:
    assert not [one for one in records(image(Results=nothing)) if isinstance(one, Refusal)]


def test_the_place_is_that_of_the_row() -> None:
    told = image()
    told["Results"][1]["Vulnerabilities"] = "x"
    assert "Results[1].Vulnerabilities" in [one.row for one in records(told) if isinstance(one, Refusal)]


def test_counts_agree_and_the_scan_is_not_complete() -> None:
    told = image()
    told["Results"][0]["Vulnerabilities"] = 7
    found = records(told)
    end = found[-1]
    assert isinstance(end, ScanEnd)
    assert end.refusals == sum(isinstance(one, Refusal) for one in found)
    assert end.observations == sum(isinstance(one, Observation) for one in found)
    assert end.complete is False
    covered = [one for one in found if isinstance(one, Coverage)]
    assert covered and all(one.complete is False for one in covered)


def cluster(*results: object) -> dict[str, Any]:
    """A report of workloads: each is told as covered as soon as its results are read."""
    row = {"Target": "img (alpine 3.1)", "Class": "os-pkgs", "Type": "alpine", "Vulnerabilities": []}
    named = [{"Namespace": "shop", "Kind": "Pod", "Name": f"p{number}"} for number in range(len(results))]
    given = [{**name, "Results": [row] if one is None else one} for name, one in zip(named, results, strict=True)]
    return {"ClusterName": "c", "SchemaVersion": 2, "Resources": given}


def test_what_was_covered_before_the_place_is_not_finished_either() -> None:
    whole = [one for one in records(cluster(None, None, [])) if isinstance(one, Coverage)]
    assert [one.complete for one in whole] == [None, None, None]
    found = records(cluster(None, None, 7))
    told = [one for one in found if isinstance(one, Coverage)]
    assert [(one.target[-2:], one.complete) for one in told] == [("p0", False), ("p1", False), ("p2", False)]
    assert isinstance(found[-1], ScanEnd)
    assert not found[-1].complete


def test_a_list_of_rows_of_any_target_that_is_not_there_leaves_none_finished() -> None:
    told = json.loads((FILES / "dependencies.gitlab.json").read_text(encoding="utf-8"))
    whole = [one for one in records(told, "gitlab") if isinstance(one, Coverage)]
    assert whole and all(one.complete is not False for one in whole)
    found = records({**told, "vulnerabilities": 7}, "gitlab")
    assert [one.row for one in found if isinstance(one, Refusal)] == ["vulnerabilities"]
    assert [one.complete for one in found if isinstance(one, Coverage)] == [False] * len(whole)


def test_a_workload_that_failed_leaves_the_others_as_they_are() -> None:
    report = cluster(None, None)
    report["Resources"][1]["Error"] = "no rights"
    told = {one.target[-2:]: one.complete for one in records(report) if isinstance(one, Coverage)}
    assert told == {"p0": None, "p1": False}


def test_a_file_in_which_no_scan_begins_is_refused() -> None:
    with pytest.raises(IntakeError, match="Other reports have a list where a number stands") as refused:
        records({"version": "2.1.0", "runs": 7}, "sarif")
    assert (refused.value.file, refused.value.row) == ("shape", "runs")


def test_an_inspection_counts_it() -> None:
    told = inspect(BytesIO(json.dumps(image(Results=7)).encode()), "image.json")
    assert (told.problem, told.instances, told.refused_rows, told.complete) == ("", 0, 1, False)


def test_notes_of_one_file_are_not_those_of_the_next() -> None:
    clean.listing("left by whoever read something else before")
    assert NOTES.held
    found = list(read_scan(FILES / "image.trivy.json"))
    assert not [one for one in found if isinstance(one, Refusal) and "Other reports" in one.problem]
    first, second = (read_scan(FILES / "image.trivy.json") for _ in range(2))
    mixed = [(next(first), next(second)) for _ in range(5)]
    assert all(one == other for one, other in mixed)


def test_many_places_are_told_once_each() -> None:
    told = image()
    told["Results"] = [{"Target": f"t{number}", "Class": "os-pkgs", "Vulnerabilities": 7} for number in range(300)]
    rows = [one.row for one in records(told) if isinstance(one, Refusal)]
    assert rows == [f"Results[{number}].Vulnerabilities" for number in range(300)]
