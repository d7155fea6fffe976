"""Which asset an event is of: by the name of its machine, else by its account, else by its addresses, as the estate had
them at its time; where it names none that is known, the one that a person bound its source to.

What an event was tied to stays with it: an address that another asset has tomorrow still belongs to today's. Of an
event that comes late the ledger tells who had its name or address then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from django.db.models import Count, Max

from accord.estate import identities
from accord.estate.models import Asset, AssetIdentity
from accord.monitoring.models import Source
from accord.monitoring.pumping.accounts import accounts
from accord.monitoring.pumping.moves import Moves
from accord.monitoring.services.alerts.subjects import BOUND
from accord.monitoring.store import StoredEvent

MOST = 200_000
"""Names and addresses that are remembered, also those that nobody has."""
MOST_A_DAY = 10_000
"""Names that no asset answers to which are told of in one day; further ones wait for the next."""
LATE = timedelta(hours=1)
"""An event that comes no later than this is of the asset that has its name or address now."""
SEVERAL, NAMED = -1, "several"
NONE: tuple[int | None, str] = (None, "")
THEN = "then:"
"""How `asset_by` begins where the ledger told who had the name at the time of the event."""
Named = tuple[str, str]
"""A kind ("host", "address" or the scheme of an account) and the text."""


class Seen(NamedTuple):
    """A machine that no asset answers to: its addresses as far as they are told, and when it was seen."""

    kind: str
    name: str
    addresses: tuple[str, ...]
    first: datetime
    last: datetime


class Assets:
    """Assets by name and address, remembered until the estate changes."""

    def __init__(self) -> None:
        self._known: dict[Named, int | None] = {}
        self._bound: dict[int, tuple[int | None, str]] = {}
        self._moves = Moves()
        self._state: tuple[int, int] | None = None

    def renew(self) -> None:
        """Forget what is remembered if any asset's names changed; read which sources are bound. Two queries."""
        rows = Source.objects.filter(asset__isnull=False).values_list("pk", "asset_id", "key")
        self._bound = {pk: (asset, f"{BOUND}{key}") for pk, asset, key in rows if asset is not None}
        told = AssetIdentity.objects.aggregate(newest=Max("pk"), number=Count("pk"))
        state = (told["newest"] or 0, told["number"])
        if state != self._state:
            self._known.clear()
            self._state = state

    def tie(self, events: Iterable[StoredEvent]) -> None:
        """Set `asset` of each event and by what it was found; None and "" where no asset or more than one answers.

        A binding of the source stands only where no asset answers: between several nobody guesses.
        """
        held = [(event, self._asked(event)) for event in events]
        self._learn({one for _, asked in held for one in asked})
        late = []
        for event, asked in held:
            self._set(event, asked)
            if event.time < event.received - LATE:
                late.append((event, asked))
        if late:
            self._moves.renew()
            self._tie_late(late)
        for event, _ in held:
            if event.asset is None:
                event.asset, event.asset_by = NONE if event.asset_by else self._bound.get(event.source, NONE)

    def _set(self, event: StoredEvent, asked: tuple[Named, ...]) -> None:
        """By what is known now; `asset_by` is NAMED where several answer."""
        event.asset, event.asset_by = NONE
        for one in asked:
            found = self._known.get(one)
            if found == SEVERAL:
                event.asset_by = NAMED
            elif found is not None:
                event.asset, event.asset_by = found, _found_by(one)
                return

    def _tie_late(self, late: Iterable[tuple[StoredEvent, tuple[Named, ...]]]) -> None:
        """Set `asset` of events whose names or addresses have changed hands since they happened."""
        held, wanted = [], set()
        for event, asked in late:
            named = [_identities(one) for one in asked]
            pairs = {pair for levels in named for level in levels for pair in level}
            if self._moves.any_of(pairs):
                held.append((event, asked, named))
                wanted |= pairs
        if not held:
            return
        now = identities.match(wanted)
        keys = dict(
            Asset.objects.filter(pk__in={pk for found in now.values() for pk in found}).values_list("pk", "key")
        )
        by_key: dict[str, int | None] = {key: pk for pk, key in keys.items()}
        for event, asked, named in held:
            event.asset, event.asset_by = NONE
            for one, levels in zip(asked, named, strict=True):
                then = self._then(levels, event.time, now, keys)
                if then is None:
                    continue
                event.asset_by = NAMED
                if then:
                    if then not in by_key:
                        by_key[then] = Asset.objects.filter(key=then).values_list("pk", flat=True).first()
                    event.asset = by_key[then]
                    if event.asset is not None:
                        event.asset_by = f"{THEN}{_found_by(one)}"
                    break

    def _then(
        self, levels: list[list[identities.Identity]], at: datetime, now: Mapping[identities.Identity, set[int]],
        keys: Mapping[int, str],
    ) -> str | None:  # fmt: skip
        """The key of the one asset that answered at a moment, "" where several did, None where none did."""
        for level in levels:
            found = set().union(
                *(self._moves.holders(pair, at, {keys[pk] for pk in now.get(pair, ()) if pk in keys}) for pair in level)
            )
            if found:
                return found.pop() if len(found) == 1 else ""
        return None

    @staticmethod
    def _asked(event: StoredEvent) -> tuple[Named, ...]:
        """The machine's own name decides where it is told; else an account, then who began, then who was asked."""
        if event.host is not None:
            return (("host", event.host),)
        named = accounts(event.product, event.user, event.data)
        return (*named, *(("address", one) for one in (event.src, event.dst) if one is not None))

    def _learn(self, wanted: set[Named]) -> None:
        new = [one for one in wanted if one not in self._known]
        if len(self._known) + len(new) > MOST:
            self._known.clear()
            new = list(wanted)
        asked = {one: _identities(one) for one in new}
        found = identities.match(pair for pairs in asked.values() for level in pairs for pair in level)
        for one, levels in asked.items():
            self._known[one] = None
            for level in levels:
                assets = set().union(*(found.get(pair, set()) for pair in level))
                if assets:
                    self._known[one] = assets.pop() if len(assets) == 1 else SEVERAL
                    break


