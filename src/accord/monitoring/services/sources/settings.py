"""What the settings of a source may say, by its kind."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from accord.core.errors import Problem, Refused
from accord.monitoring.models import Source
from accord.monitoring.services.sources import streams

TRANSPORTS = {
    "tls": "TLS (RFC 5425)", "tcp": "TCP, not encrypted", "relp-tls": "RELP over TLS", "relp": "RELP, not encrypted",
    "udp": "UDP, may lose messages",
}  # fmt: skip
_FILES = ("certificate", "key", "authority")
_NAMES = {
    Source.Kind.SYSLOG: ("host", "transport", "port", "address", "networks", *_FILES),
    Source.Kind.FILES: ("host", "paths", "start"),
    Source.Kind.HTTP: ("host",),
    Source.Kind.NATS: streams.NAMES,
    Source.Kind.UPLOAD: ("host",),
}


def checked(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are kept. Refused with every one that cannot be."""
    if kind not in _NAMES:
        raise Refused(Problem(None, "kind", f"“{kind}” is none that is collected.", f"Use {', '.join(_NAMES)}."))
    names = _NAMES[Source.Kind(kind)]
    problems = [
        Problem(None, name, f"A source of kind {kind} has no such setting.", f"It has {', '.join(names) or 'none'}.")
        for name in given
        if name not in names
    ]
    kept = {name: value for name, value in given.items() if name in names and value not in ("", None, [])}
    if "host" in kept:
        kept["host"] = str(kept["host"]).strip()[:300]
    if kind == Source.Kind.SYSLOG:
        problems += _syslog(kept)
    elif kind == Source.Kind.FILES:
        problems += _files(kept)
    elif kind == Source.Kind.NATS:
        problems += streams.checked(kept)
    if problems:
        raise Refused(*problems)
    return kept


def _syslog(kept: dict[str, Any]) -> list[Problem]:
    problems = []
    transport = kept.setdefault("transport", "tls")
    if transport not in TRANSPORTS:
        problems.append(Problem(None, "transport", f"“{transport}” is none.", f"Use {', '.join(TRANSPORTS)}."))
    try:
        kept["port"] = int(kept.get("port", 6514))
    except (TypeError, ValueError):
        kept["port"] = 0
    if not 1 <= kept["port"] <= 65_535:
        problems.append(Problem(None, "port", "It is no port.", "Write a number from 1 to 65535, such as 6514."))
    try:
        if "address" in kept:
            kept["address"] = str(ipaddress.ip_address(str(kept["address"])))
    except ValueError:
        problems.append(Problem(None, "address", "It is no address.", "Write one of this machine, or none for all."))
    networks = kept.get("networks", [])
    try:
        networks = networks.split() if isinstance(networks, str) else list(networks)
        kept["networks"] = [str(ipaddress.ip_network(str(one), strict=False)) for one in networks]
    except (ValueError, TypeError) as error:
        problems.append(Problem(None, "networks", f"{error}.", "Write networks such as 10.1.0.0/16, by space."))
    if bool(kept.get("certificate")) != bool(kept.get("key")):
        problems.append(Problem(None, "certificate", "It comes with its key.", "Name both files, or none."))
    problems += [
        Problem(None, name, f"“{kept[name]}” is no absolute path.", "Write the whole path of a PEM file.")
        for name in _FILES
        if name in kept and not Path(str(kept[name])).is_absolute()
    ]
    return problems


def _files(kept: dict[str, Any]) -> list[Problem]:
    paths = kept.get("paths", [])
    kept["paths"] = found = paths.split("\n") if isinstance(paths, str) else [str(one) for one in paths]
    kept["paths"] = found = [one.strip() for one in found if one.strip()]
    problems = [
        Problem(None, "paths", f"“{one}” is no absolute path.", "Write it whole, such as /var/log/**/*.log.")
        for one in found
        if not Path(one).is_absolute()
    ]
    if not found:
        problems.append(Problem(None, "paths", "None is named.", "Write a file, a folder or a pattern, one a line."))
    if kept.setdefault("start", "beginning") not in ("beginning", "end"):
        problems.append(Problem(None, "start", f"“{kept['start']}” is none.", "Use beginning or end."))
    return problems


def check_shared(kind: str, kept: Mapping[str, Any], own: int | None) -> None:
    """Sources may share a port when they share its transport and certificate, and at most one takes anybody."""
    if kind != Source.Kind.SYSLOG:
        return
    problems = []
    for other in Source.objects.filter(kind=Source.Kind.SYSLOG).exclude(pk=own or 0):
        said = other.settings
        same = said.get("port") == kept["port"] and said.get("address", "") == kept.get("address", "")
        if not same or (said.get("transport") == "udp") != (kept["transport"] == "udp"):
            continue
        if any(said.get(name, "") != kept.get(name, "") for name in ("transport", *_FILES)):
            reason = f"“{other.name}” has this port with another transport or certificate."
            problems.append(Problem(None, "port", reason, "Choose another port, or the same as there."))
        elif not said.get("networks") and not kept.get("networks"):
            reason = f"“{other.name}” takes every sender of this port."
            problems.append(Problem(None, "networks", reason, "Name the networks of one of them."))
        elif set(said.get("networks", ())) & set(kept.get("networks", ())):
            reason = f"“{other.name}” has one of these networks on this port."
            problems.append(Problem(None, "networks", reason, "Give each network to one source."))
    if problems:
        raise Refused(*problems)


def check_zone(zone: str) -> None:
    """Refused where it is neither an offset nor a name of the zone database."""
    from accord.intake.events.times import offset

    if not zone or offset(zone) is not None:
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Refused(
            Problem(None, "zone", f"“{zone}” is none.", "Write UTC, +01:00 or a name such as Europe/Vienna.")
        ) from None
