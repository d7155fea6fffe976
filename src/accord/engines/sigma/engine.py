"""Events → hits: routing fields first, then only the fields that the rules left for that class need.

    shape (the event's keys)   → how to read the routing fields          one look-up
    source, routing values     → plan, how to read its fields            one look-up
    values of those fields     → verdict, by 128 bits of their digest    one look-up, or one pass over new values

Everything that is remembered is bounded in bytes and forgotten, the least lately used first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from accord.engines.sigma.expressions import Expressions
from accord.engines.sigma.memory import Budget, Verdicts
from accord.engines.sigma.plans import Plan
from accord.engines.sigma.reading import Reader, digest, routing_key
from accord.engines.sigma.routing import Routing
from accord.engines.sigma.rules import Filter, LogSource, Program
from accord.engines.sigma.states import RuleState, state_of
from accord.engines.sigma.tree import Tree

ROUTING = ("Channel", "EventID", "Provider_Name")
"""Fields that decide which rules an event concerns at all, read before any other."""
REMEMBERED = 300_000
"""Verdicts, some 150 bytes each."""
VALUE_BYTES = 96 << 20
"""Values of fields whose matches are remembered, of all plans together."""
MOST_SHAPES, MOST_KEYS, SHAPE_BYTES = 5_000, 500, 32 << 20
MOST_CLASSES = 10_000
PLAN_ATOMS = 4
"""Atoms of all plans together, in those of the program; beyond it plans are made anew as they are needed."""
Event = Mapping[str, Any]


class Filtered(NamedTuple):
    """What a filter dropped of a rule's hits; `rule` is its number."""

    filter: Filter
    rule: int
    events: int


class _Shape:
    """Events with the same keys in the same order: how to read their routing fields, and their classes."""

    __slots__ = ("classes", "reader")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.classes: dict[Any, tuple[Plan, Reader]] = {}


