"""The vulnerabilities of a CSAF document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.csaf.tree import Tree
from accord.intake.records import Analysis, Observation, Severity
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

# The weaker statements first, so that where a document contradicts itself the stronger one stays.
STATUS: tuple[tuple[str, Analysis], ...] = (
    ("under_investigation", "in_triage"),
    ("first_fixed", "resolved"),
    ("fixed", "resolved"),
    ("known_not_affected", "not_affected"),
    ("first_affected", "exploitable"),
    ("last_affected", "exploitable"),
    ("known_affected", "exploitable"),
)
PRODUCTS = 200_000


@dataclass(frozen=True, slots=True)
class Advisory:
    """What holds for all vulnerabilities of a document."""

    name: str | None
    made: datetime | None
    severity: Severity | None


def vulnerability(row: dict[str, Any], advisory: Advisory, known: Tree) -> Iterator[Found]:
    """One vulnerability: an observation per product that a status names."""
    ids = [clean.mapping(one).get("text") for one in clean.listing(row.get("ids"))[:50]]
    names = report.identifiers(row.get("cve"), ids)
    title = clean.line(row.get("title"), 400)
    if not names:
        if not advisory.name:
            raise Unreadable("cve", "A vulnerability has no identifier.")
        names = (f"{advisory.name}/{title}" if title else advisory.name,)
    status = _statuses(clean.mapping(row.get("product_status")))
    flags = _by_product(row.get("flags"), "label", known)
    impacts = [one for one in clean.listing(row.get("threats")) if clean.mapping(one).get("category") == "impact"]
    threats = _by_product(impacts, "details", known)
    remedies = _by_product(row.get("remediations"), "details", known)
    scores = _scores(row)
    common = _common(row, names, advisory)
    for identifier, analysis in status.items():
        product, component = known.named(identifier)
        target = product.target()
        vectors, score, band = report.ratings(scores.get(identifier) or ())
        label = flags.get(identifier) or flags.get("")
        threat = threats.get(identifier) or threats.get("")
        yield target
        yield Observation(
            **common,
            target=target.identity,
            title=f"{title or names[0]} in {component.name}",
            solution=report.joined(*(remedies.get(identifier) or remedies.get("") or ()), limit=5000, between="\n"),
            severity=band or advisory.severity,
            cvss_vectors=vectors,
            cvss_score=score,
            component=component.name,
            component_version=component.version,
            purl=component.purl,
            analysis=analysis,
            analysis_detail=report.joined(*(label or ()), *(threat or ()), limit=5000, between="; "),
        )


def _statuses(told: dict[str, Any]) -> dict[str, Analysis]:
    found: dict[str, Analysis] = {}
    for key, analysis in STATUS:
        named = told.get(key)
        for identifier in clean.lines(named if isinstance(named, str) else clean.listing(named), 300, PRODUCTS):
            found[identifier] = analysis
    return found


def _by_product(told: object, key: str, known: Tree) -> dict[str, list[str]]:
    """Texts by product identifier; under "" those for all products."""
    found: dict[str, list[str]] = {}
    for one in clean.listing(told)[:10_000]:
        one = clean.mapping(one)
        text = clean.text(one.get(key), 3000)
        if text is None:
            continue
        ids = list(clean.lines(one.get("product_ids") or (), 300, PRODUCTS))
        for group in clean.lines(one.get("group_ids") or (), 300, 1000):
            ids += known.groups.get(group, ())
        for identifier in ids or [""]:
            found.setdefault(identifier, []).append(text)
    return found


def _scores(row: dict[str, Any]) -> dict[str, list[str]]:
    """CVSS vectors by product identifier (2.0: scores; 2.1: metrics)."""
    found: dict[str, list[str]] = {}
    for one in (*clean.listing(row.get("scores"))[:10_000], *clean.listing(row.get("metrics"))[:10_000]):
        one = clean.mapping(one)
        content = clean.mapping(one.get("content")) or one
        for key in ("cvss_v4", "cvss_v3", "cvss_v2"):
            vector = clean.line(clean.mapping(content.get(key)).get("vectorString"), 300)
            if vector:
                for identifier in clean.lines(one.get("products") or (), 300, PRODUCTS):
                    found.setdefault(identifier, []).append(vector)
    return found


def _common(row: dict[str, Any], names: tuple[str, ...], advisory: Advisory) -> dict[str, Any]:
    notes = [clean.mapping(one) for one in clean.listing(row.get("notes"))[:50]]
    words = [one.get("text") for one in notes if one.get("category") in ("description", "summary", "general")]
    links = [clean.mapping(one).get("url") for one in clean.listing(row.get("references"))[:100]]
    weaknesses = [clean.mapping(row.get("cwe")).get("id")]
    weaknesses += [clean.mapping(one).get("id") for one in clean.listing(row.get("cwes"))[:20]]
    aliases = report.identifiers(list(names), advisory.name)
    return {
        "definition_id": names[0],
        "kind": "vulnerability",
        "check": f"csaf:{names[0]}",
        "aliases": report.without(aliases, names[0]),
        "description": report.joined(*words),
        "cwes": clean.cwes(weaknesses),
        "references": clean.urls(links, 100),
        "seen_at": advisory.made,
    }
