"""SSVC decision points and CVSS vectors of CVEs as a table: CSV with the columns cve, exploitation, automatable,
technical_impact, and where it has them published, assessed, cvss40, cvss31, cvss30, cvss2.

The columns carry what CISA's Vulnrichment says (see `accord.intake.vulnrichment`, which reads its records).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from accord.intake.records import Refusal
from accord.intake.safe import csv_reader
from accord.intake.safe import text as clean
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

COLUMNS = ("cve", "exploitation", "automatable", "technical_impact")
VECTORS = ("cvss40", "cvss31", "cvss30", "cvss2")
MOST = 2_000_000
_CVE = re.compile(r"CVE-\d{4}-\d{4,10}")
_REMEDY = "Take the table anew from where it was made."
_EXPLOITATION = {
    "none": "none", "poc": "poc", "public poc": "poc", "proof of concept": "poc", "active": "active",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SsvcEdition:
    """When the points were brought together; None = not told."""

    released: datetime | None


@dataclass(frozen=True, slots=True)
class SsvcAnswer:
    """What CISA says of one CVE. "" and None = not told. `vectors` are CVSS vectors, the newest version first."""

    cve: str
    exploitation: str
    automatable: bool | None
    total_impact: bool | None
    assessed: date | None
    vectors: tuple[str, ...]


def read_ssvc(
    origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None
) -> Iterator[SsvcEdition | SsvcAnswer | Refusal]:
    """The edition (not told by a table), then the points. IntakeError where the file is no such table or is damaged."""
    source = Source(origin, limits, name)
    refused = rows = 0
    with csv_reader.table(source, COLUMNS) as table:
        yield SsvcEdition(None)
        for row in table.rows:
            rows += 1
            if rows > MOST:
                raise source.error(f"The table has more than {MOST:,} rows.", "Check where it comes from.")
            found = None if row.problem else _answer(row.cells)
            if found is not None:
                yield found
                continue
            refused += 1
            problem = row.problem or "No CVE with answers of SSVC (none, poc, active; yes, no; partial, total)."
            if refused > source.limits.refusals:
                raise source.error(problem, _REMEDY, row=row.number)
            yield Refusal(row.number, None, problem, _REMEDY)


def _answer(cells: Mapping[str, str]) -> SsvcAnswer | None:
    moment = clean.when(cells.get("assessed") or None)
    return answer(
        cells.get("cve", ""), cells.get("exploitation", ""), cells.get("automatable", ""),
        cells.get("technical_impact", ""), None if moment is None else moment.date(),
        [cells.get(name, "") for name in VECTORS],
    )  # fmt: skip


def answer(
    cve: str, exploitation: str, automatable: str, impact: str, assessed: date | None, vectors: list[str]
) -> SsvcAnswer | None:
    """The points of a CVE from their words; None where the identifier or a word is none. Blank words are not told."""
    known = cve.strip().upper()
    words = [word.strip().lower() for word in (exploitation, automatable, impact)]
    good = (
        _CVE.fullmatch(known) and (not words[0] or words[0] in _EXPLOITATION)
        and words[1] in ("", "yes", "no") and words[2] in ("", "partial", "total")
    )  # fmt: skip
    if not good:
        return None
    return SsvcAnswer(
        known, _EXPLOITATION.get(words[0], ""), None if not words[1] else words[1] == "yes",
        None if not words[2] else words[2] == "total", assessed,
        tuple(v.strip()[:300] for v in vectors if v and ":" in v)[:5],
    )  # fmt: skip
