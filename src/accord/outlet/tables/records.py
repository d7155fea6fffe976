"""What a table writer takes, and the rule that keeps exported text from running as a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_STARTS_FORMULA = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_STARTS_FORMULA_AFTER_APOSTROPHE = re.compile(r"'[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_NEGATIVE_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of text to write. Each row has a text for every column; unknown is the empty string.

    ``numbers`` and ``dates`` name the columns that a workbook may hold as numbers and dates; all others, and
    every text that would not come back unchanged, are written as text.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, str]]
    numbers: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()


def guarded(text: str) -> str:
    """Put one apostrophe before a text that a spreadsheet program could run as a formula.

    That is a text whose first character, after white space and apostrophes, is one of ``= + - @``, their
    full-width forms, a tab or a line break; plain negative numbers are left alone. A text that already has
    the apostrophe gets another one, so taking one away (``accord.intake.tables``) restores every text.
    """
    if _STARTS_FORMULA.match(text) and not _NEGATIVE_NUMBER.fullmatch(text):
        return "'" + text
    return text


def guarded_in_cell(text: str) -> str:
    """Guard a text for a typed text cell, which never runs: only what a reader would take for a guard."""
    return "'" + text if _STARTS_FORMULA_AFTER_APOSTROPHE.match(text) else text
