"""SPDX 2 in the tag-value form: one "Tag: value" a line, a text of several lines between <text> and </text>."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from accord.intake.records import Record
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import text_encoding
from accord.intake.safe.source import Reader, Source
from accord.intake.spdx import packages

LINE = 1_000_000  # characters
REFERENCES = 10_000
PARTS = {"PackageName": "name", "PackageVersion": "versionInfo", "SPDXID": "SPDXID",
         "PrimaryPackagePurpose": "primaryPackagePurpose"}  # fmt: skip
_OTHER_PARTS = frozenset({"FileName", "SnippetSPDXID", "LicenseID", "Relationship", "Annotator", "Reviewer"})


def read(source: Source) -> Iterator[Record]:
    """Records of one tag-value document."""
    document = _head(source)
    target = document.target()
    yield document.header()
    scan = Report(source, "Write the document again.")
    yield from scan.add([target])
    with source.open() as reader:
        for number, row in _packages(source, reader):
            yield from scan.add(packages.package(row, document, target.identity), number, target.identity)
    yield from scan.end(document.made)


def _head(source: Source) -> packages.Document:
    """The document's own tags, and the package that it describes."""
    document = packages.Document(source.stem)
    creators: list[str] = []
    described: set[str] = set()
    version: str | None = None
    with source.open() as reader:
        for _, tag, value in pairs(source, reader):
            if tag == "SPDXVersion":
                version = value
                if not value.startswith("SPDX-2."):
                    raise source.error(f"{clean.line(value, 50)} is not read.", "Write version 2.2 or 2.3.", field=tag)
            elif tag == "DocumentName":
                document.name = clean.line(value, 400) or document.name
            elif tag == "Created":
                document.made = clean.when(value)
            elif tag == "Creator" and len(creators) < 100:
                creators.append(value)
            elif tag == "Relationship" and " DESCRIBES " in value and len(described) < 100:
                described.add(value.rpartition(" DESCRIBES ")[2].strip()[:300])
    if version is None:
        raise source.error("The line “SPDXVersion: …” is missing.", "Write the document again.", field="SPDXVersion")
    document.tools = packages.tool_of(creators)
    if described:
        with source.open() as reader:
            for _, row in _packages(source, reader):
                if str(row.get("SPDXID"))[:300] in described:
                    document.describe(row)
                    break
    return document


def _packages(source: Source, reader: Reader) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, package) in the shape of the JSON."""
    row: dict[str, Any] | None = None
    start = 0
    for number, tag, value in pairs(source, reader):
        if tag == "PackageName":
            if row is not None:
                yield start, row
            row, start = {"name": value, "externalRefs": []}, number
        elif tag in _OTHER_PARTS:
            if row is not None:
                yield start, row
            row = None
        elif row is None:
            continue
        elif tag in PARTS:
            row.setdefault(PARTS[tag], value)
        elif tag == "ExternalRef" and len(row["externalRefs"]) < REFERENCES:
            parts = value.split(None, 2)
            if len(parts) == 3:
                names = ("referenceCategory", "referenceType", "referenceLocator")
                row["externalRefs"].append(dict(zip(names, parts, strict=True)))
        elif tag == "ExternalRefComment" and row["externalRefs"]:
            row["externalRefs"][-1]["comment"] = value
    if row is not None:
        yield start, row


def pairs(source: Source, reader: Reader) -> Iterator[tuple[int, str, str]]:
    """(line number, tag, value); comments and blank lines are passed."""
    inside: list[str] | None = None
    tag, start, size = "", 0, 0
    for number, text in _lines(source, reader):
        if inside is not None:
            head, end, _ = text.partition("</text>")
            inside.append(head)
            size += len(head)
            if size > LINE:
                raise source.error("A text is too long or never ends.", "Write the document again.", start)
            if end:
                yield start, tag, "\n".join(inside)
                inside = None
            continue
        if not text.strip() or text.startswith("#"):
            continue
        name, colon, value = text.partition(":")
        if not colon:
            continue
        value = value.strip()
        if value.startswith("<text>"):
            head, end, _ = value.removeprefix("<text>").partition("</text>")
            if not end:
                inside, tag, start, size = [head], name.strip(), number, len(head)
                continue
            value = head
        yield number, name.strip(), value
    if inside is not None:
        raise source.error("The file ends in the middle of its content.", "Copy or write the file again.", start)


def _lines(source: Source, reader: Reader) -> Iterator[tuple[int, str]]:
    decoder = codecs.getincrementaldecoder(text_encoding(reader.head()))("strict")
    rest, number, ended = "", 0, False
    while not ended:
        data = reader.read(256 * 1024)
        ended = not data
        try:
            rest += decoder.decode(data, final=ended)
        except UnicodeDecodeError:
            raise source.error("The bytes are not UTF-8 text.", "Save the file as UTF-8.", number + 1) from None
        lines = rest.split("\n")
        rest = "" if ended else lines.pop()
        for line in lines:
            number += 1
            yield number, line.rstrip("\r")
        reader.mark()
        if len(rest) > LINE:
            raise source.error("A line is too long.", "Write the document again.", number + 1)
