"""Pages of targets within a district, one list per noun."""

from django.urls import include, path

urlpatterns = [
    path("", include("targets.task_urls")),
    path("", include("targets.target_urls")),
    path("", include("targets.attestation_urls")),
    path("", include("targets.conference_urls")),
    path("", include("targets.supervision_urls")),
    path("", include("targets.subsidy_urls")),
    path("", include("targets.naming_urls")),
    path("", include("targets.application_urls")),
    path("", include("targets.report_urls")),
    path("", include("targets.document_urls")),
    path("city/", include("targets.city_urls")),
]
