"""Where feeds come from: addresses, files, bundles. A feed is read to its end before anything is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accord.core import files
from accord.core.errors import Problem, Refused
from accord.exposure.models import FeedUpdate
from accord.intake.end_of_life import Cycle, CycleEdition
from accord.intake.epss import EpssEdition, EpssScore
from accord.intake.feed_bundle import BundledFeed, is_bundle, open_bundle
from accord.intake.feed_kinds import FORMS, FeedForm, form_of
from accord.intake.kev import KevCatalogue, KevEntry
from accord.intake.records import IntakeError, Refusal
from accord.intake.ssvc import SsvcAnswer, SsvcEdition

KEV_ADDRESS = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_ADDRESS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
SSVC_ADDRESS = "https://codeload.github.com/cisagov/vulnrichment/zip/refs/heads/develop"
EOL_ADDRESS = "https://endoflife.date/api/v1/products/full"
Feed = FeedUpdate.Feed
ADDRESSES = {
    Feed.KEV.value: KEV_ADDRESS, Feed.EPSS.value: EPSS_ADDRESS, Feed.SSVC.value: SSVC_ADDRESS,
    Feed.EOL.value: EOL_ADDRESS,
}  # fmt: skip
ENDINGS = {Feed.KEV.value: "kev.json", Feed.EPSS.value: "epss.csv.gz", Feed.SSVC.value: "vulnrichment.zip",
           Feed.EOL.value: "end-of-life.json"}  # fmt: skip
MOST_BYTES = 1 << 30
KEPT_PROBLEMS = 100
Tell = Callable[[int, int | None, str], None]
_DATED = re.compile(r"(?<!\d)(20\d{2})-(\d{2})-(\d{2})(?!\d)")


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


@dataclass(slots=True)
class Read:
    """A feed, read whole. `rows` are the records by what they are about."""

    feed: str
    source: str
    digest: str = ""
    released: datetime | None = None
    version: str = ""
    rows: dict[Any, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)


def download(feed: str, folder: Path, tell: Tell = silent) -> Path:
    """Fetch a feed into a folder; `Refused` names the way around where the network does not allow it."""
    import httpx

    address = ADDRESSES[str(feed)]
    target = folder / ENDINGS[str(feed)]
    tell(0, None, f"Downloading {address}")
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=30) as answer, target.open("wb") as out:
            answer.raise_for_status()
            size = 0
            for block in answer.iter_bytes(1 << 20):
                size += len(block)
                if size > MOST_BYTES:
                    raise Refused(f"{address} is larger than {MOST_BYTES:,} bytes. Download it by hand and look.")
                out.write(block)
    except (httpx.HTTPError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise Refused(
            Problem(None, "", f"It could not be downloaded ({reason}).",
                    "Where the network does not allow it: download the file on another machine, or make a bundle there "
                    "with `accord feeds pack`; then `accord feeds update --from FILE`, or hand it in on the page "
                    "Feeds.", address)
        ) from None  # fmt: skip
    return target


def collect(paths: list[Path], folder: Path) -> list[Read]:
    """Read files, folders of CVE records, and bundles; `Refused` where one is none, or two are of one feed."""
    found: dict[str, Read] = {}
    by: dict[str, str] = {}
    for number, path in enumerate(paths):
        for one in _of_path(path, folder / str(number)):
            if one.feed in found:
                raise Refused(
                    Problem(None, "", f"Both this and {by[one.feed]} are of the feed {one.feed}.",
                            "Give one file per feed.", path.name)
                )  # fmt: skip
            found[one.feed], by[one.feed] = one, path.name
    return list(found.values())


def _of_path(path: Path, folder: Path) -> list[Read]:
    try:
        if is_bundle(path):
            folder.mkdir()
            return [_bundled(one, path) for one in open_bundle(path, folder)]
    except IntakeError as error:
        raise refused(error) from None
    return [read(path, form_or_refuse(path))]


def form_or_refuse(path: Path) -> FeedForm:
    """The form of a feed's file; `Refused` where it is none."""
    form = form_of(path)
    if form is None:
        raise Refused(
            Problem(None, "", "It is no feed that is read: CISA's KEV catalogue (JSON, CSV), FIRST's EPSS scores (CSV, "
                    "also .gz), CISA's Vulnrichment (CVE records, their ZIP, or a table of SSVC points), release "
                    "cycles of endoflife.date (JSON, CSV), or a bundle of Accord.",
                    "Download it again from cisa.gov, first.org, github.com/cisagov/vulnrichment or endoflife.date.",
                    path.name)
        )  # fmt: skip
    return form


def _bundled(one: BundledFeed, path: Path) -> Read:
    form = next(form for form in FORMS if form.feed == one.feed)
    found = read(one.path, form, f"{files.safe_name(path.name)}: {one.source}")
    found.released, found.version = one.released or found.released, one.version or found.version
    if len(found.rows) != one.rows or found.problems:
        raise Refused(
            Problem(None, "", f"The feed {one.feed} has {len(found.rows):,} entries, the manifest says {one.rows:,}.",
                    "Make the bundle anew.", path.name)
        )  # fmt: skip
    return found


def read(path: Path, form: FeedForm, source: str = "") -> Read:
    """Read a feed to its end, without a write. Where it does not tell its date, one in the file's name counts."""
    found = Read(form.feed, source or files.safe_name(path.name))
    try:
        for record in form.read(path):
            match record:
                case KevCatalogue():
                    found.released, found.version = record.released, record.version or ""
                case EpssEdition():
                    found.released, found.version = record.scored, record.model_version or ""
                case SsvcEdition() | CycleEdition():
                    found.released = record.released or found.released
                case KevEntry() | EpssScore() | SsvcAnswer():
                    found.rows[record.cve] = record
                case Cycle():
                    found.rows[record.product, record.cycle] = record
                case Refusal():
                    if len(found.problems) < KEPT_PROBLEMS:
                        names = ("row", "field", "problem", "remedy")
                        found.problems.append({name: getattr(record, name) for name in names})
        if path.is_file():
            with path.open("rb") as stream:
                found.digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except IntakeError as error:
        raise refused(error) from None
    if not found.rows:
        raise Refused(Problem(None, "", "It has no entries.", "Download it again.", path.name))
    found.released = found.released or _dated(path.name)
    return found


def _dated(name: str) -> datetime | None:
    match = _DATED.search(name)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None


def refused(error: IntakeError) -> Refused:
    row = error.row if isinstance(error.row, int) else None
    return Refused(Problem(row, error.field or "", error.problem, error.remedy, error.file))
