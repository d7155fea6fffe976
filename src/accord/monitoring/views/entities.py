"""Hosts, users and addresses by the risk that gathered on them."""

from __future__ import annotations

from accord.monitoring.lists.entities import ENTITIES
from accord.ui.lists import list_page

LIST_VIEW = list_page(ENTITIES)
