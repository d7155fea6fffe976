"""The sample company goes through the gate that a customer's tables go through, and changes nothing the second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accord.core import nouns
from accord.core.imports import compare, import_tables
from accord.core.models import User
from accord.intake.tables import read_tables
from accord.site.sample import SampleCompany, generate

pytestmark = pytest.mark.django_db


def _tables(company: SampleCompany) -> list[Any]:
    """The tables of the rooms that are there."""
    return [
        table
        for path in sorted(company.tables.glob("*.csv"))
        if nouns.find(path.stem)
        for table in read_tables(path.name, path.read_bytes())
    ]


def test_every_row_is_taken_and_the_second_time_none_changes(tmp_path: Path) -> None:
    company = generate(tmp_path)
    actor = User.objects.create(email="loader@veldrana.example", name="Loader")
    tables = _tables(company)
    assert {table.name for table in tables} >= {"unit", "person", "goal", "system", "asset", "initiative"}
    found = compare(tables)
    assert not found.refused, "\n".join(map(str, found.refused[:20]))
    assert len(found.added) == sum(len(list(table.rows)) for table in tables)
    import_tables(actor, tables)
    assert compare(_tables(company)).is_empty
