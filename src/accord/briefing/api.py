"""This room's operations on the API: the same homes and briefs as on screen."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Body, Field, Router, Schema

from accord.briefing import selectors, services
from accord.briefing.draft import ASK_LENGTH, MOST_ASKS, TITLE_LENGTH, Draft
from accord.briefing.models import Brief
from accord.briefing.views import BRIEFS
from accord.core import files
from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()


class Words(Schema):
    """The words of a brief that its issuer chooses; left out = those of the draft."""

    title: str | None = Field(None, max_length=TITLE_LENGTH)
    asks: list[str] | None = Field(None, max_length=MOST_ASKS, description=f"At most {ASK_LENGTH} characters each.")


def _reading(draft: Draft) -> dict[str, Any]:
    found = draft.reading
    return {
        "grade": found.grade,
        "ease": found.ease,
        "words": found.words,
        "sentences": found.sentences,
        "jargon": [{"term": one.term, "say": one.plain} for one in found.jargon],
    }


def _origin(request: HttpRequest) -> str:
    return settings.ORIGIN or request.build_absolute_uri("/")


AS = {
    "in": "query",
    "name": "as",
    "required": False,
    "description": "Which of your roles",
    "schema": {"type": "string"},
}


@router.get(
    "/home", summary="The home of your role", operation_id="get_home", response=dict[str, Any],
    openapi_extra={"parameters": [AS]},
)  # fmt: skip
@guard_api("view", "home")
def home(request: HttpRequest) -> dict[str, Any]:
    """Statements and tables; `as` chooses among several roles."""
    found = selectors.home_of(actor_of(request), request.GET.get("as", ""))
    return found.as_json() if found is not None else {"role": None, "title": "", "statements": [], "tables": []}


@router.get("/brief", summary="The brief of the present figures", operation_id="get_draft", response=dict[str, Any])
@guard_api("change", "brief")
def draft(request: HttpRequest) -> dict[str, Any]:
    found = selectors.board_brief()
    return {**found.as_content(), "reading": _reading(found)}


list_operation(router, "/briefs", BRIEFS)


@router.post("/briefs", summary="Issue the present figures as a brief", operation_id="issue_brief",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "brief")
@idempotent
def issue(request: HttpRequest, body: Body[Words]) -> dict[str, Any]:
    """Figures and PDF are frozen."""
    found = selectors.board_brief()
    title = found.title if body.title is None else body.title
    asks = [ask.text for ask in found.asks] if body.asks is None else body.asks
    brief = services.issue(actor_of(request), services.reworded(found, title, asks), _origin(request))
    return item(BRIEFS, brief)


def _find(key: str) -> Brief:
    found = Brief.objects.select_related("issued_by", "pdf").filter(key=key).first()
    if found is None:
        raise Http404
    return found


@router.get("/briefs/{key}", summary="One brief as it was issued", operation_id="get_brief", response=dict[str, Any])
@guard_api("view", "brief")
def brief(request: HttpRequest, key: str) -> dict[str, Any]:
    found = _find(key)
    reading = _reading(Draft.from_content(found.frozen))
    return {**item(BRIEFS, found), **found.frozen, "reading": reading, "content_hash": found.content_hash}


@router.get("/briefs/{key}/pdf", summary="The PDF of a brief as it went out", operation_id="get_brief_pdf")
@guard_api("view", "brief")
def pdf(request: HttpRequest, key: str) -> HttpResponse:
    with files.open_file(_find(key).pdf) as stream:
        return HttpResponse(stream.read(), content_type="application/pdf")
