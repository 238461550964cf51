"""Newborns' families: entered from the visiting book, planned, visited, refused; births of streets and months."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import file
from facilities.services.facilities import own_street
from facilities.services.refusals import refuse, refuse_field
from guidance.models import BirthCount, Newborn, NewbornVisit
from guidance.rules import newborns as rules
from guidance.rules.services import first_of
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit, parameters
from portal.services.bulk import BATCH
from portal.services.numbers import next_number, next_numbers

SERIES, RIGHT = "newborn", "newborn.keep"
FIELDS = (
    "birth_month", "street", "resident", "asked", "planned_on", "refused_on", "refused_reason", "handbook_on",
)  # fmt: skip


def labels(model, *names: str) -> dict[str, str]:
    return {name: str(model._meta.get_field(name).verbose_name) for name in names}


def in_reach(street: Street | None, actor: Actor) -> None:
    actor.demand(RIGHT)
    own_street(street, actor)
    if not Street.objects.allowed(actor, RIGHT).filter(pk=street.pk).exists():
        raise Denied(_("只能登记自己街镇的新生儿"))


def keep_newborn(
    newborn: Newborn | None = None,
    *,
    actor: Actor,
    list_number: str = "",
    version: int | None = None,
    today: date | None = None,
    **values,
) -> Newborn:
    """Enters a family, or changes the one given; values: as in FIELDS. Without a number the known one stays.

    Refused with every problem at once; a number that is there already is refused with the family's code; Conflict where
    somebody else has changed it since `version`.
    """
    today = today or timezone.localdate()
    row = Newborn() if newborn is None else locked(newborn, version)
    if newborn is not None:
        in_reach(row.street, actor)
    in_reach(values.get("street"), actor)
    before = told(row) if newborn is not None else {}
    values["birth_month"] = first_of(values["birth_month"])
    values["refused_reason"] = (values.get("refused_reason") or "").strip()
    number = "".join(list_number.split()).upper()
    kept = None if newborn is not None and not number else number
    visited = newborn is not None and row.visits.exists()
    problems = rules.family_problems(values | {"list_number": kept, "visited": visited}, today)
    if newborn is None and rules.months_between(values["birth_month"], today) > rules.MONTHS:
        problems.append(("birth_month", "old", {}))
    names = ("list_number", *(f for f in FIELDS))
    refuse(problems, rules.PROBLEMS, labels(Newborn, *names))
    if kept is not None:
        twin = Newborn.objects.filter(list_number=kept).exclude(pk=row.pk).first()
        if twin is not None:
            refuse_field("list_number", _("这个编号已登记：%(code)s") % {"code": twin.code}, "twin")
        row.list_number = kept
    for field in FIELDS:
        setattr(row, field, values.get(field))
    if newborn is None:
        row.code = f"{actor.district.prefix}N{next_number(SERIES):05d}"
    else:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    audit.record(
        f"guidance.newborn.{'enter' if newborn is None else 'change'}", row, actor=actor, changes=changes
    )
    return row


def locked(newborn: Newborn, version: int | None) -> Newborn:
    row = Newborn.objects.select_for_update(of=("self",)).select_related("street").get(pk=newborn.pk)
    file.not_stale(row, version)
    return row


def told(row: Newborn) -> dict:
    """What an audit entry says of it; the number of the visiting book is in none."""
    plain = {name: str(getattr(row, name) or "") for name in FIELDS if name not in ("resident", "asked")}
    return plain | {"resident": row.resident, "asked": row.asked}


def visit(
    newborn: Newborn,
    *,
    actor: Actor,
    visited_on: date,
    topics: list[str],
    note: str = "",
    today: date | None = None,
) -> NewbornVisit:
    """A visit that was made, with the visitor's record. A refusal before it no longer holds."""
    row = locked(newborn, None)
    in_reach(row.street, actor)
    note = note.strip()
    refuse(
        rules.visit_problems(row.birth_month, visited_on, topics, note, today or timezone.localdate()),
        rules.PROBLEMS,
        labels(NewbornVisit, "visited_on", "topics") | {"note": _("记录")},
    )
    if row.visits.filter(visited_on=visited_on).exists():
        raise Conflict(_("%(code)s那天已经登记过一次上门") % {"code": row.code}, code="twice")
    made = NewbornVisit.objects.create(
        newborn=row,
        visited_on=visited_on,
        topics=[key for key in rules.TOPICS if key in topics],
        note=note or None,
        visitor=actor.user,
    )
    if row.refused_on is not None:
        row.refused_on, row.refused_reason = None, ""
        row.version += 1
        row.save(update_fields=["refused_on", "refused_reason", "version"])
    audit.record(
        "guidance.newborn.visit",
        row,
        actor=actor,
        changes={"on": visited_on.isoformat(), "topics": made.topics, "note": bool(note)},
    )
    return made