@lru_cache(maxsize=50_000)
def _found_by(named: Named) -> str:
    """By what an asset was found: a kind (host, address, or the scheme of an account), a colon and the text."""
    kind, text = named
    return f"{'address' if kind == 'host' and _is_address(text.lower().rstrip('.')) else kind}:{text}"[:400]


def _identities(named: Named) -> list[list[identities.Identity]]:
    """What of an asset's could be this, the surest first: the whole name, then its first part."""
    kind, text = named
    lower = text.lower().rstrip(".")
    if kind not in ("host", "address"):
        return [[(kind, lower)]]
    if kind == "address" or _is_address(lower):
        return [[("address", lower)]]
    short = lower.partition(".")[0]
    levels = [[("hostname", lower), ("name", lower), ("key", lower)]]
    if short != lower:
        levels.append([("hostname", short), ("name", short), ("key", short)])
    return levels


@lru_cache(maxsize=50_000)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Unknown:
    """Machines that no asset answers to, also of sources that are bound to one: each is told of once a day."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, Named], date] = {}
        self._today = date.min
        self._count = 0

    def of(self, events: Iterable[StoredEvent], now: datetime) -> dict[int, list[Seen]]:
        """Those of these events that were not told of today, by source. Once they are written, call `told`."""
        today = now.astimezone(UTC).date()
        if today != self._today:
            self._today, self._count, self._told = today, 0, {}
        found: dict[int, dict[Named, Seen]] = {}
        left = MOST_A_DAY - self._count
        for event in events:
            if event.asset is not None and not event.asset_by.startswith(BOUND):
                continue
            for named, addresses in _unknown(event):
                if (event.source, named) in self._told:
                    continue
                held = found.setdefault(event.source, {})
                known = held.get(named)
                if known is None:
                    if left <= 0:
                        continue
                    left -= 1
                    held[named] = Seen(*named, addresses, event.time, event.time)
                else:
                    both = tuple(dict.fromkeys((*known.addresses, *addresses)))[:10]
                    first, last = min(known.first, event.time), max(known.last, event.time)
                    held[named] = Seen(*named, both, first, last)
        return {source: list(held.values()) for source, held in found.items()}

    def told(self, seen: dict[int, list[Seen]]) -> None:
        """These were written."""
        for source, held in seen.items():
            for one in held:
                self._told[source, (one.kind, one.name)] = self._today
                self._count += 1


def _unknown(event: StoredEvent) -> list[tuple[Named, tuple[str, ...]]]:
    """What of an event without asset could be one: its machine, else its addresses that are inside."""
    if event.host is not None:
        if _is_address(event.host):
            return [(("address", event.host), (event.host,))] if _is_inside(event.host) else []
        return [(("host", event.host.lower().rstrip(".")), ())]
    return [(("address", one), (one,)) for one in (event.src, event.dst) if one is not None and _is_inside(one)]


@lru_cache(maxsize=50_000)
def _is_inside(text: str) -> bool:
    """Whether an address is one of the organization's own network by its kind (RFC 1918, RFC 4193)."""
    found = ip_address(text)
    return found.is_private and not (
        found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved
    )
