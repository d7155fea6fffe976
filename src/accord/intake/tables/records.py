"""What every table reader returns, and the one error that it raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one file may hold before it is refused.

    Bytes are bytes, characters are Unicode code points, ``ratio`` is unpacked bytes per packed byte of one
    archive entry. Rows are counted without the header, cells and characters over the whole file.
    """

    file_bytes: int = 64 * 2**20
    rows: int = 200_000
    columns: int = 200
    cells: int = 2_000_000
    cell_characters: int = 32_767
    characters: int = 64_000_000
    entries: int = 1_000
    unpacked_bytes: int = 256 * 2**20
    ratio: int = 200


LIMITS = Limits()


class TableError(Exception):
    """A file that cannot be read as tables: where, what is wrong and what to do about it.

    ``row`` is the row as a spreadsheet program counts it (the header is usually row 1), ``column`` the name
    in the header, or the column letter where there is no header yet. Empty or None = the whole file or sheet.
    """

    def __init__(self, file: str, sheet: str, row: int | None, column: str, problem: str, remedy: str) -> None:
        self.file = file
        self.sheet = sheet
        self.row = row
        self.column = column
        self.problem = problem
        self.remedy = remedy
        super().__init__(file, sheet, row, column, problem, remedy)

    def __str__(self) -> str:
        place = [self.file]
        if self.sheet:
            place.append(f"sheet {self.sheet}")
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.problem}. {self.remedy}."


@dataclass(frozen=True, slots=True)
class Row:
    """One row of text: ``cells`` has every column of the table; an empty cell is the empty string."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A named table of text with the columns in the order of the file."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Budget:
    """What is left of a file's allowance of cells and characters while it is being read."""

    cells: int
    characters: int

    @classmethod
    def of(cls, limits: Limits) -> Budget:
        return cls(limits.cells, limits.characters)


_SEPARATORS = re.compile(r"[\s\-]+")
# An apostrophe before a character that starts a formula is the mark of a guarded text (see outlet.tables).
_GUARDED = re.compile(r"'[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def plain_name(text: str) -> str:
    """Return a title or header cell as a noun or column name: ``Cost per year`` → ``cost_per_year``."""
    return _SEPARATORS.sub("_", text.strip()).lower()


def table_name(file: str) -> str:
    """Return the table name that a file name stands for, folders and extension left out."""
    return plain_name(PurePosixPath(file.replace("\\", "/")).stem)


def unguarded(text: str) -> str:
    """Take away the one apostrophe that guards a text against being run as a formula."""
    return text[1:] if _GUARDED.match(text) else text


def column_letter(index: int) -> str:
    """Return the spreadsheet letter of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Assembler:
    """Turn numbered records of text into a checked ``Table``: the rules that both file formats share."""

    def __init__(self, file: str, sheet: str, limits: Limits, budget: Budget) -> None:
        self.file = file
        self.sheet = sheet
        self.limits = limits
        self.budget = budget
        self.columns: tuple[str, ...] = ()

    def error(self, row: int | None, column: str, problem: str, remedy: str) -> TableError:
        return TableError(self.file, self.sheet, row, column, problem, remedy)

    def table(self, name: str, records: Iterable[tuple[int, list[str]]], *, exact: bool) -> Table | None:
        """Return the table, or None where no record holds any text.

        The first record with text is the header. Records without any text are skipped. With ``exact`` a
        record must have as many cells as the header; without it, missing cells at the end are empty.
        """
        rows: list[Row] = []
        for number, cells in records:
            if not any(cells):
                continue
            self._spend(number, cells)
            if not self.columns:
                self.columns = self._header(number, cells)
                continue
            if len(rows) >= self.limits.rows:
                raise self.error(
                    number, "", f"more than {self.limits.rows:,} rows", "Divide the table over several files"
                )
            rows.append(self._row(number, cells, exact))
        if not self.columns:
            return None
        return Table(name, self.columns, tuple(rows))

    def _spend(self, number: int, cells: list[str]) -> None:
        self.budget.cells -= len(cells)
        self.budget.characters -= sum(map(len, cells))
        if self.budget.cells < 0 or self.budget.characters < 0:
            raise self.error(
                number,
                "",
                f"the file exceeds {self.limits.cells:,} cells or {self.limits.characters:,} characters",
                "Divide the table over several files",
            )

    def _header(self, number: int, cells: list[str]) -> tuple[str, ...]:
        while cells and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) > self.limits.columns:
            raise self.error(
                number, "", f"more than {self.limits.columns} columns", "Keep only the columns of the table"
            )
        names: list[str] = []
        for index, cell in enumerate(cells):
            name = plain_name(cell)
            letter = column_letter(index)
            if not name:
                raise self.error(number, letter, "a column without a name", "Name the column or delete it")
            if "\0" in name or len(name) > 100:
                raise self.error(number, letter, "this is not a column name", "Put the column names in the first row")
            if name in names:
                raise self.error(number, name, "the column is there twice", "Keep one of the two columns")
            names.append(name)
        if not names:
            raise self.error(number, "", "the header row is blank", "Put the column names in the first row")
        return tuple(names)

    def _row(self, number: int, cells: list[str], exact: bool) -> Row:
        width = len(self.columns)
        if len(cells) > width and any(cells[width:]):
            raise self.error(
                number,
                "",
                f"the row has {len(cells)} cells but the header has {width}",
                "Name the extra columns, or put quotes around text that holds the separator",
            )
        if exact and len(cells) < width:
            raise self.error(
                number,
                "",
                f"the row has {len(cells)} cells but the header has {width}",
                "Write one cell for each column, and check that the file is complete",
            )
        for column, text in zip(self.columns, cells, strict=False):
            if len(text) > self.limits.cell_characters:
                raise self.error(
                    number,
                    column,
                    f"a cell of {len(text):,} characters; at most {self.limits.cell_characters:,} fit",
                    "Shorten the text, and check that every quote is closed",
                )
            if "\0" in text:
                raise self.error(
                    number, column, "the cell holds a NUL character", "Save the file again as text in UTF-8"
                )
        padded = cells + [""] * (width - len(cells))
        return Row(number, dict(zip(self.columns, map(unguarded, padded), strict=False)))
