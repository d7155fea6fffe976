"""The screens of this room's nouns, and where they stand in the navigation and the palette."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from accord.core.permissions import scoped
from accord.core.statements import Statement
from accord.organization import nouns, selectors
from accord.organization.models import Goal
from accord.ui import navigation, palette
from accord.ui.nouns import NounScreens, link_to
from accord.ui.palette import Hit


def _goal_statements(request: HttpRequest, goal: Goal) -> Iterable[Statement]:
    found = next((g for g in selectors.weighted_goals() if g.key == goal.key), None)
    if found is None:
        return
    yield Statement(
        "goal.weight", "Weight among all goals", found.weight, "%", href="/goals/",
        source="Product, down the tree, of each weight over the sum of the weights beside it.",
        query="organization.selectors.weighted_goals",
    )  # fmt: skip
    if found.is_leaf:
        yield Statement(
            "goal.assigned", "Assigned to capabilities", found.assigned, "%",
            source="Sum of its shares.", href=f"/goal-capabilities/?goal={goal.key}",
            query="organization.selectors.weighted_goals", tone="" if found.assigned > 0.999 else "warning",
            note="" if found.assigned > 0.999 else f"{1 - found.assigned:.0%} is not assigned",
        )  # fmt: skip


GOALS = NounScreens(nouns.GOAL, "organization", statements=_goal_statements)
UNITS = NounScreens(nouns.UNIT, "organization")
PERSONS = NounScreens(nouns.PERSON, "organization")
CAPABILITIES = NounScreens(nouns.CAPABILITY, "organization")
GOAL_CAPABILITIES = NounScreens(nouns.GOAL_CAPABILITY, "organization")
SCREENS = (GOALS, UNITS, PERSONS, CAPABILITIES, GOAL_CAPABILITIES)


def searcher(screens: NounScreens) -> Any:
    """A palette searcher over a noun's key and name."""

    def search(user: Any, text: str, limit: int) -> list[Hit]:
        rows = scoped(user, screens.noun.name, screens.noun.queryset())
        rows = rows.filter(Q(key__istartswith=text) | Q(name__icontains=text)).order_by("key")[:limit]
        return [Hit(thing.name, link_to(screens.noun, thing) or "/", thing.key) for thing in rows]

    return search


def declare() -> None:
    for order, (screens, icon) in enumerate(((GOALS, "goal"), (CAPABILITIES, "capability"), (UNITS, "unit"),
                                             (PERSONS, "person"))):  # fmt: skip
        noun = screens.noun
        navigation.register(
            navigation.Entry(
                "Organization", screens.title, f"organization:{noun.name}_list", noun=noun.name, order=order, icon=icon
            )
        )
        palette.register_searcher(noun.name, screens.title, searcher(screens))
    palette.register_page("Shares of goals", "organization:goal_capability_list", noun="goal_capability",
                          words="goal capability share alignment")  # fmt: skip
