"""The links of the user menu and of the account pages."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

LINKS = [
    ("Password", "account_change_password", "lock"),
    ("Two-factor log-in", "mfa_index", "shield"),
]


def register(label: str, url_name: str, icon: str = "key") -> None:
    """Add a link to the user menu (API tokens, say)."""
    if (label, url_name, icon) not in LINKS:
        LINKS.append((label, url_name, icon))


def links() -> list[tuple[str, str, str]]:
    """(label, address, icon) of what is routed."""
    found = []
    for label, name, icon in LINKS:
        try:
            found.append((label, reverse(name), icon))
        except NoReverseMatch:
            continue
    return found
