"""A shop whose web server is to be patched: its owner in IT, an outage that prices an hour, findings with prices."""

from __future__ import annotations

from pathlib import Path

from accord_scanned import EPSS, nessus
from accord_tables import table

from accord.core import accounts
from accord.core.imports import import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.exposure.models import Fix
from accord.exposure.services import import_scan, update_feeds_from
from accord.exposure.services.fixes import recount_fixes
from accord.risk import services as risk

TABLES: dict[str, str] = {
    "unit": "key,name\nU-1,Warehouse\nU-2,Finance",
    "person": "key,name,unit,heads_unit\nP-1,Ida Owner,U-2,\nP-2,Otto Other,U-2,\nP-3,Wanda Head,U-1,yes",
    "goal": "key,name,weight\nG-1,Deliver on time,3\nG-2,Keep the books,1",
    "capability": "key,name\nC-1,Ship\nC-2,Account",
    "goal_capability": "goal,capability,share\nG-1,C-1,1\nG-2,C-2,0.5",
    "system": "key,name,it_owner,rto_hours,rpo_hours,reach\nS-1,Shipping,P-1,4,2,internet\nS-2,Ledger,P-2,8,,internal",
    "capability_system": "capability,system,share\nC-1,S-1,0.8\nC-2,S-1,0.2\nC-2,S-2,0.6",
    "unit_system": "unit,system,share\nU-1,S-1,0.6\nU-2,S-2,0.5",
    "dependency": "system,depends_on\nS-2,S-1",
    "asset": "key,name,kind,hostnames\nA-1,Web,host,web.example\nA-2,Books,host,books.example",
    "system_asset": "system,asset,share\nS-1,A-1,0.5\nS-2,A-2,0.5",
    "control": "key,name,state\nCT-1,Segments,operating",
    "scenario": (
        "key,name,threat,effect,frequency_low,frequency_mid,frequency_high\n"
        "R-1,Ransomware,external,outage,0.05,0.2,0.6\nR-2,Shipping fails,failure,outage,0.5,1,2"
    ),
    "scenario_system": "scenario,system,share\nR-1,S-1,0.7\nR-1,S-2,0.3\nR-2,S-1,0.5",
    "scenario_loss": (
        "scenario,form,low,mid,high\nR-1,response,500000,2000000,9000000\n"
        "R-2,productivity,8000,16000,40000\nR-2,response,100,200,300"
    ),
}  # fmt: skip
"""An hour of Shipping: productivity loss × share 0.5 over an RTO of 4 h = 1000, 2000, 5000."""
PASSWORD = "Kq7-vmz!29pd"


def account(name: str, *roles: Role, person: str = "") -> User:
    return accounts.add_account(
        None, f"{name}@patch.example", name, [(role, "") for role in roles], password=PASSWORD, person_key=person
    )


def shop(ciso: User, tmp_path: Path) -> Fix:
    """The tables, a scan with priced findings, and the fix of Defect 1 on the web server."""
    import_tables(ciso, [table(name, text) for name, text in TABLES.items()])
    feed = tmp_path / "epss_scores-current.csv"
    feed.write_text(EPSS + "CVE-2024-0001,0.5,0.9\nCVE-2024-0002,0.02,0.5\n", encoding="utf-8")
    update_feeds_from(ciso, [feed])
    scan(ciso, tmp_path, {"web.example": [(1, 80, 4), (1, 443, 4), (3, 80, 3)], "books.example": [(2, 80, 2)]}, day=4)
    risk.run_loss(ciso)
    risk.run_hazard(ciso)
    recount_fixes(ciso)
    return Fix.objects.get(definition__identifier="nessus:1")


def scan(actor: User, tmp_path: Path, hosts: dict[str, list[tuple[int, int, int]]], day: int) -> None:
    import_scan(actor, nessus(tmp_path / f"scan-{day}.nessus", hosts, day=day))
