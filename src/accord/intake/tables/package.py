"""Open an XLSX archive within bounds and stream its XML parts; nothing is written to disk."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from xml.parsers import expat

from accord.intake.tables.records import Limits, TableError

_CHUNK = 65_536
_DEPTH = 64
_SMALL_ENTRY = 2**20
_DAMAGED = "Open it in a spreadsheet program and save it again as .xlsx"

Attributes = dict[str, str]


class Package:
    """A ZIP archive whose directory has been checked against ``Limits`` before anything was unpacked.

    ``zipfile`` never unpacks more of an entry than its directory states, so the check holds for archives
    whose directory lies.
    """

    def __init__(self, file: str, data: bytes, limits: Limits) -> None:
        self.file = file
        if len(data) > limits.file_bytes:
            raise self._refused(f"the file is larger than {limits.file_bytes:,} bytes", "Divide it into parts")
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
            raise self._refused(f"the workbook is damaged or incomplete ({error})", _DAMAGED) from None
        self._check(limits)

    def _refused(self, problem: str, remedy: str) -> TableError:
        return TableError(self.file, "", None, "", problem, remedy)

    def _check(self, limits: Limits) -> None:
        entries = self.archive.infolist()
        if len(entries) > limits.entries:
            raise self._refused(f"the archive has more than {limits.entries:,} entries", _DAMAGED)
        if len({entry.filename for entry in entries}) != len(entries):
            raise self._refused("the archive has two entries of the same name", _DAMAGED)
        unpacked = 0
        for entry in entries:
            if entry.flag_bits & 1:
                raise self._refused("the workbook is protected by a password", "Save it without a password")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self._refused("the archive is packed in a way that workbooks are not", _DAMAGED)
            unpacked += entry.file_size
            if entry.file_size > max(_SMALL_ENTRY, limits.ratio * entry.compress_size):
                raise self._refused(
                    f"a part of the archive unpacks to more than {limits.ratio} times its size", _DAMAGED
                )
        if unpacked > limits.unpacked_bytes:
            raise self._refused(
                f"the archive unpacks to more than {limits.unpacked_bytes:,} bytes",
                "Divide the workbook into parts",
            )

    def __contains__(self, part: str) -> bool:
        return part in self.archive.NameToInfo

    def events(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Parse one part, calling back with local names; yields after each chunk so that rows can be drained.

        Document type declarations (and so entities) and nesting deeper than a workbook has are refused.
        """
        depth = 0

        def opened(name: str, attributes: Attributes) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEPTH:
                raise self._refused(f"part {part} of the workbook is nested too deeply", _DAMAGED)
            start(name.rpartition(" ")[2], attributes)

        def closed(name: str) -> None:
            nonlocal depth
            depth -= 1
            if end is not None:
                end(name.rpartition(" ")[2])

        def declared(*_: object) -> None:
            raise self._refused(f"part {part} of the workbook declares a document type", _DAMAGED)

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = opened
        parser.EndElementHandler = closed
        parser.StartDoctypeDeclHandler = declared
        if text is not None:
            parser.CharacterDataHandler = text
        with self.archive.open(part) as source:
            while chunk := source.read(_CHUNK):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
            yield

    def each(self, part: str, start: Callable[[str, Attributes], None]) -> None:
        """Call ``start`` for each element of a part."""
        for _ in self.events(part, start):
            pass

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the relationships of a part (``""`` = the package): id → (last word of type, part name)."""
        folder, base = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: Attributes) -> None:
            if name != "Relationship" or attributes.get("TargetMode") == "External":
                return
            target = attributes.get("Target", "")
            path = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, posixpath.normpath(path))

        if listing in self:
            self.each(listing, start)
        return found
