"""Which weaknesses the sample's scanners know, and which of them each machine has.

The facts about vulnerability identifiers are real (data/README.md says where they are from); which machine
has which, and every installed version, is invented.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from accord.site.sample.assets import Thing
from accord.site.sample.company import DATA, INVENTED, sheet

FIRST_PLUGIN = 9_000_000
CHECK_PLUGIN = 9_900_000
MICROSOFT = ("windows", "windows-server", "windows-client")
# What else is installed on machines of a kind: platform, share of the machines.
ALSO = {
    "clients": (
        ("office", 0.8),
        ("chrome", 0.9),
        ("firefox", 0.25),
        ("reader", 0.6),
        ("archiver", 0.4),
        ("java", 0.08),
    ),
    "windows-server": (("dotnet", 0.5), ("java", 0.1)),
    "linux": (("java", 0.2), ("httpd", 0.15)),
}
# Presence on the three scan dates, with its weight: stays, is fixed, comes back, is new.
HISTORIES = (("111", 78), ("100", 8), ("110", 4), ("101", 4), ("011", 3), ("001", 3))
# How often a vulnerability is open on the most neglected machine of a segment.
APPETITE = {"clients": 0.6, "network": 0.95, "plant": 0.6}
PORTS = {
    "exchange": (443, "www"), "sharepoint": (443, "www"), "sqlserver": (1433, "mssql"), "httpd": (443, "www"),
    "tomcat": (8443, "www"), "confluence": (443, "www"), "jira": (443, "www"), "gitlab": (443, "www"),
    "jenkins": (8080, "www"), "teamcity": (8111, "www"), "moveit": (443, "www"), "weblogic": (7001, "www"),
    "postgresql": (5432, "postgresql"), "mysql": (3306, "mysql"), "redis": (6379, "redis"),
    "php": (443, "www"),
    "fortios": (443, "www"), "panos": (443, "www"), "asa": (443, "www"), "netscaler": (443, "www"),
    "ivanti": (443, "www"), "vcenter": (443, "www"), "esxi": (443, "www"), "iosxe": (443, "www"),
    "ilo": (443, "www"), "sap": (3200, "sap"), "plc": (0, "general"), "cctv": (80, "www"),
}  # fmt: skip
FAMILIES = {
    **dict.fromkeys((*MICROSOFT, "office", "dotnet"), "Windows : Microsoft Bulletins"),
    **dict.fromkeys(("exchange", "sharepoint", "sqlserver"), "Windows : Microsoft Bulletins"),
    **dict.fromkeys(("chrome", "firefox", "reader", "archiver", "java", "apexone"), "Windows"),
    **dict.fromkeys(("linux", "postgresql", "mysql", "redis"), "Misc."),
    **dict.fromkeys(("fortios", "panos", "netscaler", "ivanti"), "Firewalls"),
    **dict.fromkeys(("asa", "iosxe", "nxos"), "CISCO"),
    **dict.fromkeys(("plc", "cctv"), "SCADA"),
}  # fmt: skip


@dataclass(frozen=True)
class Weakness:
    """One check of the network scanner: a configuration, a vulnerability, or a month of updates."""

    plugin: int
    name: str
    family: str
    severity: int
    platform: str
    text: str
    remedy: str
    cves: tuple[str, ...] = ()
    vector: str = ""
    score: float | None = None
    cwes: tuple[str, ...] = ()
    component: str = ""
    installed: str = ""
    fixed: str = ""
    port: int = 0
    protocol: str = "tcp"
    service: str = "general"
    exploited: bool = False
    month: str = ""
    chance: float = 0.0


@cache
def facts() -> dict[str, dict[str, str]]:
    """Identifier → published, cvss31, score, cwe (blank = unknown)."""
    return {row["cve"]: row for row in sheet("vulnerabilities")}


@cache
def exploited() -> dict[str, dict[str, str]]:
    """Identifier → entry of the KEV catalogue."""
    catalogue = json.loads((DATA / "kev.json").read_text(encoding="utf-8"))
    return {entry["cveID"]: entry for entry in catalogue["vulnerabilities"]}


def rating(score: float | None) -> int:
    """The scanner's 0–4 severity from a CVSS base score; without a score it rates 3."""
    if score is None:
        return 3
    return 4 if score >= 9 else 3 if score >= 7 else 2 if score >= 4 else 1


def describe(cve: str, component: str) -> str:
    entry = exploited().get(cve)
    if entry:
        return entry["shortDescription"]
    return f"An installed version of {component} is affected by {cve}. {INVENTED}"


def score_of(cve: str) -> float | None:
    text = facts()[cve]["score"]
    return float(text) if text else None


