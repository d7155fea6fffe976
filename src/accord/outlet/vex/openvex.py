"""OpenVEX 0.2.0 (github.com/openvex/spec, OPENVEX-SPEC.md)."""

from __future__ import annotations

from typing import Any

from accord.outlet.vex.records import Product, Statement, VexDocument, filled, moment, written

CONTEXT = "https://openvex.dev/ns/v0.2.0"


def openvex(document: VexDocument) -> bytes:
    """The document as OpenVEX; VexError where a statement lacks what the specification demands."""
    document.check()
    products = {product.key: product for product in document.products}
    issued = moment(document.first_issued or document.issued)
    content: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": document.identifier,
        "author": document.author,
        "timestamp": issued,
        "version": document.version,
        "tooling": "Accord",
        "statements": [_statement(one, products[one.product]) for one in document.statements],
    }
    if document.first_issued is not None and document.first_issued != document.issued:
        content["last_updated"] = moment(document.issued)
    return written(content)


def _statement(one: Statement, product: Product) -> dict[str, Any]:
    thing: dict[str, Any] = {"@id": product.purl or product.key}
    identifiers = filled({"purl": product.purl, "cpe23": _cpe23(product.cpe)})
    if identifiers:
        thing["identifiers"] = identifiers
    if one.component:
        thing["subcomponents"] = [{"@id": one.component, "identifiers": {"purl": one.component}}]
    not_affected = one.status == "not_affected"
    return filled(
        {
            "vulnerability": filled(
                {"name": one.vulnerability, "description": one.description, "aliases": list(one.aliases)}
            ),
            "timestamp": moment(one.said),
            "products": [thing],
            "status": one.status,
            "justification": one.justification if not_affected else None,
            "impact_statement": one.impact if not_affected else None,
            "status_notes": one.impact if not not_affected else None,
            "action_statement": one.action if one.status == "affected" else None,
        }
    )


def _cpe23(cpe: str | None) -> str | None:
    return cpe if cpe and cpe.startswith("cpe:2.3:") else None
