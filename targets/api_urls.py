"""REST addresses of targets."""

from django.urls import path

from targets.api import TargetsView
from targets.api_city import CityComparisonView, CityTargetsView
from targets.api_conferences import ConferenceList
from targets.api_naming import ApplicationsView, CyclesView

urlpatterns = [
    path("targets/", TargetsView.as_view(), name="api-targets"),
    path("conferences/", ConferenceList.as_view(), name="api-conferences"),
    path("applications/", ApplicationsView.as_view(), name="api-cycle-applications"),
    path("city/cycles/", CyclesView.as_view(), name="api-cycles"),
    path("city/comparison/", CityComparisonView.as_view(), name="api-city-comparison"),
    path("city/targets/", CityTargetsView.as_view(), name="api-city-targets"),
]
