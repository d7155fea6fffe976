"""A rule's tree over many rows at once: each question is asked of the distinct values of its field that are left.

What "and" has ruled out is asked no further, and what "or" has found neither; the questions are those of `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from accord.engines.sigma.batch import Field
from accord.engines.sigma.checks import Check, Checks, Leaf, Texts, Values
from accord.engines.sigma.columns import told_apart
from accord.engines.sigma.tree import FALSE, TRUE, Tree

if TYPE_CHECKING:
    import numpy as np


_UNREAD: Texts = ("",) * 2
"""Stands where a field was not read yet."""


class Rows:
    """The rows of one plan in a batch: its fields, and at which rows keywords hold."""

    def __init__(self, fields: Sequence[Field], anywhere: Mapping[int, int]) -> None:
        self.fields, self._anywhere = fields, anywhere
        self._single: dict[int, tuple[Values, list[Texts]]] = {}

    def single(self, row: int, places: Sequence[int]) -> Values:
        """One row, with the fields at these places."""
        found = self._single.get(row)
        if found is None:
            held = [_UNREAD] * len(self.fields)
            found = self._single[row] = Values(held, self._anywhere.get(row, 0)), held
        values, held = found
        for place in places:
            if held[place] is _UNREAD:
                held[place] = self.fields[place].of(row)
        return values

    def holding(self, mask: int, rows: np.ndarray) -> np.ndarray:
        """The rows, of these, at which one of these keywords holds."""
        import numpy as np

        if not self._anywhere:
            return np.zeros(len(rows), np.bool_)
        return np.isin(rows, [row for row, bits in self._anywhere.items() if bits & mask])

    def asked(self, leaf: Leaf, rows: np.ndarray) -> np.ndarray:
        """The rows, of these, for which a question to one field is answered."""
        (place,) = leaf.places
        field = self.fields[place]

        def answer(codes: np.ndarray) -> Sequence[int]:
            each = None if leaf.many is None else field.each(codes)
            if leaf.many is not None and each is not None:
                return leaf.many(*each)
            held: list[Texts] = [()] * len(self.fields)
            answers = []
            for texts in field.texts(codes):
                held[place] = texts
                answers.append(leaf.check(Values(held)))
            return answers

        found: np.ndarray = field.told(leaf.key, field.codes[rows], answer) == 1
        return found

    def asked_of_several(self, check: Check, places: Sequence[int], rows: np.ndarray) -> np.ndarray:
        """The same for a question to several fields."""
        import numpy as np

        codes = [self.fields[place].codes[rows] for place in places]
        inverse, first = told_apart(codes, [self.fields[place].size for place in places])
        columns = [self.fields[place].kept(one[first]) for place, one in zip(places, codes, strict=True)]
        held: list[Texts] = [()] * len(self.fields)
        answers = np.zeros(len(first), np.bool_)
        for number, texts in enumerate(zip(*columns, strict=True)):
            for place, one in zip(places, texts, strict=True):
                held[place] = one
            answers[number] = check(Values(held))
        found: np.ndarray = answers[inverse]
        return found


RowCheck = Callable[[Rows, "np.ndarray"], "np.ndarray"]
"""From rows to whether each is answered."""


def row_check(checks: Checks, trees: Sequence[Tree]) -> RowCheck:
    """Whether any of these trees holds, for each of some rows."""
    return _any([_tree(checks, tree) for tree in trees])


def _tree(checks: Checks, tree: Tree) -> RowCheck:
    import numpy as np

    if tree is TRUE or tree is FALSE:
        return lambda _, rows: np.full(len(rows), bool(tree))
    if isinstance(tree, int):
        return _leaf(checks.leaves([tree])[0])
    name, inner = tree
    if name == "not":
        return _not(_leaf(checks.leaves([inner])[0]))
    parts = checks.ordered(name, inner)
    held = [_leaf(one) for one in parts.first]
    held += [_not(_leaf(one)) for one in parts.negated]
    held += [_tree(checks, one) for one in parts.rest]
    held += [_leaf(one) for one in parts.last]
    return _any(held) if name == "or" else _all(held)


def _leaf(leaf: Leaf) -> RowCheck:
    if not leaf.places:
        return lambda held, rows: held.holding(leaf.keywords, rows)
    if len(leaf.places) == 1:
        return lambda held, rows: held.asked(leaf, rows)
    return lambda held, rows: held.asked_of_several(leaf.check, leaf.places, rows)


def _not(check: RowCheck) -> RowCheck:
    return lambda held, rows: ~check(held, rows)


def _all(checks: Sequence[RowCheck]) -> RowCheck:
    def check(held: Rows, rows: np.ndarray) -> np.ndarray:
        import numpy as np

        left = np.arange(len(rows))
        for one in checks:
            left = left[one(held, rows[left])]
            if not len(left):
                break
        found = np.zeros(len(rows), np.bool_)
        found[left] = True
        return found

    return checks[0] if len(checks) == 1 else check


def _any(checks: Sequence[RowCheck]) -> RowCheck:
    def check(held: Rows, rows: np.ndarray) -> np.ndarray:
        import numpy as np

        found = np.zeros(len(rows), np.bool_)
        left = np.arange(len(rows))
        for one in checks:
            there = one(held, rows[left])
            found[left[there]] = True
            left = left[~there]
            if not len(left):
                break
        return found

    return checks[0] if len(checks) == 1 else check
