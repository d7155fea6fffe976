"""Microsoft 365 unified audit log: the management API's records, and the audit search's CSV or JSON with AuditData.

`CreationTime` is UTC by Microsoft's description. Security and compliance alerts carry, besides their own names,
eventSource (the workload), eventName (the alert's name) and status, as Sigma's rules for threat management ask.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import iso

AUDIT = LogSource("m365", None, "audit")
SERVICES = {"SecurityComplianceCenter": LogSource("m365", None, "threat_management")}


class M365:
    """One record of the unified audit log."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return "CreationTime" in record and "Operation" in record and ("Workload" in record or "RecordType" in record)

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        workload = record.get("Workload")
        source = SERVICES.get(workload, AUDIT) if type(workload) is str else AUDIT
        if source.service == "threat_management":
            record.setdefault("eventSource", workload)
            record.setdefault("eventName", record.get("Name") or record.get("Operation"))
            record.setdefault("status", record.get("ResultStatus") or record.get("Status"))
        return Read(record, source, iso(record.get("CreationTime"), UTC))
