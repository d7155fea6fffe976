"""Work that stops in the middle: nothing twice, nothing lost, and others get in meanwhile."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from accord.core import jobs, ledger
from accord.core.models import Job, LedgerEntry, User
from accord.exposure import services
from accord.exposure.models import Finding, Scan
from accord.exposure.services import check_rollups, claims, closing, import_scan, importing, journal, landing
from accord.exposure.services.importing import applying

Nessus = Callable[..., Path]
HOSTS = {f"h{n:03}.example": [(p, 443, p % 5) for p in range(12)] for n in range(40)}
LATER = {f"h{n:03}.example": [(p, 443, p % 5) for p in range(4, 16)] for n in range(40)}
PLUGINS = range(16)


class Stop(BaseException):
    """As a kill: no `except Exception` sees it."""


def outcome() -> Any:
    """What must be the same whether or not the work was interrupted; identifiers and times of import left out."""
    findings = Finding.objects.values_list(
        "definition__identifier", "target__name", "state", "severity", "rank", "first_seen", "last_seen", "closed_at",
        "reopened",
    )  # fmt: skip
    counts = Scan.objects.order_by("observed").values_list(
        "state", "added", "changed", "unchanged", "closed", "reopened", "applied"
    )
    told = Counter(entry.verb for scan in Scan.objects.all() for entry in journal.entries(scan))
    return sorted(map(str, findings)), list(counts), told


@pytest.fixture
def two(nessus: Nessus, moment: Callable[[float], Any]) -> list[Path]:
    return [nessus(HOSTS, plugins=PLUGINS), nessus(LATER, end=moment(7), plugins=PLUGINS)]


@pytest.fixture
def straight(estate: User, two: list[Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Small portions, and the outcome of an uninterrupted run, taken back."""
    from django.db import transaction

    monkeypatch.setattr(applying, "FIRST", 100)
    monkeypatch.setattr(applying, "FEWEST", 100)
    monkeypatch.setattr(applying, "most", lambda: 100)
    monkeypatch.setattr(closing, "TARGETS", 7)
    with transaction.atomic():
        for path in two:
            import_scan(estate, path)
        found = outcome()
        transaction.set_rollback(True)
    assert not Finding.objects.exists()
    return found


@pytest.mark.parametrize(
    ("module", "name", "calls"),
    [
        (landing, "apply", 1), (landing, "apply", 3), (landing, "apply", 6), (landing, "_write", 2),
        (closing, "_close_some", 1), (closing, "_close_some", 4), (closing, "_close", 3), (claims, "rematch", 2),
    ],
)  # fmt: skip
def test_stopped_anywhere_and_run_again(
    estate: User, two: list[Path], straight: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, calls: int
) -> None:
    """Stopped before the n-th call (`_write`, `_close`: inside a transaction), then simply run again."""
    real, seen = getattr(module, name), 0

    def stop(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == calls:
            raise Stop
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, stop)
    stopped = 0
    for path in two:
        try:
            import_scan(estate, path)
        except Stop:
            stopped += 1
            assert list(check_rollups()) == [], "a half-applied scan has roll-ups that agree with its rows"
            import_scan(estate, path)
    assert stopped == 1
    assert outcome() == straight
    assert list(check_rollups()) == []
    assert ledger.verify().holds


def test_stopped_while_reading_is_as_if_it_had_not_begun(
    estate: User, two: list[Path], straight: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> Any:
        raise Stop

    with monkeypatch.context() as patched, pytest.raises(Stop):
        patched.setattr(importing, "_whole", stop)
        import_scan(estate, two[0])
    assert Scan.objects.get().state == "reading" and not Finding.objects.exists()
    for path in two:
        import_scan(estate, path)
    assert outcome() == straight


def test_a_job_that_died_is_taken_up_by_another_worker(
    estate: User, two: list[Path], straight: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.core import files

    real, seen = landing.apply, 0

    def stop(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise Stop
        return real(*args, **kwargs)

    for path in two:
        with path.open("rb") as stream:
            stored = files.keep(estate, path.name, files.chunks(stream))
        scan, is_new = services.submit(estate, stored, path.name)
        assert is_new and scan.job
        with monkeypatch.context() as patched:
            patched.setattr(landing, "apply", stop)
            try:
                jobs._execute(scan.job)
            except Stop:
                Job.objects.filter(pk=scan.job).update(heartbeat="2020-01-01T00:00:00Z")
                assert Job.objects.get(pk=scan.job).state == "running"
                patched.undo()
                jobs._execute(scan.job)
        assert Job.objects.get(pk=scan.job).state == "done"
    assert outcome() == straight


def test_a_cancelled_import_goes_on_later(estate: User, two: list[Path], straight: Any) -> None:
    from accord.core import files

    with two[0].open("rb") as stream:
        scan, _ = services.submit(estate, files.keep(estate, "a.nessus", files.chunks(stream)), "a.nessus")
    told = 0

    def tell(done: int, total: int | None = None, message: str = "") -> None:
        nonlocal told
        told += 1
        if told == 4:
            raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        services.process(estate, scan, tell)
    scan.refresh_from_db()
    assert scan.state == "applying" and 0 < scan.applied < scan.observations and 0 < scan.percent < 100
    services.process(estate, scan)
    import_scan(estate, two[1])
    assert outcome() == straight


KILLED = """
import sys, django
django.setup()
from accord.core import accounts
from accord.exposure.services import import_scan
from accord.exposure.services.importing import applying
applying.FIRST = applying.FEWEST = 200
applying.most = lambda: 200
print("ready", flush=True)
report = import_scan(accounts.operator(), sys.argv[1])
print(report["counts"], flush=True)
"""


CHECKED = """
import django
django.setup()
from accord.core import checks
assert not any(found.problems for found in checks.run())
"""


@pytest.mark.sqlite
def test_kill_9_in_the_middle(nessus: Nessus, tmp_path: Path) -> None:
    """A process of its own on a database of its own, killed as soon as something is in; then the same command again."""
    path = nessus({f"k{n:03}.example": [(p, 443, 3) for p in range(40)] for n in range(100)}, plugins=range(40))
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
    environment |= {"ACCORD_HOME": str(home), "DJANGO_SETTINGS_MODULE": "accord.site.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    run: dict[str, Any] = {"env": environment, "stdout": subprocess.PIPE, "text": True}
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], check=True, **run)
    database = f"file:{home / 'accord.sqlite3'}?mode=ro"

    def ask(query: str) -> int:
        with sqlite3.connect(database, uri=True, timeout=30) as held:
            return int(held.execute(query).fetchone()[0])

    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], **run)
    until = time.monotonic() + 120
    while ask("SELECT COALESCE(MAX(applied), 0) FROM exposure_scan") < 600 and time.monotonic() < until:
        assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = ask("SELECT COUNT(*) FROM exposure_finding")
    assert 600 <= there < 4000
    again = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True, **run)
    assert f"'added': {4000 - there}," in again.stdout
    assert ask("SELECT COUNT(*) FROM exposure_finding") == 4000
    assert ask("SELECT COUNT(DISTINCT fingerprint) FROM exposure_finding") == 4000
    assert ask("SELECT SUM(rows) FROM exposure_importjournal") == 4000
    subprocess.run([sys.executable, "-c", CHECKED], check=True, **run)


