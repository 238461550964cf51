"""Guidance places: entered and changed by the bureau, and by a street for its own."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import file
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field
from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.access import Actor
from portal.errors import Denied
from portal.models.places import Street
from portal.services import audit, publicity
from portal.services.numbers import next_number

SERIES = "guidance-place"


def labels() -> dict[str, str]:
    return {name: str(GuidancePlace._meta.get_field(name).verbose_name) for name in rules.FIELDS}


def demand(street: Street | None, actor: Actor) -> None:
    """The bureau keeps all of the district, a street its own."""
    actor.demand("guidance_place.manage")
    own_street(street, actor)
    if not Street.objects.allowed(actor, "guidance_place.manage").filter(pk=street.pk).exists():
        raise Denied(_("只能登记自己街镇的指导场所"))


def keep_place(
    place: GuidancePlace | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> GuidancePlace:
    """Enters a place, or changes the one given; values: as in rules.FIELDS, what is not given stays as it is.

    A new one gets its number. Refused with every problem at once; Conflict where somebody else has changed it since
    `version`.
    """
    row = GuidancePlace() if place is None else locked(place, version)
    if place is not None:
        demand(row.street, actor)
    before = told(row) if place is not None else {}
    values = {name: getattr(row, name, None) for name in rules.FIELDS if name not in ("street", "unit")} | (
        {"street": row.street, "unit": row.unit} if place is not None else {"unit": None}
    ) | tidied(values)  # fmt: skip
    demand(values.get("street"), actor)
    refuse(rules.problems(values, today or timezone.localdate()), rules.PROBLEMS, labels())
    for name in (
        "name",
        "community",
        "address",
    ):  # the public reads them; an address may be somebody's by law
        publicity.demand(values[name] or "", field=name, label=labels()[name], names=name != "address")
    values["services"] = [key for key in rules.SERVICES if key in values["services"]]
    others = GuidancePlace.objects.exclude(pk=row.pk)
    if others.filter(**{name: values[name] for name in ("street", "kind", "name")}).exists():
        refuse_field(
            "name", _("%(street)s已有这个名称，打开它来改") % {"street": values["street"].name}, "twin"
        )
    for field, value in values.items():
        setattr(row, field, value)
    if place is None:
        row.code = f"{actor.district.prefix}Z{next_number(SERIES):04d}"
    else:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    audit.record(
        f"guidance.place.{'enter' if place is None else 'change'}", row, actor=actor, changes=changes
    )
    return row


def tidied(values: dict) -> dict:
    kept = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
    for name in ("community", "phone", "tier"):
        if name in kept:
            kept[name] = kept[name] or ""
    return kept


def locked(place: GuidancePlace, version: int | None) -> GuidancePlace:
    row = (
        GuidancePlace.objects.select_for_update(of=("self",))
        .select_related("street", "unit")
        .get(pk=place.pk)
    )
    file.not_stale(row, version)
    return row


def told(row: GuidancePlace) -> dict:
    """What an audit entry says of it."""
    plain = {name: str(getattr(row, name) or "") for name in rules.FIELDS if name not in ("services",)}
    return plain | {"services": row.services}
