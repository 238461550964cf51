"""Kindergartens, one by one: entered and changed by the bureau. Many at once: services/bulk.py."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Kindergarten
from facilities.rules import kindergartens as rules
from facilities.services import file
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.services import audit


def labels() -> dict[str, str]:
    return {name: str(Kindergarten._meta.get_field(name).verbose_name) for name in rules.FIELDS}


def keep_kindergarten(
    kindergarten: Kindergarten | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> Kindergarten:
    """Enters a kindergarten, or changes the one given; values: as in rules.FIELDS.

    Refused with every problem at once; Conflict where somebody else has changed it since `version`.
    """
    actor.demand("facility.manage")
    values |= {"code": values["code"].strip().upper(), "name": values["name"].strip()}
    row = Kindergarten() if kindergarten is None else locked(kindergarten, version)
    facility: Facility | None = values.get("facility")
    wrong = rules.problems(values, today or timezone.localdate())
    if facility is not None and facility.kind != Facility.Kind.INTEGRATED:
        wrong.append(("facility", "not_integrated", {"code": facility.code}))
    refuse(wrong, rules.PROBLEMS, labels())
    own_street(values["street"], actor)
    others = Kindergarten.objects.exclude(pk=row.pk)
    if twin := others.filter(code=values["code"]).first():
        refuse_field("code", _("这个编号是%(name)s的") % {"name": twin.name}, "twin")
    if facility is not None and (twin := others.filter(facility=facility).first()):
        refuse_field("facility", _("已经是%(name)s的托班") % {"name": twin.name}, "twin")
    before = told(row) if kindergarten is not None else {}
    for field, value in values.items():
        setattr(row, field, value)
    if kindergarten is not None:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    action = "change" if kindergarten is not None else "enter"
    audit.record(f"facilities.kindergarten.{action}", row, actor=actor, changes=changes)
    return row


def locked(kindergarten: Kindergarten, version: int | None) -> Kindergarten:
    row = Kindergarten.objects.select_for_update().get(pk=kindergarten.pk)
    file.not_stale(row, version)
    return row


def told(row: Kindergarten) -> dict:
    """What an audit entry says of it."""
    plain = {
        name: str(getattr(row, name) or "") for name in rules.FIELDS if name not in ("street", "facility")
    }
    return plain | {"street": row.street.name, "facility": row.facility.code if row.facility else ""}
