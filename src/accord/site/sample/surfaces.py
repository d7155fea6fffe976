"""What the sample company's tools say of its assets, what assets do not list, and its tests of security.

Three assets are on purpose in no tool's list. The dates are those of the story; so that the sample stays what it is
whenever it is looked at, its rules let evidence of any age count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random

from accord.site.sample.assets import Thing
from accord.site.sample.company import TODAY, Tables

SILENT = ("cl-tms-bucket-003", "app-edi", "cl-portal-bucket-004")
COLUMNS: dict[str, tuple[str, ...]] = {
    "surface_inventory": ("key", "name", "surface", "number", "source", "as_of"),
    "inventory_coverage": ("inventory", "safeguard", "covered", "source", "as_of"),
    "safeguard_rule": (
        "key", "safeguard", "required", "surface", "environment", "reach", "criticality", "within_days",
    ),
    "safeguard_evidence": ("asset", "safeguard", "source", "present", "seen", "note"),
    "security_test": (
        "key", "name", "kind", "state", "plan", "method", "tester", "owner", "starts", "ends", "outcome", "retest_of",
    ),
    "security_test_system": ("test", "system"),
    "security_test_surface": ("test", "surface"),
    "security_test_rule": ("key", "surface", "criticality", "kind", "within_days"),
}  # fmt: skip
INVENTORIES = (
    ("INV-PEOPLE", "Accounts of people", "identity", 1284, "Directory", (("mfa", 1137), ("logs", 1284))),
    ("INV-MAIL", "Mailboxes", "people", 1319, "Mail service", (("mfa", 1137), ("backup", 1319))),
    ("INV-SUPPLIERS", "Suppliers with access or data", "supplier", 47, "Purchasing", (("owner", 39),)),
    ("INV-PHONES", "Company phones", "device", 412, "Device management", (("supported", 371), ("backup", None))),
    ("INV-OWN", "Phones of employees with mail", "device", None, "", ()),
)
RULES = (
    ("SR-SCAN-HOSTS", "scanned", "network", ""), ("SR-SCAN-DEVICES", "scanned", "device", ""),
    ("SR-SCAN-IMAGES", "scanned", "container", ""), ("SR-SCAN-CODE", "scanned", "code", ""),
    ("SR-SCAN-WEB", "scanned", "web", ""), ("SR-EDR", "edr", "network", ""),
    ("SR-LOGS-HOSTS", "logs", "network", "production"), ("SR-LOGS-WEB", "logs", "web", "production"),
    ("SR-LOGS-CLOUD", "logs", "cloud", "production"), ("SR-LOGS-IDENTITY", "logs", "identity", ""),
    ("SR-BACKUP-CLOUD", "backup", "cloud", "production"), ("SR-BACKUP-HOSTS", "backup", "network", "production"),
    ("SR-MFA", "mfa", "identity", ""),
)  # fmt: skip
TESTS = (
    (
        "PT-2026-EDGE", "Penetration test of the perimeter", "penetration", "done", date(2026, 9, 7),
        date(2026, 9, 18), "PTES; OWASP WSTG", "Havnsikker ApS (invented)", "",
        "Two addresses answer that no register knows; services beyond the portal are open.",
    ),
    (
        "PT-2026-EDGE-R", "Retest of the perimeter", "penetration", "done", date(2026, 11, 5), date(2026, 11, 9),
        "PTES", "Havnsikker ApS (invented)", "PT-2026-EDGE", "Looked again at what September's test found.",
    ),
    (
        "TT-2026", "Tabletop: the warehouses stand still", "tabletop", "done", date(2026, 6, 11), date(2026, 6, 11),
        "NIST SP 800-84", "Own people", "", "Nobody knew who may switch the plant off.",
    ),
    (
        "RT-2027", "Red team against the plant", "red_team", "planned", date(2027, 2, 1), None, "TIBER-EU", "", "", "",
    ),
)  # fmt: skip
SCOPES = {
    "PT-2026-EDGE": (("SYS-PORTAL", "SYS-TRACK", "SYS-VPN"), ("network", "web")),
    "PT-2026-EDGE-R": (("SYS-PORTAL", "SYS-TRACK", "SYS-VPN"), ("network", "web")),
    "TT-2026": (("SYS-SCADA", "SYS-WCS"), ("device", "people")),
    "RT-2027": (("SYS-SCADA", "SYS-PLC"), ("device",)),
}
TEST_RULES = (
    ("TR-WEB", "web", "", "penetration", 365), ("TR-IDENTITY", "identity", "", "", 365),
    ("TR-DEVICE", "device", "", "", 730), ("TR-MISSION", "", "mission_critical", "", 365),
)  # fmt: skip
SOURCES = {
    "cloud_resource": "Cloud audit log", "account": "Directory sign-in log", "repository": "Source code audit log",
    "image": "Registry audit log", "application": "Web gateway log", "device": "Network access control",
    "host": "Log collector",
}  # fmt: skip


def _evidence(things: Iterable[Thing], rng: Random) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []

    def add(thing: Thing, safeguard: str, source: str, present: bool, days: int) -> None:
        rows.append({
            "asset": thing.key, "safeguard": safeguard, "source": source, "present": present,
            "seen": TODAY - timedelta(days=days), "note": "",
        })  # fmt: skip

    for thing in things:
        if thing.key in SILENT:
            continue
        guarded = thing.kind == "host" and rng.random() < 0.94
        if thing.kind == "host":
            add(thing, "edr", "Endpoint detection", guarded, rng.randrange(0, 5))
            if thing.segment != "clients" and rng.random() < 0.9:
                add(thing, "backup", "Backup jobs", rng.random() < 0.96, rng.randrange(0, 3))
        if not guarded or (thing.segment != "clients" and rng.random() < 0.8):
            add(thing, "logs", SOURCES[thing.kind], True, rng.randrange(0, 2))
        if thing.kind == "account" and rng.random() < 0.92:
            add(thing, "mfa", "Directory", not thing.key.startswith("svc-") or rng.random() < 0.5, 1)
        if thing.kind == "cloud_resource" and "-db-" in thing.key:
            add(thing, "backup", "Cloud backup", rng.random() < 0.9, 1)
    return rows


def tables(things: Sequence[Thing], people: Sequence[dict[str, object]], rng: Random) -> Tables:
    """The tables of COLUMNS."""
    ciso = next((str(row["key"]) for row in people if row["role_title"] == "Chief information security officer"), "")
    systems = {thing.system for thing in things}
    return {
        "surface_inventory": [
            {"key": key, "name": name, "surface": surface, "number": number, "source": source,
             "as_of": TODAY if number is not None else None}
            for key, name, surface, number, source, _ in INVENTORIES
        ],
        "inventory_coverage": [
            {"inventory": key, "safeguard": safeguard, "covered": covered, "source": source, "as_of": TODAY}
            for key, _, _, _, source, held in INVENTORIES for safeguard, covered in held
        ],
        "safeguard_rule": [
            {"key": key, "safeguard": safeguard, "required": True, "surface": surface, "environment": environment}
            for key, safeguard, surface, environment in RULES
        ],
        "safeguard_evidence": _evidence(things, rng),
        "security_test": [
            {"key": key, "name": name, "kind": kind, "state": state, "plan": "", "method": method, "tester": tester,
             "owner": ciso, "starts": starts, "ends": ends, "outcome": outcome, "retest_of": before}
            for key, name, kind, state, starts, ends, method, tester, before, outcome in TESTS
        ],
        "security_test_system": [
            {"test": test, "system": system}
            for test, (names, _) in SCOPES.items() for system in names if system in systems
        ],
        "security_test_surface": [
            {"test": test, "surface": surface} for test, (_, names) in SCOPES.items() for surface in names
        ],
        "security_test_rule": [
            {"key": key, "surface": surface, "criticality": criticality, "kind": kind, "within_days": days}
            for key, surface, criticality, kind, days in TEST_RULES
        ],
    }  # fmt: skip
