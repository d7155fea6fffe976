"""AWS CloudTrail: files with `Records` as CloudTrail delivers them, or one event a line; also inside what EventBridge
(`detail`), CloudWatch (`logEvents`) and the event history (`CloudTrailEvent`) wrap around it.

Fields keep CloudTrail's names and nesting (`userIdentity.arn`). Digest files hold no events.
"""

from __future__ import annotations

from collections.abc import Callable

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import iso

SOURCE = LogSource("aws", None, "cloudtrail")


class CloudTrail:
    """One CloudTrail event."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return "eventSource" in record and "eventName" in record and ("awsRegion" in record or "eventVersion" in record)

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        return Read(record, SOURCE, iso(record.get("eventTime")))
