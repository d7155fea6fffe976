"""Pages of homes and briefs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.briefing import selectors, services
from accord.briefing.draft import NOUNS, TARGET_GRADE, Draft
from accord.briefing.forms import BriefForm
from accord.briefing.models import Brief
from accord.briefing.parts import Home
from accord.core import files
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListSpec, list_page


def _grade(brief: Brief) -> float | None:
    """The reading grade to one place; finer says nothing."""
    return None if brief.grade is None else round(float(brief.grade), 1)


BRIEFS = ListSpec(
    noun="brief",
    title="Briefs",
    rows=lambda request: Brief.objects.select_related("issued_by").defer("content"),
    columns=[
        ListColumn("title", "Brief"),
        ListColumn("as_of", "Figures of", kind="date", sort="as_of"),
        ListColumn("issued_at", "Issued", kind="datetime", sort="issued_at"),
        ListColumn("issued_by", "By", value="issued_by.name"),
        ListColumn("grade", "Reading grade", value=_grade, kind="number"),
        ListColumn("key", "Number", sort="key"),
        ListColumn("pdf", "PDF", value=lambda brief: "Download", link=lambda brief: _pdf_href(brief), api=False),
    ],
    search=("key__istartswith", "title"),
    default_sort="-issued_at",
    empty=Empty("Issue the first from the present figures.", "Present figures", "briefing:draft", "change", "brief",
                reader="The CIO and the CISO issue briefs. Once one is issued, you read it here and take its PDF."),
    intro="Every brief as it was issued: its figures are frozen, and the PDF is the one that went out.",
    actions=[("Present figures", "briefing:draft", "change", "brief")],
)  # fmt: skip
LIST_VIEW = list_page(BRIEFS)


def _pdf_href(brief: Brief) -> str:
    return reverse("briefing:brief_pdf", args=[brief.key])


@guard("view", "home")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The home of the account's role; `?as=` chooses among several."""
    found = selectors.home_of(request.user, request.GET.get("as", ""))
    if found is None:
        found = Home("", "Welcome", "Your account has no role yet. An administrator gives it one.")
    tabs = [
        {"label": role.label, "href": f"/?as={role.value}", "current": role.value == found.role}
        for role in selectors.roles_of(request.user)
    ]
    context = {"title": found.title, "subtitle": found.subtitle, "home": found, "tabs": tabs}
    return render(request, "briefing/home.html", context)


def _page(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the page of a brief shows; a figure links to its rows for readers who may see them."""
    shown = [
        fact if may(request.user, "view", NOUNS.get(fact.key, "")) else replace(fact, href="")
        for fact in draft.statements
    ]
    reading = draft.reading
    return {
        "brief": draft, "statements": shown, "reading": reading, "target": TARGET_GRADE,
        "plain": reading.grade is not None and reading.grade <= TARGET_GRADE,
        "jargon": {found.term: found.plain for found in reading.jargon},
        "may_scenarios": may(request.user, "view", "scenario"),
        "may_initiatives": may(request.user, "view", "initiative"),
    }  # fmt: skip


def _worded(request: HttpRequest, data: Any) -> tuple[Draft, BriefForm]:
    """The draft of now in the words of the form; where they do not fit, the form says why."""
    draft = selectors.board_brief()
    form = BriefForm(data, draft)
    if form.is_bound and form.is_valid():
        try:
            draft = services.reworded(draft, form.cleaned_data["title"], form.lines())
        except Refused as refused:
            form.refuse(refused.problems)
    return draft, form


@guard("change", "brief")
@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """The brief of the present figures; the words in the URL are tried on it."""
    found, form = _worded(request, request.GET)
    words = urlencode({name: request.GET[name] for name in ("title", "asks") if name in request.GET})
    context = {
        **_page(request, found), "title": found.title, "form": form, "issued": None,
        "pdf_href": reverse("briefing:draft_pdf") + (f"?{words}" if words else ""),
    }  # fmt: skip
    return render(request, "briefing/brief.html", context)


def _origin(request: HttpRequest) -> str:
    return settings.ORIGIN or request.build_absolute_uri("/")


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@guard("change", "brief")
@require_GET
def draft_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    found, _ = _worded(request, request.GET)
    return _pdf(services.brief_pdf(found, _origin(request)), f"brief-{found.as_of.isoformat()}-draft.pdf")


@guard("change", "brief")
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Freeze the draft and keep its PDF."""
    found, form = _worded(request, request.POST)
    if not form.is_bound or not form.is_valid():
        context = {**_page(request, found), "title": found.title, "form": form, "issued": None,
                   "pdf_href": reverse("briefing:draft_pdf")}  # fmt: skip
        return render(request, "briefing/brief.html", context, status=422)
    brief = services.issue(cast(User, request.user), found, _origin(request))
    messages.success(request, f"Issued as {brief.key}. Its figures are frozen.")
    return redirect(brief)


@guard("view", "brief")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """A brief as it was issued."""
    brief = get_object_or_404(Brief.objects.select_related("issued_by"), key=key)
    found = Draft.from_content(brief.frozen)
    context = {
        **_page(request, found), "title": found.title, "issued": brief, "pdf_href": _pdf_href(brief),
        "breadcrumb": [("Briefs", reverse("briefing:brief_list"))],
        "history": parts.history("brief", brief.key) if may(request.user, "view", "ledger") else None,
    }  # fmt: skip
    return render(request, "briefing/brief.html", context)


@guard("view", "brief")
@require_GET
def pdf(request: HttpRequest, key: str) -> FileResponse:
    """The PDF that went out."""
    brief = get_object_or_404(Brief.objects.select_related("pdf").defer("content"), key=key)
    response = FileResponse(files.open_file(brief.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{brief.key}.pdf"'
    return response
