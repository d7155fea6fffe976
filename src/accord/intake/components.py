"""The components that a bill of materials or a scanner's list of packages names: CycloneDX, SPDX and Trivy, as JSON.

Streamed, and bounded in number; what has neither a package URL nor a CPE nor a version is left out. Findings are read
by the formats' own modules; this reads what those leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source

FORMATS = ("cyclonedx", "spdx", "trivy")
MOST = 50_000
"""So many components of one file are read."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One component, each text cut to what is kept."""

    name: str
    version: str = ""
    purl: str = ""
    cpe: str = ""


def components(stream: BinaryIO, most: int = MOST, name: str = "list of components") -> Iterator[Listed]:
    """The components of a file, each once. IntakeError where it is no JSON that can be read to its end."""
    seen: set[Listed] = set()
    with Source(stream, name=name).open() as reader:
        for one in _objects(JsonReader(reader)):
            found = _listed(one)
            if found is not None and found not in seen:
                seen.add(found)
                yield found
                if len(seen) >= most:
                    return


def _objects(document: JsonReader) -> Iterator[dict[str, Any]]:
    """The objects that name a component: CycloneDX `components` and `metadata.component`, SPDX `packages`, Trivy
    `Results[].Packages`. Components within components are left to the component that holds them."""
    for key in document.names():
        if key in ("components", "packages"):
            for _ in document.elements():
                yield _mapping(document.value())
        elif key == "metadata":
            yield _mapping(_mapping(document.value()).get("component"))
        elif key == "Results":
            for _ in document.elements():
                for inner in document.names():
                    if inner == "Packages":
                        for _ in document.elements():
                            yield _mapping(document.value())


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, most: int) -> str:
    text = value[:most] if isinstance(value, str) else ""
    return "" if "\x00" in text else text


def _listed(one: dict[str, Any]) -> Listed | None:
    """A component as it is kept; None where it has no name, or neither package URL nor CPE."""
    references = one.get("externalRefs")
    located = [
        _text(_mapping(reference).get("referenceLocator"), 500)
        for reference in (references if isinstance(references, list) else ())
    ]
    purl = (
        _text(one.get("purl"), 500)
        or _text(_mapping(one.get("Identifier")).get("PURL"), 500)
        or next((text for text in located if text.startswith("pkg:")), "")
    )
    cpe = _text(one.get("cpe"), 300) or next((text[:300] for text in located if text.startswith("cpe:")), "")
    name = _text(one.get("name"), 300) or _text(one.get("Name"), 300)
    version = next((told for key in ("version", "versionInfo", "Version") if (told := _text(one.get(key), 200))), "")
    return Listed(name, version, purl, cpe) if name and (purl or cpe) else None
