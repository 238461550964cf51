"""Premises (场所): entered and changed by the district, for area, floor and lease are what it has checked."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Premises, PremisesArea
from facilities.rules import records as rules
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor

FIELDS = (
    "name", "address", "tenure", "lease_until", "outdoor_area", "outdoor_shared", "starts_on",
)  # fmt: skip


def labels() -> dict[str, str]:
    return {f.name: str(f.verbose_name) for f in Premises._meta.fields if f.name in FIELDS} | {
        "areas": _("面积"),
        "ends_on": _("停用日期"),
    }


def tidied(values: dict) -> dict:
    blank = {"address": "", "lease_until": None, "outdoor_area": None, "outdoor_shared": False}
    values = blank | values
    return {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}


def check(values: dict, areas: list[dict], *, row: Facility, own: Premises | None, today: date) -> None:
    problems = rules.premises_problems(values, areas, today)
    if values["tenure"] not in Premises.Tenure.values:
        problems.append(("tenure", "choice", {}))
    if any(area["use"] not in PremisesArea.Use.values for area in areas):
        problems.append(("areas", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels())
    twin = Premises.objects.filter(facility=row, name=values["name"], ends_on__isnull=True)
    if twin.exclude(pk=own.pk if own else None).exists():
        refuse_field("name", _("这家机构已有场所“%(name)s”") % {"name": values["name"]}, "twin")


def set_areas(premises: Premises, areas: list[dict]) -> None:
    PremisesArea.objects.filter(premises=premises).delete()
    PremisesArea.objects.bulk_create([PremisesArea(premises=premises, **area) for area in areas])


def add_premises(
    facility: Facility, *, actor: Actor, areas: list[dict], today: date | None = None, **values
) -> Premises:
    """Enters a place; values: as in FIELDS, areas: dictionaries with use, floor, area in square metres.

    The register's usable area is the sum of all open premises from now on.
    """
    row = file.begin(facility, actor=actor, right="facility.manage")
    values = tidied(values)
    check(values, areas, row=row, own=None, today=today or timezone.localdate())
    premises = Premises.objects.create(facility=row, **values)
    set_areas(premises, areas)
    file.finish(
        row,
        "facilities.premises.add",
        actor=actor,
        changes={"premises": premises.name, "areas": len(areas)},
        sums=("usable_area",),
    )
    return premises


def change_premises(
    premises: Premises,
    *,
    actor: Actor,
    areas: list[dict],
    version: int | None = None,
    today: date | None = None,
    **values,
) -> Premises:
    """Changes facts and areas of a place; Conflict for a stale version."""
    row = file.begin(premises.facility, actor=actor, right="facility.manage")
    place = Premises.objects.select_for_update().get(pk=premises.pk)
    file.not_stale(place, version)
    if place.ends_on:
        refuse_field("ends_on", _("这个场所 %(day)s 停用了，不再改") % {"day": place.ends_on.isoformat()})
    values = tidied(values)
    check(values, areas, row=row, own=place, today=today or timezone.localdate())
    changed = {f: [str(getattr(place, f)), str(v)] for f, v in values.items() if getattr(place, f) != v}
    had = sorted((a.use, a.floor, a.area) for a in place.areas.all())
    wanted = sorted((a["use"], a["floor"], a["area"]) for a in areas)
    if not changed and had == wanted:
        return place
    for field, value in values.items():
        setattr(place, field, value)
    place.version += 1
    place.save()
    if had != wanted:
        set_areas(place, areas)
        changed["areas"] = [str(sum(a[2] for a in had)), str(sum(a[2] for a in wanted))]
    file.finish(
        row,
        "facilities.premises.change",
        actor=actor,
        changes={"premises": place.name, **changed},
        sums=("usable_area",),
    )
    return place


def renew_lease(
    premises: Premises,
    *,
    actor: Actor,
    lease_until: date,
    version: int | None = None,
    today: date | None = None,
) -> Premises:
    """A leased place's new last day, later than the one on record. Area and use are the district's to enter; that the
    lease was renewed the operator knows first, as with a policy of insurance."""
    row = file.begin(premises.facility, actor=actor)
    place = Premises.objects.select_for_update().get(pk=premises.pk)
    file.not_stale(place, version)
    if place.ends_on:
        refuse_field("lease_until", _("这个场所 %(day)s 停用了，不再改") % {"day": place.ends_on.isoformat()})
    if place.tenure != Premises.Tenure.LEASED:
        refuse([("lease_until", "lease_unneeded", {})], rules.PROBLEMS, labels())
    if place.lease_until and lease_until <= place.lease_until:
        refuse_field(
            "lease_until",
            _("登记的是租到 %(day)s，续租要比它晚") % {"day": place.lease_until.isoformat()},
            "earlier",
        )
    values = {field: getattr(place, field) for field in FIELDS} | {"lease_until": lease_until}
    refuse(rules.premises_problems(values, [], today or timezone.localdate()), rules.PROBLEMS, labels())
    before, place.lease_until = place.lease_until, lease_until
    place.version += 1
    place.save(update_fields=["lease_until", "version"])
    file.finish(
        row,
        "facilities.premises.renew",
        actor=actor,
        changes={
            "premises": place.name,
            "lease_until": [before.isoformat() if before else None, lease_until.isoformat()],
        },
    )
    return place


def leave_premises(premises: Premises, *, actor: Actor, on: date, today: date | None = None) -> Premises:
    """The last day of use; the place's area no longer counts."""
    today = today or timezone.localdate()
    row = file.begin(premises.facility, actor=actor, right="facility.manage")
    place = Premises.objects.select_for_update().get(pk=premises.pk)
    if place.ends_on:
        refuse_field("on", _("这个场所 %(day)s 停用了，不再改") % {"day": place.ends_on.isoformat()})
    problems = rules.day_problem("on", on, today)
    if on < place.starts_on:
        problems.append(("on", "before_start", {"day": place.starts_on.isoformat()}))
    refuse(problems, rules.PROBLEMS, {"on": _("最后一天")})
    place.ends_on = on
    place.version += 1
    place.save(update_fields=["ends_on", "version"])
    file.finish(
        row,
        "facilities.premises.leave",
        actor=actor,
        changes={"premises": place.name, "ends_on": on.isoformat()},
        sums=("usable_area",),
    )
    return place
