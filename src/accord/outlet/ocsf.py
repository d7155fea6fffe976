"""OCSF Detection Finding (class 2004, schema.ocsf.io): what a rule found, for whoever takes findings in that shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

VERSION = "1.3.0"
CATEGORY, CLASS, CREATE = 2, 2004, 1
RULE = 1
SEVERITIES = {
    "informational": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"),
    "critical": (5, "Critical"),
}  # fmt: skip
UNKNOWN = (0, "Unknown")


@dataclass(frozen=True, slots=True)
class Detection:
    """A hit of one rule. `identifier` names this hit and no other; `level` is Sigma's, "" where the rule has none.

    `found` is when the rule was run, `seen` when the event happened (None: the log does not tell), both aware.
    `fields` are values of the event that the rule asks for, `techniques` ATT&CK's identifiers.
    """

    identifier: str
    rule: str
    title: str
    level: str
    found: datetime
    seen: datetime | None = None
    description: str = ""
    host: str | None = None
    source: str = ""
    file: str = ""
    row: int = 0
    techniques: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def detection_finding(one: Detection, version: str) -> dict[str, Any]:
    """The finding as an object for JSON; `version` is Accord's.

    `time` is when the finding was made, as the schema has it for findings; the event's own time is first_seen_time
    and last_seen_time, which are left out where the log does not tell it.
    """
    severity, name = SEVERITIES.get(one.level, UNKNOWN)
    info: dict[str, Any] = {
        "uid": one.identifier,
        "title": one.title,
        "analytic": {"uid": one.rule, "name": one.title, "type_id": RULE, "type": "Rule"},
        "data_sources": [one.source] if one.source else [],
    }
    if one.description:
        info["desc"] = one.description
    if one.seen is not None:
        info["first_seen_time"] = info["last_seen_time"] = milliseconds(one.seen)
    attacks = [_attack(technique) for technique in one.techniques]
    if attacks:
        info["attacks"] = attacks
    evidence: dict[str, Any] = {"data": {"file": one.file, "row": one.row, **one.fields}}
    if one.host:
        evidence["device"] = {"hostname": one.host, "type_id": 0}
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "severity_id": severity,
        "severity": name,
        "status_id": 1,
        "status": "New",
        "time": milliseconds(one.found),
        "message": one.title,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Accord", "vendor_name": "Accord", "version": version},
        },
        "finding_info": info,
        "evidences": [evidence],
    }


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def _attack(technique: str) -> dict[str, Any]:
    whole, _, part = technique.partition(".")
    found: dict[str, Any] = {"technique": {"uid": whole}}
    if part:
        found["sub_technique"] = {"uid": technique}
    return found
