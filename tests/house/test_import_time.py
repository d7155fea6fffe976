"""The web process starts small: what only some pages need is imported by those pages."""

from __future__ import annotations

import json
import subprocess
import sys

import accord_source

HEAVY = {
    "numpy",
    "scipy",
    "highspy",
    "typst",
    "vl_convert",
    "lxml",
    "openpyxl",
    "pypdf",
    "playwright",
    "httpx",
    "rustworkx",
    "sigma",
    "hyperscan",
    "orjson",
    "pyarrow",
    "duckdb",
    "evtx",
    "requests",
}
OF_LIBRARIES, OWN = 1110, 800
PROGRAM = """
import json, sys
import accord.site.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(json.dumps(sorted(sys.modules)))
"""


def test_application_loads_without_the_heavy_libraries() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=accord_source.ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    loaded = json.loads(ran.stdout.splitlines()[-1])
    heavy = sorted(HEAVY.intersection(loaded))
    assert not heavy, f"Imported at the start of the web process: {', '.join(heavy)}"
    own = sum(name.split(".")[0] == "accord" for name in loaded)
    assert len(loaded) - own <= OF_LIBRARIES, f"{len(loaded) - own} modules of libraries loaded at the start"
    assert own <= OWN, f"{own} own modules loaded at the start"
