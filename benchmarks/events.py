"""Events from the spool into the store, and back: CPU per event by step, bytes per event, latency of the search.

    python -m benchmarks.events [--events 200000] [--stored 10000000] [--rules]

Reads the real Windows events and the public rules (ACCORD_REAL_DATA, by default ../shared/data), into a database and
a store of their own (SQLite, a temporary folder). The pump is the one of `accord collect`, cycle by cycle as in
production; CPU seconds of its one process, each step's own. References of the same run: parsing alone (orjson), and
the same lines compressed by zstd as one file. `--stored` then fills the store to so many events by copying its files
to other days (some 130 bytes each on disk), joins small files as the worker does, and asks what analysts ask: each
search from a fresh connection, best and worst of five.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import zstandard
from benchmarks.lists import _settings

DATA = Path(os.environ.get("ACCORD_REAL_DATA", "../shared/data"))
FRAME = 500
RUNS = 5


def lines(most: int) -> Iterator[bytes]:
    """The real events, one JSON object each, again from the start where more are wanted."""
    number = 0
    while number < most:
        with (DATA / "logs" / "windows-otrf.jsonl.zst").open("rb") as file:
            for line in io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file), 1 << 20):
                yield line.rstrip(b"\n")
                number += 1
                if number >= most:
                    return


class Clock:
    """CPU seconds by step; what one step does inside of another is its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[float] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens here to a step."""
        begin = time.process_time()
        self._open.append(0.0)
        try:
            yield
        finally:
            spent = time.process_time() - begin
            inner = self._open.pop()
            self.seconds[name] = self.seconds.get(name, 0.0) + spent - inner
            if self._open:
                self._open[-1] += spent

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted."""

        def counted(*args: Any, **told: Any) -> Any:
            with self.step(name):
                return function(*args, **told)

        return counted


def spooled(folder: Path, count: int) -> tuple[int, float]:
    """Put events into a source's spool; returns their bytes and the CPU seconds of spooling."""
    from accord.monitoring.collecting.spool import Record, Writer

    writer, size, spent = Writer(folder, "collect"), 0, 0.0
    held: list[bytes] = []
    now = time.time()

    def put() -> None:
        nonlocal size, spent
        begin = time.process_time()
        writer.append(Record(now, one, connection="benchmark") for one in held)
        writer.sync()
        spent += time.process_time() - begin
        size += sum(map(len, held))
        held.clear()

    for line in lines(count):
        held.append(line)
        if len(held) == FRAME:
            put()
    if held:
        put()
    writer.close()
    return size, spent


def prepared(with_rules: bool) -> int:
    """A source, and the Windows rules of the public collection in force; returns how many."""
    from accord.monitoring.models import Rule, RuleVersion, Source
    from accord.monitoring.services import ruleset

    Source.objects.create(key="SRC-1", name="Benchmark", kind=Source.Kind.SYSLOG)
    if not with_rules:
        return 0
    with ZipFile(DATA / "sigma" / "sigma-rules.zip") as archive:
        texts = [archive.read(name).decode() for name in sorted(archive.namelist()) if name.endswith(".yml")]
    texts = [text for text in texts if "product: windows" in text]
    rules = Rule.objects.bulk_create(
        Rule(identifier=str(n), title=str(n), level="low", collection="b") for n in range(len(texts))
    )
    versions = RuleVersion.objects.bulk_create(
        RuleVersion(rule=rule, number=1, text=text, digest=str(rule.pk))
        for rule, text in zip(rules, texts, strict=True)
    )
    for rule, version in zip(rules, versions, strict=True):
        rule.version = version
    Rule.objects.bulk_update(rules, ["version"], batch_size=500)
    ruleset.compile_now()
    return len(rules)


