"""Whole files of many facilities at once: premises, classes, fees, notices, insurance, permits, menus.

For the demonstration, the benches and imports: the single services' rules, one audit entry, a constant number of
statements per 2,000 rows. The register's figures follow, as they do for single changes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import (
    CareClass,
    Facility,
    Fee,
    FeeNotice,
    Insurance,
    Menu,
    Permit,
    Premises,
    PremisesArea,
)
from facilities.rules import records as rules
from facilities.rules import register
from facilities.services.facilities import touched
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row

KINDS = {
    "premises": Premises,
    "classes": CareClass,
    "fees": Fee,
    "notices": FeeNotice,
    "insurance": Insurance,
    "permits": Permit,
    "menus": Menu,
}


def furnish_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> int:
    """Files of facilities that have no rows of the kinds given yet; returns how many rows were written.

    rows: dictionaries with `facility`, and if any `premises` (each with `areas`), `classes`, `fees`, `notices`,
    `insurance`, `permits`, `menus`: lists of dictionaries as the single services take them. Refused as a whole, with the
    number of the facility's row, for what a single service would refuse.
    """
    actor.demand("facility.manage")
    today = on or timezone.localdate()
    facilities = [row["facility"] for row in rows]
    for key, model in KINDS.items():
        given = [row["facility"] for row in rows if row.get(key)]
        held = model.objects.filter(facility__in=given)
        if key == "menus":
            held = held.filter(week__in={menu["week"] for row in rows for menu in row.get(key, ())})
        if held.exists():
            raise Refused(_("已有档案的机构一家一家地改"), code="furnished")
    premises, areas, classes, fees, notices, insurance, permits, menus = ([] for _n in range(8))
    changed = defaultdict(dict)
    for number, row in enumerate(rows, 1):
        one: Facility = row["facility"]
        figures = changed[one.pk]
        indoor = []
        for place in row.get("premises", ()):
            facts = {
                "address": "",
                "lease_until": None,
                "outdoor_area": None,
                "outdoor_shared": False,
                **place,
            }
            lines = facts.pop("areas")
            first(number, rules.premises_problems(facts, lines, today), rules.PROBLEMS)
            premises.append(Premises(facility=one, **facts))
            areas += [(premises[-1], line) for line in lines]
            indoor += [line["area"] for line in lines]
        if row.get("premises"):
            figures["usable_area"] = rules.usable_area(indoor)
        taken = 0
        for facts in row.get("classes", ()):
            first(
                number,
                rules.class_problems(
                    facts,
                    others=taken,
                    places=one.places,
                    over_percent=register.ENROLLED_OVER_PLACES_PERCENT,
                    today=today,
                ),
                rules.PROBLEMS,
            )
            taken += facts["places"]
            classes.append(CareClass(facility=one, **facts))
        if row.get("classes"):
            figures["enrolled"] = rules.enrolled(facts["children"] for facts in row["classes"])
        for facts in row.get("fees", ()):
            facts = {"note": "", **facts}
            first(number, rules.fee_problems(facts, meals=one.meals, today=today), rules.PROBLEMS)
            fees.append(Fee(facility=one, **facts))
        for facts in row.get("notices", ()):
            first(number, rules.day_problem("published_on", facts["published_on"], today), rules.PROBLEMS)
            notices.append(FeeNotice(facility=one, **facts))
        if row.get("notices"):
            figures["fees_published_on"] = rules.latest(n["published_on"] for n in row["notices"])
        for facts in row.get("insurance", ()):
            first(number, rules.insurance_problems(facts, today), rules.PROBLEMS)
            insurance.append(Insurance(facility=one, **facts))
        if liable := [
            i["ends_on"] for i in row.get("insurance", ()) if i["kind"] == Insurance.Kind.LIABILITY
        ]:
            figures["insured_until"] = rules.latest(liable)
        for facts in row.get("permits", ()):
            facts = {"name": "", "authority": "", "issued_on": None, "valid_until": None, **facts}
            first(number, rules.permit_problems(facts, today), rules.PROBLEMS)
            permits.append(Permit(facility=one, **facts))
        for facts in row.get("menus", ()):
            problems = rules.menu_problems(
                week=facts["week"], text=facts["text"], has_file=False, meals=one.meals, today=today
            )
            first(number, problems, rules.PROBLEMS)
            menus.append(Menu(facility=one, **facts))
    Premises.objects.bulk_create(premises, batch_size=BATCH)
    made_areas = [PremisesArea(premises=place, **line) for place, line in areas]
    written = len(premises)
    for model, made in (
        (PremisesArea, made_areas),
        (CareClass, classes),
        (Fee, fees),
        (FeeNotice, notices),
        (Insurance, insurance),
        (Permit, permits),
        (Menu, menus),
    ):
        model.objects.bulk_create(made, batch_size=BATCH)
        written += len(made)
    moved = []
    for one in facilities:
        differing = {f: v for f, v in changed[one.pk].items() if not same(getattr(one, f), v)}
        if differing:
            for field, value in differing.items():
                setattr(one, field, value)
            one.version += 1
            moved.append(one)
    if moved:
        Facility.objects.bulk_update(moved, [*rules.SUMS, "version"], batch_size=BATCH)
        touched()
    audit.record(
        "facilities.file.furnish_many",
        None,
        actor=actor,
        name=_("%(n)d 家机构") % {"n": len(rows)},
        changes={"count": len(rows), "rows": written},
    )
    return written


def same(before, after) -> bool:
    """Whether two values of a figure are the same number or day; a register may hold a number of another type."""
    if isinstance(before, Decimal) or isinstance(after, Decimal):
        return before is not None and after is not None and Decimal(before) == Decimal(after)
    return before == after


def first(number: int, problems: list, words: dict) -> None:
    for field, key, facts in problems[:1]:
        refuse_row(number, f"{field}：{_(words[key]) % facts}", field)
