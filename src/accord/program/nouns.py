"""The table nouns of this room."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind, render
from accord.organization.nouns import KEY, NAME
from accord.program.models import Control

ENDS = (("low", "at least (5 %)"), ("mid", "middle (50 %)"), ("high", "at most (95 %)"))


def _in_order(row: Row, side: str) -> Iterable[tuple[str, str, str]]:
    names = [f"{side}_{end}" for end, _ in ENDS]
    values = [row[name] for name in names]
    known = [value for value in values if value is not None]
    if known and len(known) < 3:
        missing = next(name for name, value in zip(names, values, strict=True) if value is None)
        yield missing, "The interval is not whole.", "Give 5 %, 50 % and 95 %, or leave all three blank."
    elif known and not values[0] <= values[1] <= values[2]:
        text = ", ".join(map(render, values))
        yield names[0], f"{text} do not rise.", "The 5 % value comes first, the 95 % value last."


def _control_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    yield from _in_order(row, "capability")
    yield from _in_order(row, "reliability")


def _coverage_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    yield from _in_order(row, "coverage")


def _interval(side: str, help_: str) -> tuple[Column, ...]:
    return tuple(
        Column(f"{side}_{end}", Kind.SHARE, minimum=0, maximum=1, label=f"{side.capitalize()}, {words}", help=help_)
        for end, words in ENDS
    )


CONTROL = Noun(
    "control", "controls", "program.Control",
    (
        KEY,
        NAME,
        Column("description", Kind.LONG),
        Column("owner", Kind.REF, noun="person"),
        Column("state", Kind.CHOICE, required=True, choices=tuple(Control.ControlState.choices)),
        Column("since", Kind.DATE, help="In this state since."),
        *_interval("capability", "Share of the ways into a system that it stops when it works as intended."),
        *_interval("reliability", "Share of the time in which it works as intended."),
    ),
    row_checks=(_control_in_order,), order=40,
    description="What lowers how often something happens, or how much it costs.",
)  # fmt: skip
CONTROL_SYSTEM = Noun(
    "control_system", "control_systems", "program.ControlSystem",
    (
        Column("control", Kind.REF, noun="control", key=True, required=True, back="Systems that it covers"),
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Controls that cover it"),
        *_interval("coverage", "Share of the ways into the system that meet the control."),
    ),
    title="control", row_checks=(_coverage_in_order,), order=41,
    description="Which systems a control covers, and how much of the ways into each.",
)  # fmt: skip


def declare() -> None:
    register(CONTROL, CONTROL_SYSTEM)
