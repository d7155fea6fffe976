"""CycloneDX 1.6 (ECMA-424): vulnerabilities with their analysis, and components."""

from __future__ import annotations

from typing import Any

from accord.outlet.vex.records import (
    JUSTIFICATIONS,
    Component,
    Inventory,
    Product,
    Statement,
    VexDocument,
    filled,
    moment,
    serial,
    written,
)

STATES = {
    "not_affected": "not_affected", "affected": "exploitable", "fixed": "resolved", "under_investigation": "in_triage",
}  # fmt: skip
METHODS = {"2": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}


def _head(identifier: str, version: int, issued: str, author: str) -> dict[str, Any]:
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(identifier),
        "version": version,
        "metadata": {
            "timestamp": issued,
            "tools": {"components": [{"type": "application", "name": "Accord"}]},
            "authors": [{"name": author}],
        },
    }


def _product(product: Product) -> dict[str, Any]:
    return filled(
        {
            "type": product.kind, "bom-ref": product.key, "name": product.name, "version": product.version,
            "purl": product.purl, "cpe": product.cpe,
        }
    )  # fmt: skip


def cyclonedx(document: VexDocument) -> bytes:
    """The document as CycloneDX; one vulnerability per statement, as each has its own analysis."""
    document.check()
    content = _head(document.identifier, document.version, moment(document.issued), document.author)
    content["components"] = [_product(product) for product in document.products]
    content["vulnerabilities"] = [
        _vulnerability(number, one, document) for number, one in enumerate(document.statements, start=1)
    ]
    return written(content)


def _vulnerability(number: int, one: Statement, document: VexDocument) -> dict[str, Any]:
    reason, nearest = JUSTIFICATIONS.get(one.justification or "", ("", ""))
    said = " ".join(text for text in (one.impact, f"{reason} ({one.justification})." if reason else "") if text)
    analysis = filled(
        {
            "state": STATES[one.status],
            "justification": nearest if one.status == "not_affected" else None,
            "response": ["update"] if one.status == "affected" and one.action else None,
            "detail": " ".join(text for text in (said, one.action) if text),
            "firstIssued": moment(one.said),
        }
    )
    ratings = [filled({"score": one.score, "method": _method(vector), "vector": vector}) for vector in one.vectors[:1]]
    properties = [{"name": "accord:component", "value": one.component}] if one.component else []
    return filled(
        {
            "bom-ref": f"{one.vulnerability}#{number}",
            "id": one.vulnerability,
            "references": [{"id": alias, "source": {"name": _source(alias)}} for alias in one.aliases],
            "ratings": ratings,
            "cwes": [int(cwe.removeprefix("CWE-")) for cwe in one.cwes if cwe.removeprefix("CWE-").isdecimal()],
            "description": one.description,
            "analysis": analysis,
            "affects": [{"ref": one.product}],
            "properties": properties,
        }
    )


def _method(vector: str) -> str:
    if vector.startswith("CVSS:"):
        return METHODS.get(vector[5:8], "other")
    return METHODS["2"]


def _source(identifier: str) -> str:
    return {"CVE": "NVD", "GHSA": "GitHub", "OSV": "OSV"}.get(identifier.partition("-")[0], "unknown")


def sbom(inventory: Inventory) -> bytes:
    """What is known to be in products. Its completeness is told as unknown: it is what scanners and documents named."""
    content = _head(inventory.identifier, inventory.version, moment(inventory.issued), inventory.author)
    held: dict[str, list[Component]] = {product.key: [] for product in inventory.products}
    for one in inventory.components:
        held[one.product].append(one)
    references: dict[tuple[str, str | None, str | None], str] = {}
    parts: list[dict[str, Any]] = []
    for one in inventory.components:
        thing = (one.purl or one.name, one.version, one.cpe)
        if thing not in references:
            references[thing] = f"part:{len(references) + 1}"
            parts.append(_part(one, references[thing]))
    content["components"] = [*(_product(product) for product in inventory.products), *parts]
    content["dependencies"] = [
        {"ref": key, "dependsOn": sorted({references[(o.purl or o.name, o.version, o.cpe)] for o in ones})}
        for key, ones in held.items()
    ]
    content["compositions"] = [{"aggregate": "unknown", "assemblies": list(held)}]
    return written(content)


def _part(one: Component, reference: str) -> dict[str, Any]:
    properties = filled({"accord:seen": moment(one.seen) if one.seen else None, "accord:source": one.source})
    return filled(
        {
            "type": "library", "bom-ref": reference, "name": one.name, "version": one.version, "purl": one.purl,
            "cpe": one.cpe, "properties": [{"name": name, "value": value} for name, value in properties.items()],
        }
    )  # fmt: skip
