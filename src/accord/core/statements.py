"""A statement: one fact with its number, unit, interval, source rows and as-of date.

Whatever a person reads renders statements, so that a number is written once and can be followed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact.

    `value` None means unknown. `unit` is a currency code ("EUR"), "%" (value is a share 0–1), a word in the
    plural ("systems"), or "". `interval` is (low, high) in the same unit, with `confidence` (0–1) of it.
    `source` says in words where the number comes from, `href` leads to the rows, `query` names the selector.
    """

    key: str
    label: str
    value: Number | None
    unit: str = ""
    interval: tuple[Number, Number] | None = None
    confidence: float | None = None
    source: str = ""
    query: str = ""
    href: str = ""
    as_of: datetime | None = None
    note: str = ""
    tone: str = ""

    @property
    def figure(self) -> str:
        """The number with its unit, as a person reads it; "unknown" where it is not known."""
        return "unknown" if self.value is None else figure(self.value, self.unit)

    @property
    def spread(self) -> str:
        """The interval in words, or ""."""
        if self.interval is None:
            return ""
        low, high = self.interval
        return f"{figure(low, self.unit)} to {figure(high, self.unit)}"

    def as_json(self) -> dict[str, Any]:
        """For the API and for frozen snapshots."""
        row = asdict(self)
        row["figure"], row["spread"] = self.figure, self.spread
        row["as_of"] = self.as_of.isoformat() if self.as_of else None
        row["value"] = None if self.value is None else float(self.value)
        row["interval"] = None if self.interval is None else [float(x) for x in self.interval]
        return row


def _scaled(value: float) -> str:
    size = abs(value)
    for limit, suffix in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            scaled = value / limit
            digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            return f"{scaled:,.{digits}f} {suffix}"
    return f"{value:,.0f}"


def figure(value: Number, unit: str = "") -> str:
    """A number with its unit: money scaled ("EUR 4.21 M"), a share as percent, counts with separators."""
    number = float(value)
    if unit == "%":
        if 0 < abs(number) < 0.0005:
            return f"{number * 100:.2g} %"
        digits = 1 if abs(number) < 0.995 and round(number * 1000) % 10 else 0
        return f"{number * 100:.{digits}f} %"
    if unit == settings.ACCORD_CURRENCY:
        return f"{unit} {_scaled(number)}"
    if number == int(number):
        text = f"{number:,.0f}"
    elif abs(number) < 0.1:
        text = f"{number:.2g}"
    else:
        text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()
