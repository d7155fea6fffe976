"""Reads what was filled in: text, numbers and intervals to checked values; every problem is told with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accord.core.errors import Problem, Refused
from accord.core.values import BadValue, Kind, parse, render

Tell = Callable[[int, int, str], None]
"""Is told how much of how much is done, and of what."""
LONGEST = 300
MOST_ROWS = 24


def silent(done: int, total: int, message: str) -> None:
    """A `Tell` for where nobody watches."""


@dataclass
class Reader:
    """Collects problems; `done` raises them all at once. A place is "layers 2: limit"."""

    problems: list[Problem] = field(default_factory=list)

    def refuse(self, row: int | None, column: str, reason: str, remedy: str, table: str = "") -> None:
        self.problems.append(Problem(row, column, reason, remedy, table))

    def done(self) -> None:
        """`Refused` with every problem, if there is one."""
        if self.problems:
            raise Refused(*self.problems)

    def value(
        self, values: Mapping[str, Any], column: str, kind: Kind, *, required: bool = False, row: int | None = None,
        table: str = "", minimum: Decimal | None = None, above: Decimal | None = None, maximum: Decimal | None = None,
    ) -> Any:  # fmt: skip
        """One value of a kind, None where it is blank."""
        raw = values.get(column)
        if raw is not None and not isinstance(raw, str | int | float | Decimal):
            self.refuse(row, column, "It is no single value.", "Give a text or a number.", table)
            return None
        text = "" if raw is None or isinstance(raw, bool) else render(Decimal(repr(raw))) if isinstance(
            raw, float) and raw == raw and abs(raw) != float("inf") else str(raw)  # fmt: skip
        try:
            found = parse(kind, text[:5000])
        except BadValue as bad:
            self.refuse(row, column, bad.reason, bad.remedy, table)
            return None
        if found is None:
            if required:
                self.refuse(row, column, "It is blank.", "Fill it in.", table)
            return None
        if isinstance(found, Decimal | int) and not isinstance(found, bool):
            if minimum is not None and found < minimum:
                self.refuse(row, column, f"{found} is too small.", f"Give at least {minimum}.", table)
                return None
            if above is not None and found <= above:
                self.refuse(row, column, f"{found} is too small.", f"Give more than {above}.", table)
                return None
            if maximum is not None and found > maximum:
                self.refuse(row, column, f"{found} is too large.", f"Give at most {maximum}.", table)
                return None
        if kind is Kind.TEXT and len(found) > LONGEST:
            self.refuse(row, column, f"{len(found)} characters.", f"Give at most {LONGEST}.", table)
            return None
        return found

    def money(self, values: Mapping[str, Any], column: str, **options: Any) -> str | None:
        """An amount of at least 0 in the organization's currency, as text; None where it is unknown."""
        options.setdefault("minimum", Decimal(0))
        found = self.value(values, column, Kind.MONEY, **options)
        return None if found is None else render(found)

    def share(self, values: Mapping[str, Any], column: str, **options: Any) -> float | None:
        """A share from 0 to 1."""
        found = self.value(values, column, Kind.SHARE, minimum=Decimal(0), maximum=Decimal(1), **options)
        return None if found is None else float(found)

    def text(self, values: Mapping[str, Any], column: str, **options: Any) -> str:
        return self.value(values, column, Kind.TEXT, **options) or ""

    def date(self, values: Mapping[str, Any], column: str, **options: Any) -> str | None:
        found = self.value(values, column, Kind.DATE, **options)
        return None if found is None else found.isoformat()

    def moment(self, values: Mapping[str, Any], column: str) -> str | None:
        """A moment as ISO text with its zone; without one it is read in the time zone of this Accord."""
        raw = str(values.get(column) or "").strip()
        if not raw:
            return None
        try:
            found = datetime.fromisoformat(raw)
        except ValueError:
            self.refuse(None, column, f"“{raw[:60]}” is no moment.", "Write it as 2027-03-31T14:05.")
            return None
        return (timezone.make_aware(found) if timezone.is_naive(found) else found).isoformat()

    def interval(
        self, values: Mapping[str, Any], stem: str, *, row: int | None = None, table: str = "",
        minimum: Decimal | None = Decimal(0), maximum: Decimal | None = None, kind: Kind = Kind.DECIMAL,
    ) -> list[float] | None:  # fmt: skip
        """5, 50 and 95 % from `stem_low`, `stem_mid`, `stem_high`; None where all are blank."""
        names = [f"{stem}_{end}" for end in ("low", "mid", "high")]
        before = len(self.problems)
        found = [
            self.value(values, name, kind, row=row, table=table, minimum=minimum, maximum=maximum) for name in names
        ]
        if len(self.problems) > before or all(value is None for value in found):
            return None
        for name, value in zip(names, found, strict=True):
            if value is None:
                remedy = "Give 5, 50 and 95 %, or leave all three blank as unknown."
                self.refuse(row, name, "It is blank.", remedy, table)
        if len(self.problems) > before:
            return None
        low, mid, high = (float(value) for value in found)
        if not low <= mid <= high:
            reason = f"5 % {low:g}, 50 % {mid:g}, 95 % {high:g} are out of order."
            self.refuse(row, names[1], reason, "Order them upward.", table)
            return None
        return [low, mid, high]

    def rows(self, values: Mapping[str, Any], table: str, most: int = MOST_ROWS) -> list[tuple[int, Mapping[str, Any]]]:
        """(number, row) of the rows of a part that are not blank."""
        raw = values.get(table) or []
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not all(isinstance(r, Mapping) for r in raw):
            self.refuse(None, table, "It is no list of rows.", "Give a list.")
            return []
        filled = [(n, r) for n, r in enumerate(raw, 1) if any(v not in (None, "", [], False) for v in r.values())]
        if len(filled) > most:
            self.refuse(None, table, f"{len(filled)} rows.", f"Give at most {most}.")
            return []
        return filled
