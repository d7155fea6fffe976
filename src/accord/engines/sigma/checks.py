"""A rule's tree as a function of one event's values: it asks as little as decides, and each value as late as possible.

A rule is only asked when one of its triggers is there, which is rare; so its other questions need no automaton. Those
that stand side by side in "or" and ask the same of one field are one question of many words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from accord.engines.sigma.expressions import Expressions, is_quick, least_length, least_run, required_words
from accord.engines.sigma.matchers import FieldMatcher, like, references
from accord.engines.sigma.tree import FALSE, TRUE, Atom, Atoms, Tree
from accord.engines.sigma.values import SCANNED

Texts = tuple[str, ...]


class Values:
    """The values of one event by the places of a plan's fields, and what was made of them so far."""

    __slots__ = ("anywhere", "held", "lowered", "scanned")

    def __init__(self, held: Sequence[Texts], anywhere: int = 0) -> None:
        self.held, self.anywhere = held, anywhere
        self.lowered: dict[int, Texts] = {}
        self.scanned: dict[int, frozenset[int]] = {}

    def lower(self, place: int) -> Texts:
        """The values of a field in lower case, as far as they are looked at; from then on also in `lowered`."""
        found = self.lowered[place] = tuple([text[:SCANNED].lower() for text in self.held[place]])
        return found

    def whole(self, place: int) -> Texts:
        """The values of a field as they are, as far as they are looked at."""
        return tuple([text[:SCANNED] for text in self.held[place]])


Check = Callable[[Values], bool]
Many = Callable[[Sequence[str], Sequence[str]], list[bool]]


class Leaf(NamedTuple):
    """A question to the fields at some places, or to no field but keywords: these bits.

    `key` tells it from all others. `many` answers it for many texts at once, where there is a way: from texts and the
    same in lower case.
    """

    check: Check
    places: tuple[int, ...]
    keywords: int
    key: tuple[int, ...]
    many: Many | None = None


class Parts(NamedTuple):
    """What stands side by side in a tree, in the order in which it is asked; `negated` are asked for their opposite."""

    first: list[Leaf]
    negated: list[Leaf]
    rest: list[Tree]
    last: list[Leaf]


