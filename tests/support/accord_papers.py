"""The paper of an invented decision, as large as they come and as small."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from accord.outlet.decision import (
    Band,
    Bar,
    Beside,
    Curve,
    DecisionPaper,
    Figure,
    Goal,
    Key,
    Point,
    Resource,
    Step,
    Swing,
)

QUARTERS = [f"{year}-Q{n}" for year in (2027, 2028, 2029) for n in (1, 2, 3, 4)]


def falling(scale: float) -> list[tuple[float, float]]:
    return [(x * 1e5, 0.6 / (1 + (x * scale / 14) ** 1.9)) for x in range(0, 121, 2)]


def side(origin: str, name: str, value: float, loss: float, chosen: bool = False) -> Beside:
    texts = (
        f"{value:.2%}",
        f"{loss:,.2f}",
        f"{loss * 3.7:,.2f}",
        "17",
        f"{47.13 - 100 * value:.2f}",
        f"{loss - 3.1e6:,.2f}",
    )
    return Beside(origin, name, *texts, loss, value, chosen)


STEPS = [
    Step("Today", 5_200_000.0, "5,200,000.00", True),
    *(Step(f"Initiative number {n} of the plan", -2e5 + n * 2e4, f"{-2e5 + n * 2e4:+,.2f}") for n in range(14)),
    Step("With the plan", 4_220_000.0, "4,220,000.00", True),
]
SWINGS = [
    Swing(
        f"Scenario number {n} of the book",
        "replacement" if n % 2 else "frequency",
        4.22e6 - wide,
        4.22e6,
        4.22e6 + 2 * wide,
        f"{4.22e6 - wide:,.2f}",
        f"{4.22e6 + 2 * wide:,.2f}",
    )
    for n, wide in enumerate(4e5 / (1 + n) for n in range(8))
]


def goal(n: int, weight: float) -> Goal:
    attained, today, after = 0.1 * n, 9e5 * weight, 6e5 * weight * (1 + n / 4)
    texts = (f"{weight:.2%}", f"{attained:.2%}", f"{today:,.2f}", f"{after:,.2f}")
    return Goal(f"Goal number {n} of the company", weight, attained, today, after, *texts)


GOALS = [goal(n, weight) for n, weight in enumerate((0.3, 0.22, 0.18, 0.12, 0.1))]
GOALS.append(Goal("Goal that rests on nothing known", 0.08, 0.25, None, None, "8.00%", "25.00%", "unknown", "unknown"))
PAPER = DecisionPaper(
    key="DEC-0007",
    title="Joint proposal 2027",
    plan="Joint proposal",
    organization="Example SE",
    status="In force since 3 Feb 2027, signed by both.",
    why="It keeps nine tenths of the value and avoids most of the loss that either of us would have reached alone.",
    as_of=date(2027, 2, 3),
    as_of_words="As of 3 February 2027",
    currency="EUR",
    figures=[
        Figure("value", "Strategic value", "47.13 %", "Weight of goals' gaps closed, Q1 2027 to Q4 2029."),
        Figure("loss", "Expected loss a year", "EUR 4,220,000.00", "On average over Q1 2027 to Q4 2029."),
        Figure("today", "Expected loss a year, today", "EUR 5,200,000.00", "If nothing is started."),
        Figure("avoided", "Loss avoided a year", "EUR 980,000.00", "Today less with the plan."),
        Figure("money", "Money over the horizon", "EUR 123,456,789.01", "Capital and running cost."),
        Figure("initiatives", "Initiatives", "17 of 31", "Started, of all."),
        Figure("gap", "Proved gap", "0.82 %", "No plan has over this much more value."),
        Figure("bad_today", "One year in 20 costs more, today", "EUR 14,812,113.77", "If nothing is started."),
        Figure("bad_after", "One year in 20 costs more, all done", "EUR 9,001,222.18", "With the whole plan."),
    ],
    beside=[
        side("today", "Today", 0.0, 5.2e6),
        side("cio", "CIO alone", 0.58, 4.9e6),
        side("ciso", "CISO alone", 0.2113, 2.7e6),
        side("split", "Budget split in two", 0.39, 3.6e6),
        side("rosi", "ROSI ranking", 0.22, 2.95e6),
        side("joint", "Joint proposal", 0.4713, 3.1e6, chosen=True),
    ],
    along=[(2.7e6 + 2.2e5 * n, 0.2113 + 0.37 * (1 - 0.75**n)) for n in range(11)],
    curves=[
        Curve("today", "Today", falling(1.0)),
        Curve("plan", "With the plan, all done", falling(1.8), Band([(x, 0.9 * y, 1.1 * y) for x, y in falling(1.8)])),
        Curve("appetite", "Risk appetite", [(0.0, 0.5), (1e6, 0.3), (3e6, 0.12), (6e6, 0.04), (12e6, 0.01)]),
    ],
    steps=STEPS,
    quarters=QUARTERS,
    bars=[
        Bar(f"Initiative number {n} with quite a long name", "CIO" if n % 2 else "CISO", QUARTERS[n // 3],
            QUARTERS[min(11, n // 3 + 3)], f"{4e5 + n * 1e5:,.2f}")
        for n in range(17)
    ],
    money=[
        Resource("Capital", "EUR", [3e5] * 12, [1.4e6] * 12, [0.0, 3e5, 6e5, 9e5] * 3),
        Resource("Running cost", "EUR", [5e4] * 12, [2.5e5] * 12, [0.0, 5e4, 1e5, 1.5e5] * 3),
    ],
    people=[
        Resource("Network engineer", "FTE", [1, 2, 2, 1, 0.5, 0, 1, 2, 2, 1, 0, 0], [2.0] * 12),
        Resource("Security architect", "FTE", [1, 1, 1, 1, 0.5, 0, 0.5, 1, 1, 1, 0, 0], [1.0] * 6 + [1.5] * 6),
        Resource("Developer", "FTE", [3.0] * 12, [6.0] * 12),
        Resource("Tester", "FTE", [0.2] * 12, [6.0] * 12),
    ],
    keys=[
        Key("CIO", "signed", "Ada Berger signed on 3 Feb 2027, 10:12 UTC, proved by password."),
        Key("CISO", "signed", "Ben Castillo signed on 3 Feb 2027, 11:40 UTC, proved by passkey."),
    ],
    points=[Point("CISO", "Replace the old ERP", "It starts two quarters too early for the people that we have.")],
    hash="9f2c" * 16,
    sources=["Value: the weight of the goals' gaps that the plan closes.", "Money: capital and running cost."],
    alternatives={
        name: f"The {name} in words."
        for name in ("frontier", "curves", "steps", "gantt", "money", "people", "tornado", "goals")
    },
    swings=SWINGS,
    goals=GOALS,
)  # fmt: skip
BARE = replace(
    PAPER, why="", beside=[], along=[], curves=[], steps=[], bars=[], money=[], people=[], keys=[], points=[],
    organization="", swings=(), goals=(),
)  # fmt: skip
FULL = replace(
    PAPER,
    title="A title that is far longer than anybody would write it " * 6,
    status="status " * 60,
    why="why " * 300,
    points=[Point("CISO", "initiative " * 20, "reason " * 100)] * 9,
    keys=[Key("CIO", "dissent", "name " * 60), Key("CISO", "waiting", "name " * 60)],
    steps=[Step("name " * 50, s.amount, s.text, s.total) for s in STEPS],
    bars=[Bar("name " * 50, "CIO", "2027-Q1", "2029-Q4", "999,999,999.99") for _ in range(20)],
    people=[Resource("skill " * 30, "FTE", [1.0] * 12, [1.0] * 12)] * 6,
    swings=[replace(row, scenario="name " * 50, what="effect " * 30) for row in SWINGS],
    goals=[replace(row, name="name " * 50) for row in GOALS * 3],
    beside=[
        side(row.origin, "name " * 50, row.value or 0.0, 1e3 * (row.loss or 0.0), row.chosen) for row in PAPER.beside
    ],
)
