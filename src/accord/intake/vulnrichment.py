"""CISA's Vulnrichment: CVE records (JSON, CVE record format 5) with CISA's own container: SSVC points and CVSS vectors.

A single record, a folder of them, or the ZIP in which the repository is downloaded. In a record, the points are the
`other` metrics of type "ssvc" in `containers.adp`; vectors are taken from there and, where it has none, from the
container of the CNA. Records without points and vectors are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.records import IntakeError, Refusal
from accord.intake.safe import text as clean
from accord.intake.safe import zip_reader
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source
from accord.intake.ssvc import MOST, SsvcAnswer, SsvcEdition, answer

_REMEDY = "Take it again from github.com/cisagov/vulnrichment."
_METRICS = ("cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0")


def read_vulnrichment(
    origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None
) -> Iterator[SsvcEdition | SsvcAnswer | Refusal]:
    """The edition (the newest assessment, told last too), then the points of each CVE.

    IntakeError where there is no CVE record at all, or the archive is damaged. A record that cannot be read is refused
    alone.
    """
    yield SsvcEdition(None)
    newest: datetime | None = None
    found = refused = records = 0
    single = not _is_folder(origin) and Source(origin, limits, name).packed() != "zip"
    for source in _sources(origin, limits, name):
        records += 1
        if records > MOST:
            raise source.error(f"There are more than {MOST:,} records.", "Check where it comes from.")
        try:
            told = _record(source)
        except IntakeError as error:
            refused += 1
            if single or refused > source.limits.refusals:
                raise
            yield Refusal(source.name, error.field, error.problem, error.remedy)
            continue
        found += 1
        answered, moment = told
        newest = moment if newest is None or (moment is not None and moment > newest) else newest
        if answered is not None:
            yield answered
    if not found:
        shown = name or (Path(origin).name if isinstance(origin, (str, Path)) else "the archive")
        raise IntakeError(shown, None, None, "There is no CVE record in it.", _REMEDY)
    yield SsvcEdition(newest)


def _is_folder(origin: object) -> bool:
    return isinstance(origin, (str, Path)) and Path(origin).is_dir()


def _sources(origin: Path | str | BinaryIO, limits: Limits | None, name: str | None) -> Iterator[Source]:
    if isinstance(origin, (str, Path)) and Path(origin).is_dir():
        for path in sorted(Path(origin).rglob("*.json")):
            if not path.is_symlink() and path.is_file():
                yield Source(path, limits)
        return
    source = Source(origin, limits, name)
    if source.packed() == "zip":
        yield from zip_reader.members(source, lambda inner: inner.lower().endswith(".json"), MOST)
    else:
        yield source


def _record(source: Source) -> tuple[SsvcAnswer | None, datetime | None]:
    """What a record says (None: nothing of use), and when CISA assessed it."""
    with source.open() as reader:
        document = JsonReader(reader)
        cve, containers, is_record = "", {}, False
        for key in document.names():
            if key == "dataType":
                is_record = document.scalar() == "CVE_RECORD"
            elif key == "cveMetadata":
                cve = str(document.mapping().get("cveId") or "")[:100]
            elif key == "containers":
                containers = document.mapping()
        document.end()
    if not is_record or not cve:
        raise source.error("This is no CVE record.", _REMEDY)
    return _points(cve, containers)


def _points(cve: str, containers: dict[str, Any]) -> tuple[SsvcAnswer | None, datetime | None]:
    adps = [clean.mapping(one) for one in clean.listing(containers.get("adp"))]
    words = {"exploitation": "", "automatable": "", "technical impact": ""}
    moment: datetime | None = None
    for metric in _metrics(adps):
        other = clean.mapping(metric.get("other"))
        if str(other.get("type")).lower() != "ssvc":
            continue
        content = clean.mapping(other.get("content"))
        moment = clean.when(content.get("timestamp")) or moment
        for option in clean.listing(content.get("options"))[:20]:
            for name, value in clean.mapping(option).items():
                if str(name).lower() in words:
                    words[str(name).lower()] = clean.line(value, 40) or ""
    vectors = _vectors(_metrics(adps)) or _vectors(_metrics([clean.mapping(containers.get("cna"))]))
    if not any(words.values()) and not vectors:
        return None, moment
    day = None if moment is None else moment.date()
    return answer(cve, words["exploitation"], words["automatable"], words["technical impact"], day, vectors), moment


def _metrics(holders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [clean.mapping(m) for holder in holders for m in clean.listing(holder.get("metrics"))[:100]]


def _vectors(metrics: list[dict[str, Any]]) -> list[str]:
    found = []
    for name in _METRICS:
        for metric in metrics:
            vector = clean.line(clean.mapping(metric.get(name)).get("vectorString"), 300)
            if vector and vector not in found:
                found.append(vector)
    return found[:5]
