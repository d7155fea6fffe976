"""The CISO's posture: what is open, what to fix first, what nobody looks at. Bounded queries over roll-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Subquery, Sum, Value
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode

from accord.engines import priority
from accord.estate.models import Asset, System, SystemAsset
from accord.exposure.models import IS_OPEN, AssetExposure, Finding, TotalExposure
from accord.exposure.selectors.feeds import FeedAge, feed_ages
from accord.exposure.selectors.narrow import MANY, MANY_ASSETS, of_systems
from accord.exposure.selectors.policy import policy
from accord.exposure.selectors.systems import Exposure, exposure_from
from accord.exposure.shell.links import STANDING

RECENT = timedelta(days=30)
WINDOW = 400
"""How many of the most urgent findings are grouped for “what to fix first”."""
NO_SYSTEM = {0: ("", "")}
Held = tuple[int, float | None]
"""How many findings, and what they cost a year together."""
NONE_YET: Held = (0, None)
Names = dict[int, dict[int, tuple[str, str]]]
COUNTED = 20_000
"""A definition with more open findings than this is not counted per system; the figure is then a lower bound."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the estate scanners look at. `recent` are assets that a scan covered within 30 days."""

    assets: int
    never: int
    recent: int
    unclaimed: int
    ignored: int

    @property
    def stale(self) -> int:
        """Assets that were scanned once, but not within 30 days."""
        return self.assets - self.never - self.recent

    @property
    def recent_share(self) -> float | None:
        return self.recent / self.assets if self.assets else None


@dataclass(frozen=True, slots=True)
class FixFirst:
    """One definition on one system ("" = no system yet): how many open findings there go away with it.

    `findings` is exact unless `at_least`. `priority` is the class or interval of the most urgent of them in words,
    `worst` its code; `fixed_version` "" where no scanner told it. `price` is what they cost a year together (at
    least so much where `at_least`), None where none of them is priced.
    """

    definition: str
    title: str
    component: str
    fixed_version: str
    system: str
    system_name: str
    findings: int
    at_least: bool
    worst: str
    priority: str
    known_exploited: bool | None
    epss: float | None
    severity: str
    reach: str
    goal_weight: float | None
    price: float | None
    href: str


@dataclass(frozen=True, slots=True)
class Posture:
    """What is open now, what to fix first, and what nobody looks at."""

    exposure: Exposure
    fix_first: list[FixFirst]
    coverage: Coverage
    feeds: list[FeedAge]
    as_of: datetime

    @property
    def open(self) -> int:
        return self.exposure.open

    @property
    def known_exploited(self) -> int:
        return self.exposure.known_exploited


def posture(top: int = 10, now: datetime | None = None) -> Posture:
    """The posture of the whole organization. Nine queries at most, whatever the number of findings."""
    at = now or timezone.now()
    total, cover = totals(at)
    return Posture(exposure_from(total), fix_first(top), cover, feed_ages(at), at)


