"""A layer for the ATT&CK Navigator, layer format 4.5 (MITRE's specification of the layer file)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

LAYER, NAVIGATOR = "4.5", "5.1.0"
DOMAINS = ("enterprise-attack", "mobile-attack", "ics-attack")


@dataclass(frozen=True, slots=True)
class Shown:
    """One technique of a layer. `score` None = none; `facts` are shown with it as (name, value)."""

    technique: str
    score: float | None = None
    comment: str = ""
    enabled: bool = True
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)


def layer(
    name: str,
    techniques: Iterable[Shown],
    *,
    description: str = "",
    attack: str = "",
    domain: str = DOMAINS[0],
    colours: Sequence[str] = ("#ff6666", "#ffe766", "#8ec843"),
    most: float = 1.0,
    legend: Sequence[tuple[str, str]] = (),
    facts: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The layer as JSON. attack: ATT&CK's version, only its major number is told; "" = not told, which the Navigator
    takes for its own. colours: from score 0 to `most`. legend: (words, colour)."""
    versions = {"layer": LAYER, "navigator": NAVIGATOR}
    if attack:
        versions["attack"] = attack.partition(".")[0]
    body: dict[str, Any] = {
        "name": name,
        "versions": versions,
        "domain": domain,
        "description": description,
        "sorting": 0,
        "layout": {
            "layout": "side", "aggregateFunction": "average", "showID": True, "showName": True,
            "showAggregateScores": False, "countUnscored": False, "expandedSubtechniques": "annotated",
        },
        "hideDisabled": False,
        "techniques": [_technique(one) for one in techniques],
        "gradient": {"colors": list(colours), "minValue": 0, "maxValue": most},
        "legendItems": [{"label": words, "color": colour} for words, colour in legend],
        "metadata": _facts(facts),
        "links": [],
        "showTacticRowBackground": False,
        "tacticRowBackground": "#dddddd",
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
        "selectVisibleTechniques": False,
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def _facts(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs if name and value]


def _technique(one: Shown) -> dict[str, Any]:
    found: dict[str, Any] = {"techniqueID": one.technique, "enabled": one.enabled}
    if one.score is not None:
        found["score"] = one.score
    if one.comment:
        found["comment"] = one.comment
    metadata = _facts(one.facts)
    if metadata:
        found["metadata"] = metadata
    return found
