"""Tables in and out: the preview tells the truth, an import is whole or not at all, an export is its inverse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core import accounts, ledger, nouns
from accord.core.errors import Refused
from accord.core.imports import TextRow, TextTable, compare, import_tables, remove, save_row
from accord.core.models import LedgerEntry, User
from accord.core.nouns import Column, Noun
from accord.core.values import BadValue, Kind, parse, render
from accord.estate.models import Asset, AssetIdentity, System
from accord.organization.models import Goal, Unit
from accord.site import exchange

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> User:
    return accounts.operator()


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split()
    cells = [dict(zip(names, row.split("|"), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


def world(actor: User) -> None:
    """Two of everything that other rows refer to."""
    import_tables(
        actor,
        [
            table("unit", "key name", "U-1|One", "U-2|Two"),
            table("person", "key name", "P-1|Ada", "P-2|Bo"),
            table("goal", "key name", "G-1|Grow", "G-2|Last"),
            table("capability", "key name", "C-1|Sell", "C-2|Ship"),
            table("system", "key name", "S-1|Shop", "S-2|Store"),
            table("asset", "key name kind", "A-1|web|host", "A-2|db|host"),
        ],
    )


def test_the_preview_writes_nothing_and_the_import_does_what_it_said(actor: User) -> None:
    given_ = [table("unit", "key name parent", "U-1|Board|", "U-2|Sales|U-1")]
    found = compare(given_)
    assert (len(found.added), Unit.objects.count()) == (2, 0)
    import_tables(actor, given_, expected=found.digest())
    assert Unit.objects.get(key="U-2").parent == Unit.objects.get(key="U-1")
    again = compare(given_)
    assert again.is_empty
    assert again.unchanged["unit"] == 2


def test_one_refused_row_leaves_everything_as_it_was(actor: User) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refused:
        import_tables(actor, [table("unit", "key name parent", "U-1|One|", "U-2|Two|U-9")])
    assert not Unit.objects.exists()
    assert LedgerEntry.objects.count() == before
    problem = refused.value.problems[0]
    assert (problem.table, problem.row, problem.column) == ("unit", 3, "parent")
    assert "U-9" in problem.reason
    assert problem.remedy


@pytest.mark.parametrize(
    ("given_", "place", "words"),
    [
        (table("unit", "key name colour", "U|One|red"), (1, "colour"), "not a column"),
        (table("unit", "name", "One"), (1, "key"), "missing"),
        (table("unit", "key name", "|One"), (2, "key"), "blank"),
        (table("unit", "key name", "U|"), (2, "name"), "blank"),
        (table("unit", "key name", "U|One", "U|Two"), (3, "key"), "row 2"),
        (table("unit", "key name parent", "U|One|V", "V|Two|U"), (2, "parent"), "above itself"),
        (table("goal", "key name weight", "G|Goal|-1"), (2, "weight"), "below 0"),
        (table("goal", "key name due", "G|Goal|31.12.2027"), (2, "due"), "not a date"),
        (table("system", "key name cost_per_year", "S|Sys|12 USD"), (2, "cost_per_year"), "not in EUR"),
        (table("system", "key name reach", "S|Sys|moon"), (2, "reach"), "choices"),
        (table("system", "key name introduced retire_by", "S|Sys|2027-01-01|2026-01-01"), (2, "retire_by"), "before"),
        (table("asset", "key name kind addresses", "A|a|host|300.1.1.1"), (2, "addresses"), "IP address"),
        (table("person", "key name heads_unit", "P|Ada|maybe"), (2, "heads_unit"), "yes nor no"),
    ],
)  # fmt: skip
def test_a_bad_value_is_told_by_row_and_column(given_: TextTable, place: tuple[int, str], words: str) -> None:
    found = compare([given_])
    assert next((p.row, p.column) for p in found.refused) == place
    assert words in found.refused[0].reason
    assert found.refused[0].remedy


def test_an_unknown_table_is_refused() -> None:
    assert "not a table" in compare([table("units", "key", "U")]).refused[0].reason


def test_shares_out_of_one_thing_sum_to_at_most_one(actor: User) -> None:
    world(actor)
    import_tables(actor, [table("goal_capability", "goal capability share", "G-1|C-1|0.7")])
    over = compare([table("goal_capability", "goal capability share", "G-1|C-2|0.4")])
    assert "1.1" in over.refused[0].reason
    moved = compare([table("goal_capability", "goal capability share", "G-1|C-1|0.6", "G-1|C-2|0.4")])
    assert moved.can_apply


def test_a_column_that_is_not_in_the_file_is_left_alone(actor: User) -> None:
    import_tables(actor, [table("system", "key name reach", "S|Shop|internet")])
    import_tables(actor, [table("system", "key name", "S|Web shop")])
    assert System.objects.get().reach == "internet"
    import_tables(actor, [table("system", "key reach", "S|")])
    assert System.objects.get().reach == ""


def test_a_form_that_somebody_overtook_is_refused_not_lost(actor: User) -> None:
    noun = nouns.get("unit")
    save_row(actor, noun, {"key": "U", "name": "One"})
    seen = noun.row(Unit.objects.get())
    save_row(actor, noun, {"key": "U", "name": "Two"}, expected=seen)
    with pytest.raises(Refused, match="while you were looking"):
        save_row(actor, noun, {"key": "U", "name": "Three"}, expected=seen)
    assert Unit.objects.get().name == "Two"


def test_what_is_still_used_cannot_be_removed(actor: User) -> None:
    import_tables(actor, [table("unit", "key name parent", "U-1|One|", "U-2|Two|U-1")])
    with pytest.raises(Refused, match="still used"):
        remove(actor, nouns.get("unit"), Unit.objects.get(key="U-1"))
    remove(actor, nouns.get("unit"), Unit.objects.get(key="U-2"))
    assert LedgerEntry.objects.order_by("-number").first().verb == "remove"  # type: ignore[union-attr]
    assert ledger.verify().holds


def test_every_row_that_an_import_writes_has_its_entry(actor: User) -> None:
    world(actor)
    for noun in ("unit", "goal", "system", "asset"):
        assert LedgerEntry.objects.filter(noun=noun, verb="add").count() == 2


def test_the_index_of_names_follows_the_assets(actor: User) -> None:
    row = "A|Web One|host|web1.example; WEB1|192.0.2.1"
    import_tables(actor, [table("asset", "key name kind hostnames addresses", row)])
    found = set(AssetIdentity.objects.values_list("scheme", "value"))
    assert {
        ("hostname", "web1.example"),
        ("hostname", "web1"),
        ("address", "192.0.2.1"),
        ("key", "a"),
    } <= found
    import_tables(actor, [table("asset", "key addresses", "A|192.0.2.7")])
    assert not AssetIdentity.objects.filter(value="192.0.2.1").exists()
    assert AssetIdentity.objects.filter(value="192.0.2.7").count() == 1
    remove(actor, nouns.get("asset"), Asset.objects.get())
    assert not AssetIdentity.objects.exists()


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
).filter(lambda text: text.strip() != "")
VALUES: dict[Kind, st.SearchStrategy[str]] = {
    Kind.TEXT: TEXTS,
    Kind.LONG: TEXTS,
    Kind.INT: st.integers(1, 5).map(str),
    Kind.DECIMAL: st.decimals(0, 10, places=3).map(str),
    Kind.MONEY: st.decimals(0, 10**9, places=2).map(str),
    Kind.SHARE: st.sampled_from(["0", "0.25", "0.5", "33.3%"]),
    Kind.DATE: st.dates(date(1990, 1, 1), date(2040, 1, 1)).map(str),
    Kind.BOOL: st.sampled_from(["yes", "no"]),
    Kind.QUARTER: st.sampled_from(["2027-Q1", "2028-Q4"]),
    Kind.LIST: st.just("repo:a; repo:b"),
}
BY_NAME = {"addresses": "192.0.2.1; 2001:db8::1", "hostnames": "=cmd.example; -x"}


def _cell(draw: st.DrawFn, column: Column, index: int) -> str:
    if column.kind is Kind.KEY:
        return f"K{index}"
    if column.kind is Kind.REF:
        return f"{_prefix(column.noun)}-{index + 1 if column.key else draw(st.integers(1, 2))}"
    if column.kind is Kind.CHOICE:
        return draw(st.sampled_from([value for value, _ in column.choices]))
    if not (column.required or column.key) and draw(st.booleans()):
        return ""
    return BY_NAME.get(column.name) or draw(VALUES[column.kind])


def _prefix(noun: str) -> str:
    return {"unit": "U", "person": "P", "goal": "G", "capability": "C", "system": "S", "asset": "A"}[noun]


ROOMS_HERE = ("organization.", "estate.")
NOUNS = [n.name for n in nouns.everything() if n.model_label.startswith(ROOMS_HERE)]


@pytest.mark.parametrize("name", NOUNS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_import_of_an_export_changes_nothing(name: str, actor: User, data: st.DataObject) -> None:
    noun = nouns.get(name)
    if not Goal.objects.exists():
        world(actor)
    for index in range(2):
        values = {c.name: _cell(data.draw, c, index) for c in noun.columns}  # type: ignore[arg-type]
        if name == "dependency":
            values |= {"system": f"S-{index + 1}", "depends_on": f"S-{2 - index}"}
        if noun.tree:
            values[noun.tree] = ""
        try:
            save_row(actor, noun, values)
        except Refused as refused:
            assert all("before" in p.reason for p in refused.problems), (
                refused
            )  # two dates in the wrong order
    for form, suffix in ((exchange.csv_bytes(name), "csv"), (exchange.workbook([name]), "xlsx")):
        found = compare(exchange.tables_of(f"{name}.{suffix}", form))
        assert found.refused == []
        assert [c.pairs() for c in found.changed] == []
        assert found.is_empty
        assert found.unchanged[name] == noun.model._default_manager.count()


@given(st.decimals(-(10**9), 10**9, places=6))
def test_a_decimal_survives_its_text(value: Decimal) -> None:
    assert parse(Kind.DECIMAL, render(value)) == value


@given(st.sampled_from(list(Kind)), st.text(max_size=40))
def test_parsing_any_text_gives_a_value_or_a_reason(kind: Kind, text: str) -> None:
    try:
        value = parse(kind, text)
    except BadValue as error:
        assert error.reason and error.remedy
    else:
        assert value is None or value == [] or parse(kind, render(value)) == value


def everything_has_a_model() -> Iterator[tuple[Noun, Any]]:
    for noun in nouns.everything():
        yield noun, noun.model


def test_every_column_stands_on_a_field_of_its_model() -> None:
    for noun, model in everything_has_a_model():
        names = {field.name for field in model._meta.get_fields()}
        assert {c.attribute for c in noun.columns} <= names, noun.name
