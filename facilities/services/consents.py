"""What parents give and sign: consent for each purpose by itself, the agreement with a facility, and its withdrawal."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Agreement, AgreementText, Child, Consent, ConsentText, Facility, Kinship, Parent
from facilities.rules import families as rules
from facilities.services import children, enrolments
from facilities.services.child_records import may_enrol, may_keep
from facilities.services.consent_texts import consent_texts, consents_of
from facilities.services.refusals import refuse, refuse_field, refuse_key
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound
from portal.services import audit
from portal.services.files import store_file


def labels() -> dict[str, str]:
    return {
        "on": _("日期"), "fee": _("约定的收费"), "parent": _("家长"),
    }  # fmt: skip


def signer(child: Child, parent: Parent) -> Kinship:
    """The parent, who must be one who signs for the child."""
    kin = child.kinships.filter(parent=parent).first()
    if kin is None:
        refuse_field("parent", _("这个人不是这个幼儿的家长"), "parent")
    if not kin.signs:
        refuse_field("parent", _("%(name)s不能替幼儿签字，要由父母签") % {"name": parent.shown}, "signs")
    return kin


def give_consent(
    child: Child,
    *,
    actor: Actor,
    parent: Parent,
    purpose: str,
    channel: str,
    on: date,
    upload=None,
    today: date | None = None,
) -> Consent:
    """A parent's consent for one purpose, to the text in force on the day; with the signed paper if there is one.

    One purpose, one consent: a child under 14 needs a consent of its own (PIPL 29, 31), so a text that was not
    written for children is refused. An earlier consent that no longer holds is closed.
    """
    may_keep(child, actor)
    today = today or timezone.localdate()
    known = set(ConsentText.Purpose.values) - set(rules.NOT_OF_CHILDREN)
    if purpose not in known or channel not in Consent.Channel.values:
        refuse_key("purpose", "choice", rules.PROBLEMS)
    if on > today:
        refuse_key("on", "future", rules.PROBLEMS)
    signer(child, parent)
    text = consent_texts(on).get(purpose)
    if text is None:
        raise NotFound(
            _("“%(purpose)s”还没有同意书文本，由区教育局先发布")
            % {"purpose": ConsentText.Purpose(purpose).label},
            code="text",
        )
    if not text.for_children and children.needs_separate_consent(child, on):
        refuse_field("purpose", _("不满十四周岁要单独同意，这份文本不是为此写的"), "separate")
    Child.objects.select_for_update().get(pk=child.pk)
    if purpose in consents_of(child, on):
        raise Conflict(_("这一项已经同意过"), code="twice")
    file = store_file(upload, actor=actor) if upload else None
    child.consents.filter(purpose=purpose, withdrawn_on__isnull=True).update(withdrawn_on=on)
    made = Consent.objects.create(
        child=child,
        parent=parent,
        text=text,
        purpose=purpose,
        channel=channel,
        given_on=on,
        file=file,
        by=actor.user,
    )
    audit.record(
        "facilities.consent.give",
        child,
        actor=actor,
        changes={"purpose": purpose, "text": text.number, "channel": channel, "parent": parent.code},
    )
    return made


def withdraw_consent(consent: Consent, *, actor: Actor, on: date, today: date | None = None) -> Consent:
    """A parent takes a consent back, as easily as it was given. Without the consent that care rests on the child's
    enrolments end that day, and its record is due for deletion."""
    today = today or timezone.localdate()
    row = Consent.objects.select_for_update(of=("self",)).select_related("child").get(pk=consent.pk)
    own = Child.objects.allowed(actor, "child.own").filter(pk=row.child_id).exists()
    if not own:
        may_keep(row.child, actor)
    if row.withdrawn_on is not None:
        raise Conflict(_("这一项已经撤回"), code="state")
    if on > today:
        refuse_key("on", "future", rules.PROBLEMS)
    if on < row.given_on:
        refuse_key("on", "before", rules.PROBLEMS, day=row.given_on.isoformat())
    row.withdrawn_on = on
    row.save(update_fields=["withdrawn_on"])
    audit.record("facilities.consent.withdraw", row.child, actor=actor, changes={"purpose": row.purpose})
    if row.purpose in rules.NEEDED_CONSENTS:
        enrolments.end_all(row.child, actor=actor, on=on, reason=_("家长撤回同意"))
    return row


def sign_agreement(
    child: Child,
    facility: Facility,
    *,
    actor: Actor,
    parent: Parent,
    fee: str,
    on: date,
    upload=None,
    today: date | None = None,
) -> Agreement:
    """A parent signs the version in force with a facility at a fee; the agreement before it ends the day before."""
    may_keep(child, actor)
    may_enrol(facility, actor)
    today, fee = today or timezone.localdate(), fee.strip()
    problems = []
    if on > today:
        problems.append(("on", "future", {}))
    if not 2 <= len(fee) <= 80:
        problems.append(("fee", "fee", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if not child.enrolments.open().filter(facility=facility).exists():
        raise Denied(_("这个幼儿没有在%(name)s登记") % {"name": facility.name})
    signer(child, parent)
    text = AgreementText.objects.in_force(on).first()
    if text is None:
        raise NotFound(_("还没有协议文本，由区教育局先发布"), code="text")
    Child.objects.select_for_update().get(pk=child.pk)
    last = child.agreements.filter(facility=facility, ends_on__isnull=True).first()
    if last is not None:
        if last.text_id == text.pk and last.fee == fee:
            raise Conflict(_("这一版协议已经签过"), code="twice")
        if on < last.signed_on:
            refuse_key("on", "before", rules.PROBLEMS, day=last.signed_on.isoformat())
        last.ends_on = on
        last.save(update_fields=["ends_on"])
    made = Agreement.objects.create(
        child=child,
        facility=facility,
        parent=parent,
        text=text,
        fee=fee,
        signed_on=on,
        file=store_file(upload, actor=actor) if upload else None,
        by=actor.user,
    )
    audit.record(
        "facilities.agreement.sign",
        child,
        actor=actor,
        changes={"facility": facility.code, "text": text.number, "parent": parent.code},
    )
    return made
