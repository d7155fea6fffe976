"""Which scan of the sample company covers what on which day, and the strangers that it meets there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from random import Random

from accord.site.sample import packages, weaknesses
from accord.site.sample.assets import Thing
from accord.site.sample.company import REGISTRY, SCAN_DATES, SOURCES
from accord.site.sample.scanners import cyclonedx, nessus, nmap, sarif, trivy
from accord.site.sample.scanners.nmap import Seen, Service
from accord.site.sample.weaknesses import Weakness

Dossier = list[tuple[Thing, list[tuple[Weakness, str]]]]

SCOPES = (
    ("servers-skarnholm", "Servers at Skarnholm", (0, 1, 2)),
    ("servers-elbreck", "Servers at Elbreck", (2,)),
    ("clients-offices", "Laptops at Skarnholm", (2,)),
    ("clients-stores", "Laptops at the other stores", (2,)),
    ("network", "Network devices and printers", (2,)),
    ("plant", "Plant devices, passive", (1,)),
)
CLIENTS_SCANNED = 0.62
STRANGERS = {
    "servers-skarnholm": 4,
    "servers-elbreck": 4,
    "clients-offices": 12,
    "clients-stores": 10,
    "network": 5,
    "plant": 3,
}
REPEATED = ("portal", "track")
LANGUAGES = {
    "app-portal": "maven",
    "app-yard": "maven",
    "app-serial": "maven",
    "app-track": "npm",
    "app-subcon": "npm",
    "app-driver": "pypi",
}
OUTSIDE = {
    "linux": (
        Service(443, "http", product="nginx", version="1.24.0", tunnel="ssl"),
        Service(80, "http", product="nginx"),
    ),
    "windows": (Service(443, "http", product="Microsoft IIS httpd", version="10.0", tunnel="ssl"),),
    "network": (Service(500, "isakmp", "udp"), Service(443, "http", tunnel="ssl")),
}
PLANT_SERVICES = (
    Service(102, "iso-tsap", product="Siemens S7 PLC"), Service(502, "mbap"), Service(80, "http"),
    Service(23, "telnet"), Service(44818, "EtherNetIP-2"), Service(4840, "opcua-tcp"),
    Service(22, "ssh", product="OpenSSH"),
)  # fmt: skip


def _scope(thing: Thing) -> str:
    if thing.segment == "clients":
        return "clients-offices" if thing.addresses[0].startswith("10.30.") else "clients-stores"
    return {"servers-ska": "servers-skarnholm", "servers-elb": "servers-elbreck"}.get(thing.segment, thing.segment)


def _stranger(scope: str, number: int, rng: Random) -> Thing:
    """A machine that answers but is in no register."""
    net = {"servers-skarnholm": "10.10.250", "servers-elbreck": "10.20.250", "clients-offices": "10.30.250",
           "clients-stores": "10.31.250", "network": "10.5.250", "plant": "10.60.250"}[scope]  # fmt: skip
    word = {
        "clients-offices": "desktop",
        "clients-stores": "tablet",
        "network": "switch",
        "plant": "plc",
    }.get(scope, "test")
    platforms = {"network": ("network",), "plant": ("plc",)}.get(scope, ("windows", "windows-client"))
    name = f"{word}-{rng.randrange(16**6):06x}"
    return Thing(
        key=name, name=name, kind="host", hostnames=[f"{name}.guest.veldrana.example"],
        addresses=[f"{net}.{10 + number}"], platforms=platforms, segment=scope,
        os="Microsoft Windows 10 Pro" if word in ("desktop", "test") else "",
    )  # fmt: skip


def _nessus(folder: Path, things: Sequence[Thing], rng: Random) -> list[Path]:
    scopes: dict[str, Dossier] = {name: [] for name, _, _ in SCOPES}
    for thing in things:
        name = _scope(thing)
        if name not in scopes or (thing.segment == "clients" and rng.random() > CLIENTS_SCANNED):
            continue
        if thing.segment == "plant" and rng.random() > 0.75:
            continue
        scopes[name].append((thing, weaknesses.of_machine(thing, rng)))
    for name, many in STRANGERS.items():
        for number in range(many):
            stranger = _stranger(name, number, rng)
            scopes[name].append((stranger, weaknesses.of_machine(stranger, rng)))
    checks = weaknesses.plugins()
    written = []
    for name, title, days in SCOPES:
        for index in days:
            day = SCAN_DATES[index]
            hosts = [
                (thing, [one for one, seen in found if seen[index if len(days) > 1 else 2] == "1"])
                for thing, found in scopes[name]
            ]
            path = folder / f"nessus-{name}-{day.isoformat()}.nessus"
            written.append(nessus.write(path, f"{title} (invented)", day, hosts, checks, rng))
    return written


def _trivy(folder: Path, things: Iterable[Thing], rng: Random) -> list[Path]:
    images = [thing for thing in things if thing.kind == "image"]
    for number in range(2):
        name = f"{REGISTRY}/sandbox/try{number}:latest"
        images.append(Thing(key=f"sandbox-{number}", name=name, kind="image", platforms=("npm",)))
    written = []
    for image in images[:60] + images[-2:]:
        found = packages.of_image(image.platforms[0], rng)
        path = image.name.removeprefix(f"{REGISTRY}/").partition(":")[0].replace("/", "-")
        repeated = path.startswith(REPEATED)
        for index in (0, 1, 2) if repeated else (2,):
            day = SCAN_DATES[index]
            seen = [one for one, history in found if history[index] == "1"]
            written.append(trivy.write(folder / f"trivy-{path}-{day.isoformat()}.json", image, day, seen))
    return written


def _cyclonedx(folder: Path, things: Iterable[Thing], rng: Random) -> list[Path]:
    day = SCAN_DATES[2]
    applications = [
        (one.name, one.platforms[0], one.identifiers[0].removeprefix("purl:"), LANGUAGES[one.key])
        for one in things
        if one.key in LANGUAGES
    ]
    applications.append(("Shift swap tool", "0.3.0", "pkg:generic/veldrana/shift-swap@0.3.0", "pypi"))
    written = []
    for name, version, purl, language in applications:
        libraries = packages.of_application(language, rng)
        short = purl.rpartition("/")[2].partition("@")[0]
        path = folder / f"cyclonedx-{short}-{day.isoformat()}.cdx.json"
        written.append(cyclonedx.write(path, name, version, purl, day, libraries, rng))
    return written


def _sarif(folder: Path, things: Iterable[Thing], rng: Random) -> list[Path]:
    day = SCAN_DATES[2]
    repositories = [thing for thing in things if thing.kind == "repository"][::4][:20]
    targets = [(thing.identifiers[0].removeprefix("repository:"), thing.platforms[0]) for thing in repositories]
    targets.append((f"https://{SOURCES}/sandbox/price-bot", "python"))
    written = []
    for uri, language in targets:
        name = uri.removeprefix(f"https://{SOURCES}/").replace("/", "-")
        path = folder / f"sarif-{name}-{day.isoformat()}.sarif"
        written.append(sarif.write(path, uri, language, day, rng.randrange(8, 44), rng))
    return written


def _outside(thing: Thing) -> str:
    return next((one for one in thing.addresses if not one.startswith("10.")), "")


def _answers(thing: Thing) -> tuple[Service, ...]:
    kind = "network" if "network" in thing.platforms or "fortios" in thing.platforms else thing.platforms[0]
    return OUTSIDE.get(kind, OUTSIDE["linux"])


def _nmap(folder: Path, things: Sequence[Thing], rng: Random) -> list[Path]:
    ports, ranges = "1-65535", "198.51.100.0/24 203.0.113.0/24"
    edge = [Seen(_outside(one), one.hostnames[0], _answers(one)) for one in things if _outside(one)]
    fair = Service(80, "http", product="Apache httpd", version="2.4.29")
    forgotten = [
        Seen("198.51.100.201", "", (Service(3389, "ms-wbt-server"), Service(445, "microsoft-ds"))),
        Seen("203.0.113.77", "old-fair.veldrana.example", (fair,)),
    ]
    leak = Service(1433, "ms-sql-s", product="Microsoft SQL Server 2019")
    later = [Seen(one.address, one.hostname, (*one.services, leak)) if not n % 9 else one for n, one in enumerate(edge)]
    plant = [
        Seen(one.addresses[0], one.hostnames[0], tuple(rng.sample(PLANT_SERVICES, rng.randrange(1, 4))))
        for one in things
        if one.segment == "plant"
    ]
    numbers = count(10)
    plant += [Seen(f"10.61.250.{next(numbers)}", "", (Service(80, "http"), Service(502, "mbap"))) for _ in range(4)]
    runs: tuple[tuple[str, date, str, str, list[Seen], int], ...] = (
        ("perimeter", SCAN_DATES[0], ranges, ports, edge + forgotten[:1], 512),
        ("perimeter", SCAN_DATES[2], ranges, ports, later + forgotten, 512),
        ("plant", SCAN_DATES[1], "10.60.0.0/14", "22,23,80,102,502,4840,44818", plant, 2048),
    )
    return [
        nmap.write(folder / f"nmap-{name}-{day.isoformat()}.xml", day, where, which, hosts, asked)
        for name, day, where, which, hosts, asked in runs
    ]


def write(folder: Path, things: Sequence[Thing], rng: Random) -> list[Path]:
    """Every scanner file; the paths, the oldest scan first."""
    folder.mkdir(parents=True, exist_ok=True)
    written = _nessus(folder, things, rng)
    for writer in (_trivy, _cyclonedx, _sarif, _nmap):
        written += writer(folder, things, rng)
    return sorted(written, key=lambda path: (_day(path), path.name))


def _day(path: Path) -> str:
    found: list[str] = re.findall(r"\d{4}-\d\d-\d\d", path.name)
    return found[-1]
