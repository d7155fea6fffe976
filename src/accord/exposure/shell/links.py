"""Addresses that several screens of this room lead to."""

from __future__ import annotations

from django.urls import reverse

STANDING = "open_and_accepted"
"""What the list of findings calls all that is there, accepted or not: what every count of open findings counts."""


def asset_href(key: str) -> str | None:
    """The page of an asset."""
    from accord.ui.nouns import url_for

    return url_for("asset", key)


def patch_or_wait_href(system: str, fix: str) -> str:
    """Where a patch-or-wait sheet is made of a fix on a system; "" where no room answers."""
    from django.urls import NoReverseMatch
    from django.utils.http import urlencode

    try:
        return f"{reverse('decisions:sheet_add', args=['patch_or_wait'])}?{urlencode({'system': system, 'fix': fix})}"
    except NoReverseMatch:
        return ""


def findings_href(**filters: str) -> str:
    """The list of findings with filters."""
    from django.utils.http import urlencode

    return f"{reverse('exposure:finding_list')}?{urlencode(filters)}"
