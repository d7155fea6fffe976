"""Lines that a sender sends again after its connection broke off: kept once.

Plain syslog has no acknowledgement but the orderly end of a connection. A sender whose connection broke off may send
again whatever it likes of it. So for each connection without an orderly end the digests of its last lines are kept
(`EACH` of one connection, `ALL` of one source), by the sender's address. So also of RELP, whose answers may be lost on
their way. When that address connects again, a line that equals one of them is dropped, once for each that is kept. It
ends

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

EACH, ALL, LEAST = 131_072, 524_288, 64
FRESH = 1_000
SETTLED = 600.0
SIZE = 16
PLAIN, ACKNOWLEDGED = "t", "r"
"""How the names of connections begin: of plain syslog, and of RELP."""


def digest(line: bytes) -> bytes:
    return blake2b(line, digest_size=SIZE).digest()


class Trail:
    """The lines of one living connection that its sender may send again; `pending` are those that are not on disk
    yet, and so are no part of what a new segment must carry: the records themselves come after it."""

    __slots__ = ("connection", "digests", "fresh", "over", "peer", "pending", "returning")

    def __init__(self, connection: str, peer: str, returning: bool) -> None:
        self.connection, self.peer, self.returning = connection, peer, returning
        self.fresh, self.over = 0, False
        self.pending: list[bytes] = []
        self.digests: deque[bytes] = deque(maxlen=EACH)


class Repeats:
    """What of one source's connections may come again. Not for several threads at once."""

    def __init__(self) -> None:
        self._living: dict[str, Trail] = {}
        self._broken: dict[str, tuple[str, deque[bytes]]] = {}  # of senders that have not come back
        self._again: dict[str, Counter[bytes]] = {}  # of senders that have, what has not come again yet
        self._since: dict[str, float] = {}
        self._names: dict[str, list[str]] = {}
        self._over: list[str] = []
        self._held = 0
        self.dropped = 0

    def begin(self, connection: str, peer: str, now: float) -> Trail:
        """A connection has come."""
        for name in [one for one, (by, _) in self._broken.items() if by == peer]:
            if peer not in self._since:
                self._since[peer], self._again[peer], self._names[peer] = now, Counter(), []
            self._again[peer].update(self._broken.pop(name)[1])
            self._names[peer].append(name)
        trail = self._living[connection] = Trail(connection, peer, peer in self._again)
        return trail

    def keep(self, trail: Trail, lines: Sequence[bytes]) -> list[bool]:
        """For each line whether it is to be kept; False where it came before. `written` tells when these are."""
        kept = [True] * len(lines)
        again = self._again.get(trail.peer) if trail.returning else None
        for place, line in enumerate(lines):
            one = digest(line)
            if again is not None and again.get(one):
                again[one] -= 1
                kept[place] = False
                self.dropped += 1
                self._held -= 1
                self._add(trail, (one,))
                trail.fresh = 0
                continue
            trail.pending.append(one)
            trail.fresh += 1
            if again is not None and trail.fresh >= FRESH:
                trail.returning, again = False, None
        return kept

    def written(self, trail: Trail) -> None:
        """What `keep` kept is on disk; also where the connection has ended meanwhile."""
        if trail.over and trail.peer in self._again:
            self._again[trail.peer].update(trail.pending)
            self._held += len(trail.pending)
        else:
            self._add(trail, trail.pending)
        trail.pending = []
        if self._held > ALL:
            self._trim()

    def _add(self, trail: Trail, digests: Sequence[bytes]) -> None:
        before = len(trail.digests)
        trail.digests.extend(digests)
        self._held += len(trail.digests) - before

    def end(self, trail: Trail, orderly: bool) -> None:
        """A connection has ended: orderly (its sender was told that all is on disk) or not."""
        self._living.pop(trail.connection, None)
        trail.over = True
        if orderly:
            self._held -= len(trail.digests)
            self._over.append(trail.connection)
        elif trail.peer in self._again:
            self._again[trail.peer].update(trail.digests)
            self._names[trail.peer].append(trail.connection)
        else:
            self._broken[trail.connection] = trail.peer, trail.digests

    def settle(self, now: float) -> None:
        """Forget what broke off where its sender has been back for long enough."""
        for peer in [one for one, since in self._since.items() if now - since >= SETTLED]:
            self._forget(peer)

    def mark(self) -> dict[str, Any]:
        """What the next frame must tell so that a restart knows it: connections that are over; empty for nothing."""
        over, self._over = self._over, []
        return {"over": over} if over else {}

    def unmark(self, mark: Mapping[str, Any]) -> None:
        """That mark was not written."""
        self._over[:0] = mark.get("over", ())

    def state(self) -> dict[str, Any]:
        """All that a restart must know: living connections count as broken off then."""
        held: dict[str, tuple[str, Iterable[bytes]]] = dict(self._broken)
        held |= {self._names[peer][0]: (peer, again.elements()) for peer, again in self._again.items()}
        held |= {one.connection: (one.peer, one.digests) for one in self._living.values()}
        return {
            "trails": [
                [connection, peer, base64.b64encode(b"".join(digests)).decode()]
                for connection, (peer, digests) in held.items()
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
            self._broken[connection] = peer, deque(maxlen=EACH)
        return self._broken[connection][1]

    def _forget(self, peer: str) -> None:
        self._held -= self._again.pop(peer).total()
        self._over += self._names.pop(peer)
        del self._since[peer]

    def _trim(self) -> None:
        """Bring what is held under the bound: first all to the same length, then the oldest that broke off go."""
        if self._held <= ALL:
            return
        held = [digests for _, digests in self._broken.values()] + [one.digests for one in self._living.values()]
        most = max(LEAST, ALL // 2 // (len(held) + len(self._again)))
        for digests in held:
            while len(digests) > most:
                digests.popleft()
                self._held -= 1
        for peer, again in self._again.items():
            total = again.total()
            if total > most:
                again = self._again[peer] = Counter(dict(Counter(again.elements()).most_common(most)))
                self._held -= total - again.total()
        for connection in list(self._broken):
            if self._held <= ALL:
                return
            self._held -= len(self._broken.pop(connection)[1])
            self._over.append(connection)
        for peer in list(self._again):
            if self._held <= ALL:
                return
            self._forget(peer)
