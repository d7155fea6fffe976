"""The list of feed loads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accord.exposure.models import FeedUpdate
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListSpec, choice


def _context(request: HttpRequest) -> dict[str, Any]:
    from accord.exposure.forms import FeedForm
    from accord.exposure.views.feeds import statements

    return {"statements": statements(), "may_run": may(request.user, "run", "feed"), "form": FeedForm()}


FEEDS = ListSpec(
    noun="feed",
    title="Feeds",
    rows=lambda request: FeedUpdate.objects.select_related("by").defer("problems"),
    columns=[
        ListColumn("feed", "Feed", "get_feed_display", link=lambda u: None),
        ListColumn("released", "Its own date", kind="datetime"),
        ListColumn("version", "Version"),
        ListColumn("entries", "Entries", kind="int"),
        ListColumn("added", "Added", kind="int"),
        ListColumn("changed", "Changed", kind="int"),
        ListColumn("removed", "Removed", kind="int"),
        ListColumn("findings_changed", "Findings ranked anew", kind="int"),
        ListColumn("loaded", "Loaded", kind="datetime"),
        ListColumn("state", "State", "get_state_display"),
        ListColumn("source", "From"),
        ListColumn("id", "Load", kind="int", sort="id", hidden=True),
    ],
    filters=[choice("feed", "Feed", FeedUpdate.Feed.choices)],
    default_sort="-id",
    empty=Empty("No feed was loaded yet: whether a weakness is exploited is then unknown."),
    intro="What priorities rest on: which weaknesses are exploited (CISA KEV), how likely the others are (FIRST EPSS), "
    "what CISA says of automation and impact (Vulnrichment), how long software is supported (endoflife.date).",
    template="exposure/feed_list.html",
    context=_context,
)
