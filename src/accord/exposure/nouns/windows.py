"""When changes may be made, who makes them, and what fixes take: tables that a patch plan rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind
from accord.exposure.models import PatchRule
from accord.organization.nouns import KEY, NAME

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
APPLIES = re.compile(r"FX-[0-9a-f]{12}|component:.+|ecosystem:.+|kind:(upgrade|remedy)")


def _clock(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["start_time"] and not CLOCK.fullmatch(row["start_time"]):
        yield "start_time", f"“{row['start_time']}” is no time of day.", "Write hours and minutes, such as 22:00."
    if row["hours"] is not None and row["hours"] <= 0:
        yield "hours", "A window needs a length.", "Write the hours that it lasts, such as 6."


def _ends_after_start(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["starts"] and row["ends"] and row["ends"] < row["starts"]:
        yield "ends", f"{row['ends']} is before it starts.", "Correct one of the dates."


def _effort_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["applies_to"] and not APPLIES.fullmatch(row["applies_to"]):
        yield (
            "applies_to", f"“{row['applies_to']}” names no fix.",
            "Write the key of a fix (FX-…), component:…, ecosystem:…, kind:upgrade or kind:remedy.",
        )  # fmt: skip
    if row["hours_low"] is not None and row["hours_low"] <= 0:
        yield "hours_low", "Work takes time.", "Write hours above 0, such as 0.25."
    for names in (("hours_low", "hours", "hours_high"), ("downtime_low", "downtime", "downtime_high")):
        values = [row[name] for name in names]
        if None not in values and values != sorted(values):
            yield names[1], "Low, likely and high are not in order.", "Write the lowest first, the highest last."


def _not_itself(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["system"] == row["other"]:
        yield "other", "A rule is between two systems.", "Name another system."


def _one_at_least(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["most_systems"] is not None and row["most_systems"] < 1:
        yield "most_systems", "With none, nothing on it could ever be fixed.", "Write 1 or more."


CHANGE_WINDOW = Noun(
    "change_window", "change_windows", "exposure.ChangeWindow",
    (
        KEY,
        NAME,
        Column("starts", Kind.DATE, required=True),
        Column("start_time", label="At", help="Time of day in the organization's zone, such as 22:00.",
               blank="start of the day", max_length=5, zoned=True),
        Column("hours", Kind.DECIMAL, required=True, unit="hours", minimum=0, help="How long it lasts."),
        Column("most_restarts", Kind.INT, minimum=0, blank="no limit set",
               help="So many restarts are allowed in it, over all systems."),
        Column("most_downtime", Kind.DECIMAL, unit="hours", minimum=0, blank="no limit set",
               help="So many hours of downtime are allowed in it, summed over all systems."),
    ),
    row_checks=(_clock,), order=60, description="Times in which changes may be made.",
)  # fmt: skip
WINDOW_SYSTEM = Noun(
    "window_system", "window_systems", "exposure.WindowSystem",
    (
        Column("window", Kind.REF, noun="change_window", key=True, required=True, back="Only for these systems"),
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Change windows of its own"),
    ),
    title="window", order=61,
    description="Which systems a change window is for; a window without any is for all.",
)  # fmt: skip
TEAM_HOURS = Noun(
    "team_hours", "team_hours", "exposure.TeamHours",
    (
        Column("window", Kind.REF, noun="change_window", key=True, required=True, back="Hours of the teams"),
        Column("team", key=True, required=True, max_length=100),
        Column("hours", Kind.DECIMAL, required=True, unit="hours", minimum=0, help="Hours of work that it has."),
    ),
    title="team", order=62, description="Hours of work that each team has in a change window.",
)  # fmt: skip
CHANGE_FREEZE = Noun(
    "change_freeze", "change_freezes", "exposure.ChangeFreeze",
    (
        KEY,
        NAME,
        Column("starts", Kind.DATE, required=True),
        Column("ends", Kind.DATE, required=True, help="The last day on which nothing is changed."),
        Column("reason"),
    ),
    row_checks=(_ends_after_start,), order=63, description="Days in which nothing is changed.",
)  # fmt: skip
FREEZE_SYSTEM = Noun(
    "freeze_system", "freeze_systems", "exposure.FreezeSystem",
    (
        Column("freeze", Kind.REF, noun="change_freeze", key=True, required=True, back="Only for these systems"),
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Change freezes of its own"),
    ),
    title="freeze", order=64, description="Which systems a freeze holds for; a freeze without any holds for all.",
)  # fmt: skip
SYSTEM_TEAM = Noun(
    "system_team", "system_teams", "exposure.SystemTeam",
    (
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Changed by"),
        Column("team", required=True, max_length=100),
    ),
    title="system", order=65, description="The team that changes a system.",
)  # fmt: skip
FIX_EFFORT = Noun(
    "fix_effort", "fix_efforts", "exposure.FixEffort",
    (
        Column("applies_to", key=True, required=True, max_length=320,
               help="A fix (FX-…), component:…, ecosystem:…, kind:upgrade or kind:remedy; the most special one holds."),
        Column("hours_low", Kind.DECIMAL, required=True, unit="hours", minimum=0, help="Work on one system, at least."),
        Column("hours", Kind.DECIMAL, required=True, unit="hours", minimum=0, label="Hours, likely"),
        Column("hours_high", Kind.DECIMAL, required=True, unit="hours", minimum=0),
        Column("restart", Kind.BOOL, required=True, help="Whether the system restarts."),
        Column("downtime_low", Kind.DECIMAL, required=True, unit="hours", minimum=0),
        Column("downtime", Kind.DECIMAL, required=True, unit="hours", minimum=0, label="Downtime, likely"),
        Column("downtime_high", Kind.DECIMAL, required=True, unit="hours", minimum=0),
        Column("source", help="Who says so, or from what it was measured."),
    ),
    title="applies_to", row_checks=(_effort_in_order,), order=66,
    description="What fixes take on one system: hours of work, hours of downtime, and whether it restarts.",
)  # fmt: skip
PATCH_RULE = Noun(
    "patch_rule", "patch_rules", "exposure.PatchRule",
    (
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Rules for its changes"),
        Column("rule", Kind.CHOICE, key=True, required=True, choices=tuple(PatchRule.Rule.choices)),
        Column("other", Kind.REF, noun="system", key=True, required=True, back="Rules of other systems for it"),
    ),
    title="system", row_checks=(_not_itself,), order=67,
    description="Systems that are never changed in one window, or one never later than the other.",
)  # fmt: skip
DOWNTIME_LIMIT = Noun(
    "downtime_limit", "downtime_limits", "exposure.DowntimeLimit",
    (
        Column("capability", Kind.REF, noun="capability", key=True, required=True, back="Down at once, at most"),
        Column("most_systems", Kind.INT, required=True, minimum=1),
    ),
    title="capability", row_checks=(_one_at_least,), order=68,
    description="So many systems that carry a capability may be down in one window.",
)  # fmt: skip
NOUNS = (
    CHANGE_WINDOW, WINDOW_SYSTEM, TEAM_HOURS, CHANGE_FREEZE, FREEZE_SYSTEM, SYSTEM_TEAM, FIX_EFFORT, PATCH_RULE,
    DOWNTIME_LIMIT,
)  # fmt: skip


def declare() -> None:
    register(*NOUNS)
