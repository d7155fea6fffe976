"""The screens of this room's nouns, and where they stand in the navigation and the palette."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from accord.core.statements import Statement
from accord.organization.screens import searcher
from accord.strategy import nouns, selectors
from accord.strategy.models import Initiative
from accord.ui import navigation, palette
from accord.ui.lists import ListColumn
from accord.ui.nouns import NounScreens, list_columns


def _statements(request: HttpRequest, initiative: Initiative) -> Iterable[Statement]:
    sums = initiative.costs.aggregate(capital=Sum("capital"), running=Sum("running"))
    for name, label in (("capital", "Capital"), ("running", "Running cost, all listed years")):
        yield Statement(
            f"initiative.{name}", label, sums[name], settings.ACCORD_CURRENCY,
            source="Sum over the years counted from its own start.", query="strategy.InitiativeCost",
            href=f"/initiative-costs/?initiative={initiative.key}",
        )  # fmt: skip
    most = initiative.people.values("quarter").annotate(fte=Sum("fte")).order_by("-fte").first()
    yield Statement(
        "initiative.people", "Most people in a quarter", most["fte"] if most else None, "FTE",
        source="Largest sum over skills in one of its quarters.", query="strategy.InitiativePeople",
        href=f"/initiative-people/?initiative={initiative.key}",
    )  # fmt: skip


_SHOWN = (
    "key", "name", "sponsor", "owner", "duration_quarters", "earliest_start", "latest_start", "mandatory", "size_of",
)  # fmt: skip
INITIATIVES = NounScreens(
    nouns.INITIATIVE, "strategy", statements=_statements,
    rows=lambda request: selectors.with_costs(),
    columns=[c for c in list_columns(nouns.INITIATIVE) if c.name in _SHOWN],
    extra_columns=(
        ListColumn("capital_sum", "Capital", kind="money", sort="capital_sum"),
        ListColumn("running_sum", "Running", kind="money", sort="running_sum", help="All listed years."),
    ),
)  # fmt: skip
COSTS = NounScreens(nouns.INITIATIVE_COST, "strategy")
RANGES = NounScreens(nouns.INITIATIVE_RANGE, "strategy")
PEOPLE = NounScreens(nouns.INITIATIVE_PEOPLE, "strategy")
RELATIONS = NounScreens(nouns.INITIATIVE_RELATION, "strategy")
GOALS = NounScreens(nouns.INITIATIVE_GOAL, "strategy")
RAMPS = NounScreens(nouns.INITIATIVE_RAMP, "strategy")
SYSTEMS = NounScreens(nouns.INITIATIVE_SYSTEM, "strategy")
BUDGETS = NounScreens(nouns.BUDGET, "strategy")
CAPACITIES = NounScreens(nouns.CAPACITY, "strategy")
SCREENS = (INITIATIVES, COSTS, RANGES, PEOPLE, RELATIONS, GOALS, RAMPS, SYSTEMS, BUDGETS, CAPACITIES)


def declare() -> None:
    shown = ((INITIATIVES, "initiative"), (BUDGETS, "budget"), (CAPACITIES, "capacity"))
    for order, (screens, icon) in enumerate(shown):
        noun = screens.noun
        navigation.register(
            navigation.Entry(
                "Plan", screens.title, f"strategy:{noun.name}_list", noun=noun.name, order=order * 10 + 10, icon=icon
            )
        )
    palette.register_searcher("initiative", "Initiatives", searcher(INITIATIVES))
    for screens in (COSTS, RANGES, PEOPLE, RELATIONS, GOALS, RAMPS, SYSTEMS):
        noun = screens.noun
        palette.register_page(screens.title, f"strategy:{noun.name}_list", noun=noun.name)
