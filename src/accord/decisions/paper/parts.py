"""Of a plan's result: what drives the loss that is left, and the goals by weight, loss and value, as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.outlet.decision import Goal, Swing
from accord.ui import format as write

NOTHING = 0.005
"""Money below half a cent."""


def swings(result: Mapping[str, Any]) -> list[Swing]:
    """The widest swings of the expected loss with the plan done; none where the plan does not keep them."""
    return [
        Swing(
            row["scenario"], row["what"], row["low"], row["value"], row["high"],
            write.number(row["low"], 2), write.number(row["high"], 2),
        )
        for row in result.get("swings") or ()
    ]  # fmt: skip


def goals(result: Mapping[str, Any]) -> list[Goal]:
    """The goals that have weight, the heaviest first. Loss that falls on no known goal may be theirs: then unknown."""
    kept = result.get("goal_loss")
    rows = sorted((row for row in result["goals"] if row["weight"] > 0), key=lambda row: (-row["weight"], row["key"]))
    return [_goal(row, kept) for row in rows]


def _goal(row: Mapping[str, Any], kept: Mapping[str, Any] | None) -> Goal:
    today, after = (_falling(row["key"], kept, when) for when in ("today", "after"))
    return Goal(
        row["name"], row["weight"], row["attained"], today, after,
        write.percent(row["weight"], 2), write.percent(row["attained"], 2), _said(today), _said(after),
    )  # fmt: skip


def _falling(key: str, kept: Mapping[str, Any] | None, when: str) -> float | None:
    if kept is None:
        return None
    if key in kept["goals"]:
        return float(kept["goals"][key][when])
    return 0.0 if abs(kept["rest"]["today"]) < NOTHING else None


def _said(amount: float | None) -> str:
    return write.UNKNOWN if amount is None else write.number(amount, 2)


def sources(result: Mapping[str, Any]) -> list[str]:
    """What the figures of both say, for whoever reads the papers."""
    found = []
    if result.get("swings"):
        found.append(
            "Drivers: the expected loss a year, all done, with one input at the 5 % and at the 95 % end of its range, "
            "the others as they are; of what an initiative or a control avoids, the low end is its weak one."
        )
    if result["goals"]:
        found.append(
            "Goals: the part of each goal's gap that the plan has closed at the end, and the expected loss a year that "
            "falls on it through the systems that carry it, today and when all is done."
        )
    return found


def alternatives(result: Mapping[str, Any], currency: str) -> dict[str, str]:
    """The tornado and the map of goals in words."""
    drawn, listed = swings(result), goals(result)
    widest = "" if not drawn else f" Widest: {drawn[0].name}, {drawn[0].low_text} to {drawn[0].high_text}."
    heaviest = "" if not listed else (
        f" Heaviest: {listed[0].name}, {listed[0].attained_text} of its gap closed, "
        f"{listed[0].today_text} today and {listed[0].after_text} after."
    )  # fmt: skip
    return {
        "tornado": f"What drives the expected loss a year, all done, in {currency}: a bar for each of "
        f"{len(drawn)} inputs from its low to its high end.{widest}",
        "goals": f"{len(listed)} goals by weight, loss a year in {currency} and part of the gap that is "
        f"closed.{heaviest}",
    }
