"""Which rules may hold somewhere in a file, told by what its summary denies: the others need not be asked there.

A question that no value of its field answers is false for all rows; what follows for a rule is its tree, with every
question that is not denied taken for true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from accord.engines.sigma.columns import MORE, is_stored, native_name
from accord.engines.sigma.plans import relaxed
from accord.engines.sigma.summaries import Keywords, Summary, keywords_of
from accord.engines.sigma.tree import FALSE, TRUE, Atom, Atoms, Tree

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_TEXT = frozenset(("equals", "contains", "startswith", "endswith", "like"))


class _Asked(NamedTuple):
    """The questions to one field (None: to any value): numbers of all, of those that a value that is nothing answers,
    and what words tell: for each word of `keywords` the place in `told` of its question."""

    numbers: np.ndarray
    null: np.ndarray
    told: np.ndarray
    keywords: Keywords
    places: np.ndarray
    others: tuple[tuple[int, str], ...]
    """References, with the other field."""


class Possible:
    """The trees of some rules, each under a number."""

    def __init__(self, atoms: Atoms, trees: Iterable[tuple[int, Tree]]) -> None:
        import numpy as np

        held = list(trees)
        self._levels = _Levels(len(atoms), [tree for _, tree in held])
        self._rules = np.array([rule for rule, _ in held], np.int64)
        by_field: dict[str | None, list[int]] = {}
        for number in self._levels.asked:
            field = atoms[number].field
            by_field.setdefault(None if field is None else field.lower(), []).append(number)
        self._fields = _asked(atoms, by_field)
        self._size = len(atoms)

    def answers(self, whole: Summary, schema: pa.Schema) -> np.ndarray:
        """For each atom of the program whether it may be true for some row of a file with these columns."""
        import numpy as np

        columns = _Columns(schema, {name for name, one in whole.columns.items() if not one.size})
        may = np.ones(self._size, np.bool_)
        for field, asked in self._fields.items():
            held = [whole] if field is None else [whole.columns.get(name, whole) for name in columns.of(field)]
            if not held:
                may[asked.numbers] = False
                may[asked.null] = True
                continue
            if len(asked.told):
                words = held[0].may_answer(asked.keywords)
                for one in held[1:]:
                    words |= one.may_answer(asked.keywords)
                found = np.zeros(len(asked.told), np.bool_)
                found[asked.places[words]] = True
                may[asked.told] = found
            for number, other in asked.others:
                may[number] = bool(columns.of(other))
        return may

    def rules(self, may: np.ndarray) -> set[int]:
        """The numbers of the rules that may hold where only these atoms may be true."""
        return set(self._rules[self._levels.may(may)].tolist())


class _Columns:
    """The columns of a file by the fields that may lie in them; those that are `empty` hold none."""

    def __init__(self, schema: pa.Schema, empty: Collection[str]) -> None:
        stored = is_stored(schema)
        self._named: dict[str, list[str]] = {}
        names = [name for name in schema.names if name not in empty]
        self._more = [MORE] if stored and MORE in names else []
        for name in names:
            native = native_name(name, stored)
            if native is not None:
                self._named.setdefault(native.lower(), []).append(name)

    def of(self, field: str) -> list[str]:
        """Those of a field (in lower case); [] where no row has it."""
        held = [field, *(field[:place] for place, letter in enumerate(field) if letter == ".")]
        return [name for one in held for name in self._named.get(one, ())] + self._more


def _asked(atoms: Atoms, by_field: Mapping[str | None, Sequence[int]]) -> dict[str | None, _Asked]:
    import numpy as np

    words: list[Atom] = []
    parts: list[tuple[int, list[int], list[int]]] = []
    for numbers in by_field.values():
        begin = len(words)
        told: list[int] = []
        places: list[int] = []
        for number in numbers:
            atom = atoms[number]
            simple = relaxed(atom) if atom.op == "regex" else (atom,)
            if simple[0].op in _TEXT:
                places += [len(told)] * len(simple)
                told.append(number)
                words += simple
        parts.append((begin, told, places))
    keywords, found = keywords_of(words), {}
    for (field, numbers), (begin, told, places) in zip(by_field.items(), parts, strict=True):
        null = [number for number in numbers if atoms[number].op == "null"]
        others = [(one, atoms[one].value.lower()) for one in numbers if atoms[one].op.startswith("field")]
        found[field] = _Asked(
            np.array(numbers), np.array(null, np.int64), np.array(told, np.int64),
            keywords.part(begin, begin + len(places)), np.array(places, np.int64), tuple(others),
        )  # fmt: skip
    return found


class _Level(NamedTuple):
    nodes: np.ndarray
    inner: np.ndarray
    begins: np.ndarray
    least: np.ndarray
    """How many of the inner ones must be true: one, or all."""


class _Levels:
    """Trees over numbered atoms, evaluated from the atoms upwards, all of a height at once; negations are true."""

    def __init__(self, atoms: int, trees: Iterable[Tree]) -> None:
        import numpy as np

        self.asked: dict[int, None] = {}
        """The atoms that are asked otherwise than for their opposite."""
        self._true, self._false = atoms, atoms + 1
        self._nodes: dict[Tree, tuple[int, int]] = {}
        self._at: list[tuple[list[int], list[int], list[int], list[int]]] = []
        self._roots = np.array([self._node(tree)[0] for tree in trees], np.int64)
        self._levels = [_Level(*map(np.array, level)) for level in self._at]
        self._count = atoms + 2 + len(self._nodes)
        del self._nodes, self._at

    def _node(self, tree: Tree) -> tuple[int, int]:
        """A tree's number and height."""
        if tree is TRUE or tree is FALSE:
            return (self._true if tree is TRUE else self._false), 0
        if isinstance(tree, int):
            self.asked[tree] = None
            return tree, 0
        name, inner = tree
        if name == "not":
            return self._true, 0
        found = self._nodes.get(tree)
        if found is None:
            held = [self._node(one) for one in inner]
            height = max(one for _, one in held) + 1
            found = self._nodes[tree] = self._false + 1 + len(self._nodes), height
            while len(self._at) < height:
                self._at.append(([], [], [], []))
            nodes, parts, begins, least = self._at[height - 1]
            nodes.append(found[0])
            begins.append(len(parts))
            parts += [number for number, _ in held]
            least.append(1 if name == "or" else len(held))
        return found

    def may(self, atoms: np.ndarray) -> np.ndarray:
        """For each tree whether it may be true where only these atoms may."""
        import numpy as np

        values = np.zeros(self._count, np.int32)
        values[: self._true] = atoms
        values[self._true] = 1
        for level in self._levels:
            values[level.nodes] = np.add.reduceat(values[level.inner], level.begins) >= level.least
        found: np.ndarray = values[self._roots] > 0
        return found
