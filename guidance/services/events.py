"""Events for families: entered, announced, changed, closed or called off; photographs.

Families have places in the order of their sign-ups: whoever changes how many there are holds the event's row.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import file
from facilities.services.consent_texts import consent_texts
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field, refuse_key
from guidance.models import EventPhoto, EventSignup, GuidanceEvent
from guidance.rules import events as rules
from guidance.rules.states import EVENT, MANAGE, SIGNUP
from guidance.services import event_children
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.services import audit, publicity
from portal.services.files import forget_file, store_file
from portal.services.images import bare
from portal.services.numbers import next_number
from portal.services.steps import step

SERIES, PURPOSE = "guidance-event", "event"
#: Families that have a place.
SEATED = ("in", "attended", "absent")


def labels() -> dict[str, str]:
    return {name: str(GuidanceEvent._meta.get_field(name).verbose_name) for name in rules.FIELDS} | {
        "reason": _("原因"), "walk_ins": _("现场来的户数"),
    }  # fmt: skip


def demand(street: Street | None, actor: Actor) -> None:
    """The bureau holds the district's and any street's, a street its own."""
    actor.demand("guidance_event.manage")
    if street is None:
        if Reach.ALL not in actor.reaches(MANAGE):
            refuse_field("level", _("街镇只能办自己街镇的活动，级别选“街镇”"), "level")
        return
    own_street(street, actor)
    if not Street.objects.allowed(actor, MANAGE).filter(pk=street.pk).exists():
        raise Denied(_("只能办自己街镇的活动"))


def lock(event: GuidanceEvent, version: int | None = None) -> GuidanceEvent:
    """The row, held until the transaction ends: sign-ups and changes of an event wait for each other."""
    row = (
        GuidanceEvent.objects.select_for_update(of=("self",))
        .select_related("street", "place", "facility")
        .get(pk=event.pk)
    )
    file.not_stale(row, version)
    return row


def held(event: GuidanceEvent, actor: Actor, version: int | None = None) -> GuidanceEvent:
    """As lock, for somebody who holds the event."""
    row = lock(event, version)
    actor.demand("guidance_event.manage")
    if not GuidanceEvent.objects.allowed(actor, MANAGE).filter(pk=row.pk).exists():
        raise Denied(_("只能办自己街镇的活动"))
    return row


def keep_event(
    event: GuidanceEvent | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
    **values,
) -> GuidanceEvent:
    """Enters an event as a draft, or changes the one given, also when it is announced; values: as in rules.FIELDS.

    Refused with every problem at once, also for fewer places than families that have one. More places let those move
    up who wait; who signed up is told of another day, hour or place.
    """
    now = now or timezone.now()
    row = GuidanceEvent(by=actor.user) if event is None else lock(event, version)
    if event is not None:
        demand(row.street, actor)
        if row.state not in ("draft", "announced"):
            raise Conflict(
                _("“%(title)s”%(state)s，不能再改") % {"title": row.title, "state": row.get_state_display()},
                code="state",
            )
    before = told(row) if event is not None else {}
    values = {name: getattr(row, name) for name in rules.FIELDS if event is not None} | tidied(values)
    demand(values["street"], actor)
    found = rules.problems(values, timezone.localdate(now))
    if not found:
        begins = timezone.make_aware(datetime.combine(values["held_on"], values["starts_at"]))
        found += rules.too_late(values["closes_at"], begins)
        if row.state == "announced" and begins <= now:
            refuse_field("held_on", _("已经发布的活动不能改到过去。没办成的，取消这场活动"), "past")
    if values["capacity"] < row.taken:
        found.append(("capacity", "below", {"taken": row.taken}))
    refuse(found, rules.PROBLEMS, labels())
    for name in rules.PUBLIC_TEXTS:
        publicity.demand(values[name], field=name, label=labels()[name], names=name != "address")
    for name in ("course", "lecturer"):
        values.setdefault(name, None)
    values["domains"] = [key for key in rules.DOMAINS if key in values["domains"]]
    moved = row.state == "announced" and any(getattr(row, name) != values[name] for name in rules.TOLD_OF)
    for field, value in values.items():
        setattr(row, field, value)
    if event is None:
        row.code = f"{actor.district.prefix}E{next_number(SERIES):04d}"
    else:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    audit.record(
        f"guidance.event.{'enter' if event is None else 'change'}", row, actor=actor, changes=changes
    )
    if event is not None and row.state == "announced":
        move_up(row, actor=actor, now=now)
        event_children.settle(row, actor=actor)
    if moved:
        tell_all(row, f"changed{row.version}", actor=actor)
    return row


def tidied(values: dict) -> dict:
    """Without blanks at the ends; on line there is no place, at a place of guidance its name and address stand."""
    kept = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
    if kept["online"]:
        kept |= {"place": None, "facility": None, "venue": "", "address": ""}
    at = kept["place"] or kept["facility"]
    if at is not None:
        kept |= {"venue": kept["venue"] or at.name, "address": kept["address"] or at.address}
    return kept


def told(row: GuidanceEvent) -> dict:
    """What an audit entry says of it."""
    plain = {
        name: str(getattr(row, name) if getattr(row, name) is not None else "")
        for name in rules.FIELDS
        if name not in ("domains", "lecturer")
    }
    # a lecturer may be forgotten, and the log outlives that
    return plain | {"domains": row.domains, "lecturer": f"#{row.lecturer_id}" if row.lecturer_id else ""}


def announce(
    event: GuidanceEvent, *, actor: Actor, version: int | None = None, now: datetime | None = None
) -> GuidanceEvent:
    """Everybody reads it, families sign up from its day on. Conflict for one that has begun, or without a text to which
    families agree."""
    now = now or timezone.now()
    row = held(event, actor, version)
    before, row.state = row.state, step(EVENT, row, "announce")
    if row.begins <= now:
        raise Conflict(
            _("“%(title)s”的时间已经过了，不能发布。办过了的，用“补登”写到场户数") % {"title": row.title},
            code="past",
        )
    if row.closes_at <= now:
        raise Conflict(_("报名截止已经过了。先改报名截止，再发布"), code="closed")
    if PURPOSE not in consent_texts(timezone.localdate(now)):
        raise Conflict(_("还没有“活动报名”的同意书文本。由区教育局先发布文本，再发布活动"), code="text")
    publicity.demand_none((getattr(row, name) for name in rules.PUBLIC_TEXTS), _("改了再发布"))
    return _kept(row, "announce", {"state": [before, row.state]}, actor=actor)


def _kept(row: GuidanceEvent, action: str, changes: dict, *, actor: Actor) -> GuidanceEvent:
    row.version += 1
    row.save()
    audit.record(f"guidance.event.{action}", row, actor=actor, changes=changes)
    return row


def cancel_event(
    event: GuidanceEvent,
    *,
    reason: str,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> GuidanceEvent:
    """The event is called off; its page says why, and families that signed up are told."""
    row = held(event, actor, version)
    before, row.state = row.state, step(EVENT, row, "cancel")
    reason = reason.strip()
    if not rules.REASON[0] <= len(reason) <= rules.REASON[1]:
        refuse_key("reason", "reason", rules.PROBLEMS)
    publicity.demand(reason, field="reason", label=_("原因"))
    row.cancel_reason, row.closed_on = reason, timezone.localdate(now or timezone.now())
    event_children.settle(row, actor=actor)
    if before == "announced":
        tell_all(row, "cancelled", actor=actor)
    return _kept(row, "cancel", {"state": [before, row.state], "reason": reason}, actor=actor)


def finish(
    event: GuidanceEvent,
    *,
    walk_ins: int,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> GuidanceEvent:
    """The event was held: `walk_ins` families came without a sign-up, who signed up and did not come is absent.

    A draft whose day is over is entered so afterwards. Refused when nobody was there: then it was not held.
    """
    now = now or timezone.now()
    row = held(event, actor, version)
    before, row.state = row.state, step(EVENT, row, "record" if row.state == "draft" else "finish")
    if row.begins > now:
        raise Conflict(_("“%(title)s”还没有开始，不能办结") % {"title": row.title}, code="early")
    if not 0 <= walk_ins <= rules.MOST_WALK_INS:
        refuse_key("walk_ins", "walk_ins", rules.PROBLEMS)
    demand_children(row, walk_ins)
    row.walk_ins = walk_ins
    row.came = walk_ins + row.signups.filter(state="attended").count()
    if not row.came:
        refuse_key("walk_ins", "nobody", rules.PROBLEMS)
    row.signups.filter(state="in").update(state=SIGNUP.next_state("in", "miss"))
    row.closed_on = timezone.localdate(now)
    event_children.settle(row, actor=actor)
    return _kept(row, "finish", {"state": [before, row.state], "came": row.came}, actor=actor)


def add_walk_ins(event: GuidanceEvent, *, number: int, actor: Actor) -> GuidanceEvent:
    """One more family at the door that did not sign up, or one fewer where it was counted wrongly."""
    row = held(event, actor)
    if row.state != "announced":
        raise Conflict(_("活动没有在办，不能登记现场来的家庭"), code="state")
    if number not in (1, -1) or not 0 <= row.walk_ins + number <= rules.MOST_WALK_INS:
        refuse_key("walk_ins", "walk_ins", rules.PROBLEMS)
    demand_children(row, row.walk_ins + number)
    row.walk_ins += number
    row.save(update_fields=["walk_ins"])
    audit.record("guidance.event.walk_in", row, actor=actor, changes={"walk_ins": row.walk_ins})
    return row


def demand_children(row: GuidanceEvent, walk_ins: int) -> None:
    """Not fewer families without a sign-up than children that were entered of them."""
    children = row.children.filter(walk_in=True).count()
    if walk_ins < children:
        refuse_key("walk_ins", "children", rules.PROBLEMS, children=children)


def move_up(row: GuidanceEvent, *, actor: Actor, now: datetime) -> int:
    """Families that wait get the free places, in their order, while the event has not begun; the row is held."""
    if row.state != "announced" or row.begins <= now:
        return 0
    free = row.capacity - row.signups.filter(state__in=SEATED).count()
    waiting = list(row.signups.filter(state="waiting").order_by("pk")[: max(0, free)])
    for one in waiting:
        one.state, one.moved_up_at = step(SIGNUP, one, "move_up"), now
        one.save(update_fields=["state", "moved_up_at"])
        tell(one, "moved_up", actor=actor)
    count(row)
    return len(waiting)


def count(row: GuidanceEvent) -> None:
    """Says on the held row how many families have a place; the database refuses more than there are."""
    row.taken = row.signups.filter(state__in=SEATED).count()
    row.save(update_fields=["taken"])


def tell(signup: EventSignup, what: str, *, actor: Actor) -> None:
    """A short message after the change is kept."""
    args = [actor.district.pk, signup.pk, what]
    transaction.on_commit(lambda: app.send_task("guidance.tell_signup", args=args))


def tell_all(row: GuidanceEvent, what: str, *, actor: Actor) -> None:
    for one in row.signups.filter(state__in=("in", "waiting")).only("pk"):
        tell(one, what, actor=actor)


# --- Photographs


def add_photo(event: GuidanceEvent, *, upload, agreed: bool, actor: Actor) -> EventPhoto:
    """A photograph of an event, bare of what the camera wrote; refused without the word that those shown agreed."""
    row = held(event, actor)
    if row.state not in ("announced", "over"):
        raise Conflict(_("没有办的活动不加照片"), code="state")
    if not agreed:
        refuse_key("agreed", "agreed", rules.PROBLEMS)
    stored = store_file(bare(upload, field="upload"), actor=actor)
    made = EventPhoto.objects.create(event=row, file=stored, agreed=True, by=actor.user)
    audit.record("guidance.event.photo", row, actor=actor, changes={"sha256": stored.sha256})
    return made


def remove_photo(photo: EventPhoto, *, actor: Actor) -> None:
    """Somebody shown no longer agrees: record and file go."""
    row = held(photo.event, actor)
    stored = photo.file
    photo.delete()
    forget_file(stored)
    audit.record("guidance.event.photo_gone", row, actor=actor, changes={"photo": stored.sha256})
