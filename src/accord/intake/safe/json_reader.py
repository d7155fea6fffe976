"""A pull reader over one JSON document of any size, in memory that depends on its largest record only.

The structure that matters is walked with `names()` and `elements()`; a record is taken whole with
`value()` and what nobody needs is passed with `skip()`:

    for key in reader.names():
        if key == "results":
            for index in reader.elements():
                result = reader.value()

A value that the caller neither takes nor walks is skipped by itself. Records are decoded by the standard
library's C scanner, which recurses under the interpreter's own recursion guard: a file of ten million "["
ends in an IntakeError, not in exhausted memory (which is what event builders that keep a path per level do).
Refused: a key twice in one object, NaN and Infinity, nesting beyond the limits, anything after the document's
end, bytes that are not UTF-8 or UTF-16 text.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from accord.intake.records import IntakeError
from accord.intake.safe.notes import note, stand
from accord.intake.safe.source import Reader
from accord.intake.safe.text import line, mapping

CHUNK = 256 * 1024
KEYS_IN_ONE_OBJECT = 100_000
NAMES = 4_000_000  # characters of the names of one object
_BLANK = re.compile(r"[ \t\r\n]*")
_AT_END = 12  # an error this close to the end of what was read may only mean that more must be read


class JsonReader:
    """Walks one document. `pointer()` says where ("Results[0].Vulnerabilities[17]"), `row` the line
    number."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = reader.source
        self._source.walked = True
        self._limits = reader.source.limits
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_constant=self._constant)
        self._bytes = self._text_decoder(reader.head())
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._lines = 1
        self._path: list[str | int] = []
        self._taken = True
        self._names = 0
        stand(self)

    # Walking

    def peek(self) -> str:
        """The next character that is not blank, "" at the end. "{" and "[" tell what can be walked."""
        while True:
            found = _BLANK.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def names(self) -> Iterator[str]:
        """Each key of the object that comes next, standing before its value; nothing where it is no
        object."""
        if self.peek() != "{":
            self._misplaced("an object")
            return
        self._enter()
        seen: set[str] = set()
        names, self._names = self._names, 0
        follows = self._after_open("}")
        while follows:
            key = self._key(seen)
            self._path.append(key)
            yield from self._stand(key)
            self._path.pop()
            follows = self._after_item("}")
        self._names = names
        self._taken = True

    def elements(self) -> Iterator[int]:
        """The number of each element of the list that comes next, standing before it; nothing where it is
        no list."""
        if self.peek() != "[":
            self._misplaced("a list")
            return
        self._enter()
        index = 0
        follows = self._after_open("]")
        while follows:
            self._path.append(index)
            yield from self._stand(index)
            self._path.pop()
            index += 1
            follows = self._after_item("]")
        self._taken = True

    def each(self) -> Iterator[int]:
        """`elements`, where an object in place of the list is its only element: what converters make of a list of
        one."""
        if self.peek() == "{":
            yield from self._stand(0)
            self._taken = True
        else:
            yield from self.elements()

    def documents(self) -> Iterator[int]:
        """The number of each document where several follow one another (JSON lines, or simply concatenated),
        standing before it. A file with one document gives 0 alone."""
        index = 0
        while self.peek():
            self._path.append(index)
            yield from self._stand(index)
            self._path.pop()
            index += 1

    def value(self) -> Any:
        """The value that comes next, whole: dict, list, str, int, float, bool or None."""
        self._taken = True
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._ended or not self._may_be_cut(error):
                    self._invalid(error)
            except RecursionError:
                self.refuse("The content is nested too deeply.", "Export the file again from the scanner.")
            except ValueError:
                self.refuse("A number has too many digits.", "Export the file again from the scanner.")
            else:
                if self._ended or end < len(self._buffer) - (2 if isinstance(found, (int, float)) else 0):
                    self._at = end
                    return found
            if len(self._buffer) - self._at > self._limits.record_bytes:
                self.refuse(
                    f"One record is larger than {self._limits.record_bytes:,} characters.",
                    "Export the file again from the scanner without raw output.",
                )
            self._more(grow=True)

    def mapping(self) -> dict[str, Any]:
        """The value that comes next where it is an object, else {}."""
        return mapping(self.value())

    def scalar(self) -> str | int | float | bool | None:
        """The value that comes next where it is a text, number or truth value; objects and lists are
        passed and give None."""
        if self.peek() in ("{", "["):
            self.skip()
            return None
        found = self.value()
        return found if isinstance(found, (str, int, float, bool)) else None

    def skip(self) -> None:
        """Pass the next value, of any size."""
        opening = self.peek()
        if opening not in ("{", "["):
            self.value()
        elif self._pass_whole():
            self._taken = True
        elif opening == "{":
            for _ in self.names():
                self.skip()
        else:
            for _ in self.elements():
                self.skip()

    def nothing(self, wanted: str) -> None:
        """Pass what stands in place of `wanted` ("a list", "an object"): it is noted unless it is null or empty."""
        self._taken = True
        self._misplaced(wanted)

    def end(self) -> None:
        """Only blanks may follow."""
        if self.peek():
            self.refuse("There is more text after the end of the document.", "Give one report per file.")

    # Telling where

    @property
    def row(self) -> int:
        """Line number, from 1, of the place up to which the document was read."""
        return self._lines + self._buffer.count("\n", 0, self._at)

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._reader.position

    def pointer(self) -> str:
        parts = [f"[{one}]" if isinstance(one, int) else f".{line(one, 60) or '?'}" for one in self._path]
        if len(parts) > 12:
            parts[8:-3] = ["…"]
        return "".join(parts).lstrip(".") or "the document"

    def mark(self) -> None:
        """A record was taken: `record_bytes` counts from here."""
        self._reader.mark()

    def refuse(self, problem: str, remedy: str) -> NoReturn:
        raise IntakeError(self._source.name, self.row, self.pointer(), problem, remedy)

    # Inside

    def _stand(self, step: str | int) -> Iterator[Any]:
        self._taken = False
        yield step
        if not self._taken:
            self.skip()
        self._reader.mark()

    def _misplaced(self, wanted: str) -> None:
        """Pass what comes next, and note it unless it is nothing."""
        opening = self.peek()
        if opening not in ("{", "["):
            found = self.value()
        else:
            after = _BLANK.match(self._buffer, self._at + 1)
            shut = self._buffer[after.end() : after.end() + 1] if after else ""
            found = None if shut in ("}", "]") else [opening] if opening == "[" else {opening: None}
            self.skip()
        if found:
            note(wanted, found)

    def _enter(self) -> None:
        self._taken = True
        if len(self._path) >= self._limits.depth:
            self.refuse("The content is nested too deeply.", "Export the file again from the scanner.")
        self._at += 1

    def _after_open(self, closing: str) -> bool:
        if self.peek() == closing:
            self._at += 1
            return False
        return True

    def _after_item(self, closing: str) -> bool:
        follows = self.peek()
        if follows not in (",", closing) or not follows:
            self._unexpected(follows, f"',' or '{closing}'")
        self._at += 1
        if follows == "," and self.peek() == closing:
            self._unexpected(closing, "another value after ','")
        return follows == ","

    def _key(self, seen: set[str]) -> str:
        if self.peek() != '"':
            self._unexpected(self.peek(), "a name in double quotes")
        key = str(self.value())
        if key in seen:
            self.refuse(f'The name "{line(key, 80)}" stands twice in one object.', "Export the file again.")
        if len(seen) >= KEYS_IN_ONE_OBJECT:
            self.refuse("One object has too many names.", "Export the file again from the scanner.")
        self._names += len(key)
        if self._names > NAMES:
            self.refuse("The names of one object are too long.", "Export the file again from the scanner.")
        seen.add(key)
        if self.peek() != ":":
            self._unexpected(self.peek(), "':'")
        self._at += 1
        return key

    def _pass_whole(self) -> bool:
        """Pass the next value in one go if it is small. Where it is not, nothing is passed."""
        budget = min(1024 * 1024, self._limits.record_bytes)
        while True:
            try:
                _, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._ended or not self._may_be_cut(error):
                    self._invalid(error)
            except (RecursionError, ValueError):
                return False  # the walk tells where and what
            else:
                self._at = end
                return True
            if len(self._buffer) - self._at > budget:
                return False
            self._more(grow=True)

    def _more(self, grow: bool = False) -> bool:
        """Read on: at least one chunk, or as much again as is held. False at the end."""
        if self._ended:
            return False
        held = self._buffer[self._at :]
        self._lines += self._buffer.count("\n", 0, self._at)
        parts = [held]
        wanted = max(CHUNK, len(held) if grow else 0)
        while wanted > 0 and not self._ended:
            data = self._reader.read(min(wanted, CHUNK))
            self._ended = not data
            try:
                parts.append(self._bytes.decode(data, final=self._ended))
            except UnicodeDecodeError as error:
                raise IntakeError(
                    self._source.name,
                    f"after line {self._lines}",
                    None,
                    f"The bytes {data[error.start :][:4].hex(' ')} are not {error.encoding} text.",
                    "Save the file as UTF-8.",
                ) from None
            wanted -= len(data)
        self._buffer = "".join(parts)
        self._at = 0
        return len(self._buffer) > len(held)

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith(("Unterminated string", "Invalid \\")) or error.pos >= len(self._buffer) - _AT_END

    def _invalid(self, error: json.JSONDecodeError) -> NoReturn:
        if (self._ended and error.pos >= len(self._buffer.rstrip())) or error.msg.startswith("Unterminated string"):
            self.refuse("The file ends in the middle of its content.", "Copy or export the file again.")
        row = self._lines + self._buffer.count("\n", 0, error.pos)
        raise IntakeError(
            self._source.name,
            row,
            self.pointer(),
            f"This is not valid JSON ({error.msg.lower()}).",
            "Export the file again; do not edit it by hand.",
        ) from None

    def _unexpected(self, found: str, wanted: str) -> NoReturn:
        if not found:
            self.refuse("The file ends in the middle of its content.", "Copy or export the file again.")
        self.refuse(f"This is not valid JSON ({wanted} expected).", "Export the file again; do not edit it by hand.")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.refuse(f'The name "{line(twice, 80)}" stands twice in one object.', "Export the file again.")
        return found

    def _constant(self, name: str) -> NoReturn:
        self.refuse(f"{name} is not a number in JSON.", "Export the file again from the scanner.")

    def _text_decoder(self, head: bytes) -> codecs.IncrementalDecoder:
        if not head.strip():
            raise self._source.error("The file is empty.", "Export it again from the scanner.")
        return codecs.getincrementaldecoder(text_encoding(head))("strict")


def text_encoding(head: bytes) -> str:
    """The encoding of a JSON or CSV text from its first bytes: UTF-8, or UTF-16 as PowerShell writes it."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and head[1] == 0 and head[0] != 0 and head[3] == 0:
        return "utf-16-le"
    if len(head) >= 4 and head[0] == 0 and head[1] != 0 and head[2] == 0:
        return "utf-16-be"
    return "utf-8-sig"
