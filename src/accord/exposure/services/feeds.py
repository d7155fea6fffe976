"""Loads CISA KEV and FIRST EPSS, notes what they say on the definitions, and ranks their findings anew."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from accord.core import files, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.exposure.models import Definition, DefinitionAlias, Epss, FeedUpdate, Kev
from accord.exposure.services import assessing, bulk
from accord.exposure.services.bulk import clip
from accord.exposure.services.definitions import FeedFacts, Feeds
from accord.exposure.services.pace import Breath
from accord.intake.epss import EpssEdition, EpssScore, read_epss
from accord.intake.kev import KevCatalogue, KevEntry, read_kev
from accord.intake.records import IntakeError, Refusal

KEV_ADDRESS = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_ADDRESS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
ADDRESSES = {FeedUpdate.Feed.KEV.value: KEV_ADDRESS, FeedUpdate.Feed.EPSS.value: EPSS_ADDRESS}
MOST_BYTES = 200 << 20
KEPT_PROBLEMS = 100
WRITTEN = 5000
KEV_FIELDS = ("name", "vendor", "product", "added", "due", "required_action", "ransomware")
Tell = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


@dataclass(slots=True)
class _Read:
    """A feed, read whole before anything is written."""

    feed: str
    source: str
    digest: str
    released: datetime | None
    version: str
    rows: dict[str, Any]
    problems: list[dict[str, Any]]


def update_feeds(
    actor: User | None, kev_path: Path | str | None = None, epss_path: Path | str | None = None, tell: Tell = silent
) -> list[FeedUpdate]:
    """Load the feeds from files; without any path both are downloaded. Returns what was loaded.

    `Refused` where a file cannot be read, or where the network does not allow the download; then nothing changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        if kev_path is None and epss_path is None:
            kev_path = download(FeedUpdate.Feed.KEV, Path(folder), tell)
            epss_path = download(FeedUpdate.Feed.EPSS, Path(folder), tell)
            named = ADDRESSES
        else:
            named = {}
        given = [(feed, path) for feed, path in (("kev", kev_path), ("epss", epss_path)) if path is not None]
        read = [_read(feed, Path(path), named.get(feed, "")) for feed, path in given]
    made = [_load(actor, one, tell) for one in read]
    changed = _note_on_definitions(actor, tell)
    breath = Breath()

    def pause() -> None:
        breath()
        tell(0, None, "Ranking findings")

    findings = assessing.reassess_pending(actor, pause)
    with ledger.write(actor) as log:
        for update in made:
            update.state = FeedUpdate.State.DONE
            update.definitions_changed, update.findings_changed = changed, findings
            update.save()
            log.add("load", "feed", update.feed, None, _told(update))
    return made


def _told(update: FeedUpdate) -> dict[str, Any]:
    names = ("source", "digest", "released", "version", "entries", "added", "changed", "removed")
    return {name: getattr(update, name) for name in names}


def feed_of(path: Path | str) -> str:
    """Which feed a file is ("kev" or "epss"), by its content; `Refused` where it is neither."""
    for feed in FeedUpdate.Feed.values:
        try:
            for _ in islice(_records(feed, Path(path)), 2):  # the edition says little, the first entry enough
                pass
        except IntakeError:
            continue
        return str(feed)
    raise Refused(
        Problem(None, "", "It is neither CISA's KEV catalogue (JSON) nor FIRST's EPSS scores (CSV, also .gz).",
                "Download it again from cisa.gov or first.org.", Path(path).name)
    )  # fmt: skip


def update_from(actor: User | None, paths: Sequence[Path | str], tell: Tell = silent) -> list[FeedUpdate]:
    """Load feeds from files of either kind, told apart by their content; without any, both are downloaded."""
    by_feed: dict[str, Path | str] = {}
    for path in paths:
        feed = feed_of(path)
        if feed in by_feed:
            raise Refused(
                Problem(None, "", f"Both this and {Path(by_feed[feed]).name} are of the feed {feed}.",
                        "Give one file per feed.", Path(path).name)
            )  # fmt: skip
        by_feed[feed] = path
    return update_feeds(actor, by_feed.get("kev"), by_feed.get("epss"), tell)


def download(feed: str, folder: Path, tell: Tell = silent) -> Path:
    """Fetch a feed into a folder; `Refused` names the way around where the network does not allow it."""
    import httpx

    address = ADDRESSES[str(feed)]
    target = folder / address.rpartition("/")[2]
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
                    "Where the network does not allow it: download the file on another machine, then "
                    "`accord feeds update --from FILE`, or hand it in on the page Feeds.", address)
        ) from None  # fmt: skip
    return target


def _records(feed: str, path: Path) -> Iterator[Any]:
    return read_kev(path) if feed == FeedUpdate.Feed.KEV else read_epss(path)


