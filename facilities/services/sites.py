"""Changes of a 宝宝屋: what it offers, its rooms, its hours."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CareSession, Facility, OpeningHours, Room, Site
from facilities.models.enrolments import Mode
from facilities.models.sites import WEEKDAYS
from facilities.rules import sites as rules
from facilities.services.refusals import refuse, refuse_field, refuse_key
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, parameters
from portal.services.files import store_file

KIND = "baby_house"
FLAGS = (*Mode.values, "outdoor", "nursing_room")


def labels() -> dict[str, str]:
    return {field.name: str(field.verbose_name) for m in (Site, Room) for field in m._meta.fields}


def reached(facility: Facility, actor: Actor, right: str) -> Facility:
    """The facility, locked, a site that is not closed and within the actor's right."""
    if not Facility.objects.allowed(actor, right).filter(pk=facility.pk).exists():
        raise Denied(_("这个宝宝屋不归你管"))
    row = Facility.objects.select_for_update(of=("self",)).select_related("street").get(pk=facility.pk)
    if row.kind != KIND:
        raise Refused(_("%(name)s不是宝宝屋") % {"name": row.name}, code="kind")
    if row.state == "closed":
        raise Refused(_("%(name)s已停办，资料不再改") % {"name": row.name}, code="closed")
    return row


def describe(
    facility: Facility,
    *,
    actor: Actor,
    siting: str,
    running: str,
    version: int = 0,
    upload=None,
    **flags: bool,
) -> Site:
    """What the site is: siting, who runs it, modes of care, outdoor space, nursing room, a photo of its sign.

    version: of the description that the person saw, 0 for the first one.
    """
    row = reached(facility, actor, "site.manage")
    unknown = flags.keys() - set(FLAGS)
    if unknown:
        raise TypeError(f"no flags of a site: {sorted(unknown)}")
    flags = {name: bool(flags.get(name)) for name in FLAGS}
    problems = []
    if siting not in Site.Siting.values:
        problems.append(("siting", "choice", {}))
    if running not in Site.Running.values:
        problems.append(("running", "choice", {}))
    if not any(flags[mode] for mode in Mode.values):
        problems.append(("alone", "modes", {}))
    refuse(problems, rules.PROBLEMS, labels())
    site = Site.objects.filter(facility=row).first()
    if site is not None and version != site.version:
        raise Conflict(
            _("这个宝宝屋的资料刚被改过，按现在的内容再改一次"), code="stale", version=site.version
        )
    dropped = [m for m in (site.modes if site else []) if not flags[m]]
    today = timezone.localdate()
    booked = CareSession.objects.filter(facility=row, mode__in=dropped, state="open", on__gte=today).count()
    if booked:
        refuse_field("alone", _("还排着 %(n)d 场这种方式的照护，先取消它们") % {"n": booked}, "sessions")
    if site is None:
        site = Site(facility=row, version=0)
    site.siting, site.running = siting, running
    for name, value in flags.items():
        setattr(site, name, value)
    if upload:
        site.sign = store_file(upload, actor=actor)
    site.version += 1
    site.save()
    audit.record(
        "facilities.site.describe",
        row,
        actor=actor,
        changes={"siting": siting, "running": running, "modes": site.modes},
    )
    return site


def limits(on: date) -> tuple[Decimal, int, int, Decimal]:
    """Square metres a child, the largest class, children per member of staff, hours that are a full day."""
    keys = ("area_per_child", "class_size", "children_per_staff", "full_day_hours")
    found = [parameters.value(f"baby_house.{key}", on) for key in keys]
    return Decimal(str(found[0])), int(found[1]), int(found[2]), Decimal(str(found[3]))


def keep_room(
    facility: Facility,
    *,
    actor: Actor,
    name: str,
    area: Decimal,
    places: int,
    room: Room | None = None,
    closed: bool = False,
    on: date | None = None,
) -> Room:
    """Enters a room, or changes `room`; its places keep to the area a child, the class and the site's places."""
    row, name = reached(facility, actor, "site.manage"), name.strip()
    each, class_size, _per_staff, _hours = limits(on or timezone.localdate())
    problems = []
    if not 1 <= len(name) <= 40:
        problems.append(("name", "room_name", {}))
    if not Decimal(3) <= area <= Decimal(2000):
        problems.append(("area", "area", {}))
    if not 1 <= places <= 200:
        problems.append(("places", "places", {"most": 200}))
    refuse(problems, rules.PROBLEMS, labels())
    rooms = Room.objects.filter(facility=row).exclude(pk=room.pk if room else None)
    if rooms.filter(name=name).exists():
        refuse_field("name", _("这里已有一间叫“%(name)s”") % {"name": name}, "twice")
    if not closed:
        others = rooms.filter(closed=False).aggregate(n=Sum("places"))["n"] or 0
        key, facts = rules.room_problem(
            area=area, places=places, each=each, class_size=class_size, others=others, allowed=row.places
        )
        if key:
            refuse([("places", key, facts)], rules.PROBLEMS, labels())
    made = room or Room(facility=row)
    before = [made.places, made.closed] if room else None
    if room is not None:
        later = CareSession.objects.filter(room=room, state="open", on__gte=timezone.localdate())
        if closed and later.exists():
            refuse_field("closed", _("还排着照护时段，先取消它们"), "sessions")
        if later.filter(places__gt=places).exists():
            refuse_field("places", _("已排的时段名额更多，先取消它们"), "sessions")
    made.name, made.area, made.places, made.closed = name, area, places, closed
    made.save()
    audit.record(
        "facilities.site.room",
        row,
        actor=actor,
        changes={"room": name, "area": str(area), "places": places, "closed": closed, "before": before},
    )
    return made


def set_hours(facility: Facility, *, actor: Actor, spans: list[tuple[int, time, time]]) -> list[OpeningHours]:
    """The weekly timetable as a whole: (weekday 1-7, from, to). Sessions that are set already stay."""
    row = reached(facility, actor, "site.manage")
    names, by_day = dict(WEEKDAYS), {}
    for weekday, opens, closes in sorted(spans):
        if weekday not in names:
            refuse_key("weekday", "choice", rules.PROBLEMS)
        here = by_day.setdefault(weekday, [])
        key, facts = rules.hours_problem((opens, closes), here)
        if key:
            sentence = f"{names[weekday]}：{_(rules.PROBLEMS[key]) % facts}"
            refuse_field(f"day{weekday}", sentence, key)
        here.append((opens, closes))
    OpeningHours.objects.filter(facility=row).delete()
    made = OpeningHours.objects.bulk_create(
        [
            OpeningHours(facility=row, weekday=weekday, opens=opens, closes=closes)
            for weekday, here in by_day.items()
            for opens, closes in here
        ]
    )
    audit.record(
        "facilities.site.hours",
        row,
        actor=actor,
        changes={"hours": [f"{one.weekday} {rules.span_words((one.opens, one.closes))}" for one in made]},
    )
    return made
