"""The addresses of coverage, tests of security, ends of support and paths."""

from __future__ import annotations

from django.urls import path

from accord.exposure.screens.surfaces import SCREENS
from accord.exposure.views import coverage, evidence, paths, security_tests, support
from accord.ui.nouns import noun_urls

routes = [
    path("coverage/", coverage.overview, name="coverage"),
    path("coverage/run/", coverage.run, name="coverage_run"),
    path("coverage/assets/", coverage.ASSETS, name="coverage_assets"),
    path("coverage/evidence/", evidence.export, name="evidence_export"),
    path("end-of-support/", support.LIST_VIEW, name="support_list"),
    path("paths/", paths.overview, name="paths"),
    path("paths/run/", paths.run_now, name="paths_run"),
    path("security-tests/<int:pk>/link/", security_tests.link, name="security_test_link"),
    path("security-tests/<int:pk>/report/", security_tests.report, name="security_test_report"),
    path("security-tests/<int:pk>/report/keep/", security_tests.keep_report, name="security_test_keep_report"),
    *(route for screens in SCREENS for route in noun_urls(screens)),
]
