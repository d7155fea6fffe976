"""When the sample company may change its systems, who does it, and what fixes take there. Invented.

Windows lie ahead of the day on which the sample is loaded: a plan of past windows would show nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

SATURDAY = 5
WINDOWS = 10
NO_TEAM = frozenset({"SYS-COUNT", "SYS-BMS", "SYS-EVENT", "SYS-FAX"})
"""Systems of which nobody has said who changes them."""
PLANT = ("SYS-WCS", "SYS-SHUTTLE", "SYS-SCADA", "SYS-PLC", "SYS-GAS", "SYS-HIST", "SYS-ENERGY")
PEAK = ("SYS-WMS", "SYS-RF", "SYS-VOICE", "SYS-TMS", "SYS-DRIVER", "SYS-EDI")
HOURS = {
    "Applications": 26, "Data and integration": 14, "Infrastructure and service desk": 30,
    "Refrigeration and plant engineering": 8,
}  # fmt: skip
OTHERS = 6
EFFORTS = (
    ("ecosystem:deb", 0.25, 0.5, 1.5, "yes", 0.1, 0.25, 1.0, "Change records of two years"),
    ("ecosystem:npm", 0.5, 2.0, 8.0, "no", 0.0, 0.1, 0.5, "Release records"),
    ("ecosystem:maven", 1.0, 3.0, 12.0, "yes", 0.1, 0.3, 1.0, "Release records"),
    ("component:VMware ESXi", 2.0, 4.0, 8.0, "yes", 0.5, 1.0, 4.0, "Vendor's guide, own estimate"),
    ("kind:upgrade", 0.25, 0.75, 2.0, "yes", 0.1, 0.25, 1.0, "Change records of two years"),
    ("kind:remedy", 0.5, 1.0, 4.0, "no", 0.0, 0.1, 0.5, "Estimate of the team leads"),
)
RULES = (
    ("SYS-VIRT", "apart", "SYS-K8S"), ("SYS-AD", "apart", "SYS-IDP"), ("SYS-NET", "apart", "SYS-VPN"),
    ("SYS-ESB", "before", "SYS-EDI"), ("SYS-API", "before", "SYS-PORTAL"),
)  # fmt: skip
LIMITS = (("CAP-STORE", 2), ("CAP-PORTAL", 1))
Row = dict[str, str]


def tables(today: date, teams: Mapping[str, str]) -> dict[str, list[Row]]:
    """The rows by noun. `teams` is the unit that changes each system, by the system's key ("" = not known)."""
    first = today + timedelta(days=(SATURDAY - today.weekday()) % 7 or 7)
    starts = [first + timedelta(days=7 * n) for n in range(WINDOWS)]
    plant = first + timedelta(days=22)
    known = {system: team for system, team in teams.items() if team and system not in NO_TEAM}
    windows = [
        _window(f"CW-{day:%m%d}", f"Saturday night of {day.day} {day:%b %Y}", day, "22:00", 6, 60, 45) for day in starts
    ]
    windows.append(_window("CW-PLANT", f"Plant stands still on {plant.day} {plant:%b %Y}", plant, "06:00", 12, 20, 30))
    hours = [
        {"window": window["key"], "team": team, "hours": str(HOURS.get(team, OTHERS))}
        for window in windows
        for team in sorted(set(known.values()))
        if window["key"] != "CW-PLANT" or team == "Refrigeration and plant engineering"
    ]
    closing = date(today.year, 12, 18) if today <= date(today.year, 12, 18) else date(today.year + 1, 12, 18)
    return {
        "change_window": windows,
        "window_system": [{"window": "CW-PLANT", "system": system} for system in PLANT if system in teams],
        "team_hours": hours,
        "system_team": [{"system": system, "team": team} for system, team in sorted(known.items())],
        "fix_effort": list(_efforts()),
        "change_freeze": [
            {"key": "FZ-YEAR", "name": "Closing of the year", "starts": str(closing),
             "ends": str(closing + timedelta(days=19)), "reason": "Books are closed, stock is counted"},
            {"key": "FZ-PEAK", "name": "Peak weeks of the warehouses", "starts": str(first + timedelta(days=10)),
             "ends": str(first + timedelta(days=23)), "reason": "Retail's busiest weeks"},
        ],
        "freeze_system": [{"freeze": "FZ-PEAK", "system": system} for system in PEAK if system in teams],
        "patch_rule": [{"system": a, "rule": rule, "other": b} for a, rule, b in RULES if a in teams and b in teams],
        "downtime_limit": [{"capability": key, "most_systems": str(most)} for key, most in LIMITS],
    }  # fmt: skip


def _window(key: str, name: str, day: date, time: str, hours: int, restarts: int, downtime: int) -> Row:
    return {
        "key": key, "name": name, "starts": str(day), "start_time": time, "hours": str(hours),
        "most_restarts": str(restarts), "most_downtime": str(downtime),
    }  # fmt: skip


def _efforts() -> Iterable[Row]:
    names = (
        "applies_to", "hours_low", "hours", "hours_high", "restart", "downtime_low", "downtime", "downtime_high",
        "source",
    )  # fmt: skip
    for row in EFFORTS:
        yield dict(zip(names, map(str, row), strict=True))
