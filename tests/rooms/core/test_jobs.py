"""Long work: progress, cancelling, errors, and what a dead worker leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accord.core import accounts, jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.roles import Role

pytestmark = pytest.mark.django_db
RUNS: list[int] = []


@jobs.kind("test.count", "Count")
def _count(context: jobs.Context, upto: int) -> dict[str, Any]:
    for number in range(1, upto + 1):
        context.progress(number, upto, f"at {number}")
    RUNS.append(upto)
    return {"counted": upto}


@jobs.kind("test.refuse", "Refuse")
def _refuse(context: jobs.Context) -> None:
    raise Refused("No such file. Hand it in again.")


@jobs.kind("test.break", "Break")
def _break(context: jobs.Context) -> None:
    raise ZeroDivisionError


@pytest.fixture
def actor() -> User:
    return accounts.operator()


def test_a_job_runs_and_keeps_its_result(actor: User) -> None:
    job = jobs.run_now(actor, "test.count", upto=3)
    assert (job.state, job.result, job.percent) == ("done", {"counted": 3}, 100)
    assert ledger.history("job", job.pk)


def test_a_refusal_is_told_in_plain_words_and_a_fault_with_its_place(actor: User) -> None:
    assert jobs.run_now(actor, "test.refuse").error == "No such file. Hand it in again."
    broken = jobs.run_now(actor, "test.break")
    assert broken.state == "failed"
    assert "ZeroDivisionError" in broken.error
    assert "test_jobs.py" in broken.error
    assert broken.broke
    assert "\n" not in broken.reason
    assert "Start it again" in broken.reason
    refused = jobs.run_now(actor, "test.refuse")
    assert (refused.reason, refused.broke) == (refused.error, False)


def test_where_the_program_broke_is_shown_to_those_who_run_jobs(actor: User) -> None:
    broken = jobs.run_now(actor, "test.break")
    pages = []
    for role in (Role.ANALYST, Role.AUDITOR):
        reader = Client()
        made = accounts.add_account(None, f"{role}@jobs.example", "R", [(role, "")])
        reader.force_login(made, backend=settings.AUTHENTICATION_BACKENDS[-1])
        for name in ("site:job", "site:job_progress"):
            pages.append(reader.get(reverse(name, args=[broken.pk])).content.decode())
    assert ["<details><summary>Details for support" in page for page in pages] == [True, True, False, False]
    assert ["Traceback" in page for page in pages] == [True, True, False, False]
    assert all("Start it again" in page for page in pages)


def test_a_waiting_job_can_be_cancelled_and_then_never_runs(actor: User) -> None:
    job = jobs.enqueue(actor, "test.count", upto=7)
    jobs.cancel(actor, job)
    jobs.run_in_worker.call(str(job.pk))
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert 7 not in RUNS
    with pytest.raises(Refused):
        jobs.cancel(actor, job)


def test_a_running_job_stops_at_its_next_word(actor: User) -> None:
    job = Job.objects.create(kind="test.count", title="Count", params={"upto": 2}, actor=actor, cancel_requested=True)
    jobs.run_in_worker.call(str(job.pk))
    job.refresh_from_db()
    assert job.state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_job_is_queued_only_when_its_transaction_has_committed(actor: User) -> None:
    with pytest.raises(RuntimeError), ledger.write(actor):
        jobs.enqueue(actor, "test.count", upto=1)
        raise RuntimeError
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()
    jobs.enqueue(actor, "test.count", upto=1)
    assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_worker_left_is_run_again_and_not_what_a_living_one_does(actor: User) -> None:
    now = timezone.now()
    dead, alive, hopeless = (
        Job.objects.create(
            kind="test.count", title="Count", params={"upto": 4}, actor=actor, state="running", heartbeat=beat,
            attempts=attempts,
        )
        for beat, attempts in ((now - timedelta(minutes=5), 1), (now, 1), (now - timedelta(minutes=5), 5))
    )  # fmt: skip
    assert jobs.revive() == 1
    jobs.run_in_worker.call(str(dead.pk))
    jobs.run_in_worker.call(str(alive.pk))
    states = {j.pk: j.state for j in Job.objects.all()}
    assert states == {dead.pk: "done", alive.pk: "running", hopeless.pk: "failed"}
    dead.refresh_from_db()
    assert dead.attempts == 2
