"""The yearly plans and their rehearsals as spreadsheets."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _

from inspections.models import Draw, InspectionPlan, Inspector, InspectorEmployer, PlanRehearsal
from inspections.services import plans as services
from inspections.views import inspectors as inspector_views
from inspections.views import matters as matter_views
from inspections.views import plans as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

PLAN_COLUMNS = (
    OutColumn(marked("年份"), 8),
    OutColumn(marked("计划"), 36),
    OutColumn(marked("方案"), 8),
    OutColumn(marked("公布日期"), 12),
    OutColumn(marked("状态"), 16),
)


def plans(asked: Asked) -> Rows:
    found = list(InspectionPlan.objects.allowed(asked.actor, "plan.view").prefetch_related("schemes"))
    return Rows(
        len(found),
        (
            (row.year, row.title, len(row.schemes.all()), row.published_on, row.get_state_display())
            for row in found
        ),
    )


FIVE = (marked("最少"), marked("10%"), marked("中位数"), marked("90%"), marked("最多"))
SPREAD = tuple(OutColumn(heading, 8) for heading in FIVE)
COLUMNS = {
    "months": (OutColumn(marked("月份"), 8), *SPREAD),
    "streets": (
        OutColumn(marked("街镇"), 16),
        OutColumn(marked("机构（家）"), 10),
        OutColumn(marked("检查人员"), 10),
        *SPREAD,
        OutColumn(marked("最忙的月份，中位数"), 14),
        OutColumn(marked("最忙的月份，最多"), 14),
        OutColumn(marked("缺人的组，最多"), 12),
        OutColumn(marked("无可抽的月份"), 30),
    ),
    "inspectors": (
        OutColumn(marked("编号"), 10),
        OutColumn(marked("单位"), 24),
        *SPREAD,
        OutColumn(marked("最忙的月份，中位数"), 14),
        OutColumn(marked("最忙的月份，最多"), 14),
        OutColumn(marked("超出人手的遍数"), 12),
    ),
    "facilities": (
        OutColumn(marked("编号"), 12),
        OutColumn(marked("机构"), 30),
        OutColumn(marked("全年没有查到（遍）"), 14),
        OutColumn(marked("到了上限（遍）"), 14),
        OutColumn(marked("超过上限（遍）"), 14),
        OutColumn(marked("最多几次"), 10),
    ),
}


def rehearsal_of(asked: Asked) -> PlanRehearsal:
    """The last rehearsal of the year that the address names."""
    rows = InspectionPlan.objects.allowed(asked.actor, "plan.view")
    row = services.by_slug(rows, asked.query.get("plan", ""))
    found = services.last_rehearsal(row) if row else None
    if found is None:
        raise Http404
    return found


def line(table: str, row: dict) -> tuple:
    if table == "months":
        return row["month"], *row["visits"]
    if table == "streets":
        none_left = _("、").join(
            _("%(month)s 月（%(n)s 遍）") % {"month": one["month"], "n": one["runs"]}
            for one in row["none_left"]
        )
        busiest = row["busiest"]
        return (
            row["name"], row["objects"], row["inspectors"], *row["visits"], busiest[2], busiest[4],
            row["short"][4], none_left,
        )  # fmt: skip
    if table == "inspectors":
        return row["code"], row["unit"], *row["visits"], row["busiest"][2], row["busiest"][4], row["over"]
    return row["code"], row["name"], row["missed"], row["reached"], row["exceeded"], row["most"]


def rehearsal(asked: Asked) -> Rows:
    """The table that the page shows."""
    table = views.table_of(asked.query)
    rows = views.rehearsal_rows(rehearsal_of(asked), table)
    return Rows(len(rows), (line(table, row) for row in rows))


MATTER_COLUMNS = (
    OutColumn(marked("代号"), 14),
    OutColumn(marked("抽查事项"), 24),
    OutColumn(marked("检查主体"), 28),
    OutColumn(marked("检查对象"), 40),
    OutColumn(marked("检查依据"), 50),
    OutColumn(marked("抽查比例"), 26),
    OutColumn(marked("检查频次"), 26),
    OutColumn(marked("检查方式"), 20),
    OutColumn(marked("起用"), 12),
    OutColumn(marked("状态"), 10),
)


def matters(asked: Asked) -> Rows:
    found = matter_views.lines(asked.actor, asked.on)
    return Rows(
        len(found),
        (
            (
                one["matter"].key, one["version"].name, one["version"].subject, _("、").join(one["kinds"]),
                one["version"].basis, one["version"].ratio, one["version"].frequency, one["version"].method,
                one["version"].starts_on, one["word"],
            )
            for one in found
        ),
    )  # fmt: skip


INSPECTOR_COLUMNS = (
    OutColumn(marked("编号"), 10),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("单位"), 24),
    OutColumn(marked("执法证号"), 20),
    OutColumn(marked("执法证起"), 12),
    OutColumn(marked("执法证止"), 12),
    OutColumn(marked("服务的街镇"), 40),
    OutColumn(marked("专长"), 24),
    OutColumn(marked("在岗"), 8),
    OutColumn(marked("回避"), 8),
    OutColumn(marked("下月名单"), 24),
)


def inspectors(asked: Asked) -> Rows:
    found = inspector_views.lines(asked.actor, asked.query, asked.on)
    return Rows(
        len(found),
        (
            (
                one["row"].code, one["row"].name, one["row"].unit.name, one["row"].licence_number,
                one["row"].licence_from, one["row"].licence_until, _("、").join(one["streets"]),
                _("、").join(one["row"].expertise), one["row"].active, one["row"].barred, one["word"],
            )
            for one in found
        ),
    )  # fmt: skip


EMPLOYER_COLUMNS = (
    OutColumn(marked("编号"), 10),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("工作过的单位"), 40),
    OutColumn(marked("从哪天起"), 12),
    OutColumn(marked("到哪天止"), 12),
)


def employers(asked: Asked) -> Rows:
    people = Inspector.objects.allowed(asked.actor, "inspector.view")
    found = list(
        InspectorEmployer.objects.filter(inspector__in=people.values("pk"))
        .select_related("inspector")
        .order_by("inspector__code", "starts_on", "pk")
    )
    return Rows(
        len(found),
        ((one.inspector.code, one.inspector.name, one.name, one.starts_on, one.ends_on) for one in found),
    )


CHANGE_COLUMNS = (
    OutColumn(marked("对象"), 10),
    OutColumn(marked("编号"), 12),
    OutColumn(marked("名称"), 30),
    OutColumn(marked("变化"), 12),
    OutColumn(marked("为什么"), 60),
)


def freeze_changes(asked: Asked) -> Rows:
    text = asked.query.get("draw", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    draw = Draw.objects.allowed(asked.actor, "draw.view").select_related("chain").filter(pk=number).first()
    if draw is None:
        raise Http404
    _earlier, found = inspector_views.compared(draw, asked.actor)
    words = inspector_views.change_words()
    kinds = {"facility": _("机构"), "inspector": _("检查人员")}
    return Rows(
        len(found), ((kinds[one.kind], one.code, one.name, words[one.what], one.why) for one in found)
    )


EXPORTS = (
    ExportList("inspectors", marked("检查人员名册"), "inspectors", "inspector.view", lambda asked: INSPECTOR_COLUMNS,
               inspectors, reveal="inspector.manage"),
    ExportList("inspector-employers", marked("检查人员工作过的单位"), "inspectors", "inspector.view",
               lambda asked: EMPLOYER_COLUMNS, employers, reveal="inspector.manage"),
    ExportList("freeze-changes", marked("两次冻结的差别"), "draw-changes", "draw.view",
               lambda asked: CHANGE_COLUMNS, freeze_changes, of="draw"),
    ExportList("matters", marked("抽查事项清单"), "matters", "checklist.view", lambda asked: MATTER_COLUMNS, matters),
    ExportList("plans", marked("年度检查计划"), "plans", "plan.view", lambda asked: PLAN_COLUMNS, plans),
    ExportList("rehearsal", marked("计划的演练"), "plan-rehearsal", "plan.view",
               lambda asked: COLUMNS[views.table_of(asked.query)], rehearsal, of="plan"),
)  # fmt: skip
