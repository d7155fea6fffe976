"""YAML → a program: pySigma reads each rule once, its pipelines say where Windows records what the rule asks for."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.expressions import compiled
from accord.engines.sigma.modifiers import spelled
from accord.engines.sigma.rules import LEVELS, Fault, Filter, LogSource, Placeholders, Program, Rule, Text, digest_of
from accord.engines.sigma.translate import Unsupported, tree_of
from accord.engines.sigma.tree import FALSE, Atoms, Tree, atoms_of, both, either, negate, reduce
from accord.engines.sigma.ways import Ways

if TYPE_CHECKING:
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule

LONGEST_TEXT = 1 << 20
MOST_NODES = 50_000
"""Nodes of one rule, each counted as often as an alias of YAML names it."""
DEEPEST = 24
"""Levels of nesting in a rule, and of brackets in a condition."""


@dataclass(slots=True)
class _Compiler:
    program: Program
    placeholders: Placeholders
    ways: Ways = field(default_factory=Ways)
    filters: list[SigmaFilter] = field(default_factory=list)


def compile_rules(texts: Sequence[Text], placeholders: Placeholders | None = None) -> Program:
    """Rules from YAML texts. Never raises for what is in them: see `Program.faults` and `Rule.problem`.

    `placeholders` are values for `%name%` under the modifier `expand`. Correlation rules are kept as plain data for
    `correlation`; documents with `filter` are applied to the rules that they name.
    """
    program = Program(digest=digest_of(texts, placeholders))
    work = _Compiler(program, placeholders or {})
    documents = [(path, document) for path, text in texts for document in _documents(path, text, program)]
    for path, document in documents:
        if "filter" in document and "detection" not in document:
            _add_filter(path, document, work)
    for path, document in documents:
        if "correlation" in document:
            program.correlations.append(_plain({**document, "path": path}))
        elif "detection" in document or "filter" not in document:
            _add(path, document, work)
    program.databases, refused = compiled(program.atoms)
    for rule in program.rules if refused else ():
        why = [refused[number] for _, tree in rule.trees for number in atoms_of(tree) if number in refused]
        if why:
            rule.trees, rule.problem = [], why[0]
    for one in program.filters:
        one.drops = [
            drop
            for drop in one.drops
            if not program.rules[drop[0]].problem and refused.keys().isdisjoint(atoms_of(drop[2]))
        ]
    return program


def _documents(path: str, text: str, program: Program) -> Iterator[dict[str, Any]]:
    import yaml

    def fault(line: int | None, problem: str) -> None:
        program.faults.append(Fault(path, line, problem))

    if len(text) > LONGEST_TEXT:
        fault(None, f"It is longer than {LONGEST_TEXT:,} characters.")
        return
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for document in yaml.load_all(text, Loader=loader):
            if document is None:
                continue
            if not isinstance(document, dict):
                fault(None, "It is no Sigma rule: a YAML object is expected.")
            elif document.get("action") is not None:
                fault(None, "Rules with “action” are of an older Sigma version.")
                return
            elif _is_too_large(document):
                fault(None, f"It is nested deeper than {DEEPEST} levels or has more than {MOST_NODES:,} nodes.")
            else:
                yield document
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        words = str(getattr(error, "problem", None) or error)[:200]
        fault(mark.line + 1 if mark else None, f"It is not valid YAML: {words}.")


def _is_too_large(document: Any) -> bool:
    """Whether a document is deep or large, with each alias written out."""
    nodes, level = 0, [document]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            below += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            if nodes + len(below) > MOST_NODES:
                return True
        if not below:
            return False
        nodes, level = nodes + len(below), below
    return True


def _plain(value: Any) -> Any:
    """Data as JSON can hold it: dates as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _errors() -> tuple[type[Exception], ...]:
    from pyparsing import ParseBaseException
    from sigma.exceptions import SigmaError

    return (
        SigmaError, ParseBaseException, ValueError, TypeError, KeyError, AttributeError, IndexError,
        NotImplementedError, RecursionError, OverflowError,
    )  # fmt: skip


def _add_filter(path: str, document: dict[str, Any], work: _Compiler) -> None:
    from sigma.filters import SigmaFilter

    try:
        _check_conditions(document.get("filter"))
        held = SigmaFilter.from_dict(document | {"filter": spelled(document.get("filter"))})
        work.filters.append(held)
        work.program.filters.append(Filter(str(held.id or path)[:200], str(held.title or "Untitled")[:300], path))
    except Unsupported as reason:
        work.program.faults.append(Fault(path, None, f"It is no Sigma filter: {reason}"))
    except _errors() as error:
        work.program.faults.append(Fault(path, None, f"It is no Sigma filter: {_words(error)}."))


def _add(path: str, document: dict[str, Any], work: _Compiler) -> None:
    from sigma.rule import SigmaRule

    program, errors, problem = work.program, _errors(), ""
    try:
        document = document | {"detection": spelled(document.get("detection"))}
    except Unsupported as reason:
        problem = str(reason)
    try:
        parsed = SigmaRule.from_dict(document, collect_errors=True)
    except errors as error:
        program.faults.append(Fault(path, None, f"It is no Sigma rule: {_words(error)}."))
        return
    rule = _described(path, document, parsed)
    program.rules.append(rule)
    if parsed.errors:
        rule.problem = f"It is not valid: {_words(parsed.errors[0])}."
        return
    if problem:
        rule.problem = problem
        return
    try:
        _check_conditions(document["detection"])
        applied = _filtered(parsed, work.filters)
        rule.trees = list(_trees(parsed, rule.source, work))
        if applied:
            _count_drops(document, rule, applied, work)
    except Unsupported as reason:
        rule.problem = str(reason)
    except errors as error:
        rule.problem = f"It cannot be translated: {_words(error)}."
    rule.fields = tuple(sorted(_fields(rule, program.atoms)))


