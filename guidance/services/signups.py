"""Families at an event: a code to the phone, the sign-up, the waiting list, the door, the evaluation, forgetting.

A family has no account. What it may do it does by its own link, which names the row and a nonce, signed.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services.consent_texts import consent_texts
from facilities.services.refusals import refuse_field, refuse_key
from guidance.models import EventRating, EventSignup, GuidanceEvent
from guidance.rules import events as rules
from guidance.rules.states import SIGNUP
from guidance.services import event_children, events
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.errors import Conflict, NotFound, Refused
from portal.models.places import District
from portal.services import audit, parameters, phone_codes, sms
from portal.services.steps import step

SALT = "guidance.event_signup"
PURPOSE = "event"
DAYS = "guidance.event_phone_days"


def phone_hash(phone: str) -> str:
    return keyed_hash(f"event-phone:{phone}")


def phone_of(text: str) -> str:
    phone = rules.tidy_phone(text)
    if not phone:
        refuse_key("phone", "phone", rules.PROBLEMS)
    return phone


def demand_open(event: GuidanceEvent, now: datetime) -> None:
    """Conflict before signing up opens, after it closes, and for what is not announced; it says when."""
    state = event.signing(now)
    if state == rules.NOT_YET:
        opens = timezone.localtime(event.opens_at)
        raise Conflict(_("%(when)s 起报名，还没有开始") % {"when": f"{opens:%Y-%m-%d %H:%M}"}, code="not_yet")
    if event.state == "cancelled":
        raise Conflict(_("这场活动不办了：%(why)s") % {"why": event.cancel_reason}, code="cancelled")
    if state == rules.CLOSED:
        raise Conflict(_("报名已经截止。看看别的活动，或者打公布的电话问"), code="closed")


def ask_code(
    event: GuidanceEvent, *, phone: str, address: str, actor: Actor, now: datetime | None = None
) -> str:
    """Sends a code to the phone for signing up; what phone_codes.send gives and refuses."""
    demand_open(event, now or timezone.now())
    words = _("【善育】验证码 %%(code)s，10 分钟内有效，用来报名“%(title)s”。不是你要的，不用理会。") % {
        "title": event.title.replace("%", "%%")
    }
    return phone_codes.send(
        phone_of(phone), purpose=PURPOSE, words=words, address=address, district=actor.district
    )


def sign_up(
    event: GuidanceEvent,
    *,
    phone: str,
    code: str,
    months: int,
    consent: bool,
    card: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> EventSignup:
    """A family signs up with the code that came to its phone: it has a place, or waits when there is none left. `card`:
    the child's handbook, where the family wants the event counted among the guidance that the child was given.

    One sign-up for a phone and event. Refused for a wrong code, an age that cannot be, a handbook that cannot be one, and
    without consent.
    """
    now, phone = now or timezone.now(), phone_of(phone)
    demand_open(event, now)
    if not 0 <= months <= rules.OLDEST:
        refuse_key("months", "age", rules.PROBLEMS)
    if not consent:
        refuse_key("consent", "consent", rules.PROBLEMS)
    handbook = event_children.hashed(card)
    try:
        phone_codes.check(phone, code, purpose=PURPOSE, district=actor.district)
    except Refused as refused:
        refuse_field("code", str(refused.message), refused.code)
    made = enter(event, phone=phone, months=months, handbook=handbook, actor=actor, now=now)
    transaction.on_commit(
        lambda: phone_codes.forget(phone, purpose=PURPOSE, district=actor.district), robust=True
    )
    events.tell(made, "signed", actor=actor)
    return made


def enter(
    event: GuidanceEvent,
    *,
    phone: str,
    months: int,
    actor: Actor,
    now: datetime,
    handbook: str | None = None,
) -> EventSignup:
    """The sign-up itself, of a phone that is proved: the event's row is held, so that places are never given twice.
    `handbook`: the keyed hash of its number."""
    row = events.lock(event)
    demand_open(row, now)
    text = consent_texts(timezone.localdate(now)).get(PURPOSE)
    if text is None:
        raise Conflict(_("还没有“活动报名”的同意书文本，不能网上报名。打公布的电话问"), code="text")
    made = EventSignup(
        event=row,
        phone=phone,
        phone_hash=phone_hash(phone),
        phone_tail=phone[-4:],
        months=months,
        consent=text,
        code=rules.new_code(),
        nonce=secrets.token_urlsafe(12),
        card_hash=handbook,
        state=rules.place_of(row.taken, row.capacity),
        signed_at=now,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("这个手机号已经报过名了，用短信里的链接看。要改月龄的，先取消再报")
        raise Conflict(sentence, field="phone", code="twice", errors={"phone": sentence}) from error
    events.count(row)
    audit.record(
        "guidance.event.sign_up",
        row,
        actor=actor,
        changes={"signup": made.pk, "state": made.state, "consent": text.number},
    )
    return made


# --- The own link


def token_of(signup: EventSignup) -> str:
    return signing.dumps([signup.pk, signup.nonce], salt=SALT)


def url_of(signup: EventSignup, district: District) -> str:
    return settings.PORTAL_URL.rstrip("/") + reverse("event-own", args=[district.slug, token_of(signup)])


def door_url(signup: EventSignup, district: District) -> str:
    """What the QR holds: the page of those at the door, with the code."""
    page = reverse("guidance-event-door", args=[district.slug, signup.event_id])
    return f"{settings.PORTAL_URL.rstrip('/')}{page}?code={signup.code}"


def by_token(token: str) -> EventSignup:
    """The sign-up of a link; NotFound for one that is altered, of another district, or forgotten."""
    wrong = NotFound(_("这个链接不对，或者报名信息已经按规定删除了。对照短信里的链接再看一遍"), code="token")
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise wrong from None
    rows = EventSignup.objects.select_related("event").defer("phone", "phone_hash")
    found = rows.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if found is None or not found.nonce or not secrets.compare_digest(str(nonce), found.nonce):
        raise wrong
    return found


def place_in_line(signup: EventSignup) -> int:
    """The how manieth of those who wait."""
    return EventSignup.objects.filter(event=signup.event_id, state="waiting", pk__lte=signup.pk).count()


def locked(signup: EventSignup) -> EventSignup:
    """The sign-up anew, once the event's row is held."""
    return EventSignup.objects.select_for_update(of=("self",)).get(pk=signup.pk)


