"""Puts the class and place of the priority engine on findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accord.engines import priority
from accord.exposure.models import OPEN_STATES, Finding, Severity
from accord.exposure.services.facts import AssetFacts, exposed

FLOORS = {
    Severity.CRITICAL: 9.0, Severity.HIGH: 7.0, Severity.MEDIUM: 4.0, Severity.LOW: 0.1, Severity.INFO: 0.0,
}  # fmt: skip
"""Where only a severity is known, the order counts with the lower end of its CVSS 3.1 band."""
FACTS = ("known_exploited", "epss", "reach", "goal_weight")
RANKED = ("worst_class", "best_class", "rank", "price")
RANKED_AND_FACTS = (*FACTS, *RANKED)


def score_of(finding: Finding) -> float | None:
    """The score that orders the finding, None = unknown."""
    if finding.cvss_score is not None:
        return finding.cvss_score
    return None if finding.severity is None else FLOORS[Severity(finding.severity)]


def rank(findings: Sequence[Finding]) -> None:
    """Set worst_class, best_class and rank from the facts on each finding; one that is not open has no rank."""
    if not findings:
        return
    nan = math.nan
    for finding in findings:
        if finding.asset_id is None or finding.state not in OPEN_STATES:
            finding.price = None
    scores = [score_of(f) for f in findings]
    found = priority.assess(
        [-1 if f.known_exploited is None else int(f.known_exploited) for f in findings],
        [exposed(f.reach) for f in findings],
        [f.possible for f in findings],
        [nan if f.epss is None else f.epss for f in findings],
        [nan if f.goal_weight is None else f.goal_weight for f in findings],
        [nan if score is None else score for score in scores],
        [nan if f.price is None else f.price for f in findings],
    )
    for finding, worst, best, place in zip(
        findings, found.worst.tolist(), found.best.tolist(), found.rank.tolist(), strict=True
    ):
        finding.worst_class, finding.best_class = worst, best
        finding.rank = place if finding.state in OPEN_STATES else None


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
