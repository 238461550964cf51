"""The credit record: an entry is made by one person with its document, confirmed by another, told to the facility, and
takes effect when the time for objections is over; it ends by its date. What is asked of it: credit_requests.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CreditEntry, Facility
from facilities.rules import credit as rules
from facilities.services.refusals import refuse, refuse_field, refuse_key
from portal import calendar
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Denied
from portal.models.people import User
from portal.rules.official import document_number
from portal.services import audit, numbers, parameters, publicity
from portal.services.files import store_file
from portal.services.steps import step

#: What of an entry anybody reads.
PUBLIC = ("title", "authority", "document")


def labels() -> dict[str, str]:
    names = ("title", "facts", "authority", "document", "decided_on", "matter", "kind", "ground", "file")
    return {name: str(CreditEntry._meta.get_field(name).verbose_name) for name in names} | {
        "until": _("期限到"),
        "upload": _("决定书"),
    }


def locked(entry: CreditEntry) -> CreditEntry:
    return CreditEntry.objects.select_for_update(of=("self",)).select_related("facility").get(pk=entry.pk)


def two_people(actor: Actor, *first: User | None) -> None:
    if actor.user is None or any(actor.same_person(one) for one in first):
        raise Denied(_("要两个人来办：录入、提出的人不能自己决定"))


def moved(entry: CreditEntry, action: str, *fields: str) -> CreditEntry:
    """The entry in its next state, saved with the fields that changed."""
    entry.state = step(rules.CREDIT, entry, action)
    entry.save(update_fields=["state", *fields])
    return entry


def told(action: str, entry: CreditEntry, actor: Actor, **facts) -> None:
    audit.record(
        f"facilities.credit.{action}",
        entry,
        actor=actor,
        changes={"facility": entry.facility.code, "kind": entry.kind, **facts},
    )


def propose(
    facility: Facility,
    *,
    actor: Actor,
    kind: str,
    title: str,
    facts: str,
    authority: str,
    document: str,
    decided_on: date,
    upload,
    matter: str = "general",
    until: date | None = None,
    ground: CreditEntry | None = None,
    now: datetime | None = None,
) -> CreditEntry:
    """Enters a decision with its document; nothing holds before a second person confirms it.

    until: the last day, where the decision names one; else the district's parameters say how long. ground: the
    penalty or broken promise in force on which a place on the discipline list rests. Refused with every problem;
    Conflict where the facility stands on the list, or is about to.
    """
    actor.demand("credit.propose")
    now = now or timezone.now()
    today = timezone.localdate(now)
    texts = {
        "title": title.strip(),
        "facts": facts.strip(),
        "authority": authority.strip(),
        "document": document.strip(),
    }
    found = []
    if kind not in CreditEntry.Kind.values:
        found.append(("kind", "choice", {}))
    if matter not in CreditEntry.Matter.values:
        found.append(("matter", "choice", {}))
    values = {**texts, "kind": kind, "matter": matter, "decided_on": decided_on, "until": until}
    found += rules.problems(values, today)
    if not upload:
        found.append(("upload", "file", {}))
    if kind == rules.DISCIPLINE and not rests_on(ground, facility, today):
        found.append(("ground", "ground", {}))
    elif kind != rules.DISCIPLINE and ground is not None:
        found.append(("ground", "no_ground", {}))
    refuse(found, rules.PROBLEMS, labels())
    for name in PUBLIC:
        publicity.demand(texts[name], field=name, label=labels()[name])
    if until is None and kind == rules.PENALTY:
        last = rules.end_of(kind, decided_on, today, parameters.values(rules.PARAMETERS, today))
        if last is not None and last < today:
            refuse_key("decided_on", "over", rules.PROBLEMS, day=last.isoformat())
    Facility.objects.select_for_update().get(pk=facility.pk)  # two at once for one list: the second waits
    not_listed(facility, kind)
    made = CreditEntry.objects.create(
        number=f"CX-{today.year}-{numbers.next_number(f'credit {today.year}'):04d}",
        facility=facility,
        kind=kind,
        matter=matter,
        **texts,
        decided_on=decided_on,
        ends_on=until,
        file=store_file(upload, actor=actor),
        ground=ground,
        entered_by=actor.user,
        entered_at=now,
    )
    told("propose", made, actor, document=made.document, file=made.file.sha256)
    return made


def rests_on(ground: CreditEntry | None, facility: Facility, today: date) -> bool:
    return (
        ground is not None
        and ground.facility_id == facility.pk
        and CreditEntry.objects.standing(today).filter(pk=ground.pk, kind__in=rules.GROUNDS).exists()
    )


def not_listed(facility: Facility, kind: str) -> None:
    """Conflict where the facility has, or will have, this place; or is on the discipline list and would be honoured by
    the other."""
    if kind not in rules.LISTS:
        return
    others = CreditEntry.objects.filter(facility=facility, state__in=rules.OPEN)
    same = others.filter(kind=kind).first()
    if same is not None:
        raise Conflict(
            _("%(name)s已有一条“%(kind)s”%(number)s，状态是“%(state)s”")
            % {
                "name": facility.name,
                "kind": same.get_kind_display(),
                "number": same.number,
                "state": same.get_state_display(),
            },
            field="kind",
            code="twice",
        )
    if kind == rules.INCENTIVE and others.filter(kind=rules.DISCIPLINE).exists():
        raise Conflict(
            _("%(name)s在失信联合惩戒名单上，或者正要列入，不能列入激励名单") % {"name": facility.name},
            field="kind",
            code="disciplined",
        )


def confirm(entry: CreditEntry, *, actor: Actor, note: str = "", now: datetime | None = None) -> CreditEntry:
    """The second person: an honour takes effect, everything else is told to the facility, whose time to object begins."""
    actor.demand("credit.confirm")
    now = now or timezone.now()
    today = timezone.localdate(now)
    entry = locked(entry)
    two_people(actor, entry.entered_by)
    step(rules.CREDIT, entry, "notify" if entry.kind in rules.AGAINST else "accept")
    publicity.demand_none((getattr(entry, name) for name in PUBLIC), _("不确认，改了再录"))
    if entry.kind == rules.DISCIPLINE and not rests_on(entry.ground, entry.facility, today):
        raise Conflict(_("所依据的记录已经不在生效，不能列入联合惩戒"), code="ground")
    if entry.kind == rules.INCENTIVE:
        disciplined = CreditEntry.objects.filter(
            facility=entry.facility, kind=rules.DISCIPLINE, state__in=rules.OPEN
        )
        if disciplined.exists():
            raise Conflict(
                _("%(name)s在失信联合惩戒名单上，或者正要列入，不能列入激励名单")
                % {"name": entry.facility.name},
                code="disciplined",
            )
    entry.confirmed_by, entry.confirmed_at, entry.note = actor.user, now, note.strip()[:300]
    kept = ("confirmed_by", "confirmed_at", "note")
    if entry.kind not in rules.AGAINST:
        entry.save(update_fields=kept)
        return _hold(entry, "accept", actor=actor, on=today)
    values = parameters.values(rules.PARAMETERS, today)
    entry.objection_until = calendar.add_working_days(today, int(values.get(rules.OBJECTION_DAYS, 0)))
    word = values.get(rules.WORD, "")
    entry.notice_number = document_number(
        word, today.year, numbers.next_number(f"credit notice {today.year}")
    )
    moved(entry, "notify", *kept, "objection_until", "notice_number")
    told("notify", entry, actor, state=["proposed", "noticed"], until=entry.objection_until.isoformat())
    names = [actor.district.pk, entry.pk]
    transaction.on_commit(lambda: app.send_task("facilities.print_credit_notice", args=names))
    return entry


def decline(entry: CreditEntry, *, actor: Actor, note: str, now: datetime | None = None) -> CreditEntry:
    """The second person does not find it right; the note says why."""
    actor.demand("credit.confirm")
    entry = locked(entry)
    two_people(actor, entry.entered_by)
    step(rules.CREDIT, entry, "decline")
    entry.confirmed_by, entry.confirmed_at = actor.user, now or timezone.now()
    entry.note = reason_of("note", note, 300)
    moved(entry, "decline", "confirmed_by", "confirmed_at", "note")
    told("decline", entry, actor, state=["proposed", "declined"], note=entry.note)
    return entry


def reason_of(field: str, text: str, most: int) -> str:
    text = text.strip()
    if not 2 <= len(text) <= most:
        refuse_field(field, _("写理由，2 到 %(n)d 个字") % {"n": most})
    return text


def _hold(entry: CreditEntry, action: str, *, actor: Actor, on: date) -> CreditEntry:
    """In force from `on`, with its last day and the day of repair by the parameters of that day. A place on the
    discipline list ends one on the other."""
    values = parameters.values(rules.PARAMETERS, on)
    entry.starts_on = on
    if entry.ends_on is None:
        entry.ends_on = rules.end_of(entry.kind, entry.decided_on, on, values)
    entry.repair_from = rules.repairable_from(entry.kind, entry.matter, entry.decided_on, on, values)
    before = entry.state
    moved(entry, action, "starts_on", "ends_on", "repair_from")
    told(action, entry, actor, state=[before, "in_force"])
    if entry.kind == rules.DISCIPLINE:
        for other in CreditEntry.objects.filter(
            facility=entry.facility, kind=rules.INCENTIVE, state="in_force"
        ):
            leave(other, "release", actor=actor, on=on, note=_("列入失信联合惩戒"))
    return entry


def leave(entry: CreditEntry, action: str, *, actor: Actor, on: date, note: str = "") -> CreditEntry:
    """Ends an entry from `on` (repaired, released, expired, revoked); what rests on a revoked one is revoked, too."""
    entry = locked(entry)
    before = entry.state
    entry.left_on, entry.left_note = on, note[:300]
    moved(entry, action, "left_on", "left_note")
    told(action, entry, actor, state=[before, entry.state], note=note)
    entry.requests.filter(state="open").update(
        state="withdrawn", decided_at=timezone.now(), answer=_("记录已不在生效")
    )
    if action == "revoke":
        for resting in CreditEntry.objects.filter(ground=entry, state__in=rules.OPEN):
            leave(
                resting,
                "revoke",
                actor=actor,
                on=on,
                note=_("所依据的记录 %(number)s 已撤销") % {"number": entry.number},
            )
    return entry


def take_effect(entry: CreditEntry, *, actor: Actor, on: date | None = None) -> CreditEntry:
    """What was told takes effect. Conflict while an objection may still be made, or waits for its answer."""
    on = on or timezone.localdate()
    entry = locked(entry)
    step(rules.CREDIT, entry, "take_effect")
    if entry.objection_until and on <= entry.objection_until:
        raise Conflict(_("异议期到 %(day)s") % {"day": entry.objection_until.isoformat()}, code="not_yet")
    if entry.requests.filter(state="open").exists():
        raise Conflict(_("有异议还没有答复"), code="objected")
    return _hold(entry, "take_effect", actor=actor, on=on)


def see(*, on: date, actor: Actor) -> tuple[int, int]:
    """What the day brings: entries whose time for objections is over take effect, those whose term is over end.

    How many of each. Again on the same day it changes nothing.
    """
    due = CreditEntry.objects.filter(state="noticed", objection_until__lt=on).exclude(requests__state="open")
    began = [take_effect(row, actor=actor, on=on) for row in due.order_by("objection_until", "pk")]
    over = CreditEntry.objects.filter(state="in_force", ends_on__lt=on).order_by("ends_on", "pk")
    ended = [leave(row, "expire", actor=actor, on=row.ends_on + timedelta(1)) for row in over]
    return len(began), len(ended)
