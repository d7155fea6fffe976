"""Which rules are left once the routing fields of an event are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accord.engines.sigma.expressions import Expressions
from accord.engines.sigma.matchers import FieldMatcher
from accord.engines.sigma.rules import LogSource, Program
from accord.engines.sigma.tree import FALSE, Atom, Tree, atoms_of, necessary, reduce

Masks = tuple[int, ...]


class Routing:
    """All rules, each under questions to routing fields of which one must be true for the rule to be.

    So that a class of events looks only at rules that it may concern, however many others there are. `more` are further
    questions to ask beside the rules, each under a number of its own.
    """

    def __init__(
        self, program: Program, chosen: Iterable[int], fields: Sequence[str], expressions: Expressions,
        more: Iterable[tuple[int, LogSource, Tree]] = (),
    ) -> None:  # fmt: skip
        self._trees: list[tuple[int, LogSource, Tree]] = [
            (number, source, tree)
            for number in chosen
            if not program.rules[number].problem
            for source, tree in program.rules[number].trees
        ]
        self._trees += more
        lower = {name.lower(): place for place, name in enumerate(fields)}
        held: list[dict[int, Atom]] = [{} for _ in fields]
        place_of: dict[int, int] = {}
        for _, _, tree in self._trees:
            for number in atoms_of(tree):
                atom = program.atoms[number]
                place = lower.get((atom.field or "").lower())
                if place is not None and not atom.op.startswith("field"):
                    held[place][number] = atom
                    place_of[number] = place
        self._bits = [{number: bit for bit, number in enumerate(atoms)} for atoms in held]
        self._matchers = [
            FieldMatcher([(atom, number, bits[number]) for number, atom in atoms.items()], expressions)
            for atoms, bits in zip(held, self._bits, strict=True)
        ]
        self._anywhere: list[int] = []
        self._under: dict[int, list[int]] = {}
        self._index(place_of)
        self._taken: dict[LogSource | None, set[int] | None] = {None: None}

    def _index(self, place_of: dict[int, int]) -> None:
        sizes: dict[int, int] = {}
        for _, _, tree in self._trees:
            for number in set(atoms_of(tree)):
                if number in place_of:
                    sizes[number] = sizes.get(number, 0) + 1
        for place, (_, _, tree) in enumerate(self._trees):
            wanted = necessary(tree, lambda number: sizes.get(number))
            if wanted is None:
                self._anywhere.append(place)
            else:
                for number in wanted:
                    self._under.setdefault(number, []).append(place)

    def trees(self) -> Iterable[tuple[int, Tree]]:
        """All conditions, each under the number of its rule."""
        return [(number, tree) for number, _, tree in self._trees]

    def masks(self, values: Sequence[tuple[str, ...]]) -> Masks:
        """What is true of the routing fields; events of which the same is true are of one class."""
        return tuple(matcher.mask(held) for matcher, held in zip(self._matchers, values, strict=True))

    def left(self, source: LogSource | None, masks: Masks) -> list[tuple[int, Tree]]:
        """The rules that can still hold for events of a source, each with what is still open."""
        known: dict[int, bool] = {}
        for mask, bits in zip(masks, self._bits, strict=True):
            known.update((number, bool(mask >> bit & 1)) for number, bit in bits.items())
        places = set(self._anywhere)
        for number, true in known.items():
            if true:
                places.update(self._under.get(number, ()))
        taken = self._takers(source)
        found = []
        for place in sorted(places if taken is None else places & taken):
            number, _, tree = self._trees[place]
            rest = reduce(tree, known.get)
            if rest is not FALSE:
                found.append((number, rest))
        return found

    def _takers(self, source: LogSource | None) -> set[int] | None:
        """The rules for events of a source; None for all."""
        if source not in self._taken:
            if len(self._taken) > 1000:
                self._taken = {None: None}
            self._taken[source] = {
                place for place, (_, wanted, _) in enumerate(self._trees) if source is None or wanted.takes(source)
            }
        return self._taken[source]
