"""Operations on the API of the daily watch."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.monitoring.lists.daily import WATCHES
from accord.monitoring.models import DailyWatch
from accord.monitoring.selectors import daily as read
from accord.monitoring.services import daily as services
from accord.monitoring.services.daily import mail as daily_mail
from accord.monitoring.services.daily import pdf as daily_pdf
from accord.ui.nouns.operations import list_operation

router = Router()


class Note(Schema):
    """A note to the next shift."""

    text: str = Field(max_length=services.MOST_NOTE)


class Choice(Schema):
    """Whether one's own account is mailed the daily watch."""

    wanted: bool


def _found(key: str) -> DailyWatch:
    watch = read.latest() if key == "newest" else DailyWatch.objects.filter(key=key).first()
    if watch is None:
        raise Http404(f"There is no daily watch “{key[:100]}”.")
    return watch


def _told(watch: DailyWatch) -> dict[str, Any]:
    return {
        "key": watch.key, "day": watch.day, "composed": watch.composed, "content_hash": watch.content_hash,
        "grade": watch.grade, **watch.frozen,
        "since_then": [fact.as_json() for fact in read.since_then(watch, timezone.now())],
    }  # fmt: skip


list_operation(router, "/daily-watches", WATCHES)


@router.get("/daily-watches/{str:key}", summary="One daily watch, or the “newest”", operation_id="get_daily_watch",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "daily_watch")
def get_watch(request: HttpRequest, key: str) -> dict[str, Any]:
    """Its sentences, statements and lines as they were composed, and what happened since."""
    return _told(_found(key))


@router.get("/daily-watches/{str:key}/pdf", summary="A daily watch as PDF", operation_id="get_daily_watch_pdf")
@guard_api("view", "daily_watch")
def get_pdf(request: HttpRequest, key: str) -> HttpResponse:
    watch = _found(key)
    return HttpResponse(daily_pdf.document(watch, request.build_absolute_uri("/")), content_type="application/pdf")


@router.post("/daily-watches", summary="Compose the daily watch anew", operation_id="compose_daily_watch",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "daily_watch")
@idempotent
def compose(request: HttpRequest) -> dict[str, Any]:
    """Of what is known now; it is frozen and has the next number of its day."""
    return _told(services.compose(actor_of(request)))


@router.post("/shift-notes", summary="Leave a note to the next shift", operation_id="write_shift_note",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "daily_watch")
@idempotent
def write_note(request: HttpRequest, body: Body[Note]) -> dict[str, Any]:
    """It is signed with the account's name and the time, and stays as it is."""
    note = services.write_note(actor_of(request), body.text)
    return {"id": note.pk, "text": note.text, "by": note.by.name, "at": note.at}


@router.put("/daily-watch-mail", summary="Have the daily watch mailed, or not", operation_id="choose_daily_watch_mail",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "daily_watch")
@idempotent
def choose_mail(request: HttpRequest, body: Body[Choice]) -> dict[str, Any]:
    """For one's own account."""
    actor = actor_of(request)
    daily_mail.choose(actor, body.wanted)
    return {"wanted": daily_mail.wants(actor)}
