"""Services given: a session with the children who came, struck out where it was entered wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services.refusals import refuse, refuse_key
from guidance.models import GuidancePlace, GuidanceService, GuidanceSession, GuidedChild
from guidance.rules import places as place_rules
from guidance.rules import services as rules
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit
from portal.services.bulk import BATCH

POINT_KIND = "guidance_point"


def labels() -> dict[str, str]:
    return {"children": _("幼儿"), "where": _("场所"), "reason": _("原因")} | {
        name: str(GuidanceSession._meta.get_field(name).verbose_name)
        for name in ("kind", "online", "served_on", "hours", "topic", "giver")
    }


@dataclass(frozen=True)
class Venue:
    """Where guidance is given: a place of guidance, or a guidance point of the register."""

    place: GuidancePlace | None = None
    facility: Facility | None = None

    @property
    def name(self) -> str:
        return (self.place or self.facility).name

    @property
    def street_id(self) -> int:
        return (self.place or self.facility).street_id

    @property
    def given_by(self) -> str:
        if self.facility is not None:
            return rules.POINT
        return rules.STATION if self.place.kind == place_rules.STATION else rules.PLACE

    def open_on(self, day: date) -> bool:
        one = self.place or self.facility
        opened = one.opened_on is not None and one.opened_on <= day
        return opened and (one.closed_on is None or one.closed_on > day)


def venues(actor: Actor, on: date) -> list[Venue]:
    """Where the actor may write down services: open places and points within reach, places first."""
    streets = Street.objects.allowed(actor, "guidance_service.keep").values("pk")
    places = GuidancePlace.objects.open_on(on).filter(street__in=streets).order_by("kind", "code")
    points = Facility.objects.filter(kind=POINT_KIND, state="operating", street__in=streets).order_by("code")
    return [*(Venue(place=one) for one in places), *(Venue(facility=one) for one in points)]


def give_session(
    *,
    actor: Actor,
    venue: Venue,
    kind: str,
    served_on: date,
    hours: Decimal,
    topic: str,
    giver: str,
    children: list[str],
    online: bool = False,
    today: date | None = None,
) -> GuidanceSession:
    """One session for children of the list, by their codes, from any street of the district.

    Refused with every problem at once: codes that are not on the list on the day are named.
    """
    actor.demand("guidance_service.keep")
    if not Street.objects.allowed(actor, "guidance_service.keep").filter(pk=venue.street_id).exists():
        raise Denied(_("只能登记自己街镇的指导场所"))
    today, topic, giver = today or timezone.localdate(), topic.strip(), giver.strip()
    values = {"kind": kind, "served_on": served_on, "hours": hours, "giver": giver, "topic": topic}
    problems = rules.session_problems(values | {"children": len(children)}, today)
    if not venue.open_on(served_on):
        problems.append(("where", "closed", {"name": venue.name}))
    found = {}
    if not any(field == "children" for field, _key, _facts in problems):
        listed = GuidedChild.objects.listed_on(served_on).filter(code__in=children)
        found = {one.code: one for one in listed.only("pk", "code", "street_id", "district_id")}
        if missing := [code for code in children if code not in found]:
            problems.append(("children", "codes", {"codes": "、".join(code[:20] for code in missing[:8])}))
    refuse(problems, rules.PROBLEMS, labels())
    row = GuidanceSession.objects.create(
        place=venue.place,
        facility=venue.facility,
        street_id=venue.street_id,
        given_by=venue.given_by,
        online=online,
        children_n=len(found),
        by=actor.user,
        **values,
    )
    GuidanceService.objects.bulk_create(service_of(row, child) for child in found.values())
    audit.record(
        "guidance.session.give",
        row,
        actor=actor,
        name=venue.name,
        changes={"kind": kind, "on": served_on.isoformat(), "children": len(found)},
    )
    return row


def service_of(session: GuidanceSession, child: GuidedChild) -> GuidanceService:
    return GuidanceService(
        session_id=session.pk,
        child_id=child.pk,
        street_id=child.street_id,
        served_on=session.served_on,
        kind=session.kind,
        given_by=session.given_by,
        online=session.online,
    )


def give_many(rows: list[tuple[dict, list[GuidedChild]]], *, actor: Actor) -> int:
    """Sessions long past with their children, for the demonstration and the benches; how many services.

    A row: what give_session takes, with `venue`, and the children themselves. Some statements per thousand rows and one
    audit entry.
    """
    actor.demand("guidance_service.keep")
    made = GuidanceSession.objects.bulk_create(
        [
            GuidanceSession(
                place=given["venue"].place,
                facility=given["venue"].facility,
                street_id=given["venue"].street_id,
                given_by=given["venue"].given_by,
                children_n=len(children),
                by=actor.user,
                **{name: value for name, value in given.items() if name != "venue"},
            )
            for given, children in rows
        ],
        batch_size=BATCH,
    )
    services = [
        service_of(session, child)
        for session, (_given, children) in zip(made, rows, strict=True)
        for child in children
    ]
    GuidanceService.objects.bulk_create(services, batch_size=BATCH)
    audit.record(
        "guidance.session.give_many", None, actor=actor, changes={"sessions": len(made), "n": len(services)}
    )
    return len(services)


def strike_out(
    session: GuidanceSession, *, actor: Actor, reason: str, today: date | None = None
) -> GuidanceSession:
    """A session that was entered wrongly no longer counts; it stays to be read, its children do not."""
    if not GuidanceSession.objects.allowed(actor, "guidance_service.keep").filter(pk=session.pk).exists():
        raise Denied(_("只能改自己街镇的指导服务"))
    row = GuidanceSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if row.event_id is not None:
        raise Conflict(_("这次服务是由活动签到记的。记错了，到活动里撤回签到或者去掉孩子"), code="event")
    if row.struck_on is not None:
        raise Conflict(_("这次服务已经作废"), code="state")
    reason = reason.strip()
    if not 4 <= len(reason) <= 100:
        refuse_key("reason", "reason", rules.PROBLEMS)
    codes = list(row.services.order_by("child__code").values_list("child__code", flat=True))
    row.services.all().delete()
    row.struck_on, row.struck_reason = today or timezone.localdate(), reason
    row.save(update_fields=["struck_on", "struck_reason"])
    audit.record(
        "guidance.session.strike",
        row,
        actor=actor,
        name=row.topic,
        changes={"reason": reason, "children": codes},
    )
    return row


def counted(givers: tuple[str, ...], year: int) -> Q:
    """Condition of the services of a year that a district's plan counts."""
    return Q(served_on__gte=date(year, 1, 1), served_on__lte=date(year, 12, 31), given_by__in=givers)
