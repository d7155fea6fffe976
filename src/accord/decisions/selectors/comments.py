"""Comments and the figures that they stand beside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accord.core.statements import Statement
from accord.decisions.models import Comment, Frontier
from accord.decisions.selectors.frontiers import headline, plans_of
from accord.decisions.selectors.plans import currency_of, find_plan, statements, statements_of
from accord.decisions.selectors.sittings import find_sitting
from accord.decisions.selectors.tracking import find_decision
from accord.ui import format as write

MOST = 500


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that a comment can stand beside: its key, how it is called, and how it reads now."""

    key: str
    label: str
    value: str


def figures_of(noun: str, key: str) -> list[Figure] | None:
    """The figures of a frontier, plan, sitting or decision, in the order in which they are shown; None = no such."""
    match noun:
        case Comment.On.PLAN:
            plan = find_plan(key)
            return None if plan is None else [_figure(fact) for fact in statements(plan)]
        case Comment.On.FRONTIER:
            found = Frontier.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
            return None if found is None else [_figure(fact) for fact in headline(found, plans_of(found))]
        case Comment.On.DECISION:
            return _of_decision(key)
        case Comment.On.SITTING:
            return _of_sitting(key)
        case _:
            return None


def _figure(fact: Statement) -> Figure:
    return Figure(fact.key, fact.label, fact.figure)


def _of_decision(key: str) -> list[Figure] | None:
    decision = find_decision(key)
    if decision is None or not isinstance(decision.frozen, dict) or "schedule" not in decision.frozen["result"]:
        return None
    content = decision.frozen
    currency = content.get("currency") or currency_of(decision.plan)
    facts = statements_of(content["result"], content["value"], content["loss"], currency, f"/decisions/{key}/")
    return [_figure(fact) for fact in facts]


def _of_sitting(key: str) -> list[Figure] | None:
    """The differences of a revealed sitting; nothing can be said of one that is not revealed."""
    sitting = find_sitting(key)
    if sitting is None or sitting.differences is None:
        return None
    found, currency = sitting.differences, sitting.frontier.currency
    rows = [Figure("price", "Price of value", f"{write.money(found['price'] / 100, currency, compact=True)} a point")]
    for prefix in ("initiative", "goal"):
        for row in found[f"{prefix}s"]:
            rows.append(Figure(f"{prefix}:{row['key']}", row["name"], costs_text(row, currency)))
    return rows


def costs_text(row: dict[str, Any], currency: str) -> str:
    """What either way costs, in a few words."""
    parts = []
    for role, way in row["ways"].items():
        cost = write.money(way["costs"], currency, compact=True) if "costs" in way else "no plan"
        parts.append(f"{role.upper()}'s way: {cost}")
    return ", ".join(parts)


def comments_of(noun: str, key: object) -> dict[str, list[Comment]]:
    """Figure → what was said about it, oldest first. One query."""
    found: dict[str, list[Comment]] = {}
    for comment in Comment.objects.filter(noun=noun, key=str(key)).select_related("by")[:MOST]:
        found.setdefault(comment.figure, []).append(comment)
    return found


def frozen_comments(places: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """All comments on these objects as data, for what a decision freezes. One query for each."""
    rows: list[dict[str, Any]] = []
    for noun, key in places:
        for comment in Comment.objects.filter(noun=noun, key=key).select_related("by"):
            rows.append(
                {"noun": noun, "key": key, "figure": comment.figure, "label": comment.label, "value": comment.value,
                 "text": comment.text, "by": comment.by.email, "at": comment.at.isoformat()}
            )  # fmt: skip
    return rows
