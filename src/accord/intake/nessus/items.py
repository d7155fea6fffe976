"""ReportItems of a Nessus report as observations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake.nessus.definitions import Definitions, severity_of_item
from accord.intake.nessus.hosts import Host
from accord.intake.records import Observation, Record
from accord.intake.safe import text as clean
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

PING = "10180"
SCAN_INFORMATION = "19506"
CM = "{http://www.nessus.org/cm}compliance-"
_MANY = frozenset({"cve", "bid", "cwe", "xref", "see_also"})
_INSTALLED = re.compile(r"(?:Installed|Reported|Current) version\s{0,20}:[ \t]{0,20}([^\n]{1,100})", re.IGNORECASE)
_CREDENTIALED = re.compile(r"Credentialed checks\s{0,20}:\s{0,20}(yes|no)\b", re.IGNORECASE)
_FIXED = re.compile(r"Fixed version\s{0,20}:[ \t]{0,20}([^\n]{1,100})", re.IGNORECASE)


def observations(element: _Element, host: Host, definitions: Definitions, tally: Tally) -> Iterator[Record]:
    """The observation of one <ReportItem>, its refusal, or nothing where a compliance item passed."""
    host.items += 1
    plugin = (element.get("pluginID") or "").strip()
    if not (plugin.isascii() and plugin.isdigit() and len(plugin) <= 12):
        row = f'ReportHost "{host.name}", ReportItem {host.items}'
        yield tally.refusal(row, "pluginID", "The plugin number is missing.", "Export the scan again.", host.identity)
        return
    one, many = _children(element)
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
        if verdict not in ("PASSED", "ERROR"):
            yield tally.observation(_compliance(plugin, element, one, host))
        return
    yield tally.observation(_finding(plugin, element, one, many, host, definitions))


def _children(element: _Element) -> tuple[dict[str, str], dict[str, list[str]]]:
    one: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    for child in element:
        value = child.text
        if value is None:
            continue
        tag = child.tag
        if tag in _MANY:
            many.setdefault(tag, []).append(value)
        elif tag != "attachment":
            one[tag] = value
    return one, many


def _finding(
    plugin: str,
    element: _Element,
    one: dict[str, str],
    many: dict[str, list[str]],
    host: Host,
    definitions: Definitions,
) -> Observation:
    evidence = clean.text(one.pop("plugin_output", None), 20_000)
    installed, fixed = _versions(evidence)
    port = clean.port(element.get("port"))
    return Observation(
        target=host.identity,
        component_version=installed,
        fixed_version=fixed,
        port=port,
        protocol=(clean.line(element.get("protocol"), 20) or "").lower() or None if port else None,
        service=clean.line(element.get("svc_name"), 100) if port else None,
        evidence=evidence,
        seen_at=host.seen_at,
        **definitions.of(plugin, element, one, many),
    )


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
    installed, fixed = _INSTALLED.search(evidence), _FIXED.search(evidence)
    return (
        clean.line(installed[1], 100) if installed else None,
        clean.line(fixed[1], 100) if fixed else None,
    )
