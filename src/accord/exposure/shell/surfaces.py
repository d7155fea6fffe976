"""Makes known what this room has of attack surfaces: nouns, screens, jobs, what it hears."""

from __future__ import annotations

from accord.core import events


def declare() -> None:
    from accord.exposure.nouns import surfaces as nouns
    from accord.exposure.screens import surfaces as screens
    from accord.exposure.services import log_evidence, stakes

    nouns.declare()
    screens.declare()
    events.rows_written.subscribe(stakes.on_rows)
    events.scan_landed.subscribe(stakes.on_scan)
    events.logs_seen.subscribe(log_evidence.note_logs)
