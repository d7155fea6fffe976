"""The navigation: rooms register their entries, the sidebar shows what the user's roles may see.

    navigation.register(Entry("Organization", "Goals", "organization:goal_list", noun="goal", icon="goal"))

in the room's `AppConfig.ready`. Registering the same url name again replaces the entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accord.ui.access import may

GROUPS = (
    "Home", "Organization", "Systems", "Exposure", "Monitoring", "Repair", "Risk", "Plan", "Brief", "Administration",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its group (one of GROUPS), label, url name, and the (verb, noun) that shows it.

    icon:  a symbol of the sprite `ui/icons.svg`.
    match: further path prefixes under which the entry counts as the present one.
    """

    group: str
    label: str
    url_name: str
    noun: str = ""
    verb: str = "view"
    order: int = 100
    icon: str = "dot"
    match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the sidebar shows it."""

    label: str
    href: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A titled group of links; a folded one shows its title alone until somebody opens it."""

    label: str
    links: list[Link]
    folded: bool = False


UNFOLDED = 24
"""As many links fit on a screen without scrolling; of more, only the group of the page that is open is unfolded."""
HOME = "Home"

_entries: dict[str, Entry] = {}


def register(*entries: Entry) -> None:
    """Add entries; an unknown group is an error."""
    for entry in entries:
        if entry.group not in GROUPS:
            raise ValueError(f"navigation group {entry.group!r} of {entry.url_name!r} is none of {', '.join(GROUPS)}")
        _entries[entry.url_name] = entry


def entries() -> list[Entry]:
    """All entries in the order of the sidebar."""
    return sorted(_entries.values(), key=lambda e: (GROUPS.index(e.group), e.order, e.label))


def unreachable() -> list[str]:
    """Url names that no route answers; a test holds this list empty."""
    missing = []
    for entry in entries():
        try:
            reverse(entry.url_name)
        except NoReverseMatch:
            missing.append(entry.url_name)
    return missing


def menu(request: HttpRequest) -> list[Group]:
    """The groups and links that this user may see; the longest address that fits the path is current."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    shown: list[tuple[Entry, str]] = []
    for entry in entries():
        if entry.noun and not may(user, entry.verb, entry.noun):
            continue
        try:
            shown.append((entry, reverse(entry.url_name)))
        except NoReverseMatch:
            continue
    current = _current(request.path, shown)
    groups: dict[str, list[Link]] = {}
    for entry, href in shown:
        groups.setdefault(entry.group, []).append(Link(entry.label, href, entry.icon, entry.url_name == current))
    long = len(shown) > UNFOLDED
    return [
        Group(label, links, long and label != HOME and not any(link.current for link in links))
        for label, links in groups.items()
    ]


def _current(path: str, shown: list[tuple[Entry, str]]) -> str:
    best, name = 0, ""
    for entry, href in shown:
        for prefix in (href, *entry.match):
            fits = path == prefix or (prefix != "/" and path.startswith(prefix))
            if fits and len(prefix) > best:
                best, name = len(prefix), entry.url_name
    return name
