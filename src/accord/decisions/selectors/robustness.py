"""Reads of what was studied about a frontier's plans."""

from __future__ import annotations

from accord.decisions.models import Frontier, Robustness


def latest_robustness(frontier: Frontier) -> Robustness | None:
    """The newest study of a frontier. One query."""
    return Robustness.objects.filter(frontier=frontier).select_related("by").first()
