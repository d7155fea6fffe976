"""A dated bundle of knowledge feeds: a ZIP with a manifest. It is taken whole or not at all.

Each table's number of bytes is bounded, and its SHA-256 must be the one that the manifest states. The digests guard
against damage and against a table that was exchanged alone; who made a bundle they do not prove.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from accord.intake.safe import text as clean
from accord.intake.safe import zip_reader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

FORMAT, VERSION, MANIFEST = "accord-feeds", 1, "manifest.json"
FEEDS = ("kev", "epss", "ssvc", "eol")
_REMEDY = "Copy the bundle again, or make it anew with `accord feeds pack`."
MANIFEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class BundledFeed:
    """One feed of a bundle, unpacked to `path`. Times None = not told."""

    feed: str
    path: Path
    source: str
    released: datetime | None
    loaded: datetime | None
    version: str
    rows: int


def is_bundle(path: Path) -> bool:
    """Whether a file is a ZIP with a manifest of ours at its top."""
    source = Source(path)
    return path.is_file() and source.packed() == "zip" and MANIFEST in zip_reader.names(source)


def open_bundle(path: Path, folder: Path, limits: Limits | None = None) -> list[BundledFeed]:
    """Unpack a bundle into an empty folder. IntakeError where anything is missing, unknown, or not what it was."""
    source = Source(path, limits)
    manifest = _manifest(source)
    wanted = {str(row.get("file")): row for row in manifest}
    digests: dict[str, str] = {}
    for member in zip_reader.members(source, wanted.__contains__):
        name = member.name.rpartition(" › ")[2]
        feed = str(wanted[name]["feed"])
        target = folder / f"{feed}.csv"
        with member.packed_bytes() as stream, target.open("wb") as out:
            shutil.copyfileobj(stream, out)
        with target.open("rb") as stream:
            digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    for name, row in wanted.items():
        if name not in digests:
            raise source.error("A table that the manifest names is missing.", _REMEDY, name)
        if digests[name] != str(row.get("sha256")).lower():
            raise source.error("A table is not the one that the manifest describes (SHA-256).", _REMEDY, name)
    return [
        BundledFeed(
            str(row["feed"]), folder / f"{row['feed']}.csv", clean.line(row.get("source"), 300) or "",
            clean.when(row.get("released") or None), clean.when(row.get("loaded") or None),
            clean.line(row.get("version"), 60) or "", clean.whole(row.get("rows")) or 0,
        )
        for row in wanted.values()
    ]  # fmt: skip


def _manifest(source: Source) -> list[dict[str, Any]]:
    for member in zip_reader.members(source, MANIFEST.__eq__):
        with member.packed_bytes() as stream:
            body = stream.read(MANIFEST_BYTES + 1)
        try:
            data = clean.mapping(json.loads(body)) if len(body) <= MANIFEST_BYTES else {}
        except (ValueError, RecursionError):
            data = {}
        if data.get("format") != FORMAT:
            raise source.error("The manifest is not that of a bundle of feeds.", _REMEDY, MANIFEST)
        if data.get("version") != VERSION:
            raise source.error("The bundle is of another version.", "Use the version of Accord that made it.", MANIFEST)
        rows = [clean.mapping(row) for row in clean.listing(data.get("feeds"))]
        feeds = [str(row.get("feed")) for row in rows]
        known = all(feed in FEEDS and row.get("file") == f"{feed}.csv" for feed, row in zip(feeds, rows, strict=True))
        if not rows or not known or len(set(feeds)) != len(feeds):
            raise source.error("The manifest names no feeds, unknown ones, or one twice.", _REMEDY, MANIFEST)
        return rows
    raise source.error("It has no manifest.", _REMEDY, MANIFEST)
