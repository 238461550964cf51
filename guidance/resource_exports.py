"""Lists of resources, kits in use, a resource's days, nursing rooms, courses and lecturers that go out."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _

from facilities.exports.register import LISTED_COLUMN, listed_word
from facilities.exports.sheet import CHUNK, many, number, ordered
from facilities.models.credit import listing
from guidance.imports.nursing import COLUMNS as NURSING
from guidance.lists import nursing
from guidance.lists import resources as lists
from guidance.models import CourseLecturer, GuidanceResource
from guidance.services import subscriptions
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

RESOURCE_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("版次"), 8),
    OutColumn(marked("标题"), 30),
    OutColumn(marked("类型"), 12),
    OutColumn(marked("主题"), 10),
    OutColumn(marked("面向"), 14),
    OutColumn(marked("语言"), 8),
    OutColumn(marked("从第几周"), 10),
    OutColumn(marked("到第几周"), 10),
    OutColumn(marked("谁做的"), 24),
    OutColumn(marked("使用许可"), 24),
    OutColumn(marked("本区研制"), 10),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("公开日期"), 12),
    OutColumn(marked("发出"), 8),
    OutColumn(marked("打开"), 8),
)


def yes(value: bool) -> str:
    return _("是") if value else _("否")


def resources(asked: Asked) -> Rows:
    found = lists.shown(asked.actor, asked.query)[0]
    sums = subscriptions.sums(list(found.values_list("code", flat=True)))
    return Rows(
        many(found),
        (
            (
                row.code, row.edition, row.title, row.get_kind_display(), row.get_theme_display(),
                row.get_audience_display(),
                row.get_language_display(), row.weeks_from, row.weeks_until, row.source, row.rights, yes(row.own),
                row.get_state_display(), row.published_on, sums.get(row.code, {}).get("sent", 0),
                sums.get(row.code, {}).get("opened", 0),
            )
            for row in ordered(found, lists.SORTS, asked.query, "code").iterator(chunk_size=CHUNK)
        ),
    )  # fmt: skip


DAY_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("发出"), 8),
    OutColumn(marked("没发出"), 8),
    OutColumn(marked("打开"), 8),
)


def days(asked: Asked) -> Rows:
    """What became of one resource, day by day."""
    shown = GuidanceResource.objects.allowed(asked.actor, lists.VIEW)
    if not lists.inside(asked.actor):
        shown = shown.filter(state="published")
    resource = shown.filter(pk=number(asked.query.get("resource"))).first()
    if resource is None:
        raise Http404
    found = lists.days(resource)
    return Rows(
        many(found),
        (
            (row.day, row.sent, row.failed, row.opened)
            for row in ordered(found, lists.DAY_SORTS, asked.query, "-day").iterator(chunk_size=CHUNK)
        ),
    )


USE_COLUMNS = (
    OutColumn(marked("开始使用"), 12),
    OutColumn(marked("资源包"), 30),
    OutColumn(marked("街镇")),
    OutColumn(marked("机构"), 30),
    LISTED_COLUMN,
    OutColumn(marked("怎么用"), 30),
)


def uses(asked: Asked) -> Rows:
    found = lists.uses(asked.actor, asked.query).annotate(listing=listing("facility"))
    return Rows(
        many(found),
        (
            (
                row.used_from,
                row.kit.title,
                row.street.name,
                row.facility.name if row.facility else "",
                listed_word(row),
                row.note,
            )
            for row in ordered(found, lists.USE_SORTS, asked.query, "-from").iterator(chunk_size=CHUNK)
        ),
    )


#: As the columns come in, so they go out: what was exported can be mended and brought in again.
NURSING_COLUMNS = (OutColumn(marked("编号")), *(OutColumn(c.heading, c.width) for c in NURSING))


def nursing_places(asked: Asked) -> Rows:
    found = nursing.shown(asked.actor, asked.query)[0].select_related("street")
    return Rows(
        many(found),
        (
            (
                row.code, row.get_kind_display(), row.name, row.street.name, row.address, row.basis, row.area, row.visitors,
                row.listed_on, row.get_state_display(), row.planned_for, row.opened_on, row.equipment, row.checked_on,
                row.ended_on,
            )
            for row in ordered(found, nursing.SORTS, asked.query, "code").iterator(chunk_size=CHUNK)
        ),
    )  # fmt: skip


COVERAGE_COLUMNS = (
    OutColumn(marked("街镇")),
    OutColumn(marked("应当配置"), 10),
    OutColumn(marked("已启用"), 10),
    OutColumn(marked("计划建"), 10),
    OutColumn(marked("还没有"), 10),
    OutColumn(marked("覆盖（%）"), 10),
)


def coverage(asked: Asked) -> Rows:
    found = nursing.coverage(asked.actor)
    return Rows(
        len(found),
        (
            (one["street"].name, one["n"], one["open"], one["planned"], one["without"], one["percent"])
            for one in found
        ),
    )


COURSE_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("课程名称"), 30),
    OutColumn(marked("主题"), 10),
    OutColumn(marked("给谁上"), 20),
    OutColumn(marked("课时"), 8),
    OutColumn(marked("本区研制"), 10),
    OutColumn(marked("入库日期"), 12),
    OutColumn(marked("在用"), 8),
    OutColumn(marked("谁能讲"), 30),
)


def courses(asked: Asked) -> Rows:
    found = lists.courses_shown(asked.actor, asked.query)[0]
    who: dict[int, list[str]] = {}
    if asked.actor.may("lecturer.view"):
        pairs = CourseLecturer.objects.order_by("lecturer__name").values_list("course_id", "lecturer__name")
        for course, name in pairs:
            who.setdefault(course, []).append(name)
    return Rows(
        many(found),
        (
            (
                row.code, row.title, row.get_theme_display(), row.get_audience_display(), row.hours, yes(row.own),
                row.listed_on, yes(row.active), _("、").join(who.get(row.pk, [])),
            )
            for row in ordered(found, lists.COURSE_SORTS, asked.query, "code").iterator(chunk_size=CHUNK)
        ),
    )  # fmt: skip


LECTURER_COLUMNS = (
    OutColumn(marked("姓名"), 12),
    OutColumn(marked("擅长"), 30),
    OutColumn(marked("单位"), 30),
    OutColumn(marked("可以来的日子"), 30),
    OutColumn(marked("今年讲的活动"), 12),
    OutColumn(marked("手机尾号"), 10),
    OutColumn(marked("本人同意入库"), 12),
)


def lecturers(asked: Asked) -> Rows:
    found = lists.lecturers_shown(asked.actor, asked.query, asked.on)[0]
    return Rows(
        many(found),
        (
            (
                row.name,
                row.field,
                row.employer,
                _("、").join(row.day_names),
                row.given,
                row.phone_tail,
                row.agreed_on,
            )
            for row in ordered(found, lists.LECTURER_SORTS, asked.query, "field").iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "guidance-resources", marked("资源"), "guidance-resources", lists.VIEW, lambda asked: RESOURCE_COLUMNS, resources
    ),
    ExportList(
        "resource-days", marked("发出和打开"), "guidance-resource", lists.VIEW, lambda asked: DAY_COLUMNS, days,
        of="resource",
    ),
    ExportList("kit-uses", marked("资源包使用"), "kit-uses", "kit_use.view", lambda asked: USE_COLUMNS, uses),
    ExportList(
        "nursing-places", marked("母婴设施"), "nursing-places", nursing.VIEW, lambda asked: NURSING_COLUMNS,
        nursing_places,
    ),
    ExportList(
        "nursing-coverage", marked("各街镇母婴设施"), "nursing-coverage", nursing.VIEW, lambda asked: COVERAGE_COLUMNS,
        coverage,
    ),
    ExportList(
        "guidance-courses", marked("课程"), "guidance-courses", "guidance_course.view", lambda asked: COURSE_COLUMNS, courses
    ),
    ExportList("lecturers", marked("讲师"), "lecturers", "lecturer.view", lambda asked: LECTURER_COLUMNS, lecturers),
)  # fmt: skip
