"""Okta System Log, as its API and log streaming give it: a list or one event a line, also inside
EventBridge's `detail` or an event hook's `data.events`. Names and nesting stay.
"""

from __future__ import annotations

from collections.abc import Callable

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import iso

SOURCE = LogSource("okta", None, "okta")


class Okta:
    """One event of the System Log."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return "eventType" in record and "published" in record and ("actor" in record or "outcome" in record)

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        return Read(record, SOURCE, iso(record.get("published")))
