"""Rows of risk grades: proposed, decided, objected to."""

from __future__ import annotations

from inspections.models import GradeProposal
from inspections.services import grades
from tests.portal.access.facilities import of_facility, version_of
from tests.portal.access.rows import Row
from tests.portal.stage import Place


def proposed(place: Place) -> GradeProposal:
    """A proposal for the place's facility, with a graver grade than before however its records are."""
    grades.propose(actor=place.process)
    made = GradeProposal.objects.filter(facility=place.facility).order_by("-pk").first()
    if made.grade == place.facility.grade:
        raise AssertionError("the stage's facility has a grade already")
    return made


def confirming(place: Place):
    return {}, {"proposal": proposed(place).pk}


def graded(place: Place) -> None:
    grades.decide([grades.Choice(place.facility, "C", "示例评估")], actor=place.process)


def objected(place: Place):
    graded(place)
    made = grades.object_to(place.facility, text="示例：那次检查已经撤销了问题", actor=place.process)
    return {"pk": made.pk}, {"grade": "C", "answer": "示例：核对过，维持"}


def objecting(place: Place):
    graded(place)
    return of_facility(place), {"text": "示例：那次检查已经撤销了问题"}


GRADES = [
    Row("grades", "GET", "grade_draft.view", denied=403),
    Row("grades-card", "GET", "grade_draft.view", denied=403),
    Row("grades-propose", "POST", "grade.propose", denied=403),
    Row("grades-confirm", "POST", "grade.confirm", denied=403, make=confirming),
    Row("facility-grade", "GET", "grade.view", denied=403, make=of_facility),
    Row(
        "facility-grade", "POST", "grade.confirm", denied=403,
        make=lambda p: (of_facility(p), {"grade": "B", "reason": "示例评估", "version": version_of(p)}),
    ),
    Row("grade-object", "POST", "grade.object", denied=403, make=objecting),
    Row("grade-answer", "POST", "grade.answer", denied=403, make=objected),
]  # fmt: skip
