"""What a mapping says, and a first guess at one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from accord.intake.own import TARGET_KINDS
from accord.intake.records import KINDS, SEVERITIES


class MappingError(ValueError):
    """A mapping cannot be used: which field, what is wrong, what to do."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(field, problem, remedy)
        self.field, self.problem, self.remedy = field, problem, remedy

    def __str__(self) -> str:
        return f"{self.field}: {self.problem} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a finding: its name, its label, words by which a column of it is known, what it means."""

    name: str
    label: str
    words: tuple[str, ...]
    meaning: str = ""
    several: bool = False


FIELDS: tuple[Field, ...] = (
    Field("id", "Identifier", ("cve", "cveid", "vulnerabilityid", "vulnid", "ruleid", "pluginid", "identifier",
          "advisory", "ghsa", "checkid", "findingid", "id"), "CVE, advisory or the scanner's own check."),
    Field("title", "Title", ("title", "name", "vulnerabilityname", "summary", "issue", "pluginname", "finding",
          "vulnerability", "rulename"), "What it is, in a line."),
    Field("severity", "Severity", ("severity", "risk", "riskrating", "level", "priority", "rating", "criticality")),
    Field("cvss_score", "CVSS score", ("cvssscore", "cvss", "cvssbasescore", "basescore", "cvss3score", "cvssv3",
          "score", "cvssv3score")),
    Field("cvss_vectors", "CVSS vector", ("cvssvector", "vector", "cvss3vector", "cvssv3vector", "vectorstring")),
    Field("target_name", "Asset", ("asset", "assetname", "target", "system", "machine", "computer", "device",
          "resource", "resourcename", "repository", "image", "application", "project", "instance", "resourceid"),
          "What it was found on."),
    Field("hostname", "Host name", ("host", "hostname", "dnsname", "fqdn", "dns", "server", "servername", "machinename",
          "computername", "netbios"), several=True),
    Field("address", "IP address", ("ip", "ipaddress", "address", "ipv4", "hostip", "targetip"), several=True),
    Field("identifier", "Lasting identifier", ("instanceid", "awsinstanceid", "agentid", "vmid", "resourcearn", "arn"),
          "Cloud instance, agent or resource identifier."),
    Field("operating_system", "Operating system", ("os", "operatingsystem", "platform", "osname")),
    Field("description", "Description", ("description", "details", "synopsis", "message", "impact", "threat")),
    Field("solution", "Solution", ("solution", "remediation", "recommendation", "mitigation", "fix", "resolution")),
    Field("component", "Component", ("component", "package", "packagename", "software", "product", "library",
          "module", "pkgname", "componentname")),
    Field("component_version", "Installed version", ("version", "installedversion", "packageversion",
          "softwareversion", "componentversion", "currentversion")),
    Field("fixed_version", "Fixed in", ("fixedversion", "fixversion", "fixedin", "patchedversion", "fixavailable")),
    Field("purl", "Package URL", ("purl", "packageurl")),
    Field("port", "Port", ("port", "portnumber")),
    Field("protocol", "Protocol", ("protocol", "proto")),
    Field("path", "Path", ("path", "file", "filepath", "filename", "location", "url", "uri")),
    Field("line", "Line", ("line", "linenumber", "startline")),
    Field("cwes", "CWE", ("cwe", "cweid", "cwes"), several=True),
    Field("aliases", "Other identifiers", ("aliases", "otherids", "relatedids", "references ids"), several=True),
    Field("references", "References", ("reference", "references", "seealso", "links", "link"), several=True),
    Field("evidence", "Evidence", ("evidence", "output", "pluginoutput", "proof", "result", "results")),
    Field("seen_at", "Seen at", ("lastseen", "lastdetected", "date", "detected", "founddate", "lastfound", "timestamp",
          "discovered", "observed")),
    Field("kind", "Kind", ("kind", "type", "category", "findingtype"), f"One of {', '.join(KINDS)}."),
)  # fmt: skip
BY_NAME = {one.name: one for one in FIELDS}
_UNFIT = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which field.

    `fields`     field → column
    `constants`  field → text that holds for every row (where no column says it)
    `values`     field ("severity", "kind") → what the file writes (lower case) → what it means
    `scanner`    what the file comes from; it stands before the names of its checks
    `target_kind` what the assets are
    `list_path`  of JSON: the names that lead to the list, "" = the document itself is the list
    `separator`  between several values in one cell
    `whole`      the file lists everything that this scanner finds on the assets in it: what is not in it any more
                 is gone. False: nothing is ever closed by it
    `seen_format` how times are written (strptime), "" = ISO 8601 and what scanners write
    """

    scanner: str
    fields: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    target_kind: str = "host"
    list_path: str = ""
    separator: str = ","
    whole: bool = False
    seen_format: str = ""

    def check(self) -> None:
        """MappingError where it names unknown fields, or too little to make a finding."""
        if not self.scanner.strip():
            raise MappingError("scanner", "It is not said where the file comes from.", "Name the scanner.")
        for name in (*self.fields, *self.constants):
            if name not in BY_NAME:
                raise MappingError(name, "There is no such field.", f"Fields: {', '.join(BY_NAME)}.")
        given = {name for name, column in self.fields.items() if column} | set(self.constants)
        if not given & {"id", "title"}:
            raise MappingError("title", "No column says what was found.", "Choose the identifier or the title.")
        if not given & {"target_name", "hostname", "address"}:
            raise MappingError(
                "target_name", "No column says on what it was found.", "Choose the asset, host name or address."
            )
        if self.target_kind not in TARGET_KINDS:
            raise MappingError("target_kind", f"“{self.target_kind}” is no kind.", f"Kinds: {', '.join(TARGET_KINDS)}.")
        for name, allowed in (("severity", SEVERITIES), ("kind", KINDS)):
            for told, meant in self.values.get(name, {}).items():
                if meant not in allowed:
                    raise MappingError(name, f"“{told}” stands for “{meant}”.", f"Choose from {', '.join(allowed)}.")

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        names = Mapping.__dataclass_fields__
        return {name: getattr(self, name) for name in names}

    @classmethod
    def of(cls, data: Any) -> Mapping:
        """A mapping from plain data; MappingError where it is none."""
        if not isinstance(data, dict):
            raise MappingError("mapping", "It is no object.", "Write it as docs/formats.md describes.")
        names = cls.__dataclass_fields__
        unknown = sorted(set(data) - set(names))
        if unknown:
            raise MappingError(unknown[0], "There is no such part.", f"Parts: {', '.join(names)}.")
        for name, kind in (("fields", dict), ("constants", dict), ("values", dict), ("whole", bool)):
            if name in data and not isinstance(data[name], kind):
                raise MappingError(name, "It has the wrong shape.", "Write it as docs/formats.md describes.")
        texts = {name: str(data[name]) for name in names if name in data and name not in _SHAPES}
        pairs = {
            name: {str(key): str(value) for key, value in data[name].items() if value not in (None, "")}
            for name in ("fields", "constants") if name in data
        }  # fmt: skip
        values = {
            str(key): {str(told).lower(): str(meant) for told, meant in held.items()}
            for key, held in data.get("values", {}).items() if isinstance(held, dict)
        }  # fmt: skip
        made = cls(
            **{"scanner": "", "fields": {}, **texts, **pairs, "values": values, "whole": data.get("whole", False)}
        )
        made.check()
        return made


_SHAPES = ("fields", "constants", "values", "whole")


def signature(columns: Iterable[str]) -> str:
    """What a file's columns are known by again: the same names, in any order, give the same."""
    joined = json.dumps(sorted({column.strip().lower() for column in columns}), ensure_ascii=False)
    return blake2b(joined.encode(), digest_size=16).hexdigest()


def plain(name: str) -> str:
    """A column's name without case, blanks and marks: "CVE ID" and "cve_id" are one."""
    return _UNFIT.sub("", name.rpartition(".")[2].lower()) or _UNFIT.sub("", name.lower())


def guess(columns: Iterable[str], scanner: str = "") -> Mapping:
    """A first mapping by the columns' names. It is not checked: a person looks at it before it is used."""
    held = list(columns)
    fields: dict[str, str] = {}
    taken: set[str] = set()
    for one in FIELDS:
        for word in one.words:
            column = next((name for name in held if name not in taken and plain(name) == word), None)
            if column is not None:
                fields[one.name] = column
                taken.add(column)
                break
    return Mapping(scanner, fields)
