"""SPDX bills of materials: JSON and tag-value of version 2.2 and 2.3, and JSON-LD of version 3.0; read from the SPDX
specifications.

Version 2 has no vulnerabilities; what it can carry are external references of the category SECURITY. One of type
"advisory" is an instance on its package; one of type "url" or "fix" only where it names an advisory. Version 3 has
vulnerabilities and what they mean for a package (VEX relationships): affected = exploitable, fixed = resolved, under
investigation = in triage, not affected with its justification. A bill of materials looked for nothing, so it covers
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.records import Record
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader, text_encoding
from accord.intake.safe.source import Source
from accord.intake.spdx import graph, packages, tags


def read(source: Source) -> Iterator[Record]:
    """Records of one SPDX document; IntakeError where it cannot be read."""
    with source.open() as reader:
        head = reader.head()
    start = head[:512].decode(text_encoding(head), "ignore").lstrip("\ufeff \t\r\n")[:1]
    if start != "{":
        yield from tags.read(source)
        return
    top = report.head(source, ("spdxVersion", "name", "creationInfo"))
    version = clean.line(top.get("spdxVersion"), 20)
    if version is None:
        yield from graph.read(source)
        return
    if not version.startswith("SPDX-2."):
        raise source.error(f"{version} is not read.", "Write version 2.2, 2.3 or 3.0.", field="spdxVersion")
    yield from _version_2(source, top)


def _version_2(source: Source, top: dict[str, Any]) -> Iterator[Record]:
    creation = clean.mapping(top.get("creationInfo"))
    document = packages.Document(
        clean.line(top.get("name"), 400) or source.stem,
        clean.when(creation.get("created")),
        packages.tool_of(clean.listing(creation.get("creators"))),
    )
    _described(source, document)
    yield document.header()
    scan = Report(source, "Write the document again.")
    target = document.target()
    yield from scan.add([target])
    with source.open() as reader:
        walk = JsonReader(reader)
        for key in walk.names():
            if key == "packages":
                yield from scan.rows(walk, packages.package, document, target.identity, target=target.identity)
        walk.end()
    yield from scan.end(document.made)


def _described(source: Source, document: packages.Document) -> None:
    """Find the package that the document describes, which says what kind of thing it is."""
    wanted: set[str] = set()
    with source.open() as reader:
        walk = JsonReader(reader)
        for key in walk.names():
            if key == "documentDescribes":
                for _ in walk.each():
                    wanted.add(str(walk.scalar())[:300])
            elif key == "relationships":
                for _ in walk.each():
                    row = walk.mapping()
                    if row.get("relationshipType") == "DESCRIBES" and len(wanted) < 100:
                        wanted.add(str(row.get("relatedSpdxElement"))[:300])
    if not wanted:
        return
    with source.open() as reader:
        walk = JsonReader(reader)
        for key in walk.names():
            if key == "packages":
                for _ in walk.each():
                    row = walk.mapping()
                    if str(row.get("SPDXID"))[:300] in wanted:
                        document.describe(row)
                        return
