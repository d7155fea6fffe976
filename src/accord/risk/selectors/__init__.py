"""Reads of this room."""

from accord.risk.selectors.appetite import Compared, appetite_in_force, appetites, compare
from accord.risk.selectors.drivers import driver_statements, shared_tail, swings, worth_of_knowing
from accord.risk.selectors.inputs import Inputs, Reduction, ScenarioInput, collect, initiative_effects
from accord.risk.selectors.results import (
    curve,
    curve_without_controls,
    exceeding,
    is_stale,
    latest_run,
    level_of,
    scenario_row,
    statements,
)

__all__ = [
    "Compared",
    "Inputs",
    "Reduction",
    "ScenarioInput",
    "appetite_in_force",
    "appetites",
    "collect",
    "compare",
    "curve",
    "curve_without_controls",
    "driver_statements",
    "exceeding",
    "initiative_effects",
    "is_stale",
    "latest_run",
    "level_of",
    "scenario_row",
    "shared_tail",
    "statements",
    "swings",
    "worth_of_knowing",
]
