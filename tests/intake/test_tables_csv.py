"""CSV reading: encodings, separators, quotes, bounds and the place of each error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.tables import Limits, TableError, read_csv, read_tables

HEADER = "key,name,note\r\n"


def cells(data: bytes, **options: object) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_csv("system.csv", data, **options).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_reads_each_encoding_that_it_promises(encoding: str) -> None:
    text = HEADER + "crm,Кадры & Löhne,日本\r\n"
    assert cells(text.encode(encoding)) == [{"key": "crm", "name": "Кадры & Löhne", "note": "日本"}]


def test_reads_utf16_of_both_byte_orders() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert cells(mark + "key\né\n".encode(encoding)) == [{"key": "é"}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("key,name\ncrm,Löhne\n".encode("latin-1"), "not in UTF-8"),
        ("key,name\ncrm,Löhne\n".encode("utf-32"), "UTF-32"),
        (b"\xff\xfek\x00e\x00y\x00\n\x00\xd8", "not in UTF-16"),
        ("key\nä\n".encode("utf-16-le"), "UTF-8"),
    ],
)
def test_other_encodings_are_refused_with_the_remedy(data: bytes, words: str) -> None:
    with pytest.raises(TableError) as caught:
        read_csv("system.csv", data)
    assert words in caught.value.problem or words in caught.value.remedy


def test_wrong_encoding_names_the_line() -> None:
    with pytest.raises(TableError) as caught:
        read_csv("system.csv", "key,name\na,b\nc,ü\n".encode("latin-1"))
    assert caught.value.row == 3
    assert caught.value.remedy == "Save the file as “CSV UTF-8”"


def test_utf16_without_mark_is_refused_not_read_as_nul_text() -> None:
    with pytest.raises(TableError):
        read_csv("system.csv", "key,name\na,b\n".encode("utf-16-le"))


def test_semicolon_is_found_from_the_header_even_with_commas_in_quotes() -> None:
    data = b'key;"name, long";note\r\ncrm;"a;b";1,5\r\n'
    assert cells(data) == [{"key": "crm", "name,_long": "a;b", "note": "1,5"}]


def test_separator_line_of_spreadsheet_programs_is_obeyed_and_counted() -> None:
    table = read_csv("x.csv", b"sep=;\r\nkey\r\na\r\n")
    assert table.columns == ("key",)
    assert [row.number for row in table.rows] == [3]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    data = b'key,name\n\n"a\nb",x\n,\nc,y\n'
    table = read_csv("system.csv", data)
    assert [(row.number, row.cells["key"]) for row in table.rows] == [(3, "a\nb"), (5, "c")]


def test_header_cells_are_read_as_column_names() -> None:
    table = read_csv("Goal capability.CSV", b" Key ,End of support,RTO-hours\na,,\n")
    assert table.columns == ("key", "end_of_support", "rto_hours")
    assert table.name == "goal_capability"


@pytest.mark.parametrize(
    "file", ["../../etc/system.csv", r"C:\users\system.csv", "system.csv", "/a/b/System.CSV"]
)
def test_table_is_named_after_the_file_without_its_folders(file: str) -> None:
    assert read_csv(file, b"key\na\n").name == "system"


@pytest.mark.parametrize(
    ("data", "row", "column", "problem"),
    [
        (b"", None, "", "no table"),
        (b"\r\n\r\n", None, "", "no table"),
        (b"key,key\na,b\n", 1, "key", "twice"),
        (b"key,,name\na,b,c\n", 1, "B", "without a name"),
        (b"key,name\na\n", 2, "", "1 cells but the header has 2"),
        (b"key,name\na,b,c\n", 2, "", "3 cells but the header has 2"),
        (b'key,name\na,"b\nc,d\n', 2, "", "never closed"),
        (b'key,name\na,"b"c\n', 2, "", "closing quote"),
        (b"key,name\na,b\nc,d\x00e\n", 3, "name", "NUL"),
        (b"key,name\na," + b"x" * 40_000 + b"\n", 2, "name", "40,000 characters"),
        (b"key,name\na," + b"x" * 200_000 + b"\n", 2, "", "far too long"),
    ],
)
def test_each_fault_names_its_place(data: bytes, row: int | None, column: str, problem: str) -> None:
    with pytest.raises(TableError) as caught:
        read_csv("system.csv", data)
    error = caught.value
    assert (error.file, error.row, error.column) == ("system.csv", row, column)
    assert problem in error.problem
    assert error.remedy and str(error).startswith("system.csv")


def test_extra_empty_cells_at_the_end_of_a_row_are_no_fault() -> None:
    assert cells(b"key,name,,\na,b,,\n") == [{"key": "a", "name": "b"}]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(rows=2), "more than 2 rows"),
        (Limits(columns=1), "more than 1 columns"),
        (Limits(cells=7), "exceeds 7 cells"),
        (Limits(characters=10), "10 characters"),
        (Limits(file_bytes=12), "larger than 12 bytes"),
    ],
)
def test_bounds_are_kept(limits: Limits, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_csv("system.csv", b"key,name\na,b\nc,d\ne,f\n", limits=limits)


def test_guarded_text_loses_exactly_one_apostrophe() -> None:
    data = b"key,a,b,c,d\nk,'=1+1,''=x,'quoted',-5\n"
    assert cells(data) == [{"key": "k", "a": "=1+1", "b": "'=x", "c": "'quoted'", "d": "-5"}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"<?xml version='1.0'?><x/>", "XML"),
    ],
)
def test_other_kinds_of_file_are_named(data: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_tables("system.csv", data)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_table_error(data: bytes) -> None:
    try:
        tables = read_tables("x.csv", data)
    except TableError as error:
        assert error.problem and error.remedy
    else:
        assert all(set(row.cells) == set(table.columns) for table in tables for row in table.rows)


@given(st.text(alphabet="ab,;\"\r\n\0= 'é", max_size=80))
def test_any_text_of_csv_signs_gives_a_table_or_a_table_error(text: str) -> None:
    try:
        read_csv("x.csv", text.encode())
    except TableError as error:
        assert error.problem and error.remedy