class Checks:
    """Makes the checks of one plan. `places` are those of its fields, `bits` those of its keywords."""

    def __init__(
        self, atoms: Atoms, places: Mapping[str, int], bits: Mapping[int, int], expressions: Expressions
    ) -> None:  # fmt: skip
        self._atoms, self._places, self._bits, self._expressions = atoms, places, bits, expressions

    def of(self, trees: Sequence[Tree]) -> Check:
        """Whether any of these trees holds."""
        return _any([self._tree(tree) for tree in trees])

    def _tree(self, tree: Tree) -> Check:
        if tree is TRUE or tree is FALSE:
            return lambda _: bool(tree)
        if isinstance(tree, int):
            return self.leaves([tree])[0].check
        name, inner = tree
        if name == "not":
            return _not(self.leaves([inner])[0].check)
        parts = self.ordered(name, inner)
        held = [one.check for one in parts.first]
        held += [_not(one.check) for one in parts.negated]
        held += [self._tree(one) for one in parts.rest]
        held += [one.check for one in parts.last]
        return _any(held) if name == "or" else _all(held)

    def ordered(self, name: str, inner: Sequence[Tree]) -> Parts:
        """The parts of an "and" or an "or" in the order in which they are asked."""
        plain = sorted((one for one in inner if isinstance(one, int)), key=self._cost)
        negated = [one[1] for one in inner if isinstance(one, tuple) and one[0] == "not"]
        rest = [one for one in inner if isinstance(one, tuple) and one[0] != "not"]
        if name == "or":
            return Parts(self.leaves(plain), [self.leaves([one])[0] for one in negated], rest, [])
        ones = [self.leaves([one])[0] for one in plain]
        cheap = sum(self._atoms[number].op != "regex" for number in plain)
        return Parts(ones[:cheap], self.leaves(negated), rest, ones[cheap:])

    def _cost(self, number: int) -> int:
        return _COST.get(self._atoms[number].op, 0)

    def leaves(self, numbers: Iterable[int]) -> list[Leaf]:
        """Checks of which one is true if one of these atoms is."""
        groups: dict[tuple[Any, ...], list[int]] = {}
        for number in numbers:
            atom = self._atoms[number]
            alone = (number,) if atom.op.startswith("field") or _run_of(atom) else ()
            groups.setdefault((atom.field, atom.op, atom.cased, *alone), []).append(number)
        return [self._leaf(held) for held in groups.values()]

    def _leaf(self, numbers: Sequence[int]) -> Leaf:
        first = self._atoms[numbers[0]]
        if first.field is None:
            mask = sum(1 << self._bits[number] for number in numbers)
            return Leaf(lambda values: values.anywhere & mask != 0, (), mask, tuple(numbers))
        names: tuple[str, ...] = (first.field, first.value) if first.op.startswith("field") else (first.field,)
        places = tuple(self._places[name] for name in names)
        return Leaf(self._check(numbers), places, 0, tuple(numbers), self._many(numbers))

    def _many(self, numbers: Sequence[int]) -> Many | None:
        atoms = [self._atoms[number] for number in numbers]
        make = _MANY.get(atoms[0].op)
        if make is None:
            return None
        many = make([atom.value for atom in atoms])
        return (lambda texts, _: many(texts)) if atoms[0].cased else (lambda _, lower: many(lower))

    def _check(self, numbers: Sequence[int]) -> Check:
        atoms = [self._atoms[number] for number in numbers]
        first = atoms[0]
        assert first.field is not None
        place = self._places[first.field]
        match first.op:
            case "exists":
                return lambda values: bool(values.held[place])
            case "null":
                return lambda values: not values.held[place]
            case "equals" | "contains" | "startswith" | "endswith" | "like":
                return _text(atoms, place)
            case "regex":
                run = _run_of(first)
                return self._regex(numbers, atoms, place) if run is None else _running(run, place)
            case "cidr" | "timepart" | "lt" | "lte" | "gt" | "gte":
                matcher = FieldMatcher([(atom, 0, 0) for atom in atoms], self._expressions)
                return lambda values: matcher.mask(values.held[place]) != 0
        return _referring(first.op, place, self._places[first.value])

    def _regex(self, numbers: Sequence[int], atoms: Sequence[Atom], place: int) -> Check:
        """Expressions of one field; all of that field are looked for at once, if a text is long enough and has a word
        that one of these needs."""
        scan, wanted = self._expressions.scanner(atoms[0].field), frozenset(numbers)
        needs = [(least_length(atom.value[0]), tuple(required_words(*atom.value))) for atom in atoms]
        rows = list(zip(numbers, atoms, strict=True))
        often = 0 if all(is_quick(atom.value[0]) for atom in atoms) else _OFTEN
        alone: Callable[[str], list[int]] | None = None

        def perhaps(text: str) -> bool:
            for least, words in needs:
                if len(text) >= least and (not words or any(word in text for word in words)):
                    return True
            return False

        def check(values: Values) -> bool:
            nonlocal often, alone
            found = values.scanned.get(place)
            if found is not None:
                return not wanted.isdisjoint(found)
            if not any(map(perhaps, values.lowered.get(place) or values.lower(place))):
                return False
            if alone is None:
                often += 1
                if often == _OFTEN:
                    alone = self._expressions.alone(rows)
                found = values.scanned[place] = frozenset(one for text in values.whole(place) for one in scan(text))
                return not wanted.isdisjoint(found)
            return any(map(alone, values.whole(place)))

        return check


def _run_of(atom: Atom) -> int | None:
    return least_run(*atom.value) if atom.op == "regex" else None


def _running(least: int, place: int) -> Check:
    """So many characters in one line of a text."""

    def check(values: Values) -> bool:
        for text in values.held[place]:
            if len(text) >= least and any(len(line) >= least for line in text[:SCANNED].split("\n")):
                return True
        return False

    return check


