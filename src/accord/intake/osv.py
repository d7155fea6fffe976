"""An entry of the OSV schema (ossf.github.io/osv-schema), as several tools put it into their reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.records import Severity
from accord.intake.safe import text as clean

_FIRST = ("GHSA-", "CVE-", "PYSEC-", "GO-", "RUSTSEC-")


def order(identifier: str) -> tuple[int, str]:
    """A key that sorts identifiers of one vulnerability, the most widely used database first."""
    rank = next((number for number, prefix in enumerate(_FIRST) if identifier.startswith(prefix)), len(_FIRST))
    return rank, identifier


def vectors(entry: dict[str, Any]) -> Iterator[object]:
    """CVSS vectors of the entry and of what it affects."""
    told = clean.listing(entry.get("severity"))[:20]
    for affected in clean.listing(entry.get("affected"))[:200]:
        told = told + clean.listing(clean.mapping(affected).get("severity"))[:20]
    for one in told[:100]:
        yield clean.mapping(one).get("score")


def severity(entry: dict[str, Any]) -> Severity | None:
    """The word of the entry's own database, where it has one."""
    places = [entry, *(clean.mapping(one) for one in clean.listing(entry.get("affected"))[:20])]
    for place in places:
        for key in ("database_specific", "ecosystem_specific"):
            found = report.severity(clean.mapping(place.get(key)).get("severity"))
            if found:
                return found
    return None


def fixed(entry: dict[str, Any], package: str | None) -> list[str]:
    """The versions in which it is fixed for a package (commits left out)."""
    found: dict[str, None] = {}
    for affected in clean.listing(entry.get("affected"))[:200]:
        affected = clean.mapping(affected)
        name = clean.mapping(affected.get("package")).get("name")
        if package and isinstance(name, str) and name.lower() != package.lower():
            continue
        for told in clean.listing(affected.get("ranges"))[:50]:
            told = clean.mapping(told)
            if told.get("type") == "GIT":
                continue
            for event in clean.listing(told.get("events"))[:50]:
                version = clean.line(clean.mapping(event).get("fixed"), 100)
                if version:
                    found[version] = None
    return list(found)[:10]


def weaknesses(entry: dict[str, Any]) -> list[object]:
    """What may hold CWE numbers."""
    told = clean.mapping(entry.get("database_specific"))
    found = [*clean.listing(told.get("cwe_ids")), *clean.listing(told.get("cwes"))]
    return [clean.mapping(one).get("cweId") if isinstance(one, dict) else one for one in found[:100]]


def links(entry: dict[str, Any]) -> Iterator[object]:
    """Addresses of its references."""
    for one in clean.listing(entry.get("references"))[:100]:
        yield clean.mapping(one).get("url")
