"""The text of one XLSX cell: numbers, dates, truth values and strings in one canonical form each."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Built-in date formats that some East Asian editions write without declaring them (ECMA-376 part 1, 18.8.30).
_REGIONAL_DATES = frozenset({*range(27, 37), *range(50, 59)})
_EXACT_DIGITS = 15


class CellError(Exception):
    """What is wrong with one cell, and the remedy; the reader adds the place."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Styles:
    """Which cell styles show their number as a date or a duration, and which calendar the dates count in."""

    dates: frozenset[int] = frozenset()
    durations: frozenset[int] = frozenset()
    from_1904: bool = False


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as the file holds it. ``value`` is None where the cell has no value element."""

    kind: str
    style: int
    value: str | None
    formula: bool


def is_date_style(format_id: int, format_code: str) -> bool:
    from openpyxl.styles.numbers import is_date_format

    return format_id in _REGIONAL_DATES or bool(is_date_format(format_code))


def decoded(text: str) -> str:
    """Resolve the ``_xHHHH_`` escapes of ECMA-376 (22.9.2.19, ST_Xstring); surrogates stay as they are."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def number_text(raw: str) -> str:
    """Return a stored double as the shortest plain decimal of at most 15 digits, as spreadsheets show it.

    ``1.0`` → ``1``, ``0.30000000000000004`` → ``0.3``, ``1E-3`` → ``0.001``. Raises ``CellError`` for what is
    not a finite number or too long to be exact.
    """
    if len(raw) > 400 or not _NUMBER.fullmatch(raw):
        raise CellError("the cell is marked as a number but holds none", "Type the value again")
    value = float(raw)
    if not math.isfinite(value) or abs(value) >= 10**_EXACT_DIGITS:
        raise CellError(
            f"a number with more than {_EXACT_DIGITS} digits, which a spreadsheet does not hold exactly",
            "Format the column as text and type the value again",
        )
    text = format(Decimal(format(value, f".{_EXACT_DIGITS}g")), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def date_text(raw: str, styles: Styles) -> str:
    """Return a serial date as ISO 8601: a date, or a date and time, or a time of day."""
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        moment = from_excel(float(number_text(raw)), MAC_EPOCH if styles.from_1904 else WINDOWS_EPOCH)
    except (OverflowError, ValueError):
        raise CellError("a date outside the calendar", "Write the date as YYYY-MM-DD") from None
    return _iso(moment)


def _iso(moment: object) -> str:
    if isinstance(moment, datetime):
        midnight = moment.time() == time()
        return moment.date().isoformat() if midnight else moment.isoformat(timespec="seconds")
    if isinstance(moment, date):
        return moment.isoformat()
    if isinstance(moment, time):
        return moment.isoformat(timespec="seconds")
    raise _duration()


def _duration() -> CellError:
    return CellError("a duration, which no column holds", "Write a plain number, for example of hours")


def cell_text(cell: RawCell, shared: Sequence[str], styles: Styles) -> str:
    """Return the canonical text of a cell; the empty string for a blank one. Raises ``CellError``.

    A formula counts as its stored result; one without a stored result is refused rather than read as blank.
    """
    value = cell.value
    if value is None or (cell.kind not in ("str", "inlineStr") and not value.strip()):
        if cell.formula:
            raise CellError(
                "a formula without a stored result",
                "Open the workbook in a spreadsheet program and save it, or paste values over the formulas",
            )
        return ""
    if cell.kind == "s":
        return _shared(value, shared)
    if cell.kind in ("inlineStr", "str"):
        return decoded(value)
    value = value.strip()
    if cell.kind == "n":
        if cell.style in styles.durations:
            raise _duration()
        return date_text(value, styles) if cell.style in styles.dates else number_text(value)
    if cell.kind == "b":
        if value not in ("0", "1"):
            raise CellError("the cell is marked as true or false but is neither", "Type yes or no")
        return "yes" if value == "1" else "no"
    if cell.kind == "d":
        return _stored_iso(value)
    if cell.kind == "e":
        raise CellError(f"the cell shows the error {value[:20]}", "Correct the formula, or clear the cell")
    raise CellError("a kind of cell that is not known", "Type the value again")


def _shared(value: str, shared: Sequence[str]) -> str:
    index = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
    if not 0 <= index < len(shared):
        raise CellError("the text of the cell is missing from the workbook", "Type the text again")
    return shared[index]


def _stored_iso(value: str) -> str:
    from openpyxl.utils.datetime import from_ISO8601

    try:
        return _iso(from_ISO8601(value))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, OverflowError):
        raise CellError("a date that is not in the calendar", "Write the date as YYYY-MM-DD") from None
