"""Controls and the systems that they cover."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class Control(models.Model):
    """Something that lowers how often a scenario happens or how much it costs; only an operating one does.

    Capability: the share of what meets it that it stops when it works as intended. Reliability: the share of the time
    in which it does. Both at 5, 50 and 95 %; NULL = unknown.
    """

    class ControlState(models.TextChoices):
        PLANNED = "planned", "Planned"
        OPERATING = "operating", "Operating"
        RETIRED = "retired", "Retired"

    key = fields.key()
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="controls")
    state = models.CharField(max_length=10, choices=ControlState.choices)
    since = models.DateField(null=True, blank=True)
    capability_low = fields.unknown(fields.share)
    capability_mid = fields.unknown(fields.share)
    capability_high = fields.unknown(fields.share)
    reliability_low = fields.unknown(fields.share)
    reliability_mid = fields.unknown(fields.share)
    reliability_high = fields.unknown(fields.share)

    def __str__(self) -> str:
        return self.name


class ControlSystem(models.Model):
    """A control covers a system: the share of the ways into it that meet the control; NULL = unknown."""

    control = fields.link("program.Control", "systems")
    system = fields.link("estate.System", "controls")
    coverage_low = fields.unknown(fields.share)
    coverage_mid = fields.unknown(fields.share)
    coverage_high = fields.unknown(fields.share)

    class Meta:
        verbose_name = "control system"
        constraints: ClassVar = [fields.only_one(["control", "system"], "program_control_system_once")]

    def __str__(self) -> str:
        return f"{self.control} on {self.system}"
