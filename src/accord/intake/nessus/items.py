"""ReportItems of a Nessus report as observations."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from accord.intake.nessus.again import Item
from accord.intake.nessus.definitions import OUTPUT, Definitions, severity_of_item
from accord.intake.nessus.hosts import Host
from accord.intake.records import Observation, Record
from accord.intake.safe import text as clean
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

PING = "10180"
SCAN_INFORMATION = "19506"
TELLING = frozenset({PING, SCAN_INFORMATION})
"""Plugins whose output tells how the scan of the host went."""
CM = "{http://www.nessus.org/cm}compliance-"
_MANY = frozenset({"cve", "bid", "cwe", "xref", "see_also"})
_VERSION = re.compile(r" [vV][eE][rR][sS][iI][oO][nN]\s{0,20}:[ \t]{0,20}([^\n]{1,100})")
_INSTALLED, _FIXED = ("installed", "reported", "current"), "fixed"
Place = tuple[str | None, str | None, str | None]
"""Port, protocol and service, as they stand in the file."""
Learn = Callable[[dict[str, Any], bool], None]
_CREDENTIALED = re.compile(r"Credentialed checks\s{0,20}:\s{0,20}(yes|no)\b", re.IGNORECASE)


def _forget(_fields: dict[str, Any], _has_output: bool) -> None:
    """A `Learn` for nobody."""


def observation(
    element: _Element, host: Host, definitions: Definitions, tally: Tally, learn: Learn = _forget
) -> Record | None:
    """The observation of one <ReportItem>, its refusal, or nothing where a compliance item passed.

    `learn` is told what the plugin says of itself and whether the item has an output, where only those matter.
    """
    host.items += 1
    plugin = (element.get("pluginID") or "").strip()
    if not (plugin.isascii() and plugin.isdigit() and len(plugin) <= 12):
        row = f'ReportHost "{host.name}", ReportItem {host.items}'
        return tally.refusal(row, "pluginID", "The plugin number is missing.", "Export the scan again.", host.identity)
    children: list[_Element] = list(element)
    tags, texts = [child.tag for child in children], [child.text for child in children]
    known = definitions.again(plugin, element, tags, texts) if plugin not in TELLING else None
    if known is not None:
        learn(known.fields, OUTPUT in tags)
        return tally.observation(_finding(_place(element), known.output, host, known.fields))
    one, many = _sorted(tags, texts)
    if plugin == PING and "dead" in one.get("plugin_output", ""):
        host.dead = True
    elif plugin == SCAN_INFORMATION and host.credentials is None:
        told = _CREDENTIALED.search(one.get("plugin_output", ""))
        host.credentials = told[1].lower() == "yes" if told else None
    result = one.get(CM + "result")
    if result is not None:
        verdict = result.strip().upper()
        if verdict != "ERROR" and len(host.evaluated) < 100_000:
            host.evaluated.add(f"nessus:{plugin}/{_compliance_key(one)}")
        if verdict in ("PASSED", "ERROR"):
            return None
        return tally.observation(_compliance(plugin, element, one, host))
    output = one.pop(OUTPUT, None)
    fields = definitions.of(plugin, element, one, many, tags, texts)
    if plugin not in TELLING:
        learn(fields, OUTPUT in tags)
    return tally.observation(_finding(_place(element), output, host, fields))


def repeated(item: Item, host: Host, tally: Tally) -> Record:
    """The observation of an item that says what an earlier one of its plugin said, but for place and output."""
    host.items += 1
    return tally.observation(_finding((item.port, item.protocol, item.service), item.output, host, item.fields))


def _sorted(tags: list[str], texts: list[str | None]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The texts by tag: of tags that come once, and of those that come several times."""
    one: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    for tag, value in zip(tags, texts, strict=True):
        if value is None:
            continue
        if tag in _MANY:
            many.setdefault(tag, []).append(value)
        elif tag != "attachment":
            one[tag] = value
    return one, many


def _place(element: _Element) -> Place:
    return element.get("port"), element.get("protocol"), element.get("svc_name")


def _finding(place: Place, output: str | None, host: Host, fields: dict[str, Any]) -> Observation:
    evidence = clean.text(output, 20_000)
    installed, fixed = _versions(evidence)
    port, protocol, service = _port(*place)
    return Observation(
        target=host.identity,
        component_version=installed,
        fixed_version=fixed,
        port=port,
        protocol=protocol,
        service=service,
        evidence=evidence,
        seen_at=host.seen_at,
        **fields,
    )


@lru_cache(maxsize=4096)
def _port(number: str | None, protocol: str | None, service: str | None) -> tuple[int | None, str | None, str | None]:
    """Port, protocol and service; the last two are told of a port only."""
    port = clean.port(number)
    if port is None:
        return None, None, None
    return port, (clean.line(protocol, 20) or "").lower() or None, clean.line(service, 100)


def _compliance(plugin: str, element: _Element, one: dict[str, str], host: Host) -> Observation:
    key = _compliance_key(one)
    title = (
        clean.line(one.get(CM + "check-name"), 500)
        or clean.line(element.get("pluginName"), 500)
        or f"Nessus plugin {plugin}"
    )
    parts = (
        ("Result", one.get(CM + "result")),
        ("Expected", one.get(CM + "policy-value")),
        ("Found", one.get(CM + "actual-value")),
    )
    family = clean.line(element.get("pluginFamily"), 200)
    return Observation(
        target=host.identity,
        definition_id=f"nessus:{plugin}/{key}",
        title=title,
        kind="misconfiguration",
        check=f"nessus:{plugin}/{key}",
        description=clean.text(one.get(CM + "info") or one.get("description"), 20_000),
        solution=clean.text(one.get(CM + "solution"), 20_000),
        severity=severity_of_item(element, one),
        evidence=clean.text("\n".join(f"{label}: {value.strip()}" for label, value in parts if value), 20_000),
        references=clean.urls(one.get(CM + "see-also") or "", 100),
        seen_at=host.seen_at,
        group=f"nessus-family:{family}" if family else None,
    )


def _compliance_key(one: dict[str, str]) -> str:
    return clean.line(one.get(CM + "check-id"), 100) or clean.line(one.get(CM + "check-name"), 300) or "unnamed"


def _versions(evidence: str | None) -> tuple[str | None, str | None]:
    if evidence is None or "ersion" not in evidence:
        return None, None
    installed = fixed = None
    for found in _VERSION.finditer(evidence):
        before = evidence[max(0, found.start() - 9) : found.start()].lower()
        if installed is None and before.endswith(_INSTALLED):
            installed = clean.line(found[1], 100)
        elif fixed is None and before.endswith(_FIXED):
            fixed = clean.line(found[1], 100)
    return installed, fixed
