"""The 2,500 assets of the sample company: machines, devices, images, repositories, cloud resources, accounts.

Addresses are from RFC 1918 (10.0.0.0/8) and, where the internet sees them, from the documentation networks
198.51.100.0/24 and 203.0.113.0/24.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from accord.site.sample.company import DOMAIN, INSIDE, REGISTRY, SOURCES, TODAY, sheet

TOTAL = 2500
ACCOUNTS = 140
TENANT = "5e1d0a7c-1111-4000-8000-000000000080"
CLOUD_ACCOUNT = "111122223333"
SITES = ("ska", "elb", "tor", "mir")
HALLS = {"ska": "10.10", "elb": "10.20"}
WINDOWS = (
    (2012, "Microsoft Windows Server 2012 R2 Standard"),
    (2016, "Microsoft Windows Server 2016 Standard"),
    (2019, "Microsoft Windows Server 2019 Standard"),
    (9999, "Microsoft Windows Server 2022 Standard"),
)
LINUX = ("Linux Kernel 5.10 on Debian 11", "Linux Kernel 6.1 on Debian 12", "Linux Kernel 5.14 on Red Hat 9")
PLATFORM = {
    "esxi": "VMware ESXi 7.0",
    "netscaler": "NetScaler",
    "ivanti": "Connect Secure",
    "fortios": "FortiOS",
}
NETWORK = (
    ("fortios", "fw"),
    ("panos", "fw"),
    ("asa", "fw"),
    ("iosxe", "sw"),
    ("nxos", "sw"),
    ("aruba", "sw"),
)
DEVICES = {
    "SYS-RF": ("handheld", "terminal"),
    "SYS-VOICE": ("handheld", "headset"),
    "SYS-COUNT": ("handheld", "tablet"),
    "SYS-LABEL": ("printer", "printer"),
    "SYS-TELE": ("telematics", "box"),
    "SYS-DRIVER": ("handheld", "phone"),
    "SYS-TIME": ("clock", "clock"),
    "SYS-NET": ("network", "net"),
    "SYS-VIRT": ("ilo", "bmc"),
    "SYS-VPN": ("fortios", "fw"),
    "SYS-FILE": ("storage", "nas"),
    "SYS-BACKUP": ("storage", "lib"),
}
PLANT = (
    "SYS-SCADA",
    "SYS-PLC",
    "SYS-WCS",
    "SYS-SHUTTLE",
    "SYS-GAS",
    "SYS-BMS",
    "SYS-TEMP",
    "SYS-ENERGY",
    "SYS-OTRA",
)
CLOUD = (
    ("vm", "virtual machine"),
    ("bucket", "object store"),
    ("fn", "function"),
    ("db", "database"),
    ("net", "network"),
)
PARTS = ("web", "api", "worker", "jobs", "gateway", "importer", "reports", "auth", "cache")


@dataclass
class Thing:
    """One asset, with what the scanners need to know about it: platforms, segment, operating system."""

    key: str
    name: str
    kind: str
    system: str = ""
    hostnames: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    owner: str = ""
    environment: str = "production"
    source: str = "CMDB"
    first_seen: date | None = None
    last_seen: date | None = None
    platforms: tuple[str, ...] = ()
    segment: str = ""
    os: str = ""

    def row(self) -> dict[str, object]:
        """The row of the noun `asset`."""
        names = (
            "key", "name", "kind", "hostnames", "addresses", "identifiers", "owner", "environment", "source",
            "first_seen", "last_seen",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


class _Builder:
    def __init__(self, rng: Random, engineers: list[str]) -> None:
        self.rng = rng
        self.engineers = engineers
        self.things: list[Thing] = []
        self.used: dict[str, int] = {}
        self.public = {"198.51.100": 10, "203.0.113": 10}

    def address(self, net: str) -> str:
        """The next free address of a /16 network such as 10.10."""
        number = self.used.get(net, 10) + 1
        if number % 256 in (0, 255):
            number += 2 if number % 256 == 255 else 1
        self.used[net] = number
        return f"{net}.{number // 256}.{number % 256}"

    def outside(self, net: str) -> str:
        self.public[net] += 1
        return f"{net}.{self.public[net]}"

    def add(self, thing: Thing) -> Thing:
        rng = self.rng
        thing.first_seen = TODAY - timedelta(days=rng.randrange(60, 2400))
        thing.last_seen = TODAY - timedelta(days=rng.choice((0, 1, 1, 2, 3, 7, 7, 21)))
        if thing.kind == "host" and not thing.owner and thing.segment != "clients" and rng.random() < 0.9:
            thing.owner = rng.choice(self.engineers)
        self.things.append(thing)
        return thing


def _short(system: str) -> str:
    return system.removeprefix("SYS-").lower()


def _windows(line: dict[str, str], rng: Random) -> str:
    year = int((line["introduced"] or "2019")[:4]) + rng.choice((0, 0, 2, 4, 6))
    year = max(year, 2012) if line["retire_by"] else max(year, 2013)
    return next(name for limit, name in WINDOWS if year <= limit)


def _server(build: _Builder, line: dict[str, str], number: int, count: int) -> Thing:
    stack = line["stack"].split()
    base, extras = stack[0], stack[1:]
    rng = build.rng
    site = "ska" if rng.random() < 0.62 else "elb"
    environment = "production" if number <= max(1, round(count * 0.72)) else rng.choice(("test", "development"))
    role = ["", *extras][(number - 1) % (len(extras) + 1)]
    if base == "windows":
        platforms, system = ["windows", "windows-server"], _windows(line, rng)
        if "2012" in system:
            platforms.append("windows-old")
    elif base in PLATFORM:
        platforms, system = [stack[(number - 1) % len(stack)]], PLATFORM[base]
        role = ""
    elif base == "client":
        platforms, system = ["windows", "windows-server"], WINDOWS[-1][1]
    else:
        platforms, system = ["linux"], rng.choice(LINUX)
    platforms += [role] if role else []
    if base == "sap":
        platforms.append("sap")
    name = f"{site}-{_short(line['key'])}-{number:02d}"
    addresses = [build.address(HALLS[site])]
    if line["reach"] in ("internet", "partner") and number == 1:
        addresses.append(build.outside("198.51.100" if site == "ska" else "203.0.113"))
    return Thing(
        key=name, name=name, kind="host", system=line["key"], hostnames=[f"{name}.{INSIDE}", name],
        addresses=addresses, environment=environment, platforms=tuple(dict.fromkeys(platforms)),
        segment=f"servers-{site}", os=system,
    )  # fmt: skip


def _device(build: _Builder, line: dict[str, str], number: int) -> Thing:
    system, rng = line["key"], build.rng
    site = {"SYS-WCS": "ska", "SYS-SHUTTLE": "elb"}.get(system, SITES[number % 4])
    platforms: tuple[str, ...]
    if system in PLANT:
        name, net = f"plc-{site}-{_short(system)}-{number:03d}", f"10.6{SITES.index(site)}"
        platforms, segment = ("cctv",) if system == "SYS-BMS" and number % 3 == 0 else ("plc",), "plant"
    else:
        platform, word = DEVICES.get(system, ("device", _short(system)))
        platforms, segment, net = (platform,), "network", "10.5"
        if platform == "network":
            kind, word = NETWORK[0] if number <= 14 else NETWORK[1 + number % 5]
            platforms = ("network", kind)
        elif platform in ("handheld", "telematics", "clock", "device"):
            segment, net = "floor", "10.7"
        name = f"{word}-{site}-{_short(system)}-{number:03d}"
    addresses = [build.address(net)]
    if system in ("SYS-NET", "SYS-VPN") and number <= 6:
        addresses.append(build.outside("198.51.100" if number % 2 else "203.0.113"))
    return Thing(
        key=name, name=name, kind="device", system=system, hostnames=[f"{name}.{INSIDE}"],
        addresses=addresses,
        identifiers=[f"serial:VLD{rng.randrange(10**7, 10**8)}"], platforms=platforms, segment=segment, os="",
        source="CMDB" if segment != "plant" else "Plant register",
    )  # fmt: skip


def _software(build: _Builder, line: dict[str, str]) -> None:
    short, rng = _short(line["key"]), build.rng
    for number in range(int(line["images"])):
        name = f"{short}/{PARTS[number % len(PARTS)]}"
        tag = f"{rng.randrange(1, 6)}.{rng.randrange(0, 20)}.{rng.randrange(0, 9)}"
        full = f"{REGISTRY}/{name}:{tag}"
        language = "maven" if "java" in line["stack"] else rng.choice(("pypi", "npm", "maven", "go"))
        build.add(
            Thing(
                key=f"img-{name.replace('/', '-')}", name=full, kind="image", system=line["key"],
                identifiers=[f"image-tag:{full}"], source="Container registry",
                platforms=(language,), segment="images",
            )
        )  # fmt: skip
    for number in range(int(line["repositories"])):
        path = f"{short}/{PARTS[number % len(PARTS)]}"
        build.add(
            Thing(
                key=f"repo-{path.replace('/', '-')}", name=f"{SOURCES}/{path}", kind="repository",
                system=line["key"], identifiers=[f"repository:https://{SOURCES}/{path}"],
                source="Source code server",
                platforms=(("java", "js", "python")[number % 3],), segment="repositories",
            )
        )  # fmt: skip


def _cloud(build: _Builder, line: dict[str, str]) -> None:
    rng = build.rng
    for number in range(1, int(line["cloud"]) + 1):
        kind, word = CLOUD[rng.choices(range(5), (5, 3, 4, 2, 1))[0]]
        name = f"cl-{_short(line['key'])}-{kind}-{number:03d}"
        thing = Thing(
            key=name, name=f"{word.capitalize()} {name}", kind="cloud_resource", system=line["key"],
            identifiers=[f"cloud:veldrana/eu-north/{name}"], source="Cloud inventory", segment="cloud",
            environment=rng.choices(("production", "test", "development"), (6, 2, 2))[0],
        )  # fmt: skip
        if kind == "vm":
            thing.hostnames, thing.addresses = [f"{name}.cloud.{DOMAIN}"], [build.address("10.90")]
        build.add(thing)


def _accounts(build: _Builder, lines: list[dict[str, str]]) -> None:
    for number in range(ACCOUNTS):
        line = lines[number % len(lines)]
        name = f"{'svc' if number < len(lines) else 'adm'}-{_short(line['key'])}"
        build.add(
            Thing(
                key=name, name=name, kind="account", system=line["key"], source="Directory",
                identifiers=[f"account:{name}@{INSIDE}"], segment="accounts",
            )
        )  # fmt: skip


def _tenants(build: _Builder) -> None:
    """The accounts at providers, by which their logs name the company."""
    for key, name, system, identifier in (
        ("tenant-veldrana", "Tenant of Veldrana", "SYS-IDP", f"entra-tenant:{TENANT}"),
        ("aws-veldrana", "Cloud account of Veldrana", "SYS-API", f"aws-account:{CLOUD_ACCOUNT}"),
    ):
        build.add(
            Thing(key=key, name=name, kind="account", system=system, source="Directory", identifiers=[identifier],
                  segment="accounts")
        )  # fmt: skip


def _clients(build: _Builder, count: int) -> None:
    rng = build.rng
    for number in range(1, count + 1):
        name = f"lt-{number:04d}"
        site = rng.choices(range(4), (5, 3, 2, 2))[0]
        new = rng.random() < 0.78
        build.add(
            Thing(
                key=name, name=name, kind="host", system="SYS-WORK", hostnames=[f"{name}.{INSIDE}", name],
                addresses=[build.address(f"10.3{site}")], source="Device management", segment="clients",
                platforms=("windows", "windows-client", "windows-11" if new else "windows-10"),
                os=f"Microsoft Windows {'11' if new else '10'} Enterprise",
            )
        )  # fmt: skip


def things(rng: Random, engineers: list[str]) -> list[Thing]:
    """All assets, in a stable order. `engineers` are the keys of persons who can own a machine."""
    build = _Builder(rng, engineers)
    lines = list(sheet("company/systems"))
    for line in lines:
        count = int(line["servers"])
        for number in range(1, count + 1):
            build.add(_server(build, line, number, count))
        for number in range(1, int(line["devices"]) + 1):
            build.add(_device(build, line, number))
        _software(build, line)
        _cloud(build, line)
        if line["reach"] in ("internet", "partner"):
            name = f"app-{_short(line['key'])}"
            version = f"{rng.randrange(2, 9)}.{rng.randrange(0, 12)}.{rng.randrange(0, 9)}"
            build.add(
                Thing(
                    key=name, name=f"{line['name']} (application)", kind="application", system=line["key"],
                    identifiers=[f"purl:pkg:generic/veldrana/{_short(line['key'])}@{version}"],
                    source="Application register", segment="applications", platforms=(version,),
                )
            )  # fmt: skip
    _accounts(build, lines)
    _tenants(build)
    _clients(build, TOTAL - len(build.things))
    return build.things
