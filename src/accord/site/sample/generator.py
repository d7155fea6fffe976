"""Writes the sample company into a folder. Plain Python: no Django, no clock, one random number generator."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from random import Random

from accord.site.sample import assets, estate, organization, scans, strategy, surfaces
from accord.site.sample.company import DATA, SEED, SampleCompany, Tables, write_tables

COLUMNS: dict[str, tuple[str, ...]] = {
    "unit": ("key", "name", "parent"),
    "person": ("key", "name", "email", "unit", "role_title", "heads_unit"),
    "goal": ("key", "name", "parent", "weight", "owner", "measure", "target", "due"),
    "capability": ("key", "name", "description"),
    "goal_capability": ("goal", "capability", "share"),
    "system": (
        "key", "name", "description", "it_owner", "business_owner", "introduced", "end_of_support",
        "retire_by", "criticality", "rto_hours", "rpo_hours", "cost_per_year", "reach",
    ),
    "capability_system": ("capability", "system", "share"),
    "asset": (
        "key", "name", "kind", "hostnames", "addresses", "identifiers", "owner", "environment", "source",
        "first_seen", "last_seen",
    ),
    "system_asset": ("system", "asset", "share"),
    "unit_system": ("unit", "system", "share"),
    "dependency": ("system", "depends_on", "note"),
    "initiative": (
        "key", "name", "sponsor", "description", "owner", "duration_quarters", "earliest_start",
        "latest_start", "mandatory", "size_of",
    ),
    "initiative_cost": ("initiative", "year", "capital", "running"),
    "initiative_range": ("initiative", "cost_low", "cost_high", "benefit_low", "benefit_high", "source"),
    "initiative_people": ("initiative", "quarter", "skill", "fte"),
    "initiative_relation": ("initiative", "kind", "other"),
    "initiative_goal": ("initiative", "goal", "contribution"),
    "initiative_ramp": ("initiative", "quarter", "share"),
    "initiative_system": ("initiative", "system"),
    "budget": ("year", "capital", "running"),
    "capacity": ("skill", "quarter", "fte"),
    "control": (
        "key", "name", "description", "owner", "state", "since", "capability_low", "capability_mid",
        "capability_high", "reliability_low", "reliability_mid", "reliability_high",
    ),
    "control_system": ("control", "system", "coverage_low", "coverage_mid", "coverage_high"),
    "scenario": (
        "key", "name", "description", "threat", "effect", "frequency_low", "frequency_mid", "frequency_high",
        "owner", "source",
    ),
    "scenario_system": ("scenario", "system", "share"),
    "scenario_loss": ("scenario", "form", "low", "mid", "high"),
    "control_effect": (
        "control", "scenario", "frequency_low", "frequency_mid", "frequency_high", "magnitude_low",
        "magnitude_mid", "magnitude_high",
    ),
    "initiative_effect": (
        "initiative", "scenario", "frequency_low", "frequency_mid", "frequency_high", "magnitude_low",
        "magnitude_mid", "magnitude_high",
    ),
    "loss_event": ("key", "scenario", "date", "amount", "note"),
    "shared_cause": ("key", "name", "description", "rate_low", "rate_mid", "rate_high", "source"),
    "shared_cause_scenario": ("cause", "scenario", "probability"),
    "base_rate": ("key", "scenario", "rate", "years", "source"),
    "observed_period": ("scenario", "since", "source"),
    **surfaces.COLUMNS,
}  # fmt: skip
REAL = DATA.with_name("real")
ENGINEERS = ("U-IT-APP", "U-IT-INF", "U-IT-DATA", "U-ENG")


def build(seed: int = SEED) -> tuple[Tables, list[assets.Thing], list[dict[str, object]]]:
    """The tables by noun, the assets with what the scanners need to know, and the persons."""
    people = organization.persons(Random(f"{seed}-persons"))
    engineers = [str(row["key"]) for row in people if row["unit"] in ENGINEERS]
    things = assets.things(Random(f"{seed}-assets"), engineers)
    found = organization.tables(people)
    found |= estate.tables(Random(f"{seed}-estate"), people, organization.heads(people), things)
    found |= strategy.initiatives() | strategy.risks()
    found |= surfaces.tables(things, people, Random(f"{seed}-surfaces"))
    return {noun: found[noun] for noun in COLUMNS}, things, people


def generate(folder: Path, seed: int = SEED) -> SampleCompany:
    """Writes `tables/NOUN.csv`, `feeds/`, `scans/` and `real/` below `folder` and says what is there.

    The same seed gives the same bytes. These four folders are emptied first.
    """
    tables, things, people = build(seed)
    for name in ("tables", "feeds", "scans", "real"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_tables(folder / "tables", tables, COLUMNS)
    written = scans.write(folder / "scans", things, Random(f"{seed}-scans"))
    return SampleCompany(
        folder=folder,
        tables=folder / "tables",
        feeds=_copied([DATA / "kev.json", DATA / "epss.csv", DATA / "end-of-life.csv"], folder / "feeds"),
        scans=tuple(written),
        real=_copied(sorted(REAL.glob("*.[jx]*")), folder / "real"),
        users=organization.demo_users(people),
    )


def _copied(files: Iterable[Path], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True)
    return tuple(Path(shutil.copyfile(file, folder / file.name)) for file in files)
