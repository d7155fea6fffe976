"""ProjectDiscovery Nuclei as JSON lines (`-jsonl`, formerly `-json`) and as a JSON list (`-json-export`), versions 2
and 3, read from Nuclei's own ResultEvent type.

A template with its matcher is the definition; a result with `matcher-status` false says that it ran and did not match,
and is kept as coverage. Which other templates ran is not told. HTTP results belong to the web application of their
URL, others to the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.places import host, site
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, documents, looked, ratings, severity
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

WEB = {"http", "headless", "websocket"}
_SERVICES = {"tech", "detect", "discovery", "fingerprint"}


def read(source: Source) -> Iterator[Record]:
    """Records of one file; IntakeError where it cannot be read."""
    report = Report(source)
    yield ScanHeader("nuclei", "Nuclei")
    with source.open() as reader:
        document = JsonReader(reader)
        for number, row in enumerate(documents(document), start=1):
            yield from report.add(_result(row), f"result {number}")
    yield from report.end(None)


def _result(row: Any) -> Iterator[Found]:
    if not isinstance(row, dict):
        raise Unreadable("result", "A result must be an object.")
    template = clean.line(row.get("template-id") or row.get("templateID"), 200)
    if template is None:
        raise Unreadable("template-id", "A result names no template.")
    info = clean.mapping(row.get("info"))
    where = _place(row)
    if where is None:
        raise Unreadable("host", "A result names no place.")
    target, port, path = where
    yield target
    matcher = clean.line(row.get("matcher-name") or row.get("matcher_name"), 200)
    check = f"nuclei:{template}"
    yield looked(target, [check])
    if row.get("matcher-status") is False:
        return
    known = clean.mapping(info.get("classification"))
    found = clean.cves(" ".join(clean.lines(known.get("cve-id") or (), 50, 100)))
    vectors, score, rated = ratings([known.get("cvss-metrics")], known.get("cvss-score"))
    level = severity(info.get("severity"))
    extracted = clean.lines(row.get("extracted-results") or (), 500, 50)
    yield Observation(
        target=target.identity,
        definition_id=f"{check}/{matcher}" if matcher else check,
        title=(clean.line(info.get("name"), 400) or template) + (f": {matcher}" if matcher else ""),
        kind=_kind(level, found, info),
        check=check,
        aliases=found,
        description=clean.text(info.get("description"), 20_000),
        solution=clean.text(info.get("remediation"), 20_000),
        severity=level or rated,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(known.get("cwe-id")),
        port=port,
        path=path,
        evidence=clean.text("\n".join((clean.line(row.get("matched-at"), 1000) or "", *extracted)), 20_000),
        references=clean.urls(clean.lines(info.get("reference") or (), 2000, 100), 100),
        seen_at=clean.when(row.get("timestamp")),
    )


def _kind(level: str | None, found: tuple[str, ...], info: dict[str, Any]) -> Kind:
    tags = info.get("tags")
    words = set(clean.lines(tags.split(",") if isinstance(tags, str) else tags or (), 50, 100))
    if level == "info" and not found:
        return "service" if words & _SERVICES else "misconfiguration"
    return "vulnerability"


def _place(row: dict[str, Any]) -> tuple[Target, int | None, str | None] | None:
    matched = clean.line(row.get("matched-at") or row.get("matched"), 2000)
    given, url = clean.line(row.get("host"), 2000), clean.line(row.get("url"), 2000)
    if (clean.line(row.get("type"), 40) or "http").lower() in WEB:
        for one in (matched, url, given):
            if one and "://" in one.lstrip("/")[:12] and (found := site(one.lstrip("/"))):
                return found
    where = site((matched or "").lstrip("/")) or site((given or url or "").lstrip("/"))
    name = next(iter((*where[0].hostnames, *where[0].addresses)), where[0].name) if where else None
    target = host(name, row.get("ip"))
    if target is None:
        return None
    port = clean.port(row.get("port")) or (where[1] if where else None)
    return target, port, None
