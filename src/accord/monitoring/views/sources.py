"""Pages of sources."""

from __future__ import annotations

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
from accord.core.statements import Statement
from accord.monitoring.forms.sources import FORMS, KINDS, HandInForm, SourceForm, initial_of
from accord.monitoring.lists.sources import SOURCES, sparkline
from accord.monitoring.models import Source
from accord.monitoring.selectors import hanging as hangs
from accord.monitoring.selectors import sources as read
from accord.monitoring.selectors.sending import examples
from accord.monitoring.services import sources as services
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(SOURCES)
LOGS, SILENCES, LATEST_HOURS = 50, 10, 24


def _found(key: str) -> Source:
    source: Source = get_object_or_404(read.listed(), key=key)
    return source


def _crumb(source: Source | None = None) -> list[tuple[str, str]]:
    crumb = [("Sources", reverse("monitoring:source_list"))]
    return [*crumb, (source.name, source.get_absolute_url())] if source is not None else crumb


@guard("view", "source")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """How it stands, how to send to it, its logs, what could not be read, its hours."""
    return _page(request, _found(key))


def _page(request: HttpRequest, source: Source, token: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    certificate, fingerprint = read.certificate_of(source)
    origin = settings.ORIGIN or request.build_absolute_uri("/").rstrip("/")
    host = request.get_host().rsplit(":", 1)[0] if not settings.ORIGIN else origin.split("://")[1].split(":")[0]
    intake = read.intake() if source.kind in read.COLLECTED else None
    problem, watch = str(source.intake.get("problem", "")), getattr(source, "watch", None)
    context: dict[str, Any] = {
        "stream": read.stream_of(source),
        "trouble": source.paused or problem or (intake.problem if intake is not None else ""),
        "title": source.name, "subtitle": source.get_kind_display(), "breadcrumb": _crumb(), "source": source,
        "state": read.state_of(source, now), "statements": statements(source), "token": token,
        "examples": examples(source, host, origin, token), "certificate": certificate, "fingerprint": fingerprint,
        "logs": list(source.logs.order_by("-last")[:LOGS]),
        "hours": _hours(source), "watch": watch,
        "hanging": hangs.hanging(source) if may(request.user, "view", "blind_spot") else None,
        "silences": list(source.silences.order_by("-since")[:SILENCES]),
        "course": sparkline(source), "last_seen": read.last_seen(source),
        "samples": [one for one in source.samples if isinstance(one, dict)][-20:][::-1],
        "history": parts.history("source", source.key),
        "may_change": may(request.user, "change", "source"), "may_renew": may(request.user, "renew_token", "source"),
        "may_hand_in": may(request.user, "hand_in", "source"), "may_view_assets": may(request.user, "view", "asset"),
    }  # fmt: skip
    return render(request, "monitoring/source.html", context, status=status)


def _hours(source: Source) -> list[tuple[Any, ...]]:
    """The latest hours: when, events (None = not yet added), and what its own past expects of such an hour."""
    told = [one for one in reversed(read.by_hour(source)) if one[1] is not None][:LATEST_HOURS]
    expected = hangs.usual(getattr(source, "watch", None), (hour for hour, _ in told))
    return [(*one, usual) for one, usual in zip(told, expected, strict=True)]


def statements(source: Source) -> list[Statement]:
    """The figures on top of a source's page."""
    events, malformed, dropped = read.today_of(source)
    delay, as_of, told = read.delay_of(source), source.received_up_to, "counted when events are stored"
    return [
        Statement("source.today", "Events today", events, "events", source=told, as_of=as_of, href="#hours",
                  query="monitoring.selectors.sources.today_of"),
        Statement("source.malformed", "Malformed today", malformed, "records", source=told, as_of=as_of,
                  href="#malformed", tone="warning" if malformed else "good",
                  note=f"{source.malformed:,} since it was added."),
        Statement("source.dropped", "Dropped today", dropped, "messages", source="counted by the collector",
                  as_of=as_of, tone="danger" if dropped else "good", href="#facts",
                  note=f"{source.dropped:,} since it was added. Only UDP can lose messages."),
        Statement("source.delay", "Mean delay, 24 hours", None if delay is None else round(delay, 1), "seconds",
                  source="from an event's own time to its receipt", as_of=as_of, href="#hours",
                  note="" if delay is not None else "No event told its time."),
    ]  # fmt: skip


@guard("change", "source")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new source: first its kind, then what that needs."""
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        kinds = [(one.value, one.label, WORDS[one]) for one in KINDS]
        context = {"title": "Add a source", "breadcrumb": _crumb(), "kinds": kinds}
        return render(request, "monitoring/source_kind.html", context)
    form = FORMS[kind](request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            source, token = services.add_source(cast(User, request.user), kind, **form.told())
        except Refused as error:
            _say(form, error)
        else:
            messages.success(request, "It is added. A running collector takes it up within seconds.")
            return _page(request, _found(source.key), token, 201) if token else redirect(source)
    return _form(request, form, f"Add a source: {Source.Kind(kind).label}", _crumb(), reverse("monitoring:source_list"))


@guard("change", "source")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    source = _found(key)
    kind = FORMS.get(source.kind, SourceForm)
    form = kind(request.POST) if request.method == "POST" else kind(initial=initial_of(source))
    if request.method == "POST" and form.is_valid():
        told = form.told()
        if source.kind not in FORMS:
            told["settings"] = source.settings
        try:
            services.change_source(cast(User, request.user), source, **told)
        except Refused as error:
            _say(form, error)
        else:
            messages.success(request, "It is changed. A running collector follows within seconds.")
            return redirect(source)
    return _form(request, form, f"Change {source.name}", _crumb(source), source.get_absolute_url())


def _form(request: HttpRequest, form: SourceForm, title: str, crumb: Any, cancel: str) -> HttpResponse:
    context = {"title": title, "breadcrumb": crumb, "form": form, "cancel_href": cancel, "submit_label": "Save"}
    return render(request, "ui/form.html", context, status=422 if form.is_bound and form.errors else 200)


def _say(form: Any, error: Refused) -> None:
    for problem in error.problems:
        column = problem.column if problem.column in form.fields else None
        form.add_error(column, f"{problem.reason} {problem.remedy}".strip())


@guard("change", "source")
@require_POST
def switch(request: HttpRequest, key: str) -> HttpResponse:
    source, actor = _found(key), cast(User, request.user)
    if request.POST.get("on") == "yes":
        services.enable_source(actor, source)
        messages.success(request, "It is switched on.")
    else:
        services.disable_source(actor, source)
        messages.success(request, "It is switched off. What was stored stays until its time is over.")
    return redirect(source)


@guard("renew_token", "source")
@require_POST
def renew(request: HttpRequest, key: str) -> HttpResponse:
    """A new token, shown once."""
    source = _found(key)
    try:
        token = services.renew_token(cast(User, request.user), source)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(source)
    return _page(request, _found(key), token, 201)


@guard("hand_in", "source")
@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest) -> HttpResponse:
    """Bring files in by hand."""
    given = {"source": request.GET.get("source", "")} if request.GET.get("source") else None
    form = HandInForm(request.POST, request.FILES) if request.method == "POST" else HandInForm(initial=given)
    if request.method == "POST" and form.is_valid():
        actor, files = cast(User, request.user), form.cleaned_data["uploads"]
        try:
            source = services.ensure_source(actor, Source.Kind.UPLOAD, form.cleaned_data["source"].strip())
            number, problems = services.hand_in(actor, source, ((str(one.name), one.file) for one in files))
        except Refused as error:
            _say(form, error)
        else:
            if number:
                said = f"{number:,} file{'s' * (number != 1)} handed in; they are read within seconds."
                messages.success(request, said)
            for name, why in problems[:5]:
                messages.error(request, f"{name[:200]}: {why}")
            if len(problems) > 5:
                messages.error(request, f"{len(problems) - 5:,} more could not be unpacked; they count as malformed.")
            return redirect(source)
    context = {
        "title": "Hand in files", "breadcrumb": _crumb(), "form": form, "submit_label": "Hand in",
        "cancel_href": reverse("monitoring:source_list"),
        "form_intro": "Logs that nobody sends: an export, an image's log folder, a colleague's file.",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.is_bound and form.errors else 200)


WORDS = {
    Source.Kind.SYSLOG: "Servers, firewalls and agents that send by themselves: TCP, TLS, RELP or UDP.",
    Source.Kind.FILES: "Files on this machine that grow, and folders into which others put files.",
    Source.Kind.HTTP: "Agents and clouds that post to an address with a token.",
    Source.Kind.NATS: "A stream that keeps messages until they are taken: where senders must never wait for Accord.",
    Source.Kind.UPLOAD: "Files that somebody brings in by hand.",
}
