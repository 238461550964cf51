"""REST, first part, under /api/v1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("", include("facilities.urls.api")),
    path("", include("inspections.api_urls")),
    path("", include("guidance.api_urls")),
    path("", include("targets.api_urls")),
    path(
        "schema/",
        SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="api-schema",
    ),
]
