"""Pages of the daily watch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.forms.daily import MailForm, NoteForm
from accord.monitoring.lists.daily import WATCHES
from accord.monitoring.models import DailyWatch, ShiftNote
from accord.monitoring.selectors import daily as read
from accord.monitoring.services import daily as services
from accord.monitoring.services.daily import mail as daily_mail
from accord.monitoring.services.daily import pdf as daily_pdf
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(WATCHES)
FIRST = ("watch.waiting", "watch.waiting_grave", "watch.silent", "watch.alerts", "watch.events")
"""The figures that stand on top."""
NOUNS = {
    "alert_list": "alert", "source_list": "source", "rule_list": "rule", "exception_list": "rule_exception",
    "entity_list": "alert", "blind": "source",
}  # fmt: skip
EARLIER = 7


@guard("view", "daily_watch")
@require_GET
def newest(request: HttpRequest) -> HttpResponse:
    """The newest watch; where there is none, how to get the first."""
    watch = read.latest()
    if watch is None:
        return render(request, "monitoring/daily_watch_none.html", {
            "title": "Daily watch", "may_change": may(request.user, "change", "daily_watch"),
            "hour": settings.ACCORD_WATCH_HOUR, "form": NoteForm(),
        })  # fmt: skip
    return render(request, "monitoring/daily_watch.html", _page(request, watch, NoteForm()))


@guard("view", "daily_watch")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """A watch as it was composed, and what happened since."""
    watch = get_object_or_404(DailyWatch.objects.select_related("composed_by"), key=key)
    context = _page(request, watch, NoteForm())
    context["breadcrumb"] = [("Daily watches", reverse("monitoring:daily_watch_list"))]
    return render(request, "monitoring/daily_watch.html", context)


def _page(request: HttpRequest, watch: DailyWatch, form: NoteForm) -> dict[str, Any]:
    """What the page shows. Ten queries at most."""
    told = read.Watch.from_content(watch.frozen)
    hidden = _hidden(request)
    now = timezone.now()
    facts = [fact for key in FIRST if (fact := told.fact(key)) is not None]
    others = DailyWatch.objects.order_by("-until", "-pk").defer("content")
    return {
        "title": f"Daily watch of {watch.day:%A}, {watch.day.day} {watch.day:%B %Y}", "watch": watch, "told": told,
        "first": [_shown(fact, hidden) for fact in facts],
        "sections": [
            replace(one, statements=[_shown(fact, hidden) for fact in one.statements if fact.key not in FIRST],
                    lines=[_line(line, hidden) for line in one.lines])
            for one in told.sections
        ],
        "since": [_shown(fact, hidden) for fact in read.since_then(watch, now)], "now": now,
        "newer": others.filter(until__gt=watch.until).first(),
        "earlier": others.filter(until__lt=watch.until)[:EARLIER],
        "notes_since": ShiftNote.objects.filter(at__gte=watch.until).select_related("by").order_by("at", "pk"),
        "may_change": may(request.user, "change", "daily_watch"), "form": form,
        "plain": watch.grade is not None and watch.grade <= read.TARGET_GRADE, "target": read.TARGET_GRADE,
    }  # fmt: skip


def _hidden(request: HttpRequest) -> tuple[str, ...]:
    """Addresses that the reader may not follow."""
    found = []
    for name, noun in NOUNS.items():
        address = read.address(name)
        if address and not may(request.user, "view", noun):
            found.append(address)
    return tuple(found)


def _shown(fact: Any, hidden: tuple[str, ...]) -> Any:
    return replace(fact, href="") if hidden and fact.href.startswith(hidden) else fact


def _line(line: read.Line, hidden: tuple[str, ...]) -> read.Line:
    return replace(line, href="") if hidden and line.href.startswith(hidden) else line


@guard("change", "daily_watch")
@require_POST
def compose(request: HttpRequest) -> HttpResponse:
    """Compose the watch anew, of what is known now."""
    watch = services.compose(cast(User, request.user))
    messages.success(request, f"{watch} is composed as {watch.key}. Its figures are frozen.")
    return redirect(watch)


@guard("change", "daily_watch")
@require_http_methods(["POST"])
def note(request: HttpRequest) -> HttpResponse:
    """Leave a note to the next shift."""
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            services.write_note(cast(User, request.user), form.cleaned_data["text"])
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "The next shift will read it.")
            return redirect("monitoring:daily_watch")
    watch = read.latest()
    if watch is None:
        context = {"title": "Daily watch", "may_change": True, "hour": settings.ACCORD_WATCH_HOUR, "form": form}
        return render(request, "monitoring/daily_watch_none.html", context, status=422)
    return render(request, "monitoring/daily_watch.html", _page(request, watch, form), status=422)


@guard("view", "daily_watch")
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    """Whether one's own account is mailed the watch."""
    actor = cast(User, request.user)
    if request.method == "POST":
        form = MailForm(request.POST)
        if form.is_valid():
            daily_mail.choose(actor, form.cleaned_data["wanted"])
            wanted = form.cleaned_data["wanted"]
            messages.success(request, "It comes by mail." if wanted else "It no longer comes by mail.")
            return redirect("monitoring:daily_watch_mail")
    else:
        form = MailForm(initial={"wanted": daily_mail.wants(actor)})
    return render(request, "ui/form.html", {
        "title": "Daily watch by mail", "form": form, "cancel_href": reverse("monitoring:daily_watch"),
        "breadcrumb": [("Daily watch", reverse("monitoring:daily_watch"))],
        "form_intro": f"It goes to {actor.email} at {settings.ACCORD_WATCH_HOUR:02d}:00 ({settings.TIME_ZONE})."
        + ("" if daily_mail.is_mail_set_up() else " No mail server is set up yet: nothing is sent until there is one."),
    })  # fmt: skip


@guard("view", "daily_watch")
@require_GET
def pdf(request: HttpRequest, key: str) -> HttpResponse:
    """A watch as PDF: the same bytes each time."""
    watch = get_object_or_404(DailyWatch, key=key)
    origin = settings.ORIGIN or request.build_absolute_uri("/")
    response = HttpResponse(daily_pdf.document(watch, origin), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="daily-watch-{watch.key}.pdf"'
    return response
