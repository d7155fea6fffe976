"""The pump as a process of its own, and by the cycle for whoever wants it done now."""

from __future__ import annotations

import errno
import threading
import time
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import close_old_connections
from django.utils import timezone

from accord.monitoring.models import PumpState
from accord.monitoring.pumping.holding import Busy, check
from accord.monitoring.pumping.pump import Cycle, Pump, only_one

PAUSE = 1.0
"""Seconds between two looks at the spools."""
GATHERED = 10.0
"""Seconds that an event waits for others at most."""
QUIET = 20.0
"""Seconds without any old event after which those that wait are counted."""
TOLD = 300.0
SEEN = timedelta(seconds=15)
LONGEST_BACK_OFF = 60.0
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_log = structlog.get_logger(__name__)


def step() -> Cycle:
    """Do one cycle now: read, match, store, commit. Busy where another process pumps."""
    with only_one():
        pump = Pump()
        caught_up = pump.fill()
        return _commit(pump, caught_up, settle_old=caught_up)


def drain(most: int | None = None) -> Cycle:
    """Do cycles until there is nothing more to read (or `most` of them); returns their sum. Busy as `step`."""
    total, number = Cycle(), 0
    with only_one():
        pump = Pump()
        while True:
            caught_up = pump.fill()
            one = _commit(pump, caught_up, settle_old=caught_up)
            number += 1
            total = Cycle(
                total.events + one.events, total.malformed + one.malformed, total.hits + one.hits,
                total.files + one.files, caught_up,
            )  # fmt: skip
            if caught_up or number == most:
                pump.tell_states()
                return total


def _commit(pump: Pump, caught_up: bool, settle_old: bool) -> Cycle:
    try:
        return pump.commit(caught_up, settle_old)
    except BaseException:
        pump.begin()
        raise


def run(home: Path, stop: threading.Event) -> None:
    """Pump until `stop` is set; `home` is the installation's folder, which the settings name. Ends with a whole cycle.

    What goes wrong pauses it, with the reason where it is shown (`PumpState.paused`), and is tried again.
    """
    wait = PAUSE
    while not stop.is_set():
        try:
            with only_one():
                _Runner(stop).run()
        except Busy as error:
            _log.warning("not pumping", reason=str(error))
            stop.wait(LONGEST_BACK_OFF / 6)
        except Exception as error:
            _log.exception("the pump stands still", home=str(home), again_in=wait)
            _pause(_reason(error))
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_BACK_OFF)
            close_old_connections()
        else:
            wait = PAUSE


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return "The disk of the store of events is full. Nothing received is lost; make space."
    return f"Events cannot be stored ({type(error).__name__}: {str(error)[:150]}). Nothing received is lost."


def _pause(reason: str) -> None:
    try:
        if not PumpState.objects.update(paused=reason[:300], seen=timezone.now()):
            PumpState.objects.create(paused=reason[:300], seen=timezone.now())
    except Exception:
        _log.exception("the pause cannot be noted")


class _Runner:
    """Cycles, one after the other, until there is reason to begin anew."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._pump = Pump()
        self._began: float | None = None
        self._old = self._told = 0.0
        self._seen = timezone.now() - SEEN

    def run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            caught_up = self._pump.fill()
            self._look(caught_up)
            if caught_up:
                self._stop.wait(PAUSE)
        if self._pump.waits:
            self._pump.commit(False, settle_old=False)

    def _look(self, caught_up: bool) -> None:
        """Commit where it is time."""
        pump, clock = self._pump, time.monotonic()
        if pump.waits and self._began is None:
            self._began = clock
        if pump.waits or not pump.old_waits:
            self._old = clock
        settle = pump.old_waits and clock - self._old > QUIET
        due = self._began is not None and (pump.is_full or clock - self._began >= GATHERED)
        if due or settle:
            pump.commit(caught_up, settle_old=settle)
            self._began = None
            if clock - self._told > TOLD or not self._told:
                pump.tell_states()
                self._told = clock
        else:
            self._beat()

    def _beat(self) -> None:
        """Show now and then that the pump is at work."""
        now = timezone.now()
        if now - self._seen >= SEEN:
            self._seen = now
            check(self._pump.holder)
            PumpState.objects.update(seen=now, paused="")
