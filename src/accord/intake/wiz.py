"""Wiz as CSV: the reports of issues ("Control ID", "Resource Name" …) and of vulnerabilities ("DetailedName",
"FindingStatus" …), read from Wiz's descriptions of these reports.

An issue that is resolved, and a vulnerability whose finding is, is no observation: it says that Wiz looked again and
saw nothing, and is kept as coverage of that check. Nothing else is covered: the report is made by a filter.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.places import host
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, joined, looked, severity
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

ISSUES = ("Title", "Severity", "Status", "Control ID", "Resource Name")
VULNERABILITIES = ("Name", "FindingStatus", "DetailedName", "AssetName", "DetectionMethod")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, ISSUES, VULNERABILITIES) as found:
        yield ScanHeader("wiz", "Wiz")
        one = _issue if "control id" in found.names else _vulnerability
        for row in found.rows:
            yield from report.add(one(row), row.number)
    yield from report.end(None)


def _issue(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    control = clean.line(row.get("control id"), 100)
    title = clean.line(row.get("title"), 500)
    if control is None and title is None:
        raise Unreadable("Control ID", "The row names neither a control nor a title.")
    resource = clean.line(row.get("resource external id", "resource vertex id", "resource name"), 400)
    if resource is None:
        raise Unreadable("Resource Name", "The row names no resource.")
    target = Target(
        "cloud_resource",
        resource,
        identifiers=_identifiers(row),
        operating_system=clean.line(row.get("resource os"), 200),
    )
    yield target
    check = f"wiz:{control or title}"
    status = row.get("status").lower()
    yield looked(target, [check])
    if status == "resolved" or (not status and row.get("resolved time")):
        return
    analysis: Analysis | None = None
    if status == "rejected":
        analysis = "false_positive" if "false" in row.get("resolution").lower() else "suppressed"
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=title or f"Wiz control {control}",
        kind="misconfiguration",
        check=check,
        aliases=clean.cves(title or ""),
        description=clean.text(row.get("description"), 20_000),
        solution=clean.text(row.get("remediation recommendation"), 20_000),
        severity=severity(row.get("severity")),
        evidence=joined(*(f"{name}: {row.get(name)}" for name in ("resource type", "resource name") if row.get(name)),
                        between="\n"),
        references=clean.urls([row.get("wiz url")], 5),
        seen_at=clean.when(row.get("created at")),
        analysis=analysis,
        analysis_detail=clean.text(row.get("note"), 2000) if analysis else None,
    )  # fmt: skip


def _identifiers(row: Row) -> tuple[tuple[str, str], ...]:
    named = (
        ("wiz-id", row.get("resource vertex id", "assetid")),
        ("cloud-provider-id", row.get("resource external id", "provideruniqueid")),
        ("subscription", row.get("subscription id", "subscriptionexternalid")),
    )
    return tuple((scheme, value) for scheme, given in named if (value := clean.line(given, 400)))


def _vulnerability(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    name = clean.line(row.get("name"), 200)
    if name is None:
        raise Unreadable("Name", "The row names no vulnerability.")
    target = _asset(row)
    if target is None:
        raise Unreadable("AssetName", "The row names no asset.")
    yield target
    component = clean.line(row.get("detailedname"), 300)
    check = f"wiz:{name}/{component}" if component else f"wiz:{name}"
    yield looked(target, [check])
    status = row.get("findingstatus").lower()
    if status == "resolved" or (not status and row.get("resolvedat")):
        return
    vendor, rated = severity(row.get("vendorseverity")), severity(row.get("cvssseverity"))
    yield Observation(
        target=target.identity,
        definition_id=name,
        title=f"{name} in {component}" if component else name,
        kind="vulnerability",
        check=check,
        aliases=tuple(one for one in clean.advisories(row.get("link")[:2000]) if one != name),
        description=clean.text(row.get("cvedescription", "description"), 20_000),
        solution=clean.text(row.get("remediation"), 20_000),
        severity=vendor or rated,
        cvss_score=clean.score(row.get("score", "cvssscore")),
        component=component,
        component_version=clean.line(row.get("version"), 200),
        fixed_version=clean.line(row.get("fixedversion"), 200),
        path=clean.line(row.get("locationpath"), 1000),
        references=clean.urls([row.get("link"), row.get("wizurl")], 5),
        seen_at=clean.when(row.get("lastdetected")),
        needs_credentials=True,
        analysis="suppressed" if status in ("ignored", "rejected") else None,
    )


def _asset(row: Row) -> Target | None:
    name = clean.line(row.get("assetname"), 400)
    image = "container_image" in row.get("assettype").lower().replace(" ", "_")
    if name and (image or (not row.get("ipaddresses") and not row.get("operatingsystem"))):
        return Target("image" if image else "cloud_resource", name, identifiers=_identifiers(row))
    found = host(name, row.get("ipaddresses"), system=row.get("operatingsystem"), identifiers=_identifiers(row))
    return found
