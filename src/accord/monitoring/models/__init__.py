"""The tables of monitoring. Events themselves are Parquet (accord.monitoring.store); only where they lie is here."""

from accord.monitoring.models.alerts import Alert, AlertEvent
from accord.monitoring.models.events import EventFile
from accord.monitoring.models.rules import Rule, RuleVersion
from accord.monitoring.models.sources import Source, SourceHour, SourceLog

__all__ = ["Alert", "AlertEvent", "EventFile", "Rule", "RuleVersion", "Source", "SourceHour", "SourceLog"]
