"""The rows inside a Trivy result, one function per kind of row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accord.intake.records import Analysis, Observation, Severity
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

SEVERITY: dict[str, Severity] = {
    "CRITICAL": "critical",
    "HIGH": "high",
    "MEDIUM": "medium",
    "LOW": "low",
    "NEGLIGIBLE": "low",
    "NONE": "info",
    "INFO": "info",
}
ANALYSIS: dict[str, Analysis] = {
    "not_affected": "not_affected",
    "under_investigation": "in_triage",
    "ignored": "suppressed",
    "fixed": "resolved",
}
STATUS_WORDS = {
    "affected": "The vendor has no fix yet.",
    "will_not_fix": "The vendor will not fix this.",
    "fix_deferred": "The vendor has put the fix off.",
    "end_of_life": "The package is past its end of life: no fix will come.",
}
# fmt: off
OS_TYPES = frozenset({
    "alma", "almalinux", "alpine", "amazon", "arch", "azurelinux", "bottlerocket", "cbl-mariner",
    "centos", "chainguard", "debian", "echo", "fedora", "minimos", "opensuse", "opensuse-leap",
    "opensuse-tumbleweed", "opensuse.leap", "opensuse.tumbleweed", "oracle", "photon", "redhat",
    "rocky", "slem", "sles", "suse", "ubuntu", "wolfi",
})
# fmt: on
# Targets that stand for a whole language instead of a file; the file is then in PkgPath.
WHOLE_LANGUAGES = frozenset({"Java", "Node.js", "Python", "Ruby", "Conda", "Julia", "R", "OS Packages"})
VECTORS = (("V40Vector", "V40Score"), ("V3Vector", "V3Score"), ("V2Vector", "V2Score"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row sits: the target's identity, the file (None for a package of the operating system), the
    class of the result as a coverage group, and when the report was made."""

    target: str
    path: str | None
    group: str
    seen_at: datetime | None


def place(target: str, name: str | None, group: str | None, kind: str | None, seen_at: datetime | None) -> Place:
    """The place of a result from its Target, Class and Type; older reports have no Class."""
    if group is None:
        group = "os-pkgs" if (kind or "") in OS_TYPES else "lang-pkgs"
    path = None if group == "os-pkgs" or name in WHOLE_LANGUAGES else name
    if group in ("license", "license-file"):
        path = None
    return Place(target, path, f"trivy:{group}", seen_at)


def vulnerability(row: dict[str, Any], where: Place) -> Observation | None:
    """One entry of "Vulnerabilities"."""
    identifier = clean.line(row.get("VulnerabilityID"), 200)
    if identifier is None:
        raise Unreadable("VulnerabilityID", "The identifier of a vulnerability is missing.")
    package = row.get("PkgIdentifier")
    vectors, score = _scores(row)
    status = clean.line(row.get("Status"), 50) or ""
    fixed = clean.line(row.get("FixedVersion"), 500)
    name = clean.line(row.get("PkgName"), 300)
    advice = f"Upgrade {name or 'the package'} to {fixed}." if fixed else STATUS_WORDS.get(status)
    primary = clean.url(row.get("PrimaryURL"))
    links = clean.urls(row.get("References") or (), 100)
    title = clean.line(row.get("Title"), 500)
    return Observation(
        target=where.target,
        definition_id=identifier,
        title=title or (f"{identifier} in {name}" if name else identifier),
        kind="vulnerability",
        check=f"trivy:{identifier}",
        aliases=clean.lines(row.get("VendorIDs") or (), 100, 100),
        description=clean.text(row.get("Description"), 20_000),
        solution=advice,
        severity=_severity(row),
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(row.get("CweIDs") or ()),
        component=name,
        component_version=clean.line(row.get("InstalledVersion"), 200),
        purl=clean.line(package.get("PURL"), 500) if isinstance(package, dict) else None,
        fixed_version=fixed,
        path=_path(row.get("PkgPath")) or where.path,
        references=tuple(dict.fromkeys((primary, *links))) if primary else links,
        seen_at=where.seen_at,
        group=where.group,
        analysis=ANALYSIS.get(status) if status != "fixed" else None,
    )


def check_of(row: dict[str, Any]) -> str | None:
    """The check of a misconfiguration row, the same over Trivy's three spellings ("AVD-DS-0002",
    "DS-0002", "DS002")."""
    told = clean.line(row.get("AVDID"), 100) or clean.line(row.get("ID"), 100)
    if told is None:
        return None
    key = told.upper().removeprefix("AVD-")
    letters = key.rstrip("0123456789")
    digits = key[len(letters) :]
    if letters.isalpha() and digits:
        key = f"{letters}-{int(digits[-9:]):04d}"
    return f"trivy:{key}"


