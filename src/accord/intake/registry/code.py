"""Formats of tools that read source code."""

from __future__ import annotations

from accord.intake.registry.base import Format

FORMATS: tuple[Format, ...] = ()
