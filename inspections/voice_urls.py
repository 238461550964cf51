"""Pages of complaints and incidents within a district."""

from django.urls import path

from inspections.views import complaints, incidents

urlpatterns = [
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("complaints/<int:pk>/sort/", complaints.complaint_sort, name="complaint-sort"),
    path("complaints/<int:pk>/hand-on/", complaints.complaint_hand_on, name="complaint-hand-on"),
    path("complaints/<int:pk>/answer/", complaints.complaint_answer, name="complaint-answer"),
    path("complaints/<int:pk>/phone/", complaints.complaint_phone, name="complaint-phone"),
    path("complaints/<int:pk>/photos/<int:photo>/", complaints.complaint_photo, name="complaint-photo"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/new/", incidents.incident_where, name="incident-where"),
    path("facilities/<int:pk>/incidents/new/", incidents.incident_new, name="incident-new"),
    path("incidents/<int:pk>/", incidents.incident, name="incident"),
    path("incidents/<int:pk>/next/", incidents.incident_next, name="incident-next"),
    path("incidents/<int:pk>/close/", incidents.incident_close, name="incident-close"),
    path("incidents/<int:pk>/files/<int:file>/", incidents.incident_file, name="incident-file"),
]
