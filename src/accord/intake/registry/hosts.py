"""Formats of tools that look at a host, a directory or a fleet of devices from inside."""

from __future__ import annotations

from accord.intake.registry.base import Format

FORMATS: tuple[Format, ...] = ()