def enter_many(rows: list[tuple[dict, dict | None]], *, actor: Actor, today: date) -> list[Newborn]:
    """Families with their visit, if any, for the demonstration and the benches: one audit entry.

    A row: (what keep_newborn takes with list_number, visited_on and topics of the visit or None).
    """
    actor.demand(RIGHT)
    free = iter(next_numbers(SERIES, len(rows)))
    for given, _visit in rows:
        refuse(
            rules.family_problems({"refused_reason": ""} | given, today),
            rules.PROBLEMS,
            labels(Newborn, *FIELDS),
        )
    made = Newborn.objects.bulk_create(
        [Newborn(code=f"{actor.district.prefix}N{next(free):05d}", **given) for given, _visit in rows],
        batch_size=BATCH,
    )
    visits = [
        NewbornVisit(newborn_id=one.pk, visitor=actor.user, **given)
        for one, (_values, given) in zip(made, rows, strict=True)
        if given
    ]
    NewbornVisit.objects.bulk_create(visits, batch_size=BATCH)
    audit.record(
        "guidance.newborn.enter_many", None, actor=actor, changes={"new": len(made), "visits": len(visits)}
    )
    return made


def forget_numbers(*, actor: Actor, on: date) -> int:
    """Each day: numbers of the visiting book whose purpose is over, child.retention_days after the child's first year."""
    days = int(parameters.value("child.retention_days", on))
    month = first_of(on - timedelta(days))
    over = Newborn.objects.filter(
        list_number__isnull=False, birth_month__lt=date(month.year - 1, month.month, 1)
    )
    forgotten = over.update(list_number=None)
    if forgotten:
        audit.record("guidance.newborn.clock", None, actor=actor, changes={"forgotten": forgotten})
    return forgotten


def keep_births(
    *,
    actor: Actor,
    street: Street,
    month: date,
    total: int,
    resident: int,
    source: str,
    counted_on: date,
    version: int | None = None,
    today: date | None = None,
) -> BirthCount:
    """Births of a street's month: entered, or corrected where there are some already (`version` of what was read)."""
    in_reach(street, actor)
    month, source = first_of(month), source.strip()
    refuse(
        rules.births_problems(month, total, resident, source, counted_on, today or timezone.localdate()),
        rules.PROBLEMS,
        labels(BirthCount, "month", "total", "resident", "source", "counted_on"),
    )
    Street.objects.select_for_update().get(pk=street.pk)
    row = BirthCount.objects.filter(street=street, month=month).first()
    if row is not None and row.version != (version or 0):
        raise Conflict(
            _("%(street)s这个月的出生数已经有了。打开它来改") % {"street": street.name}, code="stale"
        )
    if row is None and version:
        raise Conflict(_("这个月的出生数不在了。重新登记"), code="stale")
    before = [row.total, row.resident] if row else None
    row = row or BirthCount(street=street, month=month, version=0)
    row.total, row.resident, row.source, row.counted_on = total, resident, source, counted_on
    row.version += 1
    row.save()
    audit.record(
        "guidance.births.keep",
        row,
        actor=actor,
        name=f"{street.name} {month:%Y-%m}",
        changes={"births": [before, [total, resident]]},
    )
    return row


def enter_births_many(rows: list[dict], *, actor: Actor, today: date) -> int:
    """Births of months that have none yet, as keep_births takes them: for the demonstration and the benches."""
    actor.demand(RIGHT)
    for row in rows:
        refuse(
            rules.births_problems(
                row["month"], row["total"], row["resident"], row["source"], row["counted_on"], today
            ),
            rules.PROBLEMS,
            labels(BirthCount, "month", "total", "resident", "source", "counted_on"),
        )
    made = BirthCount.objects.bulk_create([BirthCount(**row) for row in rows], batch_size=BATCH)
    audit.record("guidance.births.enter_many", None, actor=actor, changes={"new": len(made)})
    return len(made)
