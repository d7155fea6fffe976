"""The formats that can be read, how each is recognized by its content, and the two calls that everyone uses:

    detect(path)      which format is this
    read_scan(path)   its records, one after the other

The module of a format, and the parser libraries with it, are imported when a file of that format is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from accord.intake.fingerprint import fingerprint
from accord.intake.records import Record
from accord.intake.safe.json_reader import JsonReader, text_encoding
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Reader, Source

__all__ = ["FORMATS", "Format", "Sniff", "detect", "fingerprint", "format_named", "read_scan"]

KEYS_LOOKED_AT = 200


@dataclass(slots=True)
class Sniff:
    """What is known of a file before a format is chosen.

    `kind`   "xml", "json" or "other"
    `root`, `attributes`  of XML: the root element's name without prefix, and its attributes as written
    `keys`   of a JSON object: its names so far, with their values where these are plain (None else)
    `first`  of a JSON list: the names in its first element
    """

    kind: str
    root: str = ""
    attributes: str = ""
    keys: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name in the records, its title for people, usual file endings (a hint, never
    trusted), the module that reads it, and how its content is recognized."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    recognizes: Callable[[Sniff], bool]

    def read(self, source: Source) -> Iterator[Record]:
        """Records of a source of this format."""
        reader: Callable[[Source], Iterator[Record]] = import_module(self.module).read
        return reader(source)


def _is_nessus(seen: Sniff) -> bool:
    return seen.root == "NessusClientData_v2"


def _is_nmap(seen: Sniff) -> bool:
    return seen.root == "nmaprun"


def _is_trivy(seen: Sniff) -> bool:
    keys = seen.keys
    if "Target" in seen.first and seen.first & {
        "Type",
        "Class",
        "Vulnerabilities",
        "Misconfigurations",
        "Secrets",
    }:
        return True
    if "ClusterName" in keys and keys.keys() & {
        "Resources",
        "Vulnerabilities",
        "Misconfigurations",
        "Findings",
    }:
        return True
    return keys.keys() >= {"SchemaVersion", "ArtifactName"} or keys.keys() >= {"ArtifactName", "Results"}


def _is_cyclonedx(seen: Sniff) -> bool:
    return seen.keys.get("bomFormat") == "CycloneDX"


def _is_cyclonedx_xml(seen: Sniff) -> bool:
    return seen.root == "bom" and "cyclonedx.org/schema/bom/" in seen.attributes


def _is_sarif(seen: Sniff) -> bool:
    keys = seen.keys
    told = str(keys.get("version") or "").startswith("2.") or "sarif" in str(keys.get("$schema") or "").lower()
    return "runs" in keys and told


FORMATS: tuple[Format, ...] = (
    Format("nessus", "Nessus XML version 2", (".nessus", ".xml"), "accord.intake.nessus", _is_nessus),
    Format("nmap", "Nmap XML", (".xml",), "accord.intake.nmap", _is_nmap),
    Format("trivy", "Trivy JSON", (".json",), "accord.intake.trivy", _is_trivy),
    Format("cyclonedx", "CycloneDX JSON", (".cdx.json", ".json"), "accord.intake.cyclonedx", _is_cyclonedx),
    Format(
        "cyclonedx-xml",
        "CycloneDX XML",
        (".cdx.xml", ".xml"),
        "accord.intake.cyclonedx.xml",
        _is_cyclonedx_xml,
    ),
    Format("sarif", "SARIF 2.1.0", (".sarif", ".sarif.json", ".json"), "accord.intake.sarif", _is_sarif),
)


def format_named(name: str) -> Format:
    """The format of that name; KeyError where there is none."""
    for one in FORMATS:
        if one.name == name:
            return one
    raise KeyError(name)


def detect(origin: Path | str | BinaryIO | Source, limits: Limits | None = None) -> Format:
    """The format of a file, by its content. IntakeError where the content is of none or cannot be read."""
    source = origin if isinstance(origin, Source) else Source(origin, limits)
    with source.open() as reader:
        head = reader.head()
        if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
            raise source.error("The file is empty.", "Export it again from the scanner.")
        start = head[:512].decode(text_encoding(head), "ignore").lstrip("\ufeff \t\r\n")[:1]
        found = None
        if start == "<":
            found = _recognize(_sniff_xml(source, head))
        elif start in ("{", "["):
            found = _detect_json(reader)
    if found is None:
        titles = ", ".join(one.title for one in FORMATS)
        raise source.error("The content is of no format that Accord reads.", f"Give one of: {titles}.")
    return found


def read_scan(origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None) -> Iterator[Record]:
    """The records of a scanner's file, streamed. `name` is what errors call a stream.

    Raises IntakeError, also in the middle: whoever stores records must be able to take all of them back. The
    time limit counts the reading only, not what the caller does between two records.
    """
    source = Source(origin, limits, name)
    budget = source.budget
    for record in detect(source).read(source):
        budget.pause()
        yield record
        budget.resume()
    budget.pause()


def _recognize(seen: Sniff) -> Format | None:
    return next((one for one in FORMATS if one.recognizes(seen)), None)


def _sniff_xml(source: Source, head: bytes) -> Sniff:
    from accord.intake.safe.prolog import prolog

    root, attributes = prolog(source, head)
    return Sniff("xml", root=root.rpartition(":")[2], attributes=attributes)


def _detect_json(reader: Reader) -> Format | None:
    document = JsonReader(reader)
    seen = Sniff("json")
    if document.peek() == "[":
        for _ in document.elements():
            seen.first = frozenset(key for key, _ in zip(document.names(), range(KEYS_LOOKED_AT), strict=False))
            return _recognize(seen)
        return None
    for key in document.names():
        seen.keys[key] = None
        found = _recognize(seen)
        if found is not None:
            return found
        seen.keys[key] = document.scalar()
        found = _recognize(seen)
        if found is not None or len(seen.keys) >= KEYS_LOOKED_AT:
            return found
    document.end()
    return None
