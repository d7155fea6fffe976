"""The table nouns of this room."""

from __future__ import annotations

from accord.core.nouns import Column, Noun, register
from accord.core.values import Kind

KEY = Column("key", Kind.KEY, required=True, key=True, help="Stable and unique; it never changes.")
NAME = Column("name", required=True)

UNIT = Noun(
    "unit", "units", "organization.Unit",
    (KEY, NAME, Column("parent", Kind.REF, noun="unit", label="Part of", blank="nothing above it")),
    tree="parent", order=10, description="Departments, in a tree.",
)  # fmt: skip
PERSON = Noun(
    "person", "persons", "organization.Person",
    (
        KEY,
        NAME,
        Column("email", label="E-mail"),
        Column("unit", Kind.REF, noun="unit"),
        Column("role_title", label="Role"),
        Column("heads_unit", Kind.BOOL, label="Heads the unit"),
    ),
    order=11, description="Persons who own something or read a brief; nobody else needs to be here.",
)  # fmt: skip
GOAL = Noun(
    "goal", "goals", "organization.Goal",
    (
        KEY,
        NAME,
        Column("parent", Kind.REF, noun="goal", label="Part of", blank="nothing above it"),
        Column("weight", Kind.DECIMAL, minimum=0, help="Relative to the goals beside it; blank = unknown."),
        Column("owner", Kind.REF, noun="person"),
        Column("measure", help="What is measured."),
        Column("target", help="What it should come to."),
        Column("due", Kind.DATE),
    ),
    tree="parent", order=12, description="What the organization wants, in a tree with weights.",
)  # fmt: skip
CAPABILITY = Noun(
    "capability", "capabilities", "organization.Capability",
    (KEY, NAME, Column("description")),
    order=13, description="What the organization must be able to do.",
)  # fmt: skip
GOAL_CAPABILITY = Noun(
    "goal_capability", "goal_capabilities", "organization.GoalCapability",
    (
        Column("goal", Kind.REF, noun="goal", key=True, required=True),
        Column("capability", Kind.REF, noun="capability", key=True, required=True),
        Column("share", Kind.SHARE, required=True, help="Share of the goal that hangs on it."),
    ),
    title="goal", share_of="goal", order=14,
    description="Which capabilities carry a goal, by share; what is left over is not assigned.",
)  # fmt: skip


def declare() -> None:
    register(UNIT, PERSON, GOAL, CAPABILITY, GOAL_CAPABILITY)
