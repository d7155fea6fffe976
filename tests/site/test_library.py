"""The examples of docs/library.md run as they stand and print what stands below them, without Django."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from accord_source import ROOT

PAGE = ROOT / "docs" / "library.md"
EXAMPLE = re.compile(r"## (?P<title>[^\n]+)\n.*?```python\n(?P<code>.*?)```.*?```text\n(?P<printed>.*?)```", re.DOTALL)
EXAMPLES = [match.groupdict() for match in EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))]
AFTER = "\nimport sys\nassert 'django' not in sys.modules\n"


def test_there_are_two_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["title"] for example in EXAMPLES])
def test_an_example_prints_what_the_page_says(example: dict[str, str], tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", example["code"] + AFTER],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == example["printed"]
    assert not list(tmp_path.iterdir())
