"""Correlation rules of the Sigma specification, read and checked; `correlation` runs them.

Specification: SigmaHQ/sigma-specification, "Sigma Correlation Rules" 2.1.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accord.engines.sigma.rules import LEVELS, Program

COUNTED = ("event_count", "value_count", "value_sum", "value_avg", "value_percentile", "value_median")
ORDERLY = ("temporal", "temporal_ordered")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq, "neq": operator.ne,
}  # fmt: skip
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
_SPAN = re.compile(r"(\d{1,9})([smhdwMy])")
_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
MOST_RULES = 200


class Refused(Exception):
    """A correlation rule says something that cannot be run; says what."""


@dataclass(slots=True)
class Correlation:
    """One correlation rule. `problem` says why it is not run; "" where it is.

    `members` are the names and ids under `rules`, in order; `aliases` name, for each field of `group_by` that has any,
    the field that stands for it in each member. `bounds` are (operator, number) pairs that all must hold; `expression`
    is a boolean tree over places in `members` for temporal rules. `span` is in seconds.
    """

    identifier: str
    title: str
    level: str
    path: str
    name: str = ""
    status: str = ""
    description: str = ""
    author: str = ""
    date: str = ""
    tags: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    kind: str = ""
    members: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    span: float = 0.0
    bounds: tuple[tuple[str, float], ...] = ()
    counted: tuple[str, ...] = ()
    percentile: float = 50.0
    expression: Any = None
    generate: bool = False
    problem: str = ""

    @property
    def techniques(self) -> tuple[str, ...]:
        """ATT&CK techniques, such as T1110.003."""
        return tuple(tag[7:].upper() for tag in self.tags if tag.startswith("attack.t") and tag[8:9].isdigit())

    @property
    def at_the_end(self) -> bool:
        """Whether it can be told only when the window is over: more events may make it false again."""
        return any(name not in ("gt", "gte") for name, _ in self.bounds) or _negates(self.expression)

    @property
    def fewest(self) -> int:
        """The fewest events with which a rule that looks at each event can hold."""
        if self.kind in ("event_count", "value_count"):
            return max(1, *(math.floor(limit) + 1 if name == "gt" else math.ceil(limit) for name, limit in self.bounds))
        return len(self.members) if self.kind in ORDERLY and not self.bounds and self.expression is None else 1

    def field_of(self, name: str, member: int) -> str:
        """The field that stands for a name in events of a member."""
        return self.aliases.get(name, {}).get(self.members[member], name)


def correlations_of(program: Program) -> list[Correlation]:
    """The correlation rules of a program, in order. Never raises: see `Correlation.problem`."""
    found = []
    for document in program.correlations:
        one = _described(document)
        try:
            _read(one, document.get("correlation"))
        except Refused as reason:
            one.problem = str(reason)
        found.append(one)
    _check_members(found, program)
    return found


def known_by(one: Any) -> set[str]:
    """What a rule may be referred to by: its id and its name."""
    return {text for text in (one.identifier, one.name) if text}


def _check_members(found: list[Correlation], program: Program) -> None:
    """Members that are not there, or that are not run, or rules that stand on themselves."""
    base = {name: rule for rule in program.rules for name in known_by(rule)}
    made = {name: one for one in found for name in known_by(one)}

    sound: set[int] = set()  # from rules without correlations below them upwards
    open_ = [one for one in found if not one.problem]
    while True:
        more = [one for one in open_ if all(name in base or id(made.get(name)) in sound for name in one.members)]
        if not more:
            break
        sound.update(map(id, more))
        open_ = [one for one in open_ if id(one) not in sound]
    for one in open_:
        gone = [name for name in one.members if name not in base and name not in made]
        broken = [name for name in one.members if name in made and made[name].problem]
        one.problem = (
            f"Its rule {gone[0]} is not there." if gone
            else f"Its rule {broken[0]} is not run." if broken
            else "It rests on itself, or on a rule that is not run."
        )  # fmt: skip
    for one in found:
        silent = next((base[name] for name in one.members if name in base and base[name].problem), None)
        if silent is not None and not one.problem:
            one.problem = f"Its rule {silent.title} is not run: {silent.problem}"


def _texts(value: Any) -> tuple[str, ...]:
    held = value if isinstance(value, list) else [value] if value else []
    return tuple(str(one)[:1000] for one in held[:MOST_RULES])


def _described(document: Mapping[str, Any]) -> Correlation:
    level = str(document.get("level") or "").lower()
    return Correlation(
        str(document.get("id") or f"{document.get('path')}#{document.get('title')}")[:200],
        str(document.get("title") or "Untitled")[:300],
        level if level in LEVELS else "",
        str(document.get("path") or ""),
        str(document.get("name") or ""),
        str(document.get("status") or ""),
        str(document.get("description") or "")[:5000],
        str(document.get("author") or "")[:300],
        str(document.get("date") or ""),
        tuple(tag.lower() for tag in _texts(document.get("tags"))),
        _texts(document.get("falsepositives")),
        _texts(document.get("references")),
    )


def _read(one: Correlation, held: Any) -> None:
    if not isinstance(held, dict):
        raise Refused("Its “correlation” is no object.")
    one.kind = str(held.get("type") or "").lower()
    if one.kind not in (*COUNTED, *ORDERLY):
        raise Refused(f"Its type “{one.kind[:50]}” is not known: one of {', '.join((*COUNTED, *ORDERLY))} is.")
    one.generate = held.get("generate") is True
    one.members, one.group_by = _texts(held.get("rules")), _texts(held.get("group-by"))
    span = _SPAN.fullmatch(str(held.get("timespan") or "").strip())
    if span is None or int(span[1]) == 0:
        raise Refused("Its “timespan” is no number with s, m, h, d, w, M or y behind it.")
    one.span = float(int(span[1]) * _UNITS[span[2]])
    condition = held.get("condition")
    if isinstance(condition, str) and one.kind in ORDERLY:
        one.members, one.expression = _expression(condition, one.members)
        if one.kind == "temporal_ordered" and not _is_all(one.expression):
            raise Refused("An order is only told for rules that are joined by “and”.")
    elif condition is not None or one.kind in COUNTED:
        _read_bounds(one, condition)
    if not one.members:
        raise Refused("It names no rules.")
    if len(set(one.members)) != len(one.members):
        raise Refused("It names a rule twice.")
    _read_aliases(one, held.get("aliases"))


def _read_bounds(one: Correlation, condition: Any) -> None:
    if not isinstance(condition, dict):
        raise Refused("Its “condition” is no object such as {gte: 10}.")
    bounds = []
    for name, value in condition.items():
        if name in ("field", "percentile"):
            continue
        if name not in OPERATORS or isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(f"Its condition “{str(name)[:50]}: {str(value)[:50]}” is no comparison with a number.")
        bounds.append((str(name), float(value)))
    if not bounds:
        raise Refused("Its condition compares with no number.")
    one.bounds, one.counted = tuple(bounds), _texts(condition.get("field"))
    if one.kind.startswith("value_") and not one.counted:
        raise Refused("Its condition names no “field” whose values count.")
    percentile = condition.get("percentile", 50)
    if isinstance(percentile, bool) or not isinstance(percentile, int | float) or not 0 <= percentile <= 100:
        raise Refused("Its “percentile” is no number from 0 to 100.")
    one.percentile = float(percentile)


def _read_aliases(one: Correlation, held: Any) -> None:
    if held is None:
        return
    if not isinstance(held, dict) or not all(isinstance(fields, dict) for fields in held.values()):
        raise Refused("Its “aliases” are no objects of rules and their fields.")
    one.aliases = {str(name): {str(rule): str(at) for rule, at in fields.items()} for name, fields in held.items()}
    for name, fields in one.aliases.items():
        strange = set(fields) - set(one.members)
        if strange:
            raise Refused(f"The alias {name} names the rule {min(strange)}, which is not among its rules.")


def _expression(text: str, members: Iterable[str]) -> tuple[tuple[str, ...], Any]:
    """A condition such as “a and not (b or c)” as ("and", …), ("or", …), ("not", …) over places of rules."""
    tokens = _TOKEN.findall(text[:5000])
    places = {name: place for place, name in enumerate(members)}
    fixed = bool(places)
    at = 0

    def either(depth: int) -> Any:
        return joined("or", lambda: joined("and", lambda: single(depth)))

    def joined(word: str, part: Callable[[], Any]) -> Any:
        nonlocal at
        parts = [part()]
        while at < len(tokens) and tokens[at].lower() == word:
            at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else (word, *parts)

    def single(depth: int) -> Any:
        nonlocal at
        if at >= len(tokens) or depth > 50:
            raise Refused("Its condition ends too early, or is nested too deeply.")
        token, at = tokens[at], at + 1
        if token.lower() == "not":
            return ("not", single(depth + 1))
        if token == "(":
            inner = either(depth + 1)
            if at >= len(tokens) or tokens[at] != ")":
                raise Refused("A bracket in its condition is not closed.")
            at += 1
            return inner
        if token == ")" or token.lower() in ("and", "or") or (fixed and token not in places):
            raise Refused(f"Its condition says “{token[:100]}”, which is none of its rules.")
        return places.setdefault(token, len(places))

    tree = either(0)
    if at != len(tokens):
        raise Refused(f"Its condition goes on with “{tokens[at][:100]}”.")
    return tuple(places), tree


def _negates(tree: Any) -> bool:
    return isinstance(tree, tuple) and (tree[0] == "not" or any(_negates(one) for one in tree[1:]))


def _is_all(tree: Any) -> bool:
    return isinstance(tree, int) or (tree[0] == "and" and all(isinstance(one, int) for one in tree[1:]))


def satisfied(tree: Any, there: set[int]) -> bool:
    """The value of an expression when these members have been seen."""
    if isinstance(tree, int):
        return tree in there
    if tree[0] == "not":
        return not satisfied(tree[1], there)
    parts = (satisfied(one, there) for one in tree[1:])
    return all(parts) if tree[0] == "and" else any(parts)