def ingest(events: int, with_rules: bool) -> Path:
    """Spool, pump, and print what each step took; returns the folder of the store."""
    from accord.monitoring import store
    from accord.monitoring.collecting import spool
    from accord.monitoring.pumping import pump as steps
    from accord.monitoring.pumping.feeds import Feed
    from accord.monitoring.pumping.rules import Rules

    files: Any = import_module("accord.monitoring.store.files")

    rules = prepared(with_rules)
    size, spent = spooled(store.folder() / "spool" / "1", events)
    clock = Clock()
    spool.read = clock.around("read the spool", spool.read)  # type: ignore[assignment]
    Feed.take = clock.around("parse", Feed.take)  # type: ignore[method-assign]
    Rules.match = clock.around("match", Rules.match)  # type: ignore[method-assign]
    files.table_of = clock.around("columns", files.table_of)
    files._write = clock.around("write Parquet", files._write)
    steps.alerts.take = clock.around("alerts", steps.alerts.take)  # type: ignore[attr-defined]
    pump = steps.Pump()
    pump._rules.renew()
    begin, hits, cycles = time.perf_counter(), 0, 0
    while True:
        with clock.step("envelope"):
            caught_up = pump.fill()
        with clock.step("assets, rows, commit"):
            cycle = pump.commit(caught_up, settle_old=caught_up)
        hits, cycles = hits + cycle.hits, cycles + 1
        if caught_up:
            break
    wall = time.perf_counter() - begin
    total = sum(clock.seconds.values())
    print(f"{events:,} events of {size / events:,.0f} bytes, {rules:,} rules, {hits:,} hits, {cycles} cycles")
    print(f"  spooling with its fsyncs     {spent / events * 1e6:8.1f} µs of CPU an event")
    for name, seconds in clock.seconds.items():
        print(f"  {name:<28} {seconds / events * 1e6:8.1f} µs   {seconds / total:6.1%}")
    print(
        f"  all of the pump              {total / events * 1e6:8.1f} µs = {events / total:,.0f} events per CPU second"
    )
    print(f"  wall clock {wall:,.1f} s; largest resident set {peak():,.0f} MB")
    alone = parsed_alone(events)
    print(
        f"  orjson alone                 {alone / events * 1e6:8.1f} µs; the pump takes {total / alone:.1f} times that"
    )
    stored(events)
    return store.folder()


def peak() -> float:
    """The largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def parsed_alone(events: int) -> float:
    """CPU seconds of nothing but parsing the same lines."""
    import orjson

    spent, held = 0.0, []
    for line in lines(events):
        held.append(line)
        if len(held) == 10_000:
            begin = time.process_time()
            for one in held:
                orjson.loads(one)
            spent += time.process_time() - begin
            held = []
    return spent


def stored(events: int) -> None:
    """Bytes on disk beside those of the lines compressed whole."""
    from accord.monitoring.services.events import kept

    told = kept()
    packed = len(zstandard.ZstdCompressor(level=3).compress(b"\n".join(lines(events))))
    size = int(told["bytes"] or 0)  # type: ignore[call-overload]
    print(f"  store: {size / events:,.0f} bytes an event in {told['files']} files; ", end="")
    print(f"the lines as one zstd file: {packed / events:,.0f}; fields and record {size / packed:.2f} times that")


def filled(wanted: int) -> int:
    """Copy the store's files to earlier days until there are so many events; returns how many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from accord.monitoring import store
    from accord.monitoring.models import EventFile

    files: Any = import_module("accord.monitoring.store.files")

    rows = list(EventFile.objects.order_by("pk"))
    tables = [pq.read_table(store.folder() / "store" / row.path) for row in rows]
    total, day = sum(row.rows for row in rows), 0
    newest = max(row.last for row in rows)
    moved = datetime.now(UTC) - timedelta(hours=1) - newest
    while total < wanted:
        shift = moved - timedelta(hours=9 * day)
        day += 1
        made = []
        for row, table in zip(rows, tables, strict=True):
            keys = pa.array([f"1-copy-{day:08d}.seg-{total + n}" for n in range(table.num_rows)])
            shifted = pa.compute.add(table.column("_time"), pa.scalar(shift))
            copy = table.set_column(0, "_key", keys).set_column(
                1, "_time", shifted.cast(table.schema.field("_time").type)
            )
            spans = {f"copy-{day:08d}.seg": (total, total + table.num_rows - 1)}
            made.append(files.write_table(copy, 1, spans, row.first + shift, row.last + shift))
            total += table.num_rows
        files.record(made, newest + shift)
    EventFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return total


