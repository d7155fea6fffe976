"""What Prisma Cloud says of a vulnerability and of a compliance check, in JSON and CSV alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Observation, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

VULNERABILITIES, COMPLIANCE = "prisma:vulnerabilities", "prisma:compliance"
_FIXED = "fixed in "


def severity(told: object) -> Severity | None:
    """As other tools say it, and Debian's "unimportant"."""
    return "low" if str(told).strip().lower() == "unimportant" else report.severity(told)


def vulnerable(identifier: str, told: Mapping[str, object], target: Target, made: datetime | None) -> Observation:
    """A vulnerability of a package."""
    name, version = clean.line(told.get("name"), 300), clean.line(told.get("version"), 200)
    status = clean.line(told.get("status"), 300) or ""
    fixed = status[len(_FIXED) :] if status.lower().startswith(_FIXED) else None
    vectors, score, band = report.ratings([told.get("vector")], told.get("score"))
    if score == 0:
        score = None  # written where there is no score yet
    ecosystem = (clean.line(told.get("type"), 30) or "").lower()
    java = ecosystem in ("java", "jar")
    address = purl("java" if java else ecosystem, _maven(name) if java else name, version)
    return Observation(
        target=target.identity,
        definition_id=identifier,
        title=f"{identifier} in {name}" if name else identifier,
        kind="vulnerability",
        check=f"prisma:{identifier}",
        description=clean.text(told.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else clean.line(status, 300),
        severity=severity(told.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        purl=address,
        fixed_version=clean.line(fixed, 200),
        path=report.path(told.get("path")),
        evidence=report.joined(told.get("layer"), limit=2000),
        references=clean.urls([told.get("link")], 5),
        seen_at=made,
        group=VULNERABILITIES,
    )


def _maven(name: str | None) -> str | None:
    """ "org.example_parsley" → "org.example:parsley"."""
    group, line, artifact = (name or "").partition("_")
    return f"{group}:{artifact}" if line and "." in group else name


def check_failed(number: str | None, told: Mapping[str, object], target: Target, made: datetime | None) -> Observation:
    """A compliance check that failed. Without a number its title names it."""
    title = clean.line(told.get("title"), 400) or clean.line(told.get("description"), 400)
    if number is None and title is None:
        raise Unreadable("title", "A compliance check has neither a number nor a title.")
    check = f"prisma:{number or title}"
    return Observation(
        target=target.identity,
        definition_id=check,
        title=title or f"Compliance check {number}",
        kind="misconfiguration",
        check=check,
        description=clean.text(told.get("description"), 20_000),
        severity=severity(told.get("severity")),
        evidence=clean.text(told.get("cause"), 5000),
        seen_at=made,
        group=COMPLIANCE,
    )
