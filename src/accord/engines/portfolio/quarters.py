"""Calendar quarters as text ("2027-Q1") and as numbers that can be counted with."""

from __future__ import annotations

import re

_TEXT = re.compile(r"(\d{4})-Q([1-4])")


def ordinal(text: str) -> int:
    """Quarters since year 0 of "2027-Q1"; a text of another form is a ValueError that says so."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"“{text}” is not a quarter. Write it as 2027-Q1.")
    return int(match[1]) * 4 + int(match[2]) - 1


def label(number: int) -> str:
    """The text of a quarter given by its ordinal."""
    return f"{number // 4:04d}-Q{number % 4 + 1}"


def year(number: int) -> int:
    """The calendar year in which a quarter lies."""
    return number // 4
