"""Nmap XML output, as nmap.dtd describes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from xml.sax.saxutils import quoteattr

from accord.site.sample.company import INVENTED

VERSION = "7.95"


@dataclass(frozen=True)
class Service:
    """An open port and what answers there."""

    port: int
    name: str
    protocol: str = "tcp"
    product: str = ""
    version: str = ""
    tunnel: str = ""


@dataclass(frozen=True)
class Seen:
    """A machine that answered."""

    address: str
    hostname: str
    services: tuple[Service, ...]


def write(path: Path, day: date, ranges: str, ports: str, hosts: Iterable[Seen], asked: int) -> Path:
    """One run over `ranges` (as on a command line); `asked` = how many addresses it tried."""
    begin = int(datetime.combine(day, time(2, 30), UTC).timestamp())
    seen = list(hosts)
    finish = begin + 3 * asked
    clock = datetime.fromtimestamp(finish, UTC).strftime("%a %b %d %H:%M:%S %Y")
    arguments = f"nmap -sV -p {ports} -oX - {ranges}"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n',
        f"<!-- {INVENTED} -->\n",
        f'<nmaprun scanner="nmap" args={quoteattr(arguments)} start="{begin}" version="{VERSION}" '
        'xmloutputversion="1.05">\n',
        f'<scaninfo type="syn" protocol="tcp" numservices="{_count(ports)}" services="{ports}"/>\n',
        '<verbose level="0"/>\n<debugging level="0"/>\n',
        *(_host(one, begin, finish) for one in seen),
        f'<runstats><finished time="{finish}" timestr="{clock}" summary="Nmap done" elapsed="{3 * asked}.00" '
        f'exit="success"/><hosts up="{len(seen)}" down="{asked - len(seen)}" total="{asked}"/></runstats>\n',
        "</nmaprun>\n",
    ]
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _count(ports: str) -> int:
    spans = (part.partition("-") for part in ports.split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)


def _host(one: Seen, begin: int, finish: int) -> str:
    name = f'<hostname name="{one.hostname}" type="PTR"/>' if one.hostname else ""
    return (
        f'<host starttime="{begin}" endtime="{finish}">'
        '<status state="up" reason="echo-reply" reason_ttl="0"/>'
        f'<address addr="{one.address}" addrtype="ipv4"/><hostnames>{name}</hostnames>\n'
        f"<ports>{_ports(one.services)}</ports></host>\n"
    )


def _ports(services: Sequence[Service]) -> str:
    rows = []
    for one in services:
        told = "".join(
            f" {key}={quoteattr(value)}"
            for key, value in (("product", one.product), ("version", one.version), ("tunnel", one.tunnel))
            if value
        )
        rows.append(
            f'<port protocol="{one.protocol}" portid="{one.port}"><state state="open" reason="syn-ack" '
            f'reason_ttl="0"/><service name="{one.name}"{told} method="probed" conf="10"/></port>\n'
        )
    return "".join(rows)
