"""Definitions and feeds, scans and their targets, findings, and the roll-ups over them."""

from accord.exposure.models.campaigns import Campaign, CampaignFix, Ticket
from accord.exposure.models.feed_points import EndOfLife, SsvcPoint
from accord.exposure.models.findings import HAS_COMPONENT, IS_OPEN, OPEN_STATES, TOUCHED, Finding
from accord.exposure.models.fixes import Fix, FixDecision, FixState, MonthlyFlow, SystemFix
from accord.exposure.models.journal import ImportJournal
from accord.exposure.models.knowledge import Definition, DefinitionAlias, Epss, FeedUpdate, Kev, Severity
from accord.exposure.models.mapping import ImportMapping
from accord.exposure.models.patch_plan import PatchJob, PatchPlan
from accord.exposure.models.policy import PriorityPolicy
from accord.exposure.models.rollups import AssetExposure, SystemExposure, TotalExposure
from accord.exposure.models.scans import Scan, ScanTarget, Target
from accord.exposure.models.searching import ComponentWords, DefinitionWords
from accord.exposure.models.security_tests import (
    SecurityTest,
    SecurityTestFinding,
    SecurityTestRule,
    SecurityTestScan,
    SecurityTestSurface,
    SecurityTestSystem,
)
from accord.exposure.models.statements import VexStatement
from accord.exposure.models.surfaces import (
    AssetCoverage,
    AssetSurface,
    Component,
    CoverageState,
    EndedSupport,
    InventoryCoverage,
    PathRun,
    Safeguard,
    SafeguardEvidence,
    SafeguardRule,
    Surface,
    SurfaceInventory,
    SystemStake,
)
from accord.exposure.models.triage import Notice, TriageCase, TriageFinding
from accord.exposure.models.windows import (
    ChangeFreeze,
    ChangeWindow,
    DowntimeLimit,
    FixEffort,
    FreezeSystem,
    PatchRule,
    SystemTeam,
    TeamHours,
    WindowSystem,
)

__all__ = [
    "HAS_COMPONENT",
    "IS_OPEN",
    "OPEN_STATES",
    "TOUCHED",
    "AssetCoverage",
    "AssetExposure",
    "AssetSurface",
    "Campaign",
    "CampaignFix",
    "ChangeFreeze",
    "ChangeWindow",
    "Component",
    "ComponentWords",
    "CoverageState",
    "Definition",
    "DefinitionAlias",
    "DefinitionWords",
    "DowntimeLimit",
    "EndOfLife",
    "EndedSupport",
    "Epss",
    "FeedUpdate",
    "Finding",
    "Fix",
    "FixDecision",
    "FixEffort",
    "FixState",
    "FreezeSystem",
    "ImportJournal",
    "ImportMapping",
    "InventoryCoverage",
    "Kev",
    "MonthlyFlow",
    "Notice",
    "PatchJob",
    "PatchPlan",
    "PatchRule",
    "PathRun",
    "PriorityPolicy",
    "Safeguard",
    "SafeguardEvidence",
    "SafeguardRule",
    "Scan",
    "ScanTarget",
    "SecurityTest",
    "SecurityTestFinding",
    "SecurityTestRule",
    "SecurityTestScan",
    "SecurityTestSurface",
    "SecurityTestSystem",
    "Severity",
    "SsvcPoint",
    "Surface",
    "SurfaceInventory",
    "SystemExposure",
    "SystemFix",
    "SystemStake",
    "SystemTeam",
    "Target",
    "TeamHours",
    "Ticket",
    "TotalExposure",
    "TriageCase",
    "TriageFinding",
    "VexStatement",
    "WindowSystem",
]
