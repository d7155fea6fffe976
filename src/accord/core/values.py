"""Text to value and back, for each kind of column. `parse(format(x)) == x` for every kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.conf import settings

QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,99}")


class Kind(StrEnum):
    """What a column holds."""

    KEY = "key"
    TEXT = "text"
    LONG = "long"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    SHARE = "share"
    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    REF = "ref"
    LIST = "list"
    QUARTER = "quarter"


class BadValue(ValueError):
    """A text that is no value of its kind: the reason and the remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def _decimal(text: str) -> Decimal:
    compact = text.replace(" ", "").replace("\u00a0", "")
    try:
        value = Decimal(compact)
    except InvalidOperation:
        raise BadValue(f"“{text}” is not a number.", "Write digits with a point, such as 1250.5.") from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise BadValue(f"“{text}” is out of range.", "Use a number below 10^15.")
    if -value.as_tuple().exponent > 9:  # type: ignore[operator]
        raise BadValue(f"“{text}” has too many decimals.", "Use at most nine decimals.")
    return value


def _money(text: str) -> Decimal:
    currency = settings.ACCORD_CURRENCY
    bare = text.strip()
    letters = re.search(r"[A-Za-z]{3}", bare)
    if letters:
        if letters.group().upper() != currency:
            raise BadValue(
                f"“{text}” is not in {currency}.", f"Convert it to {currency}, the currency of this Accord."
            )
        bare = bare.replace(letters.group(), "").strip()
    value = _decimal(bare)
    if -value.as_tuple().exponent > 2:  # type: ignore[operator]
        raise BadValue(f"“{text}” has more than two decimals.", "Money has at most two decimals.")
    return value


def _int(text: str) -> int:
    value = _decimal(text)
    if value != value.to_integral_value():
        raise BadValue(f"“{text}” is not a whole number.", "Write a whole number.")
    return int(value)


def _share(text: str) -> Decimal:
    percent = text.strip().endswith("%")
    value = _decimal(text.strip().rstrip("%"))
    return value / 100 if percent else value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip()[:10]) if text.strip()[10:11] in {"", "T", " "} else _no_date(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: str) -> date:
    raise BadValue(f"“{text}” is not a date.", "Write it as 2027-03-31.")


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word in {"yes", "true", "1"}:
        return True
    if word in {"no", "false", "0"}:
        return False
    raise BadValue(f"“{text}” is neither yes nor no.", "Write yes or no.")


def _quarter(text: str) -> str:
    match = QUARTER.fullmatch(text.strip())
    if not match:
        raise BadValue(f"“{text}” is not a quarter.", "Write it as 2027-Q1.")
    return f"{match[1]}-Q{match[2]}"


def _list(text: str) -> list[str]:
    parts = (part.strip() for part in re.split(r"[;\n]", text))
    return list(dict.fromkeys(part for part in parts if part))


def _key(text: str) -> str:
    word = text.strip()
    if not KEY.fullmatch(word):
        raise BadValue(
            f"“{text[:60]}” cannot be a key.",
            "Use letters, digits and . _ : @ / + - (at most 100, a letter or digit first).",
        )
    return word


def _text(text: str) -> str:
    return " ".join(text.split())


def _long(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


PARSERS: dict[Kind, Callable[[str], Any]] = {
    Kind.KEY: _key,
    Kind.TEXT: _text,
    Kind.LONG: _long,
    Kind.INT: _int,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.SHARE: _share,
    Kind.DATE: _date,
    Kind.BOOL: _bool,
    Kind.CHOICE: lambda text: text.strip(),
    Kind.REF: _key,
    Kind.LIST: _list,
    Kind.QUARTER: _quarter,
}


def parse(kind: Kind, text: str) -> Any:
    """The value of a text, None when it is blank; `BadValue` says what is wrong and what would be right."""
    if not text.strip():
        return [] if kind is Kind.LIST else None
    if "\x00" in text:
        raise BadValue("It holds a NUL character.", "Take it out.")
    return PARSERS[kind](text)


def plain(value: Decimal) -> str:
    """A decimal as its shortest plain text: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def render(value: Any) -> str:
    """The text of a value, as an export writes it and an import reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value)
