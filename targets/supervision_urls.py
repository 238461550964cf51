"""The yearly supervision of units (督查)."""

from django.urls import path

from targets.views import supervision as views
from targets.views import supervision_cases as cases
from targets.views import supervision_report as reports

urlpatterns = [
    path("supervision/", views.supervision_list, name="supervisions"),
    path("supervision/new/", views.supervision_new, name="supervision-new"),
    path("supervision/<int:pk>/", views.supervision, name="supervision"),
    path("supervision/<int:pk>/edit/", views.supervision_edit, name="supervision-edit"),
    path("supervision/<int:pk>/step/", views.supervision_step, name="supervision-step"),
    path("supervision/<int:pk>/questions/new/", views.question_new, name="supervision-question-new"),
    path("supervision/questions/<int:pk>/edit/", views.question_edit, name="supervision-question-edit"),
    path("supervision/questions/<int:pk>/drop/", views.question_drop, name="supervision-question-drop"),
    path("supervision/cases/<int:pk>/", cases.case, name="supervision-case"),
    path("supervision/cases/<int:pk>/step/", cases.case_step, name="supervision-case-step"),
    path("supervision/cases/<int:pk>/review/", cases.review, name="supervision-review"),
    path("supervision/cases/<int:pk>/decide/", cases.decide, name="supervision-decide"),
    path("supervision/answers/<int:pk>/edit/", cases.answer_edit, name="supervision-answer"),
    path("supervision/answers/<int:pk>/object/", cases.objection_new, name="supervision-object"),
    path("supervision/objections/<int:pk>/", cases.objection, name="supervision-objection"),
    path("supervision/evidence/<int:pk>/", cases.evidence, name="supervision-evidence"),
    path("supervision/<int:pk>/report/", reports.report, name="supervision-report"),
    path("supervision/<int:pk>/report/edit/", reports.report_edit, name="supervision-report-edit"),
    path("supervision/<int:pk>/report/step/", reports.report_step, name="supervision-report-step"),
    path("supervision/<int:pk>/report.pdf", reports.report_pdf, name="supervision-report-pdf"),
    path("supervision/<int:pk>/report.docx", reports.report_docx, name="supervision-report-docx"),
]
