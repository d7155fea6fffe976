"""Reads of acceptances: what they cover, what they cost while they are open, what came after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When

from accord.core.twokey import TwoKeyState
from accord.decisions.models import Acceptance, AcceptedFinding, Sheet
from accord.decisions.selectors.sheets import MOST_COUNTING
from accord.engines import priority
from accord.estate.models import System, SystemAsset
from accord.estate.scope import systems_of
from accord.exposure.models import IS_OPEN, Definition, Finding, SystemFix, TotalExposure
from accord.exposure.services.footholds import class_of
from accord.organization.models import Unit
from accord.organization.scope import unit_and_below

PEOPLE = ("by", "proposed_by", "cio_signer", "ciso_signer", "dissent_by", "ended_by", "predecessor")
Scope = Acceptance.Scope


@dataclass(frozen=True, slots=True)
class Carried:
    """What open findings cost a year (low, middle, high of the hazard); None where none of them is priced.

    `findings` are open, `unpriced` of them in no sum.
    """

    findings: int
    unpriced: int
    ends: tuple[float, float, float] | None


def carried(findings: QuerySet[Finding]) -> Carried:
    """What the open ones of these findings cost a year now. Two queries, however many there are.

    A finding's low and high are those of its page: its price times what a foothold on its asset costs there over the
    middle, and for one without EPSS the same of the rate of its severity.
    """
    priced, mid = Q(price__isnull=False), F("asset__exposure__price_mid")
    known = Q(price__gt=0, asset__exposure__price_mid__gt=0)
    rows = findings.filter(IS_OPEN).order_by()
    told = rows.annotate(blind=Case(When(epss__isnull=True, then=Value(1)), default=Value(0))).values(
        "severity", "blind"
    )
    sums = told.annotate(
        number=Count("pk"), unpriced=Count("pk", filter=~priced), whole=Sum("price"),
        low=Sum(F("price") * F("asset__exposure__price_low") / mid, filter=known, output_field=FloatField()),
        high=Sum(F("price") * F("asset__exposure__price_high") / mid, filter=known, output_field=FloatField()),
    )  # fmt: skip
    total = TotalExposure.objects.first()
    pricing: dict[str, Any] = {} if total is None else total.pricing
    number, unpriced, ends = 0, 0, [0.0, 0.0, 0.0]
    for row in sums:
        number, unpriced = number + row["number"], unpriced + row["unpriced"]
        below, above = row["low"] or 0.0, row["high"] or 0.0
        if row["blind"] and pricing.get("unknown"):
            rate = pricing["unknown"][class_of(row["severity"])]
            below, above = (below * rate[0] / rate[1], above * rate[2] / rate[1]) if rate[1] else (below, above)
        ends = [ends[0] + below, ends[1] + (row["whole"] or 0.0), ends[2] + above]
    if number == unpriced:
        return Carried(number, unpriced, None)
    most = pricing.get("most")
    high = max(ends[1], ends[2] if most is None else min(ends[2], float(most)))
    return Carried(number, unpriced, (min(ends[0], ends[1]), ends[1], high))


def subject_of(scope: str, key: str) -> tuple[str, str] | None:
    """(key, name) of what an acceptance would be about; None where there is none. One query."""
    match scope:
        case Scope.FINDING:
            number = key.removeprefix("F-")
            one = Finding.objects.select_related("definition", "asset").filter(pk=number if number.isdigit() else 0)
            found = one.first()
            if found is None:
                return None
            place = found.asset.name if found.asset is not None else "an unclaimed target"
            return found.key, f"{found.definition.title} on {place}"
        case Scope.DEFINITION:
            told: Any = Definition.objects.filter(identifier=key).values_list("identifier", "title").first()
        case Scope.SYSTEM:
            told = System.objects.filter(key=key).values_list("key", "name").first()
        case Scope.UNIT:
            told = Unit.objects.filter(key=key).values_list("key", "name").first()
        case _:
            return None
    return None if told is None else (str(told[0]), str(told[1]))


def within(scope: str, subject: str) -> QuerySet[Finding]:
    """The open findings of a scope, those for information only left out.

    Of a unit: those on the assets of the systems that it and the units below it use.
    """
    rows = Finding.objects.filter(IS_OPEN, worst_class__lt=priority.Urgency.NONE)
    match scope:
        case Scope.FINDING:
            return rows.filter(pk=int(subject.removeprefix("F-")))
        case Scope.DEFINITION:
            return rows.filter(definition__identifier=subject)
        case Scope.SYSTEM:
            systems: Any = System.objects.filter(key=subject)
        case _:
            systems = systems_of(unit_and_below(frozenset({subject})))
    return rows.filter(asset_id__in=SystemAsset.objects.filter(system__in=systems).values("asset_id"))


def covered(acceptance: Acceptance) -> QuerySet[Finding]:
    """The findings that it covers, whatever became of them."""
    return Finding.objects.filter(pk__in=AcceptedFinding.objects.filter(acceptance=acceptance).values("finding_id"))


def came_after(acceptance: Acceptance) -> QuerySet[Finding]:
    """Open findings of its scope that it does not cover and that nobody accepted otherwise."""
    mine = AcceptedFinding.objects.filter(acceptance=acceptance).values("finding_id")
    found = within(acceptance.scope, acceptance.subject).exclude(state=Finding.State.ACCEPTED)
    return found.exclude(pk__in=mine)


def acceptances() -> QuerySet[Acceptance]:
    """Acceptances with their people, how many of their findings are open, and what these cost a year (the middle)."""
    still = Q(covers__finding__rank__isnull=False)
    return Acceptance.objects.select_related(*PEOPLE).defer("content", "record").annotate(
        open_now=Count("covers", filter=still), price_now=Sum("covers__finding__price", filter=still)
    )  # fmt: skip


def find_acceptance(key: str) -> Acceptance | None:
    """One with its people. One query."""
    return Acceptance.objects.select_related(*PEOPLE).filter(key=key).first()


@dataclass(frozen=True, slots=True)
class Held:
    """Something that leaves findings open for a while: an acceptance, or a sheet on a patch that chose to."""

    key: str
    title: str
    href_name: str
    findings: int
    price: float | None
    until: dt.date

    def days_left(self, today: dt.date) -> int:
        return (self.until - today).days


def held(today: dt.date, counting: Sequence[Sheet] | None = None) -> list[Held]:
    """All that holds now, the dearest first. Two queries, three where a sheet on a patch accepted its findings.

    `counting` are the `sheets_that_count` where they are at hand: where that is all of them, one query less.
    """
    rows = acceptances().filter(state=TwoKeyState.IN_FORCE, ended="", until__gte=today)
    found = [
        Held(one.key, one.name, "decisions:acceptance_detail", one.open_now, one.price_now, one.until)  # type: ignore[attr-defined]
        for one in rows
    ]
    chosen: list[Sheet]
    if counting is not None and len(counting) < MOST_COUNTING:
        chosen = [one for one in counting if one.state == TwoKeyState.IN_FORCE and one.chosen == "accept" and one.until]
        chosen = [one for one in chosen if one.kind == Sheet.Kind.PATCH_OR_WAIT]
    else:
        accepts = Sheet.objects.filter(
            kind=Sheet.Kind.PATCH_OR_WAIT, state=TwoKeyState.IN_FORCE, chosen="accept", until__gte=today
        )
        chosen = list(accepts.only("key", "title", "until", "system", "fix"))
    if chosen:
        parts = {
            (part.system.key, part.fix.key): part
            for part in SystemFix.objects.select_related("system", "fix").filter(
                system__key__in={one.system for one in chosen}, fix__key__in={one.fix for one in chosen}
            )
        }
        for one in chosen:
            part = parts.get((one.system, one.fix))
            price, number = (None, 0) if part is None else (part.price_mid, part.open_findings)
            found.append(Held(one.key, one.title, "decisions:sheet_detail", number, price, one.until or today))
    return sorted(found, key=lambda one: (one.price is None, -(one.price or 0.0), one.key))


def acceptance_as_json(one: Acceptance, today: dt.date) -> dict[str, Any]:
    """Everything about it for the API. Five queries."""
    now = carried(covered(one))
    return {
        "key": one.key, "scope": one.scope, "subject": one.subject, "name": one.name, "reason": one.reason,
        "until": one.until, "state": str(one.state), "holds": one.holds(today), "ran_out": one.ran_out(today),
        "ended": one.ended or None, "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "measures": one.measures, "controls": list(one.controls.order_by("key").values_list("key", flat=True)),
        "covers": one.covers.count(), "open_now": now.findings, "unpriced": now.unpriced,
        "loss_a_year": None if now.ends is None else list(now.ends), "came_after": came_after(one).count(),
        "predecessor": one.predecessor.key if one.predecessor else None, "content": one.frozen,
        "content_hash": one.content_hash, "record": one.recorded, "record_hash": one.record_hash,
        "keys": [
            {
                "role": slot["role"], "state": slot["state"], "method": slot["method"], "dissent": slot["dissent"],
                "signer": slot["signer"].email if slot["signer"] else None,
                "at": slot["at"].isoformat() if slot["at"] else None,
            }
            for slot in one.slots
        ],
    }  # fmt: skip
