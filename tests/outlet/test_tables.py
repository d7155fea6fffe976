"""Writing tables: reading back gives the same texts, no formulas, equal bytes for equal data."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accord.intake.tables import read_csv, read_workbook
from accord.outlet.tables import Sheet, guarded, stream_csv, write_csv, write_workbook

COLUMNS = ("key", "name", "value")
AWKWARD = [
    "", " ", "'", "''", "'=1", "''=1", "=1+1", "+1", "-1", "-1.50", "-x", "@a", "\t=1", "\r", "\n", "\r\n",
    " =1", "' =1", "\uff1d1", "0", "00", "007", "1.0", "1.50", "-0", "12345678901234567890", "1e5", "NaN",
    "yes", "TRUE", "#N/A", "2027-01-31", "1900-02-29", "2027-1-1", "a,b;c", 'say "no"', "_x000D_", "_x0041_",
    "_x005F_", "\x01\x1f", "\x7f", "\ufeff", "\ufffe", "\U0001d518nicode", "é", "e\u0301", "line\nbreak",
    "sep=;", "{{x}}", "<b>&amp;", "0.1", "999999999999999",
]  # fmt: skip
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
cell = st.sampled_from(AWKWARD) | text
# A row without any text is no row to a reader, so each generated row has a key.
row = st.fixed_dictionaries({"key": cell.filter(bool), "name": cell, "value": cell})


def plain(rows: object) -> list[dict[str, str]]:
    return [dict(found.cells) for found in rows]  # type: ignore[attr-defined]


@settings(deadline=None)
@given(st.lists(row, max_size=6))
@example([{"key": "k", "name": found, "value": found} for found in AWKWARD])
def test_csv_reads_back_as_written(rows: list[dict[str, str]]) -> None:
    table = read_csv("system.csv", write_csv(Sheet("system", COLUMNS, rows)))
    assert table.columns == COLUMNS
    assert plain(table.rows) == rows


@settings(deadline=None, max_examples=60)
@given(st.lists(row, max_size=6))
@example([{"key": "k", "name": found, "value": found} for found in AWKWARD])
def test_workbook_reads_back_as_written(rows: list[dict[str, str]]) -> None:
    sheet = Sheet("system", COLUMNS, rows, numbers=frozenset({"name"}), dates=frozenset({"value"}))
    (table,) = read_workbook("b.xlsx", write_workbook([sheet]))
    assert table.columns == COLUMNS
    assert plain(table.rows) == rows


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_numbers_read_back_as_written(value: object) -> None:
    rows = [{"key": "a", "name": str(value), "value": f"{value:f}".rstrip("0").rstrip(".")}]
    sheet = Sheet("s", COLUMNS, rows, numbers=frozenset({"name", "value"}))
    assert plain(read_workbook("b.xlsx", write_workbook([sheet]))[0].rows) == rows


@given(cell)
def test_no_exported_text_starts_a_formula(value: str) -> None:
    written = guarded(value)
    first = written.lstrip()[:1]
    plain_negative = written.startswith("-") and written[1:].replace(".", "", 1).isdigit()
    assert first not in tuple("=+-@\uff1d\uff0b\uff0d\uff20") or plain_negative
    assert written[:1] not in ("\t", "\r", "\n")


def test_csv_is_rfc_4180_with_signature() -> None:
    data = write_csv(Sheet("s", ("key", "note"), [{"key": "a", "note": 'x "y"\nz'}]))
    assert data == b'\xef\xbb\xbfkey,note\r\na,"x ""y""\nz"\r\n'
    assert write_csv(Sheet("s", ("key",), []), signature=False) == b"key\r\n"


def test_streamed_csv_comes_in_pieces_and_is_whole() -> None:
    rows = [[str(number), "é"] for number in range(1_203)]
    pieces = list(stream_csv(("key", "name"), rows))
    assert len(pieces) == 3
    read = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))
    assert read == [["key", "name"], *rows]


def test_another_reader_sees_types_and_layout() -> None:
    rows = [{"key": "007", "name": "=1+1", "value": "12.5"}, {"key": "b", "name": "", "value": "1.50"}]
    rows[1]["name"] = "2027-01-31"
    sheet = Sheet("system", COLUMNS, rows, numbers=frozenset({"value"}), dates=frozenset({"name"}))
    book = load_workbook(io.BytesIO(write_workbook([sheet, Sheet("goal", ("key",), [])])))
    page = book["system"]
    assert book.sheetnames == ["system", "goal"]
    assert page.freeze_panes == "A2"
    assert page["A1"].font.bold
    assert (page["A2"].value, page["A2"].data_type) == ("007", "s")
    assert (page["B2"].value, page["B2"].data_type) == ("=1+1", "s")
    assert (page["C2"].value, page["C2"].data_type) == (12.5, "n")
    assert page["C3"].value == "1.50"
    assert page["B3"].value == datetime.fromisoformat("2027-01-31") and page["B3"].is_date
    assert date.fromisoformat("2027-01-31") == page["B3"].value.date()
    assert page.column_dimensions["A"].number_format == "@"


def test_equal_data_gives_equal_bytes_and_the_moment_is_shown() -> None:
    sheet = Sheet("system", COLUMNS, [{"key": "a", "name": "b", "value": "c"}])
    moment = datetime.fromisoformat("2027-03-01T12:30:00")
    first = write_workbook([sheet], moment=moment)
    assert first == write_workbook([sheet], moment=moment)
    assert load_workbook(io.BytesIO(first)).properties.modified == moment
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_no_workbook_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="title of a sheet"):
        write_workbook([Sheet("a/b", ("key",), [])])
    with pytest.raises(ValueError, match="does not fit a cell"):
        write_workbook([Sheet("a", ("key",), [{"key": "x" * 32_768}])])
