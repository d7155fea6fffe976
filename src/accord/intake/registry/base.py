"""What a format is, and what is known of a file before one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

from accord.intake.records import Record
from accord.intake.safe.misplaced import watched
from accord.intake.safe.source import Source

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class Sniff:
    """What is known of a file before a format is chosen: bounded, from its beginning.

    `kind`     "xml", "json", "text" (CSV is text) or "zip"
    `root`, `namespace`, `attributes`  of XML: the root element's name without prefix, its namespace, and its
               attributes as written
    `tags`     of XML: the names (without prefix) of the first elements below the root, in any depth
    `keys`     of a JSON object: its names so far, with their values where these are plain (None else)
    `first`    of a JSON list, or of JSON documents one after the other: the names in the first elements
    `paths`    of JSON: the same and what lies below, as "document.csaf_version", "data.items[].cve",
               "[].info.severity" (the elements of a list at the root, and the documents of a sequence, are "[]"),
               a few names deep and of the first elements of each list only, with values where these are plain
    `whole`    of JSON: every name at the top was seen (else more may follow)
    `lines`    of text, and of a page of HTML: its first lines without line ends
    `tables`   of text: the first records as CSV, once for each delimiter that occurs
    `members`  of a ZIP: the names inside
    """

    kind: str
    root: str = ""
    namespace: str = ""
    attributes: str = ""
    tags: frozenset[str] = frozenset()
    keys: dict[str, Scalar] = field(default_factory=dict)
    first: set[str] = field(default_factory=set)
    paths: dict[str, Scalar] = field(default_factory=dict)
    whole: bool = False
    lines: tuple[str, ...] = ()
    tables: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    members: tuple[str, ...] = ()

    def columns(self, *names: str) -> bool:
        """Whether one of the first records of a CSV, the header then, has all these names (in any case)."""
        wanted = {name.casefold() for name in names}
        return any(wanted <= {cell.casefold() for cell in row} for rows in self.tables.values() for row in rows)

    def row(self, *names: str) -> bool:
        """Whether the names are all in the first elements of a JSON list or sequence, or in a single object."""
        return self.first.issuperset(names) if self.first else self.keys.keys() >= set(names)

    def cell(self, name: str) -> Scalar:
        """The first value under a path of a row: of a list or sequence, or of a single object."""
        return self.paths.get("[]." + name, self.paths.get(name))

    def has(self, *paths: str) -> bool:
        """Whether all these paths were seen."""
        return all(path in self.paths for path in paths)


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name in the records, its title for people, usual file endings (a hint, never
    trusted), the module that reads it, and how its content is recognized.

    A recognizer only ever gains: what it says yes to, it says yes to when more of the same file was seen (or it
    asks for `whole`). No two say yes to one file.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    recognizes: Callable[[Sniff], bool]

    def read(self, source: Source) -> Iterator[Record]:
        """Records of a source of this format."""
        reader: Callable[[Source], Iterator[Record]] = import_module(self.module).read
        return watched(reader(source), source)
