"""The tables of monitoring. Events themselves are Parquet (accord.monitoring.store); only where they lie is here."""

from accord.monitoring.models.acts import AlertAct, AlertActRow
from accord.monitoring.models.alerts import Alert, AlertEvent, AlertNote, SeenHit
from accord.monitoring.models.baselines import (
    BlindInitiative,
    BlindState,
    BoundLog,
    RuleRoutes,
    SourceHost,
    SourceSilence,
    SourceWatch,
)
from accord.monitoring.models.daily import DailyWatch, ExploitedWeakness, ShiftNote, WatchChoice, WatchMail
from accord.monitoring.models.entities import EntityRisk, EntityRule
from accord.monitoring.models.events import EventFile, EventSpan, PumpState
from accord.monitoring.models.exceptions import (
    ExceptionDay,
    ExceptionReplay,
    GroupingWindow,
    RuleException,
    Silence,
)
from accord.monitoring.models.profile import (
    AttackGroup,
    AttackRelease,
    AttackTactic,
    AttackTechnique,
    DetectionExercise,
    GroupTechnique,
    ThreatProfile,
)
from accord.monitoring.models.rule_facts import (
    Placeholder,
    RuleCollection,
    RuleDay,
    RuleFault,
    RulePolicy,
    RuleProgram,
    RuleScore,
    RuleTest,
)
from accord.monitoring.models.rules import Rule, RuleVersion
from accord.monitoring.models.sources import Collector, Source, SourceHour, SourceLog
from accord.monitoring.models.stakes import SystemStake

__all__ = [
    "Alert",
    "AlertAct",
    "AlertActRow",
    "AlertEvent",
    "AlertNote",
    "AttackGroup",
    "AttackRelease",
    "AttackTactic",
    "AttackTechnique",
    "BlindInitiative",
    "BlindState",
    "BoundLog",
    "Collector",
    "DailyWatch",
    "DetectionExercise",
    "EntityRisk",
    "EntityRule",
    "EventFile",
    "EventSpan",
    "ExceptionDay",
    "ExceptionReplay",
    "ExploitedWeakness",
    "GroupTechnique",
    "GroupingWindow",
    "Placeholder",
    "PumpState",
    "Rule",
    "RuleCollection",
    "RuleDay",
    "RuleException",
    "RuleFault",
    "RulePolicy",
    "RuleProgram",
    "RuleRoutes",
    "RuleScore",
    "RuleTest",
    "RuleVersion",
    "SeenHit",
    "ShiftNote",
    "Silence",
    "Source",
    "SourceHost",
    "SourceHour",
    "SourceLog",
    "SourceSilence",
    "SourceWatch",
    "SystemStake",
    "ThreatProfile",
    "WatchChoice",
    "WatchMail",
]
