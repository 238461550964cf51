"""Pages of results within a district."""

from django.urls import path

from inspections.views import case_files, evidence, results, visit_codes

urlpatterns = [
    path("inspections/ratings/", visit_codes.ratings, name="ratings"),
    path("inspections/<int:pk>/code/", visit_codes.visit_code, name="visit-code"),
    path("inspections/<int:pk>/code/licence/", visit_codes.visit_licence, name="visit-licence"),
    path("results/<int:pk>/rate/", visit_codes.result_rate, name="result-rate"),
    path("inspections/<int:pk>/case/", case_files.inspection_case, name="inspection-case"),
    path("case-files/<int:pk>/", case_files.case_file, name="case-file"),
    path("case-files/<int:pk>/archive.zip", case_files.case_file_archive, name="case-file-archive"),
    path("results/", results.result_list, name="results"),
    path("results/<int:pk>/", results.result, name="result"),
    path("results/<int:pk>/answer/", results.result_answer, name="result-answer"),
    path("results/<int:pk>/decide/", results.result_decide, name="result-decide"),
    path("results/<int:pk>/change/", results.result_change, name="result-change"),
    path("results/<int:pk>/settle/", results.result_settle, name="result-settle"),
    path("results/<int:pk>/versions/<int:version>/", results.result_version, name="result-version"),
    path("results/<int:pk>/files/<int:file>/", results.result_file, name="result-file"),
    path("results/<int:pk>/photos/<int:photo>/", evidence.result_photo, name="result-photo"),
    path("results/<int:pk>/record/", evidence.result_record, name="result-record"),
    path(
        "results/<int:pk>/changes/<int:change>/file/", results.result_change_file, name="result-change-file"
    ),
    path("results/<int:pk>/repair/", results.result_repair, name="result-repair"),
    path(
        "results/<int:pk>/repairs/<int:repair>/examine/",
        results.result_repair_examine,
        name="result-repair-examine",
    ),
    path(
        "results/<int:pk>/repairs/<int:repair>/decide/",
        results.result_repair_decide,
        name="result-repair-decide",
    ),
    path(
        "results/<int:pk>/repairs/<int:repair>/file/", results.result_repair_file, name="result-repair-file"
    ),
]
