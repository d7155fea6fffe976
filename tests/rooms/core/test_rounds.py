"""Rounds: done when due, by one worker, and one that fails stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accord.core import rounds
from accord.core.models import Round

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    found: list[str] = []
    monkeypatch.setattr(rounds, "_rounds", {})

    @rounds.every("test.breaks", timedelta(hours=1))
    def _breaks() -> None:
        raise ZeroDivisionError("at once")

    @rounds.every("test.works", timedelta(hours=1))
    def _works() -> None:
        found.append("works")

    yield found


def test_each_round_is_done_when_it_is_due(done: list[str]) -> None:
    now = timezone.now()
    assert rounds.run_due(now) == ["test.breaks", "test.works"]
    assert rounds.run_due(now + timedelta(minutes=59)) == []
    assert rounds.run_due(now + timedelta(minutes=60)) == ["test.breaks", "test.works"]
    assert done == ["works", "works"]
    assert Round.objects.get(name="test.breaks").error == "ZeroDivisionError: at once"
    assert Round.objects.get(name="test.works").error == ""


def test_what_another_worker_has_begun_is_left_to_it(done: list[str]) -> None:
    now = timezone.now()
    Round.objects.create(name="test.works", begun=now - timedelta(minutes=1))
    assert rounds.run_due(now) == ["test.breaks"]
    assert done == []
