"""Computes the likeliest paths to what carries the goals, and the smallest cut, on the hazard's own numbers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.engines import priority
from accord.estate.selectors import alignment
from accord.exposure.models import IS_OPEN, Finding, Fix, FixState, PathRun, SystemFix
from accord.exposure.services import fix_events
from accord.risk.figures import MID
from accord.risk.hazard.inputs import HazardInputs, collect

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TARGETS, PER_TARGET = 5, 8
KEPT = 20
"""So many runs are kept."""


def run_paths(actor: User) -> PathRun:
    """Count the fixes where something landed since, read the inputs of the hazard, compute, keep the run."""
    state = FixState.objects.filter(id=1).first()
    if state is None or state.stale or state.counted_at is None:
        fix_events.recount(actor)
    inputs, number = collect()
    result = compute(inputs)
    with ledger.write(actor) as log:
        run = PathRun.objects.create(at=timezone.now(), ledger_number=number, result=result)
        old = PathRun.objects.order_by("-at", "-pk").values_list("pk", flat=True)[KEPT:]
        PathRun.objects.filter(pk__in=list(old)).delete()
        log.add("run", "path", run.pk, None, {"targets": len(result["targets"]), "cut": result["cut"]["size"]})
    return run


def compute(inputs: HazardInputs) -> dict[str, Any]:
    """Targets with their likeliest paths, and the cut, as JSON. Footholds at the middle of the hazard."""
    import numpy as np

    from accord.engines import hazard, paths
    from accord.engines.hazard import spread
    from accord.risk.hazard.model import build

    built = build(inputs)
    chain = built.estate.chains[hazard.MID]
    direct = built.estate.direct(built.of_places)[MID]
    aligned = alignment()
    weights = np.array([aligned.weight_of(key) or 0.0 for key, _, _ in inputs.systems])
    entry = np.array([reach == "internet" for _, _, reach in inputs.systems], dtype=bool)
    order = np.lexsort((np.arange(len(weights)), -weights))
    ends = [int(at) for at in order[:TARGETS] if weights[at] > 0]
    begun = np.where(entry, direct, 0.0)
    arriving = spread.solve(chain, begun, forward=True)
    whole = spread.solve(chain, direct, forward=True)
    fixes, names = _fixes(inputs)
    cut = paths.smallest_cut(chain, entry, ends, fixes)
    left = np.where(np.isin(np.arange(len(direct)), cut.systems), 0.0, begun)
    after = spread.solve(chain, left, forward=True)
    targets = []
    for end in ends:
        found = paths.likeliest(begun, chain, paths.distances(chain, end), end, PER_TARGET)
        targets.append({
            "system": end, "weight": float(weights[end]), "arriving": float(arriving[end]),
            "whole": float(whole[end]), "after": float(after[end]), "has_findings": len(fixes[end]) > 0,
            "by_weakness": end in cut.reached,
            "paths": [
                {"systems": list(path.systems), "rate": path.rate,
                 "share": path.rate / float(arriving[end]) if arriving[end] > 0 else None}
                for path in found
            ],
        })  # fmt: skip
    return {
        "systems": [{"key": key, "name": name, "reach": reach} for key, name, reach in inputs.systems],
        "direct": direct.tolist(), "entries": int(entry.sum()), "open_entries": int((begun > 0).sum()),
        "unknown": sum(not reach for _, _, reach in inputs.systems), "targets": targets,
        "cut": _cut_rows(cut, names), "uncounted": _uncounted(inputs, fixes),
    }  # fmt: skip


def _fixes(inputs: HazardInputs) -> tuple[list[NDArray[np.int64]], dict[int, Any]]:
    """Per system the fixes that close all of its open findings, and what they are. Two queries."""
    import numpy as np

    at = {key: place for place, (key, _, _) in enumerate(inputs.systems)}
    held: dict[int, list[int]] = defaultdict(list)
    rows = SystemFix.objects.filter(open_findings__gt=0, system__isnull=False)
    for key, fix in rows.values_list("system__key", "fix_id").iterator(chunk_size=5000):
        if key in at:
            held[at[key]].append(fix)
    names = {fix.pk: fix for fix in Fix.objects.filter(pk__in={f for of in held.values() for f in of})} if held else {}
    return [np.array(held.get(place, ()), dtype=np.int64) for place in range(len(at))], names


def _uncounted(inputs: HazardInputs, fixes: list[NDArray[np.int64]]) -> int:
    """Open findings with something to fix on systems of which no fix is counted yet."""
    without = [key for (key, _, _), of in zip(inputs.systems, fixes, strict=True) if not len(of)]
    rows = Finding.objects.filter(IS_OPEN, worst_class__lt=priority.Urgency.NONE)
    return rows.filter(asset__system_shares__system__key__in=without[:500]).distinct().count() if without else 0


def _cut_rows(cut: Any, names: dict[int, Any]) -> dict[str, Any]:
    return {
        "size": cut.size, "distinct": cut.distinct, "least": cut.least, "systems": list(cut.systems),
        "reached": list(cut.reached),
        "fixes": [
            {"system": system, "fix": names[fix].key, "title": names[fix].title, "pk": fix}
            for system, fix in cut.fixes
        ],
    }  # fmt: skip
