"""Admission, the last day, and the health check that a child enters with."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CareClass, Child, Clinic, Enrolment, Facility, HealthCertificate, Site
from facilities.models.enrolments import Mode
from facilities.rules import families as rules
from facilities.rules.states import ENROLMENT
from facilities.services import children
from facilities.services.child_records import may_enrol, may_keep
from facilities.services.consent_texts import consents_of
from facilities.services.refusals import refuse, refuse_field, refuse_key
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.rules.machine import NotNow
from portal.services import audit, parameters
from portal.services.files import store_file


def months_after(day: date, months: int) -> date:
    """The same day so many months later, the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(day)


def missing(enrolment: Enrolment, on: date) -> list[tuple[str, dict]]:
    """What stands against an admission on a day: keys of rules.families.MISSING with facts."""
    child, facility = enrolment.child, enrolment.facility
    found = []
    if facility.state != "operating":
        found.append(("closed", {}))
    if facility.kind == "baby_house":
        site = Site.objects.filter(facility=facility).first()
        if site is None or enrolment.mode not in site.modes:
            found.append(("mode", {}))
    fit = child.health_certificates.filter(fit=True, issued_on__lte=on).order_by("-valid_until").first()
    agreed = child.agreements.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on), facility=facility, signed_on__lte=on
    ).exists()
    return found + rules.missing_for_admission(
        age=children.age_problem(child, facility.kind, on),
        on=on,
        consents=set(consents_of(child, on)),
        certificate_until=fit.valid_until if fit else None,
        declared=children.declared(child),
        agreed=agreed,
    )


def missing_words(found: list[tuple[str, dict]]) -> list[str]:
    return [_(rules.MISSING[key]) % facts for key, facts in found]


def locked(enrolment: Enrolment, actor: Actor) -> Enrolment:
    row = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("child", "facility")
        .get(pk=enrolment.pk)
    )
    may_enrol(row.facility, actor)
    return row


def step(row: Enrolment, action: str) -> str:
    try:
        return ENROLMENT.next_state(row.state, action)
    except NotNow:
        raise Conflict(
            _("%(code)s 现在是“%(state)s”") % {"code": row.child.code, "state": row.get_state_display()},
            code="state",
        ) from None


def admit(
    enrolment: Enrolment,
    *,
    actor: Actor,
    on: date,
    mode: str = "",
    care_class: CareClass | None = None,
    today: date | None = None,
) -> Enrolment:
    """The child comes from a day on; refused with everything that is still missing.

    mode: of a 宝宝屋, if another than the family asked for; care_class: in a facility that has classes.
    """
    today = today or timezone.localdate()
    row = locked(enrolment, actor)
    state = step(row, "admit")
    if mode:
        if mode not in Mode.values:
            refuse_key("mode", "choice", rules.PROBLEMS)
        row.mode = mode
    if on < row.applied_on:
        refuse_key("starts_on", "before", rules.PROBLEMS, day=row.applied_on.isoformat())
    if (on - today).days > 90:
        refuse_field("starts_on", _("离今天太远，最多提前 90 天登记"))
    words = missing_words(missing(row, on))
    if words:
        raise Refused(
            _("还不能入托：%(what)s") % {"what": "；".join(words)},
            field="starts_on",
            code="missing",
            missing=words,
        )
    Child.objects.select_for_update().get(pk=row.child_id)
    if row.by_day:
        other = Enrolment.objects.filter(child=row.child, by_day=True, state="admitted").first()
        if other is not None:
            raise Conflict(
                _("%(code)s 在另一家机构日托，先在那里办离开") % {"code": row.child.code}, code="elsewhere"
            )
    row.care_class = place_in(row, care_class, on)
    row.state, row.starts_on = state, on
    row.save(update_fields=["state", "starts_on", "mode", "care_class"])
    audit.record(
        "facilities.child.admit",
        row.child,
        actor=actor,
        changes={"facility": row.facility.code, "starts_on": on.isoformat(), "mode": row.mode},
    )
    return row


def place_in(row: Enrolment, care_class: CareClass | None, on: date) -> CareClass | None:
    """The class, which is one of the facility's, open, and has a place; None where there are no classes."""
    classes = open_classes(row.facility, on)
    if not classes.exists():
        return None
    chosen = classes.select_for_update().filter(pk=care_class.pk).first() if care_class else None
    if chosen is None:
        refuse_field("care_class", _("选一个班"), "care_class")
    here = Enrolment.objects.filter(care_class=chosen, state="admitted").count()
    if here >= chosen.places:
        refuse_field(
            "care_class",
            _("%(name)s有 %(n)d 个托位，已经满了") % {"name": chosen.name, "n": chosen.places},
            "full",
        )
    return chosen


def open_classes(facility: Facility, on: date):
    return CareClass.objects.filter(facility=facility, started_on__lte=on).filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=on)
    )


def leave(
    enrolment: Enrolment, *, actor: Actor, on: date, reason: str, today: date | None = None
) -> Enrolment:
    """The child's last day; an application that came to nothing is dropped."""
    today, reason = today or timezone.localdate(), reason.strip()
    row = locked(enrolment, actor)
    state = step(row, "end" if row.state == "admitted" else "drop")
    first = row.starts_on or row.applied_on
    problems = []
    if on > today:
        problems.append(("on", "future", {}))
    elif on < first:
        problems.append(("on", "before", {"day": first.isoformat()}))
    if not 2 <= len(reason) <= 200:
        refuse_field("reason", _("写原因，2 到 200 个字"))
    refuse(problems, rules.PROBLEMS, {"on": _("最后一天")})
    closed(row, state, on, reason, actor)
    return row


