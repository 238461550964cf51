"""Places that must have a nursing room: entered and changed by the bureau, and by a street for its own."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import file
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field, refuse_key
from guidance.models import NursingPlace
from guidance.rules import nursing as rules
from guidance.rules.states import NURSING
from portal.access import Actor
from portal.errors import Denied
from portal.models.places import Street
from portal.services import audit, publicity
from portal.services.numbers import next_number

SERIES, MANAGE = "nursing-place", "nursing_place.manage"


def labels() -> dict[str, str]:
    return {name: str(NursingPlace._meta.get_field(name).verbose_name) for name in rules.FIELDS}


def demand(street: Street | None, actor: Actor) -> None:
    """The bureau keeps all of the district, a street its own."""
    actor.demand("nursing_place.manage")
    own_street(street, actor)
    if not Street.objects.allowed(actor, MANAGE).filter(pk=street.pk).exists():
        raise Denied(_("只能登记自己街镇的母婴设施"))


def keep_place(
    place: NursingPlace | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> NursingPlace:
    """Enters a place, or changes the one given and the state of its room; values: as in rules.FIELDS.

    Refused with every problem at once, and for a state that cannot follow. Conflict where somebody else has changed it
    since `version`.
    """
    row = NursingPlace() if place is None else locked(place, version)
    if place is not None:
        demand(row.street, actor)
    was = row.state
    before = told(row) if place is not None else {}
    blank = {"planned_for": None, "opened_on": None, "checked_on": None, "ended_on": None, "area": None}
    base = (
        {name: getattr(row, name) for name in rules.FIELDS}
        if place is not None
        else blank | {"visitors": None}
    )
    values = base | {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    values["equipment"] = values.get("equipment") or ""
    demand(values.get("street"), actor)
    now = values["state"]
    if now not in NURSING.states:
        refuse_key("state", "choice", rules.PROBLEMS)
    if place is not None and now != was and now not in {one.target for one in NURSING.actions(was)}:
        refuse_key("state", "step", rules.PROBLEMS, was=_(NURSING.states[was]), now=_(NURSING.states[now]))
    if now != "open" and was == "open":  # the room was closed: its days are over
        values |= {"opened_on": None, "checked_on": None}
    if now != "planned":
        values["planned_for"] = None
    refuse(rules.problems(values, today or timezone.localdate()), rules.PROBLEMS, labels())
    for name in rules.PUBLIC_TEXTS:
        publicity.demand(values[name], field=name, label=labels()[name], names=name != "address")
    others = NursingPlace.objects.exclude(pk=row.pk)
    if others.filter(**{name: values[name] for name in ("street", "kind", "name")}).exists():
        refuse_field(
            "name", _("%(street)s已有这个名称，打开它来改") % {"street": values["street"].name}, "twin"
        )
    for field, value in values.items():
        setattr(row, field, value)
    if place is None:
        row.code = f"{actor.district.prefix}M{next_number(SERIES):04d}"
    else:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    audit.record(
        f"guidance.nursing.{'enter' if place is None else 'change'}", row, actor=actor, changes=changes
    )
    return row


def locked(place: NursingPlace, version: int | None) -> NursingPlace:
    row = NursingPlace.objects.select_for_update(of=("self",)).select_related("street").get(pk=place.pk)
    file.not_stale(row, version)
    return row


def told(row: NursingPlace) -> dict:
    return {name: str(getattr(row, name) or "") for name in rules.FIELDS}
