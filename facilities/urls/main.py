"""Pages of the register within a district."""

from django.urls import include, path

from facilities.urls import people as people_urls
from facilities.views import facilities, operators, past, proposals, records, staff

urlpatterns = [
    path("", include("facilities.urls.residents")),
    path("", include("facilities.urls.rulebook")),
    path("", include("facilities.urls.emergency")),
    path("", include("facilities.urls.clocks")),
    path("", include("facilities.urls.filings")),
    path("", include("facilities.urls.credit")),
    path("", include("facilities.urls.families")),
    path("facilities/", facilities.facility_list, name="facilities"),
    path("facilities/new/", facilities.facility_new, name="facility-new"),
    path("facilities/<int:pk>/", facilities.facility_page, name="facility"),
    path("facilities/<int:pk>/edit/", facilities.facility_edit, name="facility-edit"),
    path("facilities/<int:pk>/state/", facilities.facility_state, name="facility-state"),
    path("transitions/<int:pk>/file/", facilities.transition_file, name="transition-file"),
    path("facilities/<int:pk>/grade/", facilities.facility_grade, name="facility-grade"),
    path("facilities/<int:pk>/as-of/", past.facility_as_of, name="facility-as-of"),
    path("facilities/<int:pk>/changes/", past.facility_changes, name="facility-changes"),
    path("facilities/<int:pk>/records/", records.facility_records, name="facility-records"),
    path("facilities/<int:pk>/records/<slug:key>/new/", records.record_new, name="record-new"),
    path("records/<slug:key>/<int:pk>/edit/", records.record_edit, name="record-edit"),
    path("records/<slug:key>/<int:pk>/end/", records.record_end, name="record-end"),
    path("records/<slug:key>/<int:pk>/file/", records.record_file, name="record-file"),
    path("facilities/<int:pk>/proposals/new/", proposals.proposal_new, name="proposal-new"),
    path("proposals/", proposals.proposal_list, name="proposals"),
    path("proposals/<int:pk>/", proposals.proposal_page, name="proposal"),
    path("proposals/<int:pk>/confirm/", proposals.proposal_confirm, name="proposal-confirm"),
    path("proposals/<int:pk>/refuse/", proposals.proposal_refuse, name="proposal-refuse"),
    path("proposals/<int:pk>/withdraw/", proposals.proposal_withdraw, name="proposal-withdraw"),
    path("proposals/<int:pk>/file/", proposals.proposal_file, name="proposal-file"),
    path("operators/", operators.operator_list, name="operators"),
    path("operators/<int:pk>/edit/", operators.operator_edit, name="operator-edit"),
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
