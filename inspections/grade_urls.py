"""Pages of risk grades within a district."""

from django.urls import path

from inspections.views import grades

urlpatterns = [
    path("grades/", grades.grades, name="grades"),
    path("grades/propose/", grades.grades_propose, name="grades-propose"),
    path("grades/confirm/", grades.grades_confirm, name="grades-confirm"),
    path("grades/card/", grades.card, name="grades-card"),
    path("grades/objections/<int:pk>/answer/", grades.grade_answer, name="grade-answer"),
    path("facilities/<int:pk>/grade/", grades.facility_grade, name="facility-grade"),
    path("facilities/<int:pk>/grade/object/", grades.grade_object, name="grade-object"),
]
