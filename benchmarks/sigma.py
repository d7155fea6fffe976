"""Detection beside parsing alone and beside Zircolite: events per CPU second, hits, memory, time to compile and load.

    python -m benchmarks.sigma [--quick] [--zircolite FOLDER] [--sample EVERY]

Reads the real Windows events and the public rules (ACCORD_REAL_DATA, by default ../shared/data). All figures are CPU
seconds of one process; decompression is not among them, parsing is. FOLDER is a checkout of Zircolite 3.x with its
requirements in FOLDER/.venv; it sees each EVERY-th event (its time is in proportion to them), and so do we.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import shutil
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile

import orjson
import zstandard
from benchmarks.sigma_differences import KINDS, Differences, columns

from accord.engines.sigma import Engine, LogSource, Program, Rule
from accord.engines.sigma.cache import load_or_compile
from accord.engines.sigma.tree import Atom, Tree, both, either, negate

DATA = Path(os.environ.get("ACCORD_REAL_DATA", "../shared/data"))
WINDOWS = LogSource("windows")
CHUNK = 20_000
ROUTING = ("Channel", "EventID", "Provider_Name")
UNIQUE_FEW = ("CommandLine", "ParentCommandLine", "Image")
UNIQUE_ALL = (*UNIQUE_FEW, "ParentImage", "CurrentDirectory", "User", "Hashes", "LogonId", "Description", "Product",
              "Company")  # fmt: skip
Lines = Iterator[list[bytes]]


def rules() -> list[tuple[str, str]]:
    """All rules of the collection."""
    with ZipFile(DATA / "sigma" / "sigma-rules.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".yml"))
        return [(name, archive.read(name).decode()) for name in names]


def events(every: int = 1) -> Lines:
    """Each `every`-th line of the real events, in chunks."""
    chunk: list[bytes] = []
    with (DATA / "logs" / "windows-otrf.jsonl.zst").open("rb") as file:
        stream = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file), 1 << 20)
        for number, line in enumerate(stream):
            if number % every == 0:
                chunk.append(line.rstrip(b"\n"))
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
    yield chunk


def rate(lines: Lines, work: Callable[[bytes], object]) -> tuple[int, float]:
    """Events, and the CPU seconds that `work` took for them."""
    count, spent = 0, 0.0
    for chunk in lines:
        start = time.process_time()
        for line in chunk:
            work(line)
        spent += time.process_time() - start
        count += len(chunk)
    return count, spent


def told(what: str, count: int, spent: float, more: str = "") -> float:
    """One line of the table."""
    print(f"{what:<58} {count / spent:>10,.0f} events a CPU second {more}", flush=True)
    return count / spent


def matching(engine: Engine, hits: list[int]) -> Callable[[bytes], None]:
    """The stream driver: a line of JSON → hits."""
    loads, match = orjson.loads, engine.match

    def work(line: bytes) -> None:
        found = match(loads(line), WINDOWS, line)
        if found:
            hits[0] += len(found)

    return work


def on_windows(program: Program) -> list[int]:
    """The rules for Windows, and those for any product."""
    return [number for number, rule in enumerate(program.rules) if rule.source.product in ("windows", None)]


def unique(count: int, fields: Sequence[str]) -> list[bytes]:
    """Process creations of the real set, with these fields made unlike any other."""
    draw = random.Random(1)
    held = [
        event
        for chunk in events()
        for line in chunk
        if b'"EventID":1,' in line and (event := orjson.loads(line))["Channel"].startswith("Microsoft-Windows-Sysmon")
    ]
    found = []
    for place in range(count):
        event = dict(held[place % len(held)])
        for name in fields:
            value, word = event.get(name), "".join(draw.choices(string.ascii_lowercase + string.digits, k=8))
            if isinstance(value, str) and name in ("Image", "ParentImage"):
                folder, _, file = value.rpartition("\\")
                event[name] = f"{folder}\\{word}\\{file}"
            elif isinstance(value, str):
                event[name] = f"{value} {word}"
        found.append(orjson.dumps(event))
    return found


def multiplied(program: Program, times: int) -> Program:
    """`times` as many rules: copies ask other texts of the same fields in the same logs."""
    grown = Program(list(program.rules), program.atoms, databases=program.databases)
    for copy in range(1, times):

        def other(number: int, copy: int = copy) -> int:
            atom = program.atoms[number]
            if atom.field in ROUTING or atom.op not in ("equals", "contains", "startswith", "endswith"):
                return number
            text = atom.value
            text = f"{text}~{copy}" if atom.op == "startswith" else f"~{copy}{text}"
            return program.atoms.number(Atom(atom.field, atom.op, text, atom.cased))

        for rule in program.rules[: len(program.rules)]:
            if rule.source.product in ("windows", None) and not rule.problem:
                trees = [(source, changed(tree, other)) for source, tree in rule.trees]
                grown.rules.append(
                    Rule(f"{rule.identifier}/{copy}", rule.title, "", "", rule.source, (), rule.path, trees=trees)
                )
    return grown


def changed(tree: Tree, other: Callable[[int], int]) -> Tree:
    """A tree over other atoms."""
    if tree is True or tree is False:
        return tree
    if isinstance(tree, int):
        return other(tree)
    name, inner = tree
    if name == "not":
        return negate(other(inner))
    return (both if name == "and" else either)(changed(one, other) for one in inner)


def compiling(texts: list[tuple[str, str]], folder: Path) -> Program:
    """Compile, keep, load."""
    start = time.process_time()
    load_or_compile(texts, folder)
    made = time.process_time() - start
    start = time.process_time()
    program = load_or_compile(texts, folder)
    print(f"compile {len(program.rules):,} rules: {made:.1f} CPU s; load them: {time.process_time() - start:.2f} CPU s")
    return program


def whole_set(program: Program, every: int) -> None:
    """Parsing alone, cold and warm, worst cases."""
    parse = told("parsing alone (orjson)", *rate(events(every), orjson.loads))
    engine, hits = Engine(program, on_windows(program)), [0]
    cold = rate(events(every), matching(engine, hits))
    share = told("all Windows rules, nothing remembered at first", *cold, f"({hits[0]:,} hits)") / parse
    hits[0] = 0
    warm = told("the same events again", *rate(events(every), matching(engine, hits)), f"({hits[0]:,} hits)") / parse
    print(f"of the speed of parsing alone: {share:.0%} and {warm:.0%}; remembered: {engine.remembered()}")
    for fields in (UNIQUE_FEW, UNIQUE_ALL):
        lines = unique(30_000, fields)
        engine, hits = Engine(program, on_windows(program)), [0]
        parse = len(lines) / rate(iter([lines]), orjson.loads)[1]
        speed = told(
            f"process creations, {len(fields)} fields unlike any other", *rate(iter([lines]), matching(engine, hits))
        )
        print(f"{'':<58} {speed / parse:>10.1%} of parsing them alone ({parse:,.0f})")


def ten_times(program: Program, every: int) -> None:
    """CPU on a warm cache with ten times the rules."""
    spent = []
    for held in (program, multiplied(program, 10)):
        engine, hits = Engine(held, on_windows(held)), [0]
        rate(events(every), matching(engine, hits))
        runs = [rate(events(every), matching(engine, hits)) for _ in range(3)]
        best = min(runs, key=lambda one: one[1])
        spent.append(best[1])
        told(f"{len(on_windows(held)):,} rules, warm", *best)
    print(f"ten times the rules: {spent[1] / spent[0]:.2f} times the CPU")


def memory(program: Program, every: int) -> None:
    """The largest size of a process that sees everything, then a flood of events unlike each other."""
    engine, hits = Engine(program, on_windows(program)), [0]
    work = matching(engine, hits)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rate(events(every), work)
    middle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = unique(2000, UNIQUE_ALL)
    for turn in range(10 if every > 1 else 60):
        for line in lines:
            event = orjson.loads(line)
            for name in UNIQUE_FEW:
                event[name] = f"{turn} {event.get(name, '')}"
            event[f"key {turn}"] = "x"
            engine.match(event, WINDOWS)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory: {before // 1024} MB before, {middle // 1024} MB after the set, {after // 1024} MB after a flood of")
    print(f"events unlike each other; {engine.remembered()}")


def zircolite(program: Program, folder: Path, every: int) -> None:
    """Zircolite on the same events and the same rules, its hits beside ours."""
    with tempfile.TemporaryDirectory() as work:
        at = Path(work)
        count = 0
        with (at / "events.jsonl").open("wb") as file:
            for chunk in events(every):
                for line in chunk:
                    file.write(b'{"AccordRow":"row%d",' % count + line[1:] + b"\n")
                    count += 1
        with ZipFile(DATA / "sigma" / "sigma-rules.zip") as archive:
            archive.extractall(at / "all")
        for number in on_windows(program):
            rule = program.rules[number]
            target = at / "rules" / f"{number}.yml"
            target.parent.mkdir(exist_ok=True)
            shutil.copy(at / "all" / rule.path, target)
        python, script = folder / ".venv" / "bin" / "python", folder / "zircolite.py"
        base = [str(python), str(script), "-c", str(folder / "config" / "config.yaml"), "-j", "--no-auto-mode"]
        (at / "one.jsonl").write_bytes((at / "events.jsonl").read_bytes().split(b"\n", 1)[0] + b"\n")
        pipelines = ["-r", str(at / "rules"), "-p", "sysmon", "-p", "windows-logsources"]
        alone = cpu_of([*base, *pipelines, "-e", str(at / "one.jsonl"), "-o", "one.json"], at)
        spent = cpu_of([*base, *pipelines, "-e", str(at / "events.jsonl"), "-o", "all.json"], at)
        theirs = found_by_zircolite(at / "all.json")
        print(f"Zircolite: rules alone {alone:.1f} CPU s, rules and {count:,} events {spent:.1f} CPU s")
        told("Zircolite, without its conversion of rules", count, max(spent - alone, 1e-3))
        engine, mine = Engine(program, on_windows(program)), []
        lines = (at / "events.jsonl").read_bytes().splitlines()
        start = time.process_time()
        for row, line in enumerate(lines):
            for number in engine.match(orjson.loads(line), WINDOWS, line):
                mine.append((number, row))
        ours = time.process_time() - start
        told("ours, cold, on the same events", count, ours, f"({(spent - alone) / ours:.0f} times)")
        compare(program, theirs, mine, lines)


def cpu_of(command: list[str], folder: Path) -> float:
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def found_by_zircolite(path: Path) -> dict[str, set[str]]:
    """Rule → rows."""
    found: dict[str, set[str]] = {}
    for rule in json.loads(path.read_text()):
        rows = {str(row.get("AccordRow")) for row in rule.get("matches", ())}
        found.setdefault(str(rule.get("id") or rule.get("title")), set()).update(rows)
    return found


def compare(program: Program, theirs: dict[str, set[str]], mine: list[tuple[int, int]], lines: list[bytes]) -> None:
    """Hits of one and not of the other, each put down to a kind of difference."""
    differences = Differences(dict(rules()), columns(orjson.loads(line) for line in lines))
    kinds: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    unexplained: list[tuple[str, int]] = []
    also_theirs, foreseen = {name: set(rows) for name, rows in theirs.items()}, 0
    for number, row in mine:
        rule, name = program.rules[number], f"row{row}"
        kind = differences.reason(rule, orjson.loads(lines[row]))
        if name in theirs.get(rule.identifier, ()):
            also_theirs[rule.identifier].discard(name)
            foreseen += kind is None
        elif kind is None:
            unexplained.append((rule.title, row))
        else:
            kinds[kind][rule.title] += 1
    only = sum(held.total() for held in kinds.values()) + len(unexplained)
    print(f"hits: theirs {sum(map(len, theirs.values())):,}, ours {len(mine):,}")
    print(f"only theirs: {sum(map(len, also_theirs.values())):,}; only ours: {only:,}; both: {len(mine) - only:,},")
    print(f"for {foreseen:,} of which no kind of difference would be a reason either")
    for kind, held in kinds.items():
        most = "; ".join(f"{title} {times}" for title, times in held.most_common(4))
        print(f"    {held.total():>6,}  {kind} ({len(held)} rules) {most}")
    print(f"unexplained: {len(unexplained)} {unexplained[:20] or ''}")


def main() -> int:
    """All parts, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each eighth event only")
    parser.add_argument("--zircolite", type=Path, help="a checkout of Zircolite 3.x with .venv")
    parser.add_argument(
        "--sample", type=int, default=1, help="Zircolite sees each N-th event; of all it takes ten minutes"
    )
    parser.add_argument("--part", choices=("compile", "set", "ten", "memory", "zircolite"))
    given = parser.parse_args()
    if not (DATA / "logs" / "windows-otrf.jsonl.zst").is_file():
        print(f"No real data: {DATA} is not there (set ACCORD_REAL_DATA).", file=sys.stderr)
        return 0
    every = 8 if given.quick else 1
    cache = Path(tempfile.gettempdir()) / f"accord-bench-sigma-{os.getuid()}"
    if given.part is None:
        shutil.rmtree(cache, ignore_errors=True)
        parts = ["compile", "set", "ten", "memory", *(["zircolite"] if given.zircolite else [])]
        command = [sys.executable, "-m", "benchmarks.sigma", *sys.argv[1:]]
        return max(subprocess.run([*command, "--part", part], check=False).returncode for part in parts)
    if given.part == "compile":
        compiling(rules(), cache)
        return 0
    program = load_or_compile(rules(), cache)
    match given.part:
        case "set":
            whole_set(program, every)
        case "ten":
            ten_times(program, max(every, 8))
        case "memory":
            memory(program, every)
        case "zircolite":
            zircolite(program, given.zircolite.absolute(), given.sample)
    return 0


if __name__ == "__main__":
    sys.exit(main())
