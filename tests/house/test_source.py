"""Habits of the source that a reader relies on: sizes, writes in services, no SQL for one database only."""

from __future__ import annotations

import ast
import re

import accord_source
from accord_source import calls, place

LINES_PER_FILE = 400
LINES_PER_FUNCTION = 60
READERS = {"views", "selectors", "api", "forms", "urls", "pages"}
WRITES = {"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "abulk_create", "asave"}
MANAGER_WRITES = {"create", "delete", "update"}
# The API's own bookkeeping (when a token was last used, which request was answered) is no business data.
BOOKKEEPING = "src/accord/core/api.py"
RAW = {"raw", "extra", "RunSQL", "RawSQL"}
ANY_DATABASE = {
    "src/accord/site/health.py",  # “SELECT 1”, to see whether the database answers
    "src/accord/exposure/services/bulk.py",  # one prepared UPDATE for many rows, its names quoted by the database
    "src/accord/exposure/services/searching.py",  # full-text indexes: FTS5 and GIN, behind one lookup
    "src/accord/site/archive.py",  # a backup takes what each database has of its own for that
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|HACK)\b|\bXXX:|not implemented", re.IGNORECASE)


def _size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, which may be as long as it helps."""
    first = function.body[0]
    told = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if told else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_files_and_functions_stay_small() -> None:
    long = []
    for path, tree in accord_source.modules().items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LINES_PER_FILE:
            long.append(f"{place(path)}: {lines} lines (at most {LINES_PER_FILE})")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = _size(node)
                if size > LINES_PER_FUNCTION:
                    long.append(f"{place(path, node.lineno)}: {node.name} has {size} lines")
    assert not long, "Too long:\n" + "\n".join(long)


def _of_a_manager(function: ast.Attribute) -> bool:
    """Whether the call goes to `….objects` or to a queryset made from it."""
    return ".objects" in ast.unparse(function.value)


def test_only_services_write() -> None:
    """Rule 1: views, selectors, forms and the API hand every write to a service function."""
    wrong = []
    for path, tree in accord_source.modules().items():
        if not READERS.intersection((path.stem, path.parent.name)) or place(path) == BOOKKEEPING:
            continue
        for call in calls(tree):
            if isinstance(call.func, ast.Attribute) and (
                call.func.attr in WRITES or (call.func.attr in MANAGER_WRITES and _of_a_manager(call.func))
            ):
                wrong.append(f"{place(path, call.lineno)}: {ast.unparse(call.func)}()")
    assert not wrong, "Writes outside services:\n" + "\n".join(wrong)


def test_no_signals() -> None:
    """Rule 1: nothing is written behind a service's back."""
    wrong = [
        place(path, node.lineno)
        for path, tree in accord_source.modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models.signals")
    ]
    assert not wrong, f"Signals: {wrong}"


def test_no_sql_for_one_database_only() -> None:
    """Rule 8: the same code on SQLite and PostgreSQL; what a migration runs counts too."""
    wrong = []
    for path in accord_source.tracked("src/*.py"):
        if place(path) in ANY_DATABASE:
            continue
        for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            of_cursor = isinstance(call.func, ast.Attribute) and "cursor" in ast.unparse(call.func.value)
            if name in RAW or (name in {"execute", "executemany"} and of_cursor):
                wrong.append(f"{place(path, call.lineno)}: {ast.unparse(call.func)}()")
    assert not wrong, "Raw SQL:\n" + "\n".join(wrong)


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{place(path, number)}: {line.strip()}"
        for path in accord_source.tracked("src/*.py", "src/*.html", "src/*.js", "src/*.css")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "/vendor/" not in str(path) and UNFINISHED.search(line)
    ]
    assert not found, "Marks of unfinished work:\n" + "\n".join(found)


def test_every_room_says_its_duty() -> None:
    """The docstring of a room says in two lines which duty lives there and which nouns it owns."""
    for package in sorted(path.parent for path in accord_source.SOURCE.glob("*/__init__.py")):
        tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{place(package / '__init__.py')} has no docstring"


def test_no_room_is_empty() -> None:
    for package in sorted(path.parent for path in accord_source.SOURCE.glob("*/__init__.py")):
        code = [path for path in package.rglob("*.py") if path.name != "__init__.py"]
        assert code, f"{place(package)} holds nothing"