def closed(row: Enrolment, state: str, on: date, reason: str, actor: Actor) -> None:
    row.state, row.ends_on, row.reason = state, on, reason[:200]
    row.save(update_fields=["state", "ends_on", "reason"])
    row.child.agreements.filter(facility=row.facility_id, ends_on__isnull=True, signed_on__lte=on).update(
        ends_on=on
    )
    audit.record(
        "facilities.child.leave",
        row.child,
        actor=actor,
        changes={"facility": row.facility.code, "ends_on": on.isoformat(), "state": state},
    )


def end_all(child: Child, *, actor: Actor, on: date, reason: str) -> int:
    """Ends every open enrolment of a child; the caller has asked for the right."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("child", "facility")
    ended = list(rows.open().filter(child=child))
    for row in ended:
        last = max(on, row.starts_on or row.applied_on)
        closed(row, step(row, "end" if row.state == "admitted" else "drop"), last, reason, actor)
    return len(ended)


def end_at(facility: Facility, *, actor: Actor, on: date, reason: str) -> int:
    """Ends every open enrolment at a facility that closes; the caller has asked for the right."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("child", "facility")
    ended = list(rows.open().filter(facility=facility))
    for row in ended:
        last = max(on, row.starts_on or row.applied_on)
        closed(row, step(row, "end" if row.state == "admitted" else "drop"), last, reason, actor)
    return len(ended)


def drop_stale(*, on: date, days: int, actor: Actor) -> int:
    """Applications that nobody brought to an end in so many days come to nothing."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("child", "facility")
    stale = [row for row in rows.filter(state="applied") if (on - row.applied_on).days >= days]
    for row in stale:
        closed(row, step(row, "drop"), on, _("很久没有办完"), actor)
    return len(stale)


# --- Health


def add_health_certificate(
    child: Child,
    *,
    actor: Actor,
    clinic: Clinic,
    issued_on: date,
    fit: bool,
    valid_until: date | None = None,
    medical_notes: str = "",
    upload=None,
    today: date | None = None,
) -> HealthCertificate:
    """A health check by an accepted clinic; it holds as the district's parameter says unless it says otherwise."""
    may_keep(child, actor)
    today = today or timezone.localdate()
    if valid_until is None:
        months = int(parameters.value("child.health_certificate_months", issued_on))
        valid_until = months_after(issued_on, months)
    problems = []
    if issued_on > today:
        problems.append(("issued_on", "future", {}))
    if valid_until < issued_on:
        problems.append(("valid_until", "valid", {}))
    elif valid_until > months_after(issued_on, 24):
        problems.append(("valid_until", "valid_long", {}))
    refuse(problems, rules.PROBLEMS, {"issued_on": _("体检日期"), "valid_until": _("有效期至")})
    clinic = Clinic.objects.get(pk=clinic.pk)
    if clinic.starts_on > issued_on or (clinic.ends_on and clinic.ends_on < issued_on):
        refuse_field("clinic", _("%(name)s那天不在认可的医疗机构名单里") % {"name": clinic.name}, "clinic")
    if child.health_certificates.filter(issued_on=issued_on).exists():
        refuse_field("issued_on", _("这一天的体检已经登记过"), "twice")
    made = HealthCertificate.objects.create(
        child=child,
        clinic=clinic,
        issued_on=issued_on,
        valid_until=valid_until,
        fit=fit,
        medical_notes=medical_notes.strip()[:500] or None,
        file=store_file(upload, actor=actor) if upload else None,
        by=actor.user,
    )
    audit.record(
        "facilities.child.health_certificate",
        child,
        actor=actor,
        changes={"issued_on": issued_on.isoformat(), "valid_until": valid_until.isoformat()},
    )
    return made


def accept_clinic(*, actor: Actor, name: str, starts_on: date) -> Clinic:
    """Puts a clinic on the district's list of those whose checks count."""
    actor.demand("consent.manage")
    name = name.strip()
    if not 2 <= len(name) <= 100:
        refuse_field("name", _("写名称，2 到 100 个字"))
    if Clinic.objects.filter(name=name).exists():
        refuse_field("name", _("名单里已经有了"), "twice")
    made = Clinic.objects.create(name=name, starts_on=starts_on)
    audit.record("facilities.clinic.accept", made, actor=actor)
    return made


def end_clinic(clinic: Clinic, *, actor: Actor, on: date) -> Clinic:
    """The clinic's last day on the list; checks made by then stay good."""
    actor.demand("consent.manage")
    row = Clinic.objects.select_for_update().get(pk=clinic.pk)
    if row.ends_on is not None:
        raise Conflict(_("%(name)s已经不在名单里") % {"name": row.name}, code="state")
    if on < row.starts_on:
        refuse_key("on", "before", rules.PROBLEMS, day=row.starts_on.isoformat())
    row.ends_on = on
    row.save(update_fields=["ends_on"])
    audit.record("facilities.clinic.end", row, actor=actor, changes={"ends_on": on.isoformat()})
    return row
