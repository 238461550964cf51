"""REST addresses of targets."""

from django.urls import path

from targets.api import TargetsView
from targets.api_city import CityComparisonView, CityTargetsView

urlpatterns = [
    path("targets/", TargetsView.as_view(), name="api-targets"),
    path("city/comparison/", CityComparisonView.as_view(), name="api-city-comparison"),
    path("city/targets/", CityTargetsView.as_view(), name="api-city-targets"),
]
