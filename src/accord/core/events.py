"""Named events: how something that happens low in the house is heard higher up. All are declared here.

A handler runs inside the writer's transaction, so that a roll-up is never out of step with its rows.
Subscribe in the app's `ready()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Event:
    """One named event; handlers are called in the order in which they were added."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name, self.arguments = name, frozenset(arguments)
        self._handlers: list[Callable[..., None]] = []

    def subscribe(self, handler: Callable[..., None]) -> Callable[..., None]:
        """Add a handler (once, however often it is named); usable as a decorator."""
        if handler not in self._handlers:
            self._handlers.append(handler)
        return handler

    def send(self, **values: Any) -> None:
        if set(values) != self.arguments:
            raise TypeError(f"{self.name} takes {sorted(self.arguments)}")
        for handler in self._handlers:
            handler(**values)


rows_written = Event("rows_written", "noun", "changes", "actor")
"""Table rows were added, changed (`Change.after` filled) or removed (`Change.after` empty)."""

scan_landed = Event("scan_landed", "scan", "actor")
"""All findings of a scan are in."""

decision_in_force = Event("decision_in_force", "decision", "actor")
"""A decision got its second signature."""

fix_scheduled = Event("fix_scheduled", "system", "fix", "choice", "window", "until", "decision", "address", "actor")
"""A patch-or-wait sheet came into force, ran out or was replaced: what holds now for a fix on a system.

`system` and `fix` are keys (text). `choice` is "now", "window", "mitigate", "accept", or "" when nothing holds any
longer. `window` is the key of the change window for "window" (text, else empty), `until` the last day of the choice
(`datetime.date`, or None for "now"), `decision` the key of the sheet and `address` the page that shows it.
"""

exploited = Event("exploited", "definition", "actor")
"""A weakness entered the catalogue of known exploited vulnerabilities (an object with `identifier` and `title`)."""

triage_opened = Event("triage_opened", "case", "actor")
"""A forensic triage case was opened (an object with `key`, `definition`, `due` and `get_absolute_url`)."""

source_silent = Event("source_silent", "source", "since", "actor")
"""A source of events sends nothing for longer than it should (an object with `key`, `name`, `get_absolute_url`)."""

logs_seen = Event("logs_seen", "source", "assets", "actor")
"""Events of assets came by a source: `assets` is asset's primary key → day of the newest one, `source` its name."""

initiative_wanted = Event("initiative_wanted", "key", "initiative", "costs", "actor")
"""Somebody wants an initiative made: `key` and columns of an initiative, and of its costs by year, as texts.

Whoever makes it refuses (`core.errors.Refused`) what is no initiative, or what the actor may not make.
"""

incident_wanted = Event("incident_wanted", "alert", "reason", "actor")
"""An analyst escalated an alert (an object with `key`, `title`, `level`, `entity`, `system` and `get_absolute_url`)."""

names_seen = Event("names_seen", "source", "names", "actor")
"""Logs tell of machines that no asset answers to.

`source` is the name of the source of events. `names` are objects with `kind` ("host" or "address"), `name` (lower
case), `addresses`, and `first` and `last` (when events tell of it). Each is told of about once a day.
"""
