"""REST of the register under /api/v1."""

from django.urls import path

from facilities.api import FacilityDetail, FacilityList
from facilities.people_api import StaffList
from facilities.residents_api import PopulationList, SupplyList

urlpatterns = [
    path("facilities/", FacilityList.as_view(), name="api-facilities"),
    path("facilities/<int:pk>/", FacilityDetail.as_view(), name="api-facility"),
    path("staff/", StaffList.as_view(), name="api-staff"),
    path("residents/", PopulationList.as_view(), name="api-residents"),
    path("supply/", SupplyList.as_view(), name="api-supply"),
]
