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

Range = tuple[float, float]
"""What one in twenty stays below and what one in twenty exceeds (5 % and 95 %)."""


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
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PeopleNeed:
    """Full-time equivalents of a skill in one quarter counted from the initiative's own start (1 = first)."""

    quarter: int
    skill: str
    fte: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """Share (0–1) of a goal's gap that the initiative closes once it is finished; `share_range` around it."""

    goal: str
    share: float
    share_range: Range | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """Shares by which a finished initiative lowers a scenario's frequency and magnitude (−1 to 1).

    A negative share adds risk. None = that side is not affected. The ranges are around the shares.
    """

    scenario: str
    frequency: float | None = None
    magnitude: float | None = None
    frequency_range: Range | None = None
    magnitude_range: Range | None = None

    @property
    def remaining(self) -> float:
        """What is left of the scenario's expected loss: (1 − frequency) × (1 − magnitude)."""
        return self.remaining_at(1.0)

    def remaining_at(self, share: float) -> float:
        """What is left while only a share of the benefit is there; risk that is added is there at once, in full."""
        return (1.0 - grown(self.frequency, share)) * (1.0 - grown(self.magnitude, share))


def grown(effect: float | None, share: float) -> float:
    """An effect while only a share of the benefit is there: added risk (negative) does not wait."""
    if effect is None:
        return 0.0
    return effect * share if effect > 0 else effect


@dataclass(frozen=True, slots=True)
class Initiative:
    """Something that either executive would start.

    It runs for `duration` quarters; its benefits begin in the quarter after the last of them. `earliest` and
    `latest` bound the start. `pinned_by` and `dropped_by` name the executives who force it in or out;
    `pinned_start` fixes the quarter. `requires` must be finished before it starts, all of them; each is the key of
    an initiative, or a group: then any one of its sizes.

    `ramp` are the shares of the full benefit in the first quarters after the finish, never falling; after them it
    is full. `group` names what this is one size of: a plan holds at most one initiative of a group. `cost_range`
    and `benefit_range` are factors around 1 of all of its costs and of all that it contributes to goals.
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
    ramp: tuple[float, ...] = ()
    group: str = ""
    cost_range: Range | None = None
    benefit_range: Range | None = None

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
    """A scenario with its expected loss per year as things stand today; `loss_range` around it (money)."""

    key: str
    name: str
    loss: float
    loss_range: Range | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in one calendar year (for a year that the horizon cuts: in its part of it)."""

    year: int
    capital: float
    running: float
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Full-time equivalents of a skill that are free in one quarter."""

    skill: str
    quarter: str
    fte: float


@dataclass(frozen=True, slots=True)
class Problem:
    """The whole question. `quarters` is the length of the horizon (at most 20) from `first_quarter` on.

    All money is in one currency; where a part names its own, all that are named have to be the same.
    """

    first_quarter: str
    quarters: int
    initiatives: tuple[Initiative, ...]
    goals: tuple[Goal, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    budgets: tuple[Budget, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    _by_key: dict[str, Initiative] = field(default_factory=dict, init=False, compare=False, repr=False)
    _sizes: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        from accord.engines.portfolio.validate import faults

        if found := faults(self):
            raise ProblemError(found)
        self._by_key.update({i.key: i for i in self.initiatives})
        for item in self.initiatives:
            if item.group:
                self._sizes[item.group] = (*self._sizes.get(item.group, ()), item.key)

    def initiative(self, key: str) -> Initiative:
        return self._by_key[key]

    @property
    def sizes(self) -> Mapping[str, tuple[str, ...]]:
        """Group → keys of the initiatives that are its sizes, in their order."""
        return self._sizes

    def any_of(self, required: str) -> tuple[str, ...]:
        """The initiatives of which one fulfils a prerequisite: the one of that key, or the sizes of that group."""
        return (required,) if required in self._by_key else self._sizes[required]

    def title(self, required: str) -> str:
        """What to call a prerequisite."""
        return self._by_key[required].name if required in self._by_key else f"a size of {required}"

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
        del row["_by_key"], row["_sizes"]
        return row

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> Problem:
        """The problem that `to_json` wrote, also before ramp-up, sizes and ranges were known."""

        def ranged(item: Mapping[str, Any]) -> dict[str, Any]:
            return {k: tuple(v) if k.endswith("_range") and v is not None else v for k, v in item.items()}

        def initiative(item: Mapping[str, Any]) -> Initiative:
            parts = {
                "costs": tuple(YearCost(**x) for x in item["costs"]),
                "people": tuple(PeopleNeed(**x) for x in item["people"]),
                "contributions": tuple(Contribution(**ranged(x)) for x in item["contributions"]),
                "effects": tuple(Effect(**ranged(x)) for x in item["effects"]),
                **{name: tuple(item[name]) for name in ("pinned_by", "dropped_by", "requires", "excludes")},
                "ramp": tuple(item.get("ramp", ())),
            }
            return Initiative(**{**ranged(item), **parts})

        return Problem(
            first_quarter=row["first_quarter"],
            quarters=row["quarters"],
            initiatives=tuple(initiative(x) for x in row["initiatives"]),
            goals=tuple(Goal(**x) for x in row["goals"]),
            scenarios=tuple(Scenario(**ranged(x)) for x in row["scenarios"]),
            budgets=tuple(Budget(**x) for x in row["budgets"]),
            capacities=tuple(Capacity(**x) for x in row["capacities"]),
        )
