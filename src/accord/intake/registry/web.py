"""Formats of scanners of web applications."""

from __future__ import annotations

from accord.intake.registry.base import Format

FORMATS: tuple[Format, ...] = ()
