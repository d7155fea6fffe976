"""Every transition of a finding's life, as one table beside the functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accord.exposure.models import OPEN_STATES, Finding
from accord.exposure.services import states

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)

# A scan sees it. Columns: nothing told · told not affected · told false positive · told suppressed · told closed ·
# on an ignored target. "=" stays; an accepted one holds until LATER.
SEEN = """
open            =               not_affected  false_positive  suppressed  claimed  ignored
in_progress     =               not_affected  false_positive  suppressed  claimed  ignored
claimed         open            not_affected  false_positive  suppressed  =        ignored
accepted        =               =             =               =           =        ignored
closed          open            not_affected  false_positive  suppressed  =        ignored
not_affected    open            =             false_positive  suppressed  closed   ignored
false_positive  open            not_affected  =               suppressed  closed   ignored
suppressed      open            not_affected  false_positive  =           closed   ignored
ignored         open            not_affected  false_positive  suppressed  closed   =
"""
# The same where a statement stands.
STATED = """
open            =     =  =  =  =  ignored
in_progress     =     =  =  =  =  ignored
claimed         open  =  =  =  =  ignored
accepted        =     =  =  =  =  ignored
closed          open  =  =  =  =  ignored
not_affected    =     =  =  =  =  =
false_positive  =     =  =  =  =  =
suppressed      open  =  =  =  =  ignored
ignored         open  =  =  =  =  =
"""
TOLD = (None, "not_affected", "false_positive", "suppressed", "closed", None)
VERBS = {
    ("claimed", "open"): "reopen", ("closed", "open"): "reopen", ("open", "claimed"): "claim",
    ("in_progress", "claimed"): "claim",
}  # fmt: skip


def cells(table: str) -> list[tuple[str, str | None, bool, str]]:
    found = []
    for line in table.strip().splitlines():
        state, *after = line.split()
        assert len(after) == len(TOLD)
        for at, new in enumerate(after):
            found.append((state, TOLD[at], at == len(TOLD) - 1, state if new == "=" else new))
    return found


def verb_of(old: str, new: str) -> str:
    if old == new:
        return ""
    return "ignore" if new == "ignored" else VERBS.get((old, new), "change")


def test_tables_are_whole() -> None:
    names = {value for value, _ in Finding.State.choices}
    assert names == set(states.STATES)
    assert set(OPEN_STATES) == states.STILL_THERE
    for table in (SEEN, STATED):
        assert {state for state, *_ in cells(table)} == names


@pytest.mark.parametrize(("state", "told", "ignored", "after"), cells(SEEN))
def test_seen(state: str, told: str | None, ignored: bool, after: str) -> None:
    assert states.seen(state, told, LATER, NOW, ignored) == (after, verb_of(state, after))


@pytest.mark.parametrize(("state", "told", "ignored", "after"), cells(STATED))
def test_seen_where_a_statement_stands(state: str, told: str | None, ignored: bool, after: str) -> None:
    assert states.seen(state, told, LATER, NOW, ignored, stated=True) == (after, verb_of(state, after))


@pytest.mark.parametrize("until", [None, EARLIER, NOW])
def test_an_acceptance_ends(until: datetime | None) -> None:
    assert states.seen("accepted", None, until, NOW, False) == ("open", "expire")


@pytest.mark.parametrize("state", ["claimed", "closed"])
def test_a_scan_from_before_the_act_refutes_nothing(state: str) -> None:
    assert states.seen(state, None, None, NOW, False, acted=LATER) == (state, "")
    assert states.seen(state, None, None, NOW, False, acted=EARLIER) == ("open", "reopen")
    assert states.seen(state, None, None, NOW, False, acted=NOW) == ("open", "reopen")


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("open", ("closed", "close")),
        ("in_progress", ("closed", "close")),
        ("claimed", ("closed", "verify")),
        ("accepted", ("closed", "close")),
        ("closed", ("closed", "")),
        ("not_affected", ("not_affected", "")),
        ("false_positive", ("false_positive", "")),
        ("suppressed", ("closed", "close")),
        ("ignored", ("closed", "close")),
    ],
)
def test_gone(state: str, after: tuple[str, str]) -> None:
    assert states.gone(state) == after
    assert states.gone(state, NOW, EARLIER) == after
    assert states.gone(state, NOW, LATER) == (state, "")


# What people do. Rows: the state before; columns: the acts; "-": the act does not fit.
ACTS = """
                start        stop  claim    take_back  false_positive  not_affected  reopen  accept    end_acceptance
open            in_progress  -     claimed  -          false_positive  not_affected  -       accepted  -
in_progress     -            open  claimed  -          false_positive  not_affected  -       accepted  -
claimed         -            -     -        open       false_positive  not_affected  -       accepted  -
accepted        -            -     -        -          false_positive  not_affected  -       -         open
closed          -            -     -        -          -               -             open    -         -
not_affected    -            -     -        -          -               -             open    -         -
false_positive  -            -     -        -          -               -             open    -         -
suppressed      -            -     -        -          false_positive  not_affected  open    -         -
ignored         -            -     -        -          -               -             -       -         -
"""


def test_acts() -> None:
    head, *lines = ACTS.strip("\n").splitlines()
    names = head.split()
    assert names == list(states.ACTS)
    assert [line.split()[0] for line in lines] == list(states.STATES)
    for line in lines:
        state, *after = line.split()
        assert [states.act(name, state) or "-" for name in names] == after


def test_nobody_closes_by_hand() -> None:
    assert "closed" not in {to for _, to in states.ACTS.values()}


@pytest.mark.parametrize(
    ("analysis", "ignored", "state"),
    [
        (None, False, "open"), ("exploitable", False, "open"), ("in_triage", False, "open"), (None, True, "ignored"),
        ("resolved", False, "closed"), ("resolved_with_pedigree", True, "closed"), ("suppressed", True, "suppressed"),
        ("not_affected", False, "not_affected"), ("false_positive", False, "false_positive"),
    ],
)  # fmt: skip
def test_the_first_state(analysis: str | None, ignored: bool, state: str) -> None:
    assert states.first(states.told_by(analysis), ignored) == state
