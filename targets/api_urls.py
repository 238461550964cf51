"""REST addresses of targets."""

from django.urls import path

from targets.api import TargetsView
from targets.api_city import CityComparisonView, CityTargetsView
from targets.api_conferences import ConferenceList
from targets.api_documents import DocumentDetail, DocumentList
from targets.api_forecasts import ForecastsView
from targets.api_naming import ApplicationsView, CyclesView
from targets.api_subsidies import SubsidyList
from targets.api_supervision import SupervisionList
from targets.api_tasks import TasksView, UnitsOwingView

urlpatterns = [
    path("targets/", TargetsView.as_view(), name="api-targets"),
    path("targets/forecasts/", ForecastsView.as_view(), name="api-forecasts"),
    path("documents/", DocumentList.as_view(), name="api-documents"),
    path("documents/<slug:key>/", DocumentDetail.as_view(), name="api-document"),
    path("tasks/", TasksView.as_view(), name="api-tasks"),
    path("units/", UnitsOwingView.as_view(), name="api-units"),
    path("conferences/", ConferenceList.as_view(), name="api-conferences"),
    path("supervision/", SupervisionList.as_view(), name="api-supervision"),
    path("applications/", ApplicationsView.as_view(), name="api-cycle-applications"),
    path("city/cycles/", CyclesView.as_view(), name="api-cycles"),
    path("subsidies/", SubsidyList.as_view(), name="api-subsidies"),
    path("city/comparison/", CityComparisonView.as_view(), name="api-city-comparison"),
    path("city/targets/", CityTargetsView.as_view(), name="api-city-targets"),
]
