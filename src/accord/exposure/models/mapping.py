"""Mappings that were kept: how files of one shape become findings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.intake.mapped.spec import Mapping


class ImportMapping(models.Model):
    """A mapping (`accord.intake.mapped.Mapping` as plain data) by name.

    `signature` is what files of this shape are known again by (their columns); of several with one signature the
    one that was used last is proposed.
    """

    name = models.CharField(max_length=100, unique=True)
    signature = models.CharField(max_length=64, db_index=True)
    content = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)
    used = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def scanner(self) -> str:
        return str(self.content.get("scanner", ""))

    @property
    def mapping(self) -> Mapping:
        """The mapping itself."""
        return Mapping.of(self.content)

    @property
    def closes(self) -> bool:
        """Whether what a file does not list any more is gone."""
        found: Any = self.content.get("whole", False)
        return bool(found)
