"""Findings and definitions with their verdicts, and the posture, on the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from accord.core.api import actor_of
from accord.core.permissions import guard_api, scoped
from accord.engines import priority
from accord.engines.priority import CODES
from accord.exposure import selectors
from accord.exposure.lists import DEFINITIONS, FINDINGS
from accord.exposure.models import Definition, Finding, Kev
from accord.exposure.services.ranking import facts_of
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/findings", FINDINGS)
list_operation(router, "/definitions", DEFINITIONS)


@router.get(
    "/findings/{int:pk}", summary="One finding with its verdict", operation_id="get_finding", response=dict[str, Any]
)  # fmt: skip
@guard_api("view", "finding")
def finding(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The finding, what its priority rests on and would change it, its price by its parts, the chain to the goals."""
    rows = Finding.objects.select_related("definition", "asset", "target")
    found = scoped(actor_of(request), "finding", rows).filter(pk=pk).first()
    if found is None:
        raise Http404
    verdict, priced = priority.explain(facts_of(found), selectors.policy()), selectors.price_of(found)
    return {
        **item(FINDINGS, found),
        "verdict": {
            "best": CODES[verdict.best],
            "worst": CODES[verdict.worst],
            "settled": verdict.is_settled,
            "rule": verdict.policy.version,
            "reasons": [asdict(reason) for reason in verdict.reasons],
            "flips": [
                {"fact": f.fact, "value": f.value, "told": f.told, "best": CODES[f.best], "worst": CODES[f.worst]}
                for f in verdict.flips
            ],
        },
        "pricing": {**asdict(priced), "per_day": priced.per_day},
        "feeds": [asdict(age) for age in selectors.feed_ages()],
        "chain": [{**asdict(link), "carried": link.carried} for link in selectors.chain_of(found.asset_id)],
        "evidence": found.evidence or None,
        "check": found.check_name,
    }


@router.get(
    "/definitions/{path:identifier}", summary="One definition", operation_id="get_definition", response=dict[str, Any]
)
@guard_api("view", "definition")
def definition(request: HttpRequest, identifier: str) -> dict[str, Any]:
    found = Definition.objects.filter(identifier=identifier).first()
    if found is None:
        raise Http404
    names = list(found.aliases.values_list("value", flat=True)[:100])
    listed = Kev.objects.filter(cve__in=names)
    return {
        **item(DEFINITIONS, found),
        "aliases": names,
        "description": found.description or None,
        "solution": found.solution or None,
        "cvss_vectors": found.cvss_vectors,
        "references": found.references,
        "epss_percentile": found.epss_percentile,
        "ssvc": {
            "exploitation": found.exploitation or None,
            "automatable": found.automatable,
            "total_impact": found.total_impact,
            "assessed": found.points_of,
        },
        "exploited_since": found.exploited_since,
        "feeds": [asdict(age) for age in selectors.feed_ages()],
        "kev": [{"cve": k.cve, "added": k.added, "due": k.due, "ransomware": k.ransomware} for k in listed],
    }


@router.get("/posture", summary="What is open, what to fix first, what nobody looks at", operation_id="get_posture",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "scan")
def posture(request: HttpRequest) -> dict[str, Any]:
    found = selectors.posture()
    return {
        "as_of": found.as_of,
        "open": found.open,
        "by_class": [asdict(one) for one in found.exposure.by_class],
        "by_severity": found.exposure.by_severity,
        "known_exploited": found.known_exploited,
        "fix_first": [asdict(one) for one in found.fix_first],
        "coverage": asdict(found.coverage),
        "feeds": [asdict(age) for age in found.feeds],
    }
