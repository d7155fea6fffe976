"""Findings that nobody has seen before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from accord.engines import priority
from accord.exposure.models import Finding
from accord.exposure.services import bulk, deadlines, sightings, tallies
from accord.exposure.services.landing import columns

if TYPE_CHECKING:
    from accord.exposure.services.landing import Run

State = Finding.State


def write(run: Run, rows: Sequence[int]) -> None:
    """Insert these rows of the block, in the order of the index of ranks."""
    block, observed = run.block, run.observed
    found = columns.assess(block, rows, run.policy)
    states = _states(run, rows)
    ranks = [rank if columns.is_open(state) else None for rank, state in zip(found.rank, states, strict=True)]
    order = sorted(range(len(rows)), key=found.rank.__getitem__)
    kinds, targets, contents = columns.kind_parts(block), columns.target_parts(block), block.contents()
    now, scan, defaults = bulk.stored(observed), run.scan.pk, columns.defaults()
    due = [bulk.stored(deadlines.started(run.policy, worst, observed)[1]) for worst in range(len(priority.Urgency))]
    made = []
    for pk, at in zip(bulk.reserve(Finding, len(rows)), order, strict=True):
        row, state, worst = rows[at], states[at], found.worst[at]
        made.append(
            (pk, block.fingerprint[row], *kinds[block.kind[row]], *targets[block.target[row]], *block.said[row],
             worst, found.best[at], ranks[at], now, due[worst], state, contents[row], now, now,
             now if state == State.CLOSED else None, 0, scan, scan, None, *defaults)
        )  # fmt: skip
    bulk.pour(Finding, columns.layout(), made, lambda: _count(run, rows, made, ranks, found))


def _count(
    run: Run, rows: Sequence[int], made: Sequence[tuple[Any, ...]], ranks: Sequence[int | None], found: columns.Verdicts
) -> None:
    """Note what was made, in numbers and in the journal."""
    block = run.block
    run.tally["added"] += len(made)
    run.entries.add(columns.NAMES, made)
    open_ = [at for at in range(len(rows)) if ranks[at] is not None]
    told = [block.told[block.kind[rows[at]]] for at in open_]
    places = [block.places[block.target[rows[at]]] for at in open_]
    run.opened.update(one.definition for one in told)
    run.touched.update((place.asset, place.target) for place in places)
    run.counted = tallies.count(places, told, [found.worst[at] for at in open_], [found.rank[at] for at in open_])


def _states(run: Run, rows: Sequence[int]) -> list[str]:
    block = run.block
    ignored = {number for number, place in block.places.items() if place.ignored}
    if not ignored and not block.analyses:
        return [State.OPEN.value] * len(rows)
    return [sightings.first(block.analyses.get(row), block.target[row] in ignored) for row in rows]
