"""What happens to the states of the findings that one scan sees: `states.seen`, decided once for each combination."""

from __future__ import annotations

from datetime import datetime

from accord.exposure.services import states


def first(analysis: str | None, ignored: bool) -> str:
    """The state of a finding that is new."""
    return states.first(states.told_by(analysis), ignored)


class Table:
    """`states.seen` for many findings of one scan; the verb is "see" where the state stays."""

    def __init__(self, observed: datetime) -> None:
        self._observed = observed
        self._known: dict[tuple[str, str | None, datetime | None, bool, bool, bool], tuple[str, str]] = {}

    def __call__(
        self,
        state: str,
        analysis: str | None,
        until: datetime | None,
        ignored: bool,
        stated: bool = False,
        acted: datetime | None = None,
    ) -> tuple[str, str]:
        newer = acted is not None and self._observed < acted
        key = state, analysis, until, ignored, stated, newer
        found = self._known.get(key)
        if found is None:
            now, verb = states.seen(
                state, states.told_by(analysis), until, self._observed, ignored, stated, acted if newer else None
            )
            found = self._known[key] = now, verb or "see"
        return found
