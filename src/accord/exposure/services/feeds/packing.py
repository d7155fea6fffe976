"""Packs what is loaded into a dated bundle that an Accord without a network can take in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone

from accord.core.errors import Refused
from accord.exposure.models import EndOfLife, Epss, FeedUpdate, Kev, SsvcPoint
from accord.outlet.feeds import FeedTable, PackedFeed, write_bundle

Feed = FeedUpdate.Feed
COLUMNS: dict[str, tuple[str, ...]] = {
    Feed.KEV: (
        "cveID", "vendorProject", "product", "vulnerabilityName", "dateAdded", "requiredAction", "dueDate",
        "knownRansomwareCampaignUse",
    ),
    Feed.EPSS: ("cve", "epss", "percentile"),
    Feed.SSVC: (
        "cve", "exploitation", "automatable", "technical_impact", "assessed", "cvss40", "cvss31", "cvss30", "cvss2",
    ),
    Feed.EOL: (
        "product", "cycle", "released", "end_of_active_support", "end_of_life", "latest", "identifiers",
    ),
}  # fmt: skip
_VERSIONS = (("cvss40", "CVSS:4.0"), ("cvss31", "CVSS:3.1"), ("cvss30", "CVSS:3.0"))


def pack(target: Path) -> list[PackedFeed]:
    """Write a bundle of every feed that was loaded; `Refused` where none was. Returns its manifest's rows."""
    tables = []
    for feed in Feed.values:
        last = FeedUpdate.objects.filter(feed=feed, state=FeedUpdate.State.DONE).order_by("-id").first()
        if last is not None:
            tables.append(_table(feed, last))
    if not tables:
        raise Refused("No feed was loaded yet, so there is nothing to pack. Load feeds with `accord feeds update`.")
    return write_bundle(target, timezone.now().isoformat(timespec="seconds"), tables)


def _table(feed: str, last: FeedUpdate) -> FeedTable:
    released = last.released.isoformat() if last.released else ""
    above = ""
    if feed == Feed.EPSS and (last.version or released):
        above = f"#model_version:{last.version},score_date:{released}"
    return FeedTable(
        feed, last.source, released, last.loaded.isoformat(), last.version, COLUMNS[feed], _rows(feed), above
    )


def _rows(feed: str) -> Iterator[list[Any]]:
    match feed:
        case Feed.KEV:
            for row in Kev.objects.order_by("cve").iterator():
                ransomware = "Known" if row.ransomware else "Unknown"
                yield [row.cve, row.vendor, row.product, row.name, row.added, row.required_action, row.due, ransomware]
        case Feed.EPSS:
            for score in Epss.objects.order_by("cve").iterator():
                yield [score.cve, repr(score.score), None if score.percentile is None else repr(score.percentile)]
        case Feed.SSVC:
            for point in SsvcPoint.objects.order_by("cve").iterator():
                yield [
                    point.cve, point.exploitation, _word(point.automatable, "yes", "no"),
                    _word(point.total_impact, "total", "partial"), point.assessed, *_vectors(point.vectors),
                ]  # fmt: skip
        case Feed.EOL:
            for one in EndOfLife.objects.order_by("product", "cycle").iterator():
                yield [
                    one.product, one.cycle, one.released, one.support_ends or _word(one.support_ended, "true", "false"),
                    one.eol or _word(one.eol_reached, "true", "false"), one.latest, " ".join(one.identifiers),
                ]  # fmt: skip


def _word(value: bool | None, yes: str, no: str) -> str:
    return "" if value is None else yes if value else no


def _vectors(vectors: list[str]) -> list[str]:
    found = {name: next((v for v in vectors if v.startswith(start)), "") for name, start in _VERSIONS}
    return [*found.values(), next((v for v in vectors if not v.startswith("CVSS:")), "")]
