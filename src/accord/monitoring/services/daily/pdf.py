"""The daily watch as PDF, from its frozen content."""

from __future__ import annotations

from accord.monitoring.models import DailyWatch
from accord.monitoring.selectors.daily import Watch
from accord.ui import badges
from accord.ui import format as write


def document(watch: DailyWatch, origin: str) -> bytes:
    """The pages; `origin` is the outer address, for their links. The same content gives the same bytes."""
    from accord.outlet.watch_pdf import WatchFigure, WatchLine, WatchPaper, WatchPart, write_pdf

    told, base = Watch.from_content(watch.frozen), origin.rstrip("/")
    parts = [
        WatchPart(
            one.title,
            [
                WatchFigure(fact.label, fact.figure, fact.note, base + fact.href if fact.href else "")
                for fact in one.statements
            ],
            [
                WatchLine(
                    line.text, line.detail, badges.find(*line.badge).label if line.badge else "",
                    base + line.href if line.href else "",
                )
                for line in one.lines
            ],
            one.empty, one.note,
        )
        for one in told.sections
    ]  # fmt: skip
    return write_pdf(
        WatchPaper(
            watch.key, str(watch), told.organization,
            f"{write.datetime(told.since)} to {write.datetime(told.until)}", told.until, watch.content_hash,
            base + watch.get_absolute_url(), told.sentences, parts,
        )
    )  # fmt: skip
