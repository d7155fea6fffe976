"""The command palette (Ctrl-K): pages and objects that the user may see, found by typing.

Pages come from the navigation and from `register_page`; objects come from searchers that rooms register:

    palette.register_searcher("system", "Systems", lambda user, text, limit: [Hit(s.name, s.url, s.key), ...])

A searcher is called only for users who may view its noun, and returns rows already limited to their scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accord.ui import navigation
from accord.ui.access import may

PER_GROUP = 6
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer: its name, address, and what tells it apart from its like."""

    label: str
    href: str
    detail: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page or action that is not in the sidebar."""

    label: str
    url_name: str
    noun: str = ""
    verb: str = "view"
    words: str = ""
    icon: str = "page"


Searcher = Callable[[Any, str, int], Iterable[Hit]]

_pages: dict[str, PageEntry] = {}
_searchers: dict[str, tuple[str, Searcher]] = {}


def register_page(label: str, url_name: str, *, noun: str = "", verb: str = "view", words: str = "") -> None:
    """Add a page; `words` are further words that find it."""
    _pages[url_name] = PageEntry(label, url_name, noun, verb, words)


def register_searcher(noun: str, label: str, searcher: Searcher) -> None:
    """Add a searcher of one noun's objects: (user, text, limit) → hits."""
    _searchers[noun] = (label, searcher)


def search(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    """Groups of hits, each {label, items: [{label, href, detail, icon}]}; pages first."""
    wanted = text.strip()[:100].replace("\x00", "")
    groups = [{"label": "Pages", "items": [asdict(hit) for hit in _page_hits(request, wanted)]}]
    if len(wanted) >= SHORTEST:
        for noun, (label, searcher) in _searchers.items():
            if may(request.user, "view", noun):
                hits = list(searcher(request.user, wanted, PER_GROUP))[:PER_GROUP]
                groups.append({"label": label, "items": [asdict(hit) for hit in hits]})
    return [group for group in groups if group["items"]]


def _page_hits(request: HttpRequest, text: str) -> list[Hit]:
    found: list[tuple[int, Hit]] = []
    limit = PER_GROUP if text else 50
    for group in navigation.menu(request):
        for link in group.links:
            rank = _rank(text, link.label, group.label)
            if rank is not None:
                found.append(
                    (rank, Hit(link.label, link.href, "" if group.label == link.label else group.label, link.icon))
                )
    for page in _pages.values():
        rank = _rank(text, page.label, page.words)
        if rank is None or (page.noun and not may(request.user, page.verb, page.noun)):
            continue
        try:
            found.append((rank, Hit(page.label, reverse(page.url_name), "", page.icon)))
        except NoReverseMatch:
            continue
    return [hit for _, hit in sorted(found, key=lambda pair: pair[0])][:limit]


def _rank(text: str, label: str, words: str) -> int | None:
    """0 = the label begins with the text, 1 = one of its words does, 2 = it occurs, 3 = every word occurs."""
    wanted, name = text.lower(), label.lower()
    if not wanted or name.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in name.split()):
        return 1
    if wanted in name:
        return 2
    everything = f"{name} {words.lower()}"
    return 3 if all(part in everything for part in wanted.split()) else None
