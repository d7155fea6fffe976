"""Azure and Entra: sign-in, audit, risk and activity logs from diagnostic settings (Event Hub, storage), from
Microsoft Graph, and as rows of Log Analytics.

What stands in `properties` stands at the top as well, unless the top has that name; where both have it and differ,
as with `category`, the field holds both values. Sigma's rules for the audit log ask for `properties.message`, which
Entra does not send: it holds the activity's display name there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accord.intake.events.base import Assumed, Bounds, Data, LogSource, Read
from accord.intake.events.documents import parse
from accord.intake.events.times import iso

SIGN_IN = LogSource("azure", None, "signinlogs")
AUDIT = LogSource("azure", None, "auditlogs")
RISK = LogSource("azure", None, "riskdetection")
ACTIVITY = LogSource("azure", None, "activitylogs")
CATEGORIES = {
    "signinlogs": SIGN_IN, "noninteractiveusersigninlogs": SIGN_IN, "serviceprincipalsigninlogs": SIGN_IN,
    "managedidentitysigninlogs": SIGN_IN, "microsoftserviceprincipalsigninlogs": SIGN_IN,
    "adfssigninlogs": SIGN_IN, "auditlogs": AUDIT,
    "userriskevents": RISK, "riskyusers": RISK, "serviceprincipalriskevents": RISK,
    "administrative": ACTIVITY, "security": ACTIVITY, "servicehealth": ACTIVITY, "alert": ACTIVITY,
    "recommendation": ACTIVITY, "policy": ACTIVITY, "autoscale": ACTIVITY, "resourcehealth": ACTIVITY,
    "action": ACTIVITY, "write": ACTIVITY, "delete": ACTIVITY,
}  # fmt: skip
TABLES = {
    "SigninLogs": SIGN_IN, "AADNonInteractiveUserSignInLogs": SIGN_IN, "AADServicePrincipalSignInLogs": SIGN_IN,
    "AuditLogs": AUDIT, "AADUserRiskEvents": RISK, "AzureActivity": ACTIVITY,
}  # fmt: skip
_TIMES = ("time", "TimeGenerated", "createdDateTime", "activityDateTime", "detectedDateTime", "eventTimestamp")


def _category(record: Data) -> LogSource | None:
    told = record.get("category")
    if type(told) is dict:
        told = told.get("value")
    return CATEGORIES.get(told.lower()) if type(told) is str else None


def _source(record: Data) -> LogSource | None:
    table = record.get("Type")
    if type(table) is str and table in TABLES:
        return TABLES[table]
    if "operationName" in record and ("resourceId" in record or "tenantId" in record or "correlationId" in record):
        found = _category(record)
        if found is not None:
            return found
        return ACTIVITY if "resourceId" in record else None
    if "createdDateTime" in record and "userPrincipalName" in record and "appId" in record:
        return SIGN_IN
    if "activityDateTime" in record and "activityDisplayName" in record:
        return AUDIT
    if "riskEventType" in record and "detectedDateTime" in record:
        return RISK
    if "TimeGenerated" in record:
        if "UserPrincipalName" in record and "ResultType" in record:
            return SIGN_IN
        if "ActivityDisplayName" in record or "LoggedByService" in record:
            return AUDIT
        if "OperationNameValue" in record:
            return ACTIVITY
    return None


class Azure:
    """One record of a log of Azure or Entra."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return _source(record) is not None

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        source = _source(record) or ACTIVITY
        properties = _properties(record)
        if type(properties) is dict:
            _raise(record, properties)
        if source is AUDIT:
            told = _any(record, "activityDisplayName", "ActivityDisplayName", "operationName", "OperationName")
            if told is not None and not (type(properties) is dict and "message" in properties):
                record.setdefault("properties.message", told)
        moment = next((found for name in _TIMES if (found := iso(record.get(name))) is not None), None)
        return Read(record, source, moment)


def _properties(record: Data) -> Any:
    """`properties`, also where they are the text of an object."""
    found = record.get("properties")
    if type(found) is str and found[:1] == "{":
        found = parse(found.encode("utf-8", "replace"), Bounds())
        record["properties"] = found
    return found


def _raise(record: Data, properties: Data) -> None:
    lower = {key.lower(): key for key in record}
    for name, value in properties.items():
        key = lower.get(name.lower())
        if key is None:
            record[name] = value
        elif type(value) is str and type(record[key]) is str and value != record[key]:
            record[key] = [record[key], value]


def _any(record: Data, *names: str) -> Any:
    return next((record[name] for name in names if record.get(name)), None)
