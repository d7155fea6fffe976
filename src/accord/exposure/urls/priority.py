"""The addresses of triage cases, notices and priority policies."""

from __future__ import annotations

from django.urls import path

from accord.exposure.views import backtest, policies, triage

routes = [
    path("triage/", triage.LIST_VIEW, name="triage_list"),
    path("triage/<int:pk>/", triage.detail, name="triage_detail"),
    path("triage/<int:pk>/close/", triage.close, name="triage_close"),
    path("notices/", triage.NOTICES_VIEW, name="notice_list"),
    path("notices/read/", triage.read_all, name="notice_read"),
    path("priority/", policies.overview, name="policy"),
    path("priority/new/", policies.propose, name="policy_new"),
    path("priority/back-test/", backtest.overview, name="backtest"),
    path("priority/back-test/run/", backtest.run, name="backtest_run"),
    path("priority/<int:pk>/", policies.detail, name="policy_detail"),
    path("priority/<int:pk>/sign/<slug:role>/", policies.sign, name="policy_sign"),
    path("priority/<int:pk>/dissent/<slug:role>/", policies.dissent, name="policy_dissent"),
    path("priority/<int:pk>/withdraw/", policies.withdraw, name="policy_withdraw"),
]
