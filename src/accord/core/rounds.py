"""Rounds: small periodic upkeep that nobody asks for, such as ending what has expired.

    @rounds.every("decisions.expire", timedelta(hours=1))
    def end_what_expired() -> None: ...

Each worker walks through the rounds that are due; whoever notes its begin first does it, so that of several workers
one does. A round must be short and safe to repeat: after a crash it is done again when it is due next.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from accord.core.models import Round

Function = Callable[[], None]
_rounds: dict[str, tuple[timedelta, Function]] = {}
_log = structlog.get_logger(__name__)


def every(name: str, interval: timedelta) -> Callable[[Function], Function]:
    """Register a function that a worker calls at least `interval` after it was begun last."""

    def register(function: Function) -> Function:
        _rounds[name] = (interval, function)
        return function

    return register


def names() -> list[str]:
    """The rounds that are registered, in their order."""
    return list(_rounds)


def run_due(now: datetime | None = None) -> list[str]:
    """Do the rounds that are due; returns which were done here. One that fails is noted and tried when due next."""
    done = []
    for name, (interval, function) in _rounds.items():
        moment = now or timezone.now()
        Round.objects.get_or_create(name=name)
        waiting = Q(begun__isnull=True) | Q(begun__lte=moment - interval)
        if not Round.objects.filter(waiting, name=name).update(begun=moment):
            continue
        error = ""
        try:
            function()
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"[:500]
            _log.exception("round failed", round=name)
        Round.objects.filter(name=name).update(ended=timezone.now(), error=error)
        done.append(name)
    return done
