"""REST of guidance under /api/v1."""

from django.urls import path

from guidance.api.events import EventList
from guidance.api.places import PlaceList
from guidance.api.resources import CourseList, NursingList, ResourceList
from guidance.api.services import BirthList, SessionList

urlpatterns = [
    path("guidance-places/", PlaceList.as_view(), name="api-guidance-places"),
    path("guidance-events/", EventList.as_view(), name="api-guidance-events"),
    path("guidance-sessions/", SessionList.as_view(), name="api-guidance-sessions"),
    path("guidance-resources/", ResourceList.as_view(), name="api-guidance-resources"),
    path("guidance-courses/", CourseList.as_view(), name="api-guidance-courses"),
    path("nursing-places/", NursingList.as_view(), name="api-nursing-places"),
    path("births/", BirthList.as_view(), name="api-births"),
]
