"""Sessions of a 宝宝屋: set for days, cancelled. Booking takes and frees places by CareSession.objects.take."""

from __future__ import annotations

from datetime import date, time

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CareSession, Facility, OpeningHours, Room, Site
from facilities.models.enrolments import Mode
from facilities.models.sites import WEEKDAYS
from facilities.rules import sites as rules
from facilities.services.refusals import refuse, refuse_field, refuse_key
from facilities.services.sites import limits, reached
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit


def labels() -> dict[str, str]:
    return {
        "starts_at": _("开始"), "ends_at": _("结束"), "mode": _("照护方式"), "places": _("名额"),
        "staff": _("从业人员"), "first": _("从哪天起"), "last": _("到哪天止"), "weekdays": _("星期"),
    }  # fmt: skip


def set_sessions(
    facility: Facility,
    *,
    actor: Actor,
    room: Room,
    first: date,
    last: date,
    weekdays: set[int],
    starts_at: time,
    ends_at: time,
    mode: str,
    places: int,
    staff: int,
    on_holidays: bool = False,
    today: date | None = None,
) -> list[CareSession]:
    """Sets a session on each of the weekdays from `first` to `last`; without `on_holidays` not on public holidays.

    All or none: each must lie within the opening hours, be shorter than what counts as a full day (limits),
    keep to the room's places and to children per member of staff, and not overlap another in the room.
    """
    row = reached(facility, actor, "session.manage")
    today = today or timezone.localdate()
    site = Site.objects.filter(facility=row).first()
    if row.state != "operating":
        raise Refused(_("%(name)s现在不在办，不能排时段") % {"name": row.name}, code="closed")
    if site is None:
        raise Refused(_("先登记%(name)s的照护方式") % {"name": row.name}, code="site")
    room = Room.objects.select_for_update().filter(facility=row, pk=room.pk).first()
    if room is None or room.closed:
        refuse_field("room", _("从列表里选一个"))
    far = today + rules.LONGEST_PLAN
    problems = []
    if first < today:
        problems.append(("first", "past", {}))
    if last < first:
        problems.append(("last", "dates", {}))
    elif last > far:
        problems.append(("last", "far", {"day": far.isoformat()}))
    if not weekdays or not weekdays <= set(range(1, 8)):
        problems.append(("weekdays", "choice", {}))
    if mode not in Mode.values:
        problems.append(("mode", "choice", {}))
    if not 0 <= staff <= 100:
        problems.append(("staff", "places", {"most": 100}))
    refuse(problems, rules.PROBLEMS, labels())
    days = rules.days_between(first, last, weekdays)
    if not on_holidays:
        days = [day for day in days if not calendar.is_public_holiday(day)]
    if not days:
        refuse_field("weekdays", _("这段时间里没有这样的日子"), "no_days")
    hours: dict[int, list] = {}
    for one in OpeningHours.objects.filter(facility=row):
        hours.setdefault(one.weekday, []).append((one.opens, one.closes))
    others: dict[date, list] = {}
    for one in CareSession.objects.filter(room=room, state="open", on__gte=days[0], on__lte=days[-1]):
        others.setdefault(one.on, []).append((one.starts_at, one.ends_at))
    _each, _class, per_staff, full_day = limits(first)
    names = dict(WEEKDAYS)
    for day in days:
        field, key, facts = rules.session_problem(
            span=(starts_at, ends_at),
            open_hours=hours.get(day.isoweekday(), []),
            others=others.get(day, []),
            mode=mode,
            modes=site.modes,
            places=places,
            room_places=room.places,
            staff=staff,
            children_per_staff=per_staff,
            full_day_hours=full_day,
            day=f"{day.isoformat()} {names[day.isoweekday()]}",
        )
        if key:
            refuse([(field, key, facts)], rules.PROBLEMS, labels())
    made = CareSession.objects.bulk_create(
        [
            CareSession(
                facility=row,
                room=room,
                on=day,
                starts_at=starts_at,
                ends_at=ends_at,
                mode=mode,
                staff=staff,
                places=places,
            )
            for day in days
        ]
    )
    audit.record(
        "facilities.care_session.set",
        row,
        actor=actor,
        changes={
            "room": room.name,
            "days": [days[0].isoformat(), days[-1].isoformat(), len(days)],
            "hours": rules.span_words((starts_at, ends_at)),
            "mode": mode,
            "places": places,
        },
    )
    return made


def cancel_session(
    session: CareSession, *, actor: Actor, reason: str, today: date | None = None
) -> CareSession:
    """Cancels a session that has not been; whoever booked learns it from the booking (guidance)."""
    reached(session.facility, actor, "session.manage")
    today, reason = today or timezone.localdate(), reason.strip()
    if not 2 <= len(reason) <= 200:
        refuse_key("reason", "reason", rules.PROBLEMS)
    row = (
        CareSession.objects.select_for_update(of=("self",))
        .select_related("facility", "room")
        .get(pk=session.pk)
    )
    if row.state != "open":
        raise Conflict(_("这一场已经取消"), code="state")
    if row.on < today:
        raise Conflict(_("这一场已经过去，不能取消"), code="past")
    row.state, row.reason = "cancelled", reason
    row.save(update_fields=["state", "reason"])
    audit.record(
        "facilities.care_session.cancel",
        row.facility,
        actor=actor,
        changes={
            "on": row.on.isoformat(),
            "hours": rules.span_words((row.starts_at, row.ends_at)),
            "taken": row.taken,
            "reason": reason,
        },
    )
    return row
