"""A dated bundle of knowledge feeds: a ZIP with one table per feed and a manifest that holds their digests."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT, VERSION = "accord-feeds", 1
MANIFEST = "manifest.json"
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class PackedFeed:
    """What the manifest says of one feed; times are ISO 8601, "" = not told."""

    feed: str
    file: str
    source: str
    released: str
    loaded: str
    version: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FeedTable:
    """A feed to be packed: `above` is a first line before the header, or ""."""

    feed: str
    source: str
    released: str
    loaded: str
    version: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    above: str = ""


def write_bundle(target: Path, made: str, tables: Iterable[FeedTable]) -> list[PackedFeed]:
    """Write the bundle; returns what its manifest says. The same tables give the same bytes but for `made`."""
    packed = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            name = f"{table.feed}.csv"
            body, rows = _csv(table)
            digest = hashlib.sha256(body).hexdigest()
            archive.writestr(zipfile.ZipInfo(name, _STAMP), body, zipfile.ZIP_DEFLATED)
            packed.append(
                PackedFeed(table.feed, name, table.source, table.released, table.loaded, table.version, rows, digest)
            )
        manifest = {"format": FORMAT, "version": VERSION, "made": made, "feeds": [asdict(one) for one in packed]}
        body = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        archive.writestr(zipfile.ZipInfo(MANIFEST, _STAMP), body, zipfile.ZIP_DEFLATED)
    return packed


def _csv(table: FeedTable) -> tuple[bytes, int]:
    held, rows = io.StringIO(), 0
    if table.above:
        held.write(table.above + "\n")
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(["" if cell is None else cell for cell in row])
        rows += 1
    return held.getvalue().encode(), rows
