"""What Qualys's exports have in common: severities, statuses, the words of a QID."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accord.intake.places import plain
from accord.intake.records import Kind, Severity
from accord.intake.report import ratings
from accord.intake.safe import text as clean

# Qualys rates vulnerabilities from 1 (minimal) to 5 (urgent).
LEVELS: dict[str, Severity] = {"5": "critical", "4": "high", "3": "medium", "2": "low", "1": "info"}
WORDS: dict[str, Severity] = {
    "critical": "critical", "urgent": "critical", "high": "high", "serious": "high", "medium": "medium",
    "low": "low", "info": "info", "minimal": "info", "h": "high", "m": "medium", "l": "low",
}  # fmt: skip
INFORMATION = {"ig", "info", "information gathered", "information", "infos"}
FIXED = {"fixed", "resolved"}


def severity(told: object) -> Severity | None:
    """From the level 1-5 or a word; None for anything else."""
    word = (clean.line(told, 40) or "").lower()
    return LEVELS.get(word) or WORDS.get(word)


def kind(told: object) -> Kind:
    """Information gathered tells what runs there; potential vulnerabilities are vulnerabilities."""
    return "service" if (clean.line(told, 40) or "").lower() in INFORMATION else "vulnerability"


def fixed(told: object) -> bool:
    """Whether the status says that Qualys looked again and did not find it any more."""
    return (clean.line(told, 40) or "").lower() in FIXED


def check(qid: object) -> str | None:
    """The name of the check of a QID, None where it is no number."""
    number = clean.whole(qid, 1, 10**9)
    return None if number is None else f"qualys:{number}"


def told(words: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an Observation from: title, threat, impact, solution, cves, vectors, score, category, references."""
    vectors, rated, _ = ratings(words.get("vectors") or ())
    score = clean.score(words.get("score"))
    texts = (plain(words.get(name)) for name in ("threat", "impact"))
    family = clean.line(words.get("category"), 200)
    return {
        "title": clean.line(words.get("title"), 500) or f"Qualys QID {words.get('qid')}",
        "description": "\n\n".join(text for text in texts if text) or None,
        "solution": plain(words.get("solution")),
        "aliases": clean.cves(str(words.get("cves") or "")[:20_000])[:500],
        "cvss_vectors": vectors,
        "cvss_score": rated if score is None else score,
        "cwes": clean.cwes(words.get("cwe")),
        "references": clean.urls(words.get("references") or (), 100),
        "group": f"qualys-category:{family}" if family else None,
    }


def newest(*moments: object) -> datetime | None:
    """The first of these texts that is a moment."""
    return next((found for one in moments if (found := clean.when(one))), None)
