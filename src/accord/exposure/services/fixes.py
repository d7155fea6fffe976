"""Which fix closes a finding, and the count of what each fix closes.

A fix is known by its key alone: the same component brought to the same version is the same fix in every scan, and what
has no fixed version is fixed as its definition's solution says.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.engines import priority
from accord.estate.models import System, SystemAsset
from accord.exposure.models import IS_OPEN, Definition, Finding, Fix, FixState, SystemFix, TotalExposure
from accord.exposure.services import bulk
from accord.exposure.services.footholds import class_of

READ = (
    "component", "fixed_version", "purl", "definition_id", "asset_id", "state", "worst_class", "price", "epss",
    "severity", "known_exploited", "due", "first_seen", "asset__exposure__price_low", "asset__exposure__price_mid",
    "asset__exposure__price_high",
)  # fmt: skip
COUNTS = (
    "open_findings", "in_progress", "claimed", "accepted", "known_exploited", "assets", "unpriced",
    "price_low", "price_mid", "price_high", "worst_class", "due",
)  # fmt: skip
STEP = 20_000
"""Findings between two signs of progress."""
Tell = Callable[[int, int | None], None]


class FixIdentity(NamedTuple):
    """What a fix is made of; `definition` is set for a remedy alone."""

    kind: str
    ecosystem: str
    component: str
    target_version: str
    definition: int | None


def identity_of(component: str, fixed_version: str, purl: str, definition: int) -> FixIdentity:
    """The fix of a finding from its own columns: an upgrade where component and fixed version are told."""
    if component and fixed_version:
        return FixIdentity("upgrade", _ecosystem(purl), component, fixed_version, None)
    return FixIdentity("remedy", "", "", "", definition)


def _ecosystem(purl: str) -> str:
    """The type of a package URL, "" without one."""
    return purl[4:].partition("/")[0].lower()[:60] if purl.startswith("pkg:") else ""


def key_of(identity: FixIdentity, definition: str = "") -> str:
    """The stable key: "FX-" and twelve digits of SHA-256. `definition`: the identifier that a remedy is for."""
    parts = (identity.kind, identity.ecosystem, identity.component, identity.target_version, definition)
    return "FX-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def fix_of_finding(finding: Finding) -> str | None:
    """The key of the fix that closes a finding; None where it is for information only. At most one query."""
    if finding.worst_class == priority.Urgency.NONE:
        return None
    found = identity_of(finding.component, finding.fixed_version, finding.purl, finding.definition_id)
    return key_of(found, "" if found.definition is None else finding.definition.identifier)


@dataclass(slots=True)
class _Count:
    """What is counted of one fix, whole or on one system."""

    open_findings: int = 0
    in_progress: int = 0
    claimed: int = 0
    accepted: int = 0
    known_exploited: int = 0
    unpriced: int = 0
    low: float = 0.0
    mid: float = 0.0
    high: float = 0.0
    priced: int = 0
    own: float = 0.0
    worst_class: int = int(priority.Urgency.NONE)
    due: datetime | None = None
    assets: set[int | None] = field(default_factory=set)

    def add(self, row: tuple[Any, ...], ends: tuple[float, float, float] | None, split: int = 1) -> None:
        asset, state, worst, exploited, due = row[4], row[5], row[6], row[10], row[11]
        self.open_findings += 1
        self.assets.add(asset)
        if state == "in_progress":
            self.in_progress += 1
        elif state == "claimed":
            self.claimed += 1
        elif state == "accepted":
            self.accepted += 1
        if exploited:
            self.known_exploited += 1
        if ends is None:
            self.unpriced += 1
        else:
            self.low, self.mid, self.high = self.low + ends[0], self.mid + ends[1], self.high + ends[2]
            self.priced += 1
            self.own += ends[1] / split
        self.worst_class = min(self.worst_class, worst)
        if due is not None and state != "accepted" and (self.due is None or due < self.due):
            self.due = due

    def note(self, row: Fix | SystemFix, ceiling: float = math.inf) -> None:
        for name in ("open_findings", "in_progress", "claimed", "accepted", "known_exploited", "unpriced", "due"):
            setattr(row, name, getattr(self, name))
        row.assets = len(self.assets - {None})
        row.worst_class = self.worst_class
        some = self.priced > 0
        row.price_low, row.price_mid, row.price_high = (
            (self.low, self.mid, max(min(self.high, ceiling), self.mid)) if some else (None, None, None)
        )


NOTHING = _Count()


def _ends(row: tuple[Any, ...], rates: list[list[float]], most: float) -> tuple[float, float, float] | None:
    """The price of a finding at the low, middle and high of the hazard, as its page shows it; None = not priced."""
    price, epss, severity, low, mid, high = row[7], row[8], row[9], row[13], row[14], row[15]
    if price is None:
        return None
    if not price or not mid or low is None or high is None:
        return (price, price, price)
    below, above = price * low / mid, price * high / mid
    if epss is None and rates:
        rate = rates[class_of(severity)]
        if rate[1]:
            below, above = below * rate[0] / rate[1], above * rate[2] / rate[1]
    return (min(below, price), price, max(min(above, most), price))


class _Tally(NamedTuple):
    whole: dict[FixIdentity, _Count]
    parts: dict[tuple[FixIdentity, int | None], _Count]
    first: dict[FixIdentity, datetime]
    ceiling: float


def ceiling_of(total: TotalExposure | None) -> float:
    """What all findings together cost a year at most: the ceiling of every high end."""
    return float(total.pricing.get("most", math.inf)) if total is not None else math.inf


def _tally(tell: Tell | None) -> _Tally:
    """Read every open finding once."""
    systems: dict[int | None, list[int | None]] = defaultdict(list)
    for asset, of in SystemAsset.objects.values_list("asset_id", "system_id"):
        systems[asset].append(of)
    total = TotalExposure.objects.first()
    rates = list(total.pricing.get("unknown", ())) if total is not None else []
    ceiling = ceiling_of(total)
    most = total.open_findings if total is not None else None
    found = _Tally({}, {}, {}, ceiling)
    rows = Finding.objects.filter(IS_OPEN, worst_class__lt=priority.Urgency.NONE).order_by()
    nowhere: list[int | None] = [None]
    for number, row in enumerate(rows.values_list(*READ).iterator(chunk_size=5000), 1):
        identity = identity_of(row[0], row[1], row[2], row[3])
        ends = _ends(row, rates, ceiling)
        whole = found.whole.get(identity)
        if whole is None:
            whole = found.whole[identity] = _Count()
            found.first[identity] = row[12]
        whole.add(row, ends)
        if row[12] < found.first[identity]:
            found.first[identity] = row[12]
        held = systems.get(row[4], nowhere)
        for system in held:
            part = found.parts.get((identity, system))
            if part is None:
                part = found.parts[identity, system] = _Count()
            part.add(row, ends, len(held))
        if tell is not None and number % STEP == 0:
            tell(number, most)
    return found


def recount_fixes(actor: User | None, tell: Tell | None = None) -> int:
    """Count anew what each fix closes, on the whole and on each system; returns the number of fixes with open findings.

    The findings are read before the transaction begins; what is written are the fixes whose counts differ.
    """
    began = timezone.now()
    FixState.objects.get_or_create(id=1)
    FixState.objects.filter(id=1).update(stale=False)
    found = _tally(tell)
    remedies = {i.definition for i in found.whole if i.definition is not None}
    named = dict(_definitions(remedies))
    keys = {
        identity: key_of(identity, "" if identity.definition is None else named[identity.definition][0])
        for identity in found.whole
    }
    with bulk.wide_statements(), ledger.write(actor) as log:
        fixes = {fix.key: fix for fix in Fix.objects.all()}
        changed = _write_fixes(found, keys, named, fixes)
        changed += _write_parts(found, keys, fixes)
        FixState.objects.filter(id=1).update(counted_at=began)
        if changed:
            log.add("recount", "fix", "all", None, {"fixes": len(found.whole), "changed": changed})
    return len(found.whole)


def _definitions(wanted: Iterable[int]) -> Iterator[tuple[int, tuple[str, str]]]:
    for part in bulk.chunks(sorted(wanted), 900):
        for pk, identifier, title in Definition.objects.filter(pk__in=part).values_list("pk", "identifier", "title"):
            yield pk, (identifier, title)


def _title(identity: FixIdentity, named: dict[int, tuple[str, str]]) -> str:
    if identity.definition is None:
        return bulk.clip(f"Upgrade {identity.component} to {identity.target_version}", 500)
    return named[identity.definition][1]


def _write_fixes(
    found: _Tally, keys: dict[FixIdentity, str], named: dict[int, tuple[str, str]], fixes: dict[str, Fix]
) -> int:
    reached: dict[FixIdentity, int] = defaultdict(int)
    for identity, system in found.parts:
        reached[identity] += system is not None
    fresh, changed, seen = [], [], set()
    for identity, count in found.whole.items():
        key = keys[identity]
        seen.add(key)
        fix = fixes.get(key)
        if fix is None:
            fix = Fix(
                key=key, kind=identity.kind, ecosystem=identity.ecosystem, component=identity.component,
                target_version=identity.target_version, definition_id=identity.definition,
                title=_title(identity, named), first_seen=found.first[identity],
            )  # fmt: skip
            fresh.append(fix)
        before = [getattr(fix, name) for name in (*COUNTS, "systems")]
        count.note(fix, found.ceiling)
        fix.systems = reached[identity]
        if fix.pk and before != [getattr(fix, name) for name in (*COUNTS, "systems")]:
            changed.append(fix)
    for key, fix in fixes.items():
        if key not in seen and (fix.open_findings or fix.worst_class is not None):
            NOTHING.note(fix)
            fix.worst_class, fix.systems = None, 0
            changed.append(fix)
    for fix in bulk.insert(Fix, fresh):
        fixes[fix.key] = fix
    bulk.overwrite(Fix, changed, (*COUNTS, "systems"))
    return len(fresh) + len(changed)


def _write_parts(found: _Tally, keys: dict[FixIdentity, str], fixes: dict[str, Fix]) -> int:
    owners = dict(System.objects.values_list("pk", "it_owner_id"))
    known = {(part.fix_id, part.system_id): part for part in SystemFix.objects.all()}
    fresh, changed = [], []
    for (identity, system), count in found.parts.items():
        fix = fixes[keys[identity]]
        part = known.pop((fix.pk, system), None)
        owner = None if system is None else owners.get(system)
        if part is None:
            part = SystemFix(fix_id=fix.pk, system_id=system)
            fresh.append(part)
        before = [part.owner_id, part.own_share, *(getattr(part, name) for name in COUNTS)]
        count.note(part, found.ceiling)
        part.owner_id, part.own_share = owner, count.own / count.mid if count.mid else 1.0
        if part.pk and before != [part.owner_id, part.own_share, *(getattr(part, name) for name in COUNTS)]:
            changed.append(part)
    bulk.insert(SystemFix, fresh)
    bulk.overwrite(SystemFix, changed, (*COUNTS, "owner", "own_share"))
    for gone in bulk.chunks([part.pk for part in known.values()], 900):
        SystemFix.objects.filter(pk__in=gone).delete()
    return len(fresh) + len(changed) + len(known)
