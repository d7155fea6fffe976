"""Events → hits: routing fields first, then only the fields that the rules left for that class need."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accord.engines.sigma.expressions import Expressions
from accord.engines.sigma.matchers import FieldMatcher
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.rules import LogSource, Program, Rule
from accord.engines.sigma.tree import FALSE, Atom, atoms_of, reduce
from accord.engines.sigma.values import look_up, texts

ROUTING = ("Channel", "EventID", "Provider_Name")
"""Fields that decide which rules an event concerns at all, read before any other."""
REMEMBERED = 200_000
SHAPES = 5_000
CLASSES = 20_000
Event = Mapping[str, Any]


@dataclass(slots=True)
class Class:
    """One class of events: the values of its routing fields and source, its plan, and what was seen of it."""

    plan: Plan
    number: int
    events: int = 0
    seen: set[str] = field(default_factory=set)
    shapes: dict[tuple[str, ...], list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleState:
    """Why a rule is silent, or that it is not: "ok", "no source", "missing field" or "unsupported"."""

    rule: Rule
    state: str
    reason: str = ""


class Engine:
    """The rules of one program. Not safe for several threads at once: each takes its own.

    `remembered` bounds the verdicts that are kept (16 bytes of key each, the least lately used go first).
    """

    def __init__(
        self, program: Program, chosen: Iterable[int] | None = None, routing: Sequence[str] = ROUTING,
        remembered: int = REMEMBERED,
    ) -> None:  # fmt: skip
        self.program, self.routing = program, tuple(routing)
        wanted = range(len(program.rules)) if chosen is None else chosen
        self._trees = [
            (number, source, tree)
            for number in wanted
            for source, tree in program.rules[number].trees
            if not program.rules[number].problem
        ]
        self._chosen = sorted(wanted)
        self._remembered = remembered
        self._verdicts: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()
        self._classes: dict[Any, Class] = {}
        self._routes: dict[tuple[str, ...], list[Any]] = {}
        self._expressions = Expressions(program.databases)
        self._matchers = self._routing_matchers()
        self.hits_from_memory = self.events = self._opened = 0

    def _routing_matchers(self) -> dict[str, tuple[FieldMatcher, dict[int, int]]]:
        lower = {name.lower(): name for name in self.routing}
        held: dict[str, dict[int, Atom]] = {name: {} for name in self.routing}
        for _, _, tree in self._trees:
            for number in atoms_of(tree):
                atom = self.program.atoms[number]
                name = lower.get((atom.field or "").lower())
                if name is not None and not atom.op.startswith("field"):
                    held[name][number] = atom
        found = {}
        for name, atoms in held.items():
            bits = {number: bit for bit, number in enumerate(atoms)}
            found[name] = (
                FieldMatcher(((atom, number, bits[number]) for number, atom in atoms.items()), self._expressions),
                bits,
            )
        return found

    def match(self, event: Event, source: LogSource | None = None, raw: bytes | None = None) -> tuple[int, ...]:
        """The numbers (in the program) of the rules that hold for an event, in order.

        `raw` is the JSON from which the event was read, where it was: it spares a look at every value.
        """
        self.events += 1
        shape = tuple(event)
        access = self._routes.get(shape)
        if access is None:
            access = [_access(event, name) for name in self.routing]
            if len(self._routes) < SHAPES:
                self._routes[shape] = access
        routed = tuple(_read(event, access))
        key = (source, routed)
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = self._open(source, routed)
        found.events += 1
        plan = found.plan
        anywhere = plan.anywhere(event, raw) if plan.keywords is not None else 0
        if not plan.fields:
            return plan.verdict((), anywhere) if anywhere else plan.always
        values = self._values(found, event, shape)
        digest = _digest(found.number, values, anywhere)
        verdict = self._verdicts.get(digest)
        if verdict is not None:
            self.hits_from_memory += 1
            self._verdicts.move_to_end(digest)
            return verdict
        verdict = plan.verdict(values, anywhere)
        self._verdicts[digest] = verdict
        if len(self._verdicts) > self._remembered:
            self._verdicts.popitem(last=False)
        return verdict

    def _open(self, source: LogSource | None, routed: tuple[tuple[str, ...], ...]) -> Class:
        """Evaluate every rule on the routing fields, once for each class."""
        if len(self._classes) >= CLASSES:  # somebody's routing fields are all different: begin anew
            self._classes.clear()
            self._verdicts.clear()
        known: dict[int, bool] = {}
        for name, held in zip(self.routing, routed, strict=True):
            matcher, bits = self._matchers[name]
            mask = matcher.mask(held)
            known.update((number, bool(mask >> bit & 1)) for number, bit in bits.items())
        left = []
        for number, wanted, tree in self._trees:
            if source is not None and not wanted.takes(source):
                continue
            rest = reduce(tree, known.get)
            if rest is not FALSE:
                left.append((number, rest))
        self._opened += 1
        return Class(Plan(self.program.atoms, left, self._expressions), self._opened)

    def _values(self, found: Class, event: Event, shape: tuple[str, ...]) -> list[tuple[str, ...]]:
        access = found.shapes.get(shape)
        if access is None:
            access = [_access(event, name) for name in found.plan.fields]
            if len(found.shapes) < SHAPES:
                found.shapes[shape] = access
            found.seen.update(name for name in found.plan.fields if look_up(event, name))
        return _read(event, access)

    def states(self) -> list[RuleState]:
        """What can be said of each rule after the events so far."""
        fed: dict[int, set[str]] = {}
        for one in self._classes.values():
            for rule in one.plan.rules:
                held = fed.setdefault(rule, set())
                held |= one.seen
        return [self._state(number, fed.get(number)) for number in self._chosen]

    def _state(self, number: int, seen: set[str] | None) -> RuleState:
        rule = self.program.rules[number]
        if rule.problem:
            return RuleState(rule, "unsupported", rule.problem)
        if seen is None:
            return RuleState(rule, "no source", f"No event of {rule.source} has come.")
        lower = {name.lower() for name in (*seen, *self.routing)}
        missing = [name for name in rule.fields if name.lower() not in lower]
        if missing and not self._can_hold_without(rule, set(missing)):
            return RuleState(rule, "missing field", f"Never seen: {', '.join(missing[:5])}.")
        return RuleState(rule, "ok")

    def _can_hold_without(self, rule: Rule, missing: set[str]) -> bool:
        """Whether the rule could hold although these fields are never there."""

        def known(number: int) -> bool | None:
            atom = self.program.atoms[number]
            if atom.op.startswith("field") and atom.value in missing:
                return False
            if atom.field not in missing:
                return None
            return atom.op == "null"

        return any(reduce(tree, known) is not FALSE for _, tree in rule.trees)


def _digest(number: int, values: Sequence[tuple[str, ...]], anywhere: int) -> bytes:
    """128 bits of what a verdict rests on; several values of a field are told from one that holds the mark."""
    parts = [f"{number}.{anywhere}"]
    for one in values:
        parts.append(one[0] if len(one) == 1 else f"\x1d{len(one)}\x1d" + "\x1f".join(one))
    return hashlib.blake2b("\x1e".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


def _read(event: Event, access: Sequence[Any]) -> list[tuple[str, ...]]:
    """The texts of fields, each read as its entry of `access` says."""
    values: list[tuple[str, ...]] = []
    for one in access:
        if one is None:
            values.append(())
        elif type(one) is str:
            value = event[one]
            values.append((value,) if type(value) is str else texts(value))
        else:
            values.append(one(event))
    return values


def _access(event: Event, name: str) -> Any:
    """How to read a field of events of this shape: their key, a function, or None where it is not there."""
    lower = name.lower()
    keys = [key for key in event if key == name or key.lower() == lower]
    if len(keys) == 1:
        return keys[0]
    if keys or "." in name:
        return _reader(name)
    return None


def _reader(name: str) -> Callable[[Event], tuple[str, ...]]:
    return lambda event: tuple(text for one in look_up(event, name) for text in texts(one))
