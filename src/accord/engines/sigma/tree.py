"""The neutral form of a rule's condition: a boolean tree over atoms, each atom a question to one field of an event.

Two-valued: an atom about a field that is not there is false (but "is null" and "does not exist", which are true), and
the negation of a false atom is true. Trees are tuples, so that equal ones are one:

    TRUE, FALSE      constants
    int              the number of an atom in its table
    ("and", (…))     all of at least two trees
    ("or", (…))      any of at least two trees
    ("not", tree)    an atom's negation (`negate` pushes negations down to the atoms)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Op = Literal[
    "equals", "contains", "startswith", "endswith", "like", "regex", "cidr", "lt", "lte", "gt", "gte", "exists", "null",
    "field", "field_startswith", "field_endswith", "field_contains", "number", "timepart",
]  # fmt: skip
Tree = Any
TRUE: Tree = True
FALSE: Tree = False


@dataclass(frozen=True, slots=True)
class Atom:
    """One question to a field (None = any value of the event).

    `value` by `op`: text ("equals" and the like; lower case unless `cased`), a tuple of parts for "like" (text,
    "*" as None, "?" as 1), (pattern, flags) for "regex", a network for "cidr", a number for comparisons, the other
    field for "field…", (part, comparison, number) for "timepart", True for "exists" and "null".
    """

    field: str | None
    op: Op
    value: Any
    cased: bool = False


class Atoms:
    """A table of atoms, each once."""

    def __init__(self) -> None:
        self.rows: list[Atom] = []
        self._numbers: dict[Atom, int] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Atom:
        return self.rows[number]

    def number(self, atom: Atom) -> int:
        """The number of an atom, which is added where it is new."""
        found = self._numbers.get(atom)
        if found is None:
            found = self._numbers[atom] = len(self.rows)
            self.rows.append(atom)
        return found


def both(trees: Iterable[Tree]) -> Tree:
    """All of them."""
    return _joined("and", trees, TRUE, FALSE)


def either(trees: Iterable[Tree]) -> Tree:
    """Any of them."""
    return _joined("or", trees, FALSE, TRUE)


def _joined(name: str, trees: Iterable[Tree], neutral: Tree, final: Tree) -> Tree:
    parts: dict[Tree, None] = {}
    for tree in trees:
        if tree is final:
            return final
        if tree is neutral:
            continue
        if isinstance(tree, tuple) and tree[0] == name:
            parts.update(dict.fromkeys(tree[1]))
        else:
            parts[tree] = None
    if not parts:
        return neutral
    return next(iter(parts)) if len(parts) == 1 else (name, tuple(parts))


def negate(tree: Tree) -> Tree:
    """The opposite, with negations at the atoms only."""
    if tree is TRUE or tree is FALSE:
        return not tree
    if isinstance(tree, int):
        return ("not", tree)
    name, inner = tree
    if name == "not":
        return inner
    opposite = [negate(one) for one in inner]
    return either(opposite) if name == "and" else both(opposite)


def reduce(tree: Tree, known: Callable[[int], bool | None]) -> Tree:
    """The tree where some atoms are known (None = not known)."""
    if tree is TRUE or tree is FALSE:
        return tree
    if isinstance(tree, int):
        found = known(tree)
        return tree if found is None else found
    name, inner = tree
    if name == "not":
        found = known(inner)
        return tree if found is None else not found
    final = name == "or"
    parts, same = [], True
    for one in inner:
        part = reduce(one, known)
        if part is final:
            return final
        same = same and part is one
        parts.append(part)
    if same:  # nothing in it is known: spare to join what is joined
        return tree
    return both(parts) if name == "and" else either(parts)


def atoms_of(tree: Tree) -> Iterator[int]:
    """The numbers of the atoms in a tree, each as often as it stands there."""
    left = [tree]
    while left:
        one = left.pop()
        if one is TRUE or one is FALSE:
            continue
        if isinstance(one, int):
            yield one
        elif one[0] == "not":
            yield one[1]
        else:
            left.extend(reversed(one[1]))


def necessary(tree: Tree, weight: Callable[[int], float | None]) -> frozenset[int] | None:
    """Atoms of which one must be true for the tree to be, with the least weight together; None where there are none.

    An atom of weight None is not taken. A tree that is TRUE has none.
    """
    if tree is TRUE or tree is FALSE:
        return None
    if isinstance(tree, int):
        return None if weight(tree) is None else frozenset([tree])
    name, inner = tree
    if name == "not":
        return None
    sets = [necessary(one, weight) for one in inner]
    there = [found for found in sets if found is not None]
    if name == "or":
        return frozenset().union(*there) if len(there) == len(sets) else None
    return min(there, key=lambda found: sum(weight(one) or 0.0 for one in found), default=None)


def holds(tree: Tree, true: Callable[[int], bool]) -> bool:
    """The value of a tree, plainly; the reference that every faster way is held to."""
    if tree is TRUE or tree is FALSE:
        return bool(tree)
    if isinstance(tree, int):
        return true(tree)
    name, inner = tree
    if name == "not":
        return not true(inner)
    return all(holds(one, true) for one in inner) if name == "and" else any(holds(one, true) for one in inner)