def cancel_signup(signup: EventSignup, *, actor: Actor, now: datetime | None = None) -> EventSignup:
    """The family does not come; whoever waits first moves up and is told. The caller has checked the link.

    Conflict once the event has begun.
    """
    now = now or timezone.now()
    event = events.lock(signup.event)
    row = locked(signup)
    target = step(SIGNUP, row, "cancel")
    if event.state != "announced" or event.begins <= now:
        raise Conflict(_("活动已经开始或结束，不用再取消"), code="begun")
    before, row.state, row.cancelled_at = row.state, target, now
    row.save(update_fields=["state", "cancelled_at"])
    audit.record(
        "guidance.event.cancel_signup",
        event,
        actor=actor,
        changes={"signup": row.pk, "state": [before, row.state]},
    )
    events.count(event)
    events.move_up(event, actor=actor, now=now)
    return row


# --- The door


def by_code(event: GuidanceEvent, text: str) -> EventSignup:
    """The sign-up whose code was scanned or typed. NotFound for none, Conflict with the event's name for another's."""
    code = rules.tidy_code(text)
    found = EventSignup.objects.filter(code=code).select_related("event").first() if code else None
    if found is None:
        raise NotFound(
            _("没有这个签到码。看清 8 位字母数字再输一遍；没有报名的，按现场来的登记"),
            code="code",
            field="code",
        )
    if found.event_id != event.pk:
        raise Conflict(
            _("这是“%(title)s”（%(day)s）的签到码，不是这场的。没有报这场的，按现场来的登记")
            % {"title": found.event.title, "day": found.event.held_on.isoformat()},
            code="other_event",
            field="code",
        )
    return found


def check_in(event: GuidanceEvent, *, code: str, actor: Actor, now: datetime | None = None) -> EventSignup:
    """A family is there, on the event's day. Conflict for one that is checked in, cancelled or waits."""
    now = now or timezone.now()
    row = events.held(event, actor)
    if row.state != "announced":
        raise Conflict(_("活动没有在办，不能签到"), code="state", field="code")
    if row.held_on != timezone.localdate(now):
        raise Conflict(
            _("活动在 %(day)s，当天才能签到") % {"day": row.held_on.isoformat()}, code="day", field="code"
        )
    signup = locked(by_code(row, code))
    sentence = {
        "attended": _("这一户已经签到了"),
        "waiting": _("这一户还在候补，没有排到。有空位的，按现场来的登记"),
        "cancelled": _("这一户取消了报名。来了的，按现场来的登记"),
    }.get(signup.state)
    if sentence:
        raise Conflict(sentence, code=signup.state, field="code")
    signup.state, signup.attended_at, signup.by = step(SIGNUP, signup, "check_in"), now, actor.user
    signup.save(update_fields=["state", "attended_at", "by"])
    audit.record("guidance.event.check_in", row, actor=actor, changes={"signup": signup.pk})
    event_children.settle(row, actor=actor)
    return signup


