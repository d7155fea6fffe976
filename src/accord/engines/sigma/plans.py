"""What is left of all rules once the routing fields of an event are known, ready to be answered by one number.

Each atom that is left has a bit. Each field's values give a number (`FieldMatcher.mask`); together they are the event's
number, on which a rule is a few bit operations. A rule is looked at only when one of its triggers is true: a set of
atoms of which at least one must be true for the rule to be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from accord.engines.sigma.expressions import Expressions, any_of, longest_plain, places_of
from accord.engines.sigma.matchers import FieldMatcher, references
from accord.engines.sigma.memory import Budget
from accord.engines.sigma.tree import TRUE, Atom, Atoms, Tree, atoms_of, necessary
from accord.engines.sigma.values import everything

Check = Callable[[int], Any]
_SETTLED = (200, 1000)
"""After so many new events the triggers are chosen anew, by what was true of them."""
_PAIRS = frozenset(("field", "field_startswith", "field_endswith", "field_contains"))
_NOTHING: tuple[int, tuple[int, ...]] = (0, ())


class Plan:
    """The rules that are left for one class of events.

    `number` tells it from others, `seen` gathers the fields that its events had, `fields` are the fields to read,
    `keywords` the questions to any value, `words` those of which one is in each text that answers one of them (None
    where that cannot be told); `always` are rules that hold whatever else the event says.
    """

    def __init__(
        self, atoms: Atoms, left: Sequence[tuple[int, Tree]], expressions: Expressions, number: int,
        budget: Budget,
    ) -> None:  # fmt: skip
        self.number, self._budget = number, budget
        self.seen: set[str] = set()
        self.always = tuple(rule for rule, tree in left if tree is TRUE)
        open_ = [(rule, tree) for rule, tree in left if tree is not TRUE]
        numbers = sorted({number for _, tree in open_ for number in atoms_of(tree)})
        self._bits = {number: bit for bit, number in enumerate(numbers)}
        self.size = len(numbers) + 50
        by_field: dict[str | None, list[tuple[Atom, int, int]]] = {}
        self._pairs: list[tuple[Atom, int]] = []
        names: dict[str | None, None] = {}
        for number, bit in self._bits.items():
            atom = atoms[number]
            names[atom.field] = None
            if atom.op.startswith("field"):
                self._pairs.append((atom, 1 << bit))
                names[atom.value] = None
            else:
                by_field.setdefault(atom.field, []).append((atom, number, bit))
        self.fields: tuple[str, ...] = tuple(sorted(name for name in names if name is not None))
        anywhere = by_field.pop(None, None)
        self.keywords = None if anywhere is None else FieldMatcher(anywhere, expressions)
        words = _prefilter(anywhere or ())
        self._perhaps = any_of(words) if words else None
        self.words = frozenset(words) if words else None
        self._places: Callable[[Any], Any] | None = None
        self._matchers = {name: FieldMatcher(held, expressions) for name, held in by_field.items()}
        self._open = [(rule, tree, compiled(tree, self._bits)) for rule, tree in open_]
        self._weights = [_weight(atoms[number]) for number in numbers]
        self._with_pairs = {rule for rule, tree in open_ if not _PAIRS.isdisjoint(atoms[n].op for n in atoms_of(tree))}
        self._sources = [(budget.memory(), self._matchers.get(name)) for name in self.fields]
        self._misses = 0
        self._true: Counter[int] = Counter()
        self._choose_triggers()
        self.rules = tuple(sorted({rule for rule, _ in left}))

    def _choose_triggers(self) -> None:
        """Look at a rule only when one of a few atoms is true, as rare as may be, of which it needs at least one.

        How rare is guessed from the atoms at first, then counted.
        """
        pairs = {number for number, bit in self._bits.items() if any(mask >> bit & 1 for _, mask in self._pairs)}
        weights, bits, seen = self._weights, self._bits, self._true

        def weight(number: int) -> float | None:
            bit = bits[number]
            return None if number in pairs else weights[bit] + 1000.0 * seen[bit]

        self._checks: dict[int, Check] = {}
        self._unconditional: list[tuple[int, Check]] = []
        self._triggers: dict[int, list[int]] = {}
        for rule, tree, check in self._open:
            wanted = necessary(tree, weight)
            if wanted is None:
                self._unconditional.append((rule, check))
                continue
            held = self._checks.get(rule)
            self._checks[rule] = check if held is None else _any(held, check)
            for number in wanted:
                self._triggers.setdefault(bits[number], []).append(rule)
        self._triggering = sum(1 << bit for bit in self._triggers)
        self._asks_pairs = any(rule in self._with_pairs for rule, _ in self._unconditional)
        for memory, _ in self._sources:
            memory.clear()

    def _learn(self, mask: int) -> None:
        """Count what is true of events that are seen for the first time, up to some thousand."""
        self._misses += 1
        while mask:
            low = mask & -mask
            self._true[low.bit_length() - 1] += 1
            mask ^= low
        if self._misses in _SETTLED:
            self._choose_triggers()

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

    @property
    def places(self) -> Callable[[Any], Any] | None:
        """From an array of texts to the places at which a keyword may be; None where that cannot be told quickly."""
        if self._places is None and self.words:
            self._places = places_of(self.words)
        return self._places

    @property
    def unconditional(self) -> bool:
        """Whether some rule must be asked of every event."""
        return bool(self._unconditional)

    def _known(self, place: int, texts: tuple[str, ...]) -> tuple[int, tuple[int, ...]]:
        memory, matcher = self._sources[place]
        known = memory.get(texts)
        if known is None:
            bits = matcher.mask(texts) if matcher is not None else 0
            known = (bits, self._triggered(bits)) if bits else _NOTHING
            self._budget.keep(memory, texts, bits, known)
        return known

    def touches(self, place: int, texts: tuple[str, ...]) -> bool:
        """Whether rules must be looked at because the field at this place has these texts."""
        return bool(self._known(place, texts)[1])

    def verdict(self, values: Sequence[tuple[str, ...]], anywhere: int = 0) -> tuple[int, ...]:
        """The rules that hold, in order; `values` are the texts of each of `fields`."""
        mask = anywhere
        looked = set(self._triggered(anywhere)) if anywhere else set()
        for (memory, matcher), texts in zip(self._sources, values, strict=True):
            known = memory.get(texts)
            if known is None:
                bits = matcher.mask(texts) if matcher is not None else 0
                known = (bits, self._triggered(bits)) if bits else _NOTHING
                self._budget.keep(memory, texts, bits, known)
            bits, rules = known
            if bits:
                mask |= bits
                if rules:
                    looked.update(rules)
        if self._with_pairs and (self._asks_pairs or not self._with_pairs.isdisjoint(looked)):
            held = dict(zip(self.fields, values, strict=True))
            for atom, bit in self._pairs:
                if references(held, atom):
                    mask |= bit
        checks = self._checks
        found = [rule for rule in looked if checks[rule](mask)]
        found += [rule for rule, check in self._unconditional if check(mask)]
        found += self.always
        if self._misses < _SETTLED[-1]:
            self._learn(mask)
        return tuple(sorted(set(found))) if len(found) > 1 else tuple(found)

    def _triggered(self, mask: int) -> tuple[int, ...]:
        mask &= self._triggering
        if not mask:
            return ()
        rules: dict[int, None] = {}
        while mask:
            low = mask & -mask
            rules.update(dict.fromkeys(self._triggers[low.bit_length() - 1]))
            mask ^= low
        return tuple(rules)


def _prefilter(atoms: Iterable[tuple[Atom, int, int]]) -> list[str] | None:
    """Words of which one is in each text, also in JSON, that holds a keyword; None where some keyword has none."""
    words = []
    for atom, _, _ in atoms:
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


def _any(one: Check, other: Check) -> Check:
    return lambda mask: one(mask) or other(mask)


def _weight(atom: Atom) -> float:
    """How often the atom may be true, roughly: the rarer, the better a trigger."""
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


def compiled(tree: Tree, bits: Mapping[int, int]) -> Check:
    """The tree as a function of the event's number: atoms side by side become one comparison."""
    names: dict[str, int] = {}
    text = _code(tree, bits, names)
    code: Check = eval(f"lambda m: {text}", dict(names))
    return code


def _constant(mask: int, names: dict[str, int]) -> str:
    name = f"c{len(names)}"
    names[name] = mask
    return name


def _code(tree: Tree, bits: Mapping[int, int], names: dict[str, int]) -> str:
    if isinstance(tree, int):
        return f"m & {_constant(1 << bits[tree], names)}"
    name, inner = tree
    if name == "not":
        return f"not m & {_constant(1 << bits[inner], names)}"
    plain = sum(1 << bits[one] for one in inner if isinstance(one, int))
    negated = sum(1 << bits[one[1]] for one in inner if isinstance(one, tuple) and one[0] == "not")
    rest = [_code(one, bits, names) for one in inner if isinstance(one, tuple) and one[0] != "not"]
    parts = []
    if name == "and":
        if plain:
            constant = _constant(plain, names)
            parts.append(f"m & {constant} == {constant}")
        if negated:
            parts.append(f"not m & {_constant(negated, names)}")
    else:
        if plain:
            parts.append(f"m & {_constant(plain, names)}")
        if negated:
            constant = _constant(negated, names)
            parts.append(f"m & {constant} != {constant}")
    return f" {name} ".join(f"({part})" for part in (*parts, *rest))
