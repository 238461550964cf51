"""REST of inspections under /api/v1."""

from django.urls import path

from inspections.api import ResultList
from inspections.api_agreement import AgreementFigures
from inspections.api_campaigns import CampaignList
from inspections.api_devices import DeviceList, DeviceReports
from inspections.api_evaluations import EvaluationList
from inspections.api_grades import GradeList
from inspections.api_joint import PartList
from inspections.api_plans import PlanList, RehearsalView

urlpatterns = [
    path("inspections/", ResultList.as_view(), name="api-inspections"),
    path("grades/", GradeList.as_view(), name="api-grades"),
    path("agreement/", AgreementFigures.as_view(), name="api-agreement"),
    path("campaigns/", CampaignList.as_view(), name="api-campaigns"),
    path("visit-parts/", PartList.as_view(), name="api-visit-parts"),
    path("evaluations/", EvaluationList.as_view(), name="api-evaluations"),
    path("plans/", PlanList.as_view(), name="api-plans"),
    path("plans/<int:year>/rehearsal/", RehearsalView.as_view(), name="api-rehearsal"),
    path("devices/", DeviceList.as_view(), name="api-devices"),
    path("devices/reports/", DeviceReports.as_view(), name="api-device-reports"),
]
