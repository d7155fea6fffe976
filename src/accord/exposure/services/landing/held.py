"""Findings that are known already: seen as they were, or changed, closed by the file's own word, or back again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import itemgetter, ne
from typing import TYPE_CHECKING, Any, NamedTuple

from accord.exposure.models import Finding
from accord.exposure.services import bulk, deadlines, sightings
from accord.exposure.services.landing import columns
from accord.exposure.services.landing.columns import NAMES, is_open, others

if TYPE_CHECKING:
    from accord.exposure.services.landing import Run

State = Finding.State
READ = (
    "id", "fingerprint", "content", "state", "last_seen", "last_scan_id", "target_id", "closed_at", "first_seen",
    "accepted_until", "acted", "statement_id", "stale_since",
)  # fmt: skip
TOLD = ("version", "fixed_version", "severity", "cvss_score", "note", "path", "line", "port", "protocol", "state")
"""Fields whose change is a change of the finding; a change of the others is only noted on the row."""
COUNTED = {"close": "closed", "reopen": "reopened"}
AT = {name: index for index, name in enumerate(NAMES)}


_Pair = tuple[Sequence[Any], Sequence[Any]]
"""A row before and after."""


class _Again(NamedTuple):
    """A finding that is to be rewritten: its row of the block, its state to be, and what happened."""

    row: int
    state: str
    verb: str


def write(run: Run, found: Sequence[tuple[Any, ...]], first: Mapping[str, int]) -> None:
    """Note all sightings of findings that are there. What an older scan says never overrides what a newer said."""
    observed, scan, block = run.observed, run.scan.pk, run.block
    contents, state_of = block.contents(), sightings.Table(observed)
    moments: dict[Any, Any] = {}
    same: list[tuple[Any, ...]] = []
    earlier: list[tuple[Any, ...]] = []
    again: dict[int, _Again] = {}
    for one in found:
        pk, fingerprint, content, state, last_seen, last_scan, target, closed_at, first_seen = one[:9]
        until, acted, statement = one[9:12]
        for told in (last_seen, closed_at, first_seen):
            if told not in moments:
                moments[told] = bulk.moment(told)
        closed = moments[closed_at]
        if last_scan == scan:
            run.tally["unchanged"] += 1
        elif observed < moments[last_seen] or (closed is not None and observed < closed):
            run.tally["unchanged"] += 1
            if observed < moments[first_seen]:
                earlier.append(one)
        else:
            row = first[fingerprint]
            place = block.places[block.target[row]]
            now, verb = state_of(
                state, block.analyses.get(row), bulk.moment(until), place.ignored, statement is not None,
                bulk.moment(acted),
            )  # fmt: skip
            if content == contents[row] and now == state and target == place.target:
                same.append(one)
            else:
                again[pk] = _Again(row, now, verb)
    _see(run, same)
    _begin_earlier(run, earlier)
    if again:
        _rewrite(run, again, contents)


def _see(run: Run, same: Sequence[tuple[Any, ...]]) -> None:
    """They are as they were."""
    if not same:
        return
    told: dict[str, Any] = {"last_seen": run.observed, "last_scan_id": run.scan.pk}
    if any(one[-1] is not None for one in same):
        told["stale_since"] = None
    bulk.touch(Finding, told, [one[0] for one in same])
    run.tally["unchanged"] += len(same)
    run.entries.see(
        [one[0] for one in same], [(one[4], one[5], one[-1]) for one in same],
        (bulk.stored(run.observed), run.scan.pk, None),
    )  # fmt: skip


def _begin_earlier(run: Run, earlier: Sequence[tuple[Any, ...]]) -> None:
    """An older scan saw them: they are older than was known."""
    if earlier:
        Finding.objects.filter(pk__in=[one[0] for one in earlier]).update(first_seen=run.observed)
        for one in earlier:
            run.entries.change(one[0], "see", {"first_seen": one[8]}, {"first_seen": bulk.stored(run.observed)})


def _rewrite(run: Run, again: Mapping[int, _Again], contents: Sequence[int]) -> None:
    """Write what differs on these findings."""
    rest = others()
    names = (*NAMES, *rest)
    before = {row[0]: row for row in bulk.fetch(Finding, columns.layout(), "id", list(again))}
    price, stale, until, under = (
        len(NAMES) + rest.index(name) for name in ("price", "stale_since", "accepted_until", "accepted_under")
    )
    clock_at, due_at, class_at = AT["clock"], AT["due"], AT["worst_class"]
    kinds, targets = columns.kind_parts(run.block), columns.target_parts(run.block)
    pks = sorted(again)
    prices = [before[pk][price] if is_open(again[pk].state) else None for pk in pks]
    verdict = columns.assess(run.block, [again[pk].row for pk in pks], run.policy, prices)
    now, scan = bulk.stored(run.observed), run.scan.pk
    everywhere = range(len(names))
    groups: dict[tuple[str, tuple[int, ...]], list[_Pair]] = {}
    times: dict[tuple[Any, ...], tuple[Any, Any]] = {}
    for index, pk in enumerate(pks):
        was, (row, state, verb) = before[pk], again[pk]
        worst, open_ = verdict.worst[index], is_open(state)
        key = (open_, worst, verb == "reopen", was[clock_at], was[due_at], was[class_at])
        if key not in times:
            times[key] = _deadline(run, was, worst, verb) if open_ else (was[clock_at], was[due_at])
        clock, due = times[key]
        closed = (was[AT["closed_at"]] or now) if state == State.CLOSED else None
        rank = verdict.rank[index] if open_ else None
        said = (*kinds[run.block.kind[row]], *targets[run.block.target[row]], *run.block.said[row])
        after = [
            pk, was[1], *said, worst, verdict.best[index], rank, clock, due, state, contents[row],
            was[AT["first_seen"]], now, closed, was[AT["reopened"]] + (verb == "reopen"), was[AT["first_scan"]], scan,
            None, *was[len(NAMES) :],
        ]  # fmt: skip
        after[price] = prices[index] if after[AT["asset"]] is not None else None
        after[stale] = None
        after[until] = was[until] if state == State.ACCEPTED else None
        after[under] = was[under] if state == State.ACCEPTED else ""
        groups.setdefault((verb, tuple(compress(everywhere, map(ne, was, after)))), []).append((was, after))
    chosen = sorted({at for _, changes in groups for at in changes})
    cut = itemgetter(*chosen, 0)
    pairs = sorted((pair for some in groups.values() for pair in some), key=lambda pair: pair[0][0])
    bulk.rewrite(Finding, bulk.columns_of(Finding, [names[at] for at in chosen]), [cut(after) for _, after in pairs])
    for (verb, changes), some in groups.items():
        _note(run, some, verb, {names[at]: at for at in changes})


def _deadline(run: Run, was: tuple[Any, ...], worst: int, verb: str) -> tuple[Any, Any]:
    """Clock and due of a finding that is open: both begin anew where it is back, else they move with its class."""
    clock, due, before = was[AT["clock"]], was[AT["due"]], was[AT["worst_class"]]
    if verb == "reopen" or clock is None:
        times = deadlines.started(run.policy, worst, run.observed)
    elif worst == before:
        return clock, due
    else:
        times = deadlines.moved(run.policy, before, worst, (bulk.moment(clock), bulk.moment(due)), run.observed)
    return bulk.stored(times[0]), bulk.stored(times[1])


def _note(run: Run, pairs: Sequence[_Pair], verb: str, changed: Mapping[str, int]) -> None:
    """Count findings of which the same fields were rewritten, and keep these in the journal."""
    if verb in COUNTED:
        run.tally[COUNTED[verb]] += len(pairs)
    else:
        told = any(name in changed for name in TOLD)
        run.tally["changed" if told else "unchanged"] += len(pairs)
        verb = "change" if told else "see"
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    run.entries.change_all(
        verb, [was[0] for was in before], *({name: [row[at] for row in rows] for name, at in changed.items()}
        for rows in (before, after)),
    )  # fmt: skip
    owner = itemgetter(AT["asset"], AT["target"])
    for rows, step in ((before, -1), (after, 1)):
        for definition, number in Counter(row[AT["definition"]] for row in rows if is_open(row[AT["state"]])).items():
            run.opened[definition] += step * number
        touched = set(map(owner, rows))
        run.touched |= touched
        for asset, target in touched:
            run.counted.spoil(asset, target)