def undo_check_in(signup: EventSignup, *, actor: Actor) -> EventSignup:
    """The wrong family was checked in."""
    event = events.held(signup.event, actor)
    if event.state != "announced":
        raise Conflict(_("活动已经办结，签到不能再改"), code="state")
    row = locked(signup)
    row.state, row.attended_at, row.by = step(SIGNUP, row, "undo"), None, None
    row.save(update_fields=["state", "attended_at", "by"])
    audit.record("guidance.event.undo_check_in", event, actor=actor, changes={"signup": row.pk})
    event_children.settle(event, actor=actor)
    return row


def reveal(signup: EventSignup, *, actor: Actor) -> str:
    """The phone of a family, for who holds the event; the click is on record."""
    events.held(signup.event, actor)
    row = EventSignup.objects.get(pk=signup.pk)
    if not row.phone:
        raise Refused(_("手机号已经按规定删除"), code="forgotten")
    audit.record("guidance.event.reveal", row, actor=actor, name=signup.event.title)
    return row.phone


# --- Afterwards


def may_rate(signup: EventSignup) -> bool:
    return (
        signup.event.state == "over"
        and signup.state == "attended"
        and not EventRating.objects.filter(signup=signup).exists()
    )


def rate(signup: EventSignup, *, score: int, words: str = "", actor: Actor) -> EventRating:
    """What a family that was there thinks, once, by its own link, after the event was closed."""
    event = events.lock(signup.event)
    row = locked(signup)
    if event.state != "over":
        raise Conflict(_("活动办结以后才能评价"), code="early")
    if row.state != "attended":
        raise Conflict(_("到了现场的家庭才能评价"), code="absent")
    if EventRating.objects.filter(signup=row).exists():
        raise Conflict(_("已经评价过了，一场活动只评一次"), code="rated")
    words = words.strip()
    if score not in rules.SCORES:
        refuse_key("score", "score", rules.PROBLEMS)
    if len(words) > rules.WORDS:
        refuse_key("words", "words", rules.PROBLEMS)
    made = EventRating.objects.create(event=event, signup=row, score=score, words=words)
    audit.record("guidance.event.rate", event, actor=actor, changes={"score": score})
    return made


def message(signup: EventSignup, what: str, district: District) -> str:
    """What a family reads on its phone; '' where it is no longer true."""
    event = signup.event
    facts = {
        "title": event.title,
        "day": event.held_on.isoformat(),
        "from": f"{event.starts_at:%H:%M}",
        "where": _("线上") if event.online else event.venue,
        "why": event.cancel_reason,
        "link": url_of(signup, district),
    }
    standing = event.state == "announced"
    if what == "cancelled" and event.state == "cancelled":
        return _("【善育】%(day)s 的“%(title)s”不办了：%(why)s") % facts
    if what.startswith("changed") and standing:
        return (
            _("【善育】“%(title)s”有变动，现在是 %(day)s %(from)s，%(where)s。来不了就取消：%(link)s") % facts
        )
    if what == "moved_up" and standing and signup.state == "in":
        return (
            _("【善育】“%(title)s”有了空位，你已经递补上：%(day)s %(from)s。来不了就取消：%(link)s") % facts
        )
    if what == "signed" and standing and signup.state == "in":
        return _("【善育】“%(title)s”已报名：%(day)s %(from)s，%(where)s。签到码和取消：%(link)s") % facts
    if what == "signed" and standing and signup.state == "waiting":
        return _("【善育】“%(title)s”名额已满，你在候补。有空位会发短信。查看和取消：%(link)s") % facts
    return ""


def tell_signup(signup: EventSignup, what: str, *, actor: Actor) -> bool:
    """Sends one message to one family, once; whether it went now."""
    row = EventSignup.objects.select_for_update(of=("self",)).select_related("event").get(pk=signup.pk)
    if what in row.told or not row.phone:
        return False
    text = message(row, what, actor.district)
    if not text:
        return False
    sms.deliver(row.phone, text, district=actor.district)
    row.told = [*row.told, what]
    row.save(update_fields=["told"])
    return True


def forget(*, actor: Actor, on: date) -> int:
    """Each day: telephones, codes and links of families whose event was over so many days ago; how many."""
    days = int(parameters.value(DAYS, on))
    last = on - timedelta(days)
    over = EventSignup.objects.filter(
        Q(event__closed_on__lte=last) | Q(event__closed_on__isnull=True, event__held_on__lte=last),
        forgotten_on__isnull=True,
    )
    event_children.forget(over)
    forgotten = over.update(
        phone=None, phone_hash=None, phone_tail="", code=None, nonce=None, card_hash=None, forgotten_on=on
    )
    if forgotten:
        audit.record("guidance.event.clock", None, actor=actor, changes={"forgotten": forgotten})
    return forgotten
