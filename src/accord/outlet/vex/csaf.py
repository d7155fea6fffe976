"""CSAF 2.0, profile 5: VEX (OASIS Common Security Advisory Framework, sections 3 and 4.5)."""

from __future__ import annotations

from typing import Any

from accord.outlet.vex.records import JUSTIFICATIONS, Product, Statement, VexDocument, filled, moment, written

STATUSES = {
    "not_affected": "known_not_affected", "affected": "known_affected", "fixed": "fixed",
    "under_investigation": "under_investigation",
}  # fmt: skip


def csaf(document: VexDocument) -> bytes:
    """The document as CSAF; one vulnerability with all products of which something is said."""
    document.check()
    first = moment(document.first_issued or document.issued)
    issued = moment(document.issued)
    history = [{"date": first, "number": "1", "summary": "First edition."}]
    if document.version > 1:
        history.append({"date": issued, "number": str(document.version), "summary": "Brought up to date."})
    groups: dict[str, list[Statement]] = {}
    for one in document.statements:
        groups.setdefault(one.vulnerability, []).append(one)
    content = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": document.title,
            "publisher": {"category": "user", "name": document.author, "namespace": document.namespace},
            "tracking": {
                "id": document.identifier.rpartition("/")[2] or document.identifier,
                "status": "final",
                "version": str(document.version),
                "initial_release_date": first,
                "current_release_date": issued,
                "revision_history": history,
                "generator": {"engine": {"name": "Accord"}},
            },
        },
        "product_tree": {"full_product_names": [_product(one) for one in document.products]},
        "vulnerabilities": [_vulnerability(name, ones) for name, ones in groups.items()],
    }
    return written(content)


def _product(product: Product) -> dict[str, Any]:
    name = f"{product.name} {product.version}" if product.version else product.name
    helper = filled({"purl": product.purl, "cpe": product.cpe})
    return filled({"product_id": product.key, "name": name, "product_identification_helper": helper})


def _vulnerability(name: str, statements: list[Statement]) -> dict[str, Any]:
    first = statements[0]
    cve = (
        name if name.startswith("CVE-") else next((alias for alias in first.aliases if alias.startswith("CVE-")), None)
    )
    others = [one for one in (name, *first.aliases) if not one.startswith("CVE-")]
    status: dict[str, list[str]] = {}
    flags: list[dict[str, Any]] = []
    threats: list[dict[str, Any]] = []
    remedies: list[dict[str, Any]] = []
    for one in statements:
        held = status.setdefault(STATUSES[one.status], [])
        if one.product not in held:
            held.append(one.product)
        if one.status == "not_affected":
            if one.justification:
                flags.append({"label": one.justification, "date": moment(one.said), "product_ids": [one.product]})
            words = one.impact or JUSTIFICATIONS[one.justification or ""][0]
            threats.append({"category": "impact", "details": words, "product_ids": [one.product]})
        elif one.status == "affected" and one.action:
            remedies.append(
                {
                    "category": "mitigation",
                    "details": one.action,
                    "date": moment(one.said),
                    "product_ids": [one.product],
                }
            )
    return filled(
        {
            "cve": cve,
            "ids": [{"system_name": _system(one), "text": one} for one in others],
            "notes": [{"category": "description", "text": first.description or f"{name} in our products."}],
            "product_status": status,
            "flags": flags,
            "threats": threats,
            "remediations": remedies,
        }
    )


def _system(identifier: str) -> str:
    return {"GHSA": "GitHub Security Advisories", "OSV": "OSV"}.get(identifier.partition("-")[0], "Other")
