"""Why a rule is silent, or that it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accord.engines.sigma.rules import Program, Rule
from accord.engines.sigma.tree import FALSE, reduce


@dataclass(frozen=True, slots=True)
class RuleState:
    """The state of a rule, "ok", "no source", "missing field" or "unsupported", with its reason."""

    rule: Rule
    state: str
    reason: str = ""


def state_of(program: Program, number: int, seen: set[str] | None, routing: Iterable[str]) -> RuleState:
    """The state of a rule; `seen` are the fields that events of its log source had, None where none has come."""
    rule = program.rules[number]
    if rule.problem:
        return RuleState(rule, "unsupported", rule.problem)
    if seen is None:
        return RuleState(rule, "no source", f"No event of {rule.source} has come.")
    lower = {name.lower() for name in (*seen, *routing)}
    missing = {name for name in rule.fields if name.lower() not in lower}
    if missing and not _can_hold_without(program, rule, missing):
        return RuleState(rule, "missing field", f"Never seen: {', '.join(sorted(missing)[:5])}.")
    return RuleState(rule, "ok")


def _can_hold_without(program: Program, rule: Rule, missing: set[str]) -> bool:
    """Whether the rule could hold although these fields are never there."""

    def known(number: int) -> bool | None:
        atom = program.atoms[number]
        if atom.op.startswith("field") and atom.value in missing:
            return False
        if atom.field not in missing:
            return None
        return atom.op == "null"

    return any(reduce(tree, known) is not FALSE for _, tree in rule.trees)
