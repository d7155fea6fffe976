"""What happens to the state of a finding that a scan sees, from its file's own analysis where it has one."""

from __future__ import annotations

from datetime import datetime

from accord.exposure.models import Finding

State = Finding.State
OF_ANALYSIS: dict[str | None, str] = {
    "not_affected": State.NOT_AFFECTED.value,
    "false_positive": State.FALSE_POSITIVE.value,
    "suppressed": State.SUPPRESSED.value,
    "resolved": State.CLOSED.value,
    "resolved_with_pedigree": State.CLOSED.value,
}


def first(analysis: str | None, ignored: bool) -> str:
    """The state of a finding that is new."""
    told = OF_ANALYSIS.get(analysis, State.OPEN.value)
    return State.IGNORED.value if told == State.OPEN and ignored else told


def seen(
    state: str, told: str | None, accepted_until: datetime | None, observed: datetime, ignored: bool
) -> tuple[str, str]:
    """State and verb ("see", "change", "reopen", "close") of a known finding. `told`: state by the file's analysis."""
    if told is not None:
        now = told
    elif ignored:
        now = State.IGNORED.value
    elif state == State.IN_PROGRESS or (
        state == State.ACCEPTED and accepted_until is not None and observed < accepted_until
    ):
        now = state
    else:
        now = State.OPEN.value
    if now == state:
        return state, "see"
    if now == State.CLOSED:
        return now, "close"
    if state in (State.CLOSED, State.CLAIMED):
        return now, "reopen"
    return now, "change"


class Table:
    """`seen` for many findings of one scan: each combination is decided once."""

    def __init__(self, observed: datetime) -> None:
        self._observed = observed
        self._known: dict[tuple[str, str | None, datetime | None, bool], tuple[str, str]] = {}

    def __call__(self, state: str, analysis: str | None, until: datetime | None, ignored: bool) -> tuple[str, str]:
        key = state, analysis, until, ignored
        found = self._known.get(key)
        if found is None:
            told = OF_ANALYSIS.get(analysis)
            found = self._known[key] = seen(state, told, until, self._observed, ignored)
        return found
