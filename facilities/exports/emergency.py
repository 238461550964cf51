"""Emergency plans and drills as spreadsheets: how the facilities stand, all plans, all drills."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, conditions, many, ordered
from facilities.forms.emergency import EmergencyFilter
from facilities.lists import emergency as lists
from facilities.models import EmergencyDrill, EmergencyPlan, Facility
from facilities.rules.emergency import KINDS
from facilities.views.emergency import COLUMNS, SORTS
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

STANDING_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("预案"), 8),
    OutColumn(marked("要有"), 8),
    OutColumn(marked("缺"), 28),
    OutColumn(marked("最近要复审"), 12),
    OutColumn(marked("最近演练"), 12),
    OutColumn(marked("下次演练"), 12),
    OutColumn(marked("状态"), 10),
)


def chosen(asked: Asked, measure: lists.Measure):
    """The facilities of the page, and whether a broad search is among its conditions."""
    form = EmergencyFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    reached = Facility.objects.allowed(asked.actor, "emergency.view")
    return lists.facilities(reached, conditions(form), measure)


def standing(asked: Asked) -> Rows:
    measure = lists.measure(asked.on)
    here, broad = chosen(asked, measure)
    found = ordered(here.only(*COLUMNS), SORTS, asked.query, "code")

    def rows() -> Iterator[tuple]:
        names = dict(Street.objects.values_list("pk", "name"))
        source = found.iterator(chunk_size=CHUNK)
        while chunk := list(islice(source, CHUNK)):
            plans = lists.in_force([row.pk for row in chunk])
            for row in chunk:
                one = lists.standing(plans.get(row.pk, []), measure)
                yield (
                    row.code,
                    row.name,
                    names.get(row.street_id, ""),
                    one.held,
                    len(measure.kinds),
                    _("、").join(_(KINDS[kind]) for kind in one.missing),
                    one.review_on,
                    one.drilled_on,
                    one.drill_due,
                    one.words(asked.on),
                )

    return Rows(many(here, broad), rows())


PLAN_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("预案种类"), 14),
    OutColumn(marked("版次"), 8),
    OutColumn(marked("预案名称"), 36),
    OutColumn(marked("批准日期"), 12),
    OutColumn(marked("批准人"), 12, "name"),
    OutColumn(marked("复审日期"), 12),
    OutColumn(marked("换版日期"), 12),
    OutColumn(marked("最近演练"), 12),
)


def plans(asked: Asked) -> Rows:
    """Every version that the page's facilities have on record, those in force without a day of replacement."""
    here, _broad = chosen(asked, lists.measure(asked.on))
    found = EmergencyPlan.objects.allowed(asked.actor, "emergency.view").filter(
        facility__in=here.values("pk")
    )
    found = found.select_related("facility").defer("facility__search_text")

    def rows() -> Iterator[tuple]:
        for row in found.order_by("facility__code", "kind", "-version").iterator(chunk_size=CHUNK):
            yield (
                row.facility.code,
                row.facility.name,
                row.get_kind_display(),
                row.version,
                row.title,
                row.approved_on,
                row.approved_by,
                row.review_on,
                row.replaced_on,
                row.drilled_on,
            )

    return Rows(many(found), rows())


DRILL_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("演练日期"), 12),
    OutColumn(marked("预案种类"), 14),
    OutColumn(marked("版次"), 8),
    OutColumn(marked("演练内容"), 40),
    OutColumn(marked("组织人"), 12, "name"),
    OutColumn(marked("参加的从业人员"), 10),
    OutColumn(marked("参加的幼儿"), 10),
    OutColumn(marked("一起演练的单位"), 24),
    OutColumn(marked("结果"), 12),
    OutColumn(marked("发现的不足"), 40),
    OutColumn(marked("怎么改"), 40),
)


def drills(asked: Asked) -> Rows:
    here, _broad = chosen(asked, lists.measure(asked.on))
    found = EmergencyDrill.objects.allowed(asked.actor, "emergency.view")
    found = found.filter(plan__facility__in=here.values("pk")).select_related("plan__facility")
    found = found.defer("plan__facility__search_text")

    def rows() -> Iterator[tuple]:
        for row in found.order_by("plan__facility__code", "-held_on", "-pk").iterator(chunk_size=CHUNK):
            yield (
                row.plan.facility.code,
                row.plan.facility.name,
                row.held_on,
                row.plan.get_kind_display(),
                row.plan.version,
                row.scenario,
                row.leader,
                row.staff_count,
                row.child_count,
                row.partners,
                row.get_result_display(),
                row.problems,
                row.measures,
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList(
        "emergency", marked("应急预案与演练"), "emergency", "emergency.view", lambda asked: STANDING_COLUMNS, standing
    ),
    ExportList(
        "emergency-plans", marked("应急预案"), "emergency", "emergency.view", lambda asked: PLAN_COLUMNS, plans
    ),
    ExportList("drills", marked("应急演练"), "emergency", "emergency.view", lambda asked: DRILL_COLUMNS, drills),
)  # fmt: skip
