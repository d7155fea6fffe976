"""Long work that a person can watch, cancel, and find again after a restart."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

TRACE = "Traceback (most recent call last):"


class Job(models.Model):
    """One run of a registered job kind (see `accord.core.jobs`)."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    cancel_requested = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-created"]
        indexes: ClassVar = [
            models.Index(fields=["state", "heartbeat"], name="core_job_state"),
            models.Index(fields=["kind", "-created"], name="core_job_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_state_display()})"

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def broke(self) -> bool:
        """Whether it ended at an error of the program; what was refused names its reason and remedy instead."""
        return TRACE in self.error or '\n  File "' in self.error

    @property
    def reason(self) -> str:
        """Why it failed, in sentences for whoever reads it, and what to do; "" where it did not."""
        if not self.broke:
            return self.error
        name = self.error.partition(":")[0].strip()
        return (
            f"It stopped at an error of the program ({name[:100]}). Start it again; if it fails once more, show this "
            "job to whoever looks after the installation."
        )

    @property
    def percent(self) -> int | None:
        """0–100, or None while the amount of work is not known."""
        return None if not self.total else min(100, int(100 * self.done / self.total))
