"""The components that a bill of materials or a scanner's list of packages names: CycloneDX, SPDX and Trivy, as JSON.

Streamed, and bounded in number; what has neither a package URL nor a CPE nor a version is left out. Findings are read
by the formats' own modules; this reads what those leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

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


def components(stream: IO[bytes], most: int = MOST) -> Iterator[Listed]:
    """The components of a file, each once. ValueError where it is no JSON that can be read to its end."""
    import ijson

    seen: set[Listed] = set()
    try:
        for kind, one in _objects(ijson.parse(stream, use_float=True)):
            found = _listed(kind, one)
            if found is not None and found not in seen:
                seen.add(found)
                yield found
                if len(seen) >= most:
                    return
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"The file is no JSON that can be read: {error}") from error


PLACES = {
    "components.item": "cyclonedx", "metadata.component": "cyclonedx", "packages.item": "spdx",
    "Results.item.Packages.item": "trivy",
}  # fmt: skip


def _objects(events: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Objects at the known places, flat: texts of the object itself, and of what it refers to."""
    inside, kind = "", ""
    one: dict[str, Any] = {}
    for prefix, event, value in events:
        if not inside:
            if event == "start_map" and prefix in PLACES:
                inside, kind, one = prefix, PLACES[prefix], {}
            continue
        if event == "end_map" and prefix == inside:
            yield kind, one
            inside = ""
        elif event == "string":
            name = prefix[len(inside) + 1 :]
            if name == "externalRefs.item.referenceLocator" and value.startswith(("pkg:", "cpe:")):
                one.setdefault("purl" if value.startswith("pkg:") else "cpe", value)
            elif name in ("name", "version", "versionInfo", "purl", "cpe", "Name", "Version", "Identifier.PURL"):
                one.setdefault(name, value)


def _listed(kind: str, one: dict[str, Any]) -> Listed | None:
    name = str(one.get("name") or one.get("Name") or "")[:300]
    version = str(one.get("version") or one.get("versionInfo") or one.get("Version") or "")[:200]
    purl = str(one.get("purl") or one.get("Identifier.PURL") or "")[:500]
    cpe = str(one.get("cpe") or "")[:300]
    if not name or not (purl or cpe) or "\x00" in name + version + purl + cpe:
        return None
    return Listed(name, version, purl, cpe)
