"""The list of software by its end of support."""

from __future__ import annotations

from accord.exposure.lists.support import SUPPORT
from accord.ui.lists import list_page

LIST_VIEW = list_page(SUPPORT)
