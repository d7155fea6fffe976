"""PingCastle's health check of an Active Directory as XML (HealthcheckData), read from PingCastle's own classes.

A rule that matched is one misconfiguration of the domain. PingCastle gives points, not a severity: 50 and more are read
as critical, 25 as high, 10 as medium, 1 as low, 0 as information. A health check evaluates every rule of its version,
unless it is exported at the level Light: rules that are not listed did not match.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.records import Coverage, Observation, Record, ScanHeader, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

GROUP = "pingcastle-rules"
REMEDY = "Export the health check again."
_BANDS: tuple[tuple[int, Severity], ...] = ((50, "critical"), (25, "high"), (10, "medium"), (1, "low"), (0, "info"))
_TAGS = ("EngineVersion", "GenerationDate", "Level", "DomainFQDN", "NetBIOSName", "DomainSid")


def read(source: Source) -> Iterator[Record]:
    """Records of one health check; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, within

    told = _told(source)
    tally = Tally(source)
    made = clean.when(told.get("GenerationDate"))
    domain = told.get("DomainFQDN") or told.get("NetBIOSName") or source.stem
    target = Target(
        "account",
        domain.lower(),
        identifiers=tuple(("domain-sid", sid) for sid in (told.get("DomainSid"),) if sid),
    )
    yield ScanHeader("pingcastle", "PingCastle", told.get("EngineVersion"), made, None, domain)
    yield tally.target(target)
    seen: set[str] = set()
    evaluated = False
    with source.open() as reader:
        for event, element in events(reader, ("{*}RiskRules", "{*}HealthcheckRiskRule")):
            if event == "start":
                continue
            if element.tag.endswith("RiskRules"):
                evaluated = True
            elif within(element, "RiskRules"):
                found = _rule(element, target, made)
                if found is None:
                    yield tally.refusal(line_of(element), "RiskId", "A rule has no name.", REMEDY, target.identity)
                elif found.check not in seen:
                    seen.add(found.check)
                    yield tally.observation(found)
            drop(element)
            reader.mark()
    whole = evaluated and (told.get("Level") or "").lower() != "light"
    groups = frozenset({GROUP}) if whole else frozenset()
    complete = tally.complete(target.identity, True if whole else None)
    yield Coverage(target.identity, frozenset(seen), groups, complete=complete)
    yield from tally.end(made, True if whole else None)


def _told(source: Source) -> dict[str, str]:
    from accord.intake.safe.xml_reader import drop, events, local, within

    found: dict[str, str] = {}
    is_one = False
    with source.open() as reader:
        for event, element in events(reader, ("{*}HealthcheckData", *(f"{{*}}{tag}" for tag in _TAGS))):
            tag = local(element.tag)
            if event == "start":
                is_one = is_one or tag == "HealthcheckData"
            elif tag in _TAGS and within(element, "HealthcheckData"):
                value = clean.line(element.text, 200)
                if value:
                    found.setdefault(tag, value)
                drop(element)
                reader.mark()
    if not is_one:
        raise source.error("The file holds no health check of PingCastle.", REMEDY)
    return found


def _rule(element: _Element, target: Target, made: datetime | None) -> Observation | None:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    rule = clean.line(words.get("RiskId"), 100)
    if rule is None:
        return None
    points = clean.whole(words.get("Points"), 0, 10_000)
    severity = None if points is None else next(word for floor, word in _BANDS if points >= floor)
    details = [one.text for one in element.iterfind("{*}Details/{*}string")]
    area = " / ".join(one for one in (clean.line(words.get(key), 100) for key in ("Category", "Model")) if one)
    shown = [f"{points} points" if points is not None else None, area, *details[:100]]
    return Observation(
        target=target.identity,
        definition_id=f"pingcastle:{rule}",
        title=clean.line(words.get("Rationale"), 500) or rule,
        kind="misconfiguration",
        check=f"pingcastle:{rule}",
        severity=severity,
        evidence=clean.text("\n".join(one for one in shown if one), 20_000),
        seen_at=made,
        group=GROUP,
    )
