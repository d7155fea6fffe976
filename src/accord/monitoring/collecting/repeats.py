"""Lines that a sender sends again after its connection broke off: kept once.

Plain syslog has no acknowledgement but the orderly end of a connection. A sender whose connection broke off may send
again whatever it likes of it. So for each connection without an orderly end the digests of its last lines are kept
(`EACH` of one connection, `ALL` of one source; of RELP, which acknowledges each message, those of a window), by the
sender's address. When that address connects again, a line that equals one of them is dropped, once for each that is
kept. It ends

* for a connection with its first run of `FRESH` lines in a row that equal none: it is past what was under way;
* for the address `SETTLED` seconds after its first connection: then what broke off is forgotten.

A line that comes twice within one connection is two lines. What two senders behind one address send is one.
"""

from __future__ import annotations

import base64
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from accord.monitoring.collecting.frames import Frame, Record
from accord.monitoring.collecting.spool import CHECKPOINT

EACH, ALL, LEAST, WINDOW = 131_072, 524_288, 64, 4_096
FRESH = 1_000
SETTLED = 600.0
SIZE = 16
PLAIN, ACKNOWLEDGED = "t", "r"
"""How the names of connections begin: of plain syslog, and of RELP."""


def digest(line: bytes) -> bytes:
    return blake2b(line, digest_size=SIZE).digest()


class Trail:
    """The lines of one living connection that its sender may send again."""

    __slots__ = ("connection", "digests", "fresh", "peer", "returning")

    def __init__(self, connection: str, peer: str, returning: bool) -> None:
        self.connection, self.peer, self.returning = connection, peer, returning
        self.fresh = 0
        self.digests: deque[bytes] = deque(maxlen=WINDOW if connection.startswith(ACKNOWLEDGED) else EACH)


class Repeats:
    """What of one source's connections may come again. Not for several threads at once."""

    def __init__(self) -> None:
        self._living: dict[str, Trail] = {}
        self._broken: dict[str, tuple[str, deque[bytes]]] = {}
        self._again: dict[str, Counter[bytes]] = {}
        self._since: dict[str, float] = {}
        self._over: list[str] = []
        self._held = 0
        self.dropped = 0

    def begin(self, connection: str, peer: str, now: float) -> Trail:
        """A connection has come."""
        found = [digests for by, digests in self._broken.values() if by == peer]
        if found and peer not in self._since:
            self._since[peer] = now
            self._again[peer] = Counter(one for digests in found for one in digests)
        trail = self._living[connection] = Trail(connection, peer, bool(found))
        return trail

    def keep(self, trail: Trail, lines: Sequence[bytes]) -> list[bool]:
        """For each line whether it is to be kept; False where it came before."""
        kept = [True] * len(lines)
        again = self._again.get(trail.peer) if trail.returning else None
        before = len(trail.digests)
        for place, line in enumerate(lines):
            one = digest(line)
            trail.digests.append(one)
            if again is None:
                continue
            if again.get(one):
                again[one] -= 1
                kept[place] = False
                trail.fresh = 0
                self.dropped += 1
            else:
                trail.fresh += 1
                if trail.fresh >= FRESH:
                    trail.returning, again = False, None
        self._held += len(trail.digests) - before
        if self._held > ALL:
            self._trim()
        return kept

    def end(self, trail: Trail, orderly: bool) -> None:
        """A connection has ended: orderly (its sender was told that all is on disk) or not."""
        self._living.pop(trail.connection, None)
        if orderly or not trail.digests:
            self._held -= len(trail.digests)
            self._over.append(trail.connection)
            return
        self._broken[trail.connection] = trail.peer, trail.digests
        if trail.peer in self._again:
            self._again[trail.peer].update(trail.digests)
        self._trim()

    def settle(self, now: float) -> None:
        """Forget what broke off where its sender has been back for long enough."""
        for peer in [one for one, since in self._since.items() if now - since >= SETTLED]:
            del self._since[peer], self._again[peer]
            for connection in [one for one, (by, _) in self._broken.items() if by == peer]:
                self._forget(connection)

    def mark(self) -> dict[str, Any]:
        """What the next frame must tell so that a restart knows it: connections that are over; empty for nothing."""
        over, self._over = self._over, []
        return {"over": over} if over else {}

    def unmark(self, mark: Mapping[str, Any]) -> None:
        """That mark was not written."""
        self._over[:0] = mark.get("over", ())

    def state(self) -> dict[str, Any]:
        """All that a restart must know: living connections count as broken off then."""
        living = {one.connection: (one.peer, one.digests) for one in self._living.values()}
        return {
            "trails": [
                [connection, peer, base64.b64encode(b"".join(digests)).decode()]
                for connection, (peer, digests) in {**self._broken, **living}.items()
                if digests
            ]
        }

    def take_up(self, frames: Iterable[Frame]) -> None:
        """What the spool tells of connections of an earlier run (the frames of `spool.replay`)."""
        for frame in frames:
            if CHECKPOINT in frame.mark:
                self._broken.clear()
                for connection, peer, packed in frame.mark[CHECKPOINT].get("trails", ()):
                    data = base64.b64decode(packed)
                    found = self._of(connection, peer)
                    found.extend(data[place : place + SIZE] for place in range(0, len(data), SIZE))
            for _, record in frame.records:
                self._take_up(record)
            for connection in frame.mark.get("over", ()):
                self._broken.pop(connection, None)
        self._held = sum(len(digests) for _, digests in self._broken.values())
        self._trim()

    def _take_up(self, record: Record) -> None:
        if record.connection.startswith((PLAIN, ACKNOWLEDGED)):
            self._of(record.connection, record.peer).append(digest(record.body))

    def _of(self, connection: str, peer: str) -> deque[bytes]:
        if connection not in self._broken:
            most = WINDOW if connection.startswith(ACKNOWLEDGED) else EACH
            self._broken[connection] = peer, deque(maxlen=most)
        return self._broken[connection][1]

    def _forget(self, connection: str) -> None:
        _, digests = self._broken.pop(connection)
        self._held -= len(digests)
        self._over.append(connection)

    def _trim(self) -> None:
        """Bring what is held under the bound: first all to the same length, then the oldest broken ones go."""
        if self._held <= ALL:
            return
        held = [digests for _, digests in self._broken.values()] + [one.digests for one in self._living.values()]
        most = max(LEAST, ALL // 2 // len(held))
        for digests in held:
            while len(digests) > most:
                digests.popleft()
                self._held -= 1
        for connection in list(self._broken):
            if self._held <= ALL:
                break
            self._forget(connection)
