"""The door through which phones send what they have, with a pass instead of a session."""

from django.urls import path

from inspections.views import field_door

urlpatterns = [
    path("<slug:district>/operations/", field_door.field_operations, name="field-operations"),
    path("<slug:district>/files/<str:sha256>/", field_door.field_file, name="field-file"),
    path("<slug:district>/state/", field_door.field_state, name="field-state"),
]
