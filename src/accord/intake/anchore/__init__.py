"""Anchore vulnerabilities of an image as JSON: answers of Anchore Engine and Anchore Enterprise
(`/images/DIGEST/vuln/all`), `anchorectl image vulnerabilities -o json`, and the report with "securityEvaluation", read
from Anchore's description of its API (https://docs.anchore.com/current/docs/integration/api/).

One instance per vulnerability, package and place. Packages of the operating system and others are looked at apart: the
answer says which of both it holds, and covers that. A list without that, and a report, close nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

SYSTEM, OTHER = "anchore:os", "anchore:non-os"
COVERED = {"all": (SYSTEM, OTHER), "os": (SYSTEM,), "non-os": (OTHER,)}
OF_THE_SYSTEM = frozenset({"dpkg", "deb", "rpm", "apkg", "apk", "kb", "msrc"})
LISTS = frozenset({"vulnerabilities", "securityEvaluation"})
_HEAD = (
    "imageDigest", "image_digest", "imageFullTag", "image_full_tag", "vulnerability_type", "vulnerabilityType",
    "metadata",
)  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    told = report.head(source, _HEAD)
    made = clean.when(clean.mapping(told.get("metadata")).get("timestamp"))
    target = _target(told, source)
    yield ScanHeader("anchore", "Anchore", None, None, made, target.name)
    scan = Report(source, "Ask for the vulnerabilities again.")
    kind = clean.line(told.get("vulnerability_type") or told.get("vulnerabilityType"), 30) or ""
    yield from scan.add([target, report.looked(target, groups=COVERED.get(kind, ()))])
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _vulnerability, target.identity, target=target.identity)
        else:
            for key in document.names():
                if key in LISTS:
                    yield from scan.rows(document, _vulnerability, target.identity, target=target.identity)
        document.end()
    yield from scan.end(made)


def _target(told: dict[str, Any], source: Source) -> Target:
    more = clean.mapping(told.get("metadata"))
    parts = [clean.line(more.get(name), 300) for name in ("registry", "repository", "tag")]
    name = clean.line(told.get("imageFullTag") or told.get("image_full_tag"), 400)
    if name is None and parts[1]:
        name = "/".join(part for part in parts[:2] if part) + (f":{parts[2]}" if parts[2] else "")
    digest = clean.line(told.get("imageDigest") or told.get("image_digest") or more.get("imageDigest"), 300)
    return Target("image", name or source.stem, identifiers=(("image-digest", digest),) if digest else ())


def _word(value: object, limit: int = 300) -> str | None:
    """A text; Anchore writes "None" and "N/A" where there is none."""
    told = clean.line(value, limit)
    return None if told in ("None", "N/A", "null") else told


def _vulnerability(row: dict[str, Any], identity: str) -> Iterator[Found]:
    told = {_snake(key): value for key, value in list(row.items())[:100]}
    identifier = _word(told.get("vuln"), 100) or _word(told.get("vulnerability_id"), 100)
    if identifier is None:
        raise Unreadable("vuln", "The identifier of a vulnerability is missing.")
    kind = (_word(told.get("package_type"), 50) or "").lower()
    system = kind in OF_THE_SYSTEM
    whole, version = _word(told.get("package")), _word(told.get("package_version"), 200)
    name = _word(told.get("package_name"))
    if name is None and whole:
        head, dash, tail = whole.rpartition("-")
        name, version = (head, version or tail) if dash and tail[:1].isdigit() else (whole, version)
    path = _word(told.get("package_path") or told.get("path"), 1000)
    ratings = [clean.mapping(one) for key in ("nvd_data", "vendor_data") for one in clean.listing(told.get(key))[:20]]
    cves = report.identifiers(clean.cves(_word(told.get("cves"), 2000) or ""), [one.get("id") for one in ratings])
    fixed = _word(told.get("fix"), 200) or _word(told.get("fix_available"), 200)
    more = clean.mapping(told.get("extra"))
    stated = "The vendor will not fix this." if told.get("will_not_fix") is True else None
    ecosystem = _word(told.get("feed_group"), 50) if system else kind
    yield Observation(
        target=identity,
        definition_id=identifier,
        title=f"{identifier} in {name}" if name else identifier,
        kind="vulnerability",
        check=f"anchore:{identifier}",
        aliases=report.without(cves, identifier),
        description=clean.text(told.get("description") or more.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else stated,
        severity=report.severity(told.get("severity")),
        cvss_score=_score(told, ratings),
        component=name,
        component_version=version,
        purl=None if kind == "java" else purl(ecosystem, name, version),
        fixed_version=fixed,
        path=None if system else path,
        references=clean.urls([told.get("url"), told.get("link")], 5),
        seen_at=clean.when(told.get("detected_at")),
        group=SYSTEM if system else OTHER,
    )


def _snake(key: str) -> str:
    """ "packageName", as newer versions write it, → "package_name"."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in key[:60])


def _score(told: dict[str, Any], ratings: list[dict[str, Any]]) -> float | None:
    """The base score, of CVSS 3 before 2; Anchore writes -1 where there is none."""
    stated = clean.score(told.get("nvd_cvss_base_score"))
    found = (
        clean.score(clean.mapping(one.get(name)).get(key))
        for name in ("cvss_v3", "cvssV3", "cvss_v2", "cvssV2")
        for one in ratings
        for key in ("base_score", "baseScore")
    )
    return stated if stated is not None else next((one for one in found if one is not None), None)
