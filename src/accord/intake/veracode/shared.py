"""What Veracode's reports in XML and JSON share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accord.intake.purl import purl
from accord.intake.records import Analysis, Severity
from accord.intake.safe import text as clean

COMPONENTS = "veracode:components"
SEVERITY: dict[str, Severity] = {"5": "critical", "4": "high", "3": "medium", "2": "low", "1": "low", "0": "info"}
# Steps of a review that say what is decided, not why.
_STEPS = frozenset({"approve mitigation", "accept mitigation", "reject mitigation", "comment", "approved", "rejected"})


@dataclass(frozen=True, slots=True)
class Component:
    """A third-party component."""

    name: str
    version: str | None
    purl: str | None


def component_of(identifier: object, library: object, file: object, version: object) -> Component | None:
    """From Veracode's key of a library ("maven:group:artifact:version:") where there is one, else from its names."""
    told = (clean.line(identifier, 500) or "").split(":")
    number = clean.line(version, 100)
    if len(told) >= 4 and told[1]:
        name = ":".join(part for part in told[1:3] if part)
        number = told[3] or number
        return Component(name, number, purl(told[0], name, number))
    name = clean.line(library, 300) or _without_version(clean.line(file, 300) or "", number)
    return Component(name, number, None) if name else None


def _without_version(file: str, version: str | None) -> str:
    """ "parsley-2.0.3.jar" of version 2.0.3 → "parsley": what stays when it is upgraded."""
    head, found, _ = file.partition(f"-{version}") if version else (file, "", "")
    return head if found and head else file


def moment(told: object) -> datetime | None:
    """A date as Veracode writes it: "2031-02-03 10:02:01 UTC", or ISO 8601."""
    return clean.when(told.removesuffix(" UTC")) if isinstance(told, str) else None


def statement(acts: Iterable[tuple[object, object, object]]) -> tuple[Analysis, str | None]:
    """What an approved mitigation says, of its steps (action, words, date): of the newest that gives a reason."""
    reasons = [(clean.line(act, 100) or "", clean.line(words, 500), str(date or "")) for act, words, date in acts]
    reasons = [one for one in reasons if one[0] and one[0].lower() not in _STEPS]
    if not reasons:
        return "suppressed", None
    act, words, _ = max(reasons, key=lambda one: one[2])
    detail = clean.line(f"{act}: {words}" if words else act, 500)
    return ("false_positive" if "false positive" in act.lower().replace("_", " ") else "suppressed"), detail
