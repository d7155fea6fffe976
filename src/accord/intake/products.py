"""Products as exchange documents name them (package URL, CPE, a name in words), and the targets that they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from accord.intake.fingerprint import purl_without_version
from accord.intake.purl import named
from accord.intake.records import Target
from accord.intake.safe import text as clean

IMAGES = ("pkg:oci/", "pkg:docker/")


@dataclass(frozen=True, slots=True)
class Product:
    """One product or component. `key` is how the document itself calls it."""

    key: str
    name: str
    version: str | None = None
    purl: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()

    def target(self) -> Target:
        """The image, or else the application, that the product is."""
        known = [("purl", self.purl)] if self.purl else []
        found = tuple(dict.fromkeys((*known, *self.identifiers)))[:50]
        if self.purl and self.purl.startswith(IMAGES):
            return Target("image", _image(self.purl) or self.name, identifiers=_with_digest(self.purl, found))
        return Target("application", self.name, identifiers=found)


def of_purl(purl: str, key: str | None = None) -> Product:
    name, version = named(purl)
    return Product(key or purl, name or purl, version, purl)


def of_openvex(told: object) -> Product | None:
    """A product or subcomponent of OpenVEX: an identifier alone (version 0.0.1), or an object."""
    if isinstance(told, dict):
        ids = clean.mapping(told.get("identifiers"))
        key = clean.line(told.get("@id"), 500) or clean.line(ids.get("purl"), 500)
        purl = clean.line(ids.get("purl"), 500) or (key if key and key.startswith("pkg:") else None)
        cpe = clean.line(ids.get("cpe23") or ids.get("cpe22"), 500)
        hashes = clean.mapping(told.get("hashes"))
        digest = clean.line(hashes.get("sha-256") or hashes.get("sha256"), 100)
        extra = [("cpe", cpe)] if cpe else []
        extra += [("image-digest", f"sha256:{digest}")] if digest else []
        if key is None and cpe is None:
            return None
        if purl:
            found = of_purl(purl, key)
            return Product(found.key, found.name, found.version, purl, tuple(extra))
        name = key or cpe or ""
        return Product(name, name, None, None, tuple(extra))
    key = clean.line(told, 500)
    if key is None:
        return None
    return of_purl(key) if key.startswith("pkg:") else Product(key, key)


def _image(purl: str) -> str | None:
    """The name of an image: its repository_url (OCI), else namespace and name (Docker)."""
    told: dict[str, Any] = dict(parse_qsl(purl.partition("?")[2].partition("#")[0])[:20])
    if told.get("repository_url"):
        name, tag = str(told["repository_url"]), told.get("tag")
    else:
        name, tag = named(purl_without_version(purl))[0], None
    return clean.line(f"{name}:{tag}" if tag else name, 400)


def _with_digest(purl: str, known: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    version = named(purl)[1] or ""
    extra = (("image-digest", version),) if version.startswith("sha256:") else ()
    return tuple(dict.fromkeys((*known, *extra)))
