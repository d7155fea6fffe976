"""Controls."""

from __future__ import annotations

from django.db import models

from accord.core import fields


class Control(models.Model):
    """Something that lowers how often a scenario happens or how much it costs; only an operating one does."""

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

    def __str__(self) -> str:
        return self.name
