"""Prerequisites must not run in a circle: checked over the whole graph after each write of a relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from accord.core import events
from accord.core.errors import Problem, Refused
from accord.strategy.models import InitiativeRelation


def circle(requires: Iterable[tuple[str, str]]) -> list[str]:
    """Keys along one circle of (initiative, what it requires) pairs, the first again at the end; else []."""
    after: dict[str, list[str]] = {}
    for one, other in requires:
        after.setdefault(one, []).append(other)
    state: dict[str, int] = {}
    for root in sorted(after):
        path: list[tuple[str, Sequence[str]]] = [(root, after[root])] if root not in state else []
        while path:
            here, ahead = path[-1]
            state[here] = 1
            for index, other in enumerate(ahead):
                if state.get(other) == 1:
                    keys = [key for key, _ in path]
                    return [*keys[keys.index(other) :], other]
                if other not in state:
                    path[-1] = (here, ahead[index + 1 :])
                    path.append((other, after.get(other, ())))
                    break
            else:
                state[here] = 2
                path.pop()
    return []


def stay_straight(noun: str, changes: Sequence[Any], actor: Any) -> None:
    """Handler of `rows_written`: refuse the write that closes a circle of prerequisites."""
    if noun != "initiative_relation":
        return
    rows: dict[tuple[str, str], int | None] = {}
    for change in changes:
        row: Mapping[str, Any] | None = change.after
        if row and row["kind"] == "requires":
            rows[row["initiative"], row["other"]] = change.row_number
    if not rows:
        return
    pairs = InitiativeRelation.objects.filter(kind="requires").values_list("initiative__key", "other__key")
    found = circle(pairs)
    if found:
        number = next((rows[pair] for pair in pairwise(found) if pair in rows), None)
        raise Refused(
            Problem(
                number, "other", f"Prerequisites run in a circle: {' → '.join(found)}.",
                "Take out one of these relations.", "initiative_relation",
            )
        )


def declare() -> None:
    events.rows_written.subscribe(stay_straight)
