"""Formats of tools that look at cloud accounts and clusters."""

from __future__ import annotations

from accord.intake.registry.base import Format

FORMATS: tuple[Format, ...] = ()
