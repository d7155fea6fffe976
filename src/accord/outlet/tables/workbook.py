"""Write tables as one XLSX workbook, the same bytes for the same tables."""

from __future__ import annotations

import io
import math
import re
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from accord.outlet.tables.records import Sheet, guarded_in_cell

if TYPE_CHECKING:
    from openpyxl import Workbook

_EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001 - document properties carry no zone
_TITLE = re.compile(r"[^\[\]:*?/\\]{1,31}")
_CELL_LIMIT = 32_767
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
# What XML 1.0 cannot hold, carriage returns (XML would turn them into line feeds), and underscores that would
# read as an escape themselves (ECMA-376 part 1, 22.9.2.19).
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_WIDEST, _NARROWEST, _SAMPLE = 60, 8, 500

_Typed = tuple[str | int | float | date, str]


def write_workbook(sheets: Sequence[Sheet], *, moment: datetime | None = None) -> bytes:
    """Return an XLSX workbook with one sheet per table: frozen bold header, filter, fitting column widths.

    ``moment`` is the date that the document's properties show. Reading the workbook back gives the same
    texts. Raises ``ValueError`` for a title that no sheet can have or a text that no cell can hold.
    """
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    prepared = [(sheet, _lines(sheet)) for sheet in sheets]  # every refusal happens before anything is written
    book = Workbook(write_only=True)
    book.properties.creator = "Accord"
    book.properties.created = book.properties.modified = (moment or _EPOCH).replace(tzinfo=None, microsecond=0)
    for sheet, lines in prepared:
        _add(book, sheet, lines)
    target = io.BytesIO()
    with _DatelessZip(target, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).write_data()
    return target.getvalue()


class _DatelessZip(zipfile.ZipFile):
    """An archive whose entries all carry the same date, so that equal content gives equal bytes."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(self._entry(zinfo_or_arcname), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        with open(filename, "rb") as source, self.open(self._entry(arcname), "w") as target:  # noqa: PTH123
            shutil.copyfileobj(source, target)

    @staticmethod
    def _entry(name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, _EPOCH.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 0
        return entry


def _lines(sheet: Sheet) -> list[list[_Typed]]:
    """Return the cells of a sheet as (value, number format), header first. Raises ``ValueError``."""
    if not _TITLE.fullmatch(sheet.name) or sheet.name.startswith("'") or sheet.name.endswith("'"):
        raise ValueError(f"{sheet.name!r} cannot be the title of a sheet")
    lines: list[list[_Typed]] = [[(_stored(name), "@") for name in sheet.columns]]
    for row in sheet.rows:
        lines.append([_typed(row[name], name in sheet.numbers, name in sheet.dates) for name in sheet.columns])
    return lines


def _add(book: Workbook, sheet: Sheet, lines: list[list[_Typed]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(sheet.name)
    page.freeze_panes = "A2"
    for index, (name, width) in enumerate(zip(sheet.columns, _widths(sheet), strict=True), start=1):
        dimension = page.column_dimensions[get_column_letter(index)]
        dimension.width = width
        if name not in sheet.numbers and name not in sheet.dates:
            dimension.number_format = "@"  # so that a key typed into an empty cell keeps its zeros
    if sheet.columns:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"

    plain, bold, top = Font(), Font(bold=True), Alignment(vertical="top")
    for number, line in enumerate(lines):
        made: list[Any] = []
        for value, number_format in line:
            if value == "":
                made.append(None)
                continue
            cell: Any = WriteOnlyCell(page)
            if isinstance(value, str):
                cell.data_type, cell._value = "s", value  # past the guess that takes "=…" for a formula
            else:
                cell.value = value
            cell.number_format = number_format
            cell.alignment = top
            cell.font = plain if number else bold
            made.append(cell)
        page.append(made)


def _typed(text: str, number: bool, day: bool) -> _Typed:
    """Return the value and number format of a cell: typed where the text comes back unchanged, else text."""
    if number and (value := _as_number(text)) is not None:
        return value, "General"
    if day and (moment := _as_date(text)) is not None:
        return moment, "yyyy\\-mm\\-dd"
    return _stored(text), "@"


def _as_number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text) or (text.startswith("-0") and not text.strip("-0.")):
        return None
    if "." not in text:
        return int(text)
    value = float(text)
    shown = format(Decimal(format(value, ".15g")), "f").rstrip("0").rstrip(".")
    return value if math.isfinite(value) and shown == text else None


def _as_date(text: str) -> date | None:
    try:
        moment = date.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.isoformat() == text and moment.year > 1900 else None


def _stored(text: str) -> str:
    """Return a text as its XML holds it. Raises ``ValueError`` where it is longer than a cell can hold."""
    stored = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", guarded_in_cell(text))
    if len(stored) > _CELL_LIMIT:
        raise ValueError(f"a text of {len(text):,} characters does not fit a cell of {_CELL_LIMIT:,}")
    return stored


def _widths(sheet: Sheet) -> list[int]:
    widths = [len(column) + 4 for column in sheet.columns]
    for row in sheet.rows[:_SAMPLE]:
        for index, column in enumerate(sheet.columns):
            longest = max((len(line) for line in row[column].splitlines()), default=0)
            widths[index] = max(widths[index], longest + 2)
    return [min(max(width, _NARROWEST), _WIDEST) for width in widths]
