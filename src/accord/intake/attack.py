"""MITRE ATT&CK as a STIX 2.1 bundle (attack-stix-data: enterprise-attack.json, mobile-attack.json, ics-attack.json).

Read one object at a time: the memory depends on what is kept, not on the file. Kept are tactics with their place in the
matrix, techniques and sub-techniques, groups, and who uses what (relationships "uses", "subtechnique-of" and
"revoked-by" of STIX 2.1, section 5.1; properties x_mitre_… as MITRE's extension of STIX documents them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
GROUP = re.compile(r"G\d{4}")
TACTIC = re.compile(r"TA\d{4}")
MOST_THINGS, MOST_LINKS = 20_000, 500_000
LONG = 4_000
_REMEDY = "Download the bundle again from github.com/mitre-attack/attack-stix-data."
_CITATION = re.compile(r"\(Citation: [^)]{1,200}\)")
_LINK = re.compile(r"\[([^\]]{1,200})\]\(https?://[^)\s]{1,500}\)")


@dataclass(slots=True)
class Tactic:
    """`short` is the name by which techniques refer to it; `place` its place in the matrix, from 0."""

    identifier: str
    short: str
    name: str
    place: int = 0


@dataclass(slots=True)
class Technique:
    """`parent` is the technique of which this is a sub-technique, "" = none. `retired`: revoked or deprecated."""

    identifier: str
    name: str
    tactics: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    url: str = ""
    parent: str = ""
    retired: bool = False
    replaced_by: str = ""


@dataclass(slots=True)
class Group:
    """A group of attackers. `uses` are identifiers of techniques."""

    identifier: str
    name: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    url: str = ""
    retired: bool = False
    uses: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Attack:
    """A bundle, read whole. `version` is ATT&CK's, "" where the bundle tells none; `refused` counts bad objects."""

    name: str = "ATT&CK"
    version: str = ""
    modified: datetime | None = None
    tactics: dict[str, Tactic] = field(default_factory=dict)
    techniques: dict[str, Technique] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    refused: int = 0


@dataclass(slots=True)
class _Found:
    """What refers by STIX identifiers, until all objects are known."""

    names: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    tactics: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def read_attack(origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None) -> Attack:
    """The bundle. IntakeError where it is none, is damaged, or has no technique."""
    source = Source(origin, limits, name)
    attack, found = Attack(), _Found()
    is_bundle = there = False
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() != "{":
            raise source.error("This is no STIX bundle.", _REMEDY)
        for key in document.names():
            if key == "type":
                is_bundle = document.scalar() == "bundle"
            elif key == "objects":
                there = document.peek() == "["
                for _ in document.elements():
                    _take(document, attack, found)
        document.end()
    if not is_bundle or not there:
        raise source.error("This is no STIX bundle: it has no objects.", _REMEDY)
    if not attack.techniques:
        raise source.error("This STIX bundle has no technique of ATT&CK.", _REMEDY)
    _join(attack, found)
    return attack


def _take(document: JsonReader, attack: Attack, found: _Found) -> None:
    one = document.mapping()
    kind = one.get("type")
    if kind == "attack-pattern":
        done = _technique(one, attack, found)
    elif kind == "intrusion-set":
        done = _group(one, attack, found)
    elif kind == "x-mitre-tactic":
        done = _tactic(one, attack, found)
    elif kind == "relationship":
        done = _relationship(one, found)
    elif kind == "x-mitre-matrix":
        found.order += [str(ref)[:200] for ref in clean.listing(one.get("tactic_refs"))[:200]]
        done = True
    elif kind == "x-mitre-collection":
        done = True
        attack.name = clean.line(one.get("name"), 200) or attack.name
        attack.version = clean.line(one.get("x_mitre_version"), 40) or ""
        attack.modified = clean.when(one.get("modified"))
    else:
        done = True
    attack.refused += not done
    if len(attack.techniques) + len(attack.groups) + len(attack.tactics) > MOST_THINGS:
        document.refuse(f"There are more than {MOST_THINGS:,} techniques and groups.", _REMEDY)
    if len(found.links) > MOST_LINKS:
        document.refuse(f"There are more than {MOST_LINKS:,} relationships.", _REMEDY)


