"""What an issued filing does in the register: through the register's own services, as the district's decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from facilities.models import CareClass, Facility, Filing, Permit, Premises
from facilities.rules import filing_form as kinds
from facilities.rules import records
from facilities.rules.filing_fields import CLASSES
from facilities.rules.filings import day_of, register_values
from facilities.services import classes, papers, premises
from facilities.services import facilities as register
from facilities.services.filings import sections_of
from portal.access import Actor
from portal.models.places import Street


def deciding(row: Filing, actor: Actor) -> Actor:
    """The head, whose right is to issue and not to write the register, as the filing that does it."""
    return replace(actor, process=f"{_('备案')} {row.number}")


def take_effect(row: Filing, answers: dict, *, actor: Actor, on: date) -> Facility:
    """Changes the register as the filing says; answers the facility. Refused with the register's own sentence."""
    return EFFECTS[row.kind](row, answers, deciding(row, actor), on)


def open_classes(facility: Facility, answers: dict, *, actor: Actor, on: date) -> None:
    """The classes of the filing with their places, named by kind and number; the operator goes on from there."""
    labels = dict(CareClass.Kind.choices)
    for kind, (count_key, places_key) in CLASSES.items():
        count, places = answers.get(count_key) or 0, answers.get(places_key) or 0
        for number in range(count):
            classes.open_class(
                facility,
                actor=actor,
                today=on,
                name=f"{labels[kind]}{number + 1}",
                kind=kind,
                year=records.school_year(on),
                places=places // count + (number < places % count),
                children=0,
                staff=0,
                started_on=on,
            )


#: Kind of permit -> (section that asks for it, answers with its number, its day, its end, its scan).
PERMITS = {
    Permit.Kind.REGISTRATION: ("subject", "credit_code", "", "", "licence_file"),
    Permit.Kind.FIRE: ("fire", "fire_number", "fire_on", "", "fire_file"),
    Permit.Kind.HYGIENE: ("hygiene", "hygiene_number", "hygiene_on", "", "hygiene_file"),
    Permit.Kind.FOOD: ("food", "food_licence", "", "food_until", "food_file"),
}


def hold_permits(row: Filing, facility: Facility, answers: dict, *, actor: Actor, on: date) -> None:
    """The papers that the departments have seen, with their scans: the register goes on from them."""
    asked = {section.key for section in sections_of(row, answers)}
    scans = {answer.key: answer.file for answer in row.answers.select_related("file").exclude(file=None)}
    for kind, (section, number, day, until, scan) in PERMITS.items():
        if section not in asked or not answers.get(number):
            continue
        facts = {
            "kind": kind,
            "number": answers[number].strip(),
            "issued_on": day_of(answers, day) if day else None,
            "valid_until": day_of(answers, until) if until else None,
        }
        if not Permit.objects.filter(facility=facility, name="", **facts).exists():
            papers.hold_permit(facility, actor=actor, today=on, stored=scans.get(scan), **facts)


def areas_of(area: Decimal, floor: int) -> list[dict]:
    """The filing knows the sum alone; it is told apart by use at the first visit."""
    return [{"use": "other", "floor": floor, "area": area}]


def _new(row: Filing, answers: dict, actor: Actor, on: date) -> Facility:
    values = register_values(answers) | {
        "street": Street.objects.get(pk=answers["street"]),
        "opens_at": answers["opens_at"],
        "closes_at": answers["closes_at"],
    }
    made = register.register_facility(actor=actor, on=on, **values)
    leased = answers["tenure"] == "leased"
    premises.add_premises(
        made,
        actor=actor,
        today=on,
        areas=areas_of(values["usable_area"], answers["floor"]),
        name=_("主要场所"),
        starts_on=on,
        tenure=answers["tenure"],
        lease_until=day_of(answers, "lease_until") if leased else None,
        outdoor_area=Decimal(answers["outdoor_area"]) if answers.get("outdoor_area") else None,
    )
    open_classes(made, answers, actor=actor, on=on)
    hold_permits(row, made, answers, actor=actor, on=on)
    assign_perm("facilities.keep_facility", row.opened_by, made)
    return register.move_state(
        made, "file", actor=actor, on=on, today=on, reason=_("备案 %(number)s") % {"number": row.number}
    )


def _change(row: Filing, answers: dict, actor: Actor, on: date) -> Facility:
    facility = Facility.objects.get(pk=row.facility_id)
    values = {
        field: answers[f"new_{field}"]
        for field in ("name", "head", "phone", "places")
        if answers.get(f"new_{field}")
    }
    if answers["moves"]:
        area = Decimal(answers["new_area"])
        values |= {
            "street": Street.objects.get(pk=answers["new_street"]),
            "address": answers["new_address"],
            "latitude": None,
            "longitude": None,
        }
        for old in Premises.objects.filter(facility=facility, ends_on=None):
            premises.leave_premises(old, actor=actor, on=on, today=on)
        premises.add_premises(
            facility,
            actor=actor,
            today=on,
            areas=areas_of(area, answers["new_floor"]),
            name=_("%(day)s 迁入") % {"day": on.isoformat()},
            address=answers["new_address"],
            starts_on=on,
            tenure=answers["new_tenure"],
            lease_until=day_of(answers, "new_lease_until") if answers["new_tenure"] == "leased" else None,
        )
        hold_permits(row, facility, answers, actor=actor, on=on)
    facility.refresh_from_db()
    return register.change_facility(facility, actor=actor, version=facility.version, on=on, **values)


def effect_day(row: Filing, answers: dict, on: date) -> date:
    """From which day a decision holds: the day of the issue, or the one that the filing names if that is later."""
    named = day_of(answers, DAYS[row.kind]) if row.kind in DAYS else None
    return max(on, named) if named else on


def _state(action: str, notice: str = ""):
    def change(row: Filing, answers: dict, actor: Actor, on: date) -> Facility:
        facility = Facility.objects.get(pk=row.facility_id)
        if action == "close" and facility.state == "closed":
            return facility  # the district closed it before the day came
        reason = _("%(kind)s %(number)s") % {"kind": _(kinds.KINDS[row.kind]), "number": row.number}
        return register.move_state(
            facility, action, actor=actor, on=on, today=on, reason=reason, notice=notice
        )

    return change


#: Kind -> the answer that names the day from which it holds.
DAYS = {
    kinds.SUSPENSION: "from_on",
    kinds.RESUMPTION: "resume_on",
    kinds.SURRENDER: "last_day",
    kinds.REVOCATION: "ends_on",
}
EFFECTS = {
    kinds.NEW: _new,
    kinds.CHANGE: _change,
    kinds.SUSPENSION: _state("suspend"),
    kinds.RESUMPTION: _state("resume"),
    kinds.SURRENDER: _state("close"),
    kinds.REVOCATION: _state("close", notice="revoke"),
}
