"""Sigma rules read by pySigma, each with what became of it; correlation rules are kept for `correlation`."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.expressions import compiled
from accord.engines.sigma.translate import Unsupported, tree_of
from accord.engines.sigma.tree import FALSE, Atoms, Tree, reduce

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline
    from sigma.rule import SigmaRule

LEVELS = ("informational", "low", "medium", "high", "critical")
VERSION = 1
"""Of the compiled form; a cache of another version is made anew."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """What a rule, or a source of events, is of. None = not told: a rule then takes every source."""

    product: str | None = None
    category: str | None = None
    service: str | None = None

    def takes(self, source: LogSource) -> bool:
        """Whether a rule of this log source is for events of that source."""
        return all(
            wanted is None or wanted == told
            for wanted, told in (
                (self.product, source.product), (self.category, source.category), (self.service, source.service),
            )
        )  # fmt: skip

    def __str__(self) -> str:
        return "/".join(part or "*" for part in (self.product, self.category, self.service))


@dataclass(slots=True)
class Rule:
    """One rule. `trees` are its conditions, one for each way in which its log source is recorded; empty where
    `problem` says why it is not run."""

    identifier: str
    title: str
    level: str
    status: str
    source: LogSource
    tags: tuple[str, ...]
    path: str
    description: str = ""
    author: str = ""
    date: str = ""
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    name: str = ""
    trees: list[tuple[LogSource, Tree]] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    problem: str = ""

    @property
    def techniques(self) -> tuple[str, ...]:
        """ATT&CK techniques, such as T1059.001."""
        return tuple(tag[7:].upper() for tag in self.tags if tag.startswith("attack.t") and tag[8:9].isdigit())


@dataclass(frozen=True, slots=True)
class Fault:
    """A file, or a part of one, that is no rule: where and why."""

    path: str
    line: int | None
    problem: str

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.problem}"


@dataclass(slots=True)
class Program:
    """All rules over one table of atoms. `correlations` are pySigma's correlation rules as plain data."""

    rules: list[Rule] = field(default_factory=list)
    atoms: Atoms = field(default_factory=Atoms)
    faults: list[Fault] = field(default_factory=list)
    correlations: list[dict[str, Any]] = field(default_factory=list)
    databases: dict[str | None, bytes] = field(default_factory=dict)
    digest: str = ""


Text = tuple[str, str]
"""A path (for people) and the YAML that it holds."""


def digest_of(texts: Iterable[Text]) -> str:
    """What a compiled program is kept under: rules, their order, and the version of this engine."""
    total = hashlib.blake2b(f"accord sigma {VERSION}".encode(), digest_size=16)
    for path, text in texts:
        total.update(f"\0{path}\0{len(text)}\0".encode("utf-8", "replace"))
        total.update(text.encode("utf-8", "replace"))
    return total.hexdigest()


def compile_rules(texts: Sequence[Text]) -> Program:
    """Rules from YAML texts. Never raises for what is in them: see `Program.faults` and `Rule.problem`."""
    program = Program(digest=digest_of(texts))
    ways = list(_ways())
    for path, text in texts:
        for document in _documents(path, text, program):
            if "correlation" in document:
                program.correlations.append({**document, "path": path})
            else:
                _add(path, document, ways, program)
    program.databases = compiled(program.atoms)
    return program


def _documents(path: str, text: str, program: Program) -> Iterator[dict[str, Any]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for document in yaml.load_all(text, Loader=loader):
            if document is None:
                continue
            if not isinstance(document, dict):
                program.faults.append(Fault(path, None, "It is no Sigma rule: a YAML object is expected."))
                continue
            if document.get("action") == "global":
                program.faults.append(Fault(path, None, "Rules with “action: global” are of an older Sigma version."))
                return
            yield document
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        words = str(getattr(error, "problem", None) or error)[:200]
        program.faults.append(Fault(path, mark.line + 1 if mark else None, f"It is not valid YAML: {words}."))


def _ways() -> Iterator[tuple[str, ProcessingPipeline]]:
    """How generic Windows rules are recorded: by Sysmon, and by Windows' own audit log."""
    from sigma.pipelines.sysmon import sysmon_pipeline  # type: ignore[attr-defined]
    from sigma.pipelines.windows import (  # type: ignore[attr-defined]
        windows_audit_pipeline,
        windows_logsource_pipeline,
    )

    yield "sysmon", sysmon_pipeline() + windows_logsource_pipeline()
    yield "audit", windows_audit_pipeline() + windows_logsource_pipeline()


def _add(path: str, document: dict[str, Any], ways: Sequence[tuple[str, Any]], program: Program) -> None:
    from sigma.exceptions import SigmaError
    from sigma.rule import SigmaRule

    try:
        parsed = SigmaRule.from_dict(document, collect_errors=True)
    except (SigmaError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        program.faults.append(Fault(path, None, f"It is no Sigma rule: {_words(error)}."))
        return
    rule = _described(path, document, parsed)
    program.rules.append(rule)
    if parsed.errors:
        rule.problem = f"It is not valid: {_words(parsed.errors[0])}."
        return
    try:
        rule.trees = list(_trees(parsed, rule.source, ways, program.atoms))
    except Unsupported as reason:
        rule.problem = str(reason)
    except (SigmaError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError, RecursionError) as error:
        rule.problem = f"It cannot be translated: {_words(error)}."
    rule.fields = tuple(sorted(_fields(rule, program.atoms)))


def _words(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300].rstrip(".")


def _fields(rule: Rule, atoms: Atoms) -> set[str]:
    from accord.engines.sigma.tree import atoms_of

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


def _trees(
    parsed: SigmaRule, source: LogSource, ways: Sequence[tuple[str, Any]], atoms: Atoms
) -> Iterator[tuple[LogSource, Tree]]:
    """The rule as it stands; for Windows once for each way of recording, where these are not the same."""
    from sigma.exceptions import SigmaError

    if source.product != "windows":
        yield source, tree_of(parsed, atoms)
        return
    seen: set[Any] = set()
    refused: Exception | None = None
    for _, pipeline in ways:
        applied = copy.deepcopy(parsed)
        try:
            copy.deepcopy(pipeline).apply(applied)
        except SigmaError as error:  # this way of recording has no field for it; another may
            refused = error
            continue
        tree = tree_of(applied, atoms)
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
