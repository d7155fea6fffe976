"""When changes may be made, who has how many hours for them, and what fixes take: what a patch plan rests on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class ChangeWindow(models.Model):
    """A time in which changes may be made; `start_time` "22:00" in the organization's zone, "" = the start of the day.

    `most_restarts` and `most_downtime` (hours, over all systems) NULL = nobody has set a limit. Without systems of its
    own (`WindowSystem`) it is open to all.
    """

    key = fields.key()
    name = models.CharField(max_length=300)
    starts = models.DateField()
    start_time = models.CharField(max_length=5, blank=True)
    hours = fields.number()
    most_restarts = models.PositiveIntegerField(null=True, blank=True)
    most_downtime = fields.unknown(fields.number)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["starts"], name="exposure_window_starts")]
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(hours__gt=0), name="exposure_window_hours")]

    def __str__(self) -> str:
        return self.name


class WindowSystem(models.Model):
    """A system whose changes a window is for; a window without any is for all."""

    window = fields.link("exposure.ChangeWindow", "systems")
    system = fields.link("estate.System", "windows")

    class Meta:
        constraints: ClassVar = [fields.only_one(["window", "system"], "exposure_window_system_once")]

    def __str__(self) -> str:
        return f"{self.window} → {self.system}"


class TeamHours(models.Model):
    """Hours of work that a team has in a window."""

    window = fields.link("exposure.ChangeWindow", "teams")
    team = models.CharField(max_length=100)
    hours = fields.number()

    class Meta:
        verbose_name_plural = "team hours"
        constraints: ClassVar = [
            fields.only_one(["window", "team"], "exposure_team_hours_once"),
            models.CheckConstraint(condition=models.Q(hours__gte=0), name="exposure_team_hours_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.team} in {self.window}"


class ChangeFreeze(models.Model):
    """Days in which nothing is changed (both ends included); without systems of its own it holds for all."""

    key = fields.key()
    name = models.CharField(max_length=300)
    starts = models.DateField()
    ends = models.DateField()
    reason = fields.text()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(ends__gte=models.F("starts")), name="exposure_freeze_in_order")
        ]

    def __str__(self) -> str:
        return self.name


class FreezeSystem(models.Model):
    """A system that a freeze holds for; a freeze without any holds for all."""

    freeze = fields.link("exposure.ChangeFreeze", "systems")
    system = fields.link("estate.System", "freezes")

    class Meta:
        constraints: ClassVar = [fields.only_one(["freeze", "system"], "exposure_freeze_system_once")]

    def __str__(self) -> str:
        return f"{self.freeze} → {self.system}"


class SystemTeam(models.Model):
    """The team that changes a system."""

    system = models.OneToOneField("estate.System", on_delete=models.CASCADE, related_name="team")
    team = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.system}: {self.team}"


class FixEffort(models.Model):
    """What a fix takes on one system: hours of work and of downtime (low, likely, high), and whether it restarts.

    `applies_to` is the key of a fix, "component:openssl", "ecosystem:deb", "kind:upgrade" or "kind:remedy"; the most
    special one holds.
    """

    applies_to = models.CharField(max_length=320, unique=True)
    hours_low = fields.number()
    hours = fields.number()
    hours_high = fields.number()
    restart = models.BooleanField()
    downtime_low = fields.number()
    downtime = fields.number()
    downtime_high = fields.number()
    source = fields.text()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    hours_low__gt=0, hours__gte=models.F("hours_low"), hours_high__gte=models.F("hours")
                ),
                name="exposure_effort_hours_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    downtime_low__gte=0, downtime__gte=models.F("downtime_low"), downtime_high__gte=models.F("downtime")
                ),
                name="exposure_effort_downtime_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"effort of {self.applies_to}"


class PatchRule(models.Model):
    """A rule between two systems: never changed in one window, or one never later than the other."""

    class Rule(models.TextChoices):
        APART = "apart", "never in the same window as"
        BEFORE = "before", "never later than"

    system = fields.link("estate.System", "patch_rules")
    rule = models.CharField(max_length=6, choices=Rule.choices)
    other = fields.link("estate.System", "patch_rules_of_others")

    class Meta:
        constraints: ClassVar = [
            fields.only_one(["system", "rule", "other"], "exposure_patch_rule_once"),
            models.CheckConstraint(
                condition=~models.Q(system=models.F("other")), name="exposure_patch_rule_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.get_rule_display()} {self.other}"


class DowntimeLimit(models.Model):
    """So many systems that carry a capability may be down in one window."""

    capability = models.OneToOneField(
        "organization.Capability", on_delete=models.CASCADE, related_name="downtime_limit"
    )
    most_systems = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(most_systems__gte=1), name="exposure_downtime_limit_one")
        ]

    def __str__(self) -> str:
        return f"at most {self.most_systems} of {self.capability}"
