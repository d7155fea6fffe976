"""Black Duck vulnerable components of a version as JSON (the API's `vulnerable-bom-components`), read from Black Duck's
description of its REST API (https://documentation.blackduck.com/bundle/bd-hub/page/API/restapi.html).

The same as the CSV in another writing. An answer is a page of a list: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.blackduck.shared import vulnerable
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    target = Target("repository", source.stem)
    yield ScanHeader("blackduck-json", "Black Duck")
    scan = Report(source, "Ask for the components again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _item, target, target=target.identity)
        else:
            for key in document.names():
                if key == "items":
                    yield from scan.rows(document, _item, target, target=target.identity)
        document.end()
    yield from scan.end(None)


def _item(row: dict[str, Any], target: Target) -> Iterator[Found]:
    told = clean.mapping(row.get("vulnerabilityWithRemediation")) or clean.mapping(row.get("vulnerability"))
    if not told:
        raise Unreadable("vulnerabilityWithRemediation", "An entry carries no vulnerability.")
    related = (clean.line(told.get("relatedVulnerability"), 500) or "").rpartition("/")[2]
    ignored = row.get("ignored") is True
    yield vulnerable(
        {
            "name": told.get("vulnerabilityName") or told.get("vulnerabilityId"),
            "related": clean.cves(related) or ([related] if related else []),
            "status": "IGNORED" if ignored else told.get("remediationStatus"),
            "comment": told.get("remediationComment") or told.get("comment"),
            "severity": told.get("severity"), "score": told.get("baseScore"),
            "description": told.get("description"), "cwe": told.get("cweId"),
        },
        {
            "name": row.get("componentName"), "version": row.get("componentVersionName"),
            "origin": row.get("componentVersionOriginName"), "origin_id": row.get("componentVersionOriginId"),
        },
        target,
    )  # fmt: skip
