"""Stable keys of observations, so that the next scan of the same thing finds the same row.

Version 1 is built from what a weakness is and where it sits, never from words that a scanner rewrites:

    definition, component without its version, path, port and protocol, and inside a path the format's own
    anchor or else the line

Left out on purpose: title, description, evidence, severity, scores, service name, component version (a
partial upgrade that is still vulnerable is the same open weakness) and, where an anchor exists, the line.
"""

from __future__ import annotations

from hashlib import blake2b

from accord.intake.records import Observation, Target

VERSION = 1
_SEPARATOR = "\x1f"  # never inside a record's text, see accord.intake.safe.text


def fingerprint(observation: Observation, target: Target | str) -> str:
    """The key of this observation on this target: "1:" and 32 hexadecimal digits.

    `target` is a Target (its identity is used) or any lasting key of the thing itself, such as the key of the
    asset to which the target was matched: then a changed address does not change the fingerprint.
    """
    identity = target if isinstance(target, str) else target.identity
    return _digest(identity, *what(observation), *_port(observation))


def weakness(observation: Observation) -> str:
    """The same key without the target, for a store that keys its rows by (asset, weakness)."""
    return _digest("", *what(observation), *_port(observation))


def grouping(observation: Observation) -> str:
    """The key of the grouped view: one row per weakness over all hosts and ports (network scanners repeat
    the same plugin for each), one per weakness and web application over all its pages and parameters, and one per
    weakness and place in any other target."""
    if observation.target.startswith("host:"):
        return _digest("", *what(observation))
    if observation.target.startswith("application:"):
        return _digest(observation.target, *what(observation)[:2])
    return _digest(observation.target, *what(observation))


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


def _digest(*parts: str) -> str:
    joined = _SEPARATOR.join(parts).encode("utf-8", "surrogatepass")
    return f"{VERSION}:{blake2b(joined, digest_size=16).hexdigest()}"
