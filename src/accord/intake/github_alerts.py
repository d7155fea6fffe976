"""GitHub code scanning and secret scanning alerts, as its REST API returns them; read from GitHub's published
OpenAPI description.

One instance per alert; its number is the mark of the place, which GitHub keeps when lines move. Dismissed alerts
stay, marked with the reason; those that are fixed or whose secret was revoked are none. The answer of the API is a
page: it covers the rules of the alerts in it, nothing more. A secret itself is never kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import repository
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

REASONS: dict[str, Analysis] = {
    "false positive": "false_positive",
    "false_positive": "false_positive",
    "won't fix": "suppressed",
    "wont_fix": "suppressed",
    "used in tests": "suppressed",
    "used_in_tests": "suppressed",
}
GONE = frozenset({"revoked", "pattern_deleted", "pattern_edited"})


def read(source: Source) -> Iterator[Record]:
    """Records of one page of alerts; IntakeError where it cannot be read."""
    yield ScanHeader("github-alerts", "GitHub")
    scan = Report(source, "Ask GitHub's API again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _alert, source)
        else:
            for _ in document.documents():
                row = document.value()
                if isinstance(row, dict):
                    yield from scan.add(_alert(row, source), document.row)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _alert(row: dict[str, Any], source: Source) -> Iterator[Found]:
    page = row.get("html_url")
    told = clean.mapping(row.get("repository"))
    target = repository(told.get("html_url") or page, told.get("full_name"), source.stem)
    yield target
    if "secret_type" in row:
        yield from _secret(row, target)
    else:
        yield from _code(row, target)


def _code(row: dict[str, Any], target: Target) -> Iterator[Found]:
    rule = clean.mapping(row.get("rule"))
    identifier = clean.line(rule.get("id") or rule.get("name"), 300)
    if identifier is None:
        raise Unreadable("rule.id", "The rule of an alert is missing.")
    latest = clean.mapping(row.get("most_recent_instance"))
    place = clean.mapping(latest.get("location"))
    tool = clean.line(clean.mapping(row.get("tool")).get("name"), 200) or "GitHub"
    check = f"{tool}:{identifier}"
    if row.get("state") == "fixed":
        return
    yield report.looked(target, [check])
    tags = [one for one in clean.listing(rule.get("tags"))[:100] if isinstance(one, str)]
    aliases = clean.advisories(f"{identifier} {rule.get('name') or ''}"[:1000])
    analysis, detail = _dismissed(row, "dismissed", row.get("dismissed_reason"), row.get("dismissed_comment"))
    words = clean.text(clean.mapping(latest.get("message")).get("text"), 5000)
    number = clean.whole(row.get("number"), 1)
    severity = report.severity(rule.get("security_severity_level")) or report.severity(rule.get("severity"))
    yield Observation(
        target=target.identity,
        definition_id=aliases[0] if len(aliases) == 1 else check,
        title=clean.line(rule.get("description"), 400) or identifier,
        kind="vulnerability" if aliases else "code",
        check=check,
        aliases=aliases[1:],
        description=report.joined(rule.get("full_description"), limit=20_000),
        solution=clean.text(rule.get("help"), 10_000),
        severity=severity,
        cwes=clean.cwes(tags),
        path=report.path(place.get("path")),
        line=clean.whole(place.get("start_line"), 1),
        anchor=f"alert {number}" if number else None,
        evidence=words,
        references=clean.urls([row.get("html_url"), rule.get("help_uri")], 5),
        seen_at=clean.when(row.get("updated_at")) or clean.when(row.get("created_at")),
        analysis=analysis,
        analysis_detail=detail,
    )


def _secret(row: dict[str, Any], target: Target) -> Iterator[Found]:
    kind = clean.line(row.get("secret_type"), 200)
    if kind is None:
        raise Unreadable("secret_type", "The type of a secret is missing.")
    if str(row.get("resolution")) in GONE:
        return
    check = f"github:secret/{kind}"
    yield report.looked(target, [check])
    place = clean.mapping(clean.mapping(row.get("first_location_detected")))
    number = clean.whole(row.get("number"), 1)
    analysis, detail = _dismissed(row, "resolved", row.get("resolution"), row.get("resolution_comment"))
    name = clean.line(row.get("secret_type_display_name"), 200) or kind
    validity = clean.line(row.get("validity"), 50)
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=f"{name} in the repository",
        kind="secret",
        check=check,
        description=f"GitHub says that it is {validity}." if validity and validity != "unknown" else None,
        solution="Withdraw the secret, put a new one into a secret store, and remove it from the history.",
        severity="critical" if validity == "active" else "high",
        path=report.path(place.get("path")),
        line=clean.whole(place.get("start_line"), 1),
        anchor=f"alert {number}" if number else None,
        references=clean.urls([row.get("html_url")], 5),
        seen_at=clean.when(row.get("updated_at")) or clean.when(row.get("created_at")),
        analysis=analysis,
        analysis_detail=detail,
    )


def _dismissed(row: dict[str, Any], word: str, reason: object, comment: object) -> tuple[Analysis | None, str | None]:
    if row.get("state") != word:
        return None, None
    told = clean.line(reason, 200)
    return REASONS.get((told or "").lower(), "suppressed"), report.joined(told, comment, limit=2000, between="; ")
