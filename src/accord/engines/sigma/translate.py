"""pySigma's conditions → the neutral tree. Whatever cannot be decided on one event is refused with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from accord.engines.sigma.expressions import malformed, refusal
from accord.engines.sigma.tree import Atom, Atoms, Op, Tree, both, either, negate

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

MOST_EXPANDED = 10_000
"""Values that one text with placeholders may stand for."""
_COMPARE: dict[str, Op] = {"LT": "lt", "LTE": "lte", "GT": "gt", "GTE": "gte"}


class Unsupported(Exception):
    """A rule asks for something that this engine does not do; says what."""


def tree_of(rule: SigmaRule, atoms: Atoms, placeholders: Mapping[str, Sequence[str]] | None = None) -> Tree:
    """Any of the rule's conditions as a tree over `atoms`. `Unsupported` says why not."""
    parsed = rule.detection.parsed_condition
    if not parsed:
        raise Unsupported("It has no condition.")
    given = placeholders or {}
    return either(_tree(one.parsed, _Table(atoms, given)) for one in parsed)


class _Table(NamedTuple):
    atoms: Atoms
    placeholders: Mapping[str, Sequence[str]]

    def number(self, atom: Atom) -> int:
        return self.atoms.number(atom)

    def expanded(self, value: Any) -> list[Any]:
        """A text or expression with each placeholder replaced by its values; as it is where it has none."""
        from sigma.types import Placeholder

        text = getattr(value, "regexp", value)
        names = [part.name for part in text.s if isinstance(part, Placeholder)]
        for name in names:
            if name not in self.placeholders:
                raise Unsupported(f"The placeholder %{name}% has no values.")
        if prod(len(self.placeholders[name]) for name in names) > MOST_EXPANDED:
            raise Unsupported(f"Its placeholders make more than {MOST_EXPANDED:,} values of one text.")
        return list(value.replace_placeholders(lambda one: iter(self.placeholders[one.name]))) if names else [value]


def _tree(node: Any, atoms: _Table) -> Tree:
    from sigma import conditions

    match node:
        case conditions.ConditionAND():
            return both(_tree(one, atoms) for one in node.args)
        case conditions.ConditionOR():
            return either(_tree(one, atoms) for one in node.args)
        case conditions.ConditionNOT():
            return negate(_tree(node.args[0], atoms))
        case conditions.ConditionFieldEqualsValueExpression():
            return _field(node.field, node.value, atoms)
        case conditions.ConditionValueExpression():
            return _keyword(node.value, atoms)
    raise Unsupported(f"Its condition holds a {type(node).__name__}.")


def _keyword(value: Any, atoms: _Table) -> Tree:
    from sigma import types

    match value:
        case types.SigmaExpansion():
            return either(_keyword(one, atoms) for one in value.values)
        case types.SigmaString():
            return either(atoms.number(_anywhere(one)) for one in atoms.expanded(value))
        case types.SigmaNumber():
            return atoms.number(Atom(None, "contains", str(value.number)))
        case types.SigmaRegularExpression():
            return either(atoms.number(_regex(None, one)) for one in atoms.expanded(value))
    raise Unsupported(f"A keyword is a {type(value).__name__}.")


def _anywhere(value: Any) -> Atom:
    """A keyword is looked for inside values: as if it had a wildcard at both ends."""
    parts = _parts(value)
    cased = _is_cased(value)
    if parts and parts[0] is not None:
        parts = (None, *parts)
    if parts and parts[-1] is not None:
        parts = (*parts, None)
    return _pattern(None, parts or (None,), cased)


def _field(field: str, value: Any, atoms: _Table) -> Tree:
    from sigma import types

    match value:
        case types.SigmaExpansion():
            return either(_field(field, one, atoms) for one in value.values)
        case types.SigmaTimestampPart():
            return atoms.number(_time_part(field, value, "equals"))
        case types.SigmaNumber():
            return atoms.number(Atom(field, "equals", _number(value.number)))
        case types.SigmaBool():
            return atoms.number(Atom(field, "equals", "true" if value.boolean else "false"))
        case types.SigmaNull():
            return atoms.number(Atom(field, "null", True))
        case types.SigmaExists():
            there = atoms.number(Atom(field, "exists", True))
            return there if value.exists else negate(there)
        case types.SigmaRegularExpression():
            return either(atoms.number(_regex(field, one)) for one in atoms.expanded(value))
        case types.SigmaCIDRExpression():
            return atoms.number(Atom(field, "cidr", ip_network(value.cidr, strict=False)))
        case types.SigmaCompareExpression():
            if isinstance(value.number, types.SigmaTimestampPart):
                return atoms.number(_time_part(field, value.number, _COMPARE[value.op.name]))
            return atoms.number(Atom(field, _COMPARE[value.op.name], float(value.number.number)))
        case types.SigmaFieldReference():
            return atoms.number(_reference(field, value))
        case types.SigmaString():
            cased = _is_cased(value)
            return either(atoms.number(_pattern(field, _parts(one), cased)) for one in atoms.expanded(value))
    raise Unsupported(f"A value is a {type(value).__name__}.")


def _time_part(field: str, value: Any, op: str) -> Atom:
    return Atom(field, "timepart", (value.timestamp_part.name.lower(), op, float(value.number)))


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _is_cased(value: Any) -> bool:
    from sigma import types

    return isinstance(value, types.SigmaCasedString)


def _reference(field: str, value: Any) -> Atom:
    starts, ends = getattr(value, "starts_with", False), getattr(value, "ends_with", False)
    op: Op = "field_contains" if starts and ends else "field_startswith" if starts else "field"
    if ends and not starts:
        op = "field_endswith"
    return Atom(field, op, value.field)


def _parts(value: Any) -> tuple[Any, ...]:
    """Text, None for "*" and 1 for "?", without two "*" in a row."""
    from sigma.types import Placeholder, SpecialChars

    found: list[Any] = []
    for part in value.s:
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, Placeholder):
            raise Unsupported(f"The placeholder %{part.name}% has no values.")
        elif part is SpecialChars.WILDCARD_MULTI:
            if not found or found[-1] is not None:
                found.append(None)
        else:
            found.append(1)
    return tuple(found)


def _pattern(field: str | None, parts: tuple[Any, ...], cased: bool) -> Atom:
    """The simplest question that the parts ask."""
    if not cased:
        parts = tuple(part.lower() if isinstance(part, str) else part for part in parts)
    match parts:
        case ():
            return Atom(field, "equals", "", cased)
        case (None,):
            return Atom(field, "exists", True)
        case (str(text),):
            return Atom(field, "equals", text, cased)
        case (None, str(text), None):
            return Atom(field, "contains", text, cased)
        case (str(text), None):
            return Atom(field, "startswith", text, cased)
        case (None, str(text)):
            return Atom(field, "endswith", text, cased)
    return Atom(field, "like", parts, cased)


def _regex(field: str | None, value: Any) -> Atom:
    flags = "".join(sorted(flag.name[0].lower() for flag in value.flags))
    pattern = str(value.regexp)
    why = malformed(pattern)
    if why:
        raise Unsupported(refusal(pattern, why))
    return Atom(field, "regex", (pattern, flags), True)
