"""What the planner is asked: initiatives, goals, scenarios, budgets and people over a horizon of quarters.

Every type here is plain data. `Problem` checks itself when it is made and raises `ProblemError` with
every fault it finds: which thing, which field, why, and what to do. Money is a number in one currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from accord.engines.portfolio import quarters

Sponsor = Literal["cio", "ciso"]
SPONSORS: tuple[Sponsor, ...] = ("cio", "ciso")
MOST_QUARTERS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a problem: `subject` names it ("initiative ERP"), `field` the place in it."""

    subject: str
    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}, {self.field}: {self.reason} {self.remedy}"


class ProblemError(ValueError):
    """The problem cannot be planned as it is given; `faults` say why, all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class YearCost:
    """Cost in one year counted from the initiative's own start (1 = first)."""

    year: int
    capital: float = 0.0
    running: float = 0.0


@dataclass(frozen=True, slots=True)
class PeopleNeed:
    """Full-time equivalents of a skill in one quarter counted from the initiative's own start (1 = first)."""

    quarter: int
    skill: str
    fte: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """Share (0–1) of a goal's gap that the initiative closes once it is finished."""

    goal: str
    share: float


@dataclass(frozen=True, slots=True)
class Effect:
    """Shares by which a finished initiative lowers a scenario's frequency and magnitude (−1 to 1).

    A negative share adds risk. None = that side is not affected.
    """

    scenario: str
    frequency: float | None = None
    magnitude: float | None = None

    @property
    def remaining(self) -> float:
        """What is left of the scenario's expected loss: (1 − frequency) × (1 − magnitude)."""
        return (1.0 - (self.frequency or 0.0)) * (1.0 - (self.magnitude or 0.0))


@dataclass(frozen=True, slots=True)
class Initiative:
    """Something that either executive would start.

    It runs for `duration` quarters; its benefits begin in the quarter after the last of them. `earliest` and
    `latest` bound the start. `pinned_by` and `dropped_by` name the executives who force it in or out;
    `pinned_start` fixes the quarter. `requires` must be finished before it starts, all of them.
    """

    key: str
    name: str
    sponsor: Sponsor
    duration: int
    earliest: str | None = None
    latest: str | None = None
    mandatory: bool = False
    pinned_by: tuple[str, ...] = ()
    pinned_start: str | None = None
    dropped_by: tuple[str, ...] = ()
    costs: tuple[YearCost, ...] = ()
    people: tuple[PeopleNeed, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def must(self) -> bool:
        """Whether every plan has to hold it."""
        return self.mandatory or bool(self.pinned_by) or self.pinned_start is not None


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with its weight among all goals (0–1, the leaves of the tree sum to 1)."""

    key: str
    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its expected loss per year as things stand today."""

    key: str
    name: str
    loss: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in one calendar year (for a year that the horizon cuts: in its part of it)."""

    year: int
    capital: float
    running: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """Full-time equivalents of a skill that are free in one quarter."""

    skill: str
    quarter: str
    fte: float


@dataclass(frozen=True, slots=True)
class Problem:
    """The whole question. `quarters` is the length of the horizon (at most 20) from `first_quarter` on."""

    first_quarter: str
    quarters: int
    initiatives: tuple[Initiative, ...]
    goals: tuple[Goal, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    budgets: tuple[Budget, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    _by_key: dict[str, Initiative] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        from accord.engines.portfolio.validate import faults

        if found := faults(self):
            raise ProblemError(found)
        self._by_key.update({i.key: i for i in self.initiatives})

    def initiative(self, key: str) -> Initiative:
        return self._by_key[key]

    @property
    def first(self) -> int:
        """The first quarter as an ordinal (see `quarters.ordinal`)."""
        return quarters.ordinal(self.first_quarter)

    def quarter(self, index: int) -> str:
        """The text of the quarter at an index, 0 = the first."""
        return quarters.label(self.first + index)

    @property
    def years(self) -> list[int]:
        """The calendar years that the horizon touches."""
        return sorted({quarters.year(self.first + q) for q in range(self.quarters)})

    def index(self, quarter: str) -> int:
        """The index of a quarter; negative or ≥ `quarters` when it lies outside of the horizon."""
        return quarters.ordinal(quarter) - self.first

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes the same problem."""
        row = asdict(self)
        del row["_by_key"]
        return row

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> Problem:
        """The problem that `to_json` wrote."""

        def initiative(item: Mapping[str, Any]) -> Initiative:
            parts = {
                "costs": tuple(YearCost(**x) for x in item["costs"]),
                "people": tuple(PeopleNeed(**x) for x in item["people"]),
                "contributions": tuple(Contribution(**x) for x in item["contributions"]),
                "effects": tuple(Effect(**x) for x in item["effects"]),
                **{name: tuple(item[name]) for name in ("pinned_by", "dropped_by", "requires", "excludes")},
            }
            return Initiative(**{**item, **parts})

        return Problem(
            first_quarter=row["first_quarter"],
            quarters=row["quarters"],
            initiatives=tuple(initiative(x) for x in row["initiatives"]),
            goals=tuple(Goal(**x) for x in row["goals"]),
            scenarios=tuple(Scenario(**x) for x in row["scenarios"]),
            budgets=tuple(Budget(**x) for x in row["budgets"]),
            capacities=tuple(Capacity(**x) for x in row["capacities"]),
        )
