"""REST of the register under /api/v1."""

from django.urls import path

from facilities.api import FacilityDetail, FacilityList
from facilities.api_records import FacilityChangesView, FacilityFileView

urlpatterns = [
    path("facilities/", FacilityList.as_view(), name="api-facilities"),
    path("facilities/<int:pk>/", FacilityDetail.as_view(), name="api-facility"),
    path("facilities/<int:pk>/file/", FacilityFileView.as_view(), name="api-facility-file"),
    path("facilities/<int:pk>/changes/", FacilityChangesView.as_view(), name="api-facility-changes"),
]
