"""The price of one finding with everything that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accord.engines import priority
from accord.exposure.models import IS_OPEN, AssetExposure, Finding, TotalExposure
from accord.exposure.models.rollups import UNKNOWN_FIELDS
from accord.exposure.services.footholds import class_of, rate_of

DAYS_A_YEAR = 365.25
Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Price:
    """Price = rate × price of a foothold on the asset ÷ copies; (low, middle, high), money a year.

    `value` None = not priced, for the reason in `reason`. `rate` in footholds a year by EPSS, or, where `of_class` says
    so, that of findings of its severity; `copies` findings of the same definition on the asset share it. `accepted`: it
    is not open, and the price is what it would add. `tail` is the price in TVaR, None = not computed.
    """

    value: Ends | None
    reason: str = ""
    rate: Ends | None = None
    of_class: str = ""
    epss: float | None = None
    asset: Ends | None = None
    copies: int = 1
    accepted: bool = False
    tail: float | None = None
    currency: str = ""
    as_of: datetime | None = None

    @property
    def per_day(self) -> float | None:
        """What one day of delay costs."""
        return None if self.value is None else self.value[1] / DAYS_A_YEAR


def price_of(finding: Finding) -> Price:
    """The price of a finding as the last hazard run and the present findings make it. Three queries at most."""
    total = TotalExposure.objects.first()
    if total is None or total.priced_at is None:
        return Price(None, "No hazard run was made yet.")
    if finding.asset_id is None:
        return Price(None, "Nobody has claimed its target: what a foothold there costs is unknown.")
    if finding.worst_class == priority.Urgency.NONE:
        return Price(None, "The scanner reports it for information only: it is no way in by itself.")
    asset = AssetExposure.objects.filter(pk=finding.asset_id).first()
    if asset is None or asset.price_mid is None or asset.price_low is None or asset.price_high is None:
        return Price(None, "No scenario reaches a system on its asset: what a foothold there costs is unknown.")
    same = Finding.objects.filter(IS_OPEN, asset_id=finding.asset_id, definition_id=finding.definition_id)
    told = list(same.values_list("pk", "epss", "severity"))
    copies = len(told) if finding.rank is not None else len(told) + 1
    scores = [epss for _, epss, _ in told if epss is not None]
    scores += [finding.epss] if finding.epss is not None and finding.rank is None else []
    epss = max(scores) if scores else None
    graves = [grave for _, _, grave in told if grave is not None]
    graves += [finding.severity] if finding.severity is not None and finding.rank is None else []
    at = class_of(min(graves) if graves else None)
    rate = _rate(epss, total.pricing["unknown"][at])
    ends = (asset.price_low, asset.price_mid, asset.price_high)
    low, mid, high = (each * of / copies for each, of in zip(ends, rate, strict=True))
    high = max(mid, min(high, total.pricing["most"]))
    return Price(
        (low, mid, high), rate=rate, of_class="" if epss is not None else UNKNOWN_FIELDS[at].removeprefix("unknown_"),
        epss=epss, asset=ends, copies=copies, accepted=finding.rank is None,
        tail=None if asset.price_tail is None else asset.price_tail * rate[1] / copies,
        currency=total.pricing["currency"], as_of=total.priced_at,
    )  # fmt: skip


def _rate(epss: float | None, of_class: Any) -> Ends:
    if epss is not None:
        return (rate_of(epss),) * 3
    low, mid, high = of_class
    return float(low), float(mid), float(high)
