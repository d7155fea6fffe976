from __future__ import annotations

from accord.exposure.urls import life, priority, remediation, scans, surfaces

app_name = "exposure"
urlpatterns = [*scans.routes, *life.routes, *surfaces.routes, *remediation.routes, *priority.routes]
