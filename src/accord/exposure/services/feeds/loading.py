"""Makes the table of a feed what the feed says, in short transactions; safe to repeat."""

from __future__ import annotations

from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.exposure.models import EndOfLife, Epss, FeedUpdate, Kev, SsvcPoint
from accord.exposure.services import bulk
from accord.exposure.services.bulk import clip
from accord.exposure.services.feeds.sources import Read, Tell

WRITTEN = 5000
MODELS: dict[str, Any] = {"kev": Kev, "epss": Epss, "ssvc": SsvcPoint, "eol": EndOfLife}
NAMES: dict[str, tuple[str, ...]] = {
    "kev": ("name", "vendor", "product", "added", "due", "required_action", "ransomware"),
    "epss": ("score", "percentile"),
    "ssvc": ("exploitation", "automatable", "total_impact", "assessed", "vectors"),
    "eol": ("released", "support_ends", "support_ended", "eol", "eol_reached", "latest", "identifiers"),
}


def load(actor: User | None, read: Read, tell: Tell) -> FeedUpdate:
    """Write what differs from the table, and note the load."""
    with ledger.write(actor) as log:
        update = FeedUpdate.objects.create(
            feed=read.feed, source=clip(read.source, 500), digest=read.digest, released=read.released,
            version=clip(read.version, 60), entries=len(read.rows), problems=read.problems, by=actor,
        )  # fmt: skip
        log.add("begin", "feed", read.feed, None, {"source": update.source, "digest": update.digest})
    model, names = MODELS[read.feed], NAMES[read.feed]
    known = {_about(read.feed, row): row for row in model.objects.all().iterator(chunk_size=WRITTEN)}
    fresh, changed = [], []
    for about, record in read.rows.items():
        row, made = known.get(about), _row(read.feed, record)
        if row is None:
            fresh.append(made)
        elif any(getattr(row, name) != getattr(made, name) for name in names):
            made.pk = row.pk
            changed.append(made)
    gone = [row.pk for about, row in known.items() if about not in read.rows]
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


def _about(feed: str, row: Any) -> Any:
    return (row.product, row.cycle) if feed == "eol" else row.cve


def _row(feed: str, record: Any) -> Any:
    if feed == "kev":
        return Kev(
            cve=record.cve, name=clip(record.name, 500), vendor=clip(record.vendor, 300),
            product=clip(record.product, 300), added=record.added, due=record.due,
            required_action=record.required_action or "", ransomware=record.ransomware,
        )  # fmt: skip
    if feed == "epss":
        return Epss(cve=record.cve, score=record.probability, percentile=record.percentile)
    if feed == "ssvc":
        return SsvcPoint(
            cve=record.cve, exploitation=record.exploitation, automatable=record.automatable,
            total_impact=record.total_impact, assessed=record.assessed, vectors=list(record.vectors),
        )  # fmt: skip
    return EndOfLife(
        product=record.product, cycle=record.cycle, released=record.released, support_ends=record.support_ends,
        support_ended=record.support_ended, eol=record.eol, eol_reached=record.eol_reached, latest=record.latest,
        identifiers=list(record.identifiers),
    )  # fmt: skip
