"""The chart library: one script with Vega, Vega-Lite, Vega-Embed and the expression interpreter.

It is generated from the installed `vl_convert` package (no download, no build step) by `accord init`, or at
first need; the same package version always gives the same script. `python -m accord.ui.bundle [PATH]`
writes it.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

BUNDLED = Path(__file__).parent / "static" / "ui" / "vendor" / "vega.js"
_lock = threading.Lock()


def tag() -> str:
    """What names this version of the script in its address."""
    return version("vl-convert-python")


def ensure(path: Path | None = None) -> Path:
    """Write the script (and a gzip beside it) unless this version is there already; return where it is.

    Without a path it goes beside the other static files, or where that folder cannot be written into the
    machine's folder for temporary files. Raises RuntimeError if the script cannot be made.
    """
    with _lock:
        for place in [path] if path is not None else [BUNDLED, _spare()]:
            if _is_current(place) and _is_ours(place.parent):
                return place
            try:
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if place == _spare() else 0o755)
                if not _is_ours(place.parent):
                    continue
            except OSError:
                continue
            _generate(place)
            return place
    raise RuntimeError("The chart library can be written to no folder; give the user a writable TMPDIR.")


def main() -> None:
    """Write the script to the path on the command line; runs V8, so callers use a process of its own."""
    import vl_convert

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLED
    library = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    script = f"{_first_line()}\n(() => {{\n{library}\n}})();\n".encode()
    _replace(target.with_suffix(".js.gz"), gzip.compress(script, 9, mtime=0))
    _replace(target, script)


def _generate(place: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "accord.ui.bundle", str(place)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if run.returncode or not _is_current(place):
        raise RuntimeError(f"The chart library could not be generated: {run.stderr.strip()[-500:]}")


def _is_ours(folder: Path) -> bool:
    """True for a folder that we can write into and that no other account owns."""
    return os.access(folder, os.W_OK) and folder.stat().st_uid in (os.getuid(), 0)


def _is_current(place: Path) -> bool:
    head = _first_line().encode()
    try:
        with place.open("rb") as file:
            return file.read(len(head)) == head and place.with_suffix(".js.gz").exists()
    except OSError:
        return False


def _first_line() -> str:
    return f"/* Vega, Vega-Lite, Vega-Embed from vl-convert {tag()}, in a scope of their own */"


def _spare() -> Path:
    return Path(tempfile.gettempdir()) / f"accord-{os.getuid()}" / f"vega-{tag()}.js"


def _replace(place: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(place)


if __name__ == "__main__":
    main()
