"""How a frontier's plans stand up when the inputs are not what was stated, and against the tail of the loss."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.decisions.models.plans import Frontier


class Robustness(models.Model):
    """One study of a frontier: all that came out. What went in is the frontier's own problem."""

    frontier = models.ForeignKey(Frontier, on_delete=models.PROTECT, related_name="studies")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    result = models.JSONField()

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        verbose_name_plural = "robustness"

    def __str__(self) -> str:
        return f"robustness of the {self.frontier}"
