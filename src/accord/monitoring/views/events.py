"""Stored events: the search, one event with all its fields, and what was found as a file."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accord.core.permissions import guard
from accord.core.streaming import stream
from accord.monitoring import store
from accord.monitoring.forms.events import SearchForm
from accord.monitoring.selectors import events as selectors
from accord.monitoring.store import Place, Search, StoredEvent
from accord.outlet.tables import guarded
from accord.ui.access import may

PAGE = 50
EXPORTED, AT_ONCE = 100_000, 2_000
AROUND = timedelta(minutes=5)
FIELDS = (
    "key", "time", "time_is_told", "received", "source", "host", "user", "src", "dst", "asset", "product", "category",
    "service", "format", "raw",
)  # fmt: skip


@guard("view", "event")
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The newest events that fit, a page at a time."""
    now = timezone.now()
    form = SearchForm(request.GET)
    context: dict[str, Any] = {
        "title": "Events", "form": form, "now": now, "keeping": selectors.keeping(now), "problem": "", "lines": [],
        "may_export": may(request.user, "export", "event"), "narrowed": bool(request.GET),
        "may_view_assets": may(request.user, "view", "asset"), "may_view_sources": may(request.user, "view", "source"),
        "typed": [form[name] for name in ("host", "user", "address", "product")],
        "chosen": [form["source"], form["window"]], "dated": [form["since"], form["until"]],
    }  # fmt: skip
    if not form.is_valid():
        return render(request, "monitoring/event_list.html", context)
    wanted = form.search(now)
    context["wanted"] = wanted
    try:
        found = store.look(wanted, PAGE + 1, before_of(request.GET.get("before", "")), fields=False)
    except store.TooBusy as error:
        context["problem"] = str(error)
        return render(request, "monitoring/event_list.html", context)
    page = found.events[:PAGE]
    context["lines"] = selectors.lines(page)
    if len(found.events) > PAGE:
        context["next_href"] = _page_href(request, Place(page[-1].time, page[-1].key))
    elif found.reached is not None:
        context["reached"] = found.reached
        context["next_href"] = _page_href(request, Place(found.reached + timedelta(microseconds=1), ""))
    if request.GET.get("before"):
        context["first_href"] = _page_href(request, None)
    context["exports"] = [
        (label, f"{reverse('monitoring:event_export')}?{_query(request, None, kind)}")
        for label, kind in (("CSV", "csv"), ("JSON lines", "jsonl"))
    ]
    return render(request, "monitoring/event_list.html", context)


def _query(request: HttpRequest, before: Place | None, form: str = "") -> str:
    kept = {name: value for name, value in request.GET.items() if name not in ("before", "format") and value}
    if before is not None:
        kept["before"] = text_of(before)
    if form:
        kept["format"] = form
    return urlencode(kept)


def _page_href(request: HttpRequest, before: Place | None) -> str:
    return f"{request.path}?{_query(request, before)}"


def text_of(place: Place) -> str:
    """Where a page ends, as an address carries it."""
    told = f"{place.time.astimezone(UTC).isoformat()}|{place.key}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def before_of(text: str) -> Place | None:
    """The place that `text_of` wrote; None for what is none, which shows the first page."""
    try:
        told = base64.urlsafe_b64decode(text[:400] + "=" * (-len(text) % 4)).decode()
        time, _, key = told.partition("|")
        moment = datetime.fromisoformat(time)
    except (ValueError, binascii.Error):
        return None
    return Place(moment, key) if moment.tzinfo is not None else None


@guard("view", "event")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """One event: who and where, all its fields, the record as it came, and the alerts that rest on it."""
    event = store.events_of([key]).get(key)
    if event is None:
        raise Http404
    (line,) = selectors.lines([event])
    since, until = event.time - AROUND, event.time + AROUND
    context = {
        "title": f"Event of {event.host or event.user or event.src or 'a log'}", "subtitle": key, "line": line,
        "event": event, "rows": selectors.rows_of(event.data),
        "breadcrumb": [("Events", reverse("monitoring:event_list"))],
        "raw": event.raw[: 1 << 16].decode("utf-8", "replace"), "cut": len(event.raw) > 1 << 16,
        "alerts": selectors.alerts_of(event) if may(request.user, "view", "alert") else None,
        "around": [
            (label, f"{reverse('monitoring:event_list')}?{urlencode({name: value, **_span(since, until)})}")
            for name, label, value in (
                ("host", "of this host", event.host), ("user", "of this user", event.user),
                ("address", "from or to the first address", event.src),
                ("address", "from or to the second address", event.dst),
            )
            if value
        ],
        "may_view_assets": may(request.user, "view", "asset"), "may_view_sources": may(request.user, "view", "source"),
    }  # fmt: skip
    return render(request, "monitoring/event.html", context)


def _span(since: datetime, until: datetime) -> dict[str, str]:
    """From and until, in the zone in which the form reads them."""
    return {
        name: timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")
        for name, moment in (("since", since), ("until", until))
    }


@guard("export", "event")
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What a search finds, newest first, as CSV (envelope and record) or as JSON lines (with all fields)."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        for problems in form.errors.values():
            for problem in problems:
                messages.error(request, str(problem))
        return redirect("monitoring:event_list")
    wanted, kind = form.search(), request.GET.get("format", "jsonl")
    if kind == "csv":
        answer = stream(request, _csv(wanted), "text/csv; charset=utf-8")
    else:
        answer = stream(request, (json.dumps(plain(one)) + "\n" for one in _all(wanted, True)), "application/x-ndjson")
    name = f"events-{timezone.localtime():%Y-%m-%d}.{'csv' if kind == 'csv' else 'jsonl'}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _all(wanted: Search, fields: bool) -> Iterator[StoredEvent]:
    """Page after page, up to as many as a file may hold."""
    before, number = None, 0
    while number < EXPORTED:
        page = store.find(wanted, AT_ONCE, before, fields)
        yield from page
        number += len(page)
        if len(page) < AT_ONCE:
            return
        before = Place(page[-1].time, page[-1].key)


def _csv(wanted: Search) -> Iterator[str]:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(FIELDS)
    for event in _all(wanted, False):
        told = plain(event)
        writer.writerow(["" if told[name] is None else guarded(str(told[name])) for name in FIELDS])
        yield held.getvalue()
        held.seek(0)
        held.truncate()
    yield held.getvalue()


def plain(event: StoredEvent) -> dict[str, Any]:
    """An event as plain data; a record that is no text is written with marks where it is none."""
    told: dict[str, Any] = {name: getattr(event, name) for name in FIELDS}
    told |= {"time": event.time.isoformat(), "received": event.received.isoformat()}
    told["raw"] = event.raw.decode("utf-8", "replace")
    return {**told, "data": event.data}
