"""Systems of the sample company and what ties them to capabilities, units, assets and each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

from accord.site.sample.assets import Thing
from accord.site.sample.company import Tables, shares, sheet, story
from accord.site.sample.organization import STORES

# Nobody has said yet who owns these; the first screens show it as unknown.
NO_IT_OWNER = ("SYS-FAX", "SYS-EVENT", "SYS-BMS", "SYS-COUNT")
NO_BUSINESS_OWNER = ("SYS-WMSARC", "SYS-ERPOLD", "SYS-EVENT", "SYS-FAX", "SYS-OTRA")
HEADED = {"SYS-VPN": "tomas.grevenik", "SYS-IDP": "tomas.grevenik"}
"""Systems that the head of infrastructure answers for himself: the manager among the sample's logins."""
WEIGHTS = {
    "host": 6.0,
    "image": 2.0,
    "repository": 1.0,
    "cloud_resource": 2.0,
    "device": 1.0,
    "application": 2.0,
    "account": 0.5,
}
NOTES = {"SYS-NET": "connection", "SYS-AD": "accounts", "SYS-IDP": "sign-in", "SYS-BACKUP": "copies"}


def _systems(rng: Random, people: list[dict[str, object]], heads: Mapping[str, str]) -> list[dict[str, object]]:
    staff: dict[str, list[str]] = {}
    for person in people:
        staff.setdefault(str(person["unit"]), []).append(str(person["key"]))
    rows = []
    for line in sheet("company/systems"):
        key = line["key"]
        row: dict[str, object] = {
            name: line[name]
            for name in (
                "key", "name", "description", "introduced", "end_of_support", "retire_by", "criticality",
                "rto_hours", "rpo_hours", "reach",
            )
        }  # fmt: skip
        chosen = "" if key in NO_IT_OWNER else rng.choice(staff[line["team"]])
        row["it_owner"] = HEADED.get(key, chosen)
        row["business_owner"] = "" if key in NO_BUSINESS_OWNER else heads[line["unit"]]
        row["cost_per_year"] = int(line["cost_k"]) * 1000 if line["cost_k"] else None
        rows.append(row)
    return rows


def _system_assets(things: Iterable[Thing]) -> list[dict[str, object]]:
    """Each system is spread over its assets by weight; a tenth is not assigned."""
    by_system: dict[str, list[Thing]] = {}
    for thing in things:
        if thing.system:
            by_system.setdefault(thing.system, []).append(thing)
    rows = []
    for system, mine in by_system.items():
        weights = [WEIGHTS[t.kind] * (1.0 if t.environment == "production" else 0.1) for t in mine]
        whole = 900_000 if len(mine) > 2 else 1_000_000
        rows += [
            {
                "system": system,
                "asset": thing.key,
                "share": max(1, int(whole * weight / sum(weights))) / 1_000_000,
            }
            for thing, weight in zip(mine, weights, strict=True)
        ]
    return rows


def tables(rng: Random, people: list[dict[str, object]], heads: Mapping[str, str], things: list[Thing]) -> Tables:
    """The rows of system, capability_system, asset, system_asset, unit_system and dependency."""
    lines = sheet("company/systems")
    work = story("organization")["work"]
    assert set(STORES) <= set(work)
    return {
        "system": _systems(rng, people, heads),
        "capability_system": [
            {"capability": capability, "system": line["key"], "share": share}
            for line in lines
            for capability, share in shares(line["serves"])
        ],
        "asset": [thing.row() for thing in things],
        "system_asset": _system_assets(things),
        "unit_system": [
            {"unit": unit, "system": system, "share": share}
            for unit, systems in work.items()
            for system, share in systems.items()
        ],
        "dependency": [
            {"system": line["key"], "depends_on": other, "note": NOTES.get(other, "")}
            for line in lines
            for other in line["depends"].split()
        ],
    }