def misconfiguration(row: dict[str, Any], where: Place) -> Observation | None:
    """One entry of "Misconfigurations"; None where the check passed."""
    check = check_of(row)
    if check is None:
        raise Unreadable("ID", "The identifier of a misconfiguration is missing.")
    if (clean.line(row.get("Status"), 20) or "FAIL").upper() != "FAIL":
        return None
    cause = row.get("CauseMetadata")
    cause = cause if isinstance(cause, dict) else {}
    resource = clean.line(cause.get("Resource"), 300)
    message = clean.text(row.get("Message"), 5000)
    primary = clean.url(row.get("PrimaryURL"))
    links = clean.urls(row.get("References") or (), 100)
    return Observation(
        target=where.target,
        definition_id=check,
        title=clean.line(row.get("Title"), 500) or check,
        kind="misconfiguration",
        check=check,
        aliases=clean.lines([row.get("AVDID"), row.get("ID")], 100, 5),
        description=clean.text(row.get("Description"), 20_000),
        solution=clean.text(row.get("Resolution"), 5000),
        severity=_severity(row),
        component=resource,
        path=where.path,
        line=clean.whole(cause.get("StartLine"), 1),
        anchor=resource or clean.line(message, 300),
        evidence=message,
        references=tuple(dict.fromkeys((primary, *links))) if primary else links,
        seen_at=where.seen_at,
        group=where.group,
    )


def secret(row: dict[str, Any], where: Place) -> Observation | None:
    """One entry of "Secrets". The match is kept as Trivy writes it, with the secret masked."""
    rule = clean.line(row.get("RuleID"), 200)
    if rule is None:
        raise Unreadable("RuleID", "The rule of a secret is missing.")
    return Observation(
        target=where.target,
        definition_id=f"trivy:secret/{rule}",
        title=clean.line(row.get("Title"), 500) or rule,
        kind="secret",
        check=f"trivy:secret/{rule}",
        description=clean.line(row.get("Category"), 200),
        solution="Withdraw the secret, put a new one into a secret store, and remove it from the file.",
        severity=_severity(row),
        path=where.path,
        line=clean.whole(row.get("StartLine"), 1),
        evidence=clean.text(row.get("Match"), 2000),
        seen_at=where.seen_at,
        group=where.group,
    )


def licence(row: dict[str, Any], where: Place) -> Observation | None:
    """One entry of "Licenses"."""
    name = clean.line(row.get("Name"), 300) or clean.line(row.get("Text"), 300)
    if name is None:
        raise Unreadable("Name", "The name of a licence is missing.")
    package = clean.line(row.get("PkgName"), 300)
    category = clean.line(row.get("Category"), 100)
    return Observation(
        target=where.target,
        definition_id=f"licence:{name}",
        title=f"Licence {name}" + (f" of {package}" if package else ""),
        kind="licence",
        check=f"licence:{name}",
        description=f"Licence category: {category}" if category else None,
        severity=_severity(row),
        component=package,
        path=_path(row.get("FilePath")),
        references=clean.urls(row.get("Link") or "", 5),
        seen_at=where.seen_at,
        group=where.group,
    )


def modified(row: dict[str, Any], where: Place) -> Observation | None:
    """One entry of "ExperimentalModifiedFindings": a finding that a VEX file or an ignore file took out."""
    kinds = {
        "vulnerability": vulnerability,
        "misconfiguration": misconfiguration,
        "secret": secret,
        "license": licence,
    }
    reader = kinds.get(clean.line(row.get("Type"), 50) or "")
    inner = row.get("Finding")
    if reader is None or not isinstance(inner, dict):
        raise Unreadable("Type", "A modified finding is of no known type.")
    found = reader(inner, where)
    if found is None:
        return None
    words = [clean.text(row.get(key), 2000) for key in ("Statement", "Source")]
    analysis = ANALYSIS.get(clean.line(row.get("Status"), 50) or "", "suppressed")
    return replace(found, analysis=analysis, analysis_detail=" ".join(word for word in words if word) or None)


def _severity(row: dict[str, Any]) -> Severity | None:
    told = row.get("Severity")
    return SEVERITY.get(told.upper()) if isinstance(told, str) else None


def _path(value: object) -> str | None:
    return clean.line(value, 1000) if value else None


def _scores(row: dict[str, Any]) -> tuple[tuple[str, ...], float | None]:
    """Vectors of all sources, newest version first and the source of the severity first; the base score of
    that source, else of NVD, else of GitHub, else of the first that has one."""
    told = row.get("CVSS")
    if not isinstance(told, dict) or not told:
        return (), None
    chosen = row.get("SeveritySource")
    order = [name for name in (chosen, "nvd", "ghsa") if isinstance(name, str) and name in told]
    order += sorted(name for name in told if name not in order)[:20]
    entries = [entry for name in order if isinstance(entry := told[name], dict)]
    vectors: dict[str, None] = {}
    for key, _ in VECTORS:
        for entry in entries:
            if key in entry and (vector := clean.line(entry[key], 300)):
                vectors[vector] = None
    scores = (clean.score(entry[key]) for entry in entries for _, key in VECTORS if key in entry)
    score = next((found for found in scores if found is not None), None)
    return tuple(vectors), score
