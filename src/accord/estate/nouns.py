"""The table nouns of this room."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind
from accord.estate.models import Asset, System
from accord.organization.nouns import KEY, NAME


def _lifecycle_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    start = row["introduced"]
    for name in ("end_of_support", "retire_by"):
        if start and row[name] and row[name] < start:
            yield name, f"{row[name]} is before the system was introduced ({start}).", "Correct one of the dates."


def _seen_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["first_seen"] and row["last_seen"] and row["last_seen"] < row["first_seen"]:
        yield "last_seen", f"{row['last_seen']} is before first seen.", "Correct one of the dates."


def _addresses_are(row: Row) -> Iterable[tuple[str, str, str]]:
    for address in row["addresses"]:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            yield "addresses", f"“{address}” is not an IP address.", "Put names into hostnames."


def _identifiers_are(row: Row) -> Iterable[tuple[str, str, str]]:
    for text in row["identifiers"]:
        if not text.partition(":")[2]:
            yield "identifiers", f"“{text}” has no scheme.", "Write scheme:value, such as repo:git.example/pay."


def _not_itself(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["system"] == row["depends_on"]:
        yield "depends_on", "A system cannot depend on itself.", "Name another system."


SYSTEM = Noun(
    "system", "systems", "estate.System",
    (
        KEY,
        NAME,
        Column("description", Kind.LONG),
        Column("it_owner", Kind.REF, noun="person", label="Owner in IT", back="Systems owned in IT"),
        Column("business_owner", Kind.REF, noun="person", back="Systems owned in the business"),
        Column("introduced", Kind.DATE),
        Column("end_of_support", Kind.DATE),
        Column("retire_by", Kind.DATE),
        Column("criticality", Kind.CHOICE, choices=tuple(System.Criticality.choices)),
        Column("rto_hours", Kind.DECIMAL, label="RTO", unit="hours", minimum=0, help="Recovery time objective."),
        Column("rpo_hours", Kind.DECIMAL, label="RPO", unit="hours", minimum=0, help="Recovery point objective."),
        Column("cost_per_year", Kind.MONEY, minimum=0),
        Column("reach", Kind.CHOICE, choices=tuple(System.Reach.choices), label="Exposed to"),
    ),
    row_checks=(_lifecycle_in_order,), order=20, description="Applications and IT services.",
)  # fmt: skip
CAPABILITY_SYSTEM = Noun(
    "capability_system", "capability_systems", "estate.CapabilitySystem",
    (
        Column("capability", Kind.REF, noun="capability", key=True, required=True),
        Column("system", Kind.REF, noun="system", key=True, required=True),
        Column("share", Kind.SHARE, required=True, help="Share of the capability that the system carries."),
    ),
    title="capability", share_of="capability", order=21,
    description="Which systems carry a capability, by share; what is left over is not assigned.",
)  # fmt: skip
ASSET = Noun(
    "asset", "assets", "estate.Asset",
    (
        KEY,
        NAME,
        Column("kind", Kind.CHOICE, required=True, choices=tuple(Asset.AssetKind.choices)),
        Column("hostnames", Kind.LIST, help="Separated by ;"),
        Column("addresses", Kind.LIST, help="IP addresses, separated by ;"),
        Column("identifiers", Kind.LIST, help="scheme:value, separated by ;"),
        Column("owner", Kind.REF, noun="person"),
        Column("environment", Kind.CHOICE, choices=tuple(Asset.Environment.choices)),
        Column("source", help="Where this row comes from, such as the CMDB."),
        Column("first_seen", Kind.DATE),
        Column("last_seen", Kind.DATE),
    ),
    row_checks=(_seen_in_order, _addresses_are, _identifiers_are), order=22,
    description="Hosts, images, repositories, accounts, cloud resources and devices.",
)  # fmt: skip
SYSTEM_ASSET = Noun(
    "system_asset", "system_assets", "estate.SystemAsset",
    (
        Column("system", Kind.REF, noun="system", key=True, required=True),
        Column("asset", Kind.REF, noun="asset", key=True, required=True),
        Column("share", Kind.SHARE, required=True, help="Share of the system that runs on the asset."),
    ),
    title="system", share_of="system", order=23,
    description="Which assets a system runs on, by share.",
)  # fmt: skip
UNIT_SYSTEM = Noun(
    "unit_system", "unit_systems", "estate.UnitSystem",
    (
        Column("unit", Kind.REF, noun="unit", key=True, required=True),
        Column("system", Kind.REF, noun="system", key=True, required=True),
        Column("share", Kind.SHARE, required=True, help="Share of the unit's work that runs on the system."),
    ),
    title="unit", share_of="unit", order=24, description="Which systems a unit works with, by share.",
)  # fmt: skip
DEPENDENCY = Noun(
    "dependency", "dependencies", "estate.Dependency",
    (
        Column("system", Kind.REF, noun="system", key=True, required=True, back="What it needs"),
        Column("depends_on", Kind.REF, noun="system", key=True, required=True, back="What needs it"),
        Column("note"),
    ),
    title="system", row_checks=(_not_itself,), order=25, description="Which system needs which other one.",
)  # fmt: skip


def declare() -> None:
    register(SYSTEM, CAPABILITY_SYSTEM, ASSET, SYSTEM_ASSET, UNIT_SYSTEM, DEPENDENCY)
