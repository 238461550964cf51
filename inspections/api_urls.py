"""REST of inspections under /api/v1."""

from django.urls import path

from inspections.api import ResultList

urlpatterns = [
    path("inspections/", ResultList.as_view(), name="api-inspections"),
]
