"""govulncheck JSON (`-format json`): the stream of messages of protocol version 1, also as one list, and the single
object of the first versions; read from the protocol in golang.org/x/vuln.

One instance per vulnerability and module, from its deepest finding. Where only the module or package is there and the
scan went down to symbols, it is not affected, as govulncheck's own VEX says: the vulnerable code is not called. The
modules of the build were looked at as a whole; a message that the scan failed is not part of the protocol.

The messages are held until the end (bounded), since what they point to may stand after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.intake import osv, report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

GROUP = "govulncheck:vulnerabilities"
NOT_IMPORTED = "vulnerable_code_not_present: the vulnerable package is not imported."
NOT_CALLED = "vulnerable_code_not_in_execute_path: the vulnerable symbols are not called."


@dataclass(slots=True)
class _Stream:
    """What was read: the vulnerabilities by identifier, and for each (identifier, module) the deepest finding."""

    scanner_version: str | None = None
    database: datetime | None = None
    level: str | None = None
    root: str | None = None
    ran: bool = False
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def read(source: Source) -> Iterator[Record]:
    """Records of one govulncheck report; IntakeError where it cannot be read."""
    found = _Stream()
    with source.open() as reader:
        document = JsonReader(reader)
        for message in report.documents(document):
            if isinstance(message, dict):
                _take(message, found, source)
    target = Target("repository", found.root or source.stem)
    yield ScanHeader("govulncheck", "govulncheck", found.scanner_version)
    scan = Report(source, "Run govulncheck again.")
    yield from scan.add([target, *([report.looked(target, groups=[GROUP])] if found.ran else [])])
    for (identifier, module), finding in found.findings.items():
        yield from scan.add(_finding(identifier, module, finding, found, target), identifier, target.identity)
    yield from scan.end(None)


def _take(message: dict[str, Any], found: _Stream, source: Source) -> None:
    config, entry, finding = (clean.mapping(message.get(key)) for key in ("config", "osv", "finding"))
    if config:
        found.ran = True
        found.scanner_version = clean.line(config.get("scanner_version"), 100)
        found.level = clean.line(config.get("scan_level"), 50) or "symbol"
    if entry:
        _keep(entry, found, source)
    if finding:
        _found(clean.line(finding.get("osv"), 200), finding, found, source)
    roots = clean.listing(clean.mapping(message.get("SBOM")).get("roots"))
    if roots and found.root is None:
        found.root = clean.line(roots[0], 300)
    if isinstance(message.get("Vulns"), list) or {"Calls", "Imports"} <= message.keys():
        found.ran, found.level = True, "symbol"
        for told in clean.listing(message.get("Vulns"))[:100_000]:
            _old(clean.mapping(told), found, source)


def _keep(entry: dict[str, Any], found: _Stream, source: Source) -> None:
    """Keep an entry of the database without its long lists."""
    identifier = clean.line(entry.get("id"), 200)
    if identifier is None or identifier in found.entries:
        return
    kept = {key: entry.get(key) for key in ("summary", "details", "aliases", "references", "affected", "severity")}
    source.hold(len(str(kept)))
    found.entries[identifier] = kept


def _found(identifier: str | None, finding: dict[str, Any], found: _Stream, source: Source) -> None:
    trace = [clean.mapping(one) for one in clean.listing(finding.get("trace"))[:100]]
    if identifier is None or not trace:
        identifier = identifier or "?"
    module = clean.line(trace[0].get("module"), 300) if trace else None
    key = (identifier, module or "")
    kept = found.findings.get(key)
    new = {"trace": trace, "fixed": clean.line(finding.get("fixed_version"), 100)}
    if kept is None or _depth(new) > _depth(kept):
        source.hold(len(str(new)))
        found.findings[key] = new


def _old(told: dict[str, Any], found: _Stream, source: Source) -> None:
    """One entry of "Vulns" of the first versions."""
    entry = clean.mapping(told.get("OSV"))
    _keep(entry, found, source)
    frame: dict[str, Any] = {"module": told.get("ModPath"), "package": told.get("PkgPath")}
    if told.get("CallSink"):
        frame["function"] = told.get("Symbol")
    elif not told.get("ImportSink"):
        frame.pop("package")
    _found(clean.line(entry.get("id"), 200), {"trace": [frame]}, found, source)


def _depth(finding: dict[str, Any]) -> int:
    first = finding["trace"][0] if finding["trace"] else {}
    return 2 if first.get("function") else 1 if first.get("package") else 0


def _finding(identifier: str, module: str, finding: dict[str, Any], found: _Stream, target: Target) -> Iterator[Found]:
    if identifier == "?":
        raise Unreadable("finding.osv", "The identifier of a vulnerability is missing.")
    entry = found.entries.get(identifier, {})
    trace = finding["trace"]
    first = trace[0] if trace else {}
    depth = _depth(finding)
    spared = found.level == "symbol" and depth < 2
    last = clean.mapping(trace[-1].get("position")) if depth == 2 else {}
    name = module or clean.line(first.get("package"), 300)
    version = clean.line(first.get("version"), 100)
    fixed = finding["fixed"] or ", ".join(osv.fixed(entry, name)) or None
    vectors, score, band = report.ratings(osv.vectors(entry))
    yield Observation(
        target=target.identity,
        definition_id=identifier,
        title=clean.line(entry.get("summary"), 400) or (f"{identifier} in {name}" if name else identifier),
        kind="vulnerability",
        check=f"govulncheck:{identifier}",
        aliases=report.without(report.identifiers(entry.get("aliases")), identifier),
        description=clean.text(entry.get("details"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else None,
        severity=osv.severity(entry) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        purl=purl("golang", name, version),
        fixed_version=fixed,
        path=report.path(last.get("filename")),
        line=clean.whole(last.get("line"), 1) if last.get("filename") else None,
        anchor="call" if last.get("filename") else None,
        evidence=_trace(trace) if depth == 2 else None,
        references=clean.urls(osv.links(entry), 100),
        group=GROUP,
        analysis="not_affected" if spared else None,
        analysis_detail=(NOT_CALLED if depth else NOT_IMPORTED) if spared else None,
    )


def _trace(trace: list[dict[str, Any]]) -> str | None:
    """The calls from the code down to the vulnerable symbol."""
    steps = []
    for frame in reversed(trace[:50]):
        parts = [frame.get("package"), frame.get("receiver"), frame.get("function")]
        steps.append(".".join(str(part) for part in parts if isinstance(part, str) and part))
    return clean.text("\n".join(steps), 5000)
