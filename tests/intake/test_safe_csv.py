"""CSV as a stream: headers below titles, delimiters, encodings, limits, quotes that never close."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.records import IntakeError
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

NEEDED = ("a", "b")


def rows(data: bytes | str, limits: Limits | None = None) -> list[Row]:
    given = data.encode() if isinstance(data, str) else data
    with table(Source(io.BytesIO(given), limits, "x"), NEEDED) as found:
        return list(found.rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_the_header_is_whole(delimiter: str) -> None:
    text = "A title, with; several | marks\n\n" + delimiter.join(["B", "A", "c"]) + "\n" + delimiter.join("123") + "\n"
    assert [(row.number, row.cells) for row in rows(text)] == [(4, {"b": "1", "a": "2", "c": "3"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    text = end.join(["a,b", '"é, with a comma","two', 'lines"', ""])
    (row,) = rows(text.encode(encoding))
    assert row.cells["a"] == "é, with a comma"
    assert row.cells["b"].split() == ["two", "lines"]


def test_rows_of_another_width_say_so() -> None:
    told = [(row.number, bool(row.problem)) for row in rows("a,b\n1\n1,2\n1,2,\n1,2,3\n\n,\n")]
    assert told == [(2, True), (3, False), (4, False), (5, True)]


def test_a_quote_that_never_closes() -> None:
    with pytest.raises(IntakeError, match="never closed") as caught:
        rows('a,b\n1,2\n"3,4\n5,6\n')
    assert caught.value.row == 3
    (whole,) = rows('a,b\n1,"2""\n')
    assert (whole.cells["b"].strip(), whole.problem) == ('2"', "")
    (cut,) = rows('a,b\n"1')
    assert cut.problem


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(IntakeError, match="not utf-8 text"):
        rows(b"a,b\n1,2\n\xff\xfe,3\n" + b"1,2\n" * 5)


@pytest.mark.parametrize("data", ["", "\n\n", "a;c\n1;2\n", "a\nb\n", '"a,b\n1,2\n'])
def test_without_the_header_there_is_no_table(data: str) -> None:
    with pytest.raises(IntakeError) as caught:
        rows(data)
    assert caught.value.remedy


def test_limits_on_cells_and_columns() -> None:
    with pytest.raises(IntakeError, match=r"too long|larger than"):
        rows("a,b\n1," + "x" * 3_000_000 + "\n", Limits(record_bytes=100_000))
    with pytest.raises(IntakeError, match="1,000 columns"):
        rows("a,b," + ",".join(map(str, range(2000))) + "\n1,2\n")


def test_the_limit_of_the_csv_module_is_as_before() -> None:
    before = csv.field_size_limit()
    rows("a,b\n1," + "x" * 1_000_000 + "\n")
    assert csv.field_size_limit() == before == 131_072


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=8))
def test_what_the_csv_module_writes_is_read_again(cells: list[tuple[str, str]]) -> None:
    kept = [row for row in cells if all("\x00" not in cell for cell in row)]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([NEEDED, *kept])
    found = rows(out.getvalue().encode("utf-8", "surrogatepass")) if _fit(kept) else []
    expected = [tuple(cell.strip() for cell in row) for row in kept if any(cell.strip() for cell in row)]
    if _fit(kept):
        assert [(row.cells["a"], row.cells["b"]) for row in found] == expected


def _fit(cells: list[tuple[str, str]]) -> bool:
    """Lone surrogates are no text; blanks before a quote are read as blanks of the export."""
    joined = "".join(cell for row in cells for cell in row)
    return joined.isprintable() and not any("\ud800" <= one <= "\udfff" for one in joined)
