from __future__ import annotations

from django.urls import path

from accord.briefing import department_views, views

app_name = "briefing"
urlpatterns = [
    path("", views.home, name="home"),
    path("departments/", department_views.index, name="departments"),
    path("departments/<str:key>/", department_views.page, name="department"),
    path("brief/", views.draft, name="draft"),
    path("brief/pdf/", views.draft_pdf, name="draft_pdf"),
    path("brief/issue/", views.issue, name="issue"),
    path("briefs/", views.LIST_VIEW, name="brief_list"),
    path("briefs/<slug:key>/", views.detail, name="brief_detail"),
    path("briefs/<slug:key>/pdf/", views.pdf, name="brief_pdf"),
]
