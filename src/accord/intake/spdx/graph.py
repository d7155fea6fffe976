"""SPDX 3.0 as JSON-LD: packages, vulnerabilities, and the VEX relationships between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.products import Product, of_purl
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

STATUS: dict[str, Analysis] = {
    "affects": "exploitable",
    "doesNotAffect": "not_affected",
    "fixedIn": "resolved",
    "underInvestigationFor": "in_triage",
}
PREFIX = "security_"
JUSTIFICATIONS = {
    "componentNotPresent": "component_not_present",
    "vulnerableCodeNotPresent": "vulnerable_code_not_present",
    "vulnerableCodeCannotBeControlledByAdversary": "vulnerable_code_cannot_be_controlled_by_adversary",
    "vulnerableCodeNotInExecutePath": "vulnerable_code_not_in_execute_path",
    "inlineMitigationsAlreadyExist": "inline_mitigations_already_exist",
}


class _Graph:
    """The elements that relationships point to, by identifier."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}
        self.vulnerabilities: dict[str, dict[str, Any]] = {}
        self.ratings: dict[str, list[dict[str, Any]]] = {}
        self.name: str | None = None
        self.version: str | None = None
        self.made: Any = None


def read(source: Source) -> Iterator[Record]:
    """Records of one document of version 3."""
    graph = _Graph()
    for _, row in _elements(source):
        _keep(row, graph, source)
    if graph.version is not None and not graph.version.startswith("3."):
        raise source.error(f"SPDX version {graph.version} is not read.", "Write version 2.2, 2.3 or 3.0.")
    yield ScanHeader("spdx", "SPDX", None, graph.made, graph.made, graph.name)
    scan = Report(source, "Write the document again.")
    target = Target("application", graph.name or source.stem)
    yield from scan.add([target])
    for where, row in _elements(source):
        kind = _kind(row)
        if kind.endswith("VulnAssessmentRelationship") and kind.startswith(PREFIX + "Vex"):
            yield from scan.add(_statement(row, graph, target), where, target.identity)
    yield from scan.end(graph.made)


def _elements(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "@graph":
                for row in report.objects(document):
                    yield document.pointer(), row
        document.end()


def _kind(row: dict[str, Any]) -> str:
    told = row.get("type") or row.get("@type")
    return told if isinstance(told, str) else ""


def _keep(row: dict[str, Any], graph: _Graph, source: Source) -> None:
    kind, identifier = _kind(row), clean.line(row.get("spdxId") or row.get("@id"), 500)
    if kind == "CreationInfo":
        graph.version = graph.version or clean.line(row.get("specVersion"), 20)
        graph.made = graph.made or clean.when(row.get("created"))
    elif kind == "SpdxDocument":
        graph.name = clean.line(row.get("name"), 400) or graph.name
    elif identifier is None:
        return
    elif kind == "software_Package":
        purl = clean.line(row.get("software_packageUrl"), 500) or _purl(row)
        name = clean.line(row.get("name"), 300)
        version = clean.line(row.get("software_packageVersion"), 200)
        found = of_purl(purl, identifier) if purl else Product(identifier, name or identifier)
        source.hold(400 + len(identifier) + len(purl or ""))
        graph.products[identifier] = Product(identifier, name or found.name, version or found.version, purl)
    elif kind == PREFIX + "Vulnerability":
        kept = {key: row.get(key) for key in ("name", "summary", "description", "externalIdentifier", "externalRef")}
        source.hold(len(str(kept)))
        graph.vulnerabilities[identifier] = kept
    elif kind.startswith(PREFIX + "Cvss"):
        key = clean.line(row.get("from"), 500)
        if key:
            source.hold(500)
            graph.ratings.setdefault(key, []).append(
                {"vector": row.get("security_vectorString"), "score": row.get("security_score")}
            )


def _purl(row: dict[str, Any]) -> str | None:
    for one in clean.listing(row.get("externalIdentifier"))[:50]:
        one = clean.mapping(one)
        if one.get("externalIdentifierType") == "packageUrl":
            return clean.line(one.get("identifier"), 500)
    return None


def _statement(row: dict[str, Any], graph: _Graph, target: Target) -> Iterator[Found]:
    status = STATUS.get(str(row.get("relationshipType")))
    key = clean.line(row.get("from"), 500)
    if status is None or key is None:
        raise Unreadable("relationshipType", "A VEX relationship says neither what of nor how.")
    told = graph.vulnerabilities.get(key, {})
    others = [clean.mapping(one).get("identifier") for one in clean.listing(told.get("externalIdentifier"))[:50]]
    names = report.identifiers(told.get("name"), others) or (key,)
    order = sorted(names, key=lambda one: not one.startswith(("CVE-", "GHSA-")))
    rated = graph.ratings.get(key, [])
    vectors, score, band = report.ratings((one["vector"] for one in rated), next((one["score"] for one in rated), None))
    reason = JUSTIFICATIONS.get(str(row.get("security_justificationType")))
    detail = report.joined(reason, row.get("security_impactStatement"), row.get("security_statusNotes"), between="; ")
    links = [one for given in clean.listing(told.get("externalRef"))[:50]
             for one in clean.listing(clean.mapping(given).get("locator"))[:10]]  # fmt: skip
    for one in clean.lines(row.get("to") or (), 500, 10_000):
        product = graph.products.get(one) or Product(one, one)
        yield Observation(
            target=target.identity,
            definition_id=order[0],
            title=f"{order[0]} in {product.name}",
            kind="vulnerability",
            check=f"spdx:{order[0]}",
            aliases=tuple(order[1:]),
            description=report.joined(told.get("summary"), told.get("description")),
            solution=clean.text(row.get("security_actionStatement"), 5000),
            severity=band,
            cvss_vectors=vectors,
            cvss_score=score,
            component=product.name,
            component_version=product.version,
            purl=product.purl,
            references=clean.urls(links, 50),
            seen_at=clean.when(row.get("security_publishedTime")) or graph.made,
            analysis=status,
            analysis_detail=detail,
        )
