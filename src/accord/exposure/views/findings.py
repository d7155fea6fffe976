"""One finding: how urgent it is and why, what it hangs on, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accord.core.permissions import guard, scoped
from accord.engines import priority
from accord.exposure import selectors
from accord.exposure.lists import FINDINGS
from accord.exposure.lists.findings import urgency_code
from accord.exposure.models import Finding, Fix
from accord.exposure.selectors.life import history_of, stale_because
from accord.exposure.selectors.systems import SystemLink
from accord.exposure.services.fixes import fix_of_finding
from accord.exposure.services.lifecycle import NAMES, offered
from accord.exposure.services.ranking import facts_of
from accord.exposure.shell.links import asset_href
from accord.outlet.vex.records import JUSTIFICATIONS
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.nouns import url_for

LIST_VIEW = list_page(FINDINGS)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One fact of the verdict as the page shows it: "" as value is unknown."""

    label: str
    value: str
    source: str
    effect: str


@guard("view", "finding")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Finding.objects.select_related(
        "definition", "asset", "target", "first_scan", "last_scan", "closed_by", "acted_by", "statement"
    )
    finding = scoped(request.user, "finding", rows).filter(pk=pk).first()
    if finding is None:
        raise Http404(f"There is no finding F-{pk} that you may see.")
    told = {"may_see_hazard": may(request.user, "view", "hazard"), "hazard_href": reverse("risk:hazard")}
    return render(request, "exposure/finding.html", {**context(finding), **_acts(request, finding), **told})


def _acts(request: HttpRequest, finding: Finding) -> dict[str, Any]:
    """What the person may do to it."""
    names = offered(request.user, finding)
    return {
        "acts": [(name, *NAMES[name]) for name in names],
        "justifications": [(c, words) for c, (words, _) in JUSTIFICATIONS.items()] if "not_affected" in names else [],
        "may_state": may(request.user, "change", "vex_statement"),
        "sees_scans": may(request.user, "view", "scan"),
        "sees_fixes": may(request.user, "view", "fix"),
    }


def context(finding: Finding) -> dict[str, Any]:
    """What the page of a finding shows. At most twelve queries."""
    verdict = priority.explain(facts_of(finding), selectors.policy())
    chain = selectors.chain_of(finding.asset_id)
    ages = {age.feed: age for age in selectors.feed_ages()}
    return {
        "title": finding.definition.title,
        "subtitle": f"{finding.key} on {finding.asset.name if finding.asset else finding.target.name}",
        "breadcrumb": [("Findings", reverse("exposure:finding_list"))],
        "finding": finding,
        "fix": Fix.objects.filter(key=fix_of_finding(finding) or "").first(),
        "urgency": urgency_code(finding),
        "verdict": verdict,
        "unknown": [reason.label for reason in verdict.reasons if reason.value is None],
        "stale_feeds": [age for age in ages.values() if age.is_stale and age.feed != "eol"],
        "rule": verdict.policy.version,
        "reasons": _reasons(finding, verdict, chain, ages),
        "chain": chain,
        "price": selectors.price_of(finding),
        "asset_href": asset_href(finding.asset.key) if finding.asset else None,
        "systems": [(link, url_for("system", link.key)) for link in chain],
        "history": history_of(finding),
        "stale": stale_because(finding),
    }


def _reasons(
    finding: Finding, verdict: priority.Verdict, chain: list[SystemLink], ages: dict[str, selectors.FeedAge]
) -> list[ReasonRow]:
    """Each fact with its value, where it comes from and of when, and what it does."""
    systems = ", ".join(link.name for link in chain) or "its asset belongs to no system"
    rated = f"{finding.severity_name or 'no severity'}, by {finding.last_scan.scanner or finding.last_scan.format}"
    vector = next(iter(finding.definition.cvss_vectors), "")
    sources = {
        "known_exploited": ages["kev"].text,
        "epss": ages["epss"].text,
        "exposed": f"{finding.get_reach_text()}: {systems}",
        "exploitation": _points(finding, ages, finding.definition.exploitation) or ages["ssvc"].text,
        "automatable": _points(finding, ages, finding.definition.automatable)
        or _metrics(vector, ("AV", "AC", "AT", "PR", "UI", "Au"))
        or f"No CVSS vector; {rated}",
        "total_impact": _points(finding, ages, finding.definition.total_impact)
        or _metrics(vector, ("PR", "VC", "VI", "C", "I"))
        or f"No CVSS vector; {rated}",
        "goal_weight": f"Goals → systems → asset: {systems}",
        "price": "The last hazard run",
        "score": rated,
        "severity": rated,
    }
    return [
        ReasonRow(reason.label, _value(reason), sources.get(reason.fact, ""), reason.effect)
        for reason in verdict.reasons
    ]


def _points(finding: Finding, ages: dict[str, selectors.FeedAge], value: object) -> str:
    """The source of a question that CISA answered itself; "" where it did not."""
    if value in (None, ""):
        return ""
    day = finding.definition.points_of
    return f"CISA's SSVC points{f' of {write.date(day)}' if day else ''}; {ages['ssvc'].text}"


def _metrics(vector: str, names: tuple[str, ...]) -> str:
    """The part of a CVSS vector that answers the question: "CVSS:3.1 AV:N AC:L PR:N UI:N"."""
    parts = vector.split("/")
    version = parts[0] if parts[0].startswith("CVSS:") else "CVSS:2.0"
    found = [part for part in parts if part.partition(":")[0] in names]
    return f"{version} {' '.join(found)}" if found else ""


def _value(reason: priority.Reason) -> str:
    if reason.value is None:
        return ""
    if isinstance(reason.value, bool):
        return "yes" if reason.value else "no"
    if isinstance(reason.value, str):
        return reason.value
    if reason.fact == "price":
        return write.money(reason.value)
    return write.number(reason.value, 1) if reason.fact == "score" else write.percent(reason.value)
