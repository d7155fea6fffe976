"""Looks at the beginning of a file, whatever it is, and says what it sees: bounded in bytes, names and depth."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from accord.intake.registry.base import Scalar, Sniff
from accord.intake.safe.json_reader import JsonReader, text_encoding
from accord.intake.safe.source import Reader, Source

KEYS_LOOKED_AT = 200
ELEMENTS_LOOKED_AT = 5
PATHS = 2000
DEPTH = 4
LINES = 40
TAGS = 200
DELIMITERS = ",;\t|"
_TAG = re.compile(r"<([A-Za-z_][\w.:-]{0,100})[\s/>]")
EMPTY = "The file is empty."
_BLANK = b" \t\r\n\x00\xef\xbb\xbf"

Enough = Callable[[Sniff], bool]


def sniff(source: Source, enough: Enough) -> Sniff:
    """What the file seems to be. Reading JSON stops as soon as `enough` says so of what was seen."""
    if source.packed() == "zip":
        from accord.intake.safe.zip_reader import names

        return Sniff("zip", members=names(source))
    with source.open() as reader:
        head = reader.head()
        if not head.strip(_BLANK):
            raise source.error(EMPTY, "Export it again from the scanner.")
        encoding = text_encoding(head)
        start = head[:512].decode(encoding, "ignore").lstrip("\ufeff \t\r\n")[:1]
        if start == "<":
            return _xml(source, head)
        if start in ("{", "["):
            return _Json(reader, enough).look()
        return _text(head, encoding)


def _xml(source: Source, head: bytes) -> Sniff:
    from accord.intake.safe.prolog import decoded, prolog

    root, attributes = prolog(source, head)
    prefix, _, name = root.rpartition(":")
    named = re.search(
        r"(?:^|\s)xmlns" + (":" + re.escape(prefix) if prefix else "") + r"""\s*=\s*["']([^"']{0,300})["']""",
        attributes,
    )
    inside: dict[str, None] = {}
    text = decoded(source, head)
    lines = tuple(text.split("\n", LINES)[:LINES]) if name.lower() == "html" else ()
    for found in _TAG.finditer(text):
        inside[found[1].rpartition(":")[2]] = None
        if len(inside) >= TAGS:
            break
    return Sniff("xml", name, named[1] if named else "", attributes, frozenset(inside), lines=lines)


def _text(head: bytes, encoding: str) -> Sniff:
    found = head.decode(encoding, "replace").lstrip("\ufeff")
    seen = Sniff("text", lines=tuple(one.rstrip("\r") for one in found.split("\n", LINES)[:LINES]))
    for delimiter in DELIMITERS:
        if any(delimiter in one for one in seen.lines):
            seen.tables[delimiter] = _records(found, delimiter)
    return seen


def _records(found: str, delimiter: str) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    try:
        for row in csv.reader(io.StringIO(found, newline=""), delimiter=delimiter, skipinitialspace=True):
            rows.append(tuple(cell.strip() for cell in row[:1000]))
            if len(rows) >= LINES:
                break
    except csv.Error:
        pass  # what came before it is what is known
    return tuple(rows)


class _Json:
    """Walks the beginning of a JSON text."""

    def __init__(self, reader: Reader, enough: Enough) -> None:
        self._document = JsonReader(reader)
        self._enough = enough
        self.seen = Sniff("json")

    def look(self) -> Sniff:
        if self._document.peek() == "[":
            self._list()
        else:
            self._objects()
        return self.seen

    def _list(self) -> None:
        for number in self._document.elements():
            self.seen.paths.setdefault("[]", None)
            if self._below("[]", 1) or number + 1 >= ELEMENTS_LOOKED_AT:
                return
        self._document.end()
        self.seen.whole = True

    def _objects(self) -> None:
        """One object, or a sequence of them. Of the first the names are `keys`; of all they are "[].name" too,
        as soon as a second follows."""
        for number in self._document.documents():
            if number:
                if number == 1:
                    self._as_sequence()
                if self._below("[]", 1) or number + 1 >= ELEMENTS_LOOKED_AT:
                    return
            elif self._below("", 0):
                return
        self.seen.whole = True

    def _as_sequence(self) -> None:
        self.seen.first.update(self.seen.keys)
        self.seen.paths.update({"[]." + path: value for path, value in list(self.seen.paths.items())[:PATHS]})

    def _below(self, prefix: str, depth: int) -> bool:
        """Note what lies in the value that comes next; True when enough was seen."""
        opening = self._document.peek()
        if opening == "{" and depth < DEPTH:
            for count, name in enumerate(self._document.names()):
                path = f"{prefix}.{name}" if prefix else name
                self._note(path, name, None, prefix)
                if (
                    self._enough(self.seen)
                    or self._below(path, depth + 1)
                    or (depth == 0 and count + 1 >= KEYS_LOOKED_AT)
                ):
                    return True
            return False
        if opening == "[" and 0 < depth < DEPTH:
            for number in self._document.elements():
                if number < ELEMENTS_LOOKED_AT and self._below(prefix + "[]", depth):
                    return True
            return False
        value = self._document.scalar()
        if prefix and self.seen.paths.get(prefix) is None:
            self._note(prefix, prefix, value, "?")
            if depth == 1 and prefix in self.seen.keys:
                self.seen.keys[prefix] = value
        return self._enough(self.seen)

    def _note(self, path: str, name: str, value: Scalar, prefix: str) -> None:
        if len(self.seen.paths) < PATHS or path in self.seen.paths:
            self.seen.paths.setdefault(path, value)
            if value is not None:
                self.seen.paths[path] = value
        if prefix == "":
            self.seen.keys.setdefault(name, None)
        elif prefix == "[]":
            self.seen.first.add(name)
