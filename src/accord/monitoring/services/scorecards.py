"""What each rule gave and cost within the last 30 and 90 days, what follows from that, and what a person decides.

Precision is the share of alerts that were true or benign true among those judged so or false; duplicates do not count.
Its interval is Wilson's score interval (E. B. Wilson, JASA 22 (1927), 209-212) at 95 %. Volume is told by days with
data. Nothing here switches a rule: `decide` does, and only a person calls it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import Alert, Rule, RuleDay, RuleScore
from accord.monitoring.services.ruleset import renew

WINDOWS = (30, 90)
"""Days."""
Z = 1.959963984540054
FEW = 5
"""Judged alerts under which nothing is concluded from precision."""
POOR, USELESS = 0.5, 0.1
"""Precision under which a rule is to be tuned, or to be retired, where its whole interval lies below."""
MANY = 20.0
"""Alerts a day from one rule that nobody can look at with care."""
AT_ONCE = 500
Tell = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Counted:
    """What one rule gave within a window of `days`. `minutes` are those that analysts noted."""

    days: int
    hits: int = 0
    alerts: int = 0
    true: int = 0
    benign: int = 0
    false: int = 0
    duplicate: int = 0
    minutes: float = 0.0

    @property
    def judged(self) -> int:
        """Alerts from which precision is known."""
        return self.true + self.benign + self.false


@dataclass(frozen=True, slots=True)
class Advice:
    """What the figures suggest, and why in words."""

    course: str
    reason: str


def wilson(successes: int, cases: int, z: float = Z) -> tuple[float, float] | None:
    """Wilson's score interval of a share; None where there are no cases."""
    if cases <= 0:
        return None
    share, square = successes / cases, z * z
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    half = z / (1 + square / cases) * math.sqrt(share * (1 - share) / cases + square / (4 * cases * cases))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == cases else min(1.0, middle + half)
    return low, high


def hour() -> Decimal | None:
    """What an hour of an analyst costs, by the setting ACCORD_ANALYST_HOUR; None where it is not set."""
    found: Decimal | None = getattr(settings, "ACCORD_ANALYST_HOUR", None)
    return found


def cost_of(minutes: float, price: Decimal | None) -> Decimal | None:
    """Minutes in money; None where an hour has no price."""
    return None if price is None else (price * Decimal(str(minutes)) / 60).quantize(Decimal("0.01"))


def advise(found: Counted, state: str, is_filter: bool = False) -> Advice:
    """Keep, tune or retire, from the figures alone."""
    keep, tune, retire = RuleScore.Advice.KEEP, RuleScore.Advice.TUNE, RuleScore.Advice.RETIRE
    if is_filter:
        return Advice("", "A filter is judged by the rules that it narrows.")
    if state == Rule.State.UNSUPPORTED:
        return Advice(retire, "It is not run: replace it by one that can be, or retire it.")
    interval = wilson(found.true + found.benign, found.judged)
    if interval is not None and found.judged >= FEW:
        words = f"{found.true + found.benign} of {found.judged} judged alerts were true"
        words += f" (interval {interval[0]:.0%} to {interval[1]:.0%})"
        if interval[1] <= USELESS:
            return Advice(retire, f"{words}: hardly one is.")
        if interval[1] <= POOR:
            return Advice(tune, f"{words}: most are false.")
        if found.alerts / found.days > MANY:
            return Advice(tune, f"{words}, but {found.alerts / found.days:.0f} alerts a day are too many to look at.")
        return Advice(keep, f"{words}.")
    if found.alerts / found.days > MANY:
        return Advice(tune, f"{found.alerts / found.days:.0f} alerts a day are too many to look at.")
    if found.judged:
        return Advice(keep, f"Only {found.judged} of its alerts {'was' if found.judged == 1 else 'were'} judged: "
                            f"{FEW} are needed to conclude.")  # fmt: skip
    if found.alerts:
        return Advice(keep, "None of its alerts was judged yet.")
    return Advice(keep, f"It did not fire within {found.days} days and costs nothing.")


