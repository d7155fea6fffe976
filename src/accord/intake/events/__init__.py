"""Logs of systems, networks and clouds → events. No Django.

    tally = Tally()
    for event in read_events(path, tally): …

A file's format is recognized by its content, record by record: one file may hold several. A record that cannot be
read is counted and sampled in the tally and never ends the reading. `Parser` reads single records for whoever has
them from elsewhere (a socket, the end of a file that grows).
"""

from accord.intake.events.base import Assumed, Bounds, Event, LogSource, Malformed, Tally
from accord.intake.events.parser import Parser
from accord.intake.events.reading import NotLogs, detect, read_events
from accord.intake.events.registry import FORMATS, Format

__all__ = [
    "FORMATS", "Assumed", "Bounds", "Event", "Format", "LogSource", "Malformed", "NotLogs", "Parser", "Tally", "detect",
    "read_events",
]  # fmt: skip
