"""How long work may hold up other writers, and how it lets them in."""

from __future__ import annotations

import time

from django.db import connection

SECONDS = 0.35
"""So long a transaction should hold the database."""
GAP = 0.1
"""SQLite has no line of waiting writers: one that waits looks again at least that often."""
BUSY = 1.0
"""So long several short transactions may follow each other before others get their turn."""


class Breath:
    """Call it between two transactions: on SQLite, after BUSY seconds of work, it waits for GAP.

    So a waiting writer finds the database free at its next look. PostgreSQL keeps a line.
    """

    def __init__(self) -> None:
        self._since = time.monotonic()

    def rested(self, since: float) -> None:
        """The database was free from this moment (`time.monotonic`) until now: others have had their turn."""
        if time.monotonic() - since >= GAP:
            self._since = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._since < BUSY:
            return
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            time.sleep(GAP)
        self._since = time.monotonic()


class Portion:
    """How many rows a transaction takes, so that it holds the database for about SECONDS."""

    def __init__(self, first: int, fewest: int, most: int) -> None:
        self.size, self._fewest, self._most = first, fewest, most
        self._since = 0.0

    def begin(self) -> None:
        self._since = time.monotonic()

    def end(self, number: int) -> None:
        """Learn from a transaction that took `number` rows."""
        spent = max(time.monotonic() - self._since, 1e-3)
        if number >= self.size // 2:
            self.size = int(min(self._most, max(self._fewest, self.size * min(2.0, SECONDS / spent))))
