"""The classes of urgency, the table that gives them, and what a CVSS vector settles."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Literal

VERSION = "CISA BOD 26-04 (SSVC cisa_bod_26_04 1.0.0)"


class Urgency(IntEnum):
    """The classes, the most urgent first."""

    TRIAGE = 0
    DAYS_3 = 1
    DAYS_14 = 2
    DAYS_60 = 3
    UPGRADE = 4
    NONE = 5


LABELS: dict[Urgency, str] = {
    Urgency.TRIAGE: "3 days and forensic triage",
    Urgency.DAYS_3: "3 days",
    Urgency.DAYS_14: "14 days",
    Urgency.DAYS_60: "60 days",
    Urgency.UPGRADE: "next upgrade",
    Urgency.NONE: "no deadline",
}
CODES: dict[Urgency, str] = {
    Urgency.TRIAGE: "triage", Urgency.DAYS_3: "3d", Urgency.DAYS_14: "14d", Urgency.DAYS_60: "60d",
    Urgency.UPGRADE: "upgrade", Urgency.NONE: "none",
}  # fmt: skip
DAYS: dict[Urgency, int | None] = {
    Urgency.TRIAGE: 3, Urgency.DAYS_3: 3, Urgency.DAYS_14: 14, Urgency.DAYS_60: 60,
    Urgency.UPGRADE: None, Urgency.NONE: None,
}  # fmt: skip

_T, _3, _14, _60, _U = Urgency.TRIAGE, Urgency.DAYS_3, Urgency.DAYS_14, Urgency.DAYS_60, Urgency.UPGRADE
TABLE: dict[tuple[bool, bool, bool, bool], Urgency] = {
    (False, False, False, False): _U,
    (True, False, False, False): _14,
    (False, True, False, False): _60,
    (False, False, True, False): _60,
    (False, False, False, True): _U,
    (True, True, False, False): _14,
    (True, False, True, False): _14,
    (False, True, True, False): _14,
    (True, False, False, True): _14,
    (False, True, False, True): _14,
    (False, False, True, True): _60,
    (True, True, True, False): _3,
    (True, True, False, True): _T,
    (True, False, True, True): _T,
    (False, True, True, True): _3,
    (True, True, True, True): _T,
}
"""(known exploited, publicly exposed, automatable, total impact) → class."""

# Possible answers to the last two questions, as a set of bits: bit 2·automatable + total.
INFORMATION = 0
ALL = 0b1111
_PARTIAL = 0b0101
TOTAL = 0b1010
_NOT_AUTOMATABLE = 0b0011
AUTOMATABLE = 0b1100
_OF_SEVERITY = {"info": INFORMATION, "low": 0b0001, "medium": 0b0111, "high": ALL, "critical": ALL}

Answer = Literal[-1, 0, 1]
"""1 yes, 0 no, -1 unknown."""


def possibilities(vectors: Iterable[str] = (), severity: str | None = None) -> int:
    """Which answers to "automatable" and "total impact" are possible, as bits (0 = for information only).

    `vectors` are CVSS base vectors (2, 3.x, 4.0), the newest version first; the first that can be read counts.
    `severity` is used where there is none: "critical", "high", "medium", "low", "info" or None (unknown).
    """
    if severity == "info":
        return INFORMATION
    for vector in vectors:
        metrics = dict(part.split(":", 1) for part in vector.strip("()").upper().split("/") if ":" in part)
        found = _from_metrics(metrics)
        if found is not None:
            return found
    return _OF_SEVERITY.get(severity or "", ALL)


def _from_metrics(metrics: dict[str, str]) -> int | None:
    if "AU" in metrics and "PR" not in metrics:  # version 2
        complete = metrics.get("C") == "C" and metrics.get("I") == "C"
        free = metrics.get("AV") == "N" and metrics.get("AC") in ("L", "M") and metrics["AU"] == "N"
    elif "PR" in metrics and "AV" in metrics:
        secrecy, integrity = metrics.get("VC", metrics.get("C")), metrics.get("VI", metrics.get("I"))
        if secrecy is None or integrity is None:
            return None
        complete = (secrecy, integrity) == ("H", "H") or (metrics["PR"], secrecy, integrity) in {
            ("N", "H", "L"), ("N", "L", "H"), ("L", "L", "H"),
        }  # fmt: skip
        told = metrics.get("AU")  # version 4.0 may say it: Automatable
        if told in ("Y", "N"):
            return (TOTAL if complete else _PARTIAL) & (AUTOMATABLE if told == "Y" else _NOT_AUTOMATABLE)
        free = (metrics["AV"], metrics.get("AC"), metrics["PR"], metrics.get("UI")) == ("N", "L", "N", "N")
        free = free and metrics.get("AT", "N") == "N"
    else:
        return None
    return (TOTAL if complete else _PARTIAL) & (ALL if free else _NOT_AUTOMATABLE)


def with_points(
    possible: int, exploitation: str = "", automatable: bool | None = None, total_impact: bool | None = None
) -> int:
    """Possible answers once CISA's decision points are known: they answer before the vector does.

    Bits 4–6 say which answers to SSVC's "exploitation" remain: none, poc, active; none of them = nothing is said.
    """
    bits = possible & ALL
    if bits != INFORMATION:
        for value, wanted, shift in ((automatable, AUTOMATABLE, 2), (total_impact, TOTAL, 1)):
            if value is not None:
                bits = answered(bits, wanted, shift, value)
    at = {"none": 1, "poc": 2, "active": 4}.get(exploitation, 0)
    return bits | at << 4


def answered(bits: int, wanted: int, shift: int, value: bool) -> int:
    """The possible answers once one of the two questions is answered, also against what was taken for settled."""
    keep = bits & (wanted if value else ALL & ~wanted)
    return keep or (bits << shift if value else bits >> shift) & ALL


def interval_of(known: int, exposed: int, possible: int) -> tuple[Urgency, Urgency]:
    """Mildest and most urgent class over all answers that are possible (1 yes, 0 no, -1 unknown; bits)."""
    found = [
        TABLE[bool(k), bool(e), bool(bit >> 1), bool(bit & 1)]
        for k in ((0, 1) if known < 0 else (known,))
        for e in ((0, 1) if exposed < 0 else (exposed,))
        for bit in range(4)
        if possible >> bit & 1
    ]
    return (max(found), min(found)) if found else (Urgency.NONE, Urgency.NONE)
