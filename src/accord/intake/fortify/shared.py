"""What Fortify's project file and its reports share: categories, priority, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accord.intake.records import Analysis, Severity
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source

ANALYSIS_TAG = "87f2364f-dcd4-49e6-861d-f8d3f351686b"
"""The identifier of the tag "Analysis" in every installation of Fortify."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What a person decided of one issue."""

    analysis: Analysis | None
    words: str | None


def category(kind: object, more: object) -> str | None:
    """ "Password Management: Hardcoded Password", as Fortify writes type and subtype in its reports."""
    first, second = clean.line(kind, 200), clean.line(more, 200)
    return f"{first}: {second}" if first and second else first


def priority(factors: Mapping[str, float], confidence: float | None) -> Severity | None:
    """Fortify's priority: likelihood = accuracy × confidence × probability / 25; both it and the impact count as high
    from 2.5 on. None where one of them is not told."""
    impact, probability, accuracy = (factors.get(name) for name in ("Impact", "Probability", "Accuracy"))
    if impact is None or probability is None or accuracy is None or confidence is None:
        return None
    likely = accuracy * confidence * probability / 25 >= 2.5
    if impact >= 2.5:
        return "critical" if likely else "high"
    return "medium" if likely else "low"


def decision(tag: object, suppressed: bool) -> Analysis | None:
    """What the tag "Analysis" and a suppression say."""
    told = (clean.line(tag, 100) or "").lower()
    if told in ("not an issue", "false positive"):
        return "false_positive"
    return "suppressed" if suppressed else None


def audits(source: Source, whole: Source) -> dict[str, Audited]:
    """What people decided, by the number of the issue: `audit.xml` of a project file."""
    from accord.intake.safe.xml_reader import drop, events

    found: dict[str, Audited] = {}
    with source.open() as reader:
        for event, element in events(reader, ("{*}Issue",)):
            number = clean.line(element.get("instanceId"), 100)
            if event == "start" or number is None:
                continue
            tags = {one.get("id"): one.findtext("{*}Value") for one in element.iterfind("{*}Tag")}
            comments = [one.text for one in element.iterfind("{*}ThreadedComments/{*}Comment/{*}Content")]
            suppressed = (element.get("suppressed") or "").lower() == "true"
            whole.hold(500)
            found[number] = Audited(
                decision(tags.get(ANALYSIS_TAG), suppressed), clean.line(comments[-1], 500) if comments else None
            )
            drop(element)
            reader.mark()
    return found
