"""Every measurement behind docs/performance.md, one after the other, or the named ones.

    python -m benchmarks                  all (some forty minutes on two slow cores)
    python -m benchmarks start loss       some

Names: start, loss, hazard, portfolio, patching, coverage, priority, exposure_import, lists, sigma, events,
baselines.
Each is also a module of its own with options.
"""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "start", "loss", "hazard", "portfolio", "patching", "coverage", "priority", "exposure_import", "lists", "sigma",
    "events", "baselines",
)  # fmt: skip


def main(wanted: list[str]) -> int:
    """Run the named measurements; 2 for an unknown name, 1 if one fails."""
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. Names: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or NAMES:
        print(f"\n=== {name} " + "=" * (60 - len(name)), flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
