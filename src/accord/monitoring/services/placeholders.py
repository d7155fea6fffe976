"""Values for placeholders: what stands for `%name%` (Sigma's modifier `expand`) in rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.intake import placeholders as intake
from accord.monitoring.models import Placeholder, Rule, RuleProgram
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.checking import compiled, with_supports
from accord.monitoring.services.rules.texts import loaded
from accord.monitoring.services.ruleset import note_problems, renew

MOST = 1_000
"""Values of one placeholder, placeholders in all, and characters of a value."""
LONGEST_NAME = 200
MARKER = "|expand"
_NAME = re.compile(r"(?<!\\)%([^%]+)%")  # as pySigma reads it
Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A placeholder that rules ask for or that has values: rules in all, those that are enabled, and what is given."""

    name: str
    rules: int
    enabled: int
    values: list[str]
    note: str
    changed: datetime | None

    @property
    def state(self) -> str:
        """open = rules wait for it, given, or unused = no rule asks for it."""
        return ("given" if self.rules else "unused") if self.values else "open"


def names_of(text: str) -> set[str]:
    """The placeholders that a rule's text asks for."""
    found: set[str] = set()
    for document in loaded(text):
        for value in _expanded(document.get("detection")):
            found.update(_NAME.findall(value))
    return found


def _expanded(node: Any, expands: bool = False) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _expanded(value, expands or "expand" in str(key).split("|")[1:])
    elif isinstance(node, list):
        for one in node:
            yield from _expanded(one, expands)
    elif expands and isinstance(node, str):
        yield node


def rules_by_name() -> dict[str, list[tuple[int, int, bool]]]:
    """Of each placeholder, the rules whose text in force asks for it: rule, version, whether it is enabled."""
    found: dict[str, list[tuple[int, int, bool]]] = {}
    rows = Rule.objects.filter(version__text__contains=MARKER).order_by("pk")
    for rule, version, enabled, text in rows.values_list("pk", "version_id", "enabled", "version__text"):
        for name in names_of(text):
            found.setdefault(name, []).append((rule, version, enabled))
    return found


def asked() -> list[Asked]:
    """Every placeholder that a rule asks for or that has values; those for which most rules wait first."""
    by_name = rules_by_name()
    held = {one.name: one for one in Placeholder.objects.all()}
    found = []
    for name in {*by_name, *held}:
        rules, one = by_name.get(name, []), held.get(name)
        enabled = sum(row[2] for row in rules)
        given = (list(one.values), one.note, one.changed) if one is not None else ([], "", None)
        found.append(Asked(name, len(rules), enabled, *given))
    return sorted(found, key=lambda one: (bool(one.values), -one.enabled, -one.rules, one.name))


def give(actor: User, name: str, values: Sequence[str], note: str = "") -> Placeholder | None:
    """Set the values of one placeholder; none take them away. The rules are compiled anew."""
    return give_many(actor, {name: values}, note)[0]


def give_many(actor: User, given: Values, note: str = "") -> list[Placeholder | None]:
    """Set the values of placeholders, all or none; what has them already stays."""
    wanted = {_name(name): [str(one).strip() for one in values] for name, values in given.items()}
    wanted = {name: [one for one in dict.fromkeys(values) if one] for name, values in wanted.items()}
    problems = [one for name, values in wanted.items() for one in _problems(name, values)]
    if len(note.strip()) > 500:
        problems.append(Problem(None, "note", "It is too long.", "Write at most 500 characters."))
    if not wanted:
        problems.append(Problem(None, "name", "No placeholder is named.", "Name one."))
    held = {one.name: one for one in Placeholder.objects.all()}
    if len({*held, *wanted}) > MOST:
        problems.append(Problem(None, "name", "They are too many.", f"At most {MOST:,} placeholders have values."))
    if problems:
        raise Refused(*problems[:20])
    with ledger.write(actor) as log:
        found = [_set(actor, log, held.get(name), name, values, note.strip()) for name, values in wanted.items()]
        if any(changed for _, changed in found):
            renew(actor)
    return [one for one, _ in found]


def _name(name: str) -> str:
    text = name.strip()
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "%" else text


def _problems(name: str, values: Sequence[str]) -> list[Problem]:
    found = []
    if not name or len(name) > LONGEST_NAME or "%" in name or not name.isprintable():
        words = f"Write 1 to {LONGEST_NAME} characters as they stand between the % in the rule."
        found.append(Problem(None, "name", f"“{name[:60]}” is no name of a placeholder.", words))
    if len(values) > MOST:
        found.append(Problem(None, "values", f"{name[:60]} has {len(values):,} values.", f"Give at most {MOST:,}."))
    for number, value in enumerate(values, start=1):
        if len(value) > MOST or not value.isprintable():
            words = f"Write at most {MOST:,} printable characters."
            found.append(Problem(number, "values", f"Value {number} of {name[:60]} cannot be taken.", words))
            break
    return found


def _set(
    actor: User, log: ledger.Log, held: Placeholder | None, name: str, values: list[str], note: str
) -> tuple[Placeholder | None, bool]:
    """The placeholder as it is now, and whether its values are others."""
    before = None if held is None else {"values": held.values, "note": held.note}
    after = {"values": values, "note": note} if values else None
    if before == after:
        return held, False
    if not values:
        if held is not None:
            held.delete()
        log.add("delete", "placeholder", name, before, None)
        return None, True
    one = held or Placeholder(name=name)
    one.values, one.note, one.changed, one.by = values, note, timezone.now(), actor
    one.save()
    log.add("change" if held else "add", "placeholder", name, before, after)
    return one, before is None or before["values"] != values


def look_again() -> int:
    """Note why rules that ask for placeholders and are not in force are not run, and run the tests of all that ask.

    Returns how many rules ask. The rules in force were noted when they were compiled.
    """
    pairs = {(rule, version) for rows in rules_by_name().values() for rule, version, _ in rows}
    if not pairs:
        return 0
    row = RuleProgram.objects.filter(pk=1).first()
    running = {(rule, version) for rule, version in row.versions} if row is not None else set()
    if others := sorted(pairs - running):
        note_problems(others, compiled(with_supports(others)), others=False)
    tested = Rule.objects.filter(pk__in=[rule for rule, _ in pairs], tests__gt=0)
    rule_tests.run_for(list(tested.order_by("pk")))
    return len(pairs)


def read(stream: IO[bytes]) -> dict[str, list[str]]:
    """The values of a file as `accord watch --placeholders` takes it: YAML, name: [value, …]; else `Refused`."""
    try:
        held = intake.read(stream.read(intake.LARGEST + 1))
    except intake.NoValues as error:
        raise Refused(Problem(error.line, "upload", error.problem, error.remedy)) from None
    return held
