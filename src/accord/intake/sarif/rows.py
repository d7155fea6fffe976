"""Results of a SARIF run as observations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from accord.intake.cvss import severity_of
from accord.intake.records import Analysis, Kind, Observation, Severity
from accord.intake.safe import text as clean
from accord.intake.sarif.runs import LEVELS, Rule, Run, told_severity
from accord.intake.tally import Unreadable

LOCATIONS = 1000
_PACKAGE = re.compile(
    r"^(Package|Version|Installed Version|Fix Version|Fixed Version):[ \t]{0,5}([^\n]{0,200})$",
    re.MULTILINE | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\{(\d{1,3})\}")
_LINK = re.compile(r"\[([^\[\]]{1,500})\]\(\d{1,6}\)")
NO_RULE = Rule("", None, None, None, None, None, None, (), (), (), {}, None)


@dataclass(frozen=True, slots=True)
class _Place:
    path: str | None
    line: int | None
    snippet: str | None
    logical: str | None


def observations(row: dict[str, Any], run: Run, identity: str) -> Iterator[Observation]:
    """One observation per location, or one without a place."""
    rule = _rule(row, run)
    if not rule.id:
        rule = _unnamed(row, rule)
    message = _message(row, rule)
    severity, score = _severity(row, rule)
    aliases = rule.aliases or clean.advisories((message or "")[:2000])
    kind = _kind(rule, aliases)
    analysis, detail = _suppression(row)
    properties = clean.mapping(row.get("properties"))
    taxa = [clean.mapping(one) for one in clean.listing(row.get("taxa"))[:100]]
    weaknesses = [one.get("id") for one in taxa if clean.mapping(one.get("toolComponent")).get("name") == "CWE"]
    definition = aliases[0] if kind == "vulnerability" and len(aliases) == 1 else f"{run.tool}:{rule.id}"
    package = _package(rule)
    for place in _places(row, run):
        yield Observation(
            target=identity,
            definition_id=definition,
            title=rule.title or clean.line(message, 200) or rule.id,
            kind=kind,
            check=f"{run.tool}:{rule.id}",
            aliases=tuple(alias for alias in aliases if alias != definition),
            description=rule.description,
            solution=rule.solution,
            severity=severity,
            cvss_score=score,
            cwes=clean.cwes(rule.cwes, weaknesses, properties.get("cwe"), properties.get("cwes")),
            component=package.get("package"),
            component_version=package.get("installed version") or package.get("version"),
            fixed_version=package.get("fixed version") or package.get("fix version"),
            path=place.path,
            line=place.line,
            anchor=_anchor(row, place),
            evidence="\n\n".join(part for part in (message, place.snippet) if part) or None,
            references=rule.references,
            seen_at=run.finished or run.started,
            analysis=analysis,
            analysis_detail=detail,
        )


def _rule(row: dict[str, Any], run: Run) -> Rule:
    """The rule of a result: by position in the driver or an extension, else by identifier, where
    "CA1000/1" also means rule "CA1000"."""
    told = clean.mapping(row.get("rule"))
    index = clean.whole(told.get("index", row.get("ruleIndex")), 0)
    extension = clean.whole(clean.mapping(told.get("toolComponent")).get("index"), 0)
    identifier = clean.line(row.get("ruleId") or told.get("id"), 300)
    if index is not None:
        ids = run.components.get(-1 if extension is None else extension, [])
        if index < len(ids) and (identifier is None or identifier == ids[index] or _below(identifier, ids[index])):
            return run.rules[ids[index]]
    if identifier is None:
        return NO_RULE
    found = run.rules.get(identifier) or run.rules.get(identifier.rpartition("/")[0])
    return found or Rule(identifier, None, None, None, None, None, None, (), clean.advisories(identifier), (), {}, None)


def _unnamed(row: dict[str, Any], rule: Rule) -> Rule:
    """A result may come without a rule; then the identifier or text of its message stands for one."""
    told = clean.mapping(row.get("message"))
    words = clean.line(told.get("id"), 200) or clean.line(told.get("text") or told.get("markdown"), 120)
    if words is None:
        raise Unreadable("ruleId", "A result names no rule and says nothing.")
    return replace(rule, id=words)


def _below(identifier: str, rule: str) -> bool:
    return identifier.startswith(rule + "/")


def _message(row: dict[str, Any], rule: Rule) -> str | None:
    told = clean.mapping(row.get("message"))
    message = clean.text(told.get("text") or rule.messages.get(str(told.get("id"))) or told.get("markdown"), 10_000)
    if message is None:
        return None
    arguments = clean.lines((str(one) for one in clean.listing(told.get("arguments"))[:50]), 500, 50)
    if arguments and "{" in message:
        message = _PLACEHOLDER.sub(lambda found: _argument(arguments, found), message)
    return _LINK.sub(r"\1", message)


def _argument(arguments: tuple[str, ...], found: re.Match[str]) -> str:
    number = int(found[1])
    return arguments[number] if number < len(arguments) else found[0]


def _severity(row: dict[str, Any], rule: Rule) -> tuple[Severity | None, float | None]:
    """The number in "security-severity" where there is one, else a CVSS score or severity in the tool's
    own properties, else the level. A result that is no failure is info. The number is given on only for
    advisories, where it is a CVSS base score."""
    properties = clean.mapping(row.get("properties"))
    score = clean.score(properties.get("security-severity"))
    score = rule.score if score is None else score
    if score is not None:
        return severity_of(score), score if rule.aliases else None
    if row.get("kind", "fail") not in ("fail", "open", "review"):
        return "info", None
    for key, version in (("cvssv4_baseScore", "4.0"), ("cvssv3_baseScore", "3.1"), ("cvssv2_score", "2.0")):
        score = clean.score(properties.get(key))
        if score is not None:
            return severity_of(score, version), score
    return told_severity(properties) or rule.severity or LEVELS.get(
        str(row.get("level") or rule.level or "warning")
    ), None


def _kind(rule: Rule, aliases: tuple[str, ...]) -> Kind:
    if rule.kind is not None:
        return rule.kind
    if aliases and rule.aliases:
        return "vulnerability"
    name = f"{rule.id} {rule.title or ''}"[:500].lower()
    if "secret" in name and "CWE-798" in rule.cwes:
        return "secret"
    return "misconfiguration" if rule.id.startswith("CIS-") else "code"


def _package(rule: Rule) -> dict[str, str]:
    """Package and versions where a dependency scanner writes them into the rule's help ("Package: x")."""
    if not rule.aliases or not rule.solution:
        return {}
    return {key.lower(): value.strip() for key, value in _PACKAGE.findall(rule.solution) if value.strip()}


