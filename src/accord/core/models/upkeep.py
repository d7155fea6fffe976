"""What the worker does by itself: periodic rounds, and webhooks on their way out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class Round(models.Model):
    """When a periodic piece of upkeep began last (see `accord.core.rounds`). NULL = never."""

    name = models.CharField(max_length=100, primary_key=True)
    begun = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """An address that is told of events. Its secret follows from the installation's key and `salt`.

    `events` are names of the catalogue; empty = all. `previous_salt` signs beside the present one until
    `rotated` + a day, so that a receiver can change over.
    """

    title = models.CharField(max_length=200)
    address = models.URLField(max_length=1000)
    events = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    salt = models.CharField(max_length=64)
    previous_salt = models.CharField(max_length=64, blank=True)
    rotated = models.DateTimeField(null=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class WebhookDelivery(models.Model):
    """One message for one address: kept until it is delivered or given up. `number` is the webhook-id."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    message = models.CharField(max_length=60)
    event = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField(default=timezone.now)
    created = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "due"], name="core_delivery_due")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "message"], name="core_delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"
