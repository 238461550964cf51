"""Pages of joint visits within a district."""

from django.urls import path

from inspections.views import case_files, joint

urlpatterns = [
    path("inspections/parts/", joint.visit_parts, name="visit-parts"),
    path("inspections/<int:pk>/parts/<slug:unit>/", joint.visit_part, name="visit-part"),
    path("inspections/<int:pk>/parts/<slug:unit>/absent/", joint.visit_part_absent, name="visit-part-absent"),
    path(
        "inspections/<int:pk>/parts/<slug:unit>/hand-over/",
        joint.visit_part_hand_over,
        name="visit-part-hand-over",
    ),
    path("inspections/<int:pk>/parts/<slug:unit>/case/", joint.visit_part_case, name="visit-part-case"),
    path("case-files/<int:pk>/record.pdf", case_files.case_file_record, name="case-file-record"),
]
