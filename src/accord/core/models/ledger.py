"""The ledger: one hash chain over every write."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class LedgerEntry(models.Model):
    """One write. `before` and `after` are canonical JSON text, so that the hash covers the very bytes."""

    number = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=32)
    actor = models.CharField(max_length=254)
    verb = models.CharField(max_length=40)
    noun = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    batch = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["noun", "key", "number"], name="core_ledger_object")]

    def __str__(self) -> str:
        return f"{self.number} {self.verb} {self.noun} {self.key}"


class LedgerHead(models.Model):
    """The last number and hash. Its row is locked by each writer, which puts writers in one line."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"head {self.number}"