def _single(number: int, row: dict[str, str]) -> Weakness:
    cve, platform, component = row["cve"], row["platform"], row["component"]
    score = score_of(cve)
    port, service = PORTS.get(platform, (0, "general"))
    return Weakness(
        plugin=FIRST_PLUGIN + number,
        name=f"{row['vendor']} {component}: {cve}",
        family=FAMILIES.get(platform, "General"),
        severity=rating(score),
        platform=platform,
        text=describe(cve, component),
        remedy=f"Update {component} to {row['fixed']} or later." if row["fixed"] else f"Update {component}.",
        cves=(cve,),
        vector=facts()[cve]["cvss31"],
        score=score,
        cwes=tuple(facts()[cve]["cwe"].split()),
        component=component,
        installed=row["installed"],
        fixed=row["fixed"],
        port=port,
        service=service,
        exploited=cve in exploited(),
    )


def _month(cve: str) -> str:
    return (facts()[cve]["published"] or exploited()[cve]["dateAdded"])[:7]


@cache
def catalogue() -> dict[str, tuple[Weakness, ...]]:
    """Platform → weaknesses that its machines can have. Windows updates come by month."""
    found: dict[str, list[Weakness]] = defaultdict(list)
    months: dict[tuple[str, str], list[Weakness]] = defaultdict(list)
    for number, row in enumerate(sheet("products")):
        one = _single(number, row)
        if one.platform in MICROSOFT:
            months[one.platform, _month(row["cve"])].append(one)
        else:
            found[one.platform].append(one)
    for (platform, month), parts in sorted(months.items()):
        worst = max(parts, key=lambda part: part.score or 7.0)
        components = sorted({part.component for part in parts})
        found[platform].append(
            replace(
                worst,
                plugin=worst.plugin + 500_000,
                name=f"Windows security update of {month} is missing ({', '.join(components[:3])})",
                text=" ".join(dict.fromkeys(part.text for part in parts)),
                remedy=f"Install the security update of {month} or a later one.",
                cves=tuple(sorted(cve for part in parts for cve in part.cves)),
                cwes=tuple(sorted({cwe for part in parts for cwe in part.cwes})),
                component="Windows",
                month=month,
                exploited=any(part.exploited for part in parts),
            )
        )
    for row in sheet("checks"):
        found[row["platform"]].append(
            Weakness(
                plugin=CHECK_PLUGIN + int(row["check"]), name=row["name"], family=row["family"],
                severity=int(row["severity"]), platform=row["platform"], text=row["text"],
                remedy=row["remedy"], cwes=(row["cwe"],), port=int(row["port"]),
                protocol=row["protocol"], service=row["service"], chance=float(row["chance"]),
            )
        )  # fmt: skip
    return {platform: tuple(found[platform]) for platform in sorted(found)}


def plugins() -> list[int]:
    """Every check of the network scanner, as its policy lists them."""
    return sorted({one.plugin for group in catalogue().values() for one in group})


def history(rng: Random) -> str:
    """Presence of a weakness on the three scan dates, such as "101"."""
    return rng.choices([name for name, _ in HISTORIES], [weight for _, weight in HISTORIES])[0]


def _level(thing: Thing, rng: Random) -> str:
    """The month of the last Windows update that a machine has."""
    if thing.segment == "clients":
        return rng.choices(("2026-10", "2025-04", "2024-10", "2024-07", "2023-11"), (46, 24, 16, 9, 5))[0]
    slow = thing.system in ("SYS-WMS", "SYS-WCS", "SYS-SCADA", "SYS-HIST", "SYS-RF", "SYS-TEMP")
    if slow or "windows-old" in thing.platforms:
        return rng.choices(("2024-12", "2024-06", "2023-10", "2023-01"), (20, 40, 25, 15))[0]
    return rng.choices(("2026-10", "2025-01", "2024-08", "2024-02"), (45, 30, 17, 8))[0]


def _platforms(thing: Thing, rng: Random) -> list[str]:
    names = list(thing.platforms)
    for name in (thing.segment, *thing.platforms):
        names += [other for other, share in ALSO.get(name, ()) if rng.random() < share]
    return list(dict.fromkeys(names))


def of_machine(thing: Thing, rng: Random) -> list[tuple[Weakness, str]]:
    """The weaknesses of a machine with their presence on the three scan dates."""
    level = _level(thing, rng)
    care = rng.betavariate(1.1, 4.0)  # 0 = well kept, 1 = neglected
    mine: list[tuple[Weakness, str]] = []
    for platform in _platforms(thing, rng):
        for one in catalogue().get(platform, ()):
            if one.month:
                present = one.month > level
            elif one.chance:
                present = rng.random() < one.chance
            else:
                present = rng.random() < care * APPETITE.get(thing.segment, 0.5)
            if present:
                mine.append((one, history(rng)))
    return mine
