"""Definitions and feeds, scans and their targets, findings, and the roll-ups over them."""

from accord.exposure.models.findings import IS_OPEN, OPEN_STATES, Finding
from accord.exposure.models.knowledge import Definition, DefinitionAlias, Epss, FeedUpdate, Kev, Severity
from accord.exposure.models.rollups import AssetExposure, SystemExposure, TotalExposure
from accord.exposure.models.scans import Scan, ScanTarget, Target

__all__ = [
    "IS_OPEN",
    "OPEN_STATES",
    "AssetExposure",
    "Definition",
    "DefinitionAlias",
    "Epss",
    "FeedUpdate",
    "Finding",
    "Kev",
    "Scan",
    "ScanTarget",
    "Severity",
    "SystemExposure",
    "Target",
    "TotalExposure",
]
