"""What every reader of scenarios returns, and the one error that it raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = float | tuple[float, ...] | tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Law:
    """A law of how often or how much, by its name in `laws.FREQUENCIES` or `laws.AMOUNTS`, with its parameters."""

    name: str
    parameters: Mapping[str, Value]

    def number(self, name: str) -> float:
        """A parameter that is one number; KeyError where it was not given."""
        value = self.parameters[name]
        if isinstance(value, tuple):
            raise TypeError(f"{name} is a list")
        return float(value)


@dataclass(frozen=True, slots=True)
class LossForm:
    """One form of loss of an event.

    `law`          of the amount, in money
    `probability`  (0-1] that an event has this form of loss at all
    `deductible`   of each event's amount this much does not count; `limit`: above it at most this much does
    """

    name: str
    law: Law
    probability: float = 1.0
    deductible: float = 0.0
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class StatedScenario:
    """A scenario as its file states it: events a year by `frequency`, each with all `forms` of loss."""

    key: str
    name: str
    frequency: Law
    forms: tuple[LossForm, ...]


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """All scenarios of a file. `currency` is "" where the file does not tell; `notes` say what was read how."""

    file: str
    format: str
    currency: str
    scenarios: tuple[StatedScenario, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file is refused. `row` is the row of a table or the place in a document, "" = the whole."""

    file: str
    row: str
    column: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        place = [self.file]
        if self.row:
            place.append(f"row {self.row}" if self.row.isdigit() else self.row)
        if self.column:
            word = "field" if self.row.startswith(("model ", "scenario ", "after ")) or "[" in self.column else "column"
            place.append(f"{word} {self.column}")
        return f"{', '.join(place)}: {self.reason}. {self.remedy}."


class ScenarioError(Exception):
    """A file whose scenarios cannot be taken as they are; `faults` say why, all that were found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Faults:
    """Collects the faults of one file, up to a number that nobody reads to the end of."""

    MOST = 200

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []
        self.left_out = 0

    def add(self, row: int | str | None, column: str, reason: str, remedy: str) -> None:
        if len(self.found) >= self.MOST:
            self.left_out += 1
            return
        self.found.append(Fault(self.file, "" if row is None else str(row), column, reason, remedy))

    def __len__(self) -> int:
        return len(self.found)

    def check(self) -> None:
        """ScenarioError if there are any."""
        if not self.found:
            return
        self.found.sort(key=lambda fault: int(fault.row) if fault.row.isdigit() else 0)
        if self.left_out:
            more = Fault(self.file, "", "", f"{self.left_out:,} more faults are not listed", "Correct these first")
            raise ScenarioError([*self.found, more])
        raise ScenarioError(self.found)
