"""The product tree of a CSAF document: what its product identifiers stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accord.intake.products import Product
from accord.intake.purl import named
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source

LEVELS = ("vendor", "product_name", "product_version", "product_version_range")


@dataclass(slots=True)
class Tree:
    """Products by identifier; which product each component belongs to; identifiers by group."""

    products: dict[str, Product] = field(default_factory=dict)
    inside: dict[str, tuple[str, str]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, identifier: str) -> tuple[Product, Product]:
        """(product, component) of an identifier: the same twice where it is no component of another."""
        component, product = self.inside.get(identifier, (identifier, identifier))
        top = product
        for _ in range(5):  # a component of a component of a product
            if top not in self.inside:
                break
            top = self.inside[top][1]
        return self._one(top), self._one(component)

    def _one(self, identifier: str) -> Product:
        return self.products.get(identifier) or Product(identifier, identifier)


def read(document: JsonReader, known: Tree, source: Source) -> None:
    """Take the product tree that comes next."""
    for key in document.names():
        if key == "branches":
            for _ in document.each():
                _branch(document, known, source, {})
        elif key == "full_product_names":
            for _ in document.each():
                _product(document.mapping(), known, source, {})
        elif key == "relationships":
            for _ in document.each():
                _relationship(document.mapping(), known, source)
        elif key == "product_groups":
            for _ in document.each():
                told = document.mapping()
                group = clean.line(told.get("group_id"), 300)
                if group:
                    ids = clean.lines(told.get("product_ids") or (), 300, 100_000)
                    source.hold(200 + sum(map(len, ids)))
                    known.groups[group] = ids


def _branch(document: JsonReader, known: Tree, source: Source, above: dict[str, str]) -> None:
    """One branch. Its category and name come before what it holds in every document that tools write; where they
    come after, the products inside have their full name only."""
    here = dict(above)
    category: str | None = None
    name: str | None = None
    for key in document.names():
        if key == "category":
            category = clean.line(document.scalar(), 50)
        elif key == "name":
            name = clean.line(document.scalar(), 300)
        elif key in ("branches", "product"):
            if category in LEVELS and name:
                here[category] = name
            if key == "product":
                _product(document.mapping(), known, source, here)
            else:
                for _ in document.each():
                    _branch(document, known, source, here)


def _product(told: dict[str, Any], known: Tree, source: Source, above: dict[str, str]) -> None:
    identifier, name = clean.line(told.get("product_id"), 300), clean.line(told.get("name"), 400)
    if identifier is None:
        return
    helper = clean.mapping(told.get("product_identification_helper"))
    purls = [helper.get("purl"), *clean.listing(helper.get("purls"))[:1]]
    purl = next((one for given in purls if (one := clean.line(given, 500))), None)
    cpe = clean.line(helper.get("cpe"), 300)
    version = above.get("product_version") or (named(purl)[1] if purl else None)
    found = Product(identifier, name or above.get("product_name") or identifier, version, purl,
                    (("cpe", cpe),) if cpe else ())  # fmt: skip
    source.hold(400 + len(identifier) + len(found.name) + len(purl or ""))
    known.products[identifier] = found


def _relationship(told: dict[str, Any], known: Tree, source: Source) -> None:
    full = clean.mapping(told.get("full_product_name"))
    identifier = clean.line(full.get("product_id"), 300)
    part, whole = (
        clean.line(told.get("product_reference"), 300),
        clean.line(told.get("relates_to_product_reference"), 300),
    )
    if identifier and part and whole:
        source.hold(300 + len(identifier))
        known.inside[identifier] = (part, whole)