def _suppression(row: dict[str, Any]) -> tuple[Analysis | None, str | None]:
    entries = [one for one in clean.listing(row.get("suppressions"))[:100] if isinstance(one, dict)]
    accepted = [one for one in entries if (one.get("status") or "accepted") == "accepted"]
    if not accepted:
        return None, None
    reasons = (clean.text(one.get("justification"), 2000) for one in accepted)
    return "suppressed", "; ".join(reason for reason in reasons if reason) or None


def _places(row: dict[str, Any], run: Run) -> Iterator[_Place]:
    found = False
    for entry in clean.listing(row.get("locations"))[:LOCATIONS]:
        location = clean.mapping(entry)
        physical = clean.mapping(location.get("physicalLocation"))
        logical = next(
            (name for one in clean.listing(location.get("logicalLocations"))[:5] if (name := _logical(one))),
            None,
        )
        artifact = clean.mapping(physical.get("artifactLocation"))
        region = clean.mapping(physical.get("region"))
        uri, base = artifact.get("uri"), artifact.get("uriBaseId")
        index = clean.whole(artifact.get("index"), 0)
        if uri is None and index is not None and index < len(run.files):
            uri, base = run.files[index]
        path = run.path(uri, base)
        if path is None and logical is None:
            continue
        found = True
        yield _Place(
            path or logical,
            clean.whole(region.get("startLine"), 1),
            clean.text(clean.mapping(region.get("snippet")).get("text"), 2000),
            logical,
        )
    if not found:
        yield _Place(None, None, None, None)


def _logical(entry: object) -> str | None:
    told = clean.mapping(entry)
    return clean.line(told.get("fullyQualifiedName") or told.get("name"), 500)


def _anchor(row: dict[str, Any], place: _Place) -> str | None:
    """The most stable mark of a place that the file has: the tool's fingerprints, the hash of the line
    that GitHub defines, any partial fingerprint, the function or class around it, else the text of the
    line."""
    whole = clean.mapping(row.get("fingerprints"))
    if whole:
        return _hashed(whole)
    partial = clean.mapping(row.get("partialFingerprints"))
    line_hash = partial.get("primaryLocationLineHash")
    if isinstance(line_hash, str):
        return _hashed({"primaryLocationLineHash": line_hash})
    if partial:
        return _hashed(partial)
    if place.snippet:
        return _hashed({"line": " ".join(place.snippet.split())})
    return None


def _hashed(told: dict[str, Any]) -> str:
    joined = "\x1f".join(f"{key}={told[key]}" for key in sorted(told)[:50])
    return blake2b(joined.encode("utf-8", "replace"), digest_size=10).hexdigest()
