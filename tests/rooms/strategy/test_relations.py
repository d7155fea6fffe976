"""Prerequisites in a circle are refused, by name; the gate undoes the whole write."""

from __future__ import annotations

import pytest

from accord.core import nouns
from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, import_tables, save_row
from accord.core.models import User
from accord.strategy.models import Initiative, InitiativeRelation
from accord.strategy.relations import circle


def test_circle_finds_the_keys_along_it() -> None:
    assert circle([("a", "b"), ("b", "c"), ("x", "a")]) == []
    found = circle([("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")])
    assert found[0] == found[-1] and set(found) == {"a", "b", "c"}
    assert circle([("a", "a")]) == ["a", "a"]
    assert circle([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]) == []


def _table(name: str, columns: list[str], rows: list[list[str]]) -> TextTable:
    lines = [TextRow(n, dict(zip(columns, row, strict=True))) for n, row in enumerate(rows, 2)]
    return TextTable(name, columns, lines)


@pytest.mark.django_db
def test_a_write_that_closes_a_circle_is_refused_whole() -> None:
    cio = User.objects.create_user("cio@example.org", "correct horse battery", name="Cio")
    columns = ["key", "name", "sponsor", "duration_quarters"]
    initiatives = _table("initiative", columns, [[k, k.upper(), "cio", "2"] for k in "abc"])
    relations = _table("initiative_relation", ["initiative", "kind", "other"], [["a", "requires", "b"]])
    import_tables(cio, [initiatives, relations])
    more = _table(
        "initiative_relation",
        ["initiative", "kind", "other"],
        [["b", "requires", "c"], ["c", "requires", "a"]],
    )
    with pytest.raises(Refused, match="circle") as refused:
        import_tables(cio, [more])
    assert refused.value.problems[0].table == "initiative_relation"
    assert refused.value.problems[0].row in {2, 3}
    assert InitiativeRelation.objects.count() == 1


@pytest.mark.django_db
def test_a_window_must_be_in_order_and_a_duration_in_range() -> None:
    cio = User.objects.create_user("cio@example.org", "correct horse battery", name="Cio")
    noun = nouns.get("initiative")
    good = {"key": "a", "name": "A", "sponsor": "cio", "duration_quarters": "2"}
    with pytest.raises(Refused, match="before the earliest start"):
        save_row(cio, noun, {**good, "earliest_start": "2028-Q1", "latest_start": "2027-Q4"})
    with pytest.raises(Refused, match="above 12"):
        save_row(cio, noun, {**good, "duration_quarters": "13"})
    save_row(cio, noun, {**good, "earliest_start": "2027Q1"})
    assert Initiative.objects.get().earliest_start == "2027-Q1"
