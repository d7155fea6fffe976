"""Addresses of what people do to findings, of VEX statements, undoing and fingerprints."""

from __future__ import annotations

from django.urls import path

from accord.exposure.views import acts, fingerprints, statements, undoing

routes = [
    path("findings/acts/", acts.work, name="finding_work"),
    path("findings/judge/", acts.judge, name="finding_judge"),
    path("findings/jobs/<uuid:pk>/", acts.job, name="act_job"),
    path("findings/fingerprints/", fingerprints.overview, name="fingerprints"),
    path("findings/fingerprints/<int:number>/", fingerprints.version, name="fingerprint_version"),
    path("statements/", statements.LIST_VIEW, name="statement_list"),
    path("statements/new/", statements.new, name="statement_new"),
    path("statements/<int:pk>/", statements.detail, name="statement_detail"),
    path("statements/<int:pk>/withdraw/", statements.withdraw, name="statement_withdraw"),
    path("scans/<int:pk>/undo/", undoing.undoing, name="scan_undo"),
]
