"""What the findings of an asset say of footholds, and what each of them costs: kept in step with the findings.

A finding's rate a year is that of its EPSS. Findings of one definition on one asset count once (the greatest EPSS among
them) and share their price. What a scanner reports for information only is no way in and has no price. The price of a
finding is its rate × what a foothold on its asset costs, as the last hazard run found it (`services.pricing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import fsum, isclose, log1p
from typing import Any

from accord.engines import priority
from accord.exposure.models import IS_OPEN, AssetExposure, Finding, TotalExposure
from accord.exposure.models.rollups import UNKNOWN_FIELDS
from accord.exposure.services import bulk

FIELDS = ("foothold_rate", *UNKNOWN_FIELDS)
UNRATED = len(UNKNOWN_FIELDS) - 1
LOW = UNRATED - 1
ROWS = 5000
A_YEAR = 365.25 / 30.0
GREATEST = 1.0 - 1e-5
"""The greatest score that FIRST publishes: a probability of 1 would be a rate without end."""
Row = tuple[int, int, int, float | None, int | None, float | None, int, float | None, bool | None]
READ = ("pk", "asset_id", "definition_id", "epss", "severity", "price", "rank", "goal_weight", "known_exploited")


@dataclass(slots=True)
class Footholds:
    """Of one asset: Σ yearly rates of definitions with EPSS, and how many have none, by severity."""

    rate: float = 0.0
    unknown: list[int] = field(default_factory=lambda: [0] * len(UNKNOWN_FIELDS))

    def note(self, row: AssetExposure) -> None:
        row.foothold_rate = self.rate
        for name, number in zip(UNKNOWN_FIELDS, self.unknown, strict=True):
            setattr(row, name, number)


def differ(row: AssetExposure, found: Footholds) -> bool:
    """Whether the roll-up says something else than was found."""
    return not isclose(row.foothold_rate, found.rate, rel_tol=1e-9, abs_tol=1e-12) or found.unknown != [
        getattr(row, name) for name in UNKNOWN_FIELDS
    ]


def rate_of(epss: float) -> float:
    """Footholds a year: −ln(1 − p) · 365.25 / 30 (`engines.hazard.yearly_rate`, without an array)."""
    return -log1p(-min(epss, GREATEST)) * A_YEAR


def class_of(severity: int | None) -> int:
    """The place in UNKNOWN_FIELDS of a finding without EPSS."""
    return UNRATED if severity is None else min(severity, LOW)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What turns a rate into a price: a foothold's price by asset, and the rates for findings without EPSS."""

    of_asset: Mapping[int, float]
    unknown: tuple[float, ...]

    def price(self, asset: int, epss: float | None, severity: int | None, copies: int) -> float | None:
        """Money a year of one of `copies` findings of one definition on the asset, None = not priced."""
        each = self.of_asset.get(asset)
        if each is None:
            return None
        rate = rate_of(epss) if epss is not None else self.unknown[class_of(severity)]
        return each * rate / copies


def tariff(rows: Mapping[int, AssetExposure]) -> Tariff:
    """The prices in force for these assets. One query."""
    of_asset = {pk: row.price_mid for pk, row in rows.items() if row.price_mid}
    pricing: dict[str, Any] = {}
    if of_asset:
        pricing = TotalExposure.objects.values_list("pricing", flat=True).first() or {}
    rates = pricing.get("unknown")
    return Tariff(of_asset, tuple(ends[1] for ends in rates)) if rates else Tariff({}, ())


def hold(assets: Iterable[int], known: Mapping[int, AssetExposure]) -> dict[int, Footholds]:
    """Read the open findings of assets once: their footholds come back, and what costs something else now is written.

    Inside the caller's transaction. One query per ROWS assets, and one more where something is priced.
    """
    prices = tariff(known)
    found: dict[int, Footholds] = {}
    for part in bulk.chunks(sorted(assets), ROWS):
        groups: dict[tuple[int, int], list[Row]] = {}
        for row in _rows(part):
            groups.setdefault((row[1], row[2]), []).append(row)
        found.update(_of_groups(groups))
        _reprice(groups, prices)
    return found


def _rows(assets: list[int]) -> Iterator[Any]:
    ways_in = Finding.objects.filter(IS_OPEN, asset_id__in=assets, rank__lt=priority.first_rank(priority.Urgency.NONE))
    return ways_in.order_by().values_list(*READ).iterator(chunk_size=5000)


def _of_groups(groups: Mapping[tuple[int, int], list[Row]]) -> dict[int, Footholds]:
    rates: dict[int, list[float]] = {}
    unknown: dict[int, list[int]] = {}
    for (asset, _), rows in groups.items():
        epss, severity = _strongest(rows)
        if epss is not None:
            rates.setdefault(asset, []).append(rate_of(epss))
        else:
            unknown.setdefault(asset, [0] * len(UNKNOWN_FIELDS))[class_of(severity)] += 1
    nothing = [0] * len(UNKNOWN_FIELDS)
    return {
        asset: Footholds(fsum(rates.get(asset, ())), unknown.get(asset, list(nothing)))
        for asset in rates.keys() | unknown.keys()
    }


def _strongest(rows: list[Row]) -> tuple[float | None, int | None]:
    """The greatest EPSS and the gravest severity of findings of one definition on one asset."""
    if len(rows) == 1:
        return rows[0][3], rows[0][4]
    scores = [row[3] for row in rows if row[3] is not None]
    graves = [row[4] for row in rows if row[4] is not None]
    return (max(scores) if scores else None), (min(graves) if graves else None)


def _reprice(groups: Mapping[tuple[int, int], list[Row]], prices: Tariff) -> None:
    """Write price and place of findings whose price is another one now."""
    written: list[tuple[int, float | None, int]] = []
    for (asset, _), rows in groups.items():
        epss, severity = _strongest(rows)
        price = prices.price(asset, epss, severity, len(rows))
        for pk, _, _, chance, _, was, rank, weight, exploited in rows:
            if was is price or (was is not None and price is not None and isclose(was, price, rel_tol=1e-9)):
                continue
            stake = (weight or 0.0) * (1.0 if exploited else chance or 0.0)
            written.append((pk, price, priority.repriced(rank, price, stake)))
    bulk.update(Finding, ("price", "rank"), written)


def stray() -> Iterator[str]:
    """Compare the footholds of every asset with its findings; yields each difference in words."""
    rows = {row.asset_id: row for row in AssetExposure.objects.all()}
    for part in bulk.chunks(sorted(rows), ROWS):
        groups: dict[tuple[int, int], list[Row]] = {}
        for row in _rows(part):
            groups.setdefault((row[1], row[2]), []).append(row)
        there = _of_groups(groups)
        for asset in part:
            wanted = there.get(asset, Footholds())
            if differ(rows[asset], wanted):
                kept = rows[asset].foothold_rate
                yield f"asset {asset}: a foothold rate of {kept:g} is kept, {wanted.rate:g} is there"
