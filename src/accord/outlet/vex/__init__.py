"""What the organization says of vulnerabilities in its products, as VEX documents, and what is in them, as an SBOM.

    openvex(document)     OpenVEX 0.2.0
    cyclonedx(document)   CycloneDX 1.6 with vulnerabilities and their analysis
    csaf(document)        CSAF 2.0, profile VEX
    sbom(inventory)       CycloneDX 1.6, components

Each gives bytes of JSON; the same document gives the same bytes.
"""

from accord.outlet.vex.bom import cyclonedx, sbom
from accord.outlet.vex.csaf import csaf
from accord.outlet.vex.openvex import openvex
from accord.outlet.vex.records import (
    JUSTIFICATIONS,
    Component,
    Inventory,
    Product,
    Statement,
    Status,
    VexDocument,
    VexError,
)

__all__ = [
    "JUSTIFICATIONS",
    "Component",
    "Inventory",
    "Product",
    "Statement",
    "Status",
    "VexDocument",
    "VexError",
    "csaf",
    "cyclonedx",
    "openvex",
    "sbom",
]
