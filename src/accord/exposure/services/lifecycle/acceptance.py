"""Findings that two keys accept until a day: still there and still counted, but nobody's work until then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.exposure.models import Finding
from accord.exposure.services import bulk, states
from accord.exposure.services.lifecycle.writing import ROWS, Change, change

LONGEST = 500


def accept(actor: User | None, findings: QuerySet[Finding], until: datetime, reason: str, reference: str) -> int:
    """Accept those of the findings that are open until a moment; returns how many are accepted by it.

    `reference` is the key of what both signed. What is accepted already goes over to it where it holds longer, and
    stays where it was otherwise.
    """
    fits = list(states.ACTS["accept"][0])
    longer = Q(state=states.ACCEPTED) & (Q(accepted_until=None) | Q(accepted_until__lt=until))
    wanted = findings.filter(Q(state__in=fits) | longer).exclude(accepted_under=reference)
    told = {"until": until, "reason": reason[:LONGEST], "acceptance": reference}
    now = timezone.now()

    def one(row: Finding) -> Change:
        row.accepted_until, row.accepted_under = until, reference
        row.acted, row.acted_by, row.said = now, actor, reason[:LONGEST]
        return Change(row, states.ACCEPTED, "accept", told)

    return _each(actor, list(wanted.order_by().values_list("pk", flat=True)), one, (*fits, states.ACCEPTED))


def end_acceptance(reference: str, actor: User | None = None, reason: str = "") -> int:
    """End what an acceptance holds: what is accepted under it is open again. Returns how many findings."""
    held = Finding.objects.filter(state=states.ACCEPTED, accepted_under=reference)
    told: dict[str, Any] = {"acceptance": reference, **({"reason": reason[:LONGEST]} if reason else {})}
    now = timezone.now()

    def one(row: Finding) -> Change:
        row.acted, row.acted_by, row.said = now, actor, reason[:LONGEST]
        return Change(row, states.OPEN, "end_acceptance", told)

    return _each(
        actor, list(held.order_by().values_list("pk", flat=True)), one, (states.ACCEPTED,), accepted_under=reference
    )


def _each(actor: User | None, findings: list[int], make: Any, allowed: tuple[str, ...], **still: Any) -> int:
    """Make a change of each finding that is still in an allowed state, in short transactions."""
    done, breath = 0, Breath()
    for part in bulk.chunks(findings, ROWS):
        with bulk.wide_statements(), ledger.write(actor) as log:
            rows = Finding.objects.filter(pk__in=part, state__in=allowed, **still).order_by("pk")
            done += change([make(row) for row in rows], log)
        breath()
    return done
