"""Why the engine finds a hit that Zircolite 3.x, with Sysmon's pipeline, does not: each is put down to a kind.

A kind is something that the other engine does to a rule or an event before it asks: it is a reason for a hit where the
rule, or the event, treated in that way alone no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from accord.engines.sigma import Engine, LogSource, Program, Rule
from accord.engines.sigma.expressions import compiled
from accord.engines.sigma.translate import Unsupported, tree_of
from accord.engines.sigma.tree import Tree, atoms_of, reduce
from accord.engines.sigma.ways import whole

Event = Mapping[str, Any]
SPLIT = ("hash", "hashes", "configurationfilehash")
"""Fields that are kept as one column for each "name=value" in them, and no more as themselves."""


def columns(events: Iterable[Event]) -> frozenset[str]:
    """The columns, in lower case, of a table of these events: nothing and empty text make none."""
    found: set[str] = set()
    for event in events:
        for name, value in _leaves(event):
            if name in SPLIT:
                found.update(part.partition("=")[0].lower() for part in str(value).split(","))
            else:
                found.add(name)
    return frozenset(found)


def _leaves(event: Event) -> Iterator[tuple[str, Any]]:
    for name, value in event.items():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        elif value is not None and value != "":
            yield name.lower(), value


class Differences:
    """Reasons for the hits of some rules. `texts` are the rules by their paths, `held` the columns of all events."""

    def __init__(self, texts: Mapping[str, str], held: frozenset[str]) -> None:
        self._texts, self._columns = texts, held
        self._known: dict[tuple[str, str], tuple[Engine, Program]] = {}

    def reason(self, rule: Rule, event: Event) -> str | None:
        """The kind of a hit that only we have, one of `KINDS`; None where no kind explains it."""
        found = self._known.get((rule.path, rule.identifier))
        if found is None:
            program = by_sysmon(self._texts[rule.path], rule.identifier)
            found = self._known[rule.path, rule.identifier] = Engine(program), program
        engine, program = found
        if not engine.match(event):
            return AUDIT
        if _without_keywords(program, event):
            return KEYWORD
        if any(name.lower() not in self._columns | set(SPLIT) for name in _fields(program)):
            return COLUMN
        text = self._texts[rule.path]
        return next((kind for kind, change in CHANGES.items() if not engine.match(change(event, text))), None)


def by_sysmon(text: str, identifier: str) -> Program:
    """The rule as Sysmon's pipeline and that for Windows' log sources make it; without trees where they cannot."""
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    program = Program()
    held = SigmaCollection.from_yaml(text).rules
    for parsed in held if len(held) == 1 else [one for one in held if str(one.id) == identifier]:
        rule = Rule(identifier, "", "", "", LogSource(), (), "")
        program.rules.append(rule)
        try:
            whole("sysmon").apply(parsed)
            rule.trees = [(rule.source, tree_of(parsed, program.atoms))]
        except (SigmaError, Unsupported) as error:
            rule.problem = str(error)
    program.databases, _ = compiled(program.atoms)
    return program


def _fields(program: Program) -> set[str]:
    trees = [tree for rule in program.rules for _, tree in rule.trees]
    atoms = [program.atoms[number] for tree in trees for number in atoms_of(tree)]
    names = {atom.field for atom in atoms} | {atom.value for atom in atoms if atom.op.startswith("field")}
    return {name for name in names if name is not None}


def _without_keywords(program: Program, event: Event) -> bool:
    """Whether the rules hold no more once no keyword is found."""

    def known(number: int) -> bool | None:
        return False if program.atoms[number].field is None else None

    changed: list[Tree] = [reduce(tree, known) for rule in program.rules for _, tree in rule.trees]
    if changed == [tree for rule in program.rules for _, tree in rule.trees]:
        return False
    rules = [Rule("", "", "", "", LogSource(), (), "", trees=[(LogSource(), tree)]) for tree in changed]
    return not Engine(Program(rules, program.atoms, databases=program.databases)).match(event)


def _split(event: Event, _: str) -> Event:
    found: dict[str, Any] = {}
    for name, value in event.items():
        if name.lower() in SPLIT and isinstance(value, str):
            found.update(part.partition("=")[::2] for part in value.split(",") if "=" in part)
        else:
            found[name] = value
    return found


def _without_empty(event: Event, _: str) -> Event:
    return {name: value for name, value in event.items() if value is not None and value != ""}


def _lists_as_text(event: Event, _: str) -> Event:
    return {name: str(value) if isinstance(value, list) else value for name, value in event.items()}


def _one_of_each_name(event: Event, _: str) -> Event:
    return dict({key.lower(): (key, one) for key, one in event.items()}.values())


def _ascii_case(event: Event, text: str) -> Event:
    """Letters outside of ASCII that stand in the rule in the other case alone are other letters."""

    def other(letter: str) -> bool:
        return letter > "\x7f" and letter.lower() != letter.upper() and letter not in text

    def changed(value: str) -> str:
        return "".join("\ufffd" if other(letter) else letter for letter in value)

    return {name: changed(value) if isinstance(value, str) else value for name, value in event.items()}


AUDIT, KEYWORD, COLUMN = "audit log without a pipeline", "keyword", "field in no event"
CHANGES: dict[str, Callable[[Event, str], Event]] = {
    "hashes split into columns": _split,
    "empty text": _without_empty,
    "list as text": _lists_as_text,
    "names that differ in case": _one_of_each_name,
    "letters outside of ASCII": _ascii_case,
}
"""What is done to an event (the rule's text beside it), by the kind of difference that it makes."""
KINDS = (AUDIT, KEYWORD, COLUMN, *CHANGES)
