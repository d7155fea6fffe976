"""CVSS vectors of versions 2, 3.0, 3.1 and 4.0: version, base score and severity, by the `cvss` library.

Formulas and severity bands are those of FIRST's specifications; for version 2, whose specification has no
bands, the ones of the NVD.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from accord.intake.records import Severity

_BANDS: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_BANDS_2: tuple[tuple[float, Severity], ...] = ((7.0, "high"), (4.0, "medium"), (0.0, "low"))
_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Rating:
    """What a vector says. `score` is the base score 0.0-10.0. Where the vector is not valid, `version`,
    `score`
    and `severity` are None and `reason` says why; `vector` is then the text as given."""

    vector: str
    version: str | None
    score: float | None
    severity: Severity | None
    reason: str | None = None


def rate(vector: str, version: str | None = None) -> Rating:
    """The rating of one vector. Accepts the spellings that scanners use: with or without "CVSS:3.1/", in
    parentheses, with Nessus's "CVSS2#". `version` ("2.0", "3.0", "3.1", "4.0") settles a bare vector of
    version 3, which else counts as 3.1."""
    return _rate(vector.strip(), version)


def severity_of(score: float | None, version: str | None = None) -> Severity | None:
    """The severity band of a base score; None for an unknown score. `version` "2.0" uses the bands of the
    NVD."""
    if score is None or not 0.0 <= score <= 10.0:
        return None
    for floor, severity in _BANDS_2 if version == "2.0" else _BANDS:
        if score >= floor:
            return severity
    return "info"


@lru_cache(maxsize=8192)
def _rate(given: str, version: str | None) -> Rating:
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    if len(given) > _LENGTH:
        return Rating(given[:_LENGTH], None, None, None, f"The vector is longer than {_LENGTH} characters.")
    bare = given.strip("()").rpartition("#")[2].rstrip("/")
    if bare[:5].lower() == "cvss:":
        bare = "CVSS:" + bare[5:]
    found = _version_of(bare, version)
    if found is None:
        return Rating(given, None, None, None, "This is no CVSS vector of version 2, 3.0, 3.1 or 4.0.")
    if found != "2.0" and not bare.startswith("CVSS:"):
        bare = f"CVSS:{found}/{bare}"
    if found == "2.0":
        bare = bare.upper().replace("/AU:", "/Au:")
    reader = {"2": CVSS2, "3": CVSS3, "4": CVSS4}[found[0]]
    try:
        score = float(reader(bare).base_score)
    except (CVSSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        reason = str(error) if isinstance(error, CVSSError) else "The vector cannot be calculated."
        return Rating(given, None, None, None, reason[:200])
    return Rating(bare, found, score, severity_of(score, found))


def _version_of(bare: str, told: str | None) -> str | None:
    head, _, _ = bare.partition("/")
    if head.startswith("CVSS:"):
        found = head.removeprefix("CVSS:")
        return found if found in ("3.0", "3.1", "4.0") else None
    metrics = {part.partition(":")[0] for part in bare.upper().split("/")}
    if "AU" in metrics and "AC" in metrics:
        return "2.0"
    if {"VC", "AT"} <= metrics:
        return "4.0"
    if {"PR", "UI", "S"} <= metrics:
        return told if told in ("3.0", "3.1") else "3.1"
    return None
