"""What the reports of Checkmarx SAST and Checkmarx One share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Analysis, Observation, Severity, Target
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

GONE = frozenset({"FIXED", "RESOLVED"})
_REFUSED = frozenset({"NOT_EXPLOITABLE", "NOTEXPLOITABLE"})
_STEPS = 30


def check_of(name: object, language: object) -> str | None:
    """The query by its language and name: its number differs between servers."""
    query, tongue = clean.line(name, 200), clean.line(language, 60)
    if query is None:
        return None
    return f"checkmarx:{tongue}/{query}" if tongue else f"checkmarx:{query}"


def words_of(name: str | None) -> str | None:
    """ "SQL_Injection" → "SQL Injection"."""
    return name.replace("_", " ") if name else None


def severity(told: object) -> Severity | None:
    return report.severity(told)


def analysis_of(state: object) -> Analysis | None:
    """What the state of a result says; a proposal decides nothing."""
    told = (clean.line(state, 60) or "").upper().replace(" ", "_")
    return "false_positive" if told in _REFUSED else None


def gone(row: dict[str, Any]) -> bool:
    """Whether a result is told only because it is there no longer."""
    return str(row.get("status")).upper() in GONE


def sast(row: dict[str, Any], query: dict[str, Any], target: Target) -> Iterator[Found]:
    """A result of the static analysis. `query` gives name, language, cwe, description and solution."""
    check = check_of(query.get("name"), query.get("language"))
    if check is None:
        raise Unreadable("queryName", "A result names no query.")
    if gone(row):
        return
    nodes = [clean.mapping(one) for one in clean.listing(row.get("nodes"))]
    last = nodes[-1] if nodes else {}
    similar = clean.line(row.get("similarityId"), 100)
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=words_of(clean.line(query.get("name"), 200)) or check,
        kind="code",
        check=check,
        description=clean.text(query.get("description"), 20_000),
        solution=clean.text(query.get("solution"), 5000),
        severity=severity(row.get("severity")),
        cwes=clean.cwes(row.get("cweId") or query.get("cwe") or ()),
        path=report.path(row.get("destinationFileName") or last.get("fileName") or row.get("sourceFileName")),
        line=clean.whole(row.get("destinationLine"), 1)
        or clean.whole(last.get("line"), 1)
        or clean.whole(row.get("sourceLine"), 1),
        anchor=None if similar in (None, "0") else similar,
        evidence=report.joined(*(_step(one) for one in nodes[:_STEPS]), between="\n", limit=10_000),
        references=clean.urls([row.get("resultViewerLink"), query.get("link")], 2),
        seen_at=clean.when(row.get("foundDate") or row.get("foundAt")),
        analysis=analysis_of(row.get("state")),
    )


def _step(node: dict[str, Any]) -> str:
    told = ":".join(one for name in ("fileName", "line", "method", "name", "node")
                    if (one := clean.line(node.get(name), 300)))  # fmt: skip
    code = clean.line(node.get("code"), 300)
    return f"{told}  {code}" if code else told


def iac(row: dict[str, Any], query: dict[str, Any], target: Target) -> Iterator[Found]:
    """A result on infrastructure as code (KICS)."""
    name = clean.line(query.get("name"), 300)
    if name is None:
        raise Unreadable("queryName", "A result names no query.")
    if gone(row):
        return
    check = f"checkmarx:kics/{name}"
    expected, actual = (
        clean.line(row.get("expectedValue"), 1000),
        clean.line(row.get("actualValue") or row.get("value"), 1000),
    )
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=name,
        kind="misconfiguration",
        check=check,
        description=clean.text(query.get("description"), 20_000),
        solution=expected,
        severity=severity(row.get("severity")),
        cwes=clean.cwes(query.get("cwe") or ()),
        path=report.path(row.get("fileName") or row.get("filename")),
        line=clean.whole(row.get("line"), 1),
        anchor=clean.line(row.get("similarityId"), 100) or _key(row.get("resultViewerLink")),
        evidence=actual,
        references=clean.urls([row.get("resultViewerLink")], 1),
        seen_at=clean.when(row.get("lastDetectionDate") or row.get("foundDate") or row.get("foundAt")),
        analysis=analysis_of(row.get("state")),
    )


def _key(link: object) -> str | None:
    """The key of a result inside the link to it ("…?result-id=KEY")."""
    return clean.line((clean.line(link, 2000) or "").partition("result-id=")[2], 100)


def package(told: object) -> tuple[str | None, str | None, str | None]:
    """Name, version and package URL of "Npm-bluebird-3.7.2" (manager, name, version)."""
    manager, _, rest = (clean.line(told, 500) or "").partition("-")
    name, _, version = rest.rpartition("-")
    if not name:
        return (rest or manager or None), None, None
    return name, version or None, purl(manager, name, version)


def component(
    row: dict[str, Any], identifier: str | None, found: tuple[str | None, str | None, str | None], target: Target,
    more: dict[str, Any],
) -> Iterator[Found]:  # fmt: skip
    """A vulnerability of a package. `more` are further fields of the observation."""
    name, version, address = found
    if identifier is None or name is None:
        raise Unreadable("packageIdentifier", "A result names no vulnerability or no package.")
    if gone(row):
        return
    yield Observation(
        target=target.identity,
        definition_id=identifier,
        title=f"{identifier} in {name}",
        kind="vulnerability",
        check=f"checkmarx:{identifier}",
        severity=severity(row.get("severity")),
        component=name,
        component_version=version,
        purl=address,
        seen_at=clean.when(row.get("foundAt") or row.get("foundDate")),
        analysis=analysis_of(row.get("state")),
        **more,
    )
