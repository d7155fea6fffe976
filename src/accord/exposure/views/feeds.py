"""How old the feeds are, and new ones in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accord.core import files, jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.forms import FeedForm
from accord.exposure.lists import FEEDS
from accord.exposure.models import FeedUpdate
from accord.exposure.selectors import feed_ages
from accord.ui.lists import list_page

LIST_VIEW = list_page(FEEDS)
KIND = "exposure.feeds"


def statements() -> list[Statement]:
    """The age of each feed, and a load that runs."""
    found = []
    for age in feed_ages():
        never = age.loaded is None
        found.append(
            Statement(
                f"feed.{age.feed}", f"Age of {age.name}", age.age_days, "days", source=age.source,
                query="exposure.selectors.feed_ages", as_of=age.released or age.loaded,
                note="Never loaded: what rests on it is unknown." if never else
                     f"{age.entries:,} entries{', model ' + age.version if age.version and age.feed == 'epss' else ''}"
                     + (". Stale: load a newer one." if age.is_stale else ""),
                tone="warning" if age.is_stale else "good",
            )
        )  # fmt: skip
    return found


@guard("run", "feed")
@require_http_methods(["GET", "POST"])
def update(request: HttpRequest) -> HttpResponse:
    """Download all feeds, or take them from files or a bundle; a worker does it."""
    form = FeedForm(request.POST, request.FILES) if request.method == "POST" else FeedForm()
    if request.method == "POST":
        actor = cast(User, request.user)
        try:
            if "download" in request.POST:
                job = jobs.enqueue(actor, KIND, "Download all feeds")
                return redirect("exposure:feed_job", pk=job.pk)
            if form.is_valid():
                kept = [files.keep(actor, f.name or "feed", f.chunks()) for f in form.cleaned_data["uploads"]]
                job = jobs.enqueue(actor, KIND, "Load feeds", files=[one.pk for one in kept])
                return redirect("exposure:feed_job", pk=job.pk)
        except Refused as error:
            messages.error(request, str(error))
    context = {
        "title": "Load feeds", "form": form, "breadcrumb": [("Feeds", reverse("exposure:feed_list"))],
        "cancel_href": reverse("exposure:feed_list"), "submit_label": "Load",
    }  # fmt: skip
    failed = request.method == "POST" and bool(form.errors)
    return render(request, "exposure/feed_form.html", context, status=422 if failed else 200)


@guard("run", "feed")
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The load of feeds on its way; htmx asks for its progress each second."""
    found = get_object_or_404(Job, pk=pk, kind=KIND)
    url = reverse("exposure:feed_job", args=[pk])
    part = {"job": found, "url": url, "next_url": reverse("exposure:feed_list")}
    if getattr(request, "htmx", False):
        return render(request, "ui/parts/job.html", part)
    last = FeedUpdate.objects.order_by("-id").first()
    context = {"title": found.title, "breadcrumb": [("Feeds", reverse("exposure:feed_list"))], "last": last, **part}
    return render(request, "exposure/feed_job.html", context)
