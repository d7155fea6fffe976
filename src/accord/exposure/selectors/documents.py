"""What we say of the weaknesses of our own systems (VEX), and what is in them (SBOM), from the findings.

Of a vulnerability on an asset that several findings tell of, the gravest is said:

    something is open and work on it is known (a fixed version, a deadline, work, an acceptance)  affected
    something is open and nothing of that is known                                                under investigation
    a VEX statement or a person says that it does not apply                                       not affected
    a scan has verified that it is gone                                                           fixed
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils import timezone

from accord.core.errors import Problem, Refused
from accord.estate.models import Asset, System
from accord.exposure.models import OPEN_STATES, Component, Definition, Finding
from accord.outlet.vex import Component as Part
from accord.outlet.vex import Inventory, Product, Statement, Status, VexDocument

MOST = 50_000
KINDS: dict[str, Literal["application", "container", "library", "device", "operating-system", "file"]] = {
    "image": "container", "device": "device", "host": "device",
}  # fmt: skip
State = Finding.State
GRAVITY: dict[Status, int] = {"affected": 0, "under_investigation": 1, "not_affected": 2, "fixed": 3}
CONFIDENTIAL = ("description", "solution", "references")


def _assets(user_assets: QuerySet[Asset], system: str, asset: str) -> QuerySet[Asset]:
    if asset:
        rows = user_assets.filter(key=asset)
    elif system:
        if not System.objects.filter(key=system).exists():
            raise Refused(Problem(None, "system", f"There is no system “{system}”.", "Give the key of one."))
        rows = user_assets.filter(system_shares__system__key=system).distinct()
    else:
        raise Refused(Problem(None, "system", "It is not said of what.", "Name a system or an asset."))
    if not rows.exists():
        raise Refused(Problem(None, "asset", "No asset is there.", "Name a system with assets, or an asset."))
    return rows


def _product(asset: Asset) -> Product:
    purl = next((str(one).partition(":")[2] for one in asset.identifiers or () if str(one).startswith("purl:")), None)
    return Product(asset.key, asset.name, purl=purl, kind=KINDS.get(asset.kind, "application"))


def vex_document(
    assets: QuerySet[Asset], author: str, origin: str, system: str = "", asset: str = "", now: datetime | None = None
) -> VexDocument:
    """The document for a system or an asset (keys), of the assets that the reader may see. Four queries.

    `Refused` where there is nothing to say, or more than `MOST` statements would be needed.
    """
    at = now or timezone.now()
    held = {one.pk: one for one in _assets(assets, system, asset)}
    rows = (
        Finding.objects.filter(asset_id__in=held, definition__kind=Definition.Kind.VULNERABILITY)
        .exclude(state__in=(State.SUPPRESSED, State.IGNORED))
        .select_related("definition", "statement")
        .prefetch_related("definition__aliases")
        .defer("evidence", *(f"definition__{name}" for name in CONFIDENTIAL))
        .order_by("definition__identifier", "asset_id", "id")
    )
    said: dict[tuple[int, int], Statement] = {}
    for number, row in enumerate(rows.iterator(chunk_size=2000)):
        if number >= MOST:
            raise Refused(Problem(None, "", f"More than {MOST:,} findings.", "Make it for one asset at a time."))
        made = _statement(row, held[row.asset_id or 0], at)
        place = (row.definition_id, row.asset_id or 0)
        if place not in said or GRAVITY[made.status] < GRAVITY[said[place].status]:
            said[place] = made
    if not said:
        raise Refused(Problem(None, "", "Nothing is known of its vulnerabilities.", "Import a scan of it first."))
    used = {one.product for one in said.values()}
    products = tuple(_product(one) for one in held.values() if one.key in used)
    name = system or asset
    return VexDocument(
        f"{origin}/vex/{name}/{at:%Y%m%dT%H%M%SZ}", author, origin, f"Vulnerabilities of {name}", 1, at, products,
        tuple(said.values()),
    )  # fmt: skip


def _statement(row: Finding, asset: Asset, at: datetime) -> Statement:
    definition = row.definition
    aliases = tuple(
        sorted({one.value for one in definition.aliases.all()} - {definition.identifier.upper(), definition.identifier})
    )
    status, justification, impact, action, said = _said(row, at)
    return Statement(
        definition.identifier, asset.key, status, said, aliases=aliases, description=definition.title or None,
        component=row.purl or None, justification=justification, impact=impact, action=action,
        vectors=tuple(definition.cvss_vectors[:3]), score=definition.cvss_score, cwes=tuple(definition.cwes),
    )  # fmt: skip


def _said(row: Finding, at: datetime) -> tuple[Status, str | None, str | None, str | None, datetime]:
    """Status, justification, impact, action, and when it was known."""
    if row.state == State.CLOSED:
        return "fixed", None, None, None, row.closed_at or row.last_seen
    if row.state in (State.NOT_AFFECTED, State.FALSE_POSITIVE):
        stated: Any = row.statement
        justification = (stated.justification if stated else "") or None
        words = (stated.impact if stated else "") or row.said or row.note
        if row.state == State.FALSE_POSITIVE:
            words = f"The scanner was mistaken. {words}".strip()
        if not justification and not words:
            words = "It was assessed as not affected."
        return (
            "not_affected",
            justification,
            words or None,
            None,
            (stated.said if stated else row.acted) or row.last_seen,
        )
    assert row.state in OPEN_STATES
    action = _action(row, at)
    if action is None:
        return "under_investigation", None, None, None, row.last_seen
    return "affected", None, None, action, row.last_seen


def _action(row: Finding, at: datetime) -> str | None:
    parts = []
    if row.fixed_version:
        parts.append(f"Update {row.component or 'it'} to {row.fixed_version}.")
    if row.state == State.CLAIMED:
        parts.append("A fix was applied and waits for its verification by a scan.")
    elif row.state == State.IN_PROGRESS:
        parts.append("A fix is being worked on.")
    elif row.state == State.ACCEPTED and row.accepted_until is not None:
        parts.append(f"Left as it is until {row.accepted_until:%Y-%m-%d}.")
    if row.due is not None and row.state not in (State.ACCEPTED, State.CLAIMED):
        parts.append(f"To be fixed by {row.due:%Y-%m-%d}.")
    return " ".join(parts) or None


def inventory(
    assets: QuerySet[Asset], author: str, origin: str, system: str = "", asset: str = "", now: datetime | None = None
) -> Inventory:
    """What is known to be on a system's assets, or on one: components that documents and scanners name."""
    at = now or timezone.now()
    held = {one.pk: one for one in _assets(assets, system, asset)}
    parts: dict[tuple[str, str, str], Part] = {}
    listed = (
        Component.objects.filter(target__asset_id__in=held).select_related("target", "scan").order_by("purl", "name")
    )
    for one in listed[:MOST]:
        _hold(parts, held[one.target.asset_id or 0], one.name, one.version, one.purl, one.cpe, one.scan.observed)
    for row in _components(held):
        _hold(parts, held[row["asset_id"]], row["component"], row["version"], row["purl"], "", row["last_seen"])
    if not parts:
        raise Refused(
            Problem(None, "", "Nothing is known of its components.", "Import a bill of materials or a scan of it.")
        )
    used = {one.product for one in parts.values()}
    return Inventory(
        f"{origin}/sbom/{system or asset}/{at:%Y%m%dT%H%M%SZ}", author, 1, at,
        tuple(_product(one) for one in held.values() if one.key in used), tuple(parts.values()),
    )  # fmt: skip


def _components(held: Iterable[int]) -> Iterable[dict[str, Any]]:
    rows = Finding.objects.filter(asset_id__in=list(held)).exclude(component="").exclude(state=State.CLOSED)
    names = ("asset_id", "component", "version", "purl", "last_seen")
    found: Iterable[dict[str, Any]] = rows.order_by("component", "id").values(*names)[:MOST]
    return found


def _hold(
    parts: dict[tuple[str, str, str], Part], asset: Asset, name: str, version: str, purl: str, cpe: str, seen: Any
) -> None:
    if "@" in purl and not version:
        version = purl.split("?", 1)[0].split("#", 1)[0].rpartition("@")[2]
    key = (asset.key, purl.split("?", 1)[0] or name.lower(), version)
    if key not in parts:
        parts[key] = Part(asset.key, name, version or None, purl or None, cpe or None, seen)
