"""Pages of the register within a district."""

from django.urls import include, path

from facilities import people_urls
from facilities.views import cards, facilities, staff

urlpatterns = [
    path("", include("facilities.residents_urls")),
    path("", include("facilities.rulebook_urls")),
    path("facilities/", facilities.facility_list, name="facilities"),
    path("facilities/new/", facilities.facility_new, name="facility-new"),
    path("facilities/expiring/", cards.expiring, name="expiring"),
    path("facilities/<int:pk>/", facilities.facility_page, name="facility"),
    path("facilities/<int:pk>/edit/", facilities.facility_edit, name="facility-edit"),
    path("facilities/<int:pk>/state/", facilities.facility_state, name="facility-state"),
    path("facilities/<int:pk>/grade/", facilities.facility_grade, name="facility-grade"),
    path("facilities/<int:pk>/staff/new/", staff.staff_new, name="staff-new"),
    *people_urls.urlpatterns,
    path("staff/", staff.staff_list, name="staff"),
    path("staff/<int:pk>/", staff.staff_member, name="staff-member"),
    path("staff/<int:pk>/reveal/", staff.staff_reveal, name="staff-reveal"),
    path("staff/<int:pk>/certificates/new/", staff.certificate_new, name="certificate-new"),
    path("staff/<int:pk>/training/new/", staff.training_new, name="training-new"),
    path("staff/<int:pk>/record-checks/new/", staff.record_check_new, name="record-check-new"),
    path("employments/<int:pk>/end/", staff.employment_end, name="employment-end"),
]
