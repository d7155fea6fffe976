"""Exceptions as the engine runs them: each is a Sigma rule of its conditions, so that they mean what rules mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accord.monitoring.hits import Hit
from accord.monitoring.models import RuleException

if TYPE_CHECKING:
    from accord.engines.sigma import Engine, Program

OPERATORS = {
    "equals": "is", "contains": "contains", "startswith": "begins with", "endswith": "ends with",
    "cidr": "is in the network",
}  # fmt: skip
HOST, USER, ADDRESS = "accord.host", "accord.user", "accord.address"
ENVELOPE = {HOST: "host", USER: "user", ADDRESS: "address"}
"""Fields by which a condition asks for what Accord read of an event, whatever its format calls it."""
PRODUCT = "accord"
Conditions = Sequence[Mapping[str, str]]


def escaped(text: str) -> str:
    """A value without wildcards: what Sigma reads as one is written as itself."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def text_of(conditions: Conditions) -> str:
    """The conditions as a Sigma rule (JSON, which YAML is a superset of); all must hold."""
    detection: dict[str, Any] = {}
    for number, one in enumerate(conditions):
        operator = one["operator"]
        modifier = "" if operator == "equals" else f"|{operator}"
        value = one["value"] if operator == "cidr" else escaped(one["value"])
        detection[f"c{number}"] = {f"{one['field']}{modifier}": value}
    detection["condition"] = " and ".join(f"c{number}" for number in range(len(conditions)))
    return json.dumps({"title": "Exception", "logsource": {"product": PRODUCT}, "detection": detection})


def digest_of(conditions: Conditions, everywhere: bool, rules: Iterable[int]) -> str:
    """What tells one set of conditions and rules from another; the order of the conditions does not matter."""
    held = sorted((one["field"], one["operator"], one["value"]) for one in conditions)
    text = json.dumps([held, everywhere, [] if everywhere else sorted(set(rules))])
    return blake2b(text.encode("utf-8", "replace"), digest_size=24).hexdigest()


def program_of(sets: Sequence[Conditions]) -> Program:
    """Sets of conditions as a program; each rule's path is the number of its set. They hold for every log source."""
    from accord.engines.sigma import LogSource, compile_rules

    program = compile_rules([(str(number), text_of(one)) for number, one in enumerate(sets)])
    for rule in program.rules:
        rule.source = LogSource()
        rule.trees = [(LogSource(), tree) for _, tree in rule.trees]
    return program


class Matcher:
    """Several sets of conditions over one event. `problems` says, by number, why a set cannot be run."""

    def __init__(self, sets: Sequence[Conditions]) -> None:
        from accord.engines.sigma import Engine

        program = program_of(sets)
        self.problems = {int(fault.path): fault.problem for fault in program.faults}
        self.problems |= {int(rule.path): rule.problem for rule in program.rules if rule.problem}
        self._numbers = [int(rule.path) for rule in program.rules]
        self._engine: Engine = Engine(program, remembered=10_000, value_bytes=8 << 20)

    def matching(self, event: Mapping[str, Any]) -> list[int]:
        """The numbers of the sets whose conditions all hold."""
        return [self._numbers[number] for number in self._engine.match(event)]


def event_of(
    data: Mapping[str, Any], host: str | None, user: str | None, address: str | None,
    group: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An event as conditions see it: its own fields, what a correlation rule groups by, and the envelope."""
    envelope = {HOST: host, USER: user, ADDRESS: address}
    return {**(group or {}), **data, **{name: value for name, value in envelope.items() if value}}


@dataclass(frozen=True, slots=True)
class _Live:
    pk: int
    conditions: tuple[tuple[str, str, str], ...]
    rules: frozenset[int] | None


class Gate:
    """The exceptions that are in force, compiled. Ask it for each hit before it counts for anything."""

    def __init__(self, live: Sequence[_Live]) -> None:
        self._live = live
        self._everywhere = any(one.rules is None for one in live)
        self._rules = frozenset(rule for one in live for rule in one.rules or ())
        sets = [
            [{"field": field, "operator": operator, "value": value} for field, operator, value in one.conditions]
            for one in live
        ]
        self._matcher = Matcher(sets) if live else None

    def drops(
        self, rule: int, data: Mapping[str, Any], host: str | None = None, user: str | None = None,
        address: str | None = None, group: Mapping[str, str] | None = None,
    ) -> int | None:  # fmt: skip
        """The exception (primary key) that takes this hit of a rule, or None."""
        if self._matcher is None or not (self._everywhere or rule in self._rules):
            return None
        for number in self._matcher.matching(event_of(data, host, user, address, group)):
            rules = self._live[number].rules
            if rules is None or rule in rules:
                return self._live[number].pk
        return None

    def takes(self, hit: Hit) -> int | None:
        """The exception that takes a hit, or None."""
        return self.drops(hit.rule, hit.data, hit.host, hit.user, hit.address, hit.group)


def gate() -> Gate:
    """The exceptions in force now. Two queries; compiled once for each set of them. One that expired is none."""
    rows = RuleException.objects.filter(ended=None, expires__gt=timezone.now()).order_by("pk")
    live = []
    for one in rows.prefetch_related("rules"):
        conditions = tuple((c["field"], c["operator"], c["value"]) for c in one.conditions)
        live.append(_Live(one.pk, conditions, None if one.everywhere else frozenset(r.pk for r in one.rules.all())))
    return _compiled(tuple(live))


@lru_cache(maxsize=4)
def _compiled(live: tuple[_Live, ...]) -> Gate:
    return Gate(live)
