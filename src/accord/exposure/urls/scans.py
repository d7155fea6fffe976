"""The addresses of findings, definitions, scans, mappings, unclaimed targets and feeds."""

from __future__ import annotations

from django.urls import path

from accord.exposure.views import definitions, documents, feeds, findings, mappings, scans, unclaimed

routes = [
    path("findings/", findings.LIST_VIEW, name="finding_list"),
    path("findings/<int:pk>/", findings.detail, name="finding_detail"),
    path("definitions/", definitions.LIST_VIEW, name="definition_list"),
    path("definitions/<path:identifier>/", definitions.detail, name="definition_detail"),
    path("vex-and-sbom/", documents.export, name="documents"),
    path("scans/", scans.LIST_VIEW, name="scan_list"),
    path("scans/import/", scans.upload, name="scan_import"),
    path("scans/mappings/", mappings.LIST_VIEW, name="mapping_list"),
    path("scans/mappings/<int:pk>/", mappings.detail, name="mapping_detail"),
    path("scans/mappings/<int:pk>/remove/", mappings.remove, name="mapping_remove"),
    path("scans/map/<str:token>/", mappings.of_file, name="mapping_file"),
    path("scans/<int:pk>/", scans.detail, name="scan_detail"),
    path("scans/<int:pk>/progress/", scans.progress, name="scan_progress"),
    path("scans/<int:pk>/resume/", scans.resume, name="scan_resume"),
    path("unclaimed/", unclaimed.LIST_VIEW, name="unclaimed_list"),
    path("unclaimed/decide/", unclaimed.decide, name="unclaimed_decide"),
    path("unclaimed/<int:pk>/", unclaimed.detail, name="unclaimed_detail"),
    path("feeds/", feeds.LIST_VIEW, name="feed_list"),
    path("feeds/update/", feeds.update, name="feed_update"),
    path("feeds/jobs/<uuid:pk>/", feeds.job, name="feed_job"),
]
