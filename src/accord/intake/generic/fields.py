"""The fields of DefectDojo's generic findings, and what each becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accord.intake.cvss import severity_of
from accord.intake.places import site
from accord.intake.records import Analysis, Kind, Observation, Target
from accord.intake.report import Found, identifiers, ratings, severity
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

NEEDED = ("title", "severity", "description")
FIELDS = frozenset({
    "title", "severity", "description", "date", "cve", "cwe", "cwes", "epss_score", "epss_percentile",
    "known_exploited", "ransomware_used", "kev_date", "cvssv3", "cvssv3_score", "cvssv4", "cvssv4_score",
    "mitigation", "impact",
    "steps_to_reproduce", "severity_justification", "references", "active", "verified", "false_p", "duplicate",
    "out_of_scope", "risk_accepted", "under_review", "is_mitigated", "mitigated", "thread_id", "numerical_severity",
    "param", "payload", "line", "file_path", "component_name", "component_version", "static_finding", "dynamic_finding",
    "scanner_confidence", "unique_id_from_tool", "vuln_id_from_tool", "sast_source_object", "sast_sink_object",
    "sast_source_line", "sast_source_file_path", "nb_occurences", "publish_date", "service", "planned_remediation_date",
    "planned_remediation_version", "effort_for_fixing", "tags", "endpoints", "locations", "vulnerability_ids", "files",
    "fix_available", "fix_version", "has_tags", "hash_code", "created",
})  # fmt: skip
MITIGATED = {"is_mitigated", "mitigated"}


def yes(told: object) -> bool:
    """Truth as JSON and spreadsheets write it."""
    return told is True or (isinstance(told, str) and told.strip().lower() in ("true", "yes", "1"))


def places(told: object, fallback: str) -> list[tuple[Target, int | None, str | None]]:
    """The targets of the endpoints of a finding, else one that is called after the file or test."""
    found: list[tuple[Target, int | None, str | None]] = []
    for one in clean.listing(told)[:500] if not isinstance(told, str) else [told]:
        if isinstance(one, dict):
            scheme, name, port = (clean.line(one.get(key), 300) for key in ("protocol", "host", "port"))
            shown = f"{name}:{port}" if port else name
            one = f"{scheme or ''}://{shown}/{clean.line(one.get('path'), 500) or ''}" if name else None
            one = one.removeprefix("://") if one else None
        elif not isinstance(one, str):
            one = clean.mapping(one) or None
        where = site(one)
        if where is not None and all(where[0].identity != other[0].identity for other in found):
            found.append(where)
    return found or [(Target("application", fallback), None, None)]


def finding(told: Mapping[str, Any], fallback: str) -> Iterator[Found]:
    """One row: an observation at each of its endpoints. One that is mitigated, or a duplicate, is none."""
    title = clean.line(told.get("title"), 500)
    if title is None:
        raise Unreadable("title", "A finding has no title.")
    word = told.get("severity")
    level = severity(word)
    if level is None and clean.line(word, 20):
        raise Unreadable("severity", "The severity is none of Critical, High, Medium, Low, Info.")
    numbers = told.get("vulnerability_ids")
    names = identifiers(told.get("cve"), *([numbers] if isinstance(numbers, str) else clean.listing(numbers)))
    tool = clean.line(told.get("vuln_id_from_tool"), 200)
    definition = names[0] if names else (f"generic:{tool}" if tool else f"generic:{title}"[:300])
    vectors, score, _ = ratings(
        [told.get("cvssv4"), told.get("cvssv3")], told.get("cvssv4_score") or told.get("cvssv3_score")
    )
    lists = (told.get("cwe"), told.get("cwes"))
    for target, port, path in places(told.get("endpoints") or told.get("locations"), fallback):
        yield target
        if any(yes(told.get(name)) for name in MITIGATED) or yes(told.get("duplicate")):
            continue
        yield Observation(
            target=target.identity,
            definition_id=definition,
            title=title,
            kind=_kind(told, names),
            check=f"generic:{tool or definition}",
            aliases=tuple(one for one in names if one != definition),
            description=clean.text(told.get("description"), 20_000),
            solution=clean.text(told.get("mitigation"), 20_000),
            severity=level or severity_of(score),
            cvss_vectors=vectors,
            cvss_score=score,
            cwes=clean.cwes(*lists),
            component=clean.line(told.get("component_name"), 300),
            component_version=clean.line(told.get("component_version"), 200),
            fixed_version=clean.line(told.get("fix_version"), 200),
            port=port,
            path=clean.line(told.get("file_path"), 1000) or path,
            line=clean.whole(told.get("line"), 1),
            anchor=clean.line(told.get("unique_id_from_tool"), 200) or clean.line(told.get("param"), 200),
            service=clean.line(told.get("service"), 100),
            evidence=_evidence(told),
            references=clean.urls(clean.text(told.get("references"), 20_000) or "", 100),
            seen_at=clean.when(told.get("date")),
            analysis=_analysis(told),
        )


def _kind(told: Mapping[str, Any], names: tuple[str, ...]) -> Kind:
    return "code" if told.get("file_path") and not names and yes(told.get("static_finding")) else "vulnerability"


def _analysis(told: Mapping[str, Any]) -> Analysis | None:
    if yes(told.get("false_p")):
        return "false_positive"
    if yes(told.get("out_of_scope")):
        return "not_affected"
    return "suppressed" if yes(told.get("risk_accepted")) else None


def _evidence(told: Mapping[str, Any]) -> str | None:
    parts = (clean.text(told.get(name), 5000) for name in ("impact", "steps_to_reproduce", "payload"))
    return clean.text("\n\n".join(part for part in parts if part), 20_000)
