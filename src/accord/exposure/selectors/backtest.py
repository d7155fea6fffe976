"""The histories that policies are played against: this organization's findings, and the feeds' CVEs.

What the feeds say today is used for all of the past, because older editions are not kept: EPSS of a CVE that was
exploited is higher by hindsight, so a choice by EPSS looks better here than it would have been. Of the SSVC points the
answer "active" is left out for the same reason; "automatable" and "total impact" do not change with exploitation.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time
from math import nan
from typing import TYPE_CHECKING, Any

from accord.engines.priority import CVSS, SSVC, Policy, Urgency, assess, default_policy, possibilities, with_points
from accord.exposure.models import DefinitionAlias, Epss, Finding, Kev, SsvcPoint
from accord.exposure.selectors.policy import PUBLISHED, policy_now
from accord.intake.cvss import rate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY = 86_400.0
URGENT_TO = Urgency.DAYS_14
"""Classes up to this one are the urgent ones."""
MOST = 300_000
ACTIVE = 4 << 4
CVSS_FROM = 7.0
BY_EPSS = "EPSS, at the effort of the first"
ENOUGH = 0.5
"""EPSS is played only where it has a score for this share of the cases."""


def own_history() -> dict[str, Any]:
    """Every way of choosing, on the newest findings of this organization (at most MOST). Three queries."""
    import numpy as np

    columns = (
        "definition_id", "first_seen", "possible", "reach", "epss", "goal_weight", "cvss_score", "price",
    )  # fmt: skip
    from accord.exposure.services.facts import exposed

    rows = list(Finding.objects.order_by("-pk").values_list(*columns)[:MOST])
    added = _added_by_definition()
    seen = np.array([row[1].timestamp() / DAY for row in rows], np.float64)
    known = np.array([added.get(row[0], nan) for row in rows], np.float64)
    table = {
        "exposed": np.array([exposed(row[3]) for row in rows], np.int8),
        "possible": np.array([row[2] & ~ACTIVE for row in rows], np.uint8),
        "epss": _column(row[4] for row in rows), "goal_weight": _column(row[5] for row in rows),
        "score": _column(row[6] for row in rows), "price": _column(row[7] for row in rows),
    }  # fmt: skip
    scored = _scored(table) if rows else 0.0
    return {
        "rows": _played(table, known, seen), "cases": len(rows), "capped": len(rows) == MOST, "scored": scored,
    }  # fmt: skip


def feed_history() -> dict[str, Any]:
    """Every way of choosing, on the CVEs that CISA gave points, as if each were on a system on the internet."""
    import numpy as np

    added = {cve: _day(day) for cve, day in Kev.objects.exclude(added=None).values_list("cve", "added")}
    scores = dict(Epss.objects.values_list("cve", "score"))
    points = list(SsvcPoint.objects.values_list("cve", "exploitation", "automatable", "total_impact", "vectors"))
    bits, severity = [], []
    for _, exploitation, automatable, total, vectors in points:
        told = "" if exploitation == "active" else exploitation
        bits.append(with_points(possibilities(vectors), told, automatable, total))
        severity.append(next((s for s in (rate(v).score for v in vectors) if s is not None), None))
    table = {
        "exposed": np.ones(len(points), np.int8), "possible": np.array(bits, np.uint8),
        "epss": _column(scores.get(row[0]) for row in points), "goal_weight": np.full(len(points), nan),
        "score": _column(severity), "price": np.full(len(points), nan),
    }  # fmt: skip
    known = _column(added.get(row[0]) for row in points)
    scored = _scored(table) if points else 0.0
    return {"rows": _played(table, known, None), "cases": len(points), "capped": False, "scored": scored}


def _played(
    table: dict[str, Any], known: NDArray[np.float64], seen: NDArray[np.float64] | None
) -> list[dict[str, Any]]:
    """Each way of choosing; those by score alone are cut to the effort of the policy in force too."""
    import numpy as np

    from accord.engines.priority.backtest import play, top

    if not known.size:
        return []
    rules, found, effort = policy_now(), [], 0
    named = [("In force", rules)] if rules != PUBLISHED else []
    named += [("BOD 26-04", PUBLISHED), ("SSVC deployer", default_policy(SSVC)), ("CVSS bands", default_policy(CVSS))]
    for number, (name, policy) in enumerate(named):
        worst = _classes(table, policy)
        days = np.array([nan if policy.days(s) is None else float(policy.days(s) or 0) for s in Urgency])[worst]
        urgent = worst <= URGENT_TO
        found.append(asdict(play(name, urgent, known, seen, days)))
        effort = int(urgent.sum()) if number == 0 else effort
    for name, chosen in (
        (f"CVSS {CVSS_FROM:g} or more", np.nan_to_num(table["score"]) >= CVSS_FROM),
        ("CVSS, at the effort of the first", top(table["score"], effort)),
        (BY_EPSS, top(table["epss"], effort)),
    ):
        if name == BY_EPSS and _scored(table) < ENOUGH:
            continue  # scores of the exploited ones alone would find all of them
        found.append(asdict(play(name, chosen, known, seen, np.where(chosen, 14.0, nan))))
    return found


def _scored(table: dict[str, Any]) -> float:
    """The share of cases that EPSS has a score for."""
    import numpy as np

    return float(np.mean(~np.isnan(table["epss"])))


def _classes(table: dict[str, Any], policy: Policy) -> NDArray[np.uint8]:
    """The most urgent class that was possible while no exploitation was known."""
    import numpy as np

    nobody = np.zeros(table["possible"].shape, np.int8)
    return assess(
        nobody, table["exposed"], table["possible"], table["epss"], table["goal_weight"], table["score"],
        table["price"], policy,
    ).worst  # fmt: skip


def _added_by_definition() -> dict[int, float]:
    """The day on which the first CVE of a definition entered KEV."""
    listed = Kev.objects.exclude(added=None)
    days = dict(listed.values_list("cve", "added"))
    found: dict[int, float] = {}
    for definition, cve in DefinitionAlias.objects.filter(value__in=listed.values("cve")).values_list(
        "definition_id", "value"
    ):
        at = _day(days[cve])
        found[definition] = min(found.get(definition, at), at)
    return found


def _day(day: Any) -> float:
    return datetime.combine(day, time(), UTC).timestamp() / DAY


def _column(values: Any) -> NDArray[np.float64]:
    import numpy as np

    return np.array([nan if value is None else value for value in values], np.float64)


__all__ = ["feed_history", "own_history"]
