"""Errors that a person can act on: where, what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused value: the place (`row` is 1-based in the file, `column` its header), why, and the remedy."""

    row: int | None
    column: str
    reason: str
    remedy: str = ""
    table: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part for part in (self.table, f"row {self.row}" if self.row else "", self.column) if part
        )
        return f"{place}: " * bool(place) + self.reason + f" {self.remedy}" * bool(self.remedy)


class Refused(Exception):
    """A write that was not done. `problems` say why; nothing was changed."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [p if isinstance(p, Problem) else Problem(None, "", p) for p in problems]
        super().__init__("; ".join(map(str, self.problems)))
