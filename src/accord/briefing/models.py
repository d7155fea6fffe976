"""The briefs that were issued."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class Brief(models.Model):
    """A brief to the board as it was issued: every figure frozen, and the very PDF that went out.

    `content` is canonical JSON (see `briefing.brief.Draft.as_content`), `content_hash` its SHA-256; `as_of` is the
    day of the figures; `grade` is the reading grade, NULL = unknown.
    """

    key = fields.key()
    title = models.CharField(max_length=200)
    as_of = models.DateField()
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    grade = models.FloatField(null=True)
    pdf = fields.ref("core.StoredFile")

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-issued_at", "-id"], name="briefing_brief_issued")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("briefing:brief_detail", args=[self.key])

    @property
    def frozen(self) -> Any:
        """The content as data."""
        return json.loads(self.content)
