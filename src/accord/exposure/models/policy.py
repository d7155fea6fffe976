"""The policy by which work gets its class and deadline: a table that CIO and CISO put in force with two keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core.twokey import TwoKey, TwoKeyState
from accord.engines import priority


class PriorityPolicy(TwoKey):
    """A proposed, present or former policy. `table` is `engines.priority.Policy` as data.

    `preview` tells how many findings would change class (NULL until a worker counted), `applied_at` when all findings
    were ranked by it.
    """

    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    table = models.JSONField()
    preview = models.JSONField(null=True)
    previewed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta(TwoKey.Meta):
        verbose_name_plural = "priority policies"
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            *TwoKey.Meta.constraints,
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=TwoKeyState.IN_FORCE), name="exposure_policy_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("exposure:policy_detail", args=[self.pk])

    @property
    def key(self) -> str:
        return f"PP-{self.pk}"

    @property
    def rules(self) -> priority.Policy:
        """The table, ready to rank with."""
        return priority.policy_from(self.table)
