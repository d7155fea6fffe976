"""The table nouns of this room."""

from __future__ import annotations

from accord.core.nouns import Column, Noun, register
from accord.core.values import Kind
from accord.organization.nouns import KEY, NAME
from accord.program.models import Control

CONTROL = Noun(
    "control", "controls", "program.Control",
    (
        KEY,
        NAME,
        Column("description", Kind.LONG),
        Column("owner", Kind.REF, noun="person"),
        Column("state", Kind.CHOICE, required=True, choices=tuple(Control.ControlState.choices)),
        Column("since", Kind.DATE, help="In this state since."),
    ),
    order=40, description="What lowers how often something happens, or how much it costs.",
)  # fmt: skip


def declare() -> None:
    register(CONTROL)
