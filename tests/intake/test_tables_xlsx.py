"""XLSX reading: canonical cell texts, formulas, hostile archives and damaged bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import MAC_EPOCH

from accord.intake.tables import Limits, TableError, read_tables, read_workbook

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def workbook(*rows: list[Any], title: str = "system") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(book)


def with_part(data: bytes, part: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


def with_sheet(body: str) -> bytes:
    sheet = f"<worksheet {NS}><sheetData>{body}</sheetData></worksheet>"
    return with_part(workbook(["key"]), "xl/worksheets/sheet1.xml", sheet.encode())


def refused(data: bytes, **options: Any) -> TableError:
    with pytest.raises(TableError) as caught:
        read_workbook("book.xlsx", data, **options)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (1234567.25, "1234567.25"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        (999999999999999, "999999999999999"),
        (True, "yes"),
        (False, "no"),
        (date(2027, 1, 31), "2027-01-31"),
        (datetime.fromisoformat("2027-01-31T14:05:00"), "2027-01-31T14:05:00"),
        (time(8, 30), "08:30:00"),
        ("007", "007"),
        ("  padded ", "  padded "),
        ("line\nbreak", "line\nbreak"),
        (None, ""),
    ],
)
def test_cells_become_canonical_text(value: object, text: str) -> None:
    table = read_workbook("b.xlsx", workbook(["key", "value"], ["a", value]))[0]
    assert table.rows[0].cells == {"key": "a", "value": text}


def test_share_shown_as_percent_is_read_as_a_fraction() -> None:
    book = Workbook()
    book.active.append(["share"])
    book.active.append([0.25])
    book.active["A2"].number_format = "0%"
    assert read_workbook("b.xlsx", saved(book))[0].rows[0].cells == {"share": "0.25"}


def test_dates_of_the_1904_calendar() -> None:
    book = Workbook()
    book.epoch = MAC_EPOCH
    book.active.append(["day"])
    book.active.append([date(2027, 1, 31)])
    assert read_workbook("b.xlsx", saved(book))[0].rows[0].cells == {"day": "2027-01-31"}


def test_sheets_are_named_as_nouns_and_empty_ones_left_out() -> None:
    book = Workbook()
    book.active.title = "Goal capability"
    book.active.append(["Goal", "Share"])
    book.create_sheet("Sheet2")
    book.create_chartsheet("Chart")
    tables = read_workbook("b.xlsx", saved(book))
    assert [(table.name, table.columns, table.rows) for table in tables] == [
        ("goal_capability", ("goal", "share"), ())
    ]


def test_rows_keep_their_number_and_missing_cells_are_empty() -> None:
    book = Workbook()
    book.active.append(["key", "name", "note"])
    book.active["A5"] = "a"
    book.active["B9"] = "b"
    rows = read_workbook("b.xlsx", saved(book))[0].rows
    assert [(row.number, list(row.cells.values())) for row in rows] == [
        (5, ["a", "", ""]),
        (9, ["", "b", ""]),
    ]


def test_formula_counts_as_its_stored_result() -> None:
    data = with_sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>cost</t></is></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>A9&amp;"x"</f><v>shown</v></c></row>'
        '<row r="4"><c r="A4" t="str"><f>""</f><v></v></c></row>'
    )
    assert [row.cells["cost"] for row in read_workbook("b.xlsx", data)[0].rows] == ["2", "shown"]


def test_formula_without_a_stored_result_is_refused_not_read_as_blank() -> None:
    error = refused(workbook(["key", "cost"], ["a", "=1+1"]))
    assert (error.sheet, error.row, error.column) == ("system", 2, "cost")
    assert "formula" in error.problem


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('<c r="B2" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="B2"><v>12345678901234567</v></c>', "15 digits"),
        ('<c r="B2"><v>1e999</v></c>', "15 digits"),
        ('<c r="B2"><v>nan</v></c>', "holds none"),
        ('<c r="B2"><v>1e99999999999</v></c>', "holds none"),
        ('<c r="B2" t="s"><v>99</v></c>', "missing"),
        ('<c r="B2" t="s"><v>-1</v></c>', "missing"),
        ('<c r="B2" t="b"><v>7</v></c>', "neither"),
        ('<c r="B2" t="d"><v>2027-13-40</v></c>', "calendar"),
        ('<c r="B2" t="zz"><v>1</v></c>', "not known"),
        ('<c r="C9"><v>1</v></c>', "out of place"),
        ('<c r="A2"><v>1</v></c><c r="A2"><v>1</v></c>', "not in order"),
        ('<c r="B2" t="inlineStr"><is><t>a_x0000_b</t></is></c>', "NUL"),
    ],
)
def test_each_faulty_cell_is_refused_with_its_place(cell: str, words: str) -> None:
    head = '<row r="1"><c r="A1" t="str"><v>key</v></c><c r="B1" t="str"><v>cost</v></c></row>'
    error = refused(with_sheet(f'{head}<row r="2">{cell}</row>'))
    assert words in error.problem
    assert error.row == 2


def test_date_beyond_the_calendar_and_durations_are_refused() -> None:
    book = Workbook()
    book.active.append(["day"])
    book.active.append([99999999])
    book.active["A2"].number_format = "yyyy-mm-dd"
    assert "calendar" in refused(saved(book)).problem
    assert "duration" in refused(workbook(["rto"], [timedelta(hours=30)])).problem


def test_rich_text_is_joined_and_phonetic_guides_left_out() -> None:
    data = with_sheet(
        '<row><c t="inlineStr"><is><t>name</t></is></c></row>'
        '<row><c t="inlineStr"><is><r><t>Tok</t></r><r><t>yo</t></r>'
        '<rPh sb="0" eb="1"><t>XX</t></rPh></is></c></row>'
    )
    assert read_workbook("b.xlsx", data)[0].rows[0].cells == {"name": "Tokyo"}


def test_escaped_characters_are_restored() -> None:
    data = with_sheet(
        '<row><c t="str"><v>name</v></c></row>'
        '<row><c t="inlineStr"><is><t>a_x000D_b_x005F_x000D_c_xD800_</t></is></c></row>'
    )
    assert read_workbook("b.xlsx", data)[0].rows[0].cells == {"name": "a\rb_x000D_c_xD800_"}


def test_strict_workbooks_are_read() -> None:
    data = workbook(["key"], ["a"])
    strict = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            content = content.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            ).replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            new.writestr(name, content)
    assert read_workbook("b.xlsx", strict.getvalue())[0].rows[0].cells == {"key": "a"}


def test_zip_bomb_is_refused_from_the_directory() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 20_000_000)
    assert "unpacks to more than 200 times" in refused(target.getvalue()).problem


def test_archive_bounds_are_kept() -> None:
    data = workbook(["key"], ["a"])
    assert "entries" in refused(data, limits=Limits(entries=3)).problem
    assert "unpacks" in refused(data, limits=Limits(unpacked_bytes=1000)).problem
    assert "larger than" in refused(data, limits=Limits(file_bytes=100)).problem
    doubled = io.BytesIO()
    with zipfile.ZipFile(doubled, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    assert "same name" in refused(doubled.getvalue()).problem


def test_directory_that_understates_a_size_does_not_unpack_more() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", b"<x>" + b" " * 5_000_000 + b"</x>")
    data = bytearray(target.getvalue())
    true_size = (5_000_007).to_bytes(4, "little")
    assert data.count(true_size) == 2
    assert "damaged" in refused(bytes(data).replace(true_size, (500).to_bytes(4, "little"))).problem


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    ],
)
def test_document_types_and_entities_are_refused(head: str) -> None:
    body = f"{head}<worksheet {NS}><sheetData/></worksheet>"
    for encoding in ("utf-8", "utf-16"):
        data = with_part(workbook(["key"]), "xl/worksheets/sheet1.xml", body.encode(encoding))
        assert "document type" in refused(data).problem


def test_deep_nesting_is_refused() -> None:
    assert "nested" in refused(with_sheet("<row><c>" + "<v>" * 5_000)).problem


def test_false_dimensions_and_far_cells_cost_nothing() -> None:
    far = with_sheet(
        '<row r="1"><c r="A1" t="str"><v>key</v></c></row><row r="1048576"><c r="A1048576"/></row>'
    )
    assert read_workbook("b.xlsx", far)[0].rows == ()
    wide = with_sheet('<row r="1"><c r="A1" t="str"><v>key</v></c><c r="XFD1"><v>1</v></c></row>')
    assert "beyond the 200 columns" in refused(wide).problem
    late = with_sheet('<row r="1"><c r="A1" t="str"><v>key</v></c></row><row r="99999999999"/>')
    assert "not in order" in refused(late).problem


def test_encrypted_and_foreign_archives_are_named() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("hello.txt", b"hello")
    assert "not a workbook" in refused(target.getvalue()).problem
    locked = bytearray(target.getvalue())
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    assert "password" in refused(bytes(locked)).problem


def test_parts_outside_the_archive_are_not_followed() -> None:
    data = with_part(
        workbook(["key"]),
        "xl/_rels/workbook.xml.rels",
        b'<Relationships xmlns="x">'
        b'<Relationship Id="rId1" Type="x/worksheet" Target="../../../../etc/passwd"/></Relationships>',
    )
    assert "missing from the workbook" in refused(data).problem


def test_two_sheets_of_one_name_are_refused() -> None:
    book = Workbook()
    book.active.title = "goal unit"
    book.active.append(["key"])
    book.create_sheet("goal_unit").append(["key"])
    assert "two sheets" in refused(saved(book)).problem


VALID = workbook(["key", "name", "day"], ["a", "x & y", date(2027, 1, 1)], ["b", 2.5, None])


@settings(max_examples=150, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.none() | st.integers(0, len(VALID)),
)
def test_any_damage_to_the_archive_gives_tables_or_a_table_error(
    edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(VALID)
    for place, value in edits:
        data[place] = value
    try:
        read_tables("b.xlsx", bytes(data[:cut]))
    except TableError as error:
        assert error.problem and error.remedy


PARTS = [name for name in zipfile.ZipFile(io.BytesIO(VALID)).namelist() if not name.startswith("docProps")]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_damage_to_a_part_gives_tables_or_a_table_error(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(PARTS))
    with zipfile.ZipFile(io.BytesIO(VALID)) as archive:
        content = bytearray(archive.read(part))
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 20))
    content[start : start + length] = data.draw(
        st.binary(max_size=20) | st.sampled_from([b'"', b"<c>", b"</row>"])
    )
    try:
        read_tables("b.xlsx", with_part(VALID, part, bytes(content)))
    except TableError as error:
        assert error.problem and error.remedy
