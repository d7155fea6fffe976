"""What a signer can have reservations about, and those that were recorded."""

from __future__ import annotations

from typing import Any

from accord.decisions.models import Decision, Reservation
from accord.decisions.selectors.plans import currency_of, statements_of


def points_of(decision: Decision) -> dict[tuple[str, str], str]:
    """(kind, point) → its name: all figures, and the initiatives that are in the plan and that were left out of it.

    Read from the frozen content alone.
    """
    content: dict[str, Any] = decision.frozen
    result = content["result"]
    found = {("initiative", row["key"]): row["name"] for row in content["initiatives"]}
    found |= {("initiative", row["key"]): row["name"] for row in result.get("reasons", ())}
    if "horizon" in result:
        currency = content.get("currency") or currency_of(decision.plan)
        for fact in statements_of(result, content["value"], content["loss"], currency, ""):
            found["figure", fact.key] = fact.label
    return found


def reservations(decision: Decision) -> list[Reservation]:
    """The points on which a signer recorded dissent and signed all the same. One query."""
    return list(decision.reservations.select_related("by"))
