"""CSAF 2.0 and 2.1: security advisories and the VEX profile, read from the OASIS standard.

One instance per vulnerability and product that a status names, with the status as its analysis: known_affected,
first_affected and last_affected = exploitable, under_investigation = in triage, fixed and first_fixed = resolved,
known_not_affected = not affected, with its flag and impact statement. A component of a product (relationships) is an
instance of the component on the product. An advisory looked for nothing, so it covers nothing.

Two passes: the document and the product tree first, then the vulnerabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.csaf import rows, tree
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source


def read(source: Source) -> Iterator[Record]:
    """Records of one CSAF document; IntakeError where it cannot be read or is of another version."""
    told, known = _first_pass(source)
    tracking, publisher = clean.mapping(told.get("tracking")), clean.mapping(told.get("publisher"))
    made = clean.when(tracking.get("current_release_date")) or clean.when(tracking.get("initial_release_date"))
    name = clean.line(tracking.get("id"), 200)
    yield ScanHeader("csaf", clean.line(publisher.get("name"), 200) or "CSAF", clean.line(tracking.get("version"), 50),
                     clean.when(tracking.get("initial_release_date")), made, name)  # fmt: skip
    scan = Report(source, "Get the advisory again from its publisher.")
    overall = clean.mapping(told.get("aggregate_severity")).get("text")
    advisory = rows.Advisory(name, made, report.severity(overall))
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "vulnerabilities":
                yield from scan.rows(document, rows.vulnerability, advisory, known)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("application", name or source.stem)])
    yield from scan.end(made)


def _first_pass(source: Source) -> tuple[dict[str, Any], tree.Tree]:
    told: dict[str, Any] = {}
    known = tree.Tree()
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "document":
                told = document.mapping()
                version = clean.line(told.get("csaf_version"), 20)
                if version not in ("2.0", "2.1"):
                    document.refuse(f"CSAF version {version or 'unknown'} is not read.", "Get version 2.0 or 2.1.")
            elif key == "product_tree":
                tree.read(document, known, source)
        document.end()
    if not told:
        raise source.error("The document says nothing of itself (“document” is missing).", "Get it again.")
    return told, known
