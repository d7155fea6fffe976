"""The table nouns of this room: what really happened to initiatives."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind


def _dates_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["finished"] and not row["started"]:
        yield "started", "It is finished but has no start.", "Give the day on which it started."
    elif row["finished"] and row["finished"] < row["started"]:
        yield "finished", f"{row['finished']} is before the start ({row['started']}).", "Correct one of the two."


ACTUAL_COST = Noun(
    "actual_cost", "actual_costs", "decisions.ActualCost",
    (
        Column("initiative", Kind.REF, noun="initiative", key=True, required=True),
        Column("year", Kind.INT, key=True, required=True, minimum=2000, maximum=2200, help="Calendar year."),
        Column("capital", Kind.MONEY, minimum=0),
        Column("running", Kind.MONEY, minimum=0),
    ),
    title="initiative", order=60, description="What initiatives really cost, by calendar year.",
)  # fmt: skip
ACTUAL_DATE = Noun(
    "actual_date", "actual_dates", "decisions.ActualDate",
    (
        Column("initiative", Kind.REF, noun="initiative", key=True, required=True),
        Column("started", Kind.DATE),
        Column("finished", Kind.DATE),
    ),
    title="initiative", row_checks=(_dates_in_order,), order=61,
    description="When initiatives really started and finished.",
)  # fmt: skip
NOUNS = (ACTUAL_COST, ACTUAL_DATE)


def declare() -> None:
    register(*NOUNS)
