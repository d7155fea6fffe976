"""What a VEX document and a bill of materials are made of, whatever format they are written in."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["not_affected", "affected", "fixed", "under_investigation"]
STATUSES: tuple[Status, ...] = ("not_affected", "affected", "fixed", "under_investigation")
JUSTIFICATIONS: dict[str, tuple[str, str]] = {
    "component_not_present": ("The component is not in the product", "code_not_present"),
    "vulnerable_code_not_present": ("The vulnerable code is not in the product", "code_not_present"),
    "vulnerable_code_not_in_execute_path": ("The vulnerable code is never run", "code_not_reachable"),
    "vulnerable_code_cannot_be_controlled_by_adversary": (
        "An attacker cannot reach the vulnerable code", "requires_environment",
    ),
    "inline_mitigations_already_exist": (
        "Protection that is built in keeps it from being exploited", "protected_by_mitigating_control",
    ),
}  # fmt: skip
"""OpenVEX's and CSAF's justification → in words, and the nearest that CycloneDX has."""


class VexError(ValueError):
    """The document would not be valid; says which statement and what is missing."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product (an asset of the organization): `key` is stable and unique in the document."""

    key: str
    name: str
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None
    kind: Literal["application", "container", "library", "device", "operating-system", "file"] = "application"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one vulnerability in one product.

    `vulnerability`  its identifier (CVE, GHSA …), `aliases` others
    `component`      the package URL of the part in which it is, None = the product itself
    `justification`  a key of JUSTIFICATIONS; `impact` says in words why it is not affected
    `action`         what is done, or to be done, about it
    `said`           when it was said; `vectors` and `score` are those of CVSS, newest first
    """

    vulnerability: str
    product: str
    status: Status
    said: datetime
    aliases: tuple[str, ...] = ()
    description: str | None = None
    component: str | None = None
    justification: str | None = None
    impact: str | None = None
    action: str | None = None
    vectors: tuple[str, ...] = ()
    score: float | None = None
    cwes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VexDocument:
    """A set of statements by one author. `identifier` is an IRI; `version` counts its editions from 1."""

    identifier: str
    author: str
    namespace: str
    title: str
    version: int
    issued: datetime
    products: tuple[Product, ...]
    statements: tuple[Statement, ...]
    first_issued: datetime | None = None

    def check(self) -> None:
        """VexError where a statement lacks what the formats demand, or names no product of the document."""
        known = {product.key for product in self.products}
        if len(known) != len(self.products):
            raise VexError("Two products have one key.")
        if not self.statements:
            raise VexError("There is nothing to say: no statement.")
        for one in self.statements:
            where = f"{one.vulnerability} in {one.product}"
            if one.product not in known:
                raise VexError(f"{where}: the product is not in the document.")
            if one.status not in STATUSES:
                raise VexError(f"{where}: “{one.status}” is no status.")
            if one.justification is not None and one.justification not in JUSTIFICATIONS:
                raise VexError(f"{where}: “{one.justification}” is no justification.")
            if one.status == "not_affected" and not (one.justification or one.impact):
                raise VexError(f"{where}: say why it is not affected: a justification, or the reason in words.")
            if one.status == "affected" and not one.action:
                raise VexError(f"{where}: say what is to be done about it.")


@dataclass(frozen=True, slots=True)
class Component:
    """One package in a product. `product` is the key of the product that holds it."""

    product: str
    name: str
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None
    seen: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known to be in products. It may be incomplete: `composition` says so to the reader."""

    identifier: str
    author: str
    version: int
    issued: datetime
    products: tuple[Product, ...]
    components: tuple[Component, ...]


def moment(value: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(content: dict[str, Any]) -> bytes:
    """JSON for people and machines."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def serial(identifier: str) -> str:
    """A `urn:uuid:` that always follows from the same identifier."""
    if identifier.startswith("urn:uuid:"):
        return identifier
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identifier)}"


def filled(content: dict[str, Any]) -> dict[str, Any]:
    """Without what is None, "" or empty."""
    return {name: value for name, value in content.items() if value not in (None, "", [], {})}
