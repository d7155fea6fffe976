"""Moments as logs write them. None where a text does not tell the moment whole, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}  # fmt: skip
_FRACTION = re.compile(r"(\.\d{6})\d+")
_ZONE = re.compile(r"([+-]\d\d)(\d\d)$")
_MICROSOFT = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_FIRST, _LAST = 1970, 2200


def iso(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """An ISO 8601 text; without a zone it is of `zone`, and open where that is None."""
    if type(value) is not str or not 10 <= len(value) <= 60:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = _odd(value)  # type: ignore[assignment]
        if found is None:
            return None
    if found.tzinfo is None:
        if zone is None:
            return None
        found = found.replace(tzinfo=zone)
    return _kept(found)


def _odd(value: str) -> datetime | None:
    microsoft = _MICROSOFT.fullmatch(value)
    if microsoft:
        return epoch(int(microsoft[1]) / 1000)
    text = _ZONE.sub(r"\1:\2", _FRACTION.sub(r"\1", value.strip().replace(" UTC", "+00:00")))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def epoch(value: Any) -> datetime | None:
    """Seconds since 1970, or milli-, micro- or nanoseconds where the number is that large."""
    if type(value) is str:
        if not re.fullmatch(r"\d{1,19}(?:\.\d{1,9})?", value):
            return None
        value = float(value)
    if type(value) not in (int, float) or not 0 < value < 1e19:
        return None
    for _ in range(3):
        if value >= 1e11:
            value /= 1000
    try:
        return _kept(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def parts(clock: Iterable[int], fraction: str = "", zone: tzinfo | None = UTC) -> datetime | None:
    """A moment from year, month, day, hour, minute and second; None where there is no such day, or no zone."""
    if zone is None:
        return None
    year, month, day, hour, minute, second = clock
    try:
        micro = int((fraction + "000000")[:6]) if fraction else 0
        leap = second == 60
        found = datetime(year, month, day, hour, minute, 59 if leap else second, micro, zone)
        return _kept(found + timedelta(seconds=1) if leap else found)
    except (ValueError, OverflowError):
        return None


def offset(text: str) -> tzinfo | None:
    """The zone of "+0200", "-05:30" or "Z"."""
    try:
        return datetime.fromisoformat("2000-01-01T00:00:00" + _ZONE.sub(r"\1:\2", text)).tzinfo
    except ValueError:
        return None


def _kept(moment: datetime) -> datetime | None:
    try:
        moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if _FIRST <= moment.year <= _LAST else None
