"""One row of Prowler, whatever the version, brought into one shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accord.intake import clouds, report
from accord.intake.records import Observation
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

# The names of versions 3 (CSV, JSON without capitals and underscores) and 4.
TITLES = ("check_title", "checktitle")


@dataclass(slots=True)
class Seen:
    """What holds for the whole file: the latest time in it."""

    last: datetime | None = None


@dataclass(slots=True)
class _Row:
    """One result. `message` tells instances apart only where there is no resource."""

    check: str | None
    status: str
    title: str | None
    resource: clouds.Resource
    provider: str | None = None
    severity: object = None
    message: str | None = None
    description: object = None
    risk: object = None
    advice: object = None
    links: tuple[object, ...] = ()
    service: str | None = None
    when: object = None
    muted: bool = False
    account: str | None = None
    old: bool = False


def from_cells(cells: dict[str, str], seen: Seen) -> Iterator[Found]:
    """One record of a CSV."""
    if "check_result" in cells:
        yield from _found(_version_2(cells), seen)
        return
    yield from _found(_version_3(cells, cells.get("remediation_recommendation_text"),
                                 cells.get("remediation_recommendation_url")), seen)  # fmt: skip


def from_json(row: dict[str, Any], seen: Seen) -> Iterator[Found]:
    """One object: OCSF, version 3, or version 2."""
    if "finding_info" in row or "metadata" in row:
        yield from _found(_ocsf(row), seen)
    elif "CheckID" in row:
        told = clean.mapping(clean.mapping(row.get("Remediation")).get("Recommendation"))
        cells = {key.lower(): value for key, value in list(row.items())[:200]}
        yield from _found(_version_3(cells, told.get("Text"), told.get("Url")), seen)
    else:
        cells = {key.lower().replace(" ", "_"): value for key, value in list(row.items())[:200]}
        names = {
            "account_number": "account_num", "control_id": "title_id", "status": "check_result",
            "control": "title_text",
            "message": "check_result_extended", "severity": "check_severity", "service": "check_servicename",
            "risk": "check_risk", "remediation": "check_remediation", "doc_link": "check_doc",
            "resource_id": "check_resource_id",
        }  # fmt: skip
        yield from _found(_version_2({names.get(key, key): value for key, value in cells.items()}), seen)


def _get(cells: dict[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := clean.line(cells.get(name), 1000))), None)


def _version_2(cells: dict[str, Any]) -> _Row:
    title = _get(cells, "title_text")
    check = title[1:].partition("]")[0] if title and title.startswith("[") and "]" in title else _get(cells, "title_id")
    account = _get(cells, "account_num")
    return _Row(
        check=check,
        status=(_get(cells, "check_result") or "").upper(),
        title=title.partition("] ")[2] or title if title else None,
        resource=clouds.Resource(account, account=account, region=_get(cells, "region"), provider="aws"),
        provider="aws",
        severity=cells.get("check_severity"),
        message=" ".join(part for part in (_get(cells, "region"), _get(cells, "check_resource_id"),
                                           _get(cells, "check_result_extended")) if part) or None,
        risk=cells.get("check_risk"),
        advice=cells.get("check_remediation"),
        links=(cells.get("check_doc"),),
        service=_get(cells, "check_servicename"),
        when=cells.get("timestamp"),
        account=account,
        old=True,
    )  # fmt: skip


def _version_3(cells: dict[str, Any], advice: object, link: object) -> _Row:
    account = _get(cells, "account_uid", "account_id", "accountid", "subscription", "project_id", "context")
    uid = _get(cells, "resource_uid", "resource_arn", "resourcearn", "resource_id", "resourceid")
    name = _get(cells, "resource_name", "resourcename", "resource_id", "resourceid")
    provider = _get(cells, "provider")
    return _Row(
        check=_get(cells, "check_id", "checkid"),
        status=(_get(cells, "status") or "").upper(),
        title=_get(cells, *TITLES),
        resource=clouds.Resource(
            uid or name, name, _get(cells, "resource_type", "resourcetype"), account,
            _get(cells, "region", "location", "namespace"), provider,
        ),
        provider=provider,
        severity=cells.get("severity"),
        message=_get(cells, "status_extended", "statusextended"),
        description=cells.get("description"),
        risk=cells.get("risk"),
        advice=advice,
        links=(link, cells.get("related_url"), cells.get("relatedurl")),
        service=_get(cells, "service_name", "servicename"),
        when=_get(cells, "timestamp", "assessment_start_time", "assessmentstarttime"),
        muted=str(cells.get("muted")).lower() == "true",
        account=account,
    )  # fmt: skip


def _ocsf(row: dict[str, Any]) -> _Row:
    metadata, info = clean.mapping(row.get("metadata")), clean.mapping(row.get("finding_info"))
    cloud, advice = clean.mapping(row.get("cloud")), clean.mapping(row.get("remediation"))
    owner = clean.mapping(cloud.get("account"))
    resources = [clean.mapping(one) for one in clean.listing(row.get("resources"))[:20]]
    first = resources[0] if resources else {}
    provider = clean.line(cloud.get("provider"), 30)
    name = clean.line(first.get("name"), 500)
    if provider is None and first:
        provider = "kubernetes" if clean.mapping(first.get("group")).get("name") and "namespace" in first else None
    account = clean.line(owner.get("uid"), 300) or clean.line(owner.get("name"), 300)
    return _Row(
        check=clean.line(metadata.get("event_code"), 300),
        status=(clean.line(row.get("status_code"), 20) or "").upper(),
        title=clean.line(info.get("title"), 400),
        resource=clouds.Resource(
            clean.line(first.get("uid"), 1000) or name, name,
            clean.line(first.get("type"), 200), account,
            clean.line(first.get("region") or cloud.get("region") or first.get("namespace"), 100), provider,
        ),
        provider=provider,
        severity=row.get("severity"),
        message=clean.line(row.get("status_detail") or row.get("message"), 1000),
        description=info.get("desc"),
        risk=row.get("risk_details"),
        advice=advice.get("desc"),
        links=tuple(clean.listing(advice.get("references"))[:20]),
        service=clean.line(clean.mapping(first.get("group")).get("name"), 100),
        when=row.get("time_dt") or row.get("event_time") or row.get("time") or info.get("created_time"),
        muted=row.get("status") == "Suppressed",
        account=account,
    )  # fmt: skip


def _found(row: _Row, seen: Seen) -> Iterator[Found]:
    if row.check is None:
        raise Unreadable("check", "The identifier of a check is missing.")
    when = clean.when(row.when)
    if when and (seen.last is None or when > seen.last):
        seen.last = when
    target = clouds.target(row.resource)
    check = f"prowler:{row.check}"
    yield target
    if row.status not in ("FAIL", "PASS"):
        return
    if not row.old or row.status == "FAIL":
        yield report.looked(target, [check])
    if row.status == "PASS":
        return
    own = target.kind == "account" and not row.old
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=row.title or row.check,
        kind="misconfiguration",
        check=check,
        description=report.joined(row.description, row.risk),
        solution=clean.text(row.advice, 5000),
        severity=report.severity(row.severity),
        component=row.service,
        anchor=row.message if row.old else (row.resource.region if own else None),
        evidence=row.message,
        references=clean.urls(row.links, 20),
        seen_at=when,
        analysis="suppressed" if row.muted else None,
    )