def _any(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(values: Values) -> bool:
        for one in checks:  # noqa: SIM110 - twice as fast as any()
            if one(values):
                return True
        return False

    return check


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(values: Values) -> bool:
        for one in checks:  # noqa: SIM110 - twice as fast as all()
            if not one(values):
                return False
        return True

    return check


def _not(check: Check) -> Check:
    return lambda values: not check(values)


def _referring(op: str, place: int, other: int) -> Check:
    """Two fields of one event, without case."""

    def same(values: Values) -> bool:
        mine = values.lowered.get(place) or values.lower(place)
        return not frozenset(mine).isdisjoint(values.lowered.get(other) or values.lower(other))

    def check(values: Values) -> bool:
        return references(values.lower(place), values.lower(other), op)

    return same if op == "field" else check


def _text(atoms: Sequence[Atom], place: int) -> Check:
    """Texts of one field, all asked in the same way."""
    words = tuple(atom.value for atom in atoms)
    check = _TEXT[atoms[0].op](words, place)
    if not atoms[0].cased:
        return check

    def cased(values: Values) -> bool:
        own = Values(values.held)
        own.lowered[place] = values.whole(place)
        return check(own)

    return cased


def _equal(words: Sequence[str], place: int) -> Check:
    wanted = frozenset(words)
    return lambda values: not wanted.isdisjoint(values.lowered.get(place) or values.lower(place))


def _starting(words: Sequence[str], place: int) -> Check:
    beginnings = tuple(words)

    def check(values: Values) -> bool:
        for text in values.lowered.get(place) or values.lower(place):  # noqa: SIM110 - twice as fast as any()
            if text.startswith(beginnings):
                return True
        return False

    return check


def _ending(words: Sequence[str], place: int) -> Check:
    ends = tuple(words)

    def check(values: Values) -> bool:
        for text in values.lowered.get(place) or values.lower(place):  # noqa: SIM110 - twice as fast as any()
            if text.endswith(ends):
                return True
        return False

    return check


def _containing(words: Sequence[str], place: int) -> Check:
    def check(values: Values) -> bool:
        for text in values.lowered.get(place) or values.lower(place):
            for word in words:
                if word in text:
                    return True
        return False

    return check


def _alike(patterns: Sequence[Any], place: int) -> Check:
    verifiers = [like(pattern, cased=False) for pattern in patterns]

    def check(values: Values) -> bool:
        for text in values.lowered.get(place) or values.lower(place):
            for verify in verifiers:
                if verify(text, text):
                    return True
        return False

    return check


_TEXT: dict[str, Callable[[Sequence[Any], int], Check]] = {
    "equals": _equal, "startswith": _starting, "endswith": _ending, "contains": _containing, "like": _alike,
}  # fmt: skip


def _many_equal(words: Sequence[str]) -> Callable[[Sequence[str]], list[bool]]:
    wanted = frozenset(words)
    return lambda texts: [text in wanted for text in texts]


def _many_starting(words: Sequence[str]) -> Callable[[Sequence[str]], list[bool]]:
    beginnings = tuple(words)
    return lambda texts: [text.startswith(beginnings) for text in texts]


def _many_ending(words: Sequence[str]) -> Callable[[Sequence[str]], list[bool]]:
    ends = tuple(words)
    return lambda texts: [text.endswith(ends) for text in texts]


def _many_containing(words: Sequence[str]) -> Callable[[Sequence[str]], list[bool]]:
    first, *others = words

    def many(texts: Sequence[str]) -> list[bool]:
        found = [first in text for text in texts]
        for word in others:
            for place, text in enumerate(texts):
                if not found[place] and word in text:
                    found[place] = True
        return found

    return many


_MANY: dict[str, Callable[[Sequence[str]], Callable[[Sequence[str]], list[bool]]]] = {
    "equals": _many_equal, "startswith": _many_starting, "endswith": _many_ending, "contains": _many_containing,
}  # fmt: skip
_OFTEN = 100
"""Times after which the expressions of a rule get a database of their own."""
_COST = {"contains": 1, "like": 2, "regex": 3}
"""What is asked last of what stands side by side; all else comes first."""
