"""The project's own source, as the house tests read it: rooms in their order, files, syntax trees."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "accord"


@cache
def layers() -> list[list[str]]:
    """The rooms from the top down, siblings together, as import-linter's rules give them."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    [ordered] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [[room.strip(" ()") for room in layer.split("|")] for layer in ordered]


def depth(room: str) -> int:
    """How far down a room lies; 0 is the top."""
    for index, siblings in enumerate(layers()):
        if room in siblings:
            return index
    raise LookupError(f"{room} has no place in the order of rooms (pyproject.toml, tool.importlinter)")


@cache
def tracked(*patterns: str) -> list[Path]:
    """The files that belong to the project, by git's patterns; also new ones that nobody ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(path for line in set(listed.splitlines()) if (path := ROOT / line).is_file())


@cache
def modules() -> dict[Path, ast.Module]:
    """Syntax tree of each Python file in src/, migrations left out."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in tracked("src/*.py")
        if "migrations" not in path.parts
    }


def place(path: Path, line: int = 0) -> str:
    """A path that an editor can open."""
    name = str(path.relative_to(ROOT))
    return f"{name}:{line}" if line else name


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call in a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
