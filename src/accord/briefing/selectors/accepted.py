"""What both executives see of findings that are left open for a while: what that costs, and how long it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from accord.briefing import parts
from accord.briefing.parts import Table, address
from accord.briefing.words import units
from accord.core.statements import Statement
from accord.decisions.selectors import Held
from accord.ui.format import default_currency

SHOWN = 5
SOON = 14
"""Days before its end from which on an acceptance is marked."""


def statement(found: Sequence[Held], today: dt.date) -> Statement:
    """What acceptances carry a year, and when the next one ends. No query."""
    prices = [one.price for one in found if one.price is not None]
    number = len(found)
    note = "Nothing is accepted."
    if found:
        left = min(one.days_left(today) for one in found)
        note = f"{number} {units(number, 'acceptance')}; the next ends in {left} {'day' if left == 1 else 'days'}."
    return Statement(
        "acceptance.carried", "Loss carried by acceptances a year",
        sum(prices) if prices else 0.0 if not found else None, default_currency(),
        source="Prices of open findings that are accepted.", query="decisions.selectors.held",
        href=address("decisions:acceptance_list", state="in_force"), note=note,
    )  # fmt: skip


def table(found: Sequence[Held], today: dt.date) -> Table:
    """The dearest ones with their loss and days left. No query."""
    return parts.table(
        "accepted", "Accepted for a while", ("What", "Open findings", "Costs a year", "Days left"),
        [
            (
                parts.text(one.title, address(one.href_name, one.key)),
                parts.count(one.findings),
                parts.money(one.price),
                parts.count(one.days_left(today)),
            )
            for one in found[:SHOWN]
        ],
        "Nothing is accepted.", address("decisions:acceptance_list", state="in_force"), tone="joint",
        note="Soon over: " + ", ".join(one.title for one in found if one.days_left(today) <= SOON) + "."
        if any(one.days_left(today) <= SOON for one in found) else "",
    )  # fmt: skip
