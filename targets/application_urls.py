"""A district's part in a naming cycle."""

from django.urls import path

from targets.views import applications as views

urlpatterns = [
    path("applications/", views.application_list, name="cycle-applications"),
    path("applications/new/<int:pk>/", views.application_new, name="cycle-application-new"),
    path("applications/<int:pk>/", views.application, name="cycle-application"),
    path("applications/<int:pk>/edit/", views.application_edit, name="cycle-application-edit"),
    path("applications/<int:pk>/summary/", views.summary_edit, name="cycle-application-summary"),
    path("applications/<int:pk>/step/", views.application_step, name="cycle-application-step"),
    path("applications/<int:pk>/report/", views.report, name="cycle-application-report"),
    path("applications/<int:pk>/statement/", views.statement, name="cycle-application-statement"),
    path("applications/<int:pk>/report/draft/", views.draft, {"kind": "report"}, name="cycle-report-draft"),
    path(
        "applications/<int:pk>/statement/draft/",
        views.draft,
        {"kind": "statement"},
        name="cycle-statement-draft",
    ),
    path("applications/<int:pk>/paper/", views.paper, name="cycle-application-paper"),
    path("applications/entries/<int:pk>/", views.entry, name="cycle-entry"),
    path("applications/files/<int:pk>/", views.entry_file, name="cycle-entry-file"),
    path("applications/report-files/<int:pk>/", views.report_file, name="cycle-report-file"),
]
