"""The migration that makes room for prices: ranks move up by one half of their class, footholds are counted."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from accord.core.models import User
from accord.exposure.models import AssetExposure, Finding, Target
from accord.exposure.models.rollups import UNKNOWN_FIELDS
from accord.exposure.services import check_rollups, import_scan

pytestmark = pytest.mark.django_db
OLD_CLASS = 6 * 10_000 * 101
"""So many ranks a worst class held before."""


def test_ranks_and_footholds_of_findings_that_are_there(estate: User, nessus: Callable[..., Path]) -> None:
    migration: Any = import_module("accord.exposure.migrations.0003_fill_prices")
    hosts = {"web.shop.example": [(1, 80, 4), (2, 0, 2), (3, 22, 0)], "10.9.9.9": [(1, 443, 3)]}
    import_scan(estate, nessus(hosts))
    ranks = dict(Finding.objects.values_list("pk", "rank"))
    worst = dict(Target.objects.values_list("pk", "worst_rank"))
    migration.narrow_ranks(apps, None)
    for finding in Finding.objects.all():
        assert finding.rank is not None and finding.rank // OLD_CLASS == finding.worst_class
    for row in AssetExposure.objects.filter(worst_rank__isnull=False):
        assert row.worst_rank == Finding.objects.filter(asset_id=row.pk).order_by("rank")[0].rank
    AssetExposure.objects.update(foothold_rate=0, **dict.fromkeys(UNKNOWN_FIELDS, 0))
    assert list(check_rollups()) != []
    migration.widen_ranks(apps, None)
    migration.count_footholds(apps, None)
    assert dict(Finding.objects.values_list("pk", "rank")) == ranks
    assert dict(Target.objects.values_list("pk", "worst_rank")) == worst
    assert list(check_rollups()) == []
