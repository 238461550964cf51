"""Lists of guidance that go out, with the conditions and the order of their pages."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404
from django.utils.translation import gettext as _

from facilities.exports.register import LISTED_COLUMN, listed_word
from facilities.exports.sheet import CHUNK, many, number, ordered
from facilities.models.credit import listing
from guidance.imports.births import COLUMNS as BIRTHS
from guidance.imports.places import COLUMNS
from guidance.lists import newborns as newborn_lists
from guidance.lists import services as lists
from guidance.lists.places import SORTS, shown
from guidance.models import GuidanceService, GuidedChild
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

#: As the columns come in, so they go out: what was exported can be mended and brought in again.
PLACE_COLUMNS = (OutColumn(marked("编号")), *(OutColumn(c.heading, c.width) for c in COLUMNS))


def places(asked: Asked) -> Rows:
    found = shown(asked.actor, asked.query, asked.on)[0].select_related("street", "unit")

    def rows() -> Iterator[tuple]:
        for row in ordered(found, SORTS, asked.query, "code").iterator(chunk_size=CHUNK):
            yield (
                row.code,
                row.get_kind_display(),
                row.name,
                row.street.name,
                row.community,
                row.address,
                row.phone,
                row.unit.name if row.unit else "",
                _("、").join(row.service_names),
                row.tier,
                row.kit_from,
                row.opened_on,
                row.closed_on,
            )

    return Rows(many(found), rows())


CHILD_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("出生年月"), 12),
    OutColumn(marked("街镇")),
    OutColumn(marked("登记日期"), 12),
    OutColumn(marked("不再登记"), 12),
    OutColumn(marked("今年次数"), 10),
    OutColumn(marked("一年要的次数"), 12),
)


def children(asked: Asked) -> Rows:
    found, _street, _state, measure = lists.children(asked.actor, asked.query, asked.on)
    names = dict(Street.objects.values_list("pk", "name"))
    shown_rows = ordered(found, lists.CHILD_SORTS, asked.query, "code")
    return Rows(
        many(found),
        (
            (
                row.code,
                f"{row.birth_month:%Y-%m}",
                names.get(row.street_id, ""),
                row.asked_on,
                row.ended_on,
                row.times,
                measure.needed,
            )
            for row in shown_rows.iterator(chunk_size=CHUNK)
        ),
    )


SESSION_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("内容"), 30),
    OutColumn(marked("种类"), 10),
    OutColumn(marked("线上"), 8),
    OutColumn(marked("场所"), 28),
    OutColumn(marked("活动"), 12),
    LISTED_COLUMN,
    OutColumn(marked("街镇")),
    OutColumn(marked("提供人员"), 20),
    OutColumn(marked("时长（小时）"), 12),
    OutColumn(marked("幼儿数"), 10),
    OutColumn(marked("作废的原因"), 24),
)


def sessions(asked: Asked) -> Rows:
    found = lists.sessions(asked.actor, asked.query, asked.on)[0]
    names = dict(Street.objects.values_list("pk", "name"))
    shown_rows = ordered(
        found.annotate(listing=listing("facility")), lists.SESSION_SORTS, asked.query, "-day"
    )
    return Rows(
        many(found),
        (
            (
                row.served_on,
                row.topic,
                row.get_kind_display(),
                _("是") if row.online else _("否"),
                row.venue_name,
                row.event_code,
                listed_word(row),
                names.get(row.street_id, ""),
                row.giver,
                row.hours,
                row.children_n,
                row.struck_reason,
            )
            for row in shown_rows.iterator(chunk_size=CHUNK)
        ),
    )


SERVICE_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("内容"), 30),
    OutColumn(marked("种类"), 10),
    OutColumn(marked("线上"), 8),
    OutColumn(marked("场所"), 28),
    OutColumn(marked("活动"), 12),
    OutColumn(marked("计入"), 8),
)


def services(asked: Asked) -> Rows:
    """What a child was given this year, as its page shows it."""
    child = GuidedChild.objects.allowed(asked.actor, "guidance_service.view").filter(
        pk=number(asked.query.get("child"))
    )
    if not child.exists():
        raise Http404
    measure = lists.Measure.on(asked.on)
    found = GuidanceService.objects.filter(child__in=child.values("pk"), served_on__year=asked.on.year)
    found = found.select_related("session__place", "session__facility", "session__event")
    return Rows(
        found.count(),
        (
            (
                one.served_on,
                one.session.topic,
                one.session.get_kind_display(),
                _("是") if one.session.online else _("否"),
                one.session.venue,
                one.session.event.code if one.session.event else "",
                _("计入") if one.given_by in measure.givers else _("不计"),
            )
            for one in found.order_by("-served_on", "-pk")
        ),
    )


NEWBORN_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("出生年月"), 12),
    OutColumn(marked("街镇")),
    OutColumn(marked("常住"), 8),
    OutColumn(marked("有需求"), 8),
    OutColumn(marked("计划上门"), 12),
    OutColumn(marked("最近上门"), 12),
    OutColumn(marked("拒绝日期"), 12),
    OutColumn(marked("手册发放日期"), 12),
)


def newborns(asked: Asked) -> Rows:
    found = newborn_lists.newborns(asked.actor, asked.query, asked.on)[0]
    names = dict(Street.objects.values_list("pk", "name"))
    shown_rows = ordered(found, newborn_lists.SORTS, asked.query, "code")
    return Rows(
        many(found),
        (
            (
                row.code,
                f"{row.birth_month:%Y-%m}",
                names.get(row.street_id, ""),
                _("是") if row.resident else _("否"),
                _("是") if row.asked else _("否"),
                row.planned_on,
                row.last_visit,
                row.refused_on,
                row.handbook_on,
            )
            for row in shown_rows.iterator(chunk_size=CHUNK)
        ),
    )


BIRTH_COLUMNS = tuple(OutColumn(column.heading, column.width) for column in BIRTHS)


def births(asked: Asked) -> Rows:
    found = newborn_lists.births(asked.actor, asked.query, asked.on)[0].select_related("street")
    shown_rows = ordered(found, newborn_lists.BIRTH_SORTS, asked.query, "-month")
    return Rows(
        many(found),
        (
            (row.street.name, f"{row.month:%Y-%m}", row.total, row.resident, row.source, row.counted_on)
            for row in shown_rows.iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "newborns", marked("新生儿上门"), "newborns", "newborn.view", lambda asked: NEWBORN_COLUMNS, newborns
    ),
    ExportList("births", marked("出生数"), "births", "newborn.view", lambda asked: BIRTH_COLUMNS, births),
    ExportList(
        "guidance-places", marked("育儿指导场所"), "guidance-places", "guidance_place.view",
        lambda asked: PLACE_COLUMNS, places,
    ),
    ExportList(
        "guided-children", marked("登记的幼儿"), "guided-children", "guidance_service.view",
        lambda asked: CHILD_COLUMNS, children,
    ),
    ExportList(
        "guidance-sessions", marked("指导服务"), "guidance-sessions", "guidance_service.view",
        lambda asked: SESSION_COLUMNS, sessions,
    ),
    ExportList(
        "guidance-services", marked("得到的指导"), "guided-child", "guidance_service.view",
        lambda asked: SERVICE_COLUMNS, services, of="child",
    ),
)  # fmt: skip
