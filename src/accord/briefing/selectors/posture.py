"""The CISO's part of a home: what to fix first, what is open, what nobody looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max

from accord.briefing import parts
from accord.briefing.parts import Table, address
from accord.core.statements import Statement
from accord.exposure.models import FeedUpdate
from accord.exposure.selectors import Coverage, Exposure, FeedAge, FixFirst
from accord.exposure.selectors.feeds import STALE
from accord.exposure.selectors.posture import totals
from accord.exposure.selectors.systems import exposure_from
from accord.exposure.shell.links import STANDING
from accord.ui import format as write

SHOWN = 8


NEVER = "No scan was imported yet."


@dataclass(frozen=True, slots=True)
class Seen:
    """What is open, what is looked at, and how old the feeds are; `scanned` False = nothing is known yet."""

    exposure: Exposure
    coverage: Coverage
    feeds: Sequence[FeedAge]
    as_of: datetime

    @property
    def scanned(self) -> bool:
        cover = self.coverage
        return bool(self.exposure.open or cover.never < cover.assets or cover.unclaimed or cover.ignored)

    @property
    def catalogue(self) -> bool:
        """Whether CISA's catalogue was ever loaded: before that, nobody knows what is exploited."""
        return any(feed.feed == FeedUpdate.Feed.KEV and feed.loaded is not None for feed in self.feeds)


def seen(now: datetime) -> Seen:
    """Counts of the whole organization, from roll-ups. Two queries."""
    total, cover = totals(now)
    return Seen(exposure_from(total), cover, feed_dates(now), now)


def feed_dates(now: datetime) -> list[FeedAge]:
    """The last complete load of each feed. One query."""
    done = FeedUpdate.objects.filter(state=FeedUpdate.State.DONE)
    newest = done.order_by().values("feed").annotate(last=Max("pk")).values("last")
    rows = {row.feed: row for row in FeedUpdate.objects.filter(pk__in=newest).defer("problems")}
    found = []
    for feed in FeedUpdate.Feed:
        row = rows.get(feed.value)
        if row is None:
            found.append(FeedAge(feed.value, feed.label))
            continue
        age = now - (row.released or row.loaded)
        found.append(
            FeedAge(
                feed.value, feed.label, row.released, row.loaded, row.version, row.entries, row.source,
                max(age.days, 0), age > STALE[feed],
            )
        )  # fmt: skip
    return found


def statements(found: Seen) -> list[Statement]:
    """Open, exploited, watched, unclaimed. No query."""
    exposure, cover = found.exposure, found.coverage
    known = found.scanned and found.catalogue
    return [
        Statement(
            "posture.deadline", "Weak points to fix by a date", exposure.with_deadline if found.scanned else None,
            "findings", source=f"Of {exposure.open:,} open findings.", query="briefing.selectors.posture.seen",
            href=address("exposure:finding_list", state=STANDING, priority=exposure.dated), as_of=found.as_of,
            tone="warning" if exposure.with_deadline else "", note="" if found.scanned else NEVER,
        ),
        Statement(
            "posture.exploited", "Known to be used by attackers", exposure.known_exploited if known else None,
            "findings", source="CISA's catalogue of known exploited vulnerabilities.",
            query="briefing.selectors.posture.seen", as_of=found.as_of,
            href=address("exposure:finding_list", state=STANDING, known_exploited="yes"),
            tone="danger" if known and exposure.known_exploited else "",
            note="" if known or not found.scanned else "The catalogue was never loaded.",
        ),
        Statement(
            "posture.coverage", "Assets that a scan looked at within 30 days", cover.recent_share, "%",
            source=f"{cover.recent:,} of {cover.assets:,} assets.", query="exposure.selectors.coverage",
            href=address("exposure:scan_list"), as_of=found.as_of,
            note=f"{cover.never:,} were never seen by any scan." if cover.never else "",
            tone="warning" if cover.never else "",
        ),
        Statement(
            "posture.unclaimed", "Seen by scanners, on no list of assets", cover.unclaimed, "targets",
            source=f"{cover.ignored:,} more are ignored on purpose.", query="exposure.selectors.coverage",
            href=address("exposure:unclaimed_list"), as_of=found.as_of,
            tone="warning" if cover.unclaimed else "",
        ),
    ]  # fmt: skip


def fix_first(rows: Iterable[FixFirst], title: str = "What to fix first") -> Table:
    return parts.table(
        "fix-first", title, ("Weakness", "System", "Fix within", "Costs a year", "Open", "Goals carried"),
        [
            (
                parts.text(row.title or row.definition, row.href, _facts(row)),
                parts.text(row.system_name or "on no system", _system_href(row.system)),
                _within(row),
                _price(row),
                parts.text(f"{'at least ' if row.at_least else ''}{write.number(row.findings)}"),
                parts.percent(row.goal_weight),
            )
            for row in rows
        ],
        "Nothing is open that needs fixing.", address("exposure:finding_list", state=STANDING),
    )  # fmt: skip


def _price(row: FixFirst) -> parts.Cell:
    """What the findings cost a year as long as they are open."""
    if row.price is None:
        return parts.text("not priced")
    return parts.text(("at least " if row.at_least else "") + write.money(row.price, compact=True))


def _within(row: FixFirst) -> parts.Cell:
    """The most urgent class, and the interval where a fact is unknown."""
    shown = parts.badge("urgency", row.worst)
    mildest = row.priority.partition(" to ")[2]
    return replace(shown, detail=f"{mildest} at mildest") if mildest else shown


def _facts(row: FixFirst) -> str:
    known = {True: "known exploited", None: "exploitation unknown"}.get(row.known_exploited, "")
    fixed = f"fixed in {row.fixed_version}" if row.fixed_version else ""
    return " · ".join(part for part in (row.definition, row.component, known, fixed) if part)


def _system_href(key: str) -> str:
    return address("estate:system_detail", key) if key else ""


def _age(age: FeedAge) -> str:
    if age.loaded is None:
        return "never loaded"
    old = "today's" if not age.age_days else f"{write.number(age.age_days)} days old"
    return f"{old}, too old" if age.is_stale else old


def by_class(exposure: Exposure) -> Table:
    return parts.table(
        "classes", "Open by deadline", ("Fix within", "Open"),
        [
            (
                parts.text(row.label, address("exposure:finding_list", state=STANDING, priority=row.code)),
                parts.count(row.open),
            )
            for row in exposure.by_class
        ],
        "Nothing is open.", address("exposure:finding_list", state=STANDING),
    )  # fmt: skip


def coverage_table(cover: Coverage) -> Table:
    return parts.table(
        "coverage", "What is looked at", ("Assets", "Number"),
        [
            (parts.text("scanned within 30 days"), parts.count(cover.recent)),
            (parts.text("scanned longer ago"), parts.count(cover.stale)),
            (parts.text("never scanned"), parts.count(cover.never)),
        ],
        "No asset is on the list.", address("exposure:scan_list"),
    )  # fmt: skip


def feeds(ages: Iterable[FeedAge]) -> Table:
    return parts.table(
        "feeds", "What the verdicts rest on", ("Feed", "State"),
        [(parts.text(age.name), parts.text(_age(age))) for age in ages],
        "No feed is known.", address("exposure:feed_list"),
    )  # fmt: skip
