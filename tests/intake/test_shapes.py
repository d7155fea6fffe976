"""Shapes in which reports really differ: an object where another report has a list of one, a row that nobody can read
beside rows that can. Neither crashes a reader, and neither loses what stands beside it in silence."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from accord_intake import FILES
from accord_samples import SAMPLES

from accord.intake.fingerprint import weakness
from accord.intake.records import Coverage, IntakeError, Observation, Refusal
from accord.intake.registry import format_named
from accord.intake.safe.source import Source

DOCUMENTS = [name for name in SAMPLES if name.endswith((".json", ".sarif"))]
# Lists that are no list of rows: a table's columns and cells.
TABLES = {"header", "rows"}


def records(name: str, told: Any) -> list[Any] | None:
    """What is read; None where the file as a whole is refused."""
    source = Source(BytesIO(json.dumps(told).encode()), None, "shape")
    try:
        return list(format_named(SAMPLES[name]).read(source))
    except IntakeError:
        return None


def read(name: str, told: Any) -> tuple[int, int] | None:
    """How many observations and refused rows; None where the file as a whole is refused."""
    found = records(name, told)
    if found is None:
        return None
    return sum(isinstance(one, Observation) for one in found), sum(isinstance(one, Refusal) for one in found)


def lists(told: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], list[Any]]]:
    """Every list of objects below the top."""
    if isinstance(told, dict):
        for key, one in told.items():
            yield from lists(one, (*path, key))
    elif isinstance(told, list):
        if told and isinstance(told[0], dict) and path and path[-1] not in TABLES:
            yield path, told
        for number, one in enumerate(told):
            yield from lists(one, (*path, number))


def once(told: Any) -> Iterator[tuple[tuple[str | int, ...], list[Any]]]:
    """The first list of each kind of place."""
    seen: set[tuple[str, ...]] = set()
    for path, found in lists(told):
        kind = tuple("[]" if isinstance(step, int) else step for step in path)
        if kind not in seen:
            seen.add(kind)
            yield path, found


def put(told: Any, path: tuple[str | int, ...], value: Any) -> Any:
    told = copy.deepcopy(told)
    inner = told
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return told


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_row_that_cannot_be_read_takes_no_other_with_it(name: str) -> None:
    told = json.loads((FILES / name).read_text(encoding="utf-8"))
    whole = read(name, told)
    assert whole is not None
    for path, found in once(told):
        changed = read(name, put(told, path, [{}, *found]))
        assert changed is None or changed[0] >= whole[0], path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_object_in_place_of_a_list_of_one(name: str) -> None:
    told = json.loads((FILES / name).read_text(encoding="utf-8"))
    for path, found in once(told):
        one, bare = read(name, put(told, path, found[:1])), read(name, put(told, path, found[0]))
        if one is None or bare is None:
            continue
        assert bare[0] >= one[0] or bare[1] > one[1], path


# A text is right there as well: the name of another package, an endpoint, a product.
TEXTS = {
    ("seven.npm-audit.json", "via"),
    ("findings.generic.json", "endpoints"),
    ("advisory.csaf.json", "product_status"),
}


def parts(told: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every list and object below the top."""
    if path and isinstance(told, dict | list):
        yield path, told
    inside = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for step, one in inside:
        yield from parts(one, (*path, step))


def kinds(told: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The first of each kind of place."""
    seen: set[tuple[str, ...]] = set()
    for path, found in parts(told):
        kind = tuple("[]" if isinstance(step, int) else step for step in path)
        if kind not in seen:
            seen.add(kind)
            yield path, found


def cut(told: Any, path: tuple[str | int, ...]) -> Any:
    told = copy.deepcopy(told)
    inner = told
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return told


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_stands_in_place_of_a_list_or_object_is_told(name: str) -> None:
    """Whatever loses findings has a refused row more than the report without that part, or the file is refused."""
    told = json.loads((FILES / name).read_text(encoding="utf-8"))
    whole = read(name, told)
    assert whole is not None
    silent = []
    for path, found in kinds(told):
        without = read(name, cut(told, path))
        for other in (7, "x", True, *([[1]] if isinstance(found, dict) else [])):
            changed = read(name, put(told, path, other))
            if changed is None or changed[0] >= whole[0] or without is None:
                continue
            if other == "x" and any((name, step) in TEXTS for step in path):
                continue
            if changed[1] <= min(whole[1], without[1]):
                silent.append((path, other, whole, changed, without))
    assert not silent, "\n".join(map(str, silent))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_in_place_of_a_list_or_object_is_nothing(name: str) -> None:
    """Null, which many programs write for an empty list, neither crashes a reader nor is read as a finding."""
    told = json.loads((FILES / name).read_text(encoding="utf-8"))
    whole = read(name, told)
    assert whole is not None
    for path, found in kinds(told):
        for nothing in (None, "", {} if isinstance(found, list) else []):
            changed = read(name, put(told, path, nothing))
            assert changed is None or sum(changed) <= 3 * sum(whole), path


# A text there is another name of the same weakness.
OTHER_NAMES = {("new.pip-audit.json", "aliases")}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_is_closed_by_a_scan_that_lost_a_part(name: str) -> None:
    """Whatever is not seen any more because something else stands in place of a list or object was not looked for."""
    told = json.loads((FILES / name).read_text(encoding="utf-8"))
    whole = [one for one in records(name, told) or () if isinstance(one, Observation)]
    closed: list[tuple[Any, ...]] = []
    for path, _ in kinds(told):
        for other in (7, "x", True):
            if other == "x" and any((name, step) in TEXTS | OTHER_NAMES for step in path):
                continue
            found = records(name, put(told, path, other))
            if found is None:
                continue
            closed += [(path, other, one) for one in covered(whole, found)]
            if any(isinstance(one, Refusal) and "stands here" in one.problem and not one.target for one in found):
                closed += [
                    (path, other, one) for one in found if isinstance(one, Coverage) and one.complete is not False
                ]
    assert not closed, "\n".join(map(str, closed))


def covered(whole: list[Observation], found: list[Any]) -> Iterator[Observation]:
    """The observations that are not among these records, though the coverage there says that they were looked for."""
    seen = {(one.target, weakness(one)) for one in found if isinstance(one, Observation)}
    told = [one for one in found if isinstance(one, Coverage)]
    for one in whole:
        asked = (one.check, one.group, one.needs_credentials, one.protocol, one.port)
        unseen = (one.target, weakness(one)) not in seen
        if unseen and any(each.target == one.target and each.covers(*asked) for each in told):
            yield one
