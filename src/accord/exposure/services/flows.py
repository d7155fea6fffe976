"""What came, went and kept its deadline, month by month, counted from the evidence on the findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.engines import priority
from accord.estate.models import SystemAsset
from accord.exposure.models import OPEN_STATES, Finding, MonthlyFlow
from accord.exposure.services import bulk

MONTHS = 24
"""So many months are kept, the running one included."""
Group = tuple[bool, int | None, int]


def month_of(moment: datetime) -> int:
    """Months since year 0, in UTC."""
    told = moment.astimezone(UTC)
    return told.year * 12 + told.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def outcome(state: str, due: datetime | None, closed: datetime | None, now: datetime) -> tuple[str, int] | None:
    """Whether a finding kept its deadline, and the month that settled it; None = not settled yet, or accepted.

    Closed by its deadline: "met", in the month of the evidence; else "missed", in the month in which it passed.
    """
    if closed is not None and due is None:
        return "undated", month_of(closed)
    if due is None:
        return None
    if closed is not None and closed <= due:
        return "met", month_of(closed)
    if due < now and state != Finding.State.ACCEPTED:
        return "missed", month_of(due)
    return None


def recount_flows(actor: User | None) -> int:
    """Count the months anew; returns the number of rows. Reads every finding once, outside of the transaction.

    The database counts those of one asset with the same moments: a scan gives its own to all that it finds.

    Findings judged not affected, false positive, suppressed or ignored were no weakness and are in no figure.
    """
    now = timezone.now()
    systems: dict[int, list[int]] = defaultdict(list)
    for asset, system in SystemAsset.objects.values_list("asset_id", "system_id"):
        systems[asset].append(system)
    counts: dict[Group, Counter[tuple[str, int]]] = defaultdict(Counter)
    states = (*OPEN_STATES, Finding.State.CLOSED)
    rows = Finding.objects.filter(state__in=states, worst_class__lt=priority.Urgency.NONE).order_by()
    read = rows.values_list("asset_id", "worst_class", "state", "first_seen", "closed_at", "due")
    for asset, worst, state, first, closed, due, number in read.annotate(number=Count("pk")).iterator(chunk_size=5000):
        gone = closed if state == Finding.State.CLOSED else None
        facts = [("opened", month_of(first))]
        if gone is not None:
            facts.append(("closed", month_of(gone)))
        settled = outcome(state, due, gone, now)
        if settled is not None:
            facts.append(settled)
        for group in ((True, None, worst), *((False, s, worst) for s in systems.get(asset, (None,)))):
            for fact in facts:
                counts[group][fact] += number
    made = [row for group, found in counts.items() for row in _months(group, found, month_of(now))]
    with bulk.wide_statements(), ledger.write(actor):
        MonthlyFlow.objects.all().delete()
        bulk.insert(MonthlyFlow, made)
    return len(made)


def _months(group: Group, found: Counter[tuple[str, int]], last: int) -> list[MonthlyFlow]:
    whole, system, worst = group
    first = last - MONTHS + 1
    before = sum(n * (1 if name == "opened" else -1) for (name, month), n in found.items()
                 if month < first and name in ("opened", "closed"))  # fmt: skip
    rows: list[MonthlyFlow] = []
    for month in range(first, last + 1):
        told: dict[str, Any] = {n: found[n, month] for n in ("opened", "closed", "met", "missed", "undated")}
        if before or any(told.values()):
            rows.append(
                MonthlyFlow(
                    month=first_day(month), whole=whole, system_id=system, worst_class=worst,
                    open_before=max(before, 0), **told,
                )
            )  # fmt: skip
        before += told["opened"] - told["closed"]
    return rows