@pytest.mark.django_db(transaction=True)
def test_eight_writers_while_an_import_runs(nessus: Nessus) -> None:
    """Nobody is told that the database is locked, no write is lost, and each gets in while the import runs."""
    from accord.core import accounts
    from accord.core.imports import save_row
    from accord.core.roles import Role
    from accord.organization.models import Unit
    from accord.organization.nouns import UNIT

    actor = accounts.add_account(None, "writer@exposure.example", "W", [(Role.CISO, "")])
    path = nessus({f"w{n:03}.example": [(p, 443, 3) for p in range(40)] for n in range(60)}, plugins=range(40))
    problems: list[BaseException] = []
    running = threading.Event()
    written: list[int] = [0] * 8

    def importing_() -> None:
        try:
            running.set()
            import_scan(actor, path)
        except BaseException as error:
            problems.append(error)
        finally:
            running.clear()
            connections.close_all()

    def writing(number: int) -> None:
        try:
            for turn in range(4):
                save_row(actor, UNIT, {"key": f"W-{number}-{turn}", "name": f"Unit {number} {turn}"})
                written[number] += running.is_set()
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=importing_)] + [threading.Thread(target=writing, args=(n,)) for n in range(8)]
    threads[0].start()
    assert running.wait(10)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not problems, problems
    assert Unit.objects.filter(key__startswith="W-").count() == 32
    assert Finding.objects.count() == 2400
    assert sum(written) > 0, "somebody wrote while the import ran"
    assert ledger.verify().holds
    assert list(check_rollups()) == []
    assert connection.vendor in {"sqlite", "postgresql"}


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_give_one_scan(nessus: Nessus) -> None:
    from accord.core import accounts
    from accord.core.roles import Role

    actor = accounts.add_account(None, "twice@exposure.example", "T", [(Role.CISO, "")])
    path = nessus({f"t{n:03}.example": [(p, 443, 3) for p in range(40)] for n in range(30)}, plugins=range(40))
    problems: list[BaseException] = []

    def take() -> None:
        try:
            assert import_scan(actor, path)["state"] == "landed"
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not problems, problems
    scan = Scan.objects.get()
    assert (scan.added, scan.unchanged, scan.applied) == (1200, 0, 1200)
    assert Finding.objects.count() == 1200
    assert [entry.verb for entry in journal.entries(scan)] == ["add"] * 1200
    assert LedgerEntry.objects.filter(noun="scan", verb="land").count() == 1
    assert list(check_rollups()) == []


def test_a_run_that_another_overtook_changes_nothing(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read the scan as not begun; the other has it landed before this one notes that it reads."""
    path = nessus({"late.example": [(p, 443, 3) for p in range(5)]}, plugins=range(5))
    opened = importing.opened

    def late(*given: Any) -> Any:
        monkeypatch.setattr(importing, "opened", opened)
        assert import_scan(estate, path)["counts"]["added"] == 5
        return opened(*given)

    monkeypatch.setattr(importing, "opened", late)
    assert import_scan(estate, path)["state"] == "landed"
    scan = Scan.objects.get()
    assert (scan.state, scan.added, scan.unchanged) == (Scan.State.LANDED, 5, 0)
    assert LedgerEntry.objects.filter(noun="scan", verb__in=("land", "read")).count() == 2