def _read(feed: str, path: Path, source: str) -> _Read:
    """Read a feed to its end, without a write."""
    found = _Read(feed, source or files.safe_name(path.name), "", None, "", {}, [])
    try:
        for record in _records(feed, path):
            match record:
                case KevCatalogue():
                    found.released, found.version = record.released, record.version or ""
                case EpssEdition():
                    found.released, found.version = record.scored, record.model_version or ""
                case KevEntry() | EpssScore():
                    found.rows[record.cve] = record
                case Refusal():
                    if len(found.problems) < KEPT_PROBLEMS:
                        names = ("row", "field", "problem", "remedy")
                        found.problems.append({name: getattr(record, name) for name in names})
        with path.open("rb") as stream:
            found.digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except IntakeError as error:
        row = error.row if isinstance(error.row, int) else None
        raise Refused(Problem(row, error.field or "", error.problem, error.remedy, error.file)) from None
    if not found.rows:
        raise Refused(Problem(None, "", "It has no entries.", "Download it again.", path.name))
    return found


def _load(actor: User | None, read: _Read, tell: Tell) -> FeedUpdate:
    """Make the table of the feed what the file says, in short transactions; safe to repeat."""
    with ledger.write(actor) as log:
        update = FeedUpdate.objects.create(
            feed=read.feed, source=clip(read.source, 500), digest=read.digest, released=read.released,
            version=clip(read.version, 60), entries=len(read.rows), problems=read.problems, by=actor,
        )  # fmt: skip
        log.add("begin", "feed", read.feed, None, {"source": update.source, "digest": update.digest})
    model: Any = Kev if read.feed == FeedUpdate.Feed.KEV else Epss
    names = KEV_FIELDS if model is Kev else ("score", "percentile")
    known = {row.cve: row for row in model.objects.all().iterator(chunk_size=WRITTEN)}
    fresh, changed = [], []
    for cve, record in read.rows.items():
        row = known.get(cve)
        made = _kev(record) if model is Kev else Epss(cve=cve, score=record.probability, percentile=record.percentile)
        if row is None:
            fresh.append(made)
        elif any(getattr(row, name) != getattr(made, name) for name in names):
            made.pk = row.pk
            changed.append(made)
    gone = [row.pk for cve, row in known.items() if cve not in read.rows]
    done, total, breath = 0, len(fresh) + len(changed) + len(gone), Breath()
    for act, rows in (("insert", fresh), ("overwrite", changed), ("delete", gone)):
        for part in bulk.chunks(rows, WRITTEN):
            with bulk.wide_statements(), ledger.write(actor):
                if act == "insert":
                    bulk.insert(model, part)
                elif act == "overwrite":
                    bulk.overwrite(model, part, names)
                else:
                    model.objects.filter(pk__in=part).delete()
            done += len(part)
            tell(done, total, f"Loading {update.get_feed_display()}")
            breath()
    update.added, update.changed, update.removed = len(fresh), len(changed), len(gone)
    return update


def _kev(entry: KevEntry) -> Kev:
    return Kev(
        cve=entry.cve, name=clip(entry.name, 500), vendor=clip(entry.vendor, 300), product=clip(entry.product, 300),
        added=entry.added, due=entry.due, required_action=entry.required_action or "", ransomware=entry.ransomware,
    )  # fmt: skip


def _note_on_definitions(actor: User | None, tell: Tell) -> int:
    """Compare each definition with the feeds and note what differs; returns how many did."""
    differed, done, breath = 0, 0, Breath()
    everything = Definition.objects.order_by("pk").values_list("pk", flat=True)
    for part in bulk.chunks(list(everything), 1000):
        with bulk.wide_statements(), ledger.write(actor) as log:
            names: dict[int, list[str]] = {pk: [] for pk in part}
            for pk, value in DefinitionAlias.objects.filter(definition_id__in=part).values_list(
                "definition_id", "value"
            ):
                names[pk].append(value)
            feeds = Feeds.of(name for values in names.values() for name in values)
            changed = []
            for definition in Definition.objects.filter(pk__in=part):
                now = feeds.facts(names[definition.pk])
                was = FeedFacts(definition.known_exploited, definition.epss, definition.epss_percentile)
                if was == now:
                    continue
                definition.pending = definition.pending or was.known_exploited is not now.known_exploited
                definition.pending = definition.pending or was.epss != now.epss
                definition.known_exploited, definition.epss = now.known_exploited, now.epss
                definition.epss_percentile = now.percentile
                changed.append(definition)
                if was.known_exploited is not now.known_exploited:
                    log.add(
                        "change", "definition", definition.identifier, {"known_exploited": was.known_exploited},
                        {"known_exploited": now.known_exploited},
                    )  # fmt: skip
            bulk.overwrite(Definition, changed, ("known_exploited", "epss", "epss_percentile", "pending"))
        differed += len(changed)
        done += len(part)
        tell(done, None, "Noting it on what was found")
        breath()
    return differed
