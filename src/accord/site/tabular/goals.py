"""The tree of goals of a planning workbook: weights of the leaves, and what a share on a goal above says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from accord.intake.planning import Entry


@dataclass(frozen=True, slots=True)
class Tree:
    """Goals by key: `weights` are parts of all goals (None = unknown), `below` the keys under each."""

    entries: dict[str, Entry]
    weights: dict[str, float | None]
    below: dict[str, list[str]]

    def leaves(self, key: str) -> Iterator[str]:
        """The leaves under a goal, or itself."""
        open_ = [key]
        while open_:
            here = open_.pop()
            under = self.below.get(here, [])
            if under:
                open_ += reversed(under)
            else:
                yield here

    @property
    def all_leaves(self) -> list[str]:
        return [key for key in self.entries if key not in self.below]


def tree(rows: list[Entry]) -> tuple[Tree, list[Entry]]:
    """The tree, and the goals that are not in it because their parents run in a circle.

    A weight is the product, down the tree, of each goal's own over the sum of those beside it. An unknown one
    leaves its branch and the branches beside it unknown: their sum is not known.
    """
    entries = {row.text("key"): row for row in sorted(rows, key=lambda row: row.text("key"))}
    below: dict[str, list[str]] = defaultdict(list)
    for key, row in entries.items():
        below[row.text("parent")].append(key)
    weights: dict[str, float | None] = {}
    open_: list[tuple[str, float | None]] = [("", 1.0)]
    while open_:
        parent, above = open_.pop()
        own = [entries[key].amount("weight") for key in below.get(parent, [])]
        total = sum(weight for weight in own if weight is not None)
        known = above is not None and None not in own and total > 0
        for key, weight in zip(below.get(parent, []), own, strict=True):
            weights[key] = above * weight / total if known and above is not None and weight is not None else None
            open_.append((key, weights[key]))
    circle = [row for key, row in entries.items() if key not in weights]
    inside = {key: row for key, row in entries.items() if key in weights}
    return Tree(inside, weights, {key: keys for key, keys in below.items() if key}), circle
