"""Puts the class, the place and the deadline of the policy in force on findings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from accord.engines import priority
from accord.exposure.models import OPEN_STATES, Finding, Severity
from accord.exposure.selectors.policy import policy_now
from accord.exposure.services import deadlines
from accord.exposure.services.facts import AssetFacts, exposed

FLOORS = {
    Severity.CRITICAL: 9.0, Severity.HIGH: 7.0, Severity.MEDIUM: 4.0, Severity.LOW: 0.1, Severity.INFO: 0.0,
}  # fmt: skip
"""Where only a severity is known, the order counts with the lower end of its CVSS 3.1 band."""
FACTS = ("known_exploited", "epss", "reach", "goal_weight")
RANKED = ("worst_class", "best_class", "rank", "price", "clock", "due")
RANKED_AND_FACTS = (*FACTS, *RANKED)


def score_of(finding: Finding) -> float | None:
    """The score that orders the finding, None = unknown."""
    if finding.cvss_score is not None:
        return finding.cvss_score
    return None if finding.severity is None else FLOORS[Severity(finding.severity)]


def rank(
    findings: Sequence[Finding], at: datetime | None = None, policy: priority.Policy | None = None,
    recount: bool = False,
) -> None:  # fmt: skip
    """Set worst_class, best_class, rank, clock and due from the facts on each finding.

    One that is not open has no rank, and keeps its clock. `at`: when the facts arrived (default: now); a finding that
    has no clock yet starts it when it was first seen. `policy`: default is the one in force (one query). `recount`:
    the days of the policy changed, so deadlines are counted anew from the clocks that run.
    """
    if not findings:
        return
    rules, moment = policy or policy_now(), at or timezone.now()
    for finding in findings:
        if finding.asset_id is None or finding.state not in OPEN_STATES:
            finding.price = None
    found = _assess(findings, rules)
    for finding, worst, best, place in zip(
        findings, found.worst.tolist(), found.best.tolist(), found.rank.tolist(), strict=True
    ):
        if finding.state in OPEN_STATES:
            finding.clock, finding.due = _times(finding, rules, worst, moment, recount)
        finding.worst_class, finding.best_class = worst, best
        finding.rank = place if finding.state in OPEN_STATES else None


def _assess(findings: Sequence[Finding], rules: priority.Policy) -> priority.Assessment:
    nan = math.nan
    scores = [score_of(f) for f in findings]
    return priority.assess(
        [-1 if f.known_exploited is None else int(f.known_exploited) for f in findings],
        [exposed(f.reach) for f in findings],
        [f.possible for f in findings],
        [nan if f.epss is None else f.epss for f in findings],
        [nan if f.goal_weight is None else f.goal_weight for f in findings],
        [nan if score is None else score for score in scores],
        [nan if f.price is None else f.price for f in findings],
        rules,
    )


def classes_of(findings: Sequence[Finding], policy: priority.Policy) -> tuple[list[int], list[int]]:
    """Mildest and most urgent class of findings by a policy; nothing is changed on them."""
    found = _assess(findings, policy)
    return found.best.tolist(), found.worst.tolist()


def _times(finding: Finding, rules: priority.Policy, worst: int, at: datetime, recount: bool) -> deadlines.Times:
    times, was = (finding.clock, finding.due), finding.worst_class
    if finding.clock is None:
        known_before = finding.pk is not None and was is not None and worst < was
        return deadlines.started(rules, worst, at if known_before else finding.first_seen or at)
    if recount and was == worst:
        return deadlines.recounted(rules, worst, times, at)
    return deadlines.moved(rules, was, worst, times, at)


def facts_of(finding: Finding) -> priority.Facts:
    """The facts that the verdict on a finding rests on."""
    code = exposed(finding.reach)
    return priority.Facts(
        finding.known_exploited,
        None if code < 0 else bool(code),
        finding.possible,
        finding.epss,
        finding.goal_weight,
        score_of(finding),
        finding.price,
    )


def place_on(finding: Finding, facts: AssetFacts) -> None:
    """Note the facts of the asset on the finding."""
    finding.reach, finding.goal_weight = facts.reach, facts.goal_weight
