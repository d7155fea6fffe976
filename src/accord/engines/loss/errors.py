"""What the loss engine refuses, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a portfolio is refused: which scenario, which field, what is wrong, what to do."""

    key: str
    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"scenario {self.key}, {self.field}: {self.reason}. {self.remedy}."


class LossInputError(ValueError):
    """The portfolio cannot be computed as given. `problems` lists every reason found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem) for problem in problems[:5])
        rest = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        super().__init__(shown + rest)


class AccuracyError(ArithmeticError):
    """A run contradicted a closed form, so its figures are withheld."""
