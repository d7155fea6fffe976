"""EPSS scores as FIRST publishes them: CSV or CSV.gz with a first line "#model_version:v…,score_date:…"
and the columns cve, epss, percentile. Extracts without that line, or with columns in another order, are
read too; their model and date are then unknown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from accord.intake.records import IntakeError, Refusal
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import text_encoding
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Reader, Source

_REMEDY = "Download the scores again from first.org."
_LINE = 2000
_CVE = re.compile(r"CVE-\d{4}-\d{4,10}")


@dataclass(frozen=True, slots=True)
class EpssEdition:
    """Which model made the scores, and when."""

    model_version: str | None
    scored: datetime | None


@dataclass(frozen=True, slots=True)
class EpssScore:
    """The probability (0-1) that a vulnerability is exploited within 30 days, and the share (0-1) of all
    scored vulnerabilities at or below it."""

    cve: str
    probability: float
    percentile: float | None


def read_epss(
    origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None
) -> Iterator[EpssEdition | EpssScore | Refusal]:
    """The edition, then the scores. IntakeError where the file is no list of scores or is damaged."""
    source = Source(origin, limits, name)
    with source.open() as reader:
        lines = _lines(reader, source)
        first = next(lines, "")
        told = (
            dict(part.partition(":")[::2] for part in first.lstrip("#").strip().split(",")) if first[:1] == "#" else {}
        )
        yield EpssEdition(clean.line(told.get("model_version"), 50), clean.when(told.get("score_date")))
        header = next(lines, "") if first[:1] == "#" else first
        columns = [column.strip().strip('"').lower() for column in header.split(",")]
        if "cve" not in columns or "epss" not in columns:
            raise source.error("The columns cve and epss are missing: this is no list of EPSS scores.", _REMEDY, row=1)
        yield from _scores(lines, columns, source, 3 if told else 2)


def _scores(lines: Iterator[str], columns: list[str], source: Source, start: int) -> Iterator[EpssScore | Refusal]:
    at_cve, at_score = columns.index("cve"), columns.index("epss")
    at_percentile = columns.index("percentile") if "percentile" in columns else -1
    refused = 0
    for number, cells in enumerate(csv.reader(lines), start=start):
        if not cells:
            continue
        found = _score(cells, at_cve, at_score, at_percentile) if len(cells) == len(columns) else None
        if found is not None:
            yield found
            continue
        refused += 1
        problem = "A line is not a CVE identifier with a score between 0 and 1."
        if refused > source.limits.refusals:
            raise source.error(problem, _REMEDY, row=number)
        yield Refusal(number, None, problem, _REMEDY)


def _score(cells: list[str], at_cve: int, at_score: int, at_percentile: int) -> EpssScore | None:
    cve = cells[at_cve].strip().upper()
    probability = _share(cells[at_score])
    if probability is None or not _CVE.fullmatch(cve):
        return None
    if at_percentile < 0 or not cells[at_percentile].strip():
        return EpssScore(cve, probability, None)
    percentile = _share(cells[at_percentile])
    return None if percentile is None else EpssScore(cve, probability, percentile)


def _share(cell: str) -> float | None:
    value = clean.number(cell.strip())
    return value if value is not None and 0.0 <= value <= 1.0 else None


def _lines(reader: Reader, source: Source) -> Iterator[str]:
    """Lines of text, each of bounded length."""
    head = reader.head()
    if not head.strip():
        raise source.error("The file is empty.", _REMEDY)
    stream = io.TextIOWrapper(
        io.BufferedReader(_Raw(reader), 256 * 1024),
        encoding=text_encoding(head),
        errors="strict",
        newline=None,
    )
    number = blank = 0
    try:
        while line := stream.readline(_LINE):
            number += 1
            blank = 0 if line.strip() else blank + 1
            if blank > source.limits.refusals:
                raise source.error("The file has too many blank lines.", _REMEDY, row=number)
            reader.mark()
            if len(line) >= _LINE or "\x00" in line:
                raise source.error("A line is too long or is no text.", _REMEDY, row=number)
            yield line
    except UnicodeDecodeError:
        raise IntakeError(source.name, number + 1, None, "The file is not UTF-8 text.", _REMEDY) from None
    except csv.Error as error:
        raise IntakeError(source.name, number, None, f"This is not valid CSV ({error}).", _REMEDY) from None


class _Raw(io.RawIOBase):
    """A Reader as the raw stream that the standard library's text layer wants."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
