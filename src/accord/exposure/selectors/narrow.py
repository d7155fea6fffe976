"""Findings cut to some systems, so that a page costs the same for a small system and for half of the estate."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import F, Q, QuerySet, Sum

from accord.estate.models import System, SystemAsset
from accord.exposure.models import SystemExposure

MANY = 20_000
"""Above so many open findings a set of assets is met often enough on the way through the order by priority."""


def on_assets(found: QuerySet[Any], systems: Q) -> QuerySet[Any]:
    """Findings on the assets of the systems that fit (a condition on System). Two queries at most.

    Few findings are fetched by their assets and then sorted; many are met on the walk through the order, which the
    sum keeps the database from leaving.
    """
    wanted = System.objects.filter(systems)
    assets = SystemAsset.objects.filter(system__in=wanted).values("asset_id")
    size = SystemExposure.objects.filter(system__in=wanted).aggregate(n=Sum("open_findings"))["n"] or 0
    if size > MANY:
        return cast("QuerySet[Any]", found.annotate(_owner=F("asset_id") + 0).filter(_owner__in=assets))
    return found.filter(asset_id__in=list(assets.values_list("asset_id", flat=True)))
