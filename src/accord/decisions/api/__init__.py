"""This room's operations on the API: the lists of the screens, single objects, and the same writes."""

from __future__ import annotations

from ninja import Router

from accord.decisions.api import acceptances, plans, sheets, table

router = Router()
for part in (plans, acceptances, sheets, table):
    router.add_router("", part.router)
