"""Reads of initiatives."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Sum

from accord.strategy.models import Initiative


def with_costs(rows: QuerySet[Initiative] | None = None) -> QuerySet[Any]:
    """Initiatives with `capital_sum` and `running_sum` over the years that are listed (NULL = none is known)."""
    base = Initiative.objects.select_related("owner") if rows is None else rows
    return base.annotate(capital_sum=Sum(F("costs__capital")), running_sum=Sum(F("costs__running")))

