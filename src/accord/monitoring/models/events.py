"""Where stored events lie: one row per Parquet file. A file without a row does not count and is swept away."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accord.core import fields


class EventFile(models.Model):
    """One Parquet file of one source and one day (UTC, of the events' time, else of receipt).

    `path` is relative to the store of events. `first` and `last` bound the times in it.
    """

    source = fields.ref("monitoring.Source")
    day = models.DateField()
    path = models.CharField(max_length=300, unique=True)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    first = models.DateTimeField()
    last = models.DateTimeField()
    written = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["day", "source"], name="monitoring_file_day"),
            models.Index(fields=["source", "day"], name="monitoring_file_source"),
        ]
