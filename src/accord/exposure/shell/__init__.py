"""This room in the navigation, the palette and the badges, and what it hears."""

from __future__ import annotations


def declare() -> None:
    from accord.exposure.shell import findings, priority, remediation, surfaces
    from accord.ui import telling

    for part in (findings, surfaces, priority, remediation):
        part.declare()
    telling.register({"policy": "exposure.PriorityPolicy", "unclaimed": "exposure.Target"})
