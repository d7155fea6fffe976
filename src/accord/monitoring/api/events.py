"""Stored events on the API: the search of the screen, page by page, and single events."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from accord.core.errors import Problem, Refused
from accord.core.permissions import guard_api
from accord.monitoring import store
from accord.monitoring.forms.events import SearchForm
from accord.monitoring.store import Place
from accord.monitoring.views.events import before_of, plain, text_of

router = Router()
MOST = 200


@router.get("/events", summary="Search stored events", operation_id="event_search", response=dict[str, Any])
@guard_api("view", "event")
def search(
    request: HttpRequest, q: str = "", host: str = "", user: str = "", address: str = "", source: str = "",
    product: str = "", window: str = "24h", since: str = "", until: str = "", before: str = "", limit: int = 50,
) -> dict[str, Any]:  # fmt: skip
    """Newest first. `next` is the `before` of the following page; `reached` is told where time ran out: nothing older
    was looked at yet.

    `since` and `until` are times in the organization's zone (2026-05-04 12:00); without them `window` counts back from
    now: 1h, 24h, 7d, 30d, all.
    """
    told = {
        "q": q, "host": host, "user": user, "address": address, "source": source, "product": product, "window": window,
        "since": since, "until": until,
    }  # fmt: skip
    form = SearchForm(told)
    if not form.is_valid():
        raise Refused(
            *(Problem(None, name, str(one), "Correct it.") for name, ones in form.errors.items() for one in ones)
        )
    most = min(max(limit, 1), MOST)
    try:
        found = store.look(form.search(), most + 1, before_of(before))
    except store.TooBusy as error:
        raise Refused(Problem(None, "", str(error), "Try again.")) from None
    page = found.events[:most]
    following = Place(page[-1].time, page[-1].key) if len(found.events) > most else None
    return {
        "items": [plain(one) for one in page], "next": text_of(following) if following else None,
        "reached": found.reached.isoformat() if found.reached else None,
    }  # fmt: skip


@router.get("/events/{key}", summary="One stored event", operation_id="event", response=dict[str, Any])
@guard_api("view", "event")
def event(request: HttpRequest, key: str) -> dict[str, Any]:
    """All fields of one event, and the record as it came."""
    found = store.events_of([key]).get(key)
    if found is None:
        raise Http404
    return plain(found)