def _filtered(parsed: SigmaRule, filters: Sequence[SigmaFilter]) -> list[int]:
    """Narrow a rule by the filters that name it; their places."""
    applied = []
    for place, one in enumerate(filters):
        before = list(parsed.detection.condition)
        one.apply_on_rule(parsed)
        if parsed.detection.condition != before:
            applied.append(place)
    return applied


def _count_drops(document: dict[str, Any], rule: Rule, applied: Sequence[int], work: _Compiler) -> None:
    """For each of these filters the question what it keeps from being a hit of the rule."""
    from sigma.rule import SigmaRule

    def hits(places: Sequence[int]) -> Tree:
        parsed = SigmaRule.from_dict(document)
        _filtered(parsed, [work.filters[place] for place in places])
        return either(tree for _, tree in _trees(parsed, rule.source, work))

    number, source = len(work.program.rules) - 1, rule.trees[0][0]
    whole = hits(())
    for place in applied:
        left = hits([place]) if len(applied) > 1 else either(tree for _, tree in rule.trees)
        work.program.filters[place].drops.append((number, source, both((whole, negate(left)))))


def _check_conditions(detection: Any) -> None:
    """Brackets are bounded: pySigma's parser takes time that grows steeply with their depth. Words that YAML takes for
    truth values (on, off, yes, no) are no names: pySigma would leave such a condition out."""
    held = detection.get("condition") if isinstance(detection, dict) else None
    names = [*detection, *(held if isinstance(held, list) else [held])] if isinstance(detection, dict) else []
    if any(isinstance(one, bool) for one in names):
        raise Unsupported("YAML reads a name in it as true or false (on, off, yes, no): put it into quotes.")
    for text in held if isinstance(held, list) else [held]:
        depth = most = 0
        for letter in str(text):
            depth += (letter == "(") - (letter == ")")
            most = max(most, depth)
        if most > DEEPEST or len(str(text)) > 10_000:
            raise Unsupported("Its condition is longer than 10,000 characters or has too many brackets in brackets.")


def _words(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300].rstrip(".")


def _fields(rule: Rule, atoms: Atoms) -> set[str]:
    found = set()
    for _, tree in rule.trees:
        for number in atoms_of(tree):
            atom = atoms[number]
            if atom.field is not None:
                found.add(atom.field)
            if atom.op.startswith("field"):
                found.add(atom.value)
    return found


def _texts(value: Any) -> tuple[str, ...]:
    held = value if isinstance(value, list) else [value] if value else []
    return tuple(str(one)[:1000] for one in held[:100])


def _described(path: str, document: dict[str, Any], parsed: SigmaRule) -> Rule:
    source = parsed.logsource
    level = str(document.get("level") or "").lower()
    return Rule(
        str(document.get("id") or f"{path}#{document.get('title')}")[:200],
        str(document.get("title") or "Untitled")[:300],
        level if level in LEVELS else "",
        str(document.get("status") or ""),
        LogSource(source.product, source.category, source.service) if source else LogSource(),
        tuple(tag.lower() for tag in _texts(document.get("tags"))),
        path,
        str(document.get("description") or "")[:5000],
        str(document.get("author") or "")[:300],
        str(document.get("date") or ""),
        _texts(document.get("falsepositives")),
        _texts(document.get("references")),
        str(document.get("name") or ""),
    )


def _trees(parsed: SigmaRule, source: LogSource, work: _Compiler) -> Iterator[tuple[LogSource, Tree]]:
    """The rule as it stands; for Windows once for each way of recording, where these are not the same."""
    from sigma.exceptions import SigmaError

    atoms = work.program.atoms
    if source.product != "windows":
        yield source, tree_of(parsed, atoms, work.placeholders)
        return
    seen: set[Any] = set()
    refused: Exception | None = None
    ways = work.ways.of(source.product, source.category, source.service)
    for place, pipeline in enumerate(ways, start=1):
        applied = parsed if place == len(ways) else copy.deepcopy(parsed)
        try:
            pipeline.apply(applied)
        except SigmaError as error:  # this way of recording has no field for it; another may
            refused = error
            continue
        tree = tree_of(applied, atoms, work.placeholders)
        if (source.category or source.service) and not _is_routed(tree, atoms):
            continue  # this way of recording knows no such log: the rule would ask every event
        if tree not in seen:
            seen.add(tree)
            yield LogSource("windows"), tree
    if not seen:
        raise refused or Unsupported(f"It is not known in which Windows log events of {source} are.")


def _is_routed(tree: Tree, atoms: Atoms) -> bool:
    """Whether it can hold only for events of certain channels."""

    def known(number: int) -> bool | None:
        return False if atoms[number].field == "Channel" else None

    return reduce(tree, known) is FALSE
