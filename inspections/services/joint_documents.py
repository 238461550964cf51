"""A department's part of a joint visit as an official document, and as files of its own archive."""

from __future__ import annotations

from collections.abc import Iterator

from django.template.loader import render_to_string

from inspections.models import Answer, AnswerPhoto, Inspection, VisitPart
from inspections.services import case_documents as documents
from inspections.services import joint
from portal.models import Unit
from portal.rules.official import OfficialDocument

TITLE = "托育机构联合检查记录（部门部分）"
STATES = {
    "pending": "检查中",
    "absent": "未到场",
    "clear": "没有需要整改的问题",
    "ordered": "责令整改",
    "handed": "移送执法",
}


def full_name(unit: Unit) -> str:
    return unit.full_name or unit.name


def departments_of(inspection: Inspection) -> list[list[str]]:
    """Rows of the whole record: each department with its people, or why it was not there."""
    rows = []
    for part in inspection.departments.select_related("unit").order_by("position"):
        people = [member.inspector for member in joint.team_of_part(part)]
        told = documents.people(people) if part.state != "absent" else f"未到场：{part.absent_reason}"
        rows.append([full_name(part.unit), told or "—"])
    return rows


def part_html(part: VisitPart) -> str:
    """The department's record: its people, its items with their answers, what it found, what it did about it."""
    inspection = part.inspection
    rows = list(joint.items_of_part(part))
    given = {
        one.item_id: one
        for one in Answer.objects.filter(inspection=inspection, item__in=[row.item_id for row in rows])
    }
    lines = [
        (
            row.position,
            row.item.text,
            documents.ANSWERS.get(given[row.item_id].value, "—"),
            documents.said(given[row.item_id]),
            full_name(row.unit) if row.unit_id != part.unit_id and row.unit else "",
        )
        for row in rows
        if row.item_id in given
    ]
    team = [member.inspector for member in joint.team_of_part(part)]
    others = [
        full_name(one.unit) for one in inspection.departments.select_related("unit") if one.pk != part.pk
    ]
    orders = list(joint.orders_of(part))
    outcome = STATES[part.state]
    if part.state == "handed":
        outcome += f"：{part.handed_to}，立案编号{part.case_number}"
    if part.state == "absent":
        outcome += f"：{part.absent_reason}"
    return render_to_string(
        "official/visit_part.html",
        {
            "document": OfficialDocument(
                title=TITLE,
                issuers=(full_name(part.unit),),
                number=inspection.number,
                dated=inspection.finished_on,
                suffix="",
                draft=False,
                keywords=documents.KEYWORDS,
            ),
            "rows": [
                *documents.facts_of(inspection),
                [
                    "检查时间",
                    f"{documents.moment(inspection.started_at)}至{documents.moment(inspection.finished_at)}",
                ],
                ["本部门检查人员", documents.people(team) or "—"],
                ["同时检查的部门", "、".join(others)],
                ["机构在场人员", inspection.present],
                *documents.signatures_of(inspection),
                ["处理", outcome],
            ],
            "lines": lines,
            "counts": {word: sum(line[2] == word for line in lines) for word in documents.ANSWERS.values()},
            "findings": [
                (
                    number,
                    one.item.text,
                    one.text,
                    documents.basis_of(one),
                    one.order.number if one.order else "",
                )
                for number, one in enumerate(joint.findings_of(part), start=1)
            ],
            "orders": orders,
            "objection": inspection.objection,
            "note": part.handed_note,
        },
    )


def photos_of(part: VisitPart) -> Iterator[AnswerPhoto]:
    """The photographs of the items that the department asks for."""
    items = joint.items_of_part(part).order_by().values("item")
    rows = AnswerPhoto.objects.filter(answer__inspection=part.inspection_id, answer__item__in=items)
    yield from rows.select_related("file", "answer__item").order_by("pk")
