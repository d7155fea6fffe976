"""This room's operations on the API: the lists of the screens, single objects, and the same writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Body, Field, File, Router, Schema
from ninja.files import UploadedFile

from accord.core import files, jobs
from accord.core.api import idempotent
from accord.core.models import StoredFile, User
from accord.core.permissions import guard_api, require, scoped
from accord.engines import priority
from accord.engines.priority import CODES
from accord.exposure import life_api, remediation_api, selectors, services
from accord.exposure.lists import DEFINITIONS, FEEDS, FINDINGS, SCANS, UNCLAIMED
from accord.exposure.lists.triage import NOTICES, TRIAGE
from accord.exposure.models import Definition, Finding, Kev, Scan, Target
from accord.exposure.services.ranking import facts_of
from accord.exposure.surface_api import router as surface_router
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()
router.add_router("", life_api.router)
router.add_router("", remediation_api.router)
router.add_router("", surface_router)
list_operation(router, "/findings", FINDINGS)
list_operation(router, "/definitions", DEFINITIONS)
list_operation(router, "/scans", SCANS)
list_operation(router, "/unclaimed", UNCLAIMED)
list_operation(router, "/feeds", FEEDS)
list_operation(router, "/triage", TRIAGE)
list_operation(router, "/notices", NOTICES)


class Chosen(Schema):
    """Targets by their identifier."""

    targets: list[int] = Field(max_length=200)


class Claim(Chosen):
    """To which asset (its key) the targets belong."""

    asset: str = Field(max_length=100)


class Ignore(Chosen):
    """Why nobody needs to look at the targets."""

    reason: str = Field(max_length=500)


class Received(Schema):
    """A scan that was handed in. `new` false: that very file is here already and adds nothing."""

    scan: int
    state: str
    new: bool
    job: str | None


def _actor(request: HttpRequest) -> User:
    user: Any = getattr(request, "auth", None) or request.user
    assert isinstance(user, User)
    return user


@router.get(
    "/findings/{int:pk}", summary="One finding with its verdict", operation_id="get_finding", response=dict[str, Any]
)  # fmt: skip
@guard_api("view", "finding")
def finding(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The finding, what its priority rests on and would change it, its price by its parts, the chain to the goals."""
    rows = Finding.objects.select_related("definition", "asset", "target")
    found = scoped(_actor(request), "finding", rows).filter(pk=pk).first()
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
            "exploitation": found.exploitation or None, "automatable": found.automatable,
            "total_impact": found.total_impact, "assessed": found.points_of,
        },
        "exploited_since": found.exploited_since,
        "feeds": [asdict(age) for age in selectors.feed_ages()],
        "kev": [{"cve": k.cve, "added": k.added, "due": k.due, "ransomware": k.ransomware} for k in listed],
    }


@router.get(
    "/scans/{int:pk}", summary="One scan with its refused rows", operation_id="get_scan", response=dict[str, Any]
)  # fmt: skip
@guard_api("view", "scan")
def scan(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = Scan.objects.select_related("by", "file").filter(pk=pk).first()
    if found is None:
        raise Http404
    return {
        **item(SCANS, found),
        "complete": found.complete,
        "applied": found.applied,
        "landed": found.landed,
        "observed_is_told": found.observed_is_told,
        "file": found.file.digest,
        "problems": found.problems,
        "job": str(found.job) if found.job else None,
    }


@idempotent
def _submit(request: HttpRequest, stored: StoredFile, name: str) -> dict[str, Any]:
    found, is_new = services.submit(_actor(request), stored, name)
    return {"scan": found.pk, "state": str(found.state), "new": is_new, "job": str(found.job) if found.job else None}


@router.post("/scans", summary="Hand in a scanner's file", operation_id="import_scan", response=Received)
@guard_api("import", "scan")
def import_scan(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """A worker takes it in; follow `GET /scans/{scan}`. The same file again is the same scan."""
    name = file.name or "file"
    return _submit(request, files.keep(_actor(request), name, file.chunks()), name)


@router.post(
    "/scans/{int:pk}/resume", summary="Go on with a scan that stopped", operation_id="resume_scan", response=Received
)  # fmt: skip
@guard_api("import", "scan")
@idempotent
def resume(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = Scan.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    job = services.start(_actor(request), found)
    return {"scan": found.pk, "state": str(found.state), "new": False, "job": str(job.pk)}


def _targets(found: list[Target]) -> dict[str, Any]:
    fresh = Target.objects.select_related("asset").filter(pk__in=[target.pk for target in found]).order_by("pk")
    return {"items": [item(UNCLAIMED, target) for target in fresh]}


@router.post("/unclaimed/claim", summary="Tie targets to an asset", operation_id="claim", response=dict[str, Any])
@guard_api("change", "unclaimed")
@idempotent
def claim(request: HttpRequest, body: Body[Claim]) -> dict[str, Any]:
    return _targets(services.claim(_actor(request), body.targets, body.asset))


@router.post(
    "/unclaimed/claim-as-new", summary="Make an asset of each", operation_id="claim_as_new", response=dict[str, Any]
)  # fmt: skip
@guard_api("change", "unclaimed")
@idempotent
def claim_as_new(request: HttpRequest, body: Body[Chosen]) -> dict[str, Any]:
    require(_actor(request), "change", "asset")
    made = services.claim_as_new(_actor(request), body.targets)
    return {"assets": [asset.key for asset in made]}


@router.post("/unclaimed/ignore", summary="Leave targets out", operation_id="ignore", response=dict[str, Any])
@guard_api("change", "unclaimed")
@idempotent
def ignore(request: HttpRequest, body: Body[Ignore]) -> dict[str, Any]:
    return _targets(services.ignore(_actor(request), body.targets, body.reason))


@router.post(
    "/unclaimed/restore", summary="Make targets unclaimed again", operation_id="restore", response=dict[str, Any]
)  # fmt: skip
@guard_api("change", "unclaimed")
@idempotent
def restore(request: HttpRequest, body: Body[Chosen]) -> dict[str, Any]:
    return _targets(services.restore(_actor(request), body.targets))


@router.post("/feeds/update", summary="Download the feeds", operation_id="update_feeds", response=dict[str, Any])
@guard_api("run", "feed")
@idempotent
def update_feeds(request: HttpRequest) -> dict[str, Any]:
    """A worker does it; follow the job."""
    return {"job": str(jobs.enqueue(_actor(request), "exposure.feeds", "Download the knowledge feeds").pk)}


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
