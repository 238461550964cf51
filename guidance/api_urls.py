"""REST of guidance under /api/v1."""

from django.urls import path

from guidance.api.events import EventList
from guidance.api.places import PlaceList
from guidance.api.services import BirthList, SessionList

urlpatterns = [
    path("guidance-places/", PlaceList.as_view(), name="api-guidance-places"),
    path("guidance-events/", EventList.as_view(), name="api-guidance-events"),
    path("guidance-sessions/", SessionList.as_view(), name="api-guidance-sessions"),
    path("births/", BirthList.as_view(), name="api-births"),
]
