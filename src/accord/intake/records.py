"""What every reader of scanner output yields: typed records, cleaned and bounded, without Django.

A stream is a sequence of scans. Each scan is

    ScanHeader, then Target before its Observation rows, Refusal rows anywhere, Coverage rows, ScanEnd

The same target may come again under one identity (a host under two names); both together describe it. Text in
a record carries no control characters, no NUL, no lone surrogates and no bidirectional overrides, and is cut
at the limits of `accord.intake.safe.Limits`. `None` means unknown, never zero. Times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Literal, TypeVar, dataclass_transform

Severity = Literal["critical", "high", "medium", "low", "info"]
Kind = Literal["vulnerability", "misconfiguration", "code", "service", "secret", "licence"]
TargetKind = Literal["host", "repository", "account", "cloud_resource", "image", "device", "application"]
Analysis = Literal[
    "exploitable",
    "in_triage",
    "resolved",
    "resolved_with_pedigree",
    "false_positive",
    "not_affected",
    "suppressed",
]

Made = TypeVar("Made")

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
KINDS: tuple[Kind, ...] = ("vulnerability", "misconfiguration", "code", "service", "secret", "licence")

IDENTITY_LENGTH = 200
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost"})
# Identifiers that name one machine for its whole life, most reliable first.
LASTING_SCHEMES = ("aws-instance-id", "azure-vm-id", "gcp-instance-id", "agent-id")


class IntakeError(Exception):
    """A file cannot be read. Names the file, the row (line, element or path inside it), the field, what is
    wrong and what to do about it."""

    def __init__(
        self,
        file: str,
        row: int | str | None = None,
        field: str | None = None,
        problem: str = "",
        remedy: str = "",
    ) -> None:
        self.file = file
        self.row = row
        self.field = field
        self.problem = problem
        self.remedy = remedy
        super().__init__(file, row, field, problem, remedy)

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.field:
            where += f", field {self.field}"
        return f"{where}: {self.problem} {self.remedy}".rstrip()


@dataclass_transform(frozen_default=True)
def _quick(kind: type[Made]) -> type[Made]:
    """A dataclass that nobody changes (so say its types) and that is made three times as fast as a frozen one."""
    return dataclass(slots=True, unsafe_hash=True)(kind)


@dataclass(frozen=True, slots=True)
class ScanHeader:
    """Opens a scan. `format` is the registry's name of the format; the rest is what the file says of
    itself."""

    format: str
    scanner: str | None = None
    scanner_version: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that the scan looked at, with everything that could match it to an asset of the estate.

    `hostnames` are lower case without a final dot, `addresses` are normalized IP addresses, `macs` are
    lower case with colons, `identifiers` are (scheme, value) pairs.
    """

    kind: TargetKind
    name: str
    hostnames: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    operating_system: str | None = None

    @property
    def identity(self) -> str:
        """The key of this target inside the scanner's world: the most lasting name that the file gives.

        A host: cloud instance or agent identifier, else a full domain name, else any other host name, else a
        MAC address, else an address, else its name. Everything else: kind and name.
        """
        return _bounded(f"{self.kind}:{self._lasting_name()}")

    def _lasting_name(self) -> str:
        if self.kind not in ("host", "device"):
            return self.name
        known = dict(reversed(self.identifiers))
        for scheme in LASTING_SCHEMES:
            if scheme in known:
                return f"{scheme}:{known[scheme]}"
        names = [name for name in self.hostnames if name not in LOOPBACK_NAMES]
        full = [name for name in names if "." in name]
        for candidates in (full, names, self.macs, self.addresses):
            if candidates:
                return candidates[0]
        return self.name.lower()


