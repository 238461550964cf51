"""The list of children whose families asked for guidance: put on it with consent, taken off it, forgotten."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Consent
from facilities.services.consent_texts import consent_texts
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field, refuse_key
from guidance.models import EventChild, EventSignup, GuidancePlace, GuidedChild
from guidance.rules import places as place_rules
from guidance.rules import services as rules
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit, parameters
from portal.services.numbers import next_number, next_numbers

SERIES = "guided-child"


def labels() -> dict[str, str]:
    return {"card": _("《母子健康手册》编号")} | {
        name: str(GuidedChild._meta.get_field(name).verbose_name)
        for name in ("birth_month", "street", "place", "asked_on", "channel")
    }


def card_hash(card: str) -> str:
    return keyed_hash(f"handbook:{card}")


def tidy(card: str) -> str:
    return "".join(card.split()).replace("-", "").upper()


def known(card: str) -> GuidedChild | None:
    """The child on the list with this handbook."""
    return GuidedChild.objects.filter(card_hash=card_hash(tidy(card))).first()


def in_reach(street: Street | None, actor: Actor) -> None:
    actor.demand("guidance_service.keep")
    own_street(street, actor)
    if not Street.objects.allowed(actor, "guidance_service.keep").filter(pk=street.pk).exists():
        raise Denied(_("只能登记自己街镇的家庭"))


def take_on(
    *,
    actor: Actor,
    card: str,
    birth_month: date,
    street: Street,
    channel: str,
    asked_on: date,
    place: GuidancePlace | None = None,
    today: date | None = None,
) -> GuidedChild:
    """A family asks for guidance and agrees to the text in force on the day; the child gets a code.

    Refused with every problem at once; a handbook that is on the list already is refused with the child's code.
    """
    in_reach(street, actor)
    today, card, birth_month = today or timezone.localdate(), tidy(card), rules.first_of(birth_month)
    problems = rules.asking_problems(card, birth_month, asked_on, today)
    if channel not in Consent.Channel.values:
        problems.append(("channel", "choice", {}))
    if place is not None and (place.kind != place_rules.STATION or place.street_id != street.pk):
        problems.append(("place", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    text = consent_texts(asked_on).get("guidance")
    if text is None:
        refuse_field("asked_on", _("那天还没有“科学育儿指导”的同意书文本，由区教育局先发布"), "text")
    twin = GuidedChild.objects.filter(card_hash=card_hash(card)).select_related("street").first()
    if twin is not None and twin.ended_on is None:
        refuse_field(
            "card",
            _("这本手册已登记：%(code)s，%(street)s") % {"code": twin.code, "street": twin.street.name},
            "twin",
        )
    if twin is not None:  # came back: the earlier time on the list stays, without the handbook
        GuidedChild.objects.filter(pk=twin.pk).update(card_hash=None, card_tail="")
    made = GuidedChild.objects.create(
        code=f"{actor.district.prefix}G{next_number(SERIES):05d}",
        card_hash=card_hash(card),
        card_tail=card[-4:],
        birth_month=birth_month,
        street=street,
        place=place,
        asked_on=asked_on,
        consent=text,
        channel=channel,
        by=actor.user,
    )
    audit.record(
        "guidance.child.enter",
        made,
        actor=actor,
        changes={"street": street.name, "consent": text.number, "channel": channel},
    )
    return made


def take_on_many(rows: list[dict], *, actor: Actor, on: date) -> list[GuidedChild]:
    """As take_on for many, of dictionaries with card, birth_month, street, channel, asked_on, place: for the
    demonstration and the benches. One audit entry."""
    actor.demand("guidance_service.keep")
    text = consent_texts(on).get("guidance")
    if text is None:
        refuse_field("asked_on", _("还没有“科学育儿指导”的同意书文本"), "text")
    free = iter(next_numbers(SERIES, len(rows)))
    made = []
    for row in rows:
        refuse(
            rules.asking_problems(row["card"], row["birth_month"], row["asked_on"], on),
            rules.PROBLEMS,
            labels(),
        )
        made.append(
            GuidedChild(
                code=f"{actor.district.prefix}G{next(free):05d}",
                card_hash=card_hash(row["card"]),
                card_tail=row["card"][-4:],
                consent=text,
                by=actor.user,
                **{k: row[k] for k in ("birth_month", "street", "channel", "asked_on", "place")},
            )
        )
    GuidedChild.objects.bulk_create(made, batch_size=2000)
    audit.record("guidance.child.enter_many", None, actor=actor, changes={"new": len(made)})
    return made


def take_off(
    child: GuidedChild, *, actor: Actor, reason: str, on: date, today: date | None = None
) -> GuidedChild:
    """The family is no longer on the list. Where consent was withdrawn, the handbook is forgotten at once."""
    today = today or timezone.localdate()
    row = GuidedChild.objects.select_for_update(of=("self",)).select_related("street").get(pk=child.pk)
    in_reach(row.street, actor)
    if row.ended_on is not None:
        raise Conflict(_("%(code)s已经不在登记中") % {"code": row.code}, code="state")
    if reason not in rules.GIVEN_REASONS:
        refuse_key("reason", "choice", rules.PROBLEMS)
    if on > today:
        refuse_key("ended_on", "future", rules.PROBLEMS)
    if on < row.asked_on:
        refuse_key("ended_on", "before", rules.PROBLEMS, day=row.asked_on.isoformat())
    row.ended_on, row.end_reason = on, reason
    if reason == "withdrawn":
        apart_from_phones(row)
        row.card_hash, row.card_tail = None, ""
    row.save(update_fields=["ended_on", "end_reason", "card_hash", "card_tail"])
    audit.record("guidance.child.end", row, actor=actor, changes={"reason": reason, "on": on.isoformat()})
    return row


def apart_from_phones(child: GuidedChild) -> None:
    """No sign-up for an event, which has a phone, leads to the child any more; what it was given there stays."""
    found = EventChild.objects.filter(child=child, signup__isnull=False)
    found.exclude(signup__state="attended").delete()
    found.update(signup=None)
    if child.card_hash:
        EventSignup.objects.filter(card_hash=child.card_hash).update(card_hash=None)


def see_grown(*, actor: Actor, on: date) -> tuple[int, int]:
    """Each day: who is three leaves the list, handbooks of those who left child.retention_days ago are forgotten.

    Returns how many of either; again on the same day it changes nothing.
    """
    month = rules.first_of(on)
    born = date(month.year - rules.MONTHS // 12, month.month, 1)
    standing = GuidedChild.objects.filter(ended_on__isnull=True, birth_month__lt=born)
    grown = standing.update(ended_on=on, end_reason="grown")
    days = int(parameters.value("child.retention_days", on))
    over = GuidedChild.objects.filter(card_hash__isnull=False, ended_on__lte=on - timedelta(days))
    forgotten = over.update(card_hash=None, card_tail="")
    if grown or forgotten:
        audit.record(
            "guidance.child.clock", None, actor=actor, changes={"grown": grown, "forgotten": forgotten}
        )
    return grown, forgotten
