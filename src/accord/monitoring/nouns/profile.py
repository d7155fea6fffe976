"""The table nouns of the threat profile."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind
from accord.intake.attack import GROUP, TECHNIQUE


def _technique_or_group(row: Row) -> Iterable[tuple[str, str, str]]:
    key = str(row["key"] or "")
    if not (TECHNIQUE.fullmatch(key) or GROUP.fullmatch(key)):
        yield "key", f"“{key}” is no identifier of ATT&CK.", "Write a technique (T1059, T1059.001) or a group (G0007)."
    elif row["left_out"] and not TECHNIQUE.fullmatch(key):
        yield "left_out", "Only a technique can be left out.", "Remove the row of the group, or leave this blank."


def _technique(row: Row) -> Iterable[tuple[str, str, str]]:
    if not TECHNIQUE.fullmatch(str(row["technique"] or "")):
        yield "technique", f"“{row['technique']}” is no technique of ATT&CK.", "Write it as T1059 or T1059.001."


THREAT_PROFILE = Noun(
    "threat_profile", "threat_profile", "monitoring.ThreatProfile",
    (
        Column(
            "key", Kind.KEY, label="Technique or group", required=True, key=True,
            help="ATT&CK's identifier: a technique (T1059, T1059.001), or a group (G0007) for all that it uses.",
        ),
        Column("reason", help="Why the organization reckons with it: a past incident, the sector, a report."),
        Column("weight", Kind.DECIMAL, minimum=0, help="Relative to the other rows; blank = nobody has weighed it."),
        Column("owner", Kind.REF, noun="person"),
        Column(
            "left_out", Kind.BOOL, label="Left out",
            help="Yes: it does not concern the organization, though a chosen group uses it.", blank="no",
        ),
        Column("added", Kind.DATE, help="Since when it stands here."),
    ),
    title="key", row_checks=(_technique_or_group,), order=60, one="technique or group",
    description="The techniques and groups of attackers that the organization reckons with.",
)  # fmt: skip
DETECTION_EXERCISE = Noun(
    "detection_exercise", "detection_exercises", "monitoring.DetectionExercise",
    (
        Column("key", Kind.KEY, required=True, key=True, help="Stable and unique; it never changes."),
        Column("technique", required=True, max_length=20, help="What was done, as ATT&CK's T1059 or T1059.001."),
        Column("day", Kind.DATE, required=True),
        Column("detected", Kind.BOOL, required=True, help="Whether a rule fired for it."),
        Column("rule", max_length=200, help="Identifier of the rule that fired."),
        Column("source", help="Who did it, and with what: a test library, a red team, an exercise."),
        Column("note", Kind.LONG),
        Column("owner", Kind.REF, noun="person"),
    ),
    title="key", row_checks=(_technique,), order=61,
    description="What was tried out to see whether a rule fires for a technique, and whether one did.",
)  # fmt: skip
NOUNS = (THREAT_PROFILE, DETECTION_EXERCISE)


def declare() -> None:
    register(*NOUNS)
