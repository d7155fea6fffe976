"""A second reading of Sigma's semantics for tests: one atom at a time, one event at a time, nothing remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from accord.engines.sigma import LogSource, Program
from accord.engines.sigma.tree import Atom, holds

Event = Mapping[str, Any]


def plain_matches(program: Program, event: Event, source: LogSource | None = None) -> tuple[int, ...]:
    """The rules that hold, by asking each atom of each rule."""
    found = set()
    for number, rule in enumerate(program.rules):
        for wanted, tree in rule.trees if not rule.problem else ():
            taken = source is None or wanted.takes(source)
            if taken and holds(tree, lambda atom: true(program.atoms[atom], event)):
                found.add(number)
    return tuple(sorted(found))


def true(atom: Atom, event: Event) -> bool:
    """Whether an atom is true of an event."""
    values = (
        list(leaves(event)) if atom.field is None else [one for held in at(event, atom.field) for one in leaves(held)]
    )
    if atom.op == "null":
        return not values
    if atom.op == "exists":
        return bool(values)
    if atom.op.startswith("field"):
        others = [one.lower() for held in at(event, atom.value) for one in leaves(held)]
        return any(_pair(atom.op, one.lower(), other) for one in values for other in others)
    return any(_text(atom, one) for one in values)


def leaves(value: Any) -> Iterator[str]:
    """The texts inside of a value."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))
    elif value is not None:
        yield str(value)


def at(event: Event, name: str) -> list[Any]:
    """Values under a name: by itself in any case, else along its dots, the shortest first step that leads somewhere."""
    flat = [value for key, value in event.items() if key.lower() == name.lower()]
    if flat:
        return flat
    dots = [place for place, letter in enumerate(name) if letter == "."]
    for dot in dots:
        found = []
        for key, value in event.items():
            if key.lower() == name[:dot].lower():
                for one in value if isinstance(value, list) else [value]:
                    if isinstance(one, Mapping):
                        found += at(one, name[dot + 1 :])
        if found:
            return found
    return []


def _pair(op: str, one: str, other: str) -> bool:
    match op:
        case "field_startswith":
            return one.startswith(other)
        case "field_endswith":
            return one.endswith(other)
        case "field_contains":
            return other in one
    return one == other


def _text(atom: Atom, text: str) -> bool:
    if atom.op in ("equals", "contains", "startswith", "endswith", "like"):
        parts = {
            "equals": (atom.value,),
            "contains": (None, atom.value, None),
            "startswith": (atom.value, None),
            "endswith": (None, atom.value),
        }.get(atom.op, atom.value)
        pattern = "".join(".*" if one is None else "." if one == 1 else re.escape(one) for one in parts)
        return re.fullmatch(pattern, text if atom.cased else text.lower(), re.DOTALL) is not None
    if atom.op == "regex":
        pattern, letters = atom.value
        flags = sum({"i": re.IGNORECASE, "m": re.MULTILINE, "d": re.DOTALL}[letter] for letter in letters)
        return re.search(pattern, text, flags) is not None
    if atom.op == "cidr":
        try:
            return ip_address(text) in atom.value
        except ValueError:
            return False
    if atom.op == "timepart":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return False
        part, how, limit = atom.value
        return _compared(how, moment.isocalendar().week if part == "week" else getattr(moment, part), limit)
    try:
        value = float(text)
    except ValueError:
        return False
    return _compared(atom.op, value, atom.value)


def _compared(how: str, value: float, limit: float) -> bool:
    match how:
        case "equals":
            return value == limit
        case "lt":
            return value < limit
        case "lte":
            return value <= limit
        case "gt":
            return value > limit
    assert how == "gte"
    return value >= limit
