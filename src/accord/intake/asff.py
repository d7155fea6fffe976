"""AWS Security Finding Format (ASFF): what Security Hub, GuardDuty, Inspector, Macie, Prowler and others write; a list
of findings, the answer of `aws securityhub get-findings`, or one finding a line. Read from AWS's description of the
format (version 2018-10-08).

One instance per finding on its first resource (the others are named in the evidence), for vulnerabilities per
identifier and package. Archived and resolved findings are none; suppressed ones stay, marked. A control that PASSED
on a resource is evidence that it ran there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import clouds, report
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

# The label of a normalized severity 0 to 100, as AWS maps it.
BANDS: tuple[tuple[int, Severity], ...] = ((90, "critical"), (70, "high"), (40, "medium"), (1, "low"), (0, "info"))


def read(source: Source) -> Iterator[Record]:
    """Records of one file of findings; IntakeError where it cannot be read."""
    yield ScanHeader("asff", "AWS Security Hub")
    scan = Report(source, "Export the findings again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, finding)
        else:
            for _ in document.documents():
                yield from _document(document, scan)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("account", source.stem)])
    yield from scan.end(None)


def _document(document: JsonReader, scan: Report) -> Iterator[Record]:
    """An answer with its findings, or one finding alone."""
    alone: dict[str, Any] = {}
    for key in document.names():
        if key in ("Findings", "findings"):
            yield from scan.rows(document, finding)
        elif key not in ("NextToken", "ResponseMetadata"):
            alone[key] = document.value()
    if "ProductArn" in alone or "AwsAccountId" in alone:
        yield from scan.add(finding(alone), document.row)


def finding(row: dict[str, Any]) -> Iterator[Found]:
    """One finding."""
    if not clean.line(row.get("Id"), 1000) or not clean.line(row.get("Title"), 500):
        raise Unreadable("Id", "A finding needs an Id and a Title.")
    status = clean.mapping(row.get("Compliance")).get("Status")
    workflow = clean.mapping(row.get("Workflow")).get("Status") or row.get("WorkflowState")
    if row.get("RecordState") == "ARCHIVED" or workflow == "RESOLVED" or status == "NOT_AVAILABLE":
        return
    target = _target(row)
    yield target
    check, definition = _check(row)
    vulnerabilities = [clean.mapping(one) for one in clean.listing(row.get("Vulnerabilities"))[:1000]]
    named = clean.cves(str(row.get("Title"))[:500]) if _product(row) in ("inspector", "ecr") else ()
    if status == "PASSED":
        yield report.looked(target, [check])
        return
    if not vulnerabilities and named:
        vulnerabilities = [{"Id": named[0]}]
    common = _common(row, target)
    if vulnerabilities:
        yield from report.apart(_vulnerability(one, row, common) for one in vulnerabilities)
        return
    yield report.looked(target, [check])
    yield Observation(
        **common,
        definition_id=definition,
        kind="misconfiguration",
        check=check,
        anchor=None if status else _last(row),
        severity=_severity(row),
    )


def _last(row: dict[str, Any]) -> str | None:
    """The part of the finding's own identifier that tells it from others of the same kind."""
    return clean.line(str(row.get("Id"))[:1000].rpartition("/")[2], 200)


def _product(row: dict[str, Any]) -> str:
    arn = str(row.get("ProductArn") or "")[:500]
    return arn.rpartition("/")[2].lower() or str(row.get("ProductName") or "").lower()[:100]


def _target(row: dict[str, Any]) -> Target:
    resources = [clean.mapping(one) for one in clean.listing(row.get("Resources"))[:100]]
    first = resources[0] if resources else {}
    details = clean.mapping(first.get("Details"))
    machine = clean.mapping(details.get("AwsEc2Instance"))
    resource = clouds.Resource(
        clean.line(first.get("Id"), 1000), type=clean.line(first.get("Type"), 100),
        account=clean.line(row.get("AwsAccountId"), 50), region=clean.line(first.get("Region"), 50), provider="aws",
    )  # fmt: skip
    if str(first.get("Id") or "").upper().startswith("AWS::::ACCOUNT"):
        return clouds.account(row.get("AwsAccountId") or first.get("Id"), "aws")
    known = {"AwsEc2Instance": "aws", "AwsEcrContainerImage": "aws"}
    found = clouds.target(resource, clean.listing(machine.get("IpV4Addresses"))[:20])
    image = clean.mapping(details.get("AwsEcrContainerImage"))
    if image and str(first.get("Type")) in known:
        return _image(image, found)
    return found


def _image(told: dict[str, Any], found: Target) -> Target:
    name = clean.line(told.get("RepositoryName"), 300)
    digest = clean.line(told.get("ImageDigest"), 100)
    tags = [("image-tag", f"{name}:{tag}") for tag in clean.lines(told.get("ImageTags") or (), 100, 20)] if name else []
    ids = dict.fromkeys((*found.identifiers, *([("image-digest", digest)] if digest else []), *tags))
    return Target("image", name or found.name, identifiers=tuple(ids))


