"""Ranks make room for priced findings, and the footholds of assets are counted, for findings that are there already."""

from __future__ import annotations

from itertools import islice
from math import fsum, log1p

from django.db import migrations
from django.db.models import F

STAKES, SCORES, CLASSES, NONE = 10_000, 101, 6, 5
ROWS = 1000


def widen_ranks(apps, schema_editor):
    """The lower half of each class's places stays for findings without a price; there are twice as many places."""
    found = apps.get_model("exposure", "Finding").objects.filter(rank__isnull=False)
    found.update(rank=F("rank") + (F("worst_class") * CLASSES + F("best_class") + 1) * STAKES * SCORES)
    _move_worst(apps, lambda rank: rank + (rank // (STAKES * SCORES) + 1) * STAKES * SCORES)


def _move_worst(apps, moved):
    for name in ("AssetExposure", "Target"):
        rows = apps.get_model("exposure", name).objects.filter(worst_rank__isnull=False).order_by("pk")
        keys = rows.values_list("pk", flat=True).iterator(chunk_size=ROWS)
        while part := list(islice(keys, ROWS)):
            held = list(rows.filter(pk__in=part).only("pk", "worst_rank"))
            for row in held:
                row.worst_rank = moved(row.worst_rank)
            rows.model.objects.bulk_update(held, ["worst_rank"])


def count_footholds(apps, schema_editor):
    """Σ −ln(1 − EPSS) · 365.25 / 30 over definitions with EPSS, and by severity how many have none, on each asset."""
    findings = apps.get_model("exposure", "Finding").objects.filter(rank__isnull=False, worst_class__lt=NONE)
    exposures = apps.get_model("exposure", "AssetExposure").objects
    names = ("unknown_critical", "unknown_high", "unknown_medium", "unknown_low", "unknown_unrated")
    assets = exposures.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=ROWS)
    while part := list(islice(assets, ROWS)):
        seen = {}
        for asset, definition, epss, severity in (
            findings.filter(asset_id__in=part).order_by().values_list("asset_id", "definition_id", "epss", "severity")
        ):
            most, grave = seen.get((asset, definition), (None, None))
            most = epss if most is None else max(most, epss if epss is not None else most)
            grave = severity if grave is None else min(grave, severity if severity is not None else grave)
            seen[asset, definition] = most, grave
        rates, unknown = {}, {}
        for (asset, _), (epss, severity) in seen.items():
            if epss is not None:
                rates.setdefault(asset, []).append(-log1p(-min(epss, 1 - 1e-5)) * 365.25 / 30)
            else:
                at = 4 if severity is None else min(severity, 3)
                unknown.setdefault(asset, [0] * 5)[at] += 1
        for asset in rates.keys() | unknown.keys():
            counts = dict(zip(names, unknown.get(asset, [0] * 5), strict=True))
            exposures.filter(pk=asset).update(foothold_rate=fsum(rates.get(asset, ())), **counts)


def narrow_ranks(apps, schema_editor):
    found = apps.get_model("exposure", "Finding").objects.filter(rank__isnull=False)
    found.update(rank=F("rank") - (F("worst_class") * CLASSES + F("best_class") + 1) * STAKES * SCORES)
    _move_worst(apps, lambda rank: rank - (rank // (2 * STAKES * SCORES) + 1) * STAKES * SCORES)


class Migration(migrations.Migration):
    dependencies = [("exposure", "0002_prices")]

    operations = [
        migrations.RunPython(widen_ranks, narrow_ranks),
        migrations.RunPython(count_footholds, migrations.RunPython.noop),
    ]
