"""Pages of evaluations within a district."""

from django.urls import path

from inspections.views import evaluation_cases as cases
from inspections.views import evaluation_selection as selection
from inspections.views import evaluation_sets as sets
from inspections.views import evaluation_sheets as sheets
from inspections.views import evaluations as rounds

urlpatterns = [
    path("evaluations/", rounds.evaluations, name="evaluations"),
    path("evaluations/new/", rounds.evaluation_round_new, name="evaluation-round-new"),
    path("evaluations/<int:pk>/", rounds.evaluation_round, name="evaluation-round"),
    path("evaluations/<int:pk>/edit/", rounds.evaluation_round_edit, name="evaluation-round-edit"),
    path("evaluations/<int:pk>/choose/", rounds.evaluation_choose, name="evaluation-choose"),
    path("evaluations/<int:pk>/step/", rounds.evaluation_round_step, name="evaluation-round-step"),
    path("evaluations/<int:pk>/peers/", rounds.evaluation_peers, name="evaluation-peers"),
    path("evaluations/<int:pk>/peers/new/", rounds.evaluation_peer_new, name="evaluation-peer-new"),
    path("evaluations/<int:pk>/models/", selection.evaluation_selection, name="evaluation-selection"),
    path("evaluations/<int:pk>/models/propose/", selection.evaluation_propose, name="evaluation-propose"),
    path(
        "evaluations/models/<int:pk>/step/",
        selection.evaluation_selection_step,
        name="evaluation-selection-step",
    ),
    path("evaluations/cases/<int:pk>/", cases.evaluation, name="evaluation"),
    path("evaluations/cases/<int:pk>/name/", cases.evaluation_name, name="evaluation-name"),
    path("evaluations/cases/<int:pk>/final/", cases.evaluation_final, name="evaluation-final"),
    path("evaluations/cases/<int:pk>/step/", cases.evaluation_step, name="evaluation-step"),
    path("evaluations/sheets/", sheets.evaluation_sheets, name="evaluation-sheets"),
    path("evaluations/sheets/<int:pk>/", sheets.evaluation_sheet, name="evaluation-sheet"),
    path(
        "evaluations/sheets/<int:pk>/scores/<int:indicator>/",
        sheets.evaluation_score,
        name="evaluation-score",
    ),
    path(
        "evaluations/sheets/<int:pk>/scores/<int:indicator>/files/",
        sheets.evaluation_files,
        name="evaluation-files",
    ),
    path("evaluations/sheets/<int:pk>/files/<int:file>/", sheets.evaluation_file, name="evaluation-file"),
    path("evaluations/sheets/<int:pk>/report/", sheets.evaluation_report, name="evaluation-report"),
    path("evaluations/sheets/<int:pk>/submit/", sheets.evaluation_submit, name="evaluation-submit"),
    path("evaluations/sheets/<int:pk>/recuse/", sheets.evaluation_recuse, name="evaluation-recuse"),
    path("evaluations/sheets/<int:pk>/reopen/", sheets.evaluation_reopen, name="evaluation-reopen"),
    path("evaluations/sheets/<int:pk>/drop/", sheets.evaluation_drop, name="evaluation-drop"),
    path("evaluations/sets/", sets.indicator_sets, name="indicator-sets"),
    path("evaluations/sets/new/", sets.indicator_set_new, name="indicator-set-new"),
    path("evaluations/sets/<int:pk>/", sets.indicator_set, name="indicator-set"),
    path("evaluations/sets/<int:pk>/edit/", sets.indicator_set_edit, name="indicator-set-edit"),
    path("evaluations/sets/<int:pk>/next/", sets.indicator_set_next, name="indicator-set-next"),
    path("evaluations/sets/<int:pk>/step/", sets.indicator_set_step, name="indicator-set-step"),
    path("evaluations/sets/<int:pk>/indicators/new/", sets.indicator_new, name="indicator-new"),
    path("evaluations/indicators/<int:pk>/", sets.indicator_edit, name="indicator-edit"),
    path("evaluations/indicators/<int:pk>/remove/", sets.indicator_remove, name="indicator-remove"),
]
