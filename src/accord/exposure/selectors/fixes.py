"""What a fix closes: on the whole from its roll-up, on one system from the findings of this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from accord.engines import priority
from accord.estate.models import System, UnitSystem
from accord.exposure.models import HAS_COMPONENT, IS_OPEN, Finding, Fix, SystemFix, TotalExposure


@dataclass(frozen=True, slots=True)
class FixOnSystem:
    """What one fix closes on one system.

    `price` is money a year (low, middle, high of the hazard) over its priced findings, None where none is priced;
    `unpriced` findings are in no sum. `due` is the earliest deadline, None without one. `units` are (key, name).
    """

    key: str
    title: str
    system_key: str
    system_name: str
    open_findings: int
    in_progress: int
    claimed: int
    accepted: int
    known_exploited: int
    assets: int
    unpriced: int
    price: tuple[float, float, float] | None
    currency: str
    worst_class: int | None
    due: datetime | None
    owner: str
    owner_name: str
    units: tuple[tuple[str, str], ...]

    @property
    def href(self) -> str:
        """The page of the fix."""
        return reverse("exposure:fix_detail", args=[self.key])


def findings_of(fix: Fix) -> QuerySet[Finding]:
    """The findings that a fix closes, whatever their state. Reads by an index on the component or the definition."""
    rows = Finding.objects.filter(worst_class__lt=priority.Urgency.NONE)
    if fix.kind == Fix.Kind.REMEDY:
        return rows.filter(Q(component="") | Q(fixed_version=""), definition=fix.definition_id)
    rows = rows.filter(HAS_COMPONENT, component=fix.component, fixed_version=fix.target_version)
    if fix.ecosystem:
        return rows.filter(purl__istartswith=f"pkg:{fix.ecosystem}/")
    return rows.exclude(purl__startswith="pkg:")


def findings_on(fix: Fix, system: System) -> QuerySet[Finding]:
    """Those of them that are open on the assets of a system."""
    return findings_of(fix).filter(IS_OPEN, asset__system_shares__system=system)


def fix_of(system_key: str, fix_key: str) -> FixOnSystem | None:
    """What a fix closes on a system as counted last; None where either is unknown or nothing is open there.

    Four queries. `findings_on` gives the findings themselves.
    """
    part = (
        SystemFix.objects.filter(fix__key=fix_key, system__key=system_key)
        .select_related("fix", "system", "owner")
        .first()
    )
    if part is None or not part.open_findings:
        return None
    total = TotalExposure.objects.first()
    used = UnitSystem.objects.filter(system=part.system_id).order_by("unit__name")
    return FixOnSystem(
        key=part.fix.key, title=part.fix.title, system_key=part.system.key, system_name=part.system.name,
        open_findings=part.open_findings, in_progress=part.in_progress, claimed=part.claimed, accepted=part.accepted,
        known_exploited=part.known_exploited, assets=part.assets, unpriced=part.unpriced, price=price_of_part(part),
        currency=total.pricing.get("currency", "") if total is not None else "", worst_class=part.worst_class,
        due=part.due, owner=part.owner.key if part.owner else "", owner_name=part.owner.name if part.owner else "",
        units=tuple(used.values_list("unit__key", "unit__name")),
    )  # fmt: skip


def price_of_part(part: Any) -> tuple[float, float, float] | None:
    """(low, middle, high) of a counted row, None where none of its findings is priced."""
    return None if part.price_mid is None else (part.price_low, part.price_mid, part.price_high)
