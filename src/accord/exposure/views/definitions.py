"""One definition: what is known of it, and where it is open."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accord.core.permissions import guard, scoped
from accord.exposure import selectors
from accord.exposure.lists import DEFINITIONS
from accord.exposure.lists.findings import urgency_code
from accord.exposure.models import IS_OPEN, Definition, Finding, Kev
from accord.exposure.shell.links import STANDING, findings_href
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(DEFINITIONS)
SHOWN = 20


@guard("view", "definition")
@require_GET
def detail(request: HttpRequest, identifier: str) -> HttpResponse:
    definition = Definition.objects.filter(identifier=identifier).first()
    if definition is None:
        raise Http404(f"There is no definition “{identifier[:100]}”.")
    names = list(definition.aliases.values_list("value", flat=True)[:100])
    found = Finding.objects.filter(IS_OPEN, definition=definition).select_related("asset", "target")
    seen = scoped(request.user, "finding", found) if may(request.user, "view", "finding") else found.none()
    ages = {age.feed: age for age in selectors.feed_ages()}
    context = {
        "title": definition.title,
        "subtitle": definition.identifier,
        "breadcrumb": [("Definitions", reverse("exposure:definition_list"))],
        "definition": definition,
        "names": [name for name in names if name != definition.identifier.upper()],
        "listed": list(Kev.objects.filter(cve__in=names)),
        "kev": ages["kev"],
        "epss": ages["epss"],
        "ssvc": ages["ssvc"],
        "findings": [(one, urgency_code(one)) for one in seen.defer("evidence").order_by("rank", "id")[:SHOWN]],
        "all_href": findings_href(definition=definition.identifier, state=STANDING),
        "links": [link for link in definition.references if str(link).startswith(("https://", "http://"))],
        "history": parts.history("definition", definition.identifier),
    }
    return render(request, "exposure/definition.html", context)
