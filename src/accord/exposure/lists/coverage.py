"""The list of assets by surface and safeguard: who should have what, who has it, what each carries."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accord.core.permissions import scoped
from accord.estate.models import Asset, SystemAsset
from accord.exposure.models import AssetCoverage, Safeguard, Surface
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, reference, text, yes_no

WORDS = {0: "not_asked", 1: "yes", 2: "no", 3: "unknown"}
CODES = {word: code for code, word in WORDS.items()}
CHOICES = (("yes", "Yes"), ("no", "No"), ("unknown", "Unknown"), ("not_asked", "Not asked"))
SHOWN = 3


def _rows(request: HttpRequest) -> QuerySet[Any]:
    found = AssetCoverage.objects.select_related("asset__owner", "asset__exposure").prefetch_related(
        "asset__system_shares__system"
    )
    assets = scoped(request.user, "asset", Asset.objects.all())
    return found if not assets.query.where else found.filter(asset__in=assets)


def _held(name: str) -> Any:
    def of(row: AssetCoverage) -> str:
        return WORDS[getattr(row, name)]

    return of


def _systems(row: AssetCoverage) -> list[str]:
    links: list[SystemAsset] = list(row.asset.system_shares.all())
    names = [link.system.name for link in sorted(links, key=lambda link: (-link.share, link.system.name))]
    return names[:SHOWN] + ([f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else [])


def _one(name: str, label: str) -> ListFilter:
    def apply(rows: QuerySet[Any], values: Any) -> QuerySet[Any]:
        return rows.filter(**{f"{name}__in": [CODES[value] for value in values]})

    return ListFilter(name, label, "choice", apply, CHOICES, multiple=True)


def _asset(row: AssetCoverage) -> str | None:
    from accord.exposure.shell.links import asset_href

    return asset_href(row.asset.key)


def _covered(row: AssetCoverage) -> Any:
    exposure = getattr(row.asset, "exposure", None)
    return exposure.covered if exposure is not None else None


COVERAGE = ListSpec(
    noun="coverage",
    title="Assets by safeguard",
    rows=_rows,
    columns=[
        ListColumn("name", "Asset", "asset.name", sort="asset__name", link=_asset),
        ListColumn("surface", "Surface", "get_surface_display", sort="surface"),
        ListColumn("systems", "Systems on it", _systems, "list", blank="none"),
        ListColumn("money_mid", "A foothold costs", kind="money", sort="money_mid",
                   help="Money a year of one foothold a year on it, by the last hazard run."),
        ListColumn("goal_weight", "Goal weight", kind="share", sort="goal_weight"),
        *(ListColumn(s.value, str(s.label), _held(s.value), "badge", s.value, badge="held") for s in Safeguard),
        ListColumn("scan", "Last scan", _covered, "datetime", blank="never"),
        ListColumn("unwatched", "No tool watches it", kind="bool", hidden=True),
        ListColumn("money_low", "A foothold costs at least", kind="money", hidden=True),
        ListColumn("money_high", "A foothold costs at most", kind="money", hidden=True),
        ListColumn("key", "Key", "asset.key", hidden=True),
        ListColumn("owner_name", "Its owner", "asset.owner.name", hidden=True),
    ],
    filters=[
        text("search", "Name", "asset__name", "istartswith"),
        choice("surface", "Surface", Surface.choices),
        yes_no("unwatched", "No tool watches it"),
        *(_one(s.value, str(s.label)) for s in Safeguard),
        choice("environment", "Environment", Asset.Environment.choices, "asset__environment", blank=True),
        reference("system", "System", "asset__system_shares__system__key", noun="system"),
    ],
    default_sort="-money_mid",
    empty=Empty("Nothing was computed yet, or no asset fits.", "Compute the coverage", "exposure:coverage", "view"),
    intro="What each asset should have, what evidence says it has, and what one foothold on it costs.",
)  # fmt: skip
