"""Vulnerabilities in the output of Nmap scripts.

Three shapes: the table that the NSE library "vulns" writes (title, state, ids, refs), the rows of `vulners`
(id, cvss, type, is_exploit), and the text of `vulscan` and of Nmap versions before structured output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.cvss import severity_of
from accord.intake.records import Observation, Severity
from accord.intake.safe import text as clean

if TYPE_CHECKING:
    from lxml.etree import _Element

LOOK_UPS = frozenset({"vulners", "vulscan"})
ROWS_OF_ONE_SCRIPT = 5000
_VULSCAN = re.compile(r"^\[(CVE-\d{4}-\d{4,10})\]\s{0,5}([^\n]{0,500})$", re.MULTILINE | re.IGNORECASE)
_VULNERS = re.compile(r"^\s{0,10}(CVE-\d{4}-\d{4,10})\s{1,10}(\d{1,2}(?:\.\d)?)", re.MULTILINE | re.IGNORECASE)
_STATE = re.compile(r"^\s{0,10}State:\s{0,5}((?:LIKELY )?VULNERABLE)", re.MULTILINE)
_RISK = re.compile(r"Risk factor:\s{0,5}(Critical|High|Medium|Low)", re.IGNORECASE)
_RISKS: dict[str, Severity] = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}


@dataclass(frozen=True, slots=True)
class Port:
    """An open port and what Nmap knows of its service."""

    number: int
    protocol: str
    service: str | None
    product: str | None
    version: str | None
    detail: str | None
    cpe: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One vulnerability that one script reports on one port (or on the host: port None)."""

    script: str
    port: Port | None
    definition_id: str
    aliases: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    severity: Severity | None = None
    cvss_score: float | None = None
    references: tuple[str, ...] = ()
    evidence: str | None = None

    def observation(self, identity: str, seen_at: datetime | None) -> Observation:
        port = self.port
        return Observation(
            target=identity,
            definition_id=self.definition_id,
            title=self.title or self.definition_id,
            kind="vulnerability",
            check=f"nmap:{self.script}",
            aliases=self.aliases,
            description=self.description,
            severity=self.severity,
            cvss_score=self.cvss_score,
            component=port.product if port else None,
            component_version=port.version if port else None,
            port=port.number if port else None,
            protocol=port.protocol if port else None,
            service=port.service if port else None,
            references=self.references,
            evidence=self.evidence,
            seen_at=seen_at,
        )


def rows(name: str, script: _Element, port: Port | None) -> list[Row]:
    """What one <script> element reports; [] for scripts that report no vulnerability."""
    if name == "vulners":
        found = _vulners(name, script, port)
    elif name == "vulscan":
        found = _vulscan(name, script, port)
    else:
        found = _library(name, script, port) or _library_text(name, script, port)
    return found[:ROWS_OF_ONE_SCRIPT]


def exploits(script: _Element) -> list[str]:
    """Identifiers of published exploit code that `vulners` lists; they are no vulnerabilities of their
    own."""
    found: dict[str, None] = {}
    for table in script.iter("table"):
        told = _elements(table)
        key = clean.line(told.get("id"), 200)
        if key and told.get("type") not in (None, "cve") and len(found) < ROWS_OF_ONE_SCRIPT:
            found[key] = None
    return list(found)


def _vulners(name: str, script: _Element, port: Port | None) -> list[Row]:
    found: dict[str, Row] = {}
    exploits: dict[str, list[str]] = {}
    product = None
    for table in script.iterchildren("table"):
        product = clean.line(table.get("key"), 200) or product
        for entry in table.iterchildren("table"):
            told = _elements(entry)
            key = clean.line(told.get("id"), 200)
            if key is None:
                continue
            if told.get("type") == "cve":
                known = clean.cves(key)
                if known and known[0] not in found:
                    found[known[0]] = _vulners_row(name, port, known[0], clean.score(told.get("cvss")), product)
            else:
                for cve in clean.cves(key):
                    exploits.setdefault(cve, []).append(_vulners_link(told.get("type"), key))
    if not found:
        for key, score in _VULNERS.findall((script.get("output") or "")[:1_000_000]):
            found.setdefault(key.upper(), _vulners_row(name, port, key.upper(), clean.score(score), product))
    return [_with_exploits(row, exploits.get(key, [])) for key, row in found.items()]


