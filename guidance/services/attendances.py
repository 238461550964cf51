"""Who holds an event says which child a family came with: at the door, or afterwards."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from facilities.services.refusals import refuse_field
from guidance.models import EventChild, EventSignup, GuidanceEvent, GuidedChild
from guidance.services import events
from guidance.services.event_children import settle
from guidance.services.guided import card_hash, tidy
from portal.access import Actor
from portal.errors import Conflict


def child_named(text: str, on: date) -> GuidedChild:
    """The child on the list on a day, by its code or by its handbook. Refused for none."""
    text = tidy(text)
    if not text:
        refuse_field("card", _("写《母子健康手册》编号或登记的幼儿编号"), "card")
    rows = GuidedChild.objects.listed_on(on)
    found = rows.filter(code=text).first() or rows.filter(card_hash=card_hash(text)).first()
    if found is None:
        refuse_field(
            "card",
            _("登记的幼儿里没有这本手册或这个编号，不能记为服务。家长同意后先在“登记的幼儿”里登记"),
            "card",
        )
    return found


def name_child(signup: EventSignup, *, card: str, actor: Actor) -> EventChild:
    """Says which child a family that signed up came with, in place of what was said before.

    Refused for a child that is not on the list on the event's day, Conflict for one that is at the event already.
    """
    event = events.held(signup.event, actor)
    demand_open(event)
    row = EventSignup.objects.select_for_update(of=("self",)).get(pk=signup.pk)
    if row.forgotten_on is not None or row.state not in ("in", "attended"):
        raise Conflict(_("这一户没有名额或资料已删除，不能再记孩子"), code="state", field="card")
    child = child_named(card, event.held_on)
    apart(row)
    made = add(event, child, signup=row, actor=actor)
    settle(event, actor=actor)
    return made


def apart(signup: EventSignup) -> None:
    """Neither the handbook that the family named nor a child that was entered."""
    signup.children.all().delete()
    signup.card_hash = None
    signup.save(update_fields=["card_hash"])


def add_child(event: GuidanceEvent, *, card: str, actor: Actor) -> EventChild:
    """A child of a family that came without a sign-up; not more of them than such families are counted."""
    row = events.held(event, actor)
    demand_open(row)
    child = child_named(card, row.held_on)
    if row.children.filter(walk_in=True).count() >= row.walk_ins:
        raise Conflict(
            _("现场来的 %(n)d 户都记过孩子了。又来一户，先点“加一户”") % {"n": row.walk_ins},
            code="walk_ins",
            field="card",
        )
    made = add(row, child, walk_in=True, actor=actor)
    settle(row, actor=actor)
    return made


def remove_child(child: EventChild, *, actor: Actor) -> None:
    """The wrong child was entered: its service goes."""
    event = events.held(child.event, actor)
    demand_open(event)
    if child.signup_id is not None:
        apart(EventSignup.objects.select_for_update(of=("self",)).get(pk=child.signup_id))
    EventChild.objects.filter(pk=child.pk).delete()
    settle(event, actor=actor)


def demand_open(event: GuidanceEvent) -> None:
    if event.state not in ("announced", "over"):
        raise Conflict(_("活动没有在办，不能记孩子"), code="state", field="card")


def add(
    event: GuidanceEvent, child: GuidedChild, *, actor: Actor, signup=None, walk_in: bool = False
) -> EventChild:
    if EventChild.objects.filter(event=event, child=child).exists():
        raise Conflict(_("%(code)s在这场活动里已经记过了") % {"code": child.code}, code="twice", field="card")
    return EventChild.objects.create(event=event, child=child, signup=signup, walk_in=walk_in, by=actor.user)