def totals(now: datetime) -> tuple[TotalExposure, Coverage]:
    """The roll-up of the whole, and how much of the estate is looked at. One query, two before the first scan."""

    def number(rows: Any) -> Subquery:
        return Subquery(rows.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n"))

    covered = AssetExposure.objects.filter(covered__isnull=False)
    counts = {
        "assets": number(Asset.objects.all()),
        "ever": number(covered),
        "recent": number(covered.filter(covered__gte=now - RECENT)),
    }
    total = TotalExposure.objects.annotate(**counts).first()
    if total is None:
        return TotalExposure(), Coverage(Asset.objects.count(), Asset.objects.count(), 0, 0, 0)
    assets, ever, recent = (getattr(total, name) or 0 for name in counts)
    return total, Coverage(assets, assets - ever, recent, total.unclaimed, total.ignored)


def coverage(now: datetime | None = None) -> Coverage:
    """How much of the estate is looked at. One query."""
    return totals(now or timezone.now())[1]


def fix_first(top: int = 10, systems: Iterable[str] | None = None) -> list[FixFirst]:
    """The most urgent open findings, grouped by definition and system, at most `top` groups. Four queries at most.

    `systems` (keys) keeps it to those systems. The groups come from the WINDOW most urgent findings; how many
    findings each group has is counted over all.
    """
    rows = Finding.objects.filter(rank__lt=priority.first_rank(priority.Urgency.NONE))
    names: Names | None = None
    if systems is not None:
        links = SystemAsset.objects.filter(system__key__in=list(systems))
        names, size, number = _names(links[: MANY_ASSETS + 1])
        if number > MANY_ASSETS:
            wanted = System.objects.filter(key__in=list(systems))
            rows, names = of_systems(rows, wanted.values_list("pk", flat=True)), None
        elif size > MANY:
            rows = of_systems(rows, {system for of_asset in names.values() for system in of_asset})
        else:
            rows = rows.filter(asset_id__in=set(names))
    first = rows.order_by("rank", "id").values("pk")[:WINDOW]
    leading = list(
        Finding.objects.filter(pk__in=first)  # joined to their definitions only once they are few
        .select_related("definition")
        .only(
            "definition__identifier", "definition__title", "definition__open_findings", "asset_id", "component",
            "fixed_version", "worst_class", "best_class", "known_exploited", "epss", "severity", "reach",
            "goal_weight", "rank", "price",
        )
        .order_by("rank", "id")
    )  # fmt: skip
    if names is None:
        links = SystemAsset.objects.filter(asset_id__in={row.asset_id for row in leading if row.asset_id})
        names, _, _ = _names(links if systems is None else links.filter(system__key__in=list(systems)))
    groups: dict[tuple[int, int], Any] = {}
    inside: dict[tuple[int, int], Held] = {}
    for row in leading:
        for system in names.get(row.asset_id or 0, NO_SYSTEM):
            pair = (row.definition_id, system)
            if pair in groups or len(groups) < top:
                groups.setdefault(pair, row)
                number, price = inside.get(pair, NONE_YET)
                inside[pair] = (number + 1, _add(price, row.price))
    counted = _counts(groups)
    labels = {system: label for found in names.values() for system, label in found.items()}
    return [_group(row, labels.get(pair[1], ("", "")), counted.get(pair), inside[pair]) for pair, row in groups.items()]


def _names(links: Any) -> tuple[Names, int, int]:
    """Asset → system → (key, name), how many findings are open there, and how many links there are. One query."""
    found: Names = {}
    size = count = 0
    columns = ("asset_id", "system_id", "system__key", "system__name", "asset__exposure__open_findings")
    for asset, system, key, name, number in links.values_list(*columns):
        found.setdefault(asset, {})[system] = (key, name)
        size, count = size + (number or 0), count + 1
    return found, size, count


def _add(price: float | None, other: float | None) -> float | None:
    return other if price is None else price + (other or 0.0)


def _counts(groups: dict[tuple[int, int], Any]) -> dict[tuple[int, int], Held]:
    """Open findings of each (definition, system); without a system those on no asset of any system are not split."""
    few = {d for (d, s), row in groups.items() if s and row.definition.open_findings <= COUNTED}
    wanted = {s for _, s in groups if s}
    if not few:
        return {}
    rows = (
        Finding.objects.filter(IS_OPEN, definition_id__in=few, asset__system_shares__system_id__in=wanted)
        .order_by()
        .values_list("definition_id", "asset__system_shares__system_id")
        .annotate(n=Count("pk"), price=Sum("price"))
    )
    return {(definition, system): (n, price) for definition, system, n, price in rows}


def _group(row: Any, system: tuple[str, str], counted: Held | None, inside: Held) -> FixFirst:
    number, price = inside if counted is None else counted
    parameters = {"definition": row.definition.identifier, "state": STANDING}
    if system[0]:
        parameters["system"] = system[0]
    return FixFirst(
        definition=row.definition.identifier, title=row.definition.title, component=row.component,
        fixed_version=row.fixed_version, system=system[0], system_name=system[1],
        findings=number, at_least=counted is None, price=price,
        worst=row.worst_code, priority=policy().span(row.best_class, row.worst_class),
        known_exploited=row.known_exploited, epss=row.epss,
        severity=row.severity_name, reach=row.reach, goal_weight=row.goal_weight,
        href=_list_href(parameters),
    )  # fmt: skip


def _list_href(parameters: dict[str, str]) -> str:
    try:
        return f"{reverse('exposure:finding_list')}?{urlencode(parameters)}"
    except NoReverseMatch:
        return ""
