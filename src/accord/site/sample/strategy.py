"""Initiatives, budgets and capacities, scenarios, controls and past incidents of the sample company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accord.site.sample.company import Tables, story

SOURCE = "Invented for the sample: sized as experts of such a company might answer in a workshop."
SIDES = ("frequency", "magnitude")
LEVELS = ("low", "mid", "high")


def _cells(prefix: str, values: Sequence[float], times: int = 1) -> dict[str, object]:
    """Three columns of an interval, or none when the side is not affected."""
    return {f"{prefix}{level}": value * times for level, value in zip(LEVELS, values, strict=False)}


def _effect(sides: Sequence[Sequence[float]]) -> dict[str, object]:
    frequency, magnitude = sides
    return _cells("frequency_", frequency) | _cells("magnitude_", magnitude)


def initiatives() -> Tables:
    """The nouns of initiatives, with budget and capacity. Amounts in EUR."""
    told = story("initiatives")
    tables: Tables = {
        name: []
        for name in (
            "initiative", "initiative_cost", "initiative_range", "initiative_people", "initiative_relation",
            "initiative_goal", "initiative_ramp", "initiative_system", "initiative_effect",
        )
    }  # fmt: skip
    for one in told["initiative"]:
        _explode(one, tables)
    tables["budget"] = [
        {"year": year, "capital": capital * 1000, "running": running * 1000}
        for year, (capital, running) in told["budget"].items()
    ]
    tables["capacity"] = [
        {"skill": skill, "quarter": f"{2027 + offset}-Q{quarter}", "fte": fte}
        for skill, years in told["capacity"].items()
        for offset, fte in enumerate(years)
        for quarter in (1, 2, 3, 4)
    ]
    return tables


def _explode(one: dict[str, Any], tables: Tables) -> None:
    key = one["key"]
    tables["initiative"].append(
        {
            "key": key,
            "name": one["name"],
            "sponsor": one["sponsor"],
            "description": one["description"],
            "owner": one["owner"],
            "duration_quarters": one["duration"],
            "earliest_start": one["earliest"],
            "latest_start": one["latest"],
            "mandatory": one.get("mandatory", False),
            "size_of": one.get("size_of", ""),
        }
    )
    tables["initiative_ramp"] += [
        {"initiative": key, "quarter": number, "share": share} for number, share in enumerate(one.get("ramp", ()), 1)
    ]
    if "cost_range" in one:
        ends = {
            f"{what}_{end}": value
            for what in ("cost", "benefit")
            for end, value in zip(("low", "high"), one[f"{what}_range"], strict=True)
        }
        tables["initiative_range"].append({"initiative": key, **ends, "source": SOURCE})
    for year, (capital, running) in enumerate(zip(one["capital"], one["running"], strict=True), 1):
        tables["initiative_cost"].append(
            {"initiative": key, "year": year, "capital": capital * 1000, "running": running * 1000}
        )
    for skill, per_quarter in one["people"].items():
        tables["initiative_people"] += [
            {"initiative": key, "quarter": number, "skill": skill, "fte": fte}
            for number, fte in enumerate(per_quarter, 1)
        ]
    for kind in ("requires", "excludes"):
        tables["initiative_relation"] += [
            {"initiative": key, "kind": kind, "other": other} for other in one.get(kind, [])
        ]
    tables["initiative_goal"] += [
        {"initiative": key, "goal": goal, "contribution": share} for goal, share in one["goals"].items()
    ]
    tables["initiative_system"] += [{"initiative": key, "system": system} for system in one["systems"]]
    tables["initiative_effect"] += [
        {"initiative": key, "scenario": scenario} | _effect(sides) for scenario, sides in one.get("effects", {}).items()
    ]


NOT_COLUMNS = frozenset({"effects", "covers", "capability", "reliability"})


def risks() -> Tables:
    """The nouns of scenarios, controls and incidents. Amounts in EUR."""
    told = story("risk")
    tables: Tables = {
        name: []
        for name in (
            "control",
            "scenario",
            "scenario_system",
            "scenario_loss",
            "control_system",
            "control_effect",
            "loss_event",
            "shared_cause",
            "shared_cause_scenario",
            "base_rate",
            "observed_period",
        )
    }
    for one in told["scenario"]:
        key = one["key"]
        row = {name: one[name] for name in ("key", "name", "description", "threat", "effect", "owner")}
        tables["scenario"].append(row | _cells("frequency_", one["frequency"]) | {"source": SOURCE})
        tables["scenario_system"] += [
            {"scenario": key, "system": system, "share": share} for system, share in one["systems"].items()
        ]
        tables["scenario_loss"] += [
            {"scenario": key, "form": form} | _cells("", values, 1000) for form, values in one["loss"].items()
        ]
    for one in told["control"]:
        row = {name: value for name, value in one.items() if name not in NOT_COLUMNS}
        for side in ("capability", "reliability"):
            row |= _cells(f"{side}_", one[side]) if side in one else {}
        tables["control"].append(row)
        tables["control_system"] += [
            {"control": one["key"], "system": system} | (_cells("coverage_", share) if share else {})
            for system, share in one.get("covers", {}).items()
        ]
        tables["control_effect"] += [
            {"control": one["key"], "scenario": scenario} | _effect(sides) for scenario, sides in one["effects"].items()
        ]
    for name in ("loss_event", "base_rate", "observed_period"):
        tables[name] = [dict(row) for row in told[name]]
    for one in told["shared_cause"]:
        row = {name: one[name] for name in ("key", "name", "description")}
        tables["shared_cause"].append(
            row | (_cells("rate_", one["rate"]) if "rate" in one else {}) | {"source": SOURCE}
        )
        tables["shared_cause_scenario"] += [
            {"cause": one["key"], "scenario": scenario, "probability": share}
            for scenario, share in one["strikes"].items()
        ]
    return tables
