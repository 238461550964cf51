"""Families that are sent what fits their child's week of life: subscribing by a code to the phone, the day's choice, the
messages, opting out, counting.

Who opted out, or whose child is three, is deleted with all that was sent. A resource's link is the same for everybody:
that it was opened is counted, by whom nobody can know.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import date, timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services.consent_texts import consent_texts
from facilities.services.refusals import refuse_field, refuse_key
from guidance.models import GuidanceResource, ResourceDay, ResourceSending, ResourceSubscription
from guidance.rules import events as phones
from guidance.rules import resources as rules
from guidance.rules.states import SENDING
from portal.access import Actor
from portal.celery import app
from portal.crypto import keyed_hash
from portal.errors import Conflict, NotFound, Refused
from portal.models.places import District
from portal.services import audit, parameters, phone_codes, sms
from portal.services.steps import step

SALT = "guidance.resource_subscription"
PURPOSE = "resource"
PER_WEEK = "guidance.push_per_week"
#: Messages that the provider did not take can be tried again for so many days.
AGAIN_DAYS = 7


def phone_hash(phone: str) -> str:
    return keyed_hash(f"resource-phone:{phone}")


def phone_of(text: str) -> str:
    phone = phones.tidy_phone(text)
    if not phone:
        refuse_key("phone", "phone", rules.PROBLEMS)
    return phone


def ask_code(*, phone: str, address: str, actor: Actor) -> str:
    """Sends a code to the phone, for subscribing or opting out; what phone_codes.send gives and refuses."""
    words = _("【善育】验证码 %(code)s，10 分钟内有效，用来订阅或退订育儿资源。不是你要的，不用理会。")
    return phone_codes.send(
        phone_of(phone), purpose=PURPOSE, words=words, address=address, district=actor.district
    )


def proved(phone: str, code: str, actor: Actor) -> None:
    """Refused at the code's field unless the code that came to the phone was given back."""
    try:
        phone_codes.check(phone, code, purpose=PURPOSE, district=actor.district)
    except Refused as refused:
        refuse_field("code", str(refused.message), refused.code)
    transaction.on_commit(
        lambda: phone_codes.forget(phone, purpose=PURPOSE, district=actor.district), robust=True
    )


def subscribe(
    *,
    phone: str,
    code: str,
    born: date,
    language: str,
    consent: bool,
    actor: Actor,
    today: date | None = None,
) -> ResourceSubscription:
    """A family subscribes with the code that came to its phone. Of the day of birth the week is kept.

    One subscription for a phone; Refused for a wrong code, a day that cannot be, and without consent.
    """
    today, phone = today or timezone.localdate(), phone_of(phone)
    if key := rules.born_problem(born, today):
        refuse_key("born", key, rules.PROBLEMS)
    if language not in rules.LANGUAGES:
        refuse_key("language", "choice", rules.PROBLEMS)
    if not consent:
        refuse_key("consent", "consent", rules.PROBLEMS)
    proved(phone, code, actor)
    return enter(phone=phone, born=born, language=language, actor=actor, today=today)


