"""Rows of joint visits: a department's part."""

from __future__ import annotations

from inspections.models import CaseFile, Inspection, VisitItem, VisitPart
from inspections.services import case_files
from inspections.services.checklists import items_of
from tests.portal.access.rows import Rest, Row
from tests.portal.stage import Place


def part_of(place: Place, state: str = "finished") -> VisitPart:
    """The part of the place's unit in a visit that is joint; still to be made, nobody of the unit is in its team."""
    visit = place.visit(state, bad=state == "finished")
    items = list(items_of(visit)) if state != "due" else []
    Inspection.objects.filter(pk=visit.pk).update(joint=True)
    VisitItem.objects.bulk_create(
        VisitItem(inspection=visit, item=item, position=n, unit=place.unit, units=[place.unit.slug])
        for n, item in enumerate(items, 1)
    )
    other = next(one.unit for one in place.inspectors if one.unit_id != place.unit.pk)
    VisitPart.objects.create(inspection=visit, unit=other, position=2)
    return VisitPart.objects.create(
        inspection=visit, unit=place.unit, position=1, state="clear" if items else "pending"
    )


def named(part: VisitPart) -> dict:
    return {"pk": part.inspection_id, "unit": part.unit.slug}


def missing(place: Place) -> dict:
    part = part_of(place, "due")
    part.inspection.all_team.filter(inspector__unit=part.unit).delete()
    return named(part)


def handing(place: Place):
    return named(part_of(place)), {
        "case_number": "示例立〔2026〕1号",
        "handed_to": "示例执法大队",
        "version": 1,
    }


def case_of(place: Place) -> dict:
    part = part_of(place)
    made = case_files.order_case(part.inspection, part=part, actor=place.process)
    return {"pk": case_files.make(CaseFile.objects.get(pk=made.pk), actor=place.process).pk}


JOINT = [
    Row("visit-parts", "GET", "part.view", denied=403),
    Row("visit-part", "GET", "part.view", make=lambda p: named(part_of(p))),
    Row(
        "visit-part-absent", "POST", "part.excuse", denied=403,
        make=lambda p: (missing(p), {"reason": "示例：人员去防台风"}), but={"inspector": 403, "inspector2": 403},
    ),
    Row("visit-part-hand-over", "POST", "part.hand_over", denied=403, make=handing),
    Row("visit-part-case", "POST", "case_file.take", make=lambda p: named(part_of(p))),
    Row("case-file-record", "GET", "case_file.take", make=case_of),
    Rest("api-visit-parts", "GET", "parts:read"),
]  # fmt: skip
