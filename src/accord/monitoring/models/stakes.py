"""What a foothold in each system costs, as the last hazard run found: the loss at stake of an alert."""

from __future__ import annotations

from django.db import models


class SystemStake(models.Model):
    """What one foothold a year in a system costs a year. A system without a row has no known stake."""

    system = models.OneToOneField("estate.System", on_delete=models.CASCADE, primary_key=True, related_name="+")
    low = models.FloatField()
    mid = models.FloatField()
    high = models.FloatField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()
