"""Complete screens for a table noun from its declaration: list, detail, form, history, delete.

    SYSTEM_SCREENS = NounScreens(SYSTEM, "estate", statements=selectors.system_statements)
    urlpatterns = [*noun_urls(SYSTEM_SCREENS), ...]

gives the routes `estate:system_list`, `_detail`, `_new`, `_edit`, `_delete`, `_history` below `systems/`,
with the same columns, checks and permissions as import and API. Every piece can be replaced by a field of
`NounScreens`, or by an own route of the same name put before them.
"""

from __future__ import annotations

from accord.ui.nouns.address import key_parts, link_to, url_for, url_key
from accord.ui.nouns.fields import list_columns, list_filters
from accord.ui.nouns.pages import noun_urls
from accord.ui.nouns.screens import NounScreens, Related, screens_of

__all__ = [
    "NounScreens",
    "Related",
    "key_parts",
    "link_to",
    "list_columns",
    "list_filters",
    "noun_urls",
    "screens_of",
    "url_for",
    "url_key",
]
