"""pytest plugin: the sample company in the test database, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from accord.core.models import User


@dataclass(frozen=True)
class Sample:
    """The loaded sample: its folder, and an account for each role."""

    folder: Path
    users: dict[str, User]


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The sample company's files, as its generator writes them (an `accord.site.sample.SampleCompany`)."""
    from accord.site.sample import generate

    return generate(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def sample_company(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, sample_files: Any
) -> Iterator[Sample]:
    """The sample in the database, loaded through the services that a customer's files go through.

    For tests with the mark `django_db`: what each of them writes is taken back after it, and the sample after
    the file's last one.
    """
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        yield Sample(sample_files.folder, _load(sample_files))
        transaction.set_rollback(True)


def _load(files: Any) -> dict[str, User]:
    from accord.core import accounts
    from accord.core.roles import Role
    from accord.exposure import services
    from accord.site import exchange

    users = {}
    for one in files.users:
        role = Role(one.role)
        users[one.role] = accounts.add_account(None, one.email, one.name, [(role, one.scope)], person_key=one.person)
    exchange.import_paths(users["cio"], sorted(files.tables.glob("*.csv")), dry_run=False)
    services.update_feeds_from(users["ciso"], list(files.feeds), _quiet)
    for path in files.scans:
        services.import_scan(users["ciso"], path, _quiet)
    return users


def _quiet(done: int, total: int | None = None, message: str = "") -> None:
    """Progress that nobody watches."""
