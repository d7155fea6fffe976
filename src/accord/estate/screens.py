"""The screens of this room's nouns, and where they stand in the navigation and the palette."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone

from accord.core.statements import Statement
from accord.estate import nouns, selectors
from accord.estate.models import System
from accord.organization.screens import searcher
from accord.ui import format as write
from accord.ui import navigation, palette
from accord.ui.lists import date_to
from accord.ui.nouns import NounScreens


def _system_statements(request: HttpRequest, system: System) -> Iterable[Statement]:
    carried = selectors.alignment().weight_of(system.key)
    yield Statement(
        "system.goal_weight", "Weight of goals carried", carried, "%",
        source="Sum over goals of weight × share(goal→capability) × share(capability→system).",
        query="estate.selectors.alignment", href=f"/capability-systems/?system={system.key}",
        note="It serves no goal." if carried == 0 else "", tone="warning" if carried == 0 else "",
    )  # fmt: skip
    if system.end_of_support is not None:
        days = (system.end_of_support - timezone.localdate()).days
        yield Statement(
            "system.support", "Support ends in" if days >= 0 else "Support ended, days ago", abs(days), "days",
            source=f"End of support on {write.date(system.end_of_support)}.", query="estate.System.end_of_support",
            tone="danger" if days < 0 else "warning" if days < 365 else "",
        )  # fmt: skip


SYSTEMS = NounScreens(
    nouns.SYSTEM, "estate", statements=_system_statements,
    extra_filters=(
        date_to("support_ends_by", "Support ends by", "end_of_support"),
        date_to("retire_by_date", "To retire by", "retire_by"),
    ),
)  # fmt: skip
ASSETS = NounScreens(nouns.ASSET, "estate", search=("key__istartswith", "name__istartswith"))
CAPABILITY_SYSTEMS = NounScreens(nouns.CAPABILITY_SYSTEM, "estate")
SYSTEM_ASSETS = NounScreens(nouns.SYSTEM_ASSET, "estate")
UNIT_SYSTEMS = NounScreens(nouns.UNIT_SYSTEM, "estate")
DEPENDENCIES = NounScreens(nouns.DEPENDENCY, "estate")
SCREENS = (SYSTEMS, ASSETS, CAPABILITY_SYSTEMS, SYSTEM_ASSETS, UNIT_SYSTEMS, DEPENDENCIES)


def declare() -> None:
    for order, (screens, icon) in enumerate(((SYSTEMS, "system"), (ASSETS, "asset"), (DEPENDENCIES, "dependency"))):
        noun = screens.noun
        navigation.register(
            navigation.Entry(
                "Systems", screens.title, f"estate:{noun.name}_list", noun=noun.name, order=order, icon=icon
            )
        )
    palette.register_searcher("system", "Systems", searcher(SYSTEMS))
    palette.register_searcher("asset", "Assets", searcher(ASSETS))
    for screens in (CAPABILITY_SYSTEMS, SYSTEM_ASSETS, UNIT_SYSTEMS):
        noun = screens.noun
        palette.register_page(f"Shares: {screens.title.lower()}", f"estate:{noun.name}_list", noun=noun.name)
