from __future__ import annotations

from django.urls import path

from accord.site.screens import accounts, data, jobs, ledger, webhooks

app_name = "site"
urlpatterns = [
    path("data/", data.start, name="data"),
    path("data/preview/", data.preview, name="data_preview"),
    path("data/import/", data.apply, name="data_apply"),
    path("data/export/<slug:what>/", data.export, name="data_export"),
    path("ledger/", ledger.LIST_VIEW, name="ledger"),
    path("ledger/export/", ledger.export, name="ledger_export"),
    path("ledger/verify/", ledger.verify, name="ledger_verify"),
    path("ledger/<int:number>/", ledger.entry, name="ledger_entry"),
    path("jobs/", jobs.LIST_VIEW, name="jobs"),
    path("jobs/<uuid:pk>/", jobs.detail, name="job"),
    path("jobs/<uuid:pk>/progress/", jobs.progress, name="job_progress"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job_cancel"),
    path("accounts/", accounts.LIST_VIEW, name="accounts"),
    path("accounts/new/", accounts.new, name="account_new"),
    path("accounts/<int:pk>/", accounts.edit, name="account_edit"),
    path("accounts/<int:pk>/password/", accounts.password, name="account_password"),
    path("my/tokens/", accounts.tokens, name="tokens"),
    path("my/tokens/<int:pk>/remove/", accounts.token_remove, name="token_remove"),
    path("webhooks/", webhooks.LIST_VIEW, name="webhooks"),
    path("webhooks/new/", webhooks.new, name="webhook_new"),
    path("webhooks/<int:pk>/", webhooks.detail, name="webhook"),
    path("webhooks/<int:pk>/change/", webhooks.edit, name="webhook_edit"),
    path("webhooks/<int:pk>/do/<slug:verb>/", webhooks.act, name="webhook_act"),
    path("webhooks/<int:pk>/again/<int:delivery>/", webhooks.again, name="webhook_again"),
    path("installation/", accounts.installation, name="installation"),
]
