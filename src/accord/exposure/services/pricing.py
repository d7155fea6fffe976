"""Takes in what a foothold on each asset costs, and prices every finding by it.

The prices of the assets change in one transaction; the findings follow in short ones, with their places in the order.
Whatever an import or a feed changes meanwhile is priced by `services.footholds` as it lands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Sum

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.engines import priority
from accord.exposure.models import IS_OPEN, AssetExposure, Finding, TotalExposure
from accord.exposure.services import bulk, footholds, rollups

NAMES = ("price_low", "price_mid", "price_high", "price_tail")
FINDINGS = 4000
"""About so many findings are priced by one transaction."""
Price = tuple[float, float, float, float | None]
Tell = Callable[[int, int], None]


def set_prices(
    actor: User,
    prices: Mapping[int, Price],
    unknown: Sequence[Sequence[float]],
    most: float,
    currency: str,
    at: datetime,
    tell: Tell,
) -> int:
    """Price assets (by primary key; one that is not named is priced no more) and their findings.

    prices: money a year of one foothold a year at the low, middle and high of the hazard, and in TVaR. unknown: yearly
    rates (low, middle, high) of findings without EPSS by severity, in the order of `UNKNOWN_FIELDS`. most: what all
    findings together cost at most, the ceiling of each one's high end. Returns how many assets are priced. Findings are
    walked through only where something that their price rests on changed, or where the last walk was broken off.
    """
    nothing: Price | tuple[None, ...] = (None,) * len(NAMES)
    with bulk.wide_statements(), ledger.write(actor) as log:
        kept = AssetExposure.objects.order_by("pk").values_list("pk", "open_findings", *NAMES)
        rows = [(pk, number, tuple(was)) for pk, number, *was in kept]
        changed = [(pk, *prices.get(pk, nothing)) for pk, _, was in rows if was != prices.get(pk, nothing)]
        bulk.update(AssetExposure, NAMES, changed)
        rates = [[float(end) for end in ends] for ends in unknown]
        total, _ = TotalExposure.objects.get_or_create(id=1)
        walk = {pk for pk, *_ in rows}
        if total.pricing.get("settled") and total.pricing["unknown"] == rates:
            walk = {pk for pk, *_ in changed}
        total.pricing = {"currency": currency, "unknown": rates, "most": most, "settled": False}
        total.priced_at = at
        total.save(update_fields=["pricing", "priced_at"])
        log.add("price", "finding", "assets", None, {"assets": len(prices), "changed": len(changed)})
    open_ones = [(pk, number) for pk, number, _ in rows if number and pk in walk]
    breath, done, whole = Breath(), 0, sum(number for _, number in open_ones)
    for assets, number in _portions(open_ones):
        with bulk.wide_statements(), ledger.write(actor):
            rollups.recount(assets)
        breath()
        done += number
        tell(done, whole)
    with ledger.write(actor):
        total.pricing["settled"] = True
        TotalExposure.objects.filter(id=1).update(pricing=total.pricing)
    return len(prices)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A weakness that a scanner suppresses, what it would cost a year if it counted, and one finding of it."""

    finding: int
    title: str
    asset: str
    price: float


def accepted(top: int = 20) -> dict[str, Any]:
    """What findings that scanners suppress would cost a year: how many, in all, and the dearest.

    A weakness that is open on the same asset too costs nothing more. Reads the suppressed findings of priced assets.
    """
    rows = Finding.objects.filter(
        state=Finding.State.SUPPRESSED, asset__exposure__price_mid__gt=0, worst_class__lt=priority.Urgency.NONE
    ).order_by("pk")
    same = Finding.objects.filter(IS_OPEN, asset_id=OuterRef("asset_id"), definition_id=OuterRef("definition_id"))
    pricing: dict[str, Any] = TotalExposure.objects.values_list("pricing", flat=True).first() or {}
    rates = [ends[1] for ends in pricing.get("unknown", ())]
    dearest: dict[tuple[int, int], tuple[float, int]] = {}
    read = rows.exclude(Exists(same)).values_list(
        "pk", "asset_id", "definition_id", "epss", "severity", "asset__exposure__price_mid"
    )
    for pk, asset, definition, epss, severity, each in read.iterator(chunk_size=5000):
        rate = footholds.rate_of(epss) if epss is not None else rates[footholds.class_of(severity)]
        price = float(each or 0.0) * rate
        before = dearest.get((asset, definition), (-1.0, 0))
        dearest[asset, definition] = max(before, (price, pk))
    first = sorted(dearest.values(), reverse=True)[:top]
    found = Finding.objects.select_related("definition", "asset").in_bulk([pk for _, pk in first])
    named = [Accepted(pk, found[pk].definition.title, found[pk].asset.name, price) for price, pk in first]
    whole = sum(price for price, _ in dearest.values())
    return {"number": len(dearest), "whole": whole, "rows": [asdict(one) for one in named]}


def _portions(rows: Iterable[tuple[int, int]]) -> Iterable[tuple[list[int], int]]:
    part: list[int] = []
    size = 0
    for pk, number in rows:
        part.append(pk)
        size += number
        if size >= FINDINGS:
            yield part, size
            part, size = [], 0
    if part:
        yield part, size


def concentration(part: float = 0.01) -> dict[str, Any] | None:
    """How much of all prices the first `part` of priced findings carries, by price and by EPSS; None = none is priced.

    Reads the index of prices once, and the rows of the first ones.
    """
    priced = Finding.objects.filter(price__gt=0).order_by()  # only what is open has a price
    number, whole = priced.count(), priced.aggregate(sum=Sum("price"))["sum"]
    if not number or not whole:
        return None
    first = max(round(number * part), 1)

    def carried(order: str) -> float:
        rows = priced.filter(epss__isnull=False) if order == "-epss" else priced
        prices = rows.order_by(order, "-id").values_list("price", flat=True)[:first]
        return float(sum(price or 0.0 for price in prices)) / float(whole)

    return {
        "part": part, "findings": number, "first": first, "whole": whole,
        "by_price": carried("-price"), "by_epss": carried("-epss"),
    }  # fmt: skip
