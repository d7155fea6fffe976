"""The tables of monitoring. Events themselves are Parquet (accord.monitoring.store); only where they lie is here."""

from accord.monitoring.models.alerts import Alert, AlertEvent
from accord.monitoring.models.baselines import BlindInitiative, BlindState, SourceHost, SourceSilence, SourceWatch
from accord.monitoring.models.events import EventFile, EventSpan, PumpState
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
    RuleCollection,
    RuleDay,
    RuleFault,
    RulePolicy,
    RuleProgram,
    RuleScore,
    RuleTest,
)
from accord.monitoring.models.rules import Rule, RuleVersion
from accord.monitoring.models.sources import Source, SourceHour, SourceLog

__all__ = [
    "Alert",
    "AlertEvent",
    "AttackGroup",
    "AttackRelease",
    "AttackTactic",
    "AttackTechnique",
    "BlindInitiative",
    "BlindState",
    "DetectionExercise",
    "EventFile",
    "EventSpan",
    "GroupTechnique",
    "PumpState",
    "Rule",
    "RuleCollection",
    "RuleDay",
    "RuleFault",
    "RulePolicy",
    "RuleProgram",
    "RuleScore",
    "RuleTest",
    "RuleVersion",
    "Source",
    "SourceHost",
    "SourceHour",
    "SourceLog",
    "SourceSilence",
    "SourceWatch",
    "ThreatProfile",
]
