"""What a Nessus plugin says of itself, the same on every host where it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from accord.intake.records import Kind, Severity
from accord.intake.safe import text as clean

if TYPE_CHECKING:
    from lxml.etree import _Element

SEVERITY: dict[str, Severity] = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
RISK: dict[str, Severity] = {
    "none": "info",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
KEPT = 10_000
KEPT_CHARACTERS = 20_000_000

OUTPUT = "plugin_output"
_Attributes = tuple[str | None, str | None, str | None]


class Again(NamedTuple):
    """An item that says of its plugin what an earlier one said: those fields, and its own output."""

    fields: dict[str, Any]
    output: str | None


class Definitions:
    """Cleans the text of each plugin once. What is kept is used again only where an item says exactly the same."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Attributes, list[str], list[str | None], int, dict[str, Any]]] = {}
        self._characters = 0

    def again(self, plugin: str, element: _Element, tags: list[str], texts: list[str | None]) -> Again | None:
        """What is known of this plugin, where the children of the item are the same but for the output."""
        known = self._known.get(plugin)
        if known is None or known[1] != tags:
            return None
        at, output = known[3], None
        if at >= 0:
            output, texts[at] = texts[at], None
        if known[2] == texts and known[0] == _attributes(element):
            return Again(known[4], output)
        if at >= 0:
            texts[at] = output
        return None

    def of(
        self,
        plugin: str,
        element: _Element,
        one: dict[str, str],
        many: dict[str, list[str]],
        tags: list[str],
        texts: list[str | None],
    ) -> dict[str, Any]:
        """The fields of an Observation that come from the plugin. `one` and `many` are the item's texts by tag,
        without the plugin's output; `tags` and `texts` its children as they come."""
        fields = _fields(plugin, element, one, many)
        if tags.count(OUTPUT) > 1:
            return fields
        at = tags.index(OUTPUT) if OUTPUT in tags else -1
        if at >= 0:
            texts[at] = None
        self._characters += sum(map(len, one.values())) + 1000
        if len(self._known) >= KEPT or self._characters > KEPT_CHARACTERS:
            self._known.clear()
            self._characters = 0
        self._known[plugin] = (_attributes(element), tags, texts, at, fields)
        return fields


def _attributes(element: _Element) -> _Attributes:
    return element.get("pluginName"), element.get("pluginFamily"), element.get("severity")


def _fields(plugin: str, element: _Element, one: dict[str, str], many: dict[str, list[str]]) -> dict[str, Any]:
    family = clean.line(element.get("pluginFamily"), 200)
    severity = severity_of_item(element, one)
    texts = (clean.text(one.get("synopsis"), 2000), clean.text(one.get("description"), 20_000))
    solution = clean.text(one.get("solution"), 20_000)
    title = clean.line(element.get("pluginName") or one.get("plugin_name"), 500)
    xrefs = clean.lines(many.get("xref", ()), 200, 200)
    weaknesses = [xref for xref in xrefs if xref.startswith("CWE:")]
    found = clean.cves(" ".join(many.get("cve", ())))
    vectors, score = _scores(one)
    links = [link for block in many.get("see_also", ()) for link in block.split()]
    return {
        "definition_id": f"nessus:{plugin}",
        "title": title or f"Nessus plugin {plugin}",
        "kind": _kind(severity, found, score),
        "check": f"nessus:{plugin}",
        "aliases": found[:500],
        "description": "\n\n".join(text for text in texts if text) or None,
        "solution": None if solution == "n/a" else solution,
        "severity": severity,
        "cvss_vectors": vectors,
        "cvss_score": score,
        "cwes": clean.cwes(many.get("cwe", []), weaknesses),
        "references": (*clean.urls(links, 100), *(xref for xref in xrefs if xref not in weaknesses)),
        "group": f"nessus-family:{family}" if family else None,
        "needs_credentials": one.get("plugin_type") == "local",
    }


def severity_of_item(element: _Element, one: dict[str, str]) -> Severity | None:
    """The severity attribute, which also holds what a user of the scanner changed, else the risk factor."""
    told = SEVERITY.get((element.get("severity") or "").strip())
    return told or RISK.get((one.get("risk_factor") or "").strip().lower())


def _kind(severity: Severity | None, found: tuple[str, ...], score: float | None) -> Kind:
    """Without a severity, an identifier or a score a plugin tells what runs there, not what is wrong."""
    return "service" if severity == "info" and not found and score is None else "vulnerability"


def _scores(one: dict[str, str]) -> tuple[tuple[str, ...], float | None]:
    vectors = []
    score: float | None = None
    for vector_tag, score_tag in (
        ("cvss4_vector", "cvss4_base_score"),
        ("cvss3_vector", "cvss3_base_score"),
        ("cvss_vector", "cvss_base_score"),
    ):
        vector = clean.line(one.get(vector_tag), 300)
        if vector:
            vectors.append(vector)
        if score is None:
            score = clean.score(one.get(score_tag))
    if score is None:  # Web App Scanning writes bare scores
        score = next((found for tag in ("cvssv4", "cvssv3", "cvss") if (found := clean.score(one.get(tag)))), None)
    return tuple(vectors), score
