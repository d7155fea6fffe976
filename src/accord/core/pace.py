"""How long work may hold up other writers, and how it lets them in."""

from __future__ import annotations

import time

from django.db import connection

SECONDS = 0.35
"""So long a transaction should hold the database."""
IN_LINE = 1.2
"""So long where writers stand in a line: who waits, waits for one transaction."""
GAP = 0.1
"""SQLite has no line of waiting writers: one that waits looks again at least that often."""
BUSY = 1.0
"""So long several short transactions may follow each other before others get their turn."""


class Breath:
    """Call it between two transactions: on SQLite, after BUSY seconds of work, the database is left free for GAP.

    So a waiting writer finds it free at its next look. PostgreSQL keeps a line. Work that needs no transaction counts:
    who has some calls `leave` as a transaction ends and `enter` as the next begins, and waits only for the rest.
    """

    def __init__(self) -> None:
        self._since = self._free = time.monotonic()

    def leave(self) -> None:
        """A transaction has ended: from now on the database is free."""
        self._free = time.monotonic()

    def enter(self) -> None:
        """A transaction is about to begin: others have had, or get now, what is left of their turn."""
        now = time.monotonic()
        left = GAP - (now - self._free)
        if left <= 0:
            self._since = now
        elif now - self._since >= BUSY:
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                time.sleep(left)
            self._since = time.monotonic()

    def __call__(self) -> None:
        """Both in one, where nothing is done between."""
        self.leave()
        self.enter()


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
            seconds = IN_LINE if connection.vendor == "postgresql" else SECONDS
            self.size = int(min(self._most, max(self._fewest, self.size * min(2.0, seconds / spent))))
