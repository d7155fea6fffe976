"""How Accord writes a value for a reader: money, numbers, shares, dates, and the word "unknown".

Every function takes None (or a NaN) as "not known" and returns the word for it; none of them
ever turns a missing value into a number. Screens, e-mails and documents share these functions.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.conf import settings
from django.utils import timezone

from accord.core.statements import figure

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
OWN_WORD = re.compile(r"(?<![^\s(])\d{4}-\d\d-\d\d(?![^\s),;:.]|[.]\w)")


def is_unknown(value: object) -> bool:
    """True for None, the empty text and NaN."""
    if value is None or value == "":
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, Decimal) and value.is_nan()


def default_currency() -> str:
    """The organization's one currency (ISO 4217 code), EUR unless set otherwise."""
    return str(getattr(settings, "ACCORD_CURRENCY", "EUR"))


def as_decimal(value: object) -> Decimal | None:
    """The value as a Decimal, None where it is unknown or not a finite number."""
    if is_unknown(value):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def number(value: object, digits: int | None = None) -> str:
    """A number with thousands separators; `digits` after the point, or as many as it has (6 at most)."""
    amount = as_decimal(value)
    if amount is None:
        return UNKNOWN
    if digits is None:
        amount = round(amount, 6)
        text = f"{abs(amount):,f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    else:
        amount = _quantize(amount, digits)
        text = f"{abs(amount):,.{digits}f}"
    return f"{MINUS}{text}" if amount < 0 else text


def money(value: object, currency: str | None = None, *, compact: bool = False, bare: bool = False) -> str:
    """Money in whole units with its currency, as EUR 1,250,000; with `compact` in three figures, EUR 1.25 M.

    `bare` leaves the currency out, for a column whose head names it.
    """
    amount = as_decimal(value)
    if amount is None:
        return UNKNOWN
    if compact:
        return _tight(figure(amount, currency or default_currency()))
    cents = amount != amount.to_integral_value() and abs(amount) < 1000
    text = number(amount, 2 if cents else 0)
    return text if bare else f"{currency or default_currency()}{NBSP}{text}"


def percent(value: object, digits: int | None = None) -> str:
    """A share (0 to 1) as a percentage: 0.125 is 12.5 %."""
    share = as_decimal(value)
    if share is None:
        return UNKNOWN
    hundred = share * 100
    if digits is None:
        digits = 0 if abs(hundred) >= 10 and hundred == hundred.to_integral_value() else 1
        if hundred == hundred.to_integral_value():
            digits = 0
        elif hundred != 0 and abs(hundred) < Decimal("0.1"):
            digits = 3
    return f"{number(hundred, digits)}{NBSP}%"


def date(value: dt.date | dt.datetime | str | None) -> str:
    """A day as 3 Feb 2026."""
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, str):
        value = dt.date.fromisoformat(value[:10])
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    assert value is not None
    return f"{value.day} {value:%b %Y}".replace(" ", NBSP)


def datetime(value: dt.datetime | str | None) -> str:
    """A moment with its zone, as 3 Feb 2026, 14:05 UTC."""
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    assert value is not None
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    clock = f"{local:%H:%M} {local.tzname() or ''}".strip().replace(" ", NBSP)
    return f"{date(local)}, {clock}"


def dated(text: object) -> str:
    """A name in whose words an ISO date stands, with the date as it is written here; a file's name stays as it is."""

    def _written(match: re.Match[str]) -> str:
        try:
            return date(match[0])
        except ValueError:  # it looks like a date and is none
            return match[0]

    return OWN_WORD.sub(_written, str(text))


def yes_no(value: object) -> str:
    """yes, no or unknown."""
    return UNKNOWN if value is None or value == "" else "yes" if value else "no"


def interval(low: object, high: object, unit: str = "number", currency: str | None = None) -> str:
    """Two ends of an interval in one unit (see `quantity`), as EUR 1.2 M to EUR 3.4 M."""
    if is_unknown(low) and is_unknown(high):
        return UNKNOWN
    return f"{quantity(low, unit, currency)} to {quantity(high, unit, currency)}"


def quantity(value: object, unit: str = "number", currency: str | None = None) -> str:
    """A value by its unit: money, share, days, hours, years, count, number, or any other word after it."""
    if is_unknown(value):
        return UNKNOWN
    if unit == "money":
        return money(value, currency, compact=True)
    if unit in ("share", "percent", "probability"):
        return percent(value)
    if unit in ("number", "count", ""):
        return number(value, None if unit != "count" else 0)
    if unit == "date":
        return date(value)  # type: ignore[arg-type]
    return f"{number(value)}{NBSP}{unit}"


def plain(kind: str, value: object, currency: str | None = None) -> str:
    """A cell of a list as plain text, by the kind of its column."""
    if kind == "bool":
        return yes_no(value)
    if is_unknown(value):
        return UNKNOWN
    if kind == "money":
        return money(value, currency, bare=True)
    if kind == "share":
        return percent(value)
    if kind in ("int", "decimal", "number"):
        return number(value)
    if kind == "date":
        return date(value)  # type: ignore[arg-type]
    if kind == "datetime":
        return datetime(value)  # type: ignore[arg-type]
    if kind == "list" and isinstance(value, Iterable) and not isinstance(value, str):
        return "; ".join(str(v) for v in value) or UNKNOWN
    return str(value)


def _quantize(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _tight(text: str) -> str:
    """A figure that does not break over two lines, with a true minus sign."""
    return text.replace(" ", NBSP).replace("-", MINUS)
