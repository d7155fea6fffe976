"""Reads of goals and their weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from accord.organization.models import Goal, GoalCapability


@dataclass(frozen=True, slots=True)
class WeightedGoal:
    """A goal with its effective weight among all leaves (None = unknown) and what of it is assigned (0–1)."""

    key: str
    name: str
    parent: str | None
    is_leaf: bool
    weight: float | None
    assigned: float


def effective_weights(rows: Mapping[str, tuple[str | None, Decimal | None]]) -> dict[str, float | None]:
    """Key → (parent, relative weight) to key → effective weight.

    The product, down the tree, of each weight over the sum of the weights beside it. A weight that is
    unknown leaves its whole branch unknown, and the branches beside it too: their sum is not known.
    """
    beside: dict[str | None, list[str]] = defaultdict(list)
    for key, (parent, _) in rows.items():
        beside[parent].append(key)
    found: dict[str, float | None] = {}
    open_: list[tuple[str | None, float | None]] = [(None, 1.0)]
    while open_:
        parent, above = open_.pop()
        members = beside.get(parent, [])
        weights = [rows[key][1] for key in members]
        total = float(sum(w for w in weights if w is not None))
        known = above is not None and all(w is not None for w in weights) and total > 0
        for key, weight in zip(members, weights, strict=True):
            value = above * float(weight) / total if known and above is not None and weight is not None else None
            found[key] = value
            open_.append((key, value))
    return found


def weighted_goals(shares: Iterable[tuple[str, float]] | None = None) -> list[WeightedGoal]:
    """All goals with their effective weights, in order of key. Two queries, one with `shares`.

    `shares` are (goal, share of one of its capabilities), where the caller has read them already.
    """
    goals = list(Goal.objects.order_by("key").values_list("key", "name", "parent__key", "weight"))
    weights = effective_weights({key: (parent, weight) for key, _, parent, weight in goals})
    parents = {parent for _, _, parent, _ in goals}
    assigned: dict[str, float] = defaultdict(float)
    for goal, share in GoalCapability.objects.values_list("goal__key", "share") if shares is None else shares:
        assigned[goal] += float(share)
    return [
        WeightedGoal(key, name, parent, key not in parents, weights[key], min(assigned[key], 1.0))
        for key, name, parent, _ in goals
    ]
