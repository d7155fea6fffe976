"""What the hazard engine refuses, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for a refusal: which thing, which field, what is wrong, what to do."""

    key: str
    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}, {self.field}: {self.reason}. {self.remedy}."


class HazardInputError(ValueError):
    """The hazard cannot be computed as given. `problems` lists every reason found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem) for problem in problems[:5])
        rest = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        super().__init__(shown + rest)
