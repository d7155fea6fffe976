"""The table nouns of this room."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind
from accord.organization.nouns import KEY, NAME
from accord.strategy.models import Initiative, InitiativeRelation


def _window_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    first, last = row["earliest_start"], row["latest_start"]
    if first and last and last < first:
        yield "latest_start", f"{last} is before the earliest start ({first}).", "Correct one of the two."


def _range_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    for what in ("cost", "benefit"):
        low, high = row[f"{what}_low"], row[f"{what}_high"]
        if (low is None) != (high is None):
            yield f"{what}_high", "Only one end of the range is there.", "Give both ends, or none."
        elif low is not None and not low <= 1 <= high:
            yield f"{what}_low", f"The range from {low} to {high} does not hold 1.", "Let low ≤ 1 ≤ high."


def _not_itself(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["initiative"] == row["other"]:
        yield "other", "An initiative cannot stand in a relation to itself.", "Name another initiative."


KINDS = tuple(InitiativeRelation.RelationKind.choices)


def _initiative() -> Column:
    return Column("initiative", Kind.REF, noun="initiative", key=True, required=True)


INITIATIVE = Noun(
    "initiative", "initiatives", "strategy.Initiative",
    (
        KEY,
        NAME,
        Column("sponsor", Kind.CHOICE, required=True, choices=tuple(Initiative.Sponsor.choices)),
        Column("description", Kind.LONG),
        Column("owner", Kind.REF, noun="person"),
        Column(
            "duration_quarters", Kind.INT, label="Duration", unit="quarters", required=True,
            minimum=1, maximum=12, help="From start to finish; benefits begin in the quarter after.",
        ),
        Column("earliest_start", Kind.QUARTER, help="Such as 2027-Q1; blank = any quarter of the plan."),
        Column("latest_start", Kind.QUARTER, help="Such as 2028-Q4; blank = any quarter of the plan."),
        Column("mandatory", Kind.BOOL, help="Every plan must hold it. Blank is read as no."),
        Column(
            "size_of", max_length=100,
            help="What this is one size of. Of the initiatives with the same text here a plan holds one at the most.",
        ),
    ),
    row_checks=(_window_in_order,), order=30,
    description="What either executive would start: projects with a sponsor, a length and a window.",
)  # fmt: skip
INITIATIVE_COST = Noun(
    "initiative_cost", "initiative_costs", "strategy.InitiativeCost",
    (
        _initiative(),
        Column("year", Kind.INT, key=True, required=True, minimum=1, maximum=5, help="1 = its first year."),
        Column("capital", Kind.MONEY, minimum=0, help="Paid while it is being built."),
        Column(
            "running", Kind.MONEY, minimum=0,
            help="Paid through the year. The last year that is listed goes on until the end of the plan.",
        ),
    ),
    title="initiative", order=31, description="What an initiative costs in each year from its own start.",
)  # fmt: skip
INITIATIVE_RANGE = Noun(
    "initiative_range", "initiative_ranges", "strategy.InitiativeRange",
    (
        _initiative(),
        *(
            Column(f"{what}_{end}", Kind.DECIMAL, minimum=0, help=f"{text} 1.0 is what is stated.")
            for what, end, text in (
                ("cost", "low", "Factor of the costs that one in twenty comes in below."),
                ("cost", "high", "Factor of the costs that one in twenty exceeds."),
                ("benefit", "low", "Factor of what goals gain that one in twenty stays below."),
                ("benefit", "high", "Factor of what goals gain that one in twenty exceeds."),
            )
        ),
        Column("source", help="Who says so, or from which past projects."),
    ),
    title="initiative", row_checks=(_range_in_order,), order=31,
    description="How far an initiative's costs and benefits may differ from what is stated (5 % and 95 %).",
)  # fmt: skip
INITIATIVE_RAMP = Noun(
    "initiative_ramp", "initiative_ramps", "strategy.InitiativeRamp",
    (
        _initiative(),
        Column("quarter", Kind.INT, key=True, required=True, minimum=1, maximum=12, help="1 = first after its finish."),
        Column("share", Kind.SHARE, required=True, help="Part of the full benefit in that quarter."),
    ),
    title="initiative", order=34,
    description="How an initiative's benefits grow after its finish; without rows they are there at once and in full.",
)  # fmt: skip
INITIATIVE_PEOPLE = Noun(
    "initiative_people", "initiative_people", "strategy.InitiativePeople",
    (
        _initiative(),
        Column("quarter", Kind.INT, key=True, required=True, minimum=1, maximum=12, help="1 = its first."),
        Column("skill", key=True, required=True, max_length=100),
        Column("fte", Kind.DECIMAL, label="FTE", required=True, minimum=0, help="Full-time equivalents."),
    ),
    title="initiative", order=32,
    description="Whom an initiative needs: full-time equivalents by skill and quarter from its own start.",
)  # fmt: skip
INITIATIVE_RELATION = Noun(
    "initiative_relation", "initiative_relations", "strategy.InitiativeRelation",
    (
        Column("initiative", Kind.REF, noun="initiative", key=True, required=True, back="What it requires or excludes"),
        Column("kind", Kind.CHOICE, key=True, required=True, choices=KINDS),
        Column("other", Kind.REF, noun="initiative", key=True, required=True, back="What requires or excludes it"),
    ),
    title="initiative", row_checks=(_not_itself,), order=33,
    description="What must be finished before an initiative starts, and what cannot be done beside it.",
)  # fmt: skip
INITIATIVE_GOAL = Noun(
    "initiative_goal", "initiative_goals", "strategy.InitiativeGoal",
    (
        _initiative(),
        Column("goal", Kind.REF, noun="goal", key=True, required=True),
        Column("contribution", Kind.SHARE, required=True, help="Share of the gap that it closes."),
    ),
    title="initiative", order=34,
    description="Which goals an initiative serves, and how much of a goal's gap it closes when done.",
)  # fmt: skip
INITIATIVE_SYSTEM = Noun(
    "initiative_system", "initiative_systems", "strategy.InitiativeSystem",
    (_initiative(), Column("system", Kind.REF, noun="system", key=True, required=True)),
    title="initiative", order=35, description="Which systems an initiative works on.",
)  # fmt: skip
BUDGET = Noun(
    "budget", "budgets", "strategy.Budget",
    (
        Column("year", Kind.INT, key=True, required=True, minimum=2000, maximum=2200, help="Calendar year."),
        Column("capital", Kind.MONEY, required=True, minimum=0),
        Column("running", Kind.MONEY, required=True, minimum=0),
    ),
    title="year", order=36, description="What may be spent on initiatives in each calendar year.",
)  # fmt: skip
CAPACITY = Noun(
    "capacity", "capacities", "strategy.Capacity",
    (
        Column("skill", key=True, required=True, max_length=100),
        Column("quarter", Kind.QUARTER, key=True, required=True, help="Such as 2027-Q1."),
        Column("fte", Kind.DECIMAL, label="FTE", required=True, minimum=0, help="Free for initiatives."),
    ),
    title="skill", order=37, description="Who is free for initiatives, by skill and quarter.",
)  # fmt: skip

NOUNS = (
    INITIATIVE,
    INITIATIVE_COST,
    INITIATIVE_RANGE,
    INITIATIVE_PEOPLE,
    INITIATIVE_RELATION,
    INITIATIVE_GOAL,
    INITIATIVE_RAMP,
    INITIATIVE_SYSTEM,
    BUDGET,
    CAPACITY,
)


def declare() -> None:
    register(*NOUNS)