def enter(*, phone: str, born: date, language: str, actor: Actor, today: date) -> ResourceSubscription:
    """The subscription itself, of a phone that is proved."""
    text = consent_texts(today).get(PURPOSE)
    if text is None:
        raise Conflict(_("还没有“资源订阅”的同意书文本，不能订阅。资源照样可以看"), code="text")
    made = ResourceSubscription(
        phone=phone, phone_hash=phone_hash(phone), nonce=secrets.token_urlsafe(12), language=language,
        birth_week=rules.week_of(born), consent=text, since=today,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("这个手机号已经订阅了。要改孩子的出生日期，先退订再订阅")
        raise Conflict(sentence, field="phone", code="twice", errors={"phone": sentence}) from error
    audit.record("guidance.resource.subscribe", None, actor=actor, changes={"consent": text.number})
    return made


# --- Opting out


def token_of(row: ResourceSubscription) -> str:
    return signing.dumps([row.pk, row.nonce], salt=SALT)


def own_url(row: ResourceSubscription, district: District) -> str:
    return settings.PORTAL_URL.rstrip("/") + reverse("resource-own", args=[district.slug, token_of(row)])


def open_url(code: str, district: District) -> str:
    """The same for every family: it counts and leads on to the resource's page."""
    return settings.PORTAL_URL.rstrip("/") + reverse("resource-open", args=[district.slug, code])


def by_token(token: str) -> ResourceSubscription:
    """The subscription of a link; NotFound for one that is altered, of another district, or ended."""
    wrong = NotFound(_("这个链接不对，或者已经退订：手机号已经删除，不会再收到短信"), code="token")
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise wrong from None
    rows = ResourceSubscription.objects.defer("phone", "phone_hash")
    found = rows.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if found is None or not secrets.compare_digest(str(nonce), found.nonce):
        raise wrong
    return found


def stop(row: ResourceSubscription, *, actor: Actor) -> None:
    """The family opts out: phone, week of birth and what was sent are deleted at once."""
    ResourceSubscription.objects.filter(pk=row.pk).delete()
    audit.record("guidance.resource.opt_out", None, actor=actor, changes={"deleted": 1})


def stop_phone(*, phone: str, code: str, actor: Actor) -> None:
    """As stop, with a code to the phone instead of the link. What the answer says does not depend on whether the phone
    was subscribed; the code proves whose it is."""
    phone = phone_of(phone)
    proved(phone, code, actor)
    row = ResourceSubscription.objects.filter(phone_hash=phone_hash(phone)).defer("phone").first()
    if row is not None:
        stop(row, actor=actor)


def forget_grown(*, actor: Actor, on: date) -> int:
    """Each day: subscriptions whose child is three; how many."""
    last = rules.week_of(on) - timedelta(weeks=rules.LAST_WEEK)
    number, _all = ResourceSubscription.objects.filter(birth_week__lt=last).delete()
    gone = _all.get("guidance.ResourceSubscription", 0)
    if number:
        audit.record("guidance.resource.clock", None, actor=actor, changes={"deleted": gone})
    return gone


# --- The day's messages


def plan_day(*, actor: Actor, on: date) -> int:
    """Each day: what fits the week of life of each child, once, and no more in seven days than the district says; how
    many messages are on their way. Nothing is planned where nothing can be sent."""
    if not sms.possible(actor.district):
        return 0
    offered: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    shown = GuidanceResource.objects.filter(state="published", pushed=True).exclude(audience=rules.FACILITY)
    for one in shown.only("code", "language", "weeks_from", "weeks_until"):
        offered[one.language].append((one.code, one.weeks_from, one.weeks_until))
    had, lately, done = defaultdict(set), defaultdict(int), set()
    first = on - timedelta(6)
    for family, code, day in ResourceSending.objects.order_by().values_list(
        "subscription_id", "code", "planned_on"
    ):
        had[family].add(code)
        lately[family] += day >= first
        if day == on:  # one a day: a task that comes twice plans nothing twice
            done.add(family)
    most = int(parameters.value(PER_WEEK, on))
    planned = []
    for row in ResourceSubscription.objects.only("pk", "birth_week", "language").iterator(chunk_size=2000):
        age = rules.weeks_old(row.birth_week, on)
        room = 0 if row.pk in done else min(1, most - lately[row.pk])
        for code in rules.next_ones(age, offered[row.language], had[row.pk], room):
            planned.append(ResourceSending(subscription_id=row.pk, code=code, planned_on=on))
    made = ResourceSending.objects.bulk_create(planned, batch_size=2000)
    _queue([one.pk for one in made], actor)
    if made:
        audit.record("guidance.resource.plan", None, actor=actor, changes={"planned": len(made)})
    return len(made)


def _queue(pks: list[int], actor: Actor) -> None:
    def send() -> None:
        for pk in pks:
            app.send_task("guidance.push_resource", args=[actor.district.pk, pk])

    transaction.on_commit(send)


def push(sending: ResourceSending, *, actor: Actor, on: date) -> bool:
    """One message to one family; delivered twice it goes once. Whether the provider took it."""
    row = (
        ResourceSending.objects.select_for_update(of=("self",))
        .select_related("subscription")
        .filter(pk=sending.pk)
        .first()
    )
    if row is None or row.state != "queued":
        return False
    resource = GuidanceResource.objects.filter(code=row.code, state="published").first()
    if resource is None:  # withdrawn since the morning
        row.delete()
        return False
    try:
        sms.deliver(
            row.subscription.phone,
            message(resource, row.subscription, actor.district),
            district=actor.district,
        )
    except Refused:
        row.state = step(SENDING, row, "fail")
        count(row.code, on, failed=1)
    else:
        row.state = step(SENDING, row, "send")
        count(row.code, on, sent=1)
    row.save(update_fields=["state"])
    return row.state == "sent"


def message(resource: GuidanceResource, row: ResourceSubscription, district: District) -> str:
    return _("【善育】给 %(weeks)d 周宝宝的家长：%(title)s %(link)s 退订：%(out)s") % {
        "weeks": rules.weeks_old(row.birth_week, timezone.localdate()),
        "title": resource.title,
        "link": open_url(resource.code, district),
        "out": own_url(row, district),
    }


def not_sent(on: date):
    """What the provider did not take, and what is on its way since yesterday or longer."""
    return ResourceSending.objects.filter(
        Q(state="failed") | Q(state="queued", planned_on__lt=on), planned_on__gt=on - timedelta(AGAIN_DAYS)
    )


def send_again(*, actor: Actor, today: date | None = None) -> int:
    """Tries what did not go in the last days once more; how many."""
    actor.demand("resource.manage")
    rows = list(not_sent(today or timezone.localdate()).select_for_update(of=("self",)))
    if not rows:
        raise Conflict(_("没有要再发的短信"), code="none")
    for row in rows:
        if row.state == "failed":
            row.state = step(SENDING, row, "again")
    ResourceSending.objects.bulk_update(rows, ["state"])
    _queue([row.pk for row in rows], actor)
    audit.record("guidance.resource.again", None, actor=actor, changes={"sendings": len(rows)})
    return len(rows)


# --- Counting


def count(code: str, day: date, **more: int) -> None:
    """Adds to what became of a resource on a day."""
    row, _made = ResourceDay.objects.get_or_create(code=code, day=day)
    ResourceDay.objects.filter(pk=row.pk).update(**{name: F(name) + n for name, n in more.items()})


def opened(code: str, *, today: date | None = None) -> bool:
    """Somebody opened the link of a message; whether there is such a public resource."""
    if not GuidanceResource.objects.filter(code=code, state="published").exists():
        return False
    count(code, today or timezone.localdate(), opened=1)
    return True


def sums(codes: list[str]) -> dict[str, dict]:
    """Sent, not sent and opened of each, since the beginning."""
    rows = ResourceDay.objects.filter(code__in=codes).order_by().values("code")
    return {
        one["code"]: one
        for one in rows.annotate(sent=Sum("sent"), failed=Sum("failed"), opened=Sum("opened"))
    }


def families() -> int:
    return ResourceSubscription.objects.aggregate(n=Count("pk"))["n"]