@_quick
class Observation:
    """One weakness (or open service) seen on one target by one scan.

    `target`            identity of a Target of the same scan
    `definition_id`     what it is: a CVE or advisory identifier, else `<tool>:<check>`
    `aliases`           other identifiers of the same definition
    `severity`          as the scanner rates it, else from the CVSS base score; None = unknown
    `cvss_vectors`      as written, newest CVSS version first; `cvss_score` is a base score 0.0-10.0
    `cwes`              "CWE-79" form
    `component`         package or product, `purl` its package URL
    `port`, `protocol`  None where the weakness is not bound to a port
    `anchor`            the format's own stable key of the place inside `path` (better than a line number)
    `check`, `group`    which check saw it, and the family or class of checks to which that one belongs
    `needs_credentials` the check cannot run without logging in to the target
    `analysis`          a statement carried in the file (VEX state, suppression), with `analysis_detail`
    """

    target: str
    definition_id: str
    title: str
    kind: Kind
    check: str
    aliases: tuple[str, ...] = ()
    description: str | None = None
    solution: str | None = None
    severity: Severity | None = None
    cvss_vectors: tuple[str, ...] = ()
    cvss_score: float | None = None
    cwes: tuple[str, ...] = ()
    component: str | None = None
    component_version: str | None = None
    purl: str | None = None
    fixed_version: str | None = None
    port: int | None = None
    protocol: str | None = None
    service: str | None = None
    path: str | None = None
    line: int | None = None
    anchor: str | None = None
    evidence: str | None = None
    references: tuple[str, ...] = ()
    seen_at: datetime | None = None
    group: str | None = None
    needs_credentials: bool = False
    analysis: Analysis | None = None
    analysis_detail: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that could not be read while the rest of the file could. `target` is the identity of the
    target to which the row belonged, where that is known."""

    row: int | str
    field: str | None
    problem: str
    remedy: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports `first` to `last` (both included) of one protocol ("tcp", "udp", "sctp")."""

    protocol: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a scan looked at on one target: the evidence without which nothing may be closed.

    A target can have several of these; something was looked for if one of them says so.

    `checks`, `groups`  checks that ran by name, and families or classes that ran as a whole
    `exhaustive`        True: whatever `checks` and `groups` do not name did not run.
                        False: the file names only some of what ran
    `ports`             the ports that were looked at; None = not told
    `credentials`       could the scan log in to the target; None = not told
    `complete`          did the scanner finish with this target; None = not told
    """

    target: str
    checks: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    exhaustive: bool = False
    ports: tuple[PortRange, ...] | None = None
    credentials: bool | None = None
    complete: bool | None = None

    def covers(
        self,
        check: str,
        group: str | None = None,
        needs_credentials: bool = False,
        protocol: str | None = None,
        port: int | None = None,
    ) -> bool | None:
        """Did this scan look for `check` here? True: it did. False: it did not, or did not finish. None:
        the file does not tell. Only True is evidence that something unseen is gone."""
        if self.complete is False or (needs_credentials and self.credentials is False):
            return False
        if port and self.ports is not None and not self._looked_at(protocol, port):
            return False
        if check in self.checks or (group is not None and group in self.groups):
            return None if needs_credentials and self.credentials is None else True
        return False if self.exhaustive else None

    def _looked_at(self, protocol: str | None, port: int) -> bool:
        return any(
            one.first <= port <= one.last and (protocol is None or protocol == one.protocol) for one in self.ports or ()
        )


@dataclass(frozen=True, slots=True)
class ScanEnd:
    """Closes a scan: when it finished, whether the scanner says that it ran to its end (None = not told),
    and how many records were read, so that an import can prove that it lost none."""

    finished: datetime | None
    complete: bool | None
    targets: int
    observations: int
    refusals: int


Record = ScanHeader | Target | Observation | Refusal | Coverage | ScanEnd


def address(text: str) -> str | None:
    """The normalized form of an IP address (zone dropped), or None."""
    try:
        return str(ip_address(text.strip().split("%")[0]))
    except ValueError:
        return None


def _bounded(text: str) -> str:
    if len(text) <= IDENTITY_LENGTH:
        return text
    return text[: IDENTITY_LENGTH - 17] + "~" + sha256(text.encode()).hexdigest()[:16]
