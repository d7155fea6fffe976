"""Words, numbers and dates from strangers, made fit to store and to show.

Nothing here ever opens a path or follows an address: names stay text. `None` in, or nothing left after
cleaning, gives `None`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from accord.intake.safe.notes import note

# C0 and C1 controls but tab and newline, lone surrogates, invisible direction marks, non-characters.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_TERMINAL_COLOUR = re.compile("\x1b\\[[0-9;]{0,20}[A-Za-z]")
_BLANKS = re.compile(r"\s+")
_CVE = re.compile(r"\bCVE-(?:19|20)\d\d-\d{4,10}\b", re.IGNORECASE)
_GHSA = re.compile(r"\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b", re.IGNORECASE)
_CWE = re.compile(r"\bCWE[-:_ ]?0*(\d{1,5})\b", re.IGNORECASE)
_WEB = ("https://", "http://")
_DIGITS = re.compile(r"[+-]?\d{1,18}")
_HOSTNAME = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}")
_CLOCK_FORMATS = (
    "%a %b %d %H:%M:%S %Y", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%a, %d %b %Y %H:%M:%S",
    "%b %d, %Y %I:%M %p", "%b %d, %Y %H:%M:%S UTC", "%b %d, %Y %H:%M:%S", "%d %b %Y %I:%M%p", "%d %b %Y",
    "%a %b %d %H:%M:%S UTC %Y",
)  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?")


def text(value: object, limit: int) -> str | None:
    """A text of several lines: unfit characters removed, ends trimmed, cut at `limit` characters."""
    if not isinstance(value, str):
        if value is None or isinstance(value, (dict, list)):
            return None
        value = str(value)
    if len(value) > limit * 2:
        value = value[: limit * 2]
        cut = True
    else:
        cut = False
    if not value.isprintable():
        if "\r" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        if not value.replace("\n", "").replace("\t", "").isprintable():
            value = _UNFIT.sub("", _TERMINAL_COLOUR.sub("", value))
    value = value.strip()
    if len(value) > limit:
        value = value[: limit - 1].rstrip()
        cut = True
    return (value + "…" if cut else value) or None


def line(value: object, limit: int) -> str | None:
    """A text of one line: as `text`, with every run of blanks made one space."""
    if type(value) is str and len(value) <= limit and value.isprintable() and "  " not in value:
        return value.strip() or None
    if isinstance(value, str) and len(value) > limit * 2:
        value = value[: limit * 2] + " "
    cleaned = text(value, limit * 2)
    if cleaned is None:
        return None
    cleaned = _BLANKS.sub(" ", cleaned).strip()
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1].rstrip() + "…"


def lines(values: object, limit: int, items: int) -> tuple[str, ...]:
    """Distinct one-line texts of a list (or of one text), in their order, at most `items`."""
    if isinstance(values, str):
        values = (values,)
    if not isinstance(values, Iterable):
        return ()
    kept: dict[str, None] = {}
    for value in values:
        if len(kept) >= items:
            break
        cleaned = line(value, limit)
        if cleaned:
            kept[cleaned] = None
    return tuple(kept)


def mapping(value: object) -> dict[str, Any]:
    """The value where it is an object, else {}."""
    if isinstance(value, dict):
        return value
    if value:
        note("an object", value)
    return {}


def listing(value: object) -> list[Any]:
    """The value where it is a list, one that holds it where it is an object (what converters make of a list of one),
    else []."""
    if isinstance(value, dict):
        return [value] if value else []
    if isinstance(value, list):
        return value
    if value:
        note("a list", value)
    return []


def number(value: object) -> float | None:
    """A finite number, also from text, else None. Truth values are not numbers."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if len(value) > 40 or "_" in value:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, (int, float)):
        try:
            result = float(value)
        except OverflowError:
            return None
        return result if math.isfinite(result) else None
    return None


def score(value: object) -> float | None:
    """A CVSS base score: a number from 0.0 to 10.0, else None."""
    result = number(value)
    return result if result is not None and 0.0 <= result <= 10.0 else None


