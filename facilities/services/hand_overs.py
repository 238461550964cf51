"""A person moves to another district: certificates and hours come along, with consent, on record on both sides.

The asking district names number, name and consent; a function of the database (facilities/across.py) matches the
number by its hash in the giving district, writes the log there and gives certificates and training, nothing else.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import across
from facilities.models import Certificate, HandOver, HandOverGiven, StaffMember, TrainingRecord
from facilities.rules import numbers
from facilities.rules import staff as rules
from facilities.services import staff as staff_services
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.celery import app
from portal.errors import NotFound
from portal.models.places import District
from portal.models.records import AuditEntry
from portal.services import audit
from portal.services.files import store_file
from portal.templatetags.ui import masked

#: A consent is for the move at hand.
CONSENT_DAYS = 180
GIVEN = "facilities.hand_over.given"


def labels() -> dict[str, str]:
    return {
        "name": _("姓名"), "identity": _("身份证号"), "giving": _("从哪个区"), "consent_on": _("同意日期"),
        "purpose": _("用途"), "upload": _("同意书"),
    }  # fmt: skip


def ask_hand_over(
    *,
    actor: Actor,
    giving: District,
    name: str,
    identity: str,
    upload,
    consent_on: date,
    purpose: str,
    now: datetime | None = None,
) -> HandOver:
    """Copies a person's certificates and hours from another district into this one.

    upload: the paper that the person signed on `consent_on` for `purpose`. Answers the hand-over, 'received' with the
    person's row of this district, or 'not_found' when the other district has nobody of this number and name.
    Refused without consent, for a banned person, and for values that make no sense.
    """
    actor.demand("hand_over.ask")
    now = now or timezone.now()
    today = timezone.localdate(now)
    name, identity, purpose = name.strip(), numbers.tidy(identity), " ".join(purpose.split())
    problems, sentences = [], dict(rules.PROBLEMS)
    if not 2 <= len(name) <= 40:
        problems.append(("name", "name", {}))
    key, facts = numbers.identity_problem(identity, today)
    if key:
        problems.append(("identity", key, facts))
        sentences |= numbers.PROBLEMS
    if consent_on > today:
        problems.append(("consent_on", "future", {}))
    refuse(problems, sentences, labels())
    if consent_on < today - timedelta(CONSENT_DAYS):
        refuse_field("consent_on", _("同意书超过 %(n)d 天了，要本人重新签") % {"n": CONSENT_DAYS})
    if not 2 <= len(purpose) <= 200:
        refuse_field("purpose", _("写交接用来做什么，2 到 200 个字"))
    if not upload:
        refuse_field("upload", _("附上本人签字的同意书，没有同意不能交接"))
    if giving.pk == actor.district.pk or giving.is_city:
        refuse_field("giving", _("选另一个区"))
    hashed = staff_services.identity_hash(identity)
    staff_services.one_at_a_time(hashed)
    if across.banned([hashed]):
        staff_services.not_hirable(
            actor, "ban.view", _("这个身份证号在终身禁入名单上，不得聘用（《未成年人保护法》第六十二条）")
        )
    member = StaffMember.objects.select_for_update().filter(identity_hash=hashed).first()
    if member is not None and member.name != name:
        refuse_field("name", _("这个身份证号已登记在另一个姓名下。对照证件核对姓名"), "other_name")
    consent = store_file(upload, actor=actor)
    asked = HandOver.objects.create(
        giving=giving,
        name=name,
        identity=identity,
        identity_hash=hashed,
        consent=consent,
        consent_on=consent_on,
        purpose=purpose,
        asked_by=actor.user,
        asked_at=now,
    )
    records = across.handed_over(asked.pk)
    if records is None:
        asked.state = HandOver.State.NOT_FOUND
    else:
        member = member or staff_services.new_member(name, identity, actor=actor)
        asked.state, asked.staff = HandOver.State.RECEIVED, member
        asked.certificates = take_certificates(member, records["certificates"], asked.token)
        asked.trainings = take_training(member, records["training"], asked.token)
        # the giving district's own log of changes; its row of the hand-over stands already
        names = [giving.pk, str(asked.token)]
        transaction.on_commit(lambda: app.send_task("facilities.note_hand_over", args=names))
    asked.save(update_fields=["state", "staff", "certificates", "trainings"])
    audit.record(
        "facilities.hand_over.ask",
        asked,
        actor=actor,
        name=f"{giving.name} {masked(name)}",
        changes={
            "state": asked.state,
            "consent_on": consent_on.isoformat(),
            "consent": consent.sha256,
            "purpose": purpose,
            "certificates": asked.certificates,
            "trainings": asked.trainings,
        },
    )
    return asked


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def take_certificates(member: StaffMember, given: list[dict], token: UUID) -> int:
    """Those that the person has not in this district; returns how many they were."""
    held = set(member.certificates.values_list("kind", "number"))
    rows = [
        Certificate(
            staff=member,
            kind=one["kind"],
            number=one["number"],
            issued_on=day(one["issued_on"]),
            valid_until=day(one["valid_until"]),
            hand_over=token,
        )
        for one in given
        if (one["kind"], one["number"]) not in held
    ]
    return len(Certificate.objects.bulk_create(rows))


def take_training(member: StaffMember, given: list[dict], token: UUID) -> int:
    done = set(member.training.values_list("kind", "course", "done_on"))
    rows = [
        TrainingRecord(
            staff=member,
            kind=one["kind"],
            course=one["course"],
            provider=one["provider"],
            hours=Decimal(one["hours"]),
            done_on=day(one["done_on"]),
            passed=one["passed"],
            hand_over=token,
        )
        for one in given
        if (one["kind"], one["course"], day(one["done_on"])) not in done
    ]
    return len(TrainingRecord.objects.bulk_create(rows))


def note_given(token: UUID, *, actor: Actor) -> HandOverGiven:
    """The giving district's entry in its log of changes, once; NotFound for a token that gave nothing here."""
    given = (
        HandOverGiven.objects.select_related("asking", "staff")
        .defer("staff__identity", "staff__phone")
        .filter(token=token)
        .first()
    )
    if given is None:
        raise NotFound(_("没有这次交接"), code="hand_over")
    staff_services.one_at_a_time(str(token))
    subject = given._meta.label_lower
    if not AuditEntry.objects.filter(action=GIVEN, subject_type=subject, subject_id=given.pk).exists():
        audit.record(
            GIVEN,
            given,
            actor=actor,
            name=f"{given.asking.name} {given.staff.code} {masked(given.staff.name)}",
            changes={
                "consent_on": given.consent_on.isoformat(),
                "purpose": given.purpose,
                "certificates": given.certificates,
                "trainings": given.trainings,
            },
        )
    return given
