"""Semgrep JSON (`semgrep scan --json`), read from Semgrep's published output schema (semgrep_output_v1), and the
findings of its web API: of code (`findings`) and of Supply Chain (`vulns`).

One instance per rule and place, marked by Semgrep's own fingerprint where the file has it; a finding of Supply Chain
is a vulnerability of its package. Findings that a comment ignores stay, marked as suppressed. The file lists the
rules that ran only when timing was asked for; else only those with a finding are known to have run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import mark, repository
from accord.intake.purl import ecosystem_of, purl
from accord.intake.records import Analysis, Kind, Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

HIDDEN = "requires login"
WORDS: dict[str, Severity] = {"info": "low", "inventory": "info", "experiment": "info"}
TRIAGE: dict[str, Analysis] = {
    "false_positive": "false_positive", "acceptable_risk": "suppressed", "no_time": "suppressed",
}  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one Semgrep report; IntakeError where it cannot be read."""
    top = report.head(source, ("version", "time"))
    yield ScanHeader("semgrep", "Semgrep", clean.line(top.get("version"), 50))
    scan = Report(source, "Run Semgrep again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                target = Target("repository", source.stem)
                yield from scan.add([target, report.looked(target, _rules(top.get("time")))])
                yield from scan.rows(document, _result, target.identity, target=target.identity)
            elif key == "findings":
                yield from scan.rows(document, _of_the_web, source)
            elif key == "vulns":
                yield from scan.rows(document, _of_supply_chain, source)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _rules(time: object) -> Iterator[str]:
    for one in clean.listing(clean.mapping(time).get("rules"))[:20_000]:
        found = clean.line(one.get("id") if isinstance(one, dict) else one, 300)
        if found:
            yield f"semgrep:{found}"


def _severity(told: object) -> Severity | None:
    word = told.strip().lower() if isinstance(told, str) else ""
    return WORDS.get(word) or report.severity(word)


def _result(row: dict[str, Any], identity: str) -> Iterator[Found]:
    rule = clean.line(row.get("check_id"), 300)
    if rule is None:
        raise Unreadable("check_id", "The rule of a result is missing.")
    check = f"semgrep:{rule}"
    yield report.looked(identity, [check])
    extra = clean.mapping(row.get("extra"))
    metadata = clean.mapping(extra.get("metadata"))
    lines = extra.get("lines") if extra.get("lines") != HIDDEN else None
    printed = extra.get("fingerprint") if extra.get("fingerprint") != HIDDEN else None
    start = clean.mapping(row.get("start"))
    fields: dict[str, Any] = {
        "definition_id": check,
        "title": rule.rpartition(".")[2] or rule,
        "kind": _kind(rule, metadata),
        "anchor": clean.line(printed, 200) or mark(lines),
        "solution": report.joined(f"Write instead: {extra['fix']}" if isinstance(extra.get("fix"), str) else None),
    }
    if sca := clean.mapping(extra.get("sca_info")):
        fields.update(_package(rule, sca, metadata))
    yield Observation(
        target=identity,
        check=check,
        description=clean.text(extra.get("message"), 20_000),
        severity=_severity(extra.get("severity")),
        cwes=clean.cwes(metadata.get("cwe") or ()),
        path=report.path(row.get("path")),
        line=clean.whole(start.get("line"), 1),
        evidence=clean.text(lines, 2000),
        references=clean.urls(
            [metadata.get("source"), metadata.get("shortlink"), *_listed(metadata.get("references"))], 50
        ),
        analysis="suppressed" if extra.get("is_ignored") is True else None,
        **fields,
    )


def _kind(rule: str, metadata: dict[str, Any]) -> Kind:
    words = f".{rule.lower()}."
    if ".secrets." in words or metadata.get("category") == "secrets" or "secret_type" in metadata:
        return "secret"
    return "code"


def _listed(told: object) -> list[object]:
    return told[:50] if isinstance(told, list) else [told]


def _package(rule: str, told: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """A finding of Supply Chain: the advisory, the package that was found, where it is fixed."""
    match = clean.mapping(told.get("dependency_match"))
    found = clean.mapping(match.get("found_dependency"))
    ids = report.identifiers(metadata.get("sca-vuln-database-identifier"), metadata.get("cve"))
    name, version = clean.line(found.get("package"), 300), clean.line(found.get("version"), 100)
    fixes = [clean.mapping(one) for one in clean.listing(metadata.get("sca-fix-versions"))[:20]]
    fixed = ", ".join(clean.lines((value for one in fixes for value in one.values()), 100, 5)) or None
    definition = ids[0] if ids else f"semgrep:{rule}"
    title = definition if ids else rule.rpartition(".")[2]
    return {
        "definition_id": definition,
        "title": f"{title} in {name}" if name else title,
        "aliases": report.without(ids, definition),
        "kind": "vulnerability",
        "component": name,
        "component_version": version,
        "purl": purl(found.get("ecosystem"), name, version),
        "fixed_version": fixed,
        "solution": f"Upgrade {name} to {fixed}." if name and fixed else None,
    }


def _of_the_web(row: dict[str, Any], source: Source) -> Iterator[Found]:
    """One finding of the web API (/deployments/…/findings)."""
    told, where = clean.mapping(row.get("rule")), clean.mapping(row.get("repository"))
    target = repository(where.get("url"), where.get("name"), source.stem)
    yield target
    rule = clean.line(row.get("rule_name") or told.get("name"), 300)
    if rule is None:
        raise Unreadable("rule_name", "The rule of a finding is missing.", target.identity)
    if row.get("state") in ("fixed", "removed") or row.get("status") in ("fixed", "removed"):
        return
    place, check = clean.mapping(row.get("location")), f"semgrep:{rule}"
    yield report.looked(target, [check])
    muted = row.get("state") == "muted" or row.get("triage_state") == "ignored" or row.get("status") == "ignored"
    reason = str(row.get("triage_reason") or "").strip().lower().replace(" ", "_")
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=rule.rpartition(".")[2] or rule,
        kind=_kind(rule, told),
        check=check,
        description=clean.text(row.get("rule_message") or told.get("message"), 20_000),
        severity=_severity(row.get("severity")),
        cwes=clean.cwes(told.get("cwe_names") or ()),
        path=report.path(place.get("file_path")),
        line=clean.whole(place.get("line"), 1),
        anchor=clean.line(row.get("match_based_id") or row.get("syntactic_id") or row.get("id"), 200),
        references=clean.urls([row.get("line_of_code_url"), row.get("shortlink")], 5),
        seen_at=clean.when(row.get("relevant_since")) or clean.when(row.get("created_at")),
        analysis=TRIAGE.get(reason, "suppressed") if muted else None,
        analysis_detail=report.joined(row.get("triage_reason"), row.get("triage_comment"), between="; "),
    )


def _of_supply_chain(row: dict[str, Any], source: Source) -> Iterator[Found]:
    """One vulnerability of the web API (/deployments/…/ssc-vulns)."""
    advisory, match = clean.mapping(row.get("advisory")), clean.mapping(row.get("matchedDependency"))
    links, place = clean.mapping(advisory.get("references")), clean.mapping(row.get("dependencyFileLocation"))
    target = repository(None, row.get("repositoryName"), source.stem)
    yield target
    rule = clean.line(advisory.get("ruleId"), 300)
    ids = report.identifiers(links.get("cveIds"))
    definition = ids[0] if ids else f"semgrep:{rule}"
    if not ids and rule is None:
        problem = "A vulnerability names neither a CVE nor a rule."
        raise Unreadable("advisory", problem, target.identity)
    name, version = clean.line(match.get("name"), 300), clean.line(match.get("versionSpecifier"), 100)
    file, triage = report.path(place.get("path")), clean.mapping(row.get("triage"))
    state = str(triage.get("status")).upper()
    check = f"semgrep:{rule or definition}"
    yield report.looked(target, [check])
    if state == "FIXED":
        return
    safe = clean.mapping(row.get("closestSafeDependency"))
    fixed = clean.line(safe.get("versionSpecifier"), 100) if safe.get("name") == match.get("name") else None
    analysis: Analysis | None = None
    if state in ("IGNORED", "DISMISSED", "CLOSED"):
        analysis = TRIAGE.get(str(triage.get("dismissReason")).lower().removeprefix("dismiss_reason_"), "suppressed")
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=clean.line(advisory.get("title") or row.get("title"), 400) or definition,
        kind="vulnerability",
        check=check,
        aliases=report.without(ids, definition),
        description=report.joined(advisory.get("description"), advisory.get("reachableIf")),
        severity=_severity(advisory.get("severity")),
        cwes=clean.cwes(links.get("cweIds") or ()),
        component=name,
        component_version=version,
        purl=purl(ecosystem_of(file), name, version),  # the advisory's ecosystem may be that of another package
        fixed_version=fixed,
        solution=f"Upgrade {name} to {fixed}." if name and fixed else None,
        path=file,
        evidence=report.joined(
            f"Reachability: {row['exposureType']}" if isinstance(row.get("exposureType"), str) else None
        ),
        references=clean.urls([place.get("url"), *clean.listing(links.get("urls"))], 50),
        seen_at=clean.when(row.get("openedAt")),
        analysis=analysis,
    )
