"""SonarQube and SonarCloud: the answers of `api/issues/search` and `api/hotspots/search` (one page, or a list of
issues or hotspots), and the JSON of the tool sonar-report; read from the web API's own description.

Only what concerns security is read: vulnerabilities, security hotspots, and issues with an impact on security; bugs
and smells are counted by SonarQube itself. One instance per issue; its key is the mark of the place. Resolved ones
are none, except false positives and those that will not be fixed, which stay marked. A page covers the rules of the
issues in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places import plain
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

SEVERITIES: dict[str, Severity] = {
    "BLOCKER": "critical", "CRITICAL": "high", "MAJOR": "medium", "MINOR": "low", "INFO": "info",
    "HIGH": "high", "MEDIUM": "medium", "LOW": "low",
}  # fmt: skip
RESOLUTIONS: dict[str, Analysis | None] = {
    "FALSE-POSITIVE": "false_positive", "FALSE_POSITIVE": "false_positive", "WONTFIX": "suppressed",
    "ACCEPTED": "suppressed", "SAFE": "not_affected", "ACKNOWLEDGED": "in_triage",
    "EXCEPTION": "suppressed",
}  # fmt: skip
GONE = frozenset({"FIXED", "REMOVED"})
SECURITY = frozenset({"VULNERABILITY", "SECURITY_HOTSPOT"})


def read(source: Source) -> Iterator[Record]:
    """Records of one answer of SonarQube; IntakeError where it cannot be read."""
    top = report.head(source, ("rules", "projectName", "components"))
    rules = _rules(top.get("rules"))
    project = clean.line(top.get("projectName"), 300)
    yield ScanHeader("sonarqube", "SonarQube")
    scan = Report(source, "Ask SonarQube's API again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, issue, rules, project, source)
        else:
            for key in document.names():
                if key in ("issues", "hotspots"):
                    yield from scan.rows(document, issue, rules, project, source)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", project or source.stem)])
    yield from scan.end(None)


def _rules(told: object) -> dict[Any, dict[str, Any]]:
    """The rules by their keys: a list in an answer of the API, an object in a file of sonar-report."""
    if isinstance(told, dict):
        return {key: one for key, one in list(told.items())[:50_000] if isinstance(one, dict)}
    return {clean.line(one.get("key"), 200): one for one in _objects(told)}


def _objects(told: object) -> list[dict[str, Any]]:
    return [one for one in map(clean.mapping, clean.listing(told)[:50_000]) if one]


def issue(
    row: dict[str, Any], rules: dict[Any, dict[str, Any]], project: str | None, source: Source
) -> Iterator[Found]:
    """One issue or hotspot."""
    hotspot = "vulnerabilityProbability" in row or "securityCategory" in row
    identifier = clean.line(row.get("rule") or row.get("ruleKey"), 200)
    identifier = identifier or (f"hotspot/{clean.line(row.get('securityCategory'), 100)}" if hotspot else None)
    if identifier is None:
        raise Unreadable("rule", "The rule of an issue is missing.")
    impacts = _objects(row.get("impacts"))
    security = [one for one in impacts if one.get("softwareQuality") == "SECURITY"]
    kind = clean.line(row.get("type"), 50)
    if kind is not None and kind not in SECURITY and not security:
        return
    resolution = clean.line(row.get("resolution") or row.get("issueStatus"), 50) or ""
    if resolution in GONE:
        return
    named = clean.line(row.get("project"), 300)
    component = clean.line(row.get("component"), 1000)
    if named is None and component and ":" in component and project is None:
        named = component.rpartition(":")[0]
    target = Target("repository", project or named or source.stem)
    check = f"sonarqube:{identifier}"
    yield target
    yield report.looked(target, [check])
    rule = rules.get(identifier, {})
    span = clean.mapping(row.get("textRange"))
    words = clean.line(row.get("message"), 400)
    tags = [
        one for one in (*clean.listing(row.get("tags")), *clean.listing(rule.get("sysTags"))) if isinstance(one, str)
    ]
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=clean.line(rule.get("name"), 400) or words or identifier,
        kind="code",
        check=check,
        aliases=clean.advisories(words or "") if identifier.endswith("UsingComponentWithKnownVulnerability") else (),
        description=report.joined(plain(rule.get("htmlDesc")) or row.get("description"), row.get("message")),
        severity=_severity(row, security, hotspot),
        cwes=clean.cwes([one for one in tags if "cwe" in one.lower()], clean.listing(row.get("cwe"))),
        path=_file(component),
        line=clean.whole(row.get("line"), 1) or clean.whole(span.get("startLine"), 1),
        anchor=clean.line(row.get("key"), 200),
        references=clean.urls([row.get("link")], 5),
        seen_at=clean.when(row.get("updateDate")) or clean.when(row.get("creationDate")),
        analysis=RESOLUTIONS.get(resolution),
    )


def _severity(row: dict[str, Any], security: list[dict[str, Any]], hotspot: bool) -> Severity | None:
    told = row.get("severity") or (row.get("vulnerabilityProbability") if hotspot else None)
    found = SEVERITIES.get(str(told).upper())
    return found or next((SEVERITIES.get(str(one.get("severity")).upper()) for one in security), None)


def _file(component: str | None) -> str | None:
    """The file of a component key, "project:src/file.py"."""
    return report.path(component.rpartition(":")[2] if component and ":" in component else component)