def count(days: int, now: datetime) -> dict[int, Counted]:
    """What each rule gave within the last `days` days; rules that gave nothing are not in it. Two queries."""
    since = now - timedelta(days=days)
    verdict = Alert.Verdict
    rows = Alert.objects.filter(opened__gt=since, opened__lte=now).values_list("rule").annotate(
        all=Count("pk"), minutes=Sum("minutes"),
        **{f"n_{one}": Count("pk", filter=Q(verdict=one)) for one in verdict.values},
    )  # fmt: skip
    hits: Mapping[int, int] = dict(
        RuleDay.objects.filter(day__gt=since.date(), day__lte=now.date()).values_list("rule").annotate(n=Sum("hits"))
    )
    names = ("all", "minutes", *(f"n_{one}" for one in verdict.values))
    found = {}
    for rule, *values in rows.values_list("rule", *names):
        told = dict(zip(names, values, strict=True))
        found[rule] = Counted(
            days, hits.get(rule, 0), told["all"], told["n_true"], told["n_benign"], told["n_false"],
            told["n_duplicate"], float(told["minutes"] or 0),
        )  # fmt: skip
    for rule, number in hits.items():
        found.setdefault(rule, Counted(days, number))
    return found


def refresh(now: datetime | None = None, tell: Tell | None = None) -> int:
    """Make the scorecards of all rules anew; returns how many rows changed."""
    moment, price, changed = now or timezone.now(), hour(), 0
    for place, days in enumerate(WINDOWS):
        counted = count(days, moment)
        rules = Rule.objects.order_by("pk").values_list("pk", "state", "is_filter")
        held = {score.rule_id: score for score in RuleScore.objects.filter(window=days)}
        new, other = [], []
        for rule, state, is_filter in rules:
            values = _values(counted.get(rule, Counted(days)), state, is_filter, price)
            score = held.get(rule)
            if score is None:
                new.append(RuleScore(rule_id=rule, window=days, made=moment, **values))
            elif any(getattr(score, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(score, name, value)
                other.append(score)
        with transaction.atomic():
            RuleScore.objects.bulk_create(new, batch_size=AT_ONCE)
            RuleScore.objects.bulk_update(other, VALUES, batch_size=AT_ONCE)
            RuleScore.objects.filter(window=days).update(made=moment)
        changed += len(new) + len(other)
        if tell is not None:
            tell(place + 1, len(WINDOWS), f"{days} days")
    return changed


def _values(found: Counted, state: str, is_filter: bool, price: Decimal | None) -> dict[str, Any]:
    advice = advise(found, state, is_filter)
    interval = wilson(found.true + found.benign, found.judged)
    return {
        "hits": found.hits, "alerts": found.alerts, "true": found.true, "benign": found.benign, "false": found.false,
        "duplicate": found.duplicate,
        "precision": (found.true + found.benign) / found.judged if found.judged else None,
        "precision_low": interval[0] if interval else None, "precision_high": interval[1] if interval else None,
        "minutes": found.minutes, "cost": cost_of(found.minutes, price), "advice": advice.course,
        "reason": advice.reason[:500],
    }  # fmt: skip


VALUES = [
    "hits", "alerts", "true", "benign", "false", "duplicate", "precision", "precision_low", "precision_high", "minutes",
    "cost", "advice", "reason",
]  # fmt: skip


def decide(actor: User, rules: Iterable[Rule], course: str, note: str) -> int:
    """What a person decided of rules after looking at their scorecards; to retire one switches it off."""
    if course not in Rule.Course.values:
        words = ", ".join(Rule.Course.values)
        raise Refused(Problem(None, "course", f"“{course}” is none.", f"Use {words}."))
    if not note.strip():
        raise Refused(Problem(None, "note", "A decision needs its reason.", "Say why, in a line."))
    chosen, now = list(rules), timezone.now()
    with ledger.write(actor) as log:
        switched = False
        for rule in chosen:
            before = {"course": rule.course, "enabled": rule.enabled}
            rule.course, rule.course_note, rule.course_by, rule.course_at = course, note.strip()[:500], actor, now
            if course == Rule.Course.RETIRE:
                switched = switched or rule.enabled
                rule.enabled, rule.pinned = False, True
            after = {"course": course, "enabled": rule.enabled, "why": rule.course_note}
            log.add("change", "rule", rule.pk, before, after)
        fields = ["course", "course_note", "course_by", "course_at", "enabled", "pinned"]
        Rule.objects.bulk_update(chosen, fields, batch_size=AT_ONCE)
        if switched:
            renew(actor)
    return len(chosen)
