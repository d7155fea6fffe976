"""The lists of triage cases and of one's own notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accord.exposure.models import Notice, TriageCase
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice

TRIAGE = ListSpec(
    noun="triage_case",
    title="Triage cases",
    rows=lambda request: TriageCase.objects.select_related("definition", "closed_by"),
    columns=[
        ListColumn("key", "Case", kind="key", link=lambda c: c.get_absolute_url()),
        ListColumn("definition", "Weakness", value="definition.title"),
        ListColumn("identifier", "Identifier", value="definition.identifier"),
        ListColumn("state", "State", kind="badge", badge="triage", sort="state"),
        ListColumn("due", "Due", kind="datetime", sort="due"),
        ListColumn("findings", "Findings", kind="int"),
        ListColumn("systems", "Systems", lambda c: [one["name"] for one in c.systems], "list", blank="none known"),
        ListColumn("outcome", "Outcome", kind="badge", badge="triage_outcome"),
        ListColumn("opened", "Opened", kind="datetime"),
        ListColumn("closed", "Closed", kind="datetime", hidden=True),
        ListColumn("closed_by", "Closed by", lambda c: str(c.closed_by or ""), hidden=True),
        ListColumn("id", "Number", kind="int", sort="id", hidden=True),
    ],
    filters=[
        choice("state", "State", TriageCase.State.choices),
        choice("outcome", "Outcome", TriageCase.Outcome.choices),
    ],
    default_sort="-id",
    empty=Empty("No weakness got the class that asks for forensic triage."),
    intro="Weaknesses that are exploited and give control: look whether somebody was here before you repair.",
)


def _mine(request: HttpRequest) -> Any:
    return Notice.objects.filter(user=request.user.pk)


NOTICES = ListSpec(
    noun="notice",
    title="Notices",
    rows=_mine,
    columns=[
        ListColumn("subject", "What", link=lambda n: n.href or None),
        ListColumn("body", "More"),
        ListColumn("created", "When", kind="datetime"),
        ListColumn("read", "Read", kind="datetime", blank="not yet"),
        ListColumn("mailed", "Mailed", kind="datetime", blank="not mailed"),
        ListColumn("id", "Number", kind="int", sort="id", hidden=True),
    ],
    filters=[
        ListFilter("read", "Read", "choice", lambda found, v: found.filter(read__isnull=v == "no"), [("no", "Not yet")])
    ],
    default_sort="-id",
    empty=Empty("Nothing happened yet to what is yours."),
    intro="What happened to the systems and assets that are yours. A notice is told once.",
    template="exposure/notice_list.html",
)