class Engine:
    """The rules of one program. Not safe for several threads at once: each takes its own.

    `chosen` are the numbers of the rules to run (all that can be, without). `remembered` bounds the verdicts that are
    kept, `value_bytes` the memory of what single values match; 0 remembers nothing.
    """

    def __init__(
        self, program: Program, chosen: Iterable[int] | None = None, routing: Sequence[str] = ROUTING,
        remembered: int = REMEMBERED, value_bytes: int = VALUE_BYTES,
    ) -> None:  # fmt: skip
        self.program, self.routing = program, tuple(routing)
        self.chosen = sorted(range(len(program.rules)) if chosen is None else set(chosen))
        self._expressions = Expressions(program.databases)
        self._rules = len(program.rules)
        asked = set(self.chosen)
        drops = [(one, *drop) for one in program.filters for drop in one.drops if drop[0] in asked]
        self._drops = [(one, rule) for one, rule, _, _ in drops]
        self._dropped = [0] * len(drops)
        more = [(self._rules + place, source, tree) for place, (_, _, source, tree) in enumerate(drops)]
        self._routing = Routing(program, self.chosen, self.routing, self._expressions, more)
        self._verdicts = Verdicts(remembered)
        self._budget = Budget(value_bytes)
        self._plans: dict[Any, Plan] = {}
        self._by_source: dict[LogSource | None, dict[tuple[str, ...], _Shape]] = {}
        self._source: LogSource | None = None
        self._shapes: dict[tuple[str, ...], _Shape] = self._by_source.setdefault(None, {})
        self._fed: dict[int, set[str]] = {}
        self._classes = self._opened = self._shape_bytes = self._plan_atoms = 0
        self.events = 0

    def match(self, event: Event, source: LogSource | None = None, raw: bytes | None = None) -> tuple[int, ...]:
        """The numbers (in the program) of the rules that hold for an event, in order.

        `raw` is the JSON from which the event was read, where it was: it spares a look at every value.
        """
        self.events += 1
        if source is not self._source:
            self._enter(source)
        keys = tuple(event)
        shape = self._shapes.get(keys) or self._new_shape(keys)
        routed = routing_key(shape.reader.values(event))
        try:
            held = shape.classes.get(routed)
        except TypeError:  # a list or an object, which is no key
            held = self._class(None, shape, event, keys)
        else:
            if held is None:
                held = self._class(routed, shape, event, keys)
        plan, reader = held
        anywhere = plan.anywhere(event, raw) if plan.keywords is not None else 0
        verdict: tuple[int, ...] | None
        if not plan.fields:
            verdict = plan.verdict((), anywhere)
        elif plan.unlike:  # its events are hardly ever alike: it is quicker not to look
            plan.unlike -= 1
            verdict = self._asked(plan, reader, reader.texts(event, None), anywhere)
        else:
            key, parts = digest(reader, event, anywhere)
            verdict = self._verdicts.get(key)
            if verdict is None:
                plan.missed()
                verdict = self._asked(plan, reader, reader.texts(event, parts), anywhere)
                self._verdicts.put(key, verdict)
            else:
                plan.known += 1
        return self._count(verdict) if verdict and verdict[-1] >= self._rules else verdict

    def _count(self, verdict: tuple[int, ...]) -> tuple[int, ...]:
        """Count what filters dropped; the rules that hold."""
        rules = bisect_left(verdict, self._rules)
        for number in verdict[rules:]:
            self._dropped[number - self._rules] += 1
        return verdict[:rules]

    def filtered(self) -> list[Filtered]:
        """For each filter and rule that it narrows: how many events it kept from being a hit of that rule.

        An event that two filters of one rule drop counts for both.
        """
        return [Filtered(*drop, events) for drop, events in zip(self._drops, self._dropped, strict=True)]

    @staticmethod
    def _asked(plan: Plan, reader: Reader, values: list[tuple[str, ...]], anywhere: int) -> tuple[int, ...]:
        if not reader.plain:
            plan.seen.update(name for name, one in zip(plan.fields, values, strict=True) if one)
        return plan.verdict(values, anywhere)

    def _enter(self, source: LogSource | None) -> None:
        if len(self._by_source) > MOST_SHAPES:
            self._forget()
        self._source = source
        self._shapes = self._by_source.setdefault(source, {})

    def _new_shape(self, keys: tuple[str, ...]) -> _Shape:
        shape = _Shape(Reader(keys, self.routing, ""))
        if len(keys) <= MOST_KEYS:
            size = 200 * (1 + len(keys)) + 4 * sum(map(len, keys))
            if len(self._shapes) >= MOST_SHAPES or self._shape_bytes + size > SHAPE_BYTES:
                self._forget()
                self._shapes.clear()
                self._shape_bytes = 0
            self._shape_bytes += size
            self._shapes[keys] = shape
        return shape

    def _class(self, key: Any, shape: _Shape, event: Event, keys: tuple[str, ...]) -> tuple[Plan, Reader]:
        """The plan of an event, and how its fields are read in events of this shape."""
        if self._classes >= MOST_CLASSES:
            self._forget()  # somebody's routing fields are all different: begin anew
        plan = self.plan(self._source, shape.reader.texts(event, None))
        reader = Reader(keys, plan.fields, f"{plan.number}.")
        plan.seen.update(name for name in reader.there)
        if key is not None:
            shape.classes[key] = (plan, reader)
            self._classes += 1
        return plan, reader

    def plan(self, source: LogSource | None, routed: Sequence[tuple[str, ...]]) -> Plan:
        """What is left of the rules for events of a source whose routing fields have these texts."""
        masks = self._routing.masks(routed)
        plan = self._plans.get((source, masks))
        if plan is None:
            if self._plan_atoms > PLAN_ATOMS * (len(self.program.atoms) + 1000):
                self._forget()
            self._opened += 1
            left = self._routing.left(source, masks)
            plan = Plan(self.program.atoms, left, self._expressions, self._opened, self._budget)
            self._plans[source, masks] = plan
            self._plan_atoms += plan.size
        return plan

    def trees(self) -> Iterable[tuple[int, Tree]]:
        """All conditions that are asked, each under the number of its rule, or of what a filter drops."""
        return self._routing.trees()

    def _forget(self) -> None:
        """Drop everything but what the states of the rules rest on."""
        self._note_fed()
        for shapes in self._by_source.values():
            for shape in shapes.values():
                shape.classes.clear()
        self._by_source = {self._source: self._shapes}
        self._plans.clear()
        self._verdicts.clear()
        self._budget.clear()
        self._classes = self._plan_atoms = 0

    def _note_fed(self) -> None:
        for plan in self._plans.values():
            for rule in plan.rules:
                if rule >= self._rules:
                    break  # what filters drop comes last
                self._fed.setdefault(rule, set()).update(plan.seen)

    def remembered(self) -> dict[str, int]:
        """How much is remembered: verdicts, bytes of single values, shapes, classes and plans."""
        return {
            "verdicts": len(self._verdicts),
            "value bytes": self._budget.used,
            "shapes": sum(map(len, self._by_source.values())),
            "classes": self._classes,
            "plans": len(self._plans),
        }

    def states(self) -> list[RuleState]:
        """What can be said of each chosen rule after the events so far."""
        self._note_fed()
        return [state_of(self.program, number, self._fed.get(number), self.routing) for number in self.chosen]
