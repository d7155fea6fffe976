"""The life of a finding: which state follows from what is seen, what is not seen any more, and what people do.

Pure functions without a query. Who calls them: landing (`seen`), closing (`gone`), people's acts (`act`).

    open ──start──▶ in_progress ──claim──▶ claimed ──a scan looked for it and did not see it──▶ closed ("verify")
      ▲                                      │                                                    │
      └──────────── a scan sees it again ────┴──────────────── ("reopen") ────────────────────────┘

A finding closes only by `gone`: a scan covered its target and its check and did not see it. What a scan knows is as
old as the scan: one from before a person's act says nothing about what that act claims (`acted`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

OPEN: Final = "open"
IN_PROGRESS: Final = "in_progress"
CLAIMED: Final = "claimed"
ACCEPTED: Final = "accepted"
CLOSED: Final = "closed"
NOT_AFFECTED: Final = "not_affected"
FALSE_POSITIVE: Final = "false_positive"
SUPPRESSED: Final = "suppressed"
IGNORED: Final = "ignored"

STATES = (
    OPEN, IN_PROGRESS, CLAIMED, ACCEPTED, CLOSED, NOT_AFFECTED, FALSE_POSITIVE, SUPPRESSED, IGNORED,
)  # fmt: skip
STILL_THERE = frozenset({OPEN, IN_PROGRESS, CLAIMED, ACCEPTED})
"""Counted, ranked and priced: there as far as anybody has seen."""
STATED = frozenset({NOT_AFFECTED, FALSE_POSITIVE})
"""What somebody says against the sighting; holds against scanners only while a statement stands."""

OF_ANALYSIS: dict[str | None, str] = {
    "not_affected": NOT_AFFECTED,
    "false_positive": FALSE_POSITIVE,
    "suppressed": SUPPRESSED,
    "resolved": CLOSED,
    "resolved_with_pedigree": CLOSED,
}
"""State that the analysis in a scanner's file tells (`intake.records.Analysis`); one that is not here tells none."""

Change = tuple[str, str]
"""(new state, verb); the verb is "" where the state stays."""


def told_by(analysis: str | None) -> str | None:
    """The state that a file's analysis tells, None where it tells none (in triage, exploitable, nothing)."""
    return OF_ANALYSIS.get(analysis)


def first(told: str | None, ignored: bool) -> str:
    """The state of a finding that nobody saw before.

    What its first file calls resolved was never open here: it begins closed, and the next sighting opens it.
    """
    if told is not None:
        return told
    return IGNORED if ignored else OPEN


def seen(
    state: str,
    told: str | None,
    accepted_until: datetime | None,
    observed: datetime,
    ignored: bool,
    stated: bool = False,
    acted: datetime | None = None,
) -> Change:
    """The state after a scan has seen the finding, and the verb of that change.

    `told` is the state that the file itself tells (`told_by`), `observed` the time of the scan, `ignored` whether its
    target is left out, `stated` whether a VEX statement stands on it (a person's or a document's), `acted` when a
    person last said what its state is.

    A standing statement wins over the scanner and over the file's own analysis. A file that calls "resolved" what was
    open here claims a fix; it does not prove one. An acceptance holds until its end. A claim is refuted, and what was
    closed reopened, by a sighting that is not older than the act.
    """
    if stated and (state in STATED or told is not None):
        return state, ""
    if told is not None:
        return _told(state, told)
    if ignored:
        return (state, "") if state == IGNORED else (IGNORED, "ignore")
    if state == ACCEPTED:
        holds = accepted_until is not None and observed < accepted_until
        return (state, "") if holds else (OPEN, "expire")
    if state in (CLAIMED, CLOSED):
        older = acted is not None and observed < acted
        return (state, "") if older else (OPEN, "reopen")
    if state in (OPEN, IN_PROGRESS):
        return state, ""
    return OPEN, "change"


def _told(state: str, told: str) -> Change:
    """What follows from the file's own analysis where no statement stands."""
    if state in (told, ACCEPTED):
        return state, ""
    if told != CLOSED:
        return told, "change"
    if state == CLAIMED:
        return state, ""
    return (CLAIMED, "claim") if state in STILL_THERE else (CLOSED, "change")


def gone(state: str, observed: datetime | None = None, acted: datetime | None = None) -> Change:
    """The state after a scan that covered target and check has not seen it: closed, "verify" where a fix was claimed.

    A scan from before the last act (`observed` < `acted`) changes nothing. What is not affected or a false positive
    stays so: that it is not seen is what was said.
    """
    if state in (CLOSED, NOT_AFFECTED, FALSE_POSITIVE):
        return state, ""
    if observed is not None and acted is not None and observed < acted:
        return state, ""
    return CLOSED, ("verify" if state == CLAIMED else "close")


ACTS: dict[str, tuple[frozenset[str], str]] = {
    "start": (frozenset({OPEN}), IN_PROGRESS),
    "stop": (frozenset({IN_PROGRESS}), OPEN),
    "claim": (frozenset({OPEN, IN_PROGRESS}), CLAIMED),
    "take_back": (frozenset({CLAIMED}), OPEN),
    "false_positive": (frozenset({OPEN, IN_PROGRESS, CLAIMED, ACCEPTED, SUPPRESSED}), FALSE_POSITIVE),
    "not_affected": (frozenset({OPEN, IN_PROGRESS, CLAIMED, ACCEPTED, SUPPRESSED}), NOT_AFFECTED),
    "reopen": (frozenset({CLOSED, NOT_AFFECTED, FALSE_POSITIVE, SUPPRESSED}), OPEN),
    "accept": (frozenset({OPEN, IN_PROGRESS, CLAIMED}), ACCEPTED),
    "end_acceptance": (frozenset({ACCEPTED}), OPEN),
}
"""What people do: from which states, and to which. Nobody closes a finding by hand: a scan does, on evidence."""


def act(name: str, state: str) -> str | None:
    """The state after a person's act, None where the act does not fit the state."""
    allowed, to = ACTS[name]
    return to if state in allowed else None