def _check(row: dict[str, Any]) -> tuple[str, str]:
    """The control or rule behind a finding, as check and as definition."""
    fields = clean.mapping(row.get("ProductFields"))
    control = clean.line(clean.mapping(row.get("Compliance")).get("SecurityControlId"), 100)
    control = control or clean.line(fields.get("ControlId"), 100)
    product = _product(row)
    if control:
        check = f"security-hub:{control}"
    elif product == "guardduty":
        types = clean.lines(row.get("Types") or (), 300, 5)
        check = f"guardduty:{types[0].rpartition('/')[2] if types else clean.line(row.get('Title'), 200)}"
    else:
        generator = clean.line(row.get("GeneratorId"), 300) or clean.line(row.get("Title"), 300) or "finding"
        check = generator if generator.startswith("prowler") else f"{product or 'asff'}:{generator}"
        check = check.replace("prowler-", "prowler:", 1) if check.startswith("prowler-") else check
    return check, check


def _common(row: dict[str, Any], target: Target) -> dict[str, Any]:
    advice = clean.mapping(clean.mapping(row.get("Remediation")).get("Recommendation"))
    others = [clean.line(clean.mapping(one).get("Id"), 300) for one in clean.listing(row.get("Resources"))[1:20]]
    involved = "Also involved: " + ", ".join(one for one in others if one) if any(others) else None
    text = advice.get("Text")
    suppressed = clean.mapping(row.get("Workflow")).get("Status") == "SUPPRESSED"
    analysis: Analysis | None = "suppressed" if suppressed else None
    return {
        "target": target.identity,
        "title": clean.line(row.get("Title"), 500),
        "description": clean.text(row.get("Description"), 20_000),
        "solution": None if text == "None Provided" else report.joined(text, limit=5000),
        "references": clean.urls([advice.get("Url"), row.get("SourceUrl")], 10),
        "seen_at": clean.when(row.get("LastObservedAt")) or clean.when(row.get("UpdatedAt")),
        "evidence": involved,
        "analysis": analysis,
        "analysis_detail": clean.text(clean.mapping(row.get("Note")).get("Text"), 1000) if analysis else None,
    }


def _severity(row: dict[str, Any]) -> Severity | None:
    told = clean.mapping(row.get("Severity"))
    found = report.severity(told.get("Label"))
    number = clean.number(told.get("Normalized"))
    if found is None and number is not None:
        found = next((band for floor, band in BANDS if number >= floor), None)
    return found


def _vulnerability(told: dict[str, Any], row: dict[str, Any], common: dict[str, Any]) -> Iterator[Found]:
    identifier = clean.line(told.get("Id"), 200)
    if identifier is None:
        raise Unreadable("Vulnerabilities.Id", "The identifier of a vulnerability is missing.")
    ratings = [clean.mapping(one) for one in clean.listing(told.get("Cvss"))[:20]]
    vectors, score, band = report.ratings(
        (one.get("BaseVector") for one in ratings), next((one.get("BaseScore") for one in ratings), None)
    )
    related = report.identifiers(told.get("RelatedVulnerabilities"))
    vendor = clean.mapping(told.get("Vendor"))
    links = [*common["references"], vendor.get("Url"), *clean.listing(told.get("ReferenceUrls"))]
    check = f"aws:{identifier}"
    yield report.looked(common["target"], [check])
    for package in [clean.mapping(one) for one in clean.listing(told.get("VulnerablePackages"))[:1000]] or [{}]:
        name = clean.line(package.get("Name"), 300)
        fixed = clean.line(package.get("FixedInVersion"), 200)
        yield Observation(
            **{
                **common,
                "title": f"{identifier} in {name}" if name else common["title"],
                "references": clean.urls(links, 100),
                "solution": report.joined(package.get("Remediation"), common["solution"]),
            },
            definition_id=identifier,
            kind="vulnerability",
            check=check,
            aliases=report.without(related, identifier),
            severity=_severity(row) or band,
            cvss_vectors=vectors,
            cvss_score=score,
            component=name,
            component_version=version_of(package, "Version", "Release", "Epoch"),
            fixed_version=None if fixed == "NotAvailable" else fixed,
            path=clean.line(package.get("FilePath"), 500),
        )


def version_of(package: dict[str, Any], version: str, release: str, epoch: str) -> str | None:
    """ "epoch:version-release", without the epoch 0 that every package has."""
    found = clean.line(package.get(version), 100)
    if found is None:
        return None
    tail, before = clean.line(package.get(release), 100), clean.line(package.get(epoch), 10)
    return (f"{before}:" if before and before != "0" else "") + found + (f"-{tail}" if tail else "")