def _identity(one: dict[str, Any], form: re.Pattern[str]) -> tuple[str, str, str] | None:
    """(STIX identifier, ATT&CK's, address); None where it has none of this form."""
    stix = one.get("id")
    if not isinstance(stix, str) or len(stix) > 200:
        return None
    for told in clean.listing(one.get("external_references"))[:50]:
        reference = clean.mapping(told)
        identifier = str(reference.get("external_id") or "")[:40]
        if str(reference.get("source_name")).startswith("mitre") and form.fullmatch(identifier):
            return stix, identifier, clean.url(reference.get("url"), 500) or ""
    return None


def _retired(one: dict[str, Any]) -> bool:
    return one.get("revoked") is True or one.get("x_mitre_deprecated") is True


def _technique(one: dict[str, Any], attack: Attack, found: _Found) -> bool:
    told, title = _identity(one, TECHNIQUE), clean.line(one.get("name"), 300)
    if told is None or title is None:
        return False
    stix, identifier, url = told
    found.names[stix] = identifier
    before = attack.techniques.get(identifier)
    if before is not None and not before.retired:
        return True
    phases = (clean.mapping(phase) for phase in clean.listing(one.get("kill_chain_phases"))[:50])
    tactics = (p.get("phase_name") for p in phases if str(p.get("kill_chain_name")).startswith("mitre"))
    attack.techniques[identifier] = Technique(
        identifier, title, clean.lines(tactics, 60, 30), clean.lines(one.get("x_mitre_platforms"), 60, 40), url,
        identifier.partition(".")[0] if "." in identifier else "", _retired(one),
    )  # fmt: skip
    return True


def _group(one: dict[str, Any], attack: Attack, found: _Found) -> bool:
    told, title = _identity(one, GROUP), clean.line(one.get("name"), 300)
    if told is None or title is None:
        return False
    stix, identifier, url = told
    found.names[stix] = identifier
    aliases = tuple(alias for alias in clean.lines(one.get("aliases"), 200, 60) if alias != title)
    plain = _LINK.sub(r"\1", _CITATION.sub("", str(one.get("description") or "")[: LONG * 3]))
    attack.groups[identifier] = Group(
        identifier, title, aliases, clean.text(plain, LONG) or "", url, _retired(one)
    )  # fmt: skip
    return True


def _tactic(one: dict[str, Any], attack: Attack, found: _Found) -> bool:
    told, title = _identity(one, TACTIC), clean.line(one.get("name"), 200)
    short = clean.line(one.get("x_mitre_shortname"), 60)
    if told is None or title is None or short is None:
        return False
    stix, identifier, _ = told
    found.tactics[stix] = identifier
    if not _retired(one):
        attack.tactics[identifier] = Tactic(identifier, short, title)
    return True


def _relationship(one: dict[str, Any], found: _Found) -> bool:
    kind, start, end = (one.get(name) for name in ("relationship_type", "source_ref", "target_ref"))
    if kind not in ("uses", "subtechnique-of", "revoked-by") or _retired(one):
        return True
    if not (isinstance(start, str) and isinstance(end, str) and len(start) <= 200 and len(end) <= 200):
        return False
    fitting = start.startswith(("intrusion-set--", "attack-pattern--")) and end.startswith("attack-pattern--")
    if fitting:
        found.links.append((str(kind), start, end))
    return True


def _join(attack: Attack, found: _Found) -> None:
    for kind, start, end in found.links:
        first, second = found.names.get(start, ""), found.names.get(end, "")
        if not first or second not in attack.techniques:
            continue
        if kind == "uses" and first in attack.groups:
            attack.groups[first].uses.add(second)
        elif kind == "subtechnique-of" and first in attack.techniques:
            attack.techniques[first].parent = second
        elif kind == "revoked-by" and first in attack.techniques and first != second:
            attack.techniques[first].replaced_by = second
    order = [found.tactics[stix] for stix in found.order if stix in found.tactics]
    for tactic in attack.tactics.values():
        tactic.place = order.index(tactic.identifier) if tactic.identifier in order else len(order)
