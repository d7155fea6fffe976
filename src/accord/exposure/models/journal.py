"""What an import did to each finding, chunk by chunk."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from accord.core import fields


class ImportJournal(models.Model):
    """What one short transaction of an import did: `data` is packed (`services.journal`), `digest` its SHA-256.

    The ledger has one entry for it, which carries the digest. `first` and `last` are the lowest and highest primary
    key of the findings in it.
    """

    scan: Any = models.ForeignKey("exposure.Scan", on_delete=models.PROTECT, related_name="journal", db_index=False)
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    data = models.BinaryField()

    class Meta:
        constraints: ClassVar = [fields.only_one(["scan", "number"], "exposure_journal_once")]
        indexes: ClassVar = [models.Index(fields=["first", "last"], name="exposure_journal_range")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.scan}"
