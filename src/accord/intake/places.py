"""Where scanners found something, from what they write: a host by name or address, a site by its URL."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from accord.intake.records import Target, TargetKind, address
from accord.intake.safe import text as clean

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "ssh": 22, "ldap": 389, "ldaps": 636}


def host(
    *names: object,
    macs: Iterable[object] = (),
    identifiers: Iterable[tuple[str, object]] = (),
    system: object = None,
    kind: TargetKind = "host",
) -> Target | None:
    """A target from whatever names it: addresses, host names, DOMAIN\\NAME. None where nothing does."""
    hostnames: dict[str, None] = {}
    addresses: dict[str, None] = {}
    first: str | None = None
    for name in names:
        told = clean.line(name, 300)
        if told is None:
            continue
        for one in told.replace(";", ",").split(",") if "," in told or ";" in told else (told,):
            found = address(one)
            if found:
                addresses[found] = None
            elif known := clean.hostname(one.rpartition("\\")[2]):
                hostnames[known] = None
            first = first or clean.line(one, 200)
    known_macs = tuple(dict.fromkeys(mac for given in macs if (mac := clean.mac(given))))[:50]
    known_ids = tuple((scheme, value) for scheme, given in identifiers if (value := clean.line(given, 200)))[:50]
    shown = first or next(iter(known_macs), None) or (known_ids[0][1] if known_ids else None)
    if shown is None:
        return None
    return Target(
        kind=kind,
        name=shown,
        hostnames=tuple(hostnames)[:50],
        addresses=tuple(addresses)[:50],
        macs=known_macs,
        identifiers=known_ids,
        operating_system=clean.line(system, 200),
    )


def site(url: object) -> tuple[Target, int | None, str | None] | None:
    """The web application that a URL belongs to, with its port and the path inside it (the query without values
    is not kept). None where the text is no URL with a host."""
    told = clean.line(url, 2000)
    if told is None:
        return None
    try:
        parts = urlsplit(told if "://" in told else f"//{told}")
        name, port = (parts.hostname or "").strip("[]"), parts.port
    except ValueError:
        return None
    if not name or " " in name:
        return None
    scheme = parts.scheme.lower()[:20]
    if port is None:
        port = PORTS.get(scheme)
    shown = f"[{name}]" if ":" in name else name
    usual = port is None or port == PORTS.get(scheme)
    where = f"{scheme}://" if scheme else ""
    target = Target(
        kind="application",
        name=clean.line(f"{where}{shown}" + ("" if usual else f":{port}"), 300) or shown,
        hostnames=(known,) if (known := clean.hostname(name)) else (),
        addresses=(found,) if (found := address(name)) else (),
    )
    return target, clean.port(port), clean.line(parts.path, 1000)


def protocol(told: object, port: int | None) -> str | None:
    """The protocol of a port in lower case; None without a port."""
    return (clean.line(told, 20) or "").lower() or None if port else None


def plain(html: object, limit: int = 20_000) -> str | None:
    """A text out of HTML as scanners write it: paragraphs and line breaks kept, everything else dropped."""
    from html import unescape

    told = clean.text(html, limit * 2)
    if told is None or ("<" not in told and "&" not in told):
        return clean.text(told, limit)
    out: list[str] = []
    at = 0
    while at < len(told):
        opened = told.find("<", at)
        if opened < 0:
            out.append(told[at:])
            break
        out.append(told[at:opened])
        closed = told.find(">", opened)
        if closed < 0 or not (told[opened + 1 : opened + 2].isalpha() or told[opened + 1 : opened + 2] in "/!"):
            out.append("<")
            at = opened + 1
            continue
        tag = told[opened + 1 : closed].strip("/ ").split(" ")[0].lower()
        out.append("\n" if tag in ("p", "br", "li", "div", "tr", "ul", "ol", "pre", "h1", "h2", "h3") else "")
        at = closed + 1
    lines = [" ".join(line.split()) for line in unescape("".join(out)).split("\n")]
    return clean.text("\n".join(line for line in lines if line), limit)
