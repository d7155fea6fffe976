"""Long work: a registered function runs in a worker, tells its progress, can be cancelled and resumed.

A kind is registered with `@kind("risk.run_loss", "Compute the annual loss")` on a function that takes a
`Context` and JSON parameters and returns JSON. It must be safe to run twice: after a crash the worker
starts it again from the beginning.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks import task

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.models.jobs import TRACE

BEAT = 10.0
"""Seconds between two signs of life of a worker."""
SILENT = timedelta(seconds=60)
"""A running job whose worker gave no sign of life for so long is taken for dead and started again."""
MOST_ATTEMPTS = 5

Function = Callable[..., Any]
_kinds: dict[str, tuple[str, Function]] = {}


class Cancelled(Exception):
    """The person asked for the job to stop."""


class Context:
    """What a running job is given: tell progress, see whether to stop."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.actor: User = job.actor
        self._told = 0.0

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell how far it is (written at most twice a second); raises `Cancelled` when asked to stop.

        Call it outside of transactions: a person watches it, and a rollback would take it back.
        """
        now = time.monotonic()
        if now - self._told < 0.5 and done != total:
            return
        self._told = now
        fields: dict[str, Any] = {"done": done, "heartbeat": timezone.now()}
        if total is not None:
            fields["total"] = total
        if message:
            fields["message"] = message[:300]
        Job.objects.filter(pk=self.job.pk).update(**fields)
        if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            raise Cancelled

    def partial(self, result: Any) -> None:
        """Keep a partial result that a screen can use already."""
        Job.objects.filter(pk=self.job.pk).update(result=result, heartbeat=timezone.now())


def kind(name: str, title: str) -> Callable[[Function], Function]:
    """Register a job kind."""

    def register(function: Function) -> Function:
        _kinds[name] = (title, function)
        return function

    return register


def enqueue(actor: User, name: str, title: str = "", **params: Any) -> Job:
    """Put a job into the queue; a worker takes it after this transaction has committed."""
    label, _ = _kinds[name]
    with ledger.write(actor) as log:
        job = Job.objects.create(kind=name, title=title or label, params=params, actor=actor)
        log.add("run", "job", job.pk, None, {"kind": name, "params": params})
        transaction.on_commit(lambda: _send(job))
    return job


def _send(job: Job) -> None:
    run_in_worker.enqueue(str(job.pk))


def run_now(actor: User, name: str, title: str = "", **params: Any) -> Job:
    """Run a job here and now (the command line does); its record is kept like any other."""
    label, _ = _kinds[name]
    with ledger.write(actor) as log:
        job = Job.objects.create(kind=name, title=title or label, params=params, actor=actor)
        log.add("run", "job", job.pk, None, {"kind": name, "params": params})
    _execute(job.pk)
    job.refresh_from_db()
    return job


def cancel(actor: User, job: Job) -> None:
    """Ask a job to stop; one that has not begun is cancelled at once."""
    with ledger.write(actor) as log:
        if job.is_over:
            raise Refused("It is over already.")
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(state=Job.State.CANCELLED, finished=timezone.now())
        log.add("cancel", "job", job.pk)
    job.refresh_from_db()


@task()
def run_in_worker(job_id: str) -> None:
    """The one task that the queue carries."""
    _execute(job_id)


def _claim(job_id: Any) -> Job | None:
    """Take the job unless another worker is alive on it. One UPDATE decides between several workers."""
    now = timezone.now()
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, heartbeat__lt=now - SILENT)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING, started=now, heartbeat=now, attempts=F("attempts") + 1, done=0
    )
    return Job.objects.select_related("actor").get(pk=job_id) if taken else None


def _execute(job_id: Any) -> None:
    job = _claim(job_id)
    if job is None:
        return
    end: dict[str, Any]
    try:
        with _beating(job):
            result = _kinds[job.kind][1](Context(job), **job.params)
        end = {"state": Job.State.DONE, "result": result}
    except Cancelled:
        end = {"state": Job.State.CANCELLED, "message": "Stopped on request."}
    except Refused as error:
        end = {"state": Job.State.FAILED, "error": str(error)}
    except Exception as error:
        trace = traceback.format_exc().removeprefix(TRACE)[-4000:].lstrip("\n")
        end = {"state": Job.State.FAILED, "error": f"{type(error).__name__}: {error}\n{TRACE}\n{trace}"}
    Job.objects.filter(pk=job.pk).update(finished=timezone.now(), **end)


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    """Give signs of life from a thread of its own, so that a long solver call is not taken for dead."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now())
        connection.close()

    thread = threading.Thread(target=beat, daemon=True, name=f"beat {job.pk}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def revive() -> int:
    """Queue again what a dead worker left; returns how many. Each worker calls it when it starts and then at times."""
    dead = Job.objects.filter(state=Job.State.RUNNING, heartbeat__lt=timezone.now() - SILENT)
    dead.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=Job.State.FAILED, finished=timezone.now(), error=f"It stopped {MOST_ATTEMPTS} times without an end."
    )
    found = list(dead.filter(state=Job.State.RUNNING))
    for job in found:
        _send(job)
    return len(found)


def latest(name: str, **params: Any) -> Job | None:
    """The newest job of a kind (with those parameters)."""
    jobs = Job.objects.filter(kind=name)
    for key, value in params.items():
        jobs = jobs.filter(**{f"params__{key}": value})
    return jobs.order_by("-created").first()
