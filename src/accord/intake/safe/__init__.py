"""Limits and readers that every format stands on: hostile input ends in an IntakeError, never in anything
else."""

from __future__ import annotations

from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Budget, Limits
from accord.intake.safe.source import Reader, Source

__all__ = ["Budget", "JsonReader", "Limits", "Reader", "Source"]