def whole(value: object, low: int = 0, high: int = 2**31 - 1) -> int | None:
    """A whole number between `low` and `high`, also from text, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        if not _DIGITS.fullmatch(value):
            return None
        value = int(value)
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if isinstance(value, int) and low <= value <= high else None


def port(value: object) -> int | None:
    """A port 1-65535; 0 (scanners' word for "the host as a whole") and anything else is None."""
    return whole(value, 1, 65535)


def when(value: object) -> datetime | None:
    """A moment in UTC from ISO 8601 (any precision), Unix seconds, or a scanner's clock text.

    A time without a zone is taken as UTC. The year 1 that Go writes for "never" and anything outside
    1990-2200 is unknown.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_seconds(value)
    if not isinstance(value, str) or not 8 <= len(value.strip()) <= 60:
        return None
    value = value.strip()
    moment: datetime | None = None
    if value.isdecimal() and len(value) in (9, 10):
        return _from_seconds(int(value))
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = _from_clock(value)
    if moment is None:
        return None
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if 1990 <= moment.year <= 2200 else None


def cves(value: str) -> tuple[str, ...]:
    """Distinct CVE identifiers inside a text, upper case, in their order."""
    return tuple(dict.fromkeys(found.upper() for found in _CVE.findall(value)))


def advisories(value: str) -> tuple[str, ...]:
    """Distinct CVE and GHSA identifiers inside a text, CVE first."""
    ghsa = ("GHSA" + found[4:].lower() for found in _GHSA.findall(value))
    return tuple(dict.fromkeys((*cves(value), *ghsa)))


def cwes(*values: Any) -> tuple[str, ...]:
    """Distinct "CWE-79" forms from numbers, "CWE-079", "cwe:79", "external/cwe/cwe-079" or lists of those."""
    kept: dict[str, None] = {}
    for value in values:
        if isinstance(value, (list, tuple)):
            kept.update(dict.fromkeys(cwes(*value[:100])))
        elif isinstance(value, int) and not isinstance(value, bool):
            if 0 < value < 100_000:
                kept[f"CWE-{value}"] = None
        elif isinstance(value, str):
            if len(value) <= 6 and value.isdecimal() and value.isascii():
                kept.update(dict.fromkeys(cwes(int(value))))
            else:
                kept.update((f"CWE-{found}", None) for found in _CWE.findall(value[:2000]) if found != "0")
    return tuple(kept)


def hostname(value: object) -> str | None:
    """A host name in lower case without a final dot, or None where it cannot be one."""
    if not isinstance(value, str):
        return None
    cleaned = value.strip().rstrip(".").lower()
    return cleaned if _HOSTNAME.fullmatch(cleaned) and not cleaned.replace(".", "").isdecimal() else None


def mac(value: object) -> str | None:
    """A MAC address as "aa:bb:cc:dd:ee:ff", or None."""
    if not isinstance(value, str):
        return None
    cleaned = value.strip().lower()
    if not _MAC.fullmatch(cleaned):
        return None
    digits = cleaned.replace(":", "").replace("-", "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def url(value: object, limit: int = 2000) -> str | None:
    """An http(s) address, or None: nothing else may become a link."""
    if not isinstance(value, str) or len(value) > limit:
        return None
    cleaned = value if value.isprintable() else line(value, limit)
    if not cleaned or not cleaned.startswith(_WEB):
        cleaned = (cleaned or "").strip()
        if not cleaned.lower().startswith(_WEB):
            return None
    return None if " " in cleaned else cleaned


def urls(values: object, items: int) -> tuple[str, ...]:
    """Distinct http(s) addresses of a list or of a text of several lines."""
    if isinstance(values, str):
        values = values.split()
    if not isinstance(values, Iterable):
        return ()
    found = (url(value) for value in values)
    return tuple(dict.fromkeys(one for one in found if one))[:items]


def _from_seconds(value: int | float) -> datetime | None:
    if not 631_152_000 <= value < 7_258_118_400:  # 1990 to 2200
        return None
    return datetime.fromtimestamp(float(value), UTC)


def _from_clock(value: str) -> datetime | None:
    slashed = _SLASHED.fullmatch(value)
    if slashed:
        return _from_slashed(*(int(part or 0) for part in slashed.groups()))
    for form in _CLOCK_FORMATS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _from_slashed(first: int, second: int, year: int, hour: int, minute: int, seconds: int) -> datetime | None:
    """28/02/2021 and 02/28/2021 can only be read in one way; 03/02/2021 is either, hence unknown."""
    if first != second and first <= 12 and second <= 12:
        return None
    day, month = (first, second) if first > 12 else (second, first)
    try:
        return datetime(year, month, day, hour, minute, seconds, tzinfo=UTC)
    except ValueError:
        return None
