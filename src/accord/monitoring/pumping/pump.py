"""Spool → parsed events → rules → store, each cycle in one transaction with the offsets and the hits.

    1. Read on, parse, match: only memory changes.
    2. Write the files of events, whole, under names that the same events give again.
    3. One transaction: their rows, offsets and counts, correlation state, hits → alerts. Now it happened.
    4. Delete the segments that are wholly read.

Whatever ends a cycle before its transaction does leaves the offsets where they were, and the cycle is done again from
there; files of step 2 without a row are swept away. After the transaction only step 4 is left, which the next cycle
does.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from accord.core import events as core_events
from accord.core import ledger
from accord.monitoring import store
from accord.monitoring.collecting import spool
from accord.monitoring.hits import Hit
from accord.monitoring.models import PumpState, Source
from accord.monitoring.pumping.assets import Assets, Unknown
from accord.monitoring.pumping.envelope import Envelopes
from accord.monitoring.pumping.feeds import Feed, Piece
from accord.monitoring.pumping.holding import Busy, check, hold
from accord.monitoring.pumping.keeping import counted, keep
from accord.monitoring.pumping.packing import packed, unpacked
from accord.monitoring.pumping.rules import Numbers, Rules
from accord.monitoring.services import alerts
from accord.monitoring.store import StoredEvent
from accord.monitoring.store.table import table_of

MOST_EVENTS = 50_000
MOST_BYTES = 64 << 20
AT_ONCE = 2_000
"""Events that are taken from one source before the next one has its turn."""
MACHINES = frozenset(("linux", "windows", "macos", "nginx", "apache", "cisco"))
"""Products whose logs are of the machine that sends them, where they name none."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle did; `caught_up`: there was nothing more to read."""

    events: int = 0
    malformed: int = 0
    hits: int = 0
    files: int = 0
    caught_up: bool = True


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the place of the one pump. Busy where another process has it."""
    folder = store.folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "pump.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"Another process stores the events of {folder}.") from None
        hold()
        yield
    finally:
        os.close(lock)


class Pump:
    """Everything that is in memory between two cycles; it can be thrown away at any time. Only one at a time."""

    def __init__(self) -> None:
        self._envelopes, self._assets, self._unknown = Envelopes(), Assets(), Unknown()
        self._here = socket.gethostname()
        self.begin()

    def begin(self) -> None:
        """Forget what was not written, and go on from what was."""
        self._kept = PumpState.objects.first() or PumpState()
        self._rules = Rules(bytes(self._kept.correlation))
        self._streams = unpacked(bytes(self._kept.streams))
        self._feeds: dict[int, Feed] = {}
        self._drop()

    def _drop(self) -> None:
        self.events: list[StoredEvent] = []
        self._matched: list[tuple[StoredEvent, Numbers, bool]] = []
        self._bytes = 0

    @property
    def holder(self) -> str:
        """Which folder's pump this is."""
        return str(self._kept.holder)

    @property
    def is_full(self) -> bool:
        """Whether the cycle has as many events as one takes."""
        return len(self.events) >= MOST_EVENTS or self._bytes >= MOST_BYTES

    @property
    def waits(self) -> bool:
        """Whether anything was read that is not written."""
        return bool(self.events) or any(feed.read.hours for feed in self._feeds.values())

    @property
    def old_waits(self) -> bool:
        """Whether old hits wait for no more to come."""
        return bool(self._rules.waiting)

    def fill(self) -> bool:
        """Read on, until the cycle is full or there is nothing more; returns whether there is nothing more."""
        self._find_feeds()
        self._rules.renew()
        open_ = list(self._feeds.values())
        while open_ and not self.is_full:
            still = []
            for feed in open_:
                pieces, caught_up = feed.take(min(AT_ONCE, MOST_EVENTS - len(self.events)))
                for piece in pieces:
                    self._enter(feed, piece)
                if not caught_up:
                    still.append(feed)
                if self.is_full:
                    break
            else:
                open_ = still
        return not open_

    def _find_feeds(self) -> None:
        """A feed for each source that has a spool."""
        try:
            names = {int(one.name) for one in (store.folder() / "spool").iterdir() if one.name.isdecimal()}
        except FileNotFoundError:
            names = set()
        new = names - self._feeds.keys()
        if new:
            for source in Source.objects.filter(pk__in=new).order_by("pk"):
                self._feeds[source.pk] = Feed(source, self._streams.get(str(source.pk)))

    def _enter(self, feed: Feed, piece: Piece) -> None:
        """Make the stored event of a parsed one, and see which rules hold."""
        event = piece.event
        host, user, src, dst = self._envelopes.of(event)
        source = event.source
        stored = StoredEvent(
            piece.key, feed.source.pk, event.time or piece.received, event.time is not None, piece.received,
            host or self._machine(feed, piece), user, src, dst, None, source.product, source.category, source.service,
            event.format, event.data, event.raw or b"", event.json and event.raw is not None,
        )  # fmt: skip
        self.events.append(stored)
        self._bytes += len(stored.raw)
        try:
            numbers = self._rules.match(stored, piece.record)
        except Exception as error:
            _log.exception("the rules could not be applied to an event", key=piece.key)
            feed.fault(piece, f"The rules could not be applied to it ({type(error).__name__}); it is stored.")
            return
        if numbers:
            self._matched.append((stored, numbers, piece.is_stream))

    def _machine(self, feed: Feed, piece: Piece) -> str | None:
        """The machine of a log that names none: as the source says, else who sent it, else the one that it is on."""
        told = feed.source.settings.get("host")
        if told:
            return str(told)[:300]
        if piece.event.source.product not in MACHINES and piece.event.source.category != "webserver":
            return None
        if feed.source.kind == Source.Kind.FILES:
            return self._here
        peer = self._envelopes.address(piece.peer) if piece.is_stream else None
        return None if peer is None or peer in ("127.0.0.1", "::1") else peer

    def commit(self, caught_up: bool, settle_old: bool, now: datetime | None = None) -> Cycle:
        """Write everything that was read since the last one: all of it or nothing. Whatever is raised, `begin` again.

        `settle_old`: no more old events come, so that those that wait are counted.
        """
        moment = now or timezone.now()
        feeds, events = list(self._feeds.values()), self.events
        self._assets.renew()
        self._assets.tie(events)
        hits = self._rules.hits(self._matched, caught_up, moment)
        if settle_old:
            hits += self._rules.settle_old()
        malformed = sum(hour.malformed for feed in feeds for hour in feed.read.hours.values())
        written = self._write(events)
        unknown = self._unknown.of(events, moment)
        with _transaction(bool(hits or unknown)) as log:
            store.record(written, moment)
            keep(feeds, counted(events))
            self._keep_state(feeds, moment)
            for source, seen in unknown.items():
                core_events.names_seen.send(source=self._feeds[source].source.name, names=seen, actor=None)
            self._hand_on(hits, log)
        self._unknown.told(unknown)
        self._after(feeds)
        return Cycle(len(events), malformed, len(hits), len(written), caught_up)

    def _write(self, events: list[StoredEvent]) -> list[store.Written]:
        """The files of events. An event that cannot be written with its fields is written without them."""
        try:
            return store.write(events)
        except (OSError, MemoryError):
            raise
        except Exception:
            _log.exception("events could not be written; they are looked at one by one")
        for event in events:
            try:
                table_of([event])
            except Exception as error:
                _log.warning("an event is stored without its fields", key=event.key, error=repr(error)[:200])
                event.data = {}
        return store.write(events)

    def _keep_state(self, feeds: list[Feed], now: datetime) -> None:
        kept = self._kept
        kept.streams = packed({str(feed.source.pk): state for feed in feeds if (state := feed.state())})
        if self._rules.changed:
            kept.correlation = self._rules.state()
        kept.changed = kept.seen = now
        kept.paused = ""
        check(kept.holder)
        kept.save()

    @staticmethod
    def _hand_on(hits: list[Hit], log: ledger.Log | None) -> None:
        if hits:
            alerts.take(hits, log)

    def _after(self, feeds: list[Feed]) -> None:
        """It happened: what is in memory is what is written."""
        self._drop()
        self._rules.changed = False
        for feed in feeds:
            feed.written()
            spool.remove_done(feed.folder, feed.read.offsets)

    def tell_states(self, now: datetime | None = None) -> None:
        """Note what the engine says of each rule."""
        self._rules.tell(now or timezone.now())


def _transaction(is_told: bool) -> AbstractContextManager[Any]:
    """One transaction; with the ledger where alerts or unknown machines are told of."""
    return ledger.write(None) if is_told else _quiet()


@contextmanager
def _quiet() -> Iterator[None]:
    with transaction.atomic():
        yield None
