"""Lists of events that go out: all of them, and one event's families without their telephones."""

from __future__ import annotations

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many, number, ordered
from guidance.lists import events as lists
from guidance.models import EventRating, GuidanceEvent
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

EVENT_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("活动名称"), 30),
    OutColumn(marked("类型"), 16),
    OutColumn(marked("级别"), 8),
    OutColumn(marked("街镇")),
    OutColumn(marked("日期"), 12),
    OutColumn(marked("地点"), 28),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("名额（户）"), 10),
    OutColumn(marked("报名（户）"), 10),
    OutColumn(marked("到场（户）"), 10),
)


def events(asked: Asked) -> Rows:
    found = lists.shown(asked.actor, asked.query)[0]
    names = dict(Street.objects.values_list("pk", "name"))
    return Rows(
        many(found),
        (
            (
                row.code,
                row.title,
                row.get_kind_display(),
                row.get_level_display(),
                names.get(row.street_id, ""),
                row.held_on,
                _("线上") if row.online else row.venue,
                row.get_state_display(),
                row.capacity,
                row.taken,
                row.came if row.state == "over" else None,
            )
            for row in ordered(found, lists.SORTS, asked.query, "-day").iterator(chunk_size=CHUNK)
        ),
    )


SIGNUP_COLUMNS = (
    OutColumn(marked("手机尾号"), 10),
    OutColumn(marked("月龄"), 8),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("报名时间"), 18),
    OutColumn(marked("签到时间"), 18),
    OutColumn(marked("幼儿编号"), 12),
    OutColumn(marked("打分"), 8),
    OutColumn(marked("想说的"), 40),
)


def moment(value) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def signups(asked: Asked) -> Rows:
    """The families of one event, for who holds it, as its page shows them, with what they said of it."""
    held = GuidanceEvent.objects.allowed(asked.actor, lists.MANAGE)
    event = held.filter(pk=number(asked.query.get("event"))).first()
    if event is None:
        raise Http404
    found = lists.signups(event, asked.query)[0]
    marks = {one.signup_id: one for one in EventRating.objects.filter(event=event)}
    children = dict(event.children.filter(signup__isnull=False).values_list("signup", "child__code"))
    return Rows(
        many(found),
        (
            (
                row.phone_tail,
                row.months,
                row.get_state_display(),
                moment(row.signed_at),
                moment(row.attended_at),
                children.get(row.pk, ""),
                marks[row.pk].score if row.pk in marks else None,
                marks[row.pk].words if row.pk in marks else "",
            )
            for row in ordered(found, lists.SIGNUP_SORTS, asked.query, "line").iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "guidance-events", marked("育儿指导活动"), "guidance-events", lists.VIEW, lambda asked: EVENT_COLUMNS, events
    ),
    ExportList(
        "guidance-event-signups", marked("活动报名"), "guidance-event", lists.MANAGE,
        lambda asked: SIGNUP_COLUMNS, signups, of="event",
    ),
)  # fmt: skip
