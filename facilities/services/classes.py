"""Classes (班级): kept by the facility itself, within the places that the district has on record."""

from __future__ import annotations

from datetime import date

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CareClass, Facility
from facilities.rules import records as rules
from facilities.rules import register
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor

FIELDS = ("name", "kind", "year", "places", "children", "staff", "started_on")


def labels() -> dict[str, str]:
    return {f.name: str(f.verbose_name) for f in CareClass._meta.fields if f.name in FIELDS}


def check(values: dict, *, row: Facility, own: CareClass | None, today: date) -> None:
    open_ones = CareClass.objects.filter(facility=row, ended_on__isnull=True).exclude(
        pk=own.pk if own else None
    )
    problems = rules.class_problems(
        values,
        others=open_ones.aggregate(n=Sum("places"))["n"] or 0,
        places=row.places,
        over_percent=register.ENROLLED_OVER_PLACES_PERCENT,
        today=today,
    )
    if values["kind"] not in CareClass.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if open_ones.filter(name=values["name"]).exists():
        refuse_field("name", _("这家机构已有班级“%(name)s”") % {"name": values["name"]}, "twin")


def open_class(facility: Facility, *, actor: Actor, today: date | None = None, **values) -> CareClass:
    """Opens a class; values: as in FIELDS. The register's number of children follows the classes from now on."""
    row = file.begin(facility, actor=actor)
    values["name"] = values["name"].strip()
    check(values, row=row, own=None, today=today or timezone.localdate())
    made = CareClass.objects.create(facility=row, **values)
    file.finish(
        row,
        "facilities.class.open",
        actor=actor,
        changes={"class": made.name, "places": made.places, "children": made.children},
        sums=("enrolled",),
    )
    return made


def change_class(
    care_class: CareClass, *, actor: Actor, version: int | None = None, today: date | None = None, **values
) -> CareClass:
    """Changes a class that is open; Conflict for a stale version."""
    row = file.begin(care_class.facility, actor=actor)
    one = CareClass.objects.select_for_update().get(pk=care_class.pk)
    file.not_stale(one, version)
    if one.ended_on:
        refuse_field("name", _("这个班 %(day)s 结束了，不再改") % {"day": one.ended_on.isoformat()})
    values["name"] = values["name"].strip()
    check(values, row=row, own=one, today=today or timezone.localdate())
    changed = {f: [str(getattr(one, f)), str(v)] for f, v in values.items() if getattr(one, f) != v}
    if not changed:
        return one
    for field, value in values.items():
        setattr(one, field, value)
    one.version += 1
    one.save()
    file.finish(
        row,
        "facilities.class.change",
        actor=actor,
        changes={"class": one.name, **changed},
        sums=("enrolled",),
    )
    return one


def end_class(care_class: CareClass, *, actor: Actor, on: date, today: date | None = None) -> CareClass:
    """The class is over from the day after `on`; its children no longer count."""
    row = file.begin(care_class.facility, actor=actor)
    one = CareClass.objects.select_for_update().get(pk=care_class.pk)
    if one.ended_on:
        refuse_field("on", _("这个班 %(day)s 结束了，不再改") % {"day": one.ended_on.isoformat()})
    problems = rules.day_problem("on", on, today or timezone.localdate())
    if on < one.started_on:
        problems.append(("on", "before_start", {"day": one.started_on.isoformat()}))
    refuse(problems, rules.PROBLEMS, {"on": _("最后一天")})
    one.ended_on = on
    one.version += 1
    one.save(update_fields=["ended_on", "version"])
    file.finish(
        row,
        "facilities.class.end",
        actor=actor,
        changes={"class": one.name, "ended_on": on.isoformat()},
        sums=("enrolled",),
    )
    return one
