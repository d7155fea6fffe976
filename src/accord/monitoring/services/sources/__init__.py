"""Every write of sources: what people set, what the collector tells, what is handed in."""

from accord.monitoring.services.sources.handing import hand_in
from accord.monitoring.services.sources.setting import (
    add_source,
    change_source,
    disable_source,
    enable_source,
    ensure_source,
    renew_token,
)
from accord.monitoring.services.sources.telling import note_collected, wanted

__all__ = [
    "add_source", "change_source", "disable_source", "enable_source", "ensure_source", "hand_in", "note_collected",
    "renew_token", "wanted",
]  # fmt: skip
