"""This room's operations on the API: the lists of the screens, single objects, and the same writes."""

from __future__ import annotations

from ninja import Router

from accord.exposure.api import findings, life, priority, remediation, scans, surfaces, unclaimed

router = Router()
for part in (findings, scans, unclaimed, life, priority, remediation, surfaces):
    router.add_router("", part.router)
