"""Packages of SPDX 2 and their external references, from the JSON or gathered from tag-value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.intake.products import IMAGES
from accord.intake.records import Observation, ScanHeader, Target, TargetKind
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

PURPOSES: dict[str, TargetKind] = {
    "CONTAINER": "image", "OPERATING-SYSTEM": "host", "DEVICE": "device", "FIRMWARE": "device", "SOURCE": "repository",
    "OPERATING_SYSTEM": "host",
}  # fmt: skip
_TOOL = re.compile(r"Tool:\s*(\S.{0,100}?)(?:-(v?\d[\w.+-]{0,50}))?\s*$")


@dataclass(slots=True)
class Document:
    """What a document says of itself and of the thing that it describes."""

    name: str
    made: datetime | None = None
    tools: tuple[str | None, str | None] = (None, None)
    kind: TargetKind = "application"
    identifiers: list[tuple[str, str]] = field(default_factory=list)

    def header(self) -> ScanHeader:
        return ScanHeader("spdx", self.tools[0] or "SPDX", self.tools[1], self.made, self.made, self.name)

    def describe(self, row: dict[str, Any]) -> None:
        """Take the package that the document describes."""
        self.kind = PURPOSES.get(str(row.get("primaryPackagePurpose")).upper(), self.kind)
        for one in clean.listing(row.get("externalRefs"))[:100]:
            one = clean.mapping(one)
            value = clean.line(one.get("referenceLocator"), 500)
            if value and one.get("referenceType") == "purl":
                self.identifiers.append(("purl", value))
                if value.startswith(IMAGES):
                    self.kind = "image"
        version = clean.line(row.get("versionInfo"), 200)
        if self.kind == "image" and version and version.startswith("sha256:"):
            self.identifiers.append(("image-digest", version))

    def target(self) -> Target:
        return Target(self.kind, self.name, identifiers=tuple(dict.fromkeys(self.identifiers)))


def tool_of(creators: list[Any]) -> tuple[str | None, str | None]:
    """Name and version of the tool among the creators ("Tool: syft-1.50.0")."""
    for one in creators[:100]:
        found = _TOOL.match(one[:300]) if isinstance(one, str) else None
        if found:
            return clean.line(found[1], 100), clean.line(found[2], 50)
    return None, None


def package(row: dict[str, Any], document: Document, identity: str) -> Iterator[Found]:
    """One package: an observation per advisory among its external references."""
    references = [clean.mapping(one) for one in clean.listing(row.get("externalRefs"))[:10_000]]
    told = [one for one in references if str(one.get("referenceCategory")).upper() == "SECURITY"]
    if not told:
        return
    name, version = clean.line(row.get("name"), 300), clean.line(row.get("versionInfo"), 200)
    purl = next((one.get("referenceLocator") for one in references if one.get("referenceType") == "purl"), None)
    for one in told:
        kind = str(one.get("referenceType")).rpartition("/")[2].lower()
        locator = clean.line(one.get("referenceLocator"), 1000)
        if kind not in ("advisory", "url", "fix"):
            continue
        if locator is None:
            raise Unreadable("referenceLocator", "A security reference points nowhere.")
        ids = clean.advisories(locator)
        if not ids and kind != "advisory":
            continue
        definition = ids[0] if ids else f"advisory:{locator}"[:300]
        words = clean.text(one.get("comment"), 2000)
        yield Observation(
            target=identity,
            definition_id=definition,
            title=f"{ids[0] if ids else 'An advisory'} on {name or 'a package'}",
            kind="vulnerability",
            check=f"spdx:{definition}",
            aliases=ids[1:],
            description=words,
            component=name,
            component_version=version,
            purl=clean.line(purl, 500),
            references=clean.urls([locator], 1),
            seen_at=document.made,
        )
