"""JSON of no log that is known by name: fields as they stand.

No log source is known, so that only rules match which name none, unless one is given. The time is that of
`@timestamp`, `timestamp`, `time`, `eventTime` or `ts` where such a text or number tells it whole.
"""

from __future__ import annotations

from collections.abc import Callable

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import epoch, iso

UNKNOWN = LogSource()
_TIMES = ("@timestamp", "timestamp", "time", "eventTime", "ts")
_HOSTS = ("host", "hostname", "Hostname", "Computer")


class Generic:
    """Any object."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return True

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        moment = None
        for name in _TIMES:
            value = record.get(name)
            moment = iso(value, assumed.zone) or epoch(value)
            if moment is not None:
                break
        host = next((record[name] for name in _HOSTS if type(record.get(name)) is str), None)
        return Read(record, UNKNOWN, moment, host)
