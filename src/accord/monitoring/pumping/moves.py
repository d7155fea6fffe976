"""Names and addresses that went from one asset to another, as the ledger tells, for events of before that."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from accord.core.models import LedgerEntry
from accord.estate.identities import Identity, identities

MOST = 500_000
"""Moves that are remembered; later ones are not looked at, and what they moved counts as it is now."""


class Move(NamedTuple):
    """An asset (its key) got an identity at a moment, or gave it up."""

    at: datetime
    asset: str
    is_gain: bool


class Moves:
    """What changed hands, read from the ledger once and then what is new. Not for several threads at once.

    An asset that was added says nothing about before: it may have been there long before Accord knew of it.
    """

    def __init__(self) -> None:
        self._by_identity: dict[Identity, list[Move]] = {}
        self._read = self._count = 0

    def renew(self) -> None:
        """Read what the ledger has got since. One query."""
        rows = LedgerEntry.objects.filter(noun="asset", verb="change", number__gt=self._read).order_by("number")
        for number, at, key, before, after in rows.values_list("number", "at", "key", "before", "after").iterator():
            self._read = number
            if before and after and self._count < MOST:
                self._note(datetime.fromisoformat(at), key, before, after)

    def _note(self, at: datetime, key: str, before: str, after: str) -> None:
        try:
            held, holds = identities(json.loads(before)), identities(json.loads(after))
        except (ValueError, KeyError, TypeError, AttributeError):  # an entry that is no whole row of an asset
            return
        for identity in held ^ holds:
            self._by_identity.setdefault(identity, []).append(Move(at, key, identity in holds))
            self._count += 1

    def any_of(self, wanted: Iterable[Identity]) -> bool:
        """Whether any of these changed hands."""
        return any(one in self._by_identity for one in wanted)

    def holders(self, identity: Identity, at: datetime, now: Iterable[str]) -> set[str]:
        """The assets (keys) that had an identity at a moment, from those that have it now."""
        moves = self._by_identity.get(identity, [])
        found = set(now)
        for move in reversed(moves[bisect_right(moves, at, key=lambda one: one.at) :]):
            if move.is_gain:
                found.discard(move.asset)
            else:
                found.add(move.asset)
        return found
