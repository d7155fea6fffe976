"""How old what the verdicts rest on is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accord.exposure.models import FeedUpdate
from accord.ui import format as write

STALE = {FeedUpdate.Feed(feed): timedelta(days=days) for feed, days in settings.ACCORD_FEED_STALE_DAYS.items()}
"""A feed whose own date is older than this is shown as stale (setting `ACCORD_FEED_STALE_DAYS`)."""


@dataclass(frozen=True, slots=True)
class FeedAge:
    """The last complete load of a feed; every field but `feed` and `name` is None or 0 where it was never loaded.

    `released` is the feed's own date, `loaded` when it came in; `age_days` counts from `released`, from `loaded`
    where the feed does not tell.
    """

    feed: str
    name: str
    released: datetime | None = None
    loaded: datetime | None = None
    version: str = ""
    entries: int = 0
    source: str = ""
    age_days: int | None = None
    is_stale: bool = True

    @property
    def text(self) -> str:
        """In words: "CISA KEV of 5 Aug 2026, 3 days old"."""
        if self.loaded is None:
            return f"{self.name}: never loaded"
        model = f", model {self.version}" if self.feed == FeedUpdate.Feed.EPSS and self.version else ""
        day = write.date((self.released or self.loaded).date())
        old = "today" if not self.age_days else f"{self.age_days} day{'' if self.age_days == 1 else 's'} old"
        return f"{self.name} of {day}, {old}{model}" + (" (stale)" if self.is_stale else "")


def feed_ages(now: datetime | None = None) -> list[FeedAge]:
    """Every feed with the age of its last complete load. One query."""
    at = now or timezone.now()
    done = FeedUpdate.objects.filter(state=FeedUpdate.State.DONE)
    newest = done.order_by().values("feed").annotate(last=Max("pk")).values("last")
    rows = {row.feed: row for row in FeedUpdate.objects.filter(pk__in=newest).defer("problems")}
    found = []
    for feed in FeedUpdate.Feed:
        last = rows.get(feed.value)
        if last is None:
            found.append(FeedAge(feed.value, feed.label))
            continue
        age = at - (last.released or last.loaded)
        found.append(
            FeedAge(
                feed.value, feed.label, last.released, last.loaded, last.version, last.entries, last.source,
                max(age.days, 0), age > STALE[feed],
            )
        )  # fmt: skip
    return found
