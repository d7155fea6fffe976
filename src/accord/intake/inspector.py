"""Amazon Inspector 2: the answer of `aws inspector2 list-findings`, read from AWS's description of its API. What
Inspector sends to Security Hub comes as ASFF.

One instance per vulnerability, resource and package; open network paths per port range; findings in code per detector
and place. Closed findings are none; suppressed ones stay, marked. A page covers the vulnerabilities in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import clouds, report
from accord.intake.asff import version_of
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one answer of Inspector; IntakeError where it cannot be read."""
    yield ScanHeader("aws-inspector2", "Amazon Inspector")
    scan = Report(source, "List the findings again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _finding)
        else:
            for key in document.names():
                if key == "findings":
                    yield from scan.rows(document, _finding)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("account", source.stem)])
    yield from scan.end(None)


def _finding(row: dict[str, Any]) -> Iterator[Found]:
    if row.get("status") == "CLOSED":
        return
    title = clean.line(row.get("title"), 500)
    if title is None:
        raise Unreadable("title", "The title of a finding is missing.")
    number = clean.line(row.get("awsAccountId"), 50)
    for resource in [clean.mapping(one) for one in clean.listing(row.get("resources"))[:100]] or [{}]:
        target = _target(resource, number)
        yield target
        common = _common(row, target, title)
        if row.get("type") == "NETWORK_REACHABILITY":
            yield from _reachable(clean.mapping(row.get("networkReachabilityDetails")), common)
        elif row.get("type") == "CODE_VULNERABILITY":
            yield from _code(clean.mapping(row.get("codeVulnerabilityDetails")), common)
        else:
            yield from _package(clean.mapping(row.get("packageVulnerabilityDetails")), row, common)


def _target(told: dict[str, Any], number: str | None) -> Target:
    details = clean.mapping(told.get("details"))
    machine = clean.mapping(details.get("awsEc2Instance"))
    image = clean.mapping(details.get("awsEcrContainerImage"))
    system = machine.get("platform") or image.get("platform")
    found = clouds.target(
        clouds.Resource(clean.line(told.get("id"), 1000), type=clean.line(told.get("type"), 100), account=number,
                        region=clean.line(told.get("region"), 50), provider="aws"),
        clean.listing(machine.get("ipV4Addresses"))[:20], system,
    )  # fmt: skip
    name = clean.line(image.get("repositoryName"), 300)
    if name is None:
        return found
    digest = clean.line(image.get("imageHash"), 100)
    ids = [*found.identifiers, *([("image-digest", digest)] if digest else [])]
    ids += [("image-tag", f"{name}:{tag}") for tag in clean.lines(image.get("imageTags") or (), 100, 20)]
    return Target("image", name, identifiers=tuple(dict.fromkeys(ids)), operating_system=clean.line(system, 100))


def _common(row: dict[str, Any], target: Target, title: str) -> dict[str, Any]:
    advice = clean.mapping(clean.mapping(row.get("remediation")).get("recommendation"))
    text = advice.get("text")
    return {
        "target": target.identity,
        "title": title,
        "description": clean.text(row.get("description"), 20_000),
        "solution": None if text == "None Provided" else clean.text(text, 5000),
        "severity": report.severity(row.get("severity")),
        "seen_at": clean.when(row.get("lastObservedAt")) or clean.when(row.get("updatedAt")),
        "analysis": "suppressed" if row.get("status") == "SUPPRESSED" else None,
        "references": clean.urls([advice.get("Url") or advice.get("url")], 5),
    }


def _package(told: dict[str, Any], row: dict[str, Any], common: dict[str, Any]) -> Iterator[Found]:
    identifier = clean.line(told.get("vulnerabilityId"), 200)
    if identifier is None:
        raise Unreadable("vulnerabilityId", "The identifier of a vulnerability is missing.")
    ratings = [clean.mapping(one) for one in clean.listing(told.get("cvss"))[:20]]
    adjusted = clean.mapping(clean.mapping(row.get("inspectorScoreDetails")).get("adjustedCvss"))
    vectors, score, band = report.ratings(
        [*(one.get("scoringVector") for one in ratings), adjusted.get("scoringVector")],
        next((one.get("baseScore") for one in ratings), None),
    )
    links = [told.get("sourceUrl"), *clean.listing(told.get("referenceUrls")), *common["references"]]
    check = f"aws:{identifier}"
    yield report.looked(common["target"], [check])
    for package in [clean.mapping(one) for one in clean.listing(told.get("vulnerablePackages"))[:1000]] or [{}]:
        name = clean.line(package.get("name"), 300)
        fixed = clean.line(package.get("fixedInVersion"), 200)
        version = version_of(package, "version", "release", "epoch")
        yield Observation(
            **{**common, "references": clean.urls(links, 100), "severity": common["severity"] or band,
               "solution": report.joined(package.get("remediation"), common["solution"])},
            definition_id=identifier,
            kind="vulnerability",
            check=check,
            aliases=report.without(report.identifiers(told.get("relatedVulnerabilities")), identifier),
            cvss_vectors=vectors,
            cvss_score=score,
            component=name,
            component_version=version,
            purl=purl(package.get("packageManager"), name, clean.line(package.get("version"), 100)),
            fixed_version=None if fixed == "NotAvailable" else fixed,
            path=clean.line(package.get("filePath"), 500),
        )  # fmt: skip


def _reachable(told: dict[str, Any], common: dict[str, Any]) -> Iterator[Found]:
    """A port of the resource that can be reached from outside the account."""
    ports = clean.mapping(told.get("openPortRange"))
    first, last = clean.port(ports.get("begin")), clean.port(ports.get("end"))
    protocol = (clean.line(told.get("protocol"), 10) or "").lower() or None
    check = "aws:network-reachability"
    yield report.looked(common["target"], [check])
    yield Observation(
        **common,
        definition_id=check,
        kind="misconfiguration",
        check=check,
        port=first,
        protocol=protocol if first else None,
        anchor=f"{first}-{last}" if first and last and last != first else None,
    )


def _code(told: dict[str, Any], common: dict[str, Any]) -> Iterator[Found]:
    detector = clean.line(told.get("detectorId"), 200) or clean.line(told.get("detectorName"), 200)
    if detector is None:
        raise Unreadable("detectorId", "The detector of a finding is missing.")
    place = clean.mapping(told.get("filePath"))
    check = f"aws:{detector}"
    yield report.looked(common["target"], [check])
    yield Observation(
        **common,
        definition_id=check,
        kind="code",
        check=check,
        cwes=clean.cwes(told.get("cwes") or ()),
        path=report.path(place.get("filePath") or place.get("fileName")),
        line=clean.whole(place.get("startLine"), 1),
    )
