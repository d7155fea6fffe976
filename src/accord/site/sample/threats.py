"""The sample company's threat profile, and what its analysts tried out to see whether a rule fires."""

from __future__ import annotations

from datetime import date, timedelta

from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User

RANSOM = "Freight companies of our size were extorted in this way"
PORTAL = "The booking portal is open to the internet"
CLOUD = "Bookings and tracking run in the cloud"
PARTNERS = "Customers and carriers sign in to our systems"
BILLS = "Our invoices were imitated in 2025"
PROFILE: tuple[tuple[str, str, str], ...] = (
    ("T1486", RANSOM, "10"), ("T1490", RANSOM, "8"), ("T1003.001", RANSOM, "7"), ("T1021.002", RANSOM, "7"),
    ("T1059.001", RANSOM, "6"), ("T1053.005", RANSOM, "4"), ("T1543.003", RANSOM, "4"), ("T1570", RANSOM, "4"),
    ("T1567.002", RANSOM, "6"), ("T1048", RANSOM, "5"), ("T1190", PORTAL, "9"), ("T1505.003", PORTAL, "7"),
    ("T1595.002", PORTAL, "3"), ("T1110.003", PARTNERS, "8"), ("T1110.004", PARTNERS, "6"), ("T1621", PARTNERS, "6"),
    ("T1556.006", PARTNERS, "5"), ("T1078.004", CLOUD, "9"), ("T1098.001", CLOUD, "5"), ("T1530", CLOUD, "6"),
    ("T1528", CLOUD, "5"), ("T1578.002", CLOUD, "3"), ("T1566.001", BILLS, "8"), ("T1566.002", BILLS, "7"),
    ("T1114.003", BILLS, "6"), ("T1564.008", BILLS, "4"), ("T1105", "Seen on a workstation in 2024", ""),
)  # fmt: skip
"""Identifier of ATT&CK, why, and its weight ("" = nobody has weighed it)."""
EXERCISES: tuple[tuple[int, str, bool, str], ...] = (
    (47, "T1110.003", True, "Sign-ins with one password for forty accounts, from the test network"),
    (47, "T1570", True, "A harmless file copied from one workstation to the next"),
    (19, "T1105", False, "A harmless file fetched from outside by a workstation"),
)
"""Days before today, technique, whether a rule fired, what was done."""


def load(actor: User, today: date) -> None:
    """Write the profile and the exercises through the gate of all tables."""
    added = (today - timedelta(days=200)).isoformat()
    profile = [
        TextRow(n, {"key": key, "reason": reason, "weight": weight, "added": added})
        for n, (key, reason, weight) in enumerate(PROFILE, 1)
    ]
    exercises = [
        TextRow(n, {
            "key": f"EX-{n}", "technique": technique, "day": (today - timedelta(days=days)).isoformat(),
            "detected": "yes" if detected else "no", "source": "Own analysts", "note": note,
        })
        for n, (days, technique, detected, note) in enumerate(EXERCISES, 1)
    ]  # fmt: skip
    import_tables(actor, [
        TextTable("threat_profile", ["key", "reason", "weight", "added"], profile),
        TextTable("detection_exercise", ["key", "technique", "day", "detected", "source", "note"], exercises),
    ])  # fmt: skip
