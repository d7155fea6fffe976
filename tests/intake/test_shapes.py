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

from accord.intake.records import IntakeError, Observation, Refusal
from accord.intake.registry import format_named
from accord.intake.safe.source import Source

DOCUMENTS = [name for name in SAMPLES if name.endswith((".json", ".sarif"))]
# Lists that are no list of rows: a table's columns and cells.
TABLES = {"header", "rows"}


def read(name: str, told: Any) -> tuple[int, int] | None:
    """How many observations and refused rows; None where the file as a whole is refused."""
    source = Source(BytesIO(json.dumps(told).encode()), None, "shape")
    try:
        records = list(format_named(SAMPLES[name]).read(source))
    except IntakeError:
        return None
    return (
        sum(isinstance(one, Observation) for one in records),
        sum(isinstance(one, Refusal) for one in records),
    )


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