def searches() -> None:
    """What analysts ask of the store, and how long they wait."""
    from accord.monitoring import store
    from accord.monitoring.models import EventFile
    from accord.monitoring.store import Place, Search

    now = datetime.now(UTC)
    week, all_ = now - timedelta(days=7), now - timedelta(days=4000)
    page = store.look(Search(all_, now), 50, fields=False).events
    one = next(event for event in page if event.host)
    old = EventFile.objects.order_by("first").first()
    assert old is not None

    def whole(wanted: Search) -> Any:
        return store.look(wanted, 50, fields=False, seconds=None)

    questions: list[tuple[str, Callable[[], Any]]] = [
        ("newest page", lambda: store.look(Search(all_, now), 50, fields=False)),
        ("page in the middle", lambda: store.look(Search(all_, now), 50, Place(now - timedelta(days=90), ""), False)),
        ("a host, last 7 days", lambda: store.look(Search(week, now, host=str(one.host)), 50, fields=False)),
        ("a user that is nowhere, all", lambda: whole(Search(all_, now, user="nobody"))),
        ("an address that is nowhere, all", lambda: whole(Search(all_, now, address="192.0.2.1"))),
        ("a word that is common", lambda: store.look(Search(all_, now, text="powershell"), 50, fields=False)),
        ("a word that is nowhere, 7 days", lambda: whole(Search(week, now, text="zqx"))),
        ("a word that is nowhere, all", lambda: whole(Search(all_, now, text="zqx"))),
        ("a longer word that is nowhere, all", lambda: whole(Search(all_, now, text="nowhere-zqx"))),
        ("one event by its key", lambda: store.events_of([one.key])),
        ("the oldest event, all fields", lambda: store.search(old.first, old.first + timedelta(seconds=1), limit=1)),
        ("counts by hour, all", lambda: store.counts(all_, now)),
        ("counts by host, 7 days", lambda: store.counts(week, now, by="host")),
    ]  # fmt: skip
    for name, ask in questions:
        walls, cpu = [], []
        for _ in range(RUNS if "all" not in name else 2):
            begin, spent = time.perf_counter(), time.process_time()
            ask()
            walls.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - spent)
        print(f"  {name:<34} {min(walls):7.2f} s, worst {max(walls):6.2f} s, CPU {statistics.median(cpu):6.2f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--stored", type=int, default=10_000_000)
    parser.add_argument("--no-rules", action="store_true")
    options = parser.parse_args()
    if not (DATA / "logs").is_dir():
        print("There are no real logs (ACCORD_REAL_DATA).", file=sys.stderr)
        return 2
    home = Path(tempfile.mkdtemp(prefix="accord-events-"))
    try:
        with _settings("sqlite", home):
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            print(f"Load of the machine: {os.getloadavg()[0]:.1f}")
            ingest(options.events, not options.no_rules)
            if options.stored > options.events:
                begin = time.process_time()
                total = filled(options.stored)
                print(f"{total:,} events stored ({time.process_time() - begin:,.0f} s of CPU to copy them)")
                from accord.monitoring.services import events

                begin, wall = time.process_time(), time.perf_counter()
                gone = 0
                while number := events.compact(seconds=120):
                    gone += number
                spent = time.process_time() - begin
                print(f"  {gone:,} files joined: {spent:,.0f} s of CPU, {time.perf_counter() - wall:,.0f} s", end="")
                told = events.kept()
                size = int(told["bytes"] or 0)  # type: ignore[call-overload]
                print(f"; {told['files']} files, {size / total:,.0f} bytes an event; resident {peak():,.0f} MB")
                searches()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
