"""pytest plugin: the sample company in the test database, for the tests of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from accord.core.models import User


@dataclass(frozen=True)
class Sample:
    """The loaded sample: the folder of its files, and an account for each role."""

    folder: Path
    users: dict[str, User]


@contextmanager
def _unwatched(title: str) -> Iterator[Callable[..., None]]:
    """Progress that nobody watches."""
    yield lambda done, total=None, message="": None


@pytest.fixture(scope="module")
def sample_company(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """The sample in the database, loaded as `accord demo` loads it.

    For tests with the mark `django_db`: what each of them writes is taken back after it, and the sample after
    the file's last one.
    """
    from django.db import transaction

    from accord.core import jobs
    from accord.core.models import RoleGrant
    from accord.site import demo

    home = tmp_path_factory.mktemp("sample")
    with django_db_blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patched:
            # All is one transaction here: a job's signs of life from another thread would wait for its end.
            patched.setattr(jobs, "_beating", lambda job: nullcontext())
            demo.load(home, lambda line: None, _unwatched)
        grants = RoleGrant.objects.select_related("user").order_by("-pk")
        yield Sample(home / "sample", {grant.role: grant.user for grant in grants})
        transaction.set_rollback(True)
