"""What a set of Sigma rules is once it is read: rules, each with what became of it, over one table of atoms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from accord.engines.sigma.tree import Atoms, Tree

LEVELS = ("informational", "low", "medium", "high", "critical")
VERSION = 4
"""Of the compiled form; a cache of another version is made anew."""
LIBRARIES = ("pysigma", "pysigma-pipeline-sysmon", "pysigma-pipeline-windows", "hyperscan")


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


@dataclass(slots=True)
class Filter:
    """A document with `filter`. `drops`: a rule's number with the question what it alone keeps from being a hit of that
    rule: the rule without filters, and not the rule with this filter."""

    identifier: str
    title: str
    path: str
    drops: list[tuple[int, LogSource, Tree]] = field(default_factory=list)


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
    filters: list[Filter] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    correlations: list[dict[str, Any]] = field(default_factory=list)
    databases: dict[str | None, bytes] = field(default_factory=dict)
    digest: str = ""


Text = tuple[str, str]
"""A path (for people) and the YAML that it holds."""


Placeholders = Mapping[str, Sequence[str]]
"""Values for `%name%` in values with the modifier `expand`."""


def digest_of(texts: Iterable[Text], placeholders: Placeholders | None = None) -> str:
    """What a compiled program is kept under: rules, their order, and the versions of all that reads them."""
    libraries = " ".join(f"{name}={_version(name)}" for name in LIBRARIES)
    total = hashlib.blake2b(f"accord sigma {VERSION} {libraries}".encode(), digest_size=16)
    for name, values in sorted((placeholders or {}).items()):
        total.update(repr((name, list(values))).encode())
    for path, text in texts:
        total.update(f"\0{path}\0{len(text)}\0".encode("utf-8", "replace"))
        total.update(text.encode("utf-8", "replace"))
    return total.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # pragma: no cover - a copy without its metadata
        return "?"
