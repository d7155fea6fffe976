"""Reads of sheets: one with its signers, those that wait, and what a sheet says as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accord.core import jobs
from accord.core.models import Job
from accord.core.statements import Statement
from accord.core.twokey import TwoKeyState
from accord.decisions.models import Sheet

SHEET_JOB = "decisions.sheet"
MOST_COUNTING = 20
"""The kind of job that computes a sheet's options."""
PEOPLE = ("by", "proposed_by", "cio_signer", "ciso_signer", "dissent_by")


def sheets() -> QuerySet[Sheet]:
    """Sheets with their people; what they froze left out."""
    return Sheet.objects.select_related(*PEOPLE).defer("content", "inputs", "figures", "record")


def find_sheet(key: str) -> Sheet | None:
    """One sheet with its people and all that it says. One query."""
    return Sheet.objects.select_related(*PEOPLE).filter(key=key).first()


def job_of(sheet: Sheet) -> Job | None:
    """The newest job that computes, or computed, the options of a sheet. One query."""
    return jobs.latest(SHEET_JOB, sheet=sheet.key)


def reason_of(job: Job) -> str:
    """Why a computation ended without figures, in a sentence, and what to do; the job's page has every detail."""
    if job.state == Job.State.CANCELLED:
        return "The computation was stopped. Compute again, or change the inputs."
    reason = job.error.partition("\n")[0].strip()
    # What was refused names its remedy; what broke is told with its traceback below the first line.
    broke = "\n" in job.error or not reason
    if not broke:
        return reason
    said = f"{reason.rstrip('.')}. " if reason else ""
    return f"{said}Compute again; if it fails once more, show the job to support."


def sheets_waiting() -> list[Sheet]:
    """The sheets that wait for a key. One query."""
    return list(sheets().filter(state=TwoKeyState.PROPOSED))


def sheets_that_count(today: dt.date) -> list[Sheet]:
    """Sheets that wait for a key or hold and have not run out, the newest MOST_COUNTING. One query."""
    holds = Q(state=TwoKeyState.PROPOSED) | Q(state=TwoKeyState.IN_FORCE) & (Q(until=None) | Q(until__gte=today))
    return list(sheets().filter(holds)[:MOST_COUNTING])


def sheets_ended(first: dt.date, last: dt.date) -> list[Sheet]:
    """Sheets that came into force or met a dissent from the first to the last day. One query."""
    when = Q(in_force_at__date__gte=first, in_force_at__date__lte=last) | Q(
        dissent_at__date__gte=first, dissent_at__date__lte=last
    )
    return list(Sheet.objects.select_related(*PEOPLE).defer("inputs", "figures").filter(when).order_by("created"))


def statement_of(row: Mapping[str, Any]) -> Statement:
    """A statement from its frozen data."""
    spread = row["interval"]
    return Statement(
        row["key"], row["label"], row["value"], row["unit"], None if spread is None else (spread[0], spread[1]),
        row["confidence"], row["source"], row["query"], row["href"],
        dt.datetime.fromisoformat(row["as_of"]) if row["as_of"] else None, row["note"], row["tone"],
    )  # fmt: skip


def sheet_as_json(sheet: Sheet, today: dt.date) -> dict[str, Any]:
    """Everything that a sheet says, for the API; `content` is null and `job` is there until its options are computed.

    One query where they are not.
    """
    job = job_of(sheet) if not sheet.shown else None
    return {
        "key": sheet.key, "kind": sheet.kind, "title": sheet.title, "note": sheet.note, "state": str(sheet.state),
        "until": sheet.until, "ran_out": sheet.ran_out(today), "chosen": sheet.chosen, "content": sheet.shown or None,
        "job": None if job is None else {"id": str(job.pk), "state": str(job.state), "reason": (
            reason_of(job) if job.state in (Job.State.FAILED, Job.State.CANCELLED) else "")},
        "content_hash": sheet.content_hash, "record": sheet.recorded, "record_hash": sheet.record_hash,
        "keys": [
            {
                "role": slot["role"], "state": slot["state"], "method": slot["method"], "dissent": slot["dissent"],
                "signer": slot["signer"].email if slot["signer"] else None,
                "at": slot["at"].isoformat() if slot["at"] else None,
            }
            for slot in sheet.slots
        ],
        "in_force_at": sheet.in_force_at.isoformat() if sheet.in_force_at else None,
    }  # fmt: skip
