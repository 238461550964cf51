"""REST of the register under /api/v1."""

from django.urls import path

from facilities.api.clocks import ClockList, DrillList, PlanList
from facilities.api.credit import CreditList
from facilities.api.dossier import DossierView
from facilities.api.facilities import FacilityDetail, FacilityList
from facilities.api.filings import FilingList
from facilities.api.kindergartens import KindergartenList
from facilities.api.operators import OperatorList, ProposalList
from facilities.api.people import StaffList
from facilities.api.records import FacilityChangesView, FacilityFileView
from facilities.api.residents import NeighbourhoodList, PopulationList, SupplyList
from facilities.api.rulebook import RulebookRules, RulebookVerdicts
from facilities.api.sites import SessionList, SiteList
from facilities.api.training import CourseList, TrainerList, TrainingHoursList, TrainingSessionList
from facilities.api.what_if import WhatIfView

urlpatterns = [
    path("facilities/", FacilityList.as_view(), name="api-facilities"),
    path("sites/", SiteList.as_view(), name="api-sites"),
    path("care-sessions/", SessionList.as_view(), name="api-care-sessions"),
    path("facilities/<int:pk>/", FacilityDetail.as_view(), name="api-facility"),
    path("facilities/<int:pk>/dossier/", DossierView.as_view(), name="api-dossier"),
    path("facilities/<int:pk>/file/", FacilityFileView.as_view(), name="api-facility-file"),
    path("facilities/<int:pk>/changes/", FacilityChangesView.as_view(), name="api-facility-changes"),
    path("credit/", CreditList.as_view(), name="api-credit"),
    path("filings/", FilingList.as_view(), name="api-filings"),
    path("operators/", OperatorList.as_view(), name="api-operators"),
    path("proposals/", ProposalList.as_view(), name="api-proposals"),
    path("staff/", StaffList.as_view(), name="api-staff"),
    path("kindergartens/", KindergartenList.as_view(), name="api-kindergartens"),
    path("training/courses/", CourseList.as_view(), name="api-courses"),
    path("training/trainers/", TrainerList.as_view(), name="api-trainers"),
    path("training/sessions/", TrainingSessionList.as_view(), name="api-training-sessions"),
    path("training/hours/", TrainingHoursList.as_view(), name="api-training-hours"),
    path("residents/", PopulationList.as_view(), name="api-residents"),
    path("rulebook/", RulebookRules.as_view(), name="api-rulebook"),
    path("rulebook/verdicts/", RulebookVerdicts.as_view(), name="api-verdicts"),
    path("clocks/", ClockList.as_view(), name="api-clocks"),
    path("emergency/drills/", DrillList.as_view(), name="api-drills"),
    path("emergency/plans/", PlanList.as_view(), name="api-emergency-plans"),
    path("supply/", SupplyList.as_view(), name="api-supply"),
    path("supply/what-if/", WhatIfView.as_view(), name="api-what-if"),
    path("neighbourhoods/", NeighbourhoodList.as_view(), name="api-neighbourhoods"),
]
