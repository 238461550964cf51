"""Neighbourhoods: entered and corrected by the bureau and by the street for its own; dissolved, never deleted."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Neighbourhood
from facilities.rules import geo
from facilities.rules import neighbourhoods as rules
from facilities.services.locations import checked
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row


def labels() -> dict[str, str]:
    return {name: str(Neighbourhood._meta.get_field(name).verbose_name) for name in rules.FIELDS} | {
        "point": _("坐标")
    }


def demand(street: Street | None, actor: Actor) -> None:
    if (
        street is None
        or not Street.objects.allowed(actor, "neighbourhood.manage").filter(pk=street.pk).exists()
    ):
        raise Denied(_("只能填自己街镇的居委"))


def check(values: dict, *, today: date, actor: Actor) -> None:
    refuse(rules.problems(values, today), rules.PROBLEMS, labels())
    checked(geo.Point(float(values["latitude"]), float(values["longitude"])), actor.district)


def refuse_twin(values: dict, but: int | None = None) -> None:
    twin = Neighbourhood.objects.filter(
        street=values["street"], name=values["name"].strip(), ended_on__isnull=True
    ).exclude(pk=but)
    if twin.exists():
        refuse_field(
            "name", _("%(street)s已有这个居委，打开它来改") % {"street": values["street"].name}, "twin"
        )


def enter_neighbourhood(*, actor: Actor, on: date | None = None, **values) -> Neighbourhood:
    """A new one; values: as in rules.FIELDS. Refused with every problem at once."""
    demand(values.get("street"), actor)
    check(values, today=on or timezone.localdate(), actor=actor)
    Street.objects.select_for_update().get(pk=values["street"].pk)
    refuse_twin(values)
    made = Neighbourhood.objects.create(**tidied(values))
    audit.record("facilities.neighbourhood.enter", made, actor=actor, changes=told({}, made))
    return made


def tidied(values: dict) -> dict:
    return values | {"name": values["name"].strip(), "source": values["source"].strip()}


def told(before: dict, row: Neighbourhood) -> dict:
    """What an audit entry says: {field: [before, after]} of what changed."""
    after = {name: plain(getattr(row, name)) for name in rules.FIELDS}
    return {k: [before.get(k), v] for k, v in after.items() if before.get(k) != v}


def plain(value):
    return value.name if isinstance(value, Street) else value if isinstance(value, int) else str(value or "")


def locked(neighbourhood: Neighbourhood, version: int) -> Neighbourhood:
    row = Neighbourhood.objects.select_for_update().get(pk=neighbourhood.pk)
    if row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.name}, code="stale"
        )
    return row


def change_neighbourhood(
    neighbourhood: Neighbourhood, *, actor: Actor, version: int, on: date | None = None, **values
) -> Neighbourhood:
    """Other facts of one; to another street only within the reach. Conflict when `version` is stale."""
    demand(neighbourhood.street, actor)
    demand(values.get("street"), actor)
    row = locked(neighbourhood, version)
    check(values, today=on or timezone.localdate(), actor=actor)
    refuse_twin(values, but=row.pk)
    before = {name: plain(getattr(row, name)) for name in rules.FIELDS}
    for name, value in tidied(values).items():
        setattr(row, name, value)
    changes = told(before, row)
    if not changes:
        return row
    row.version += 1
    row.save()
    audit.record("facilities.neighbourhood.change", row, actor=actor, changes=changes)
    return row


def end_neighbourhood(
    neighbourhood: Neighbourhood, *, actor: Actor, version: int, ended_on: date, on: date | None = None
) -> Neighbourhood:
    """Dissolved or merged into another from a day on; it no longer counts, and stays on record."""
    demand(neighbourhood.street, actor)
    row = locked(neighbourhood, version)
    if row.ended_on is not None:
        raise Conflict(_("%(name)s已经撤并") % {"name": row.name}, code="state")
    if ended_on > (on or timezone.localdate()):
        refuse_field("ended_on", _("还没到这一天。到那天再改"))
    if ended_on < row.counted_on:
        refuse_field(
            "ended_on",
            _("不能早于统计时点 %(day)s，那天还数过") % {"day": row.counted_on.isoformat()},
        )
    row.ended_on, row.version = ended_on, row.version + 1
    row.save(update_fields=["ended_on", "version"])
    audit.record(
        "facilities.neighbourhood.end", row, actor=actor, changes={"ended_on": [None, ended_on.isoformat()]}
    )
    return row


def enter_many(rows: list[dict], *, actor: Actor, on: date | None = None) -> list[Neighbourhood]:
    """Many new ones, from dictionaries as in rules.FIELDS; Refused with the row's number."""
    today = on or timezone.localdate()
    reached = set(Street.objects.allowed(actor, "neighbourhood.manage").values_list("pk", flat=True))
    known = set(Neighbourhood.objects.filter(ended_on__isnull=True).values_list("street_id", "name"))
    for number, row in enumerate(rows, 1):
        if row["street"].pk not in reached:
            raise Denied(_("只能填自己街镇的居委"))
        if found := rules.problems(row, today):
            refuse_row(number, _(rules.PROBLEMS[found[0][1]]), found[0][0])
        if not geo.plausible(
            geo.Point(float(row["latitude"]), float(row["longitude"])), actor.district.surroundings
        ):
            refuse_row(number, _(geo.OUTSIDE) % {"district": actor.district.name}, "point")
        key = (row["street"].pk, row["name"].strip())
        if key in known:
            refuse_row(number, _("%(name)s 已经有了") % {"name": row["name"]}, "name")
        known.add(key)
    made = Neighbourhood.objects.bulk_create([Neighbourhood(**tidied(row)) for row in rows], batch_size=BATCH)
    audit.record(
        "facilities.neighbourhood.enter_many", None, actor=actor, name=_("居委"), changes={"count": len(made)}
    )
    return made