def _vulners_row(name: str, port: Port | None, cve: str, score: float | None, product: str | None) -> Row:
    return Row(
        script=name,
        port=port,
        definition_id=cve,
        cvss_score=score,
        severity=severity_of(score),
        references=(f"https://vulners.com/cve/{cve}",),
        evidence=f"The version that the service tells matches {product}." if product else None,
    )


def _vulners_link(kind: str | None, key: str) -> str:
    return f"https://vulners.com/{clean.line(kind, 40) or 'exploit'}/{key}".replace(" ", "")


def _with_exploits(row: Row, links: list[str]) -> Row:
    if not links:
        return row
    return Row(
        script=row.script,
        port=row.port,
        definition_id=row.definition_id,
        cvss_score=row.cvss_score,
        severity=row.severity,
        references=(*row.references, *dict.fromkeys(links[:50])),
        evidence=" ".join(part for part in (row.evidence, "Exploit code is published.") if part),
    )


def _vulscan(name: str, script: _Element, port: Port | None) -> list[Row]:
    output = (script.get("output") or "")[:1_000_000]
    found: dict[str, Row] = {}
    for key, words in _VULSCAN.findall(output):
        cve = key.upper()
        if cve not in found:
            found[cve] = Row(name, port, cve, description=clean.text(words, 2000))
    return list(found.values())


def _library(name: str, script: _Element, port: Port | None) -> list[Row]:
    """Tables of the NSE library "vulns", at any level below the script."""
    found: list[Row] = []
    for table in script.iter("table"):
        told = _elements(table)
        state = (told.get("state") or "").strip().upper()
        if not state.startswith(("VULNERABLE", "LIKELY VULNERABLE")):
            continue
        identifiers = _list(table, "ids")
        known = clean.cves(" ".join(identifiers)) or clean.cves(table.get("key") or "")
        title = clean.line(told.get("title"), 500)
        scores = " ".join(_list(table, "scores"))
        risk = _RISK.search(scores) or _RISK.search(told.get("risk_factor") or "")
        score = clean.score(told.get("CVSSv3") or told.get("cvss"))
        row = Row(
            script=name,
            port=port,
            definition_id=known[0] if known else f"nmap:{name}",
            aliases=known[1:],
            title=title,
            description=clean.text("\n".join(_list(table, "description")), 20_000),
            severity=severity_of(score) or (_RISKS[risk[1].lower()] if risk else None),
            cvss_score=score,
            references=clean.urls(_list(table, "refs"), 100),
            evidence=clean.text(f"{state.capitalize()}. " + " ".join(_list(table, "check_results")), 20_000),
        )
        found.append(row)
        if len(found) >= ROWS_OF_ONE_SCRIPT:
            break
    return found


def _library_text(name: str, script: _Element, port: Port | None) -> list[Row]:
    """The same from the printed text, as Nmap before version 6.40 writes it."""
    output = script.get("output") or ""
    if script.find("table") is not None or not _STATE.search(output[:100_000]):
        return []
    known = clean.cves(output[:100_000])
    risk = _RISK.search(output[:100_000])
    return [
        Row(
            script=name,
            port=port,
            definition_id=known[0] if known else f"nmap:{name}",
            aliases=known[1:],
            title=None if known else name,
            severity=_RISKS[risk[1].lower()] if risk else None,
            references=clean.urls(output[:100_000], 100),
            evidence=clean.text(output, 20_000),
        )
    ]


def _elements(table: _Element) -> dict[str, str]:
    return {key: elem.text for elem in table.iterchildren("elem") if (key := elem.get("key")) and elem.text}


def _list(table: _Element, key: str) -> list[str]:
    for child in table.iterchildren("table"):
        if child.get("key") == key:
            return [elem.text for elem in list(child.iterchildren("elem"))[:200] if elem.text]
    return []
