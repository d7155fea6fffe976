"""Read an XLSX workbook (ECMA-376, transitional or strict) into tables of text, one per sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from accord.intake.tables.cells import CellError, RawCell, Styles, cell_text, decoded, is_date_style
from accord.intake.tables.package import Attributes, Package
from accord.intake.tables.records import (
    LIMITS,
    Assembler,
    Budget,
    Limits,
    Table,
    TableError,
    column_letter,
    plain_name,
)

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RESAVE = "Open it in a spreadsheet program and save it again as .xlsx"
_LAST_ROW = 1_048_576
_MAX_STYLES = 100_000


def read_workbook(file: str, data: bytes, *, limits: Limits = LIMITS) -> list[Table]:
    """Read every sheet that holds text; a table is called after its sheet.

    Formulas count as the result that the spreadsheet program stored; a formula without one is refused.
    Numbers become plain decimals without float noise, dates ISO 8601, truth values yes or no. Sheets without
    any text and chart sheets are left out. Raises ``TableError`` and nothing else, whatever the bytes.
    """
    try:
        return _tables(file, data, limits)
    except TableError:
        raise
    except Exception as error:  # the parsers of ZIP, deflate and XML raise many kinds on damaged bytes
        raise TableError(
            file, "", None, "", f"the workbook is damaged or incomplete ({type(error).__name__})", _RESAVE
        ) from None


def _tables(file: str, data: bytes, limits: Limits) -> list[Table]:
    package = Package(file, data, limits)
    main = [part for kind, part in package.relations("").values() if kind == "officeDocument"]
    if not main or main[0] not in package:
        raise TableError(file, "", None, "", "the archive is not a workbook", _RESAVE)
    book = _Book.read(package, main[0])
    budget = Budget.of(limits)
    shared = _shared_strings(package, book.part("sharedStrings"), limits)
    styles = _styles(package, book.part("styles"), book.from_1904)
    tables: dict[str, Table] = {}
    for title, part in book.sheets:
        if part not in package:
            raise TableError(file, title, None, "", "the sheet is missing from the workbook", _RESAVE)
        name = plain_name(title)
        assembler = Assembler(file, title, limits, budget)
        sheet = _Sheet(assembler, shared, styles)
        table = assembler.table(name, sheet.records(package, part), exact=False)
        if table is None:
            continue
        if name in tables:
            raise TableError(file, title, None, "", "two sheets have this name", "Rename one of the sheets")
        tables[name] = table
    if not tables:
        raise TableError(
            file,
            "",
            None,
            "",
            "the workbook holds no table",
            "Put the column names in the first row of a sheet",
        )
    return list(tables.values())


@dataclass(slots=True)
class _Book:
    relations: dict[str, tuple[str, str]]
    from_1904: bool = False
    sheets: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, package: Package, part: str) -> _Book:
        book = cls(package.relations(part))

        def start(name: str, attributes: Attributes) -> None:
            if name == "workbookPr":
                book.from_1904 = attributes.get("date1904", "") in ("1", "true")
            elif name == "sheet":
                relation = next((v for k, v in attributes.items() if k.endswith(" id")), "")
                kind, target = book.relations.get(relation, ("worksheet", ""))
                if kind == "worksheet":
                    book.sheets.append((decoded(attributes.get("name", "")), target))

        package.each(part, start)
        return book

    def part(self, kind: str) -> str:
        return next((part for found, part in self.relations.values() if found == kind), "")


def _shared_strings(package: Package, part: str, limits: Limits) -> list[str]:
    """Return the texts that cells refer to by number, formatting and phonetic guides left out."""
    strings: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "phonetic": False}
    left = limits.characters

    def start(name: str, _: Attributes) -> None:
        if name == "si":
            pieces.clear()
        elif name == "rPh":
            state["phonetic"] = True
        elif name == "t":
            state["text"] = not state["phonetic"]

    def end(name: str) -> None:
        if name == "si":
            strings.append(decoded("".join(pieces)))
        elif name == "rPh":
            state["phonetic"] = False
        elif name == "t":
            state["text"] = False

    def text(piece: str) -> None:
        nonlocal left
        if state["text"]:
            left -= len(piece)
            if left < 0:
                raise TableError(
                    package.file,
                    "",
                    None,
                    "",
                    f"the workbook holds more than {limits.characters:,} characters",
                    "Divide the workbook into parts",
                )
            pieces.append(piece)

    if part in package:
        for _ in package.events(part, start, end, text):
            pass
    return strings


def _styles(package: Package, part: str, from_1904: bool) -> Styles:
    """Return which cell formats (``cellXfs``, by position) are dates or durations."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_timedelta_format

    codes: dict[int, str] = dict(BUILTIN_FORMATS)
    formats: list[int] = []
    inside = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt" and len(codes) < _MAX_STYLES:
            codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")[:1_000]
        elif name in ("cellXfs", "cellStyleXfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside and len(formats) < _MAX_STYLES:
            formats.append(int(attributes.get("numFmtId", "0")))

    if part in package:
        package.each(part, start)
    durations = {i for i, f in enumerate(formats) if is_timedelta_format(codes.get(f, ""))}
    dates = {i for i, f in enumerate(formats) if i not in durations and is_date_style(f, codes.get(f, ""))}
    return Styles(frozenset(dates), frozenset(durations), from_1904)


class _Sheet:
    """The state of one pass over a sheet's XML: at most one row and one chunk are held at a time."""

    def __init__(self, assembler: Assembler, shared: list[str], styles: Styles) -> None:
        self.assembler = assembler
        self.shared = shared
        self.styles = styles
        self.done: list[tuple[int, list[str]]] = []
        self.data = False
        self.number = 0
        self.row: dict[int, str] | None = None
        self.column = -1
        self.kind = ""
        self.style = 0
        self.formula = False
        self.pieces: list[str] | None = None
        self.length = 0
        self.in_cell = False
        self.listening = False
        self.phonetic = False

    def records(self, package: Package, part: str) -> Iterator[tuple[int, list[str]]]:
        for _ in package.events(part, self._start, self._end, self._text):
            yield from self.done
            self.done.clear()

    def _refused(self, problem: str, remedy: str = _RESAVE) -> TableError:
        names = self.assembler.columns or tuple(map(plain_name, self.done[0][1] if self.done else ()))
        known = 0 <= self.column < len(names)
        column = names[self.column] if known else column_letter(self.column) if self.column >= 0 else ""
        return self.assembler.error(self.number or None, column, problem, remedy)

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == "sheetData":
            self.data = True
        elif not self.data:
            return
        elif name == "row" and self.row is None:
            self._open_row(attributes)
        elif name == "c" and self.row is not None and not self.in_cell:
            self._open_cell(attributes)
        elif self.in_cell:
            if name == "f":
                self.formula = True
            elif name == "rPh":
                self.phonetic = True
            elif name in ("v", "is"):
                self.pieces = []
                self.listening = name == "v"
            elif name == "t":
                self.listening = self.pieces is not None and not self.phonetic

    def _open_row(self, attributes: Attributes) -> None:
        stated = attributes.get("r", "")
        previous, self.column = self.number, -1
        if stated:
            digits = stated.isascii() and stated.isdigit() and len(stated) < 8
            self.number = int(stated) if digits else 0
        else:
            self.number += 1
        if not previous < self.number <= _LAST_ROW:
            raise self._refused("the rows of the sheet are not in order")
        self.row = {}

    def _open_cell(self, attributes: Attributes) -> None:
        self.column = self._position(attributes.get("r", ""))
        self.kind = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self.style = int(style) if style.isascii() and style.isdigit() and len(style) < 8 else 0
        self.formula = False
        self.pieces = None
        self.length = 0
        self.in_cell = True

    def _position(self, stated: str) -> int:
        if not stated:
            return self.column + 1
        match = _PLACE.fullmatch(stated)
        if match is None or int(match[2]) != self.number:
            raise self._refused("a cell of the sheet is out of place")
        index = 0
        for letter in match[1]:
            index = index * 26 + ord(letter) - 64
        if index - 1 <= self.column:
            raise self._refused("the cells of the row are not in order")
        return index - 1

    def _text(self, piece: str) -> None:
        if self.listening and self.pieces is not None:
            self.length += len(piece)
            if self.length > 8 * self.assembler.limits.cell_characters:
                raise self._refused("a cell is far too long", "Shorten the text")
            self.pieces.append(piece)

    def _end(self, name: str) -> None:
        if not self.data:
            return
        if name == "c" and self.in_cell:
            self._close_cell()
        elif name in ("v", "t"):
            self.listening = False
        elif name == "rPh":
            self.phonetic = False
        elif name == "row" and self.row is not None and not self.in_cell:
            self._close_row()
        elif name == "sheetData":
            self.data = False

    def _close_cell(self) -> None:
        self.in_cell = self.listening = self.phonetic = False
        value = None if self.pieces is None else "".join(self.pieces)
        try:
            text = cell_text(RawCell(self.kind, self.style, value, self.formula), self.shared, self.styles)
        except CellError as error:
            raise self._refused(error.problem, error.remedy) from None
        if not text or self.row is None:
            return
        if self.column >= self.assembler.limits.columns:
            raise self._refused(
                f"text beyond the {self.assembler.limits.columns} columns that a table may have",
                "Keep only the columns of the table",
            )
        self.row[self.column] = text

    def _close_row(self) -> None:
        cells = self.row or {}
        self.row, self.column = None, -1
        if cells:
            self.done.append((self.number, [cells.get(i, "") for i in range(max(cells) + 1)]))
