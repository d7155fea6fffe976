"""What is left of all rules once the routing fields of an event are known.

A rule is looked at only when one of its triggers is true: a set of atoms of which at least one must be true for the
rule to be, as rare as may be. Only triggers are looked for in values, and for each trigger only what is quick to find:
a word that must be there. A rule that is looked at is then asked whole (`checks`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.checks import Check, Checks, Texts, Values
from accord.engines.sigma.expressions import Expressions, longest_plain, required_words
from accord.engines.sigma.matchers import FieldMatcher
from accord.engines.sigma.memory import Budget, key_of
from accord.engines.sigma.rows import RowCheck, row_check
from accord.engines.sigma.tree import TRUE, Atom, Atoms, Tree, atoms_of, necessary
from accord.engines.sigma.values import everything

if TYPE_CHECKING:
    import numpy as np

_SETTLED = (400,)
"""After so many new events the triggers are chosen anew, by what was true of them."""
_PROBED = 500
"""Verdicts that were not remembered, after which it is decided whether to look for them at all."""
_SAMPLED = 4096
"""Characters of a value that count when triggers are chosen."""
_COUNTED = 1000.0
"""What an event in which a trigger was true weighs, beside the guess."""


class Plan:
    """The rules that are left for one class of events.

    `number` tells it from others. `fields` are the fields to read, `seen` gathers those that its events had. `keywords`
    are the questions to any value, `words` those of which one is in each text that answers one of them (None where that
    cannot be told). `always` are rules that hold whatever else the event says, `unconditional` those that must be asked
    of every event. `known` counts events whose verdict was remembered; for `unlike` more events it is not worth to look
    whether it is.
    """

    def __init__(
        self, atoms: Atoms, left: Sequence[tuple[int, Tree]], expressions: Expressions, number: int,
        budget: Budget,
    ) -> None:  # fmt: skip
        self.number, self._budget, self._atoms, self._expressions = number, budget, atoms, expressions
        self.seen: set[str] = set()
        self.known = self.unlike = self._missed = 0
        self.rules = tuple(sorted({rule for rule, _ in left}))
        self.always = tuple(sorted({rule for rule, tree in left if tree is TRUE}))
        self._trees: dict[int, list[Tree]] = {}
        for rule, tree in left:
            if tree is not TRUE:
                self._trees.setdefault(rule, []).append(tree)
        self._numbers = sorted({one for trees in self._trees.values() for tree in trees for one in atoms_of(tree)})
        self.size = len(self._numbers) + 50
        guesses = expressions.guesses
        guesses.update((one, _guess(atoms[one])) for one in self._numbers if one not in guesses)
        self._guesses = {one: guesses[one] for one in self._numbers}
        asked = [atoms[one] for one in self._numbers]
        names = {atom.field for atom in asked} | {atom.value for atom in asked if atom.op.startswith("field")}
        self.fields: tuple[str, ...] = tuple(sorted(name for name in names if name is not None))
        anywhere = [one for one in self._numbers if atoms[one].field is None]
        bits = {one: bit for bit, one in enumerate(anywhere)}
        self.keywords = FieldMatcher([(atoms[n], n, b) for n, b in bits.items()], expressions) if bits else None
        words = _prefilter(atoms[one] for one in anywhere)
        self.words = frozenset(words) if words else None
        searches = expressions.searches(self.words) if self.words else (None, None)
        self._perhaps: Callable[[bytes], bool] | None = searches[0]
        self.places: Callable[[Any], Any] | None = searches[1]
        self._keyword_bits = bits
        places = {name: place for place, name in enumerate(self.fields)}
        self._compiler = Checks(atoms, places, bits, expressions)
        self._under: np.ndarray | None = None
        self._checks: dict[int, Check] = {}
        self._row_checks: dict[int, RowCheck] = {}
        self._needs: dict[int, tuple[list[int], list[int]]] = {}
        self._memories = [budget.memory() for _ in self.fields]
        self._sample: list[tuple[Sequence[Texts], int]] | None = []
        self._choose({})

    def _choose(self, seen: Mapping[int, int]) -> None:
        """Choose the triggers: how rare an atom is is guessed at first, then counted (`seen`, by atom)."""
        atoms = self._atoms
        weight = {
            number: None if guess is None else guess + _COUNTED * seen.get(number, 0)
            for number, guess in self._guesses.items()
        }.get
        triggers: dict[int, dict[int, None]] = {}
        unconditional: dict[int, None] = {}
        for rule, trees in self._trees.items():
            wanted = [necessary(tree, weight) for tree in trees]
            if any(one is None for one in wanted):
                unconditional[rule] = None
            else:
                for number in frozenset().union(*(one for one in wanted if one is not None)):
                    triggers.setdefault(number, {})[rule] = None
        self.unconditional = tuple(unconditional)
        by_field: dict[str | None, list[int]] = {}
        for number in triggers:
            by_field.setdefault(atoms[number].field, []).append(number)
        self._triggers, self._under = triggers, None
        self._by_keyword = [
            (1 << self._keyword_bits[number], tuple(triggers[number])) for number in by_field.pop(None, ())
        ]
        self._fields: list[_Triggers | None] = [None] * len(self.fields)
        for place, name in enumerate(self.fields):
            if name in by_field:
                held = {number: tuple(triggers[number]) for number in by_field[name]}
                self._fields[place] = _Triggers(held, atoms, self._expressions)
        self._active = [(place, self._memories[place]) for place, one in enumerate(self._fields) if one is not None]
        for memory in self._memories:
            memory.clear()

    def missed(self) -> None:
        """Count an event whose verdict was not remembered, and give up remembering for a while where most are so."""
        self._missed += 1
        if self._missed == _PROBED:
            if self.known * 16 < self._missed:
                self.unlike = 16 * _PROBED
            self.known = self._missed = 0

    @property
    def unsettled(self) -> int:
        """How many more events, unlike those before, it takes until the triggers stay."""
        return 0 if self._sample is None else _SETTLED[-1] - len(self._sample)

    def learn(self, values: Sequence[Texts], anywhere: int = 0) -> None:
        """Hear of an event that is unlike those before."""
        if self._sample is None:
            return
        self._sample.append((values, anywhere))
        if len(self._sample) in _SETTLED:
            self._choose(self._counted(self._sample))
            if len(self._sample) == _SETTLED[-1]:
                self._sample = None

    def _counted(self, sample: Sequence[tuple[Sequence[Texts], int]]) -> Counter[int]:
        """In how many of these events each atom would have been a trigger."""
        found: Counter[int] = Counter()
        by_field: dict[str | None, list[int]] = {}
        for number in self._numbers:
            if not self._atoms[number].op.startswith("field"):
                by_field.setdefault(self._atoms[number].field, []).append(number)
        for number in by_field.pop(None, ()):
            bit = 1 << self._keyword_bits[number]
            found[number] = sum(anywhere & bit != 0 for _, anywhere in sample)
        for place, name in enumerate(self.fields):
            if name in by_field:
                values = Counter(tuple([text[:_SAMPLED] for text in held[place]]) for held, _ in sample)
                triggers = _Triggers({number: (number,) for number in by_field[name]}, self._atoms, self._expressions)
                for texts, times in values.items():
                    for number in triggers.of(texts):
                        found[number] += times
        return found

    def anywhere(self, event: Mapping[str, Any], raw: bytes | None = None) -> int:
        """The bits of the keywords that any value holds. One pass over all values tells that, mostly, none does."""
        assert self.keywords is not None
        if self._perhaps is not None:
            if raw is None:
                joined = joined_values(event)
                raw = None if joined is None else joined.encode("utf-8", "replace")
            if raw is not None and not self._perhaps(raw):
                return 0
        return self.keywords.mask(everything(event))

    def possible(self, may: np.ndarray) -> set[int]:
        """The rules that may hold as far as their triggers tell; `may`: which atoms of the program may be true."""
        import numpy as np

        if self._under is None:
            pairs = [(number, rule) for number, rules in self._triggers.items() for rule in rules]
            self._under = np.array(pairs, np.int64).reshape(-1, 2)
        there = self._under[may[self._under[:, 0]], 1]
        return {*self.always, *self.unconditional, *there.tolist()}

    def asks(self, place: int, rules: Collection[int]) -> bool:
        """Whether triggers of any of these rules are looked for in the field at this place."""
        triggers = self._fields[place]
        return triggers is not None and not triggers.all.isdisjoint(rules)

    def touched_by(self, place: int, values: Iterable[Texts]) -> Iterable[tuple[int, ...]]:
        """The rules that must be looked at because the field at this place has these texts, for each of some values."""
        triggers = self._fields[place]
        return [() if triggers is None else triggers.of(texts) for texts in values]

    def touched_by_each(self, place: int, values: Sequence[str], lower: Sequence[str]) -> Iterable[tuple[int, ...]]:
        """The same for values of one text each, which are told as they are and in lower case."""
        triggers = self._fields[place]
        return [()] * len(values) if triggers is None else triggers.of_each(values, lower)

    def touched(self, place: int, texts: Texts) -> tuple[int, ...]:
        """The rules that must be looked at because the field at this place has these texts."""
        triggers = self._fields[place]
        if triggers is None:
            return ()
        memory, key = self._memories[place], key_of(texts)
        found: tuple[int, ...] | None = memory.get(key)
        if found is None:
            found = triggers.of(texts)
            self._budget.keep(memory, key, found)
        return found

    def touched_anywhere(self, anywhere: int) -> list[int]:
        """The rules that must be looked at because these keywords are there."""
        return [rule for bit, rules in self._by_keyword if anywhere & bit for rule in rules]

    def check(self, rule: int) -> Check:
        """How one of the open rules is asked."""
        found = self._checks.get(rule)
        if found is None:
            found = self._checks[rule] = self._compiler.of(self._trees[rule])
        return found

    def needs(self, rule: int) -> tuple[list[int], list[int]]:
        """The places of the fields that a rule asks for, and the numbers of its keywords."""
        found = self._needs.get(rule)
        if found is None:
            numbers = {number for tree in self._trees.get(rule, ()) for number in atoms_of(tree)}
            atoms = [self._atoms[number] for number in numbers]
            names = {atom.field for atom in atoms} | {atom.value for atom in atoms if atom.op.startswith("field")}
            places = [place for place, name in enumerate(self.fields) if name in names]
            keywords = [number for number in numbers if self._atoms[number].field is None]
            found = self._needs[rule] = places, keywords
        return found

    def row_check(self, rule: int) -> RowCheck:
        """How one of the open rules is asked of many rows."""
        found = self._row_checks.get(rule)
        if found is None:
            found = self._row_checks[rule] = row_check(self._compiler, self._trees[rule])
        return found

    def verdict(self, values: Sequence[Texts], anywhere: int = 0) -> tuple[int, ...]:
        """The rules that hold, in order; `values` are the texts of each of `fields`."""
        looked = set(self.unconditional)
        if anywhere:
            looked.update(self.touched_anywhere(anywhere))
        for place, memory in self._active:
            texts = values[place]
            rules = memory.get(texts)
            if rules is None:
                rules = self.touched(place, texts)
            if rules:
                looked.update(rules)
        if self._sample is not None:
            self.learn(values, anywhere)
        if not looked:
            return self.always
        event, checks = Values(values, anywhere), self._checks
        found = [rule for rule in looked if (checks.get(rule) or self.check(rule))(event)]
        return tuple(sorted({*found, *self.always})) if found else self.always


class _Triggers:
    """Atoms of one field, each with the rules that are looked at when it may be true."""

    def __init__(self, rules: Mapping[int, tuple[int, ...]], atoms: Atoms, expressions: Expressions) -> None:
        self._rules = list(rules.values())
        self._numbers, self._atoms, self._expressions = tuple(rules), atoms, expressions
        self._known: dict[int, tuple[int, ...]] = {0: ()}
        self.all = frozenset().union(*self._rules)
        self._nothing = sum(1 << bit for bit, number in enumerate(rules) if atoms[number].op == "null")

    @cached_property
    def _matcher(self) -> FieldMatcher:
        """Made when a value comes: many fields have none in a class of events."""
        rows = [(one, number, bit) for bit, number in enumerate(self._numbers) for one in relaxed(self._atoms[number])]
        return FieldMatcher(rows, self._expressions)

    def of(self, texts: Texts) -> tuple[int, ...]:
        """The rules to look at for these texts."""
        mask = self._matcher.mask(texts) if texts else self._nothing
        found = self._known.get(mask)
        return self._told(mask) if found is None else found

    def of_each(self, values: Sequence[str], lower: Sequence[str]) -> Iterable[tuple[int, ...]]:
        """Those of values of one text each."""
        known, matcher = self._known, self._matcher
        for mask in map(matcher.of, values, lower):
            found = known.get(mask)
            yield self._told(mask) if found is None else found

    def _told(self, mask: int) -> tuple[int, ...]:
        rules: dict[int, None] = {}
        left = mask
        while left:
            low = left & -left
            rules.update(dict.fromkeys(self._rules[low.bit_length() - 1]))
            left ^= low
        found = tuple(rules)
        if len(self._known) < 10_000:
            self._known[mask] = found
        return found


def relaxed(atom: Atom) -> tuple[Atom, ...]:
    """Atoms that are quick to ask, of which one is true whenever this one is."""
    match atom.op:
        case "equals" | "contains" | "startswith" | "endswith" if atom.cased:
            return (Atom(atom.field, atom.op, atom.value.lower()),)
        case "like":
            word = max((part for part in atom.value if isinstance(part, str)), key=len, default="")
            return (Atom(atom.field, "contains", word.lower()),) if word else (atom,)
        case "regex":
            words = required_words(*atom.value)
            return tuple(Atom(atom.field, "contains", word) for word in sorted(words)) or (atom,)
    return (atom,)


def _prefilter(atoms: Iterable[Atom]) -> list[str] | None:
    """Words of which one is in each text, also in JSON, that holds a keyword; None where some keyword has none."""
    words = []
    for atom in atoms:
        parts = atom.value if atom.op == "like" else (atom.value,)
        word = "" if atom.op in ("regex", "exists", "null") else longest_plain(parts)
        if len(word) < 2:
            return None
        words.append(word)
    return words or None


def joined_values(event: Mapping[str, Any]) -> str | None:
    """All values of a flat event in one text; None where it is nested."""
    parts = []
    for value in event.values():
        kind = type(value)
        if kind is str:
            parts.append(value)
        elif kind is dict or kind is list:
            return None
        elif value is not None:
            parts.append(str(value))
    return "\0".join(parts)


def _guess(atom: Atom) -> float | None:
    """How often the atom may be true, roughly: the rarer, the better a trigger. None for what is none.

    To scan every value for an expression costs more than to ask its rule, the expression last.
    """
    if atom.op.startswith("field") or (atom.op == "regex" and relaxed(atom) == (atom,)):
        return None
    match atom.op:
        case "null":
            return 400.0
        case "exists" | "lt" | "lte" | "gt" | "gte" | "timepart":
            return 300.0
        case "equals":
            return 3.0 if len(atom.value) > 3 else 12.0
        case "regex":
            return 40.0
        case "cidr":
            return 60.0
        case "like":
            return 40.0 / (1 + max((len(part) for part in atom.value if isinstance(part, str)), default=0))
    base = {"contains": 80.0, "startswith": 60.0, "endswith": 30.0}.get(atom.op, 200.0)
    return base / (1 + len(atom.value))
