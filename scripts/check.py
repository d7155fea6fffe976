"""Run the checks of this checkout and sum them up: what `make test` does.

    python scripts/check.py                        all steps
    python scripts/check.py STEP … -- ARGUMENT …   some steps, with more arguments for pytest
    python scripts/check.py --no-skipped-journeys  a skipped journey is a failure (continuous integration)

The last line of the output is `N passed, N failed, N skipped`; a tool such as ruff counts as one.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / "build" / "checks"
WITHOUT_DATABASE = ("engines", "intake", "outlet")
APART = (*WITHOUT_DATABASE, "house", "browser", "support")


def _rooms() -> list[str]:
    """The folders of tests that talk to the database."""
    folders = (ROOT / "tests").iterdir()
    return sorted(
        f"tests/{path.name}"
        for path in folders
        if path.is_dir() and path.name not in APART and any(path.rglob("test_*.py"))
    )


def _existing(*names: str) -> list[str]:
    return [f"tests/{name}" for name in names if any((ROOT / "tests" / name).rglob("test_*.py"))]


@dataclass(frozen=True)
class Step:
    """One check: a tool, or pytest on some folders."""

    name: str
    command: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass
class Result:
    """What a step gave."""

    step: Step
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def steps() -> list[Step]:
    """All steps, the quick ones first."""
    rooms = tuple(_rooms())
    check_migrations = ("python", "-m", "django", "makemigrations", "--check", "--dry-run")
    return [
        Step("lint", ("ruff", "check", ".")),
        Step("types", ("mypy",)),
        Step("arrows", ("lint-imports",)),
        Step("migrations", check_migrations),
        Step("unit", folders=tuple(_existing(*WITHOUT_DATABASE)), options=("-n2",)),
        Step("house", folders=tuple(_existing("house")), options=("-n2", "--dist=loadfile")),
        Step("sqlite", folders=rooms, options=("-n2",)),
        Step("postgresql", folders=rooms, options=("-n2", "--database=postgresql")),
        Step("journeys", folders=tuple(_existing("browser"))),
    ]


def run(step: Step, more: list[str]) -> Result:
    """Run one step; its output goes straight to the terminal."""
    result = Result(step)
    print(f"\n=== {step.name} " + "=" * (70 - len(step.name)), flush=True)
    begin = time.monotonic()
    if step.command:
        status = _run([str(BIN / step.command[0]), *step.command[1:]])
        result.counts["failed" if status else "passed"] = 1
        if status:
            result.failures.append(f"{step.name}: {step.command[0]} ended with status {status}")
    elif step.folders:
        if step.name == "journeys":
            subprocess.run([ROOT / "scripts" / "chromium.sh"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        report = REPORTS / f"{step.name}.xml"
        report.unlink(missing_ok=True)
        arguments = ["-q", f"--junitxml={report}", *step.options, *step.folders, *more]
        status = _run([str(BIN / "pytest"), *arguments])
        _count(report, status, result)
    result.seconds = time.monotonic() - begin
    return result


def _run(command: list[str]) -> int:
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "DJANGO_SETTINGS_MODULE": "accord.site.settings"}
    print(shlex.join([Path(command[0]).name, *command[1:]]), flush=True)
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def _count(report: Path, status: int, result: Result) -> None:
    """Read pytest's own report; a run that ended without one, or in disorder, is a failure."""
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            kinds = {child.tag: child for child in case}
            problem = kinds.get("failure", kinds.get("error"))
            if problem is not None:
                result.counts["failed"] += 1
                what = (problem.get("message") or "").partition("\n")[0]
                result.failures.append(f"{case.get('classname')}.{case.get('name')}: {what[:200]}")
            elif "skipped" in kinds:
                result.counts["skipped"] += 1
                result.skipped[kinds["skipped"].get("message", "no reason given")] += 1
            else:
                result.counts["passed"] += 1
    if status and not result.counts["failed"]:
        result.counts["failed"] += 1
        result.failures.append(f"pytest ended with status {status}")


def summary(results: list[Result], journeys_required: bool) -> int:
    """Print the last lines; returns the exit status."""
    total: Counter[str] = Counter()
    print(f"\n=== summary {'=' * 63}")
    for result in results:
        total.update(result.counts)
        counts = ", ".join(f"{result.counts[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
        print(f"  {result.step.name:12} {counts:36} {result.seconds:6.1f} s")
    for result in results:
        for failure in result.failures:
            print(f"  failed: {failure}")
        for reason, number in result.skipped.items():
            print(f"  skipped: {number} of {result.step.name}: {reason}")
    failed = total["failed"] > 0
    journeys = next((r.counts for r in results if r.step.name == "journeys"), Counter())
    if journeys_required and (journeys["skipped"] or not journeys["passed"]):
        print("  Journeys were skipped, and this run demands all of them: failed.")
        failed = True
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return int(failed)


def main(arguments: list[str]) -> int:
    """Run the named steps, or all; returns 0 when nothing failed."""
    more: list[str] = []
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, more = arguments[:cut], arguments[cut + 1 :]
    journeys_required = "--no-skipped-journeys" in arguments
    names = [name for name in arguments if not name.startswith("--")]
    every = steps()
    unknown = set(names) - {step.name for step in every}
    if unknown:
        print(f"No such step: {', '.join(sorted(unknown))}. Steps: {', '.join(s.name for s in every)}")
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    chosen = [step for step in every if not names or step.name in names]
    return summary([run(step, more) for step in chosen], journeys_required)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
