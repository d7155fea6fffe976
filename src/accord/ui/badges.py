"""Badges: a state in words, with a tone and a shape, so that colour is never the only sign.

A room adds its own family in its `AppConfig.ready`:

    badges.register("exception", {"open": Badge("Open", "warning", "ring"), ...})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tone = Literal["danger", "warning", "caution", "info", "good", "neutral", "cio", "ciso", "joint"]
Shape = Literal["diamond", "triangle", "square", "dot", "ring", "half", "check", "cross", "dash", "clock", "bolt"]


@dataclass(frozen=True, slots=True)
class Badge:
    """A label with its tone and its shape (a symbol of the sprite `ui/icons.svg`)."""

    label: str
    tone: Tone = "neutral"
    shape: Shape = "dot"


UNKNOWN = Badge("unknown", "neutral", "dash")

FAMILIES: dict[str, dict[str, Badge]] = {
    "severity": {
        "critical": Badge("Critical", "danger", "diamond"),
        "high": Badge("High", "warning", "triangle"),
        "medium": Badge("Medium", "caution", "square"),
        "low": Badge("Low", "info", "dot"),
        "info": Badge("Info", "neutral", "ring"),
        "none": Badge("None", "neutral", "ring"),
    },
    "priority": {
        "now": Badge("Now", "danger", "bolt"),
        "next": Badge("Next", "warning", "triangle"),
        "later": Badge("Later", "info", "dot"),
        "accepted": Badge("Accepted", "neutral", "ring"),
    },
    "finding": {
        "open": Badge("Open", "warning", "ring"),
        "reopened": Badge("Reopened", "danger", "half"),
        "fixed": Badge("Fixed", "good", "check"),
        "closed": Badge("Closed", "good", "check"),
        "accepted": Badge("Accepted", "neutral", "dash"),
        "false_positive": Badge("False positive", "neutral", "cross"),
    },
    "job": {
        "queued": Badge("Waiting", "neutral", "clock"),
        "running": Badge("Running", "info", "half"),
        "done": Badge("Done", "good", "check"),
        "failed": Badge("Failed", "danger", "cross"),
        "cancelled": Badge("Cancelled", "neutral", "dash"),
    },
    "signature": {
        "waiting": Badge("Waiting", "neutral", "clock"),
        "signed": Badge("Signed", "good", "check"),
        "dissent": Badge("Dissent", "warning", "cross"),
    },
    "decision": {
        "draft": Badge("Draft", "neutral", "ring"),
        "proposed": Badge("Proposed", "info", "half"),
        "in_force": Badge("In force", "joint", "check"),
        "not_in_force": Badge("Not in force", "warning", "cross"),
        "dissent": Badge("Dissent recorded", "warning", "cross"),
        "replaced": Badge("Replaced", "neutral", "dash"),
        "withdrawn": Badge("Withdrawn", "neutral", "dash"),
    },
    "control": {
        "planned": Badge("Planned", "info", "ring"),
        "operating": Badge("Operating", "good", "check"),
        "retired": Badge("Retired", "neutral", "dash"),
    },
    "criticality": {
        "mission_critical": Badge("Mission critical", "danger", "diamond"),
        "business_critical": Badge("Business critical", "warning", "triangle"),
        "important": Badge("Important", "caution", "square"),
        "supporting": Badge("Supporting", "neutral", "dot"),
    },
    "reach": {
        "internet": Badge("Internet", "warning", "triangle"),
        "partner": Badge("Partner", "caution", "square"),
        "internal": Badge("Internal", "neutral", "dot"),
    },
    "difference": {
        "added": Badge("Added", "good", "check"),
        "changed": Badge("Changed", "info", "half"),
        "removed": Badge("Removed", "warning", "dash"),
        "unchanged": Badge("Unchanged", "neutral", "dot"),
        "refused": Badge("Refused", "danger", "cross"),
    },
    "role": {
        "cio": Badge("CIO", "cio", "square"),
        "ciso": Badge("CISO", "ciso", "diamond"),
        "joint": Badge("Joint", "joint", "check"),
    },
    "sponsor": {
        "cio": Badge("CIO", "cio", "square"),
        "ciso": Badge("CISO", "ciso", "diamond"),
    },
    "yes": {
        "yes": Badge("Yes", "good", "check"),
        "no": Badge("No", "neutral", "cross"),
    },
}


def register(family: str, badges: Mapping[str, Badge]) -> None:
    """Add or extend a family."""
    FAMILIES.setdefault(family, {}).update(badges)


def find(family: str, value: object) -> Badge:
    """The badge of a value; a value that the family does not name is shown neutrally in its own words."""
    if value is None or value == "":
        return UNKNOWN
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    found = FAMILIES.get(family, {}).get(text.lower())
    return found or Badge(text.replace("_", " ").capitalize())
