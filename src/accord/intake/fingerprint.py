"""Stable keys of observations, so that the next scan of the same thing finds the same row.

Every key begins with the number of its version. Version 1 is built from what a weakness is and where it sits, never
from words that a scanner rewrites:

    definition, component without its version, path, port and protocol, and inside a path the format's own
    anchor or else the line

Left out on purpose: title, description, evidence, severity, scores, service name, component version (a
partial upgrade that is still vulnerable is the same open weakness) and, where an anchor exists, the line.

Version 2 leaves out the port of a vulnerability: a flaw in software is on a machine once, on however many ports that
software answers. An open service, a misconfiguration (a certificate, a cipher) and everything else keep their port.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from accord.intake.records import Observation, Target

VERSION = 1
"""The version of keys where nobody has chosen another one."""
_SEPARATOR = "\x1f"  # never inside a record's text, see accord.intake.safe.text


@dataclass(frozen=True, slots=True)
class Version:
    """One way to build keys: `place` gives the parts beside `what`; `title` and `reason` are for people."""

    number: int
    title: str
    reason: str
    place: Callable[[Observation], tuple[str, str]]


def fingerprint(observation: Observation, target: Target | str, version: int = VERSION) -> str:
    """The key of this observation on this target: "1:" and 32 hexadecimal digits.

    `target` is a Target (its identity is used) or any lasting key of the thing itself, such as the key of the
    asset to which the target was matched: then a changed address does not change the fingerprint.
    """
    identity = target if isinstance(target, str) else target.identity
    return f"{version}:{_digest(identity, *what(observation), *VERSIONS[version].place(observation))}"


def weakness(observation: Observation, version: int = VERSION) -> str:
    """The same key without the target, for a store that keys its rows by (asset, weakness)."""
    return f"{version}:{_digest('', *what(observation), *VERSIONS[version].place(observation))}"


def version_of(key: str) -> int:
    """The version by which a key was built."""
    return int(key.partition(":")[0])


def renew(key: str, seen: Sequence[Observation], to: int) -> tuple[str, bool]:
    """The key of `weakness` that version `to` gives to what has this one; False where that is not certain.

    `seen` are observations rebuilt from what a store kept: the one that gives the present key is what was seen. Where
    none does (a text was cut to its column, or an anchor was not kept) but both versions treat the place alike, the key
    is carried over as it is, and that is exact too.
    """
    version, _, digest = key.partition(":")
    old, new = VERSIONS[int(version)], VERSIONS[to]
    for one in seen:
        if weakness(one, old.number) == key:
            return weakness(one, to), True
    return f"{to}:{digest}", bool(seen) and all(old.place(one) == new.place(one) for one in seen)


def grouping(observation: Observation) -> str:
    """The key of the grouped view: one row per weakness over all hosts and ports with whatever lies behind a port
    (network scanners repeat the same plugin for each), one per weakness and web application over all its pages and
    parameters, and one per weakness and place in any other target."""
    if observation.target.startswith("host:"):
        return _grouped("", *what(observation)[: 2 if observation.port else 4])
    if observation.target.startswith("application:"):
        return _grouped(observation.target, *what(observation)[:2])
    return _grouped(observation.target, *what(observation))


def purl_without_version(purl: str) -> str:
    """ "pkg:deb/debian/curl@7.64.0?arch=amd64#lib" → "pkg:deb/debian/curl": the package, whatever its
    version."""
    bare = purl.split("#", 1)[0].split("?", 1)[0]
    head, slash, name = bare.rpartition("/")
    return (head + slash + name.rsplit("@", 1)[0]) if "@" in name else bare


def what(observation: Observation) -> tuple[str, ...]:
    """The parts of the key that say what and where, without target and port."""
    component = ""
    if observation.purl:
        component = purl_without_version(observation.purl)
    elif observation.component:
        component = observation.component.lower()
    place = ""
    if observation.anchor:
        place = "#" + observation.anchor
    elif observation.line is not None:
        place = str(observation.line)
    return (observation.definition_id, component, observation.path or "", place)


def _port(observation: Observation) -> tuple[str, str]:
    if observation.port is None:
        return ("", "")
    return (observation.protocol or "", str(observation.port))


def _port_unless_vulnerability(observation: Observation) -> tuple[str, str]:
    return ("", "") if observation.kind == "vulnerability" else _port(observation)


def _grouped(*parts: str) -> str:
    return f"{VERSION}:{_digest(*parts)}"


def _digest(*parts: str) -> str:
    joined = _SEPARATOR.join(parts).encode("utf-8", "surrogatepass")
    return blake2b(joined, digest_size=16).hexdigest()


VERSIONS: dict[int, Version] = {
    1: Version(1, "Each port is a finding of its own", "A flaw on two ports of a machine is fixed twice.", _port),
    2: Version(
        2, "A vulnerability is one finding on a machine, whatever the port",
        "The same vulnerable software that answers on several ports is patched once.", _port_unless_vulnerability,
    ),
}  # fmt: skip
"""Every version that keys can have, by its number."""
