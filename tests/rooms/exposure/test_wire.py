"""Values that are written as text: PostgreSQL and SQLite read back what was given."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accord.exposure.services import wire

ODD = [
    "",
    "a",
    "\\N",
    "tab\there",
    "two\nlines\r",
    "back\\slash",
    'quo"te',
    "{1,2}",
    "NULL",
    "null",
    "ä €",
    "it's 5 %s",
]
COLUMNS: list[tuple[str, list[Any]]] = [
    ("text", ODD),
    ("text", [None, *ODD[1:]]),
    ("text", ["same"] * len(ODD)),
    ("bigint", [-(2**63), 2**63 - 1, *range(10)]),
    ("bigint", [None, *range(11)]),
    ("bigint", [None] * 12),
    ("double precision", [0.1, 1e300, -2.5, 7, 7.5, None, 1 / 3, 2, 3, 4, 5, 6.25]),
    ("double precision", [0.1, 1e300, -2.5, 7, 7.5, 0, 1 / 3, 2, 3, 4, 5, 6.25]),
    ("boolean", [True, False, None] * 4),
    ("boolean", [True] * 12),
    ("timestamptz", [datetime(2024, 2, 29, 23, 59, 59, at, UTC) for at in (*range(0, 900_000, 90_000), 999_999, 1)]),
]


@pytest.mark.postgres
@pytest.mark.usefixtures("db")
def test_copy_and_arrays_bring_what_was_given() -> None:
    names = [f"c{at}" for at in range(len(COLUMNS))]
    with connection.cursor() as cursor:
        made = ", ".join(f"{name} {kind}" for name, (kind, _) in zip(names, COLUMNS, strict=True))
        cursor.execute(f"CREATE TEMPORARY TABLE written (at serial, {made}) ON COMMIT DROP")
        lines = wire.copy_lines([values for _, values in COLUMNS])
        assert lines is not None
        with cursor.cursor.copy(f"COPY written ({', '.join(names)}) FROM STDIN") as copy:
            copy.write(lines)
        cursor.execute(f"SELECT {', '.join(names)} FROM written ORDER BY at")
        assert [list(column) for column in zip(*cursor.fetchall(), strict=True)] == [held for _, held in COLUMNS]
        for kind, values in COLUMNS:
            cursor.execute(f"SELECT %s::{kind}[]", [wire.array_text(values)])
            assert cursor.fetchone()[0] == values
        cursor.execute("SELECT (%s::timestamptz)::text", [COLUMNS[-1][1][0]])
        assert cursor.fetchone()[0] == wire.moment_text(COLUMNS[-1][1][0])
        cursor.execute("SELECT (%s::timestamptz)::text", [COLUMNS[-1][1][1]])
        assert cursor.fetchone()[0] == wire.moment_text(COLUMNS[-1][1][1])


def test_a_moment_is_told_in_utc() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    assert wire.moment_text(datetime(2024, 1, 1, 2, 0, 0, 120_000, there)) == "2023-12-31 20:30:00.12+00"
    assert wire.moment_text(datetime(2024, 1, 1, 2, 0, 10, tzinfo=UTC)) == "2024-01-01 02:00:10+00"


@pytest.mark.parametrize(
    "values", [[b"x"], [1, "x"], [True, 2], [{}], [object]], ids=("bytes", "mixed", "truth", "object", "type")
)
def test_what_is_not_plain_is_left_to_the_driver(values: Sequence[Any]) -> None:
    assert wire.copy_lines([values]) is None
    assert wire.array_text(values) is None


@given(st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text()))
def test_a_literal_is_the_value_or_is_not_written(value: Any) -> None:
    written = wire.literal(value)
    if written is None:
        assert isinstance(value, str | float)
        return
    assert "%" not in written
    found = sqlite3.connect(":memory:").execute(f"SELECT {written}").fetchone()[0]
    assert found == value
    assert type(found) is type(value) or isinstance(value, bool)
