"""The register of inspectors: licence, streets, expertise; interests, declared and derived, each with its ground."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Employment, Facility
from inspections.models import Inspector, InspectorStreet, Interest, NamesakeDecision
from inspections.rules import inspectors as rules
from inspections.services import pools
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models import Street, User
from portal.services import audit

FIELDS = (
    "code",
    "name",
    "unit",
    "user",
    "licence_number",
    "licence_from",
    "licence_until",
    "expertise",
    "active",
)


def _refuse(problems: list[tuple[str, str]]) -> None:
    errors: dict[str, str] = {}
    for field, key in problems:
        errors.setdefault(field, _(rules.PROBLEMS[key]))
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)


def _taken(code: str, user: User | None, but: int | None = None) -> None:
    others = Inspector.objects.exclude(pk=but)
    if others.filter(code=code).exists():
        sentence = _("编号 %(code)s 已经有人用") % {"code": code}
        raise Conflict(sentence, field="code", errors={"code": sentence})
    if user is not None and others.filter(user=user).exists():
        sentence = _("这个账号已经是另一名检查人员的")
        raise Conflict(sentence, field="user", errors={"user": sentence})


def _tidied(values: dict) -> dict:
    return values | {"name": values["name"].strip(), "licence_number": values["licence_number"].strip()}


def _facts(one: Inspector) -> dict:
    return {
        "unit": one.unit.name,
        "licence": f"{one.licence_from.isoformat()} {one.licence_until.isoformat()}",
        "number": one.licence_number,
        "name": one.name,
        "expertise": list(one.expertise),
        "active": one.active,
        "account": one.user_id,
        "streets": sorted(one.streets.values_list("street__name", flat=True)),
    }


def enter_inspector(*, streets: list[Street], actor: Actor, **values) -> Inspector:
    """A new one; values as in FIELDS. Refused with every problem at once."""
    actor.demand("inspector.manage")
    _refuse(rules.problems(values | {"streets": streets}))
    _taken(values["code"], values["user"])
    made = Inspector.objects.create(**_tidied(values))
    InspectorStreet.objects.bulk_create(InspectorStreet(inspector=made, street=one) for one in streets)
    audit.record("inspections.inspector.enter", made, actor=actor, name=made.code, changes=_facts(made))
    return made


def change_inspector(
    inspector: Inspector, *, streets: list[Street], version: int, actor: Actor, **values
) -> Inspector:
    """Other facts. The code stays: evidence knows people by it. Conflict when `version` is stale."""
    actor.demand("inspector.manage")
    values["code"] = inspector.code
    _refuse(rules.problems(values | {"streets": streets}))
    row = Inspector.objects.select_for_update(of=("self",)).select_related("unit").get(pk=inspector.pk)
    if row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.code}, code="stale"
        )
    _taken(row.code, values["user"], but=row.pk)
    before = _facts(row)
    for name, value in _tidied(values).items():
        setattr(row, name, value)
    wanted = {one.pk for one in streets}
    row.streets.exclude(street__in=wanted).delete()
    there = set(row.streets.values_list("street_id", flat=True))
    InspectorStreet.objects.bulk_create(
        InspectorStreet(inspector=row, street=one) for one in streets if one.pk not in there
    )
    changes = {name: [before[name], after] for name, after in _facts(row).items() if before[name] != after}
    if changes:
        row.version += 1
        row.save()
        audit.record("inspections.inspector.change", row, actor=actor, name=row.code, changes=changes)
    return row


# --- Interests --------------------------------------------------------------------------------------


def declare_interest(
    inspector: Inspector,
    facility: Facility,
    *,
    kind: str,
    starts_on: date,
    ends_on: date | None = None,
    note: str = "",
    actor: Actor,
) -> Interest:
    """An interest that bars the two from meeting. Who declares an own one says so of oneself only: the row comes
    through `allowed`."""
    actor.demand("interest.declare")
    if kind not in Interest.Kind.values or kind == Interest.Kind.EMPLOYER:
        raise Refused(_("哪种关系：选一种"), field="kind")
    if not rules.EARLIEST <= starts_on <= rules.LATEST:
        raise Refused(_("从哪天起：要在 1990 年到 2100 年之间"), field="starts_on")
    if ends_on is not None and not starts_on <= ends_on <= rules.LATEST:
        raise Refused(_("到哪天止：不能早于开始的一天"), field="ends_on")
    if len(note) > 200:
        raise Refused(_("说明：最多 200 个字"), field="note")
    Inspector.objects.select_for_update(of=("self",)).get(pk=inspector.pk)
    if Interest.objects.filter(
        inspector=inspector, facility=facility, kind=kind, starts_on=starts_on
    ).exists():
        raise Conflict(_("这条关系已经申报过"), field="facility")
    made = Interest.objects.create(
        inspector=inspector,
        facility=facility,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        note=note.strip(),
    )
    audit.record(
        "inspections.interest.declare",
        inspector,
        actor=actor,
        name=inspector.code,
        changes={"facility": facility.code, "kind": kind, "starts_on": starts_on.isoformat()},
    )
    return made


def end_interest(interest: Interest, *, ends_on: date, actor: Actor) -> Interest:
    """The last day of an interest; it stays on record."""
    actor.demand("interest.end")
    row = Interest.objects.select_for_update(of=("self",)).select_related("inspector").get(pk=interest.pk)
    if not row.starts_on <= ends_on <= rules.LATEST:
        raise Refused(_("到哪天止：不能早于开始的一天"), field="ends_on")
    if row.ends_on is not None:
        raise Conflict(_("这条关系已经有止日"), code="state")
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    audit.record(
        "inspections.interest.end",
        row.inspector,
        actor=actor,
        name=row.inspector.code,
        changes={"ends_on": [None, ends_on.isoformat()]},
    )
    return row


class Derived(NamedTuple):
    """A tie that the records show. `bars`: whether the next freezing takes it by itself."""

    facility: Facility
    ground: str
    bars: bool


def derived(inspector: Inspector, *, actor: Actor, on: date | None = None) -> list[Derived]:
    """What the records show of an inspector: facilities whose previous team they were in (the freezing takes that by
    itself), and facilities that employ, or employed within two years, somebody of the same name: a namesake or the
    same person, which only somebody who looks can say, who then declares it. The previous team may be that of a visit
    still to be made: only the bureau and the inspector are told."""
    on = on or timezone.localdate()
    kinds = [kind for kind in Facility.Kind.values if kind != Facility.Kind.GUIDANCE_POINT]
    told = actor.may("draw.witness") or actor.same_person(inspector.user)
    codes = pools.previous_teams(kinds).get(inspector.pk, set()) if told else set()
    found = [
        Derived(one, _("上一次检查同组，下一次抽取自动回避"), True)
        for one in Facility.objects.filter(code__in=codes).order_by("code")
    ]
    since = on.replace(year=on.year - 2, day=min(on.day, 28))
    work = (
        Employment.objects.filter(staff__name=inspector.name)
        .exclude(ends_on__lt=since)
        .select_related("facility")
        .order_by("facility__code")
    )
    known = set(
        Interest.objects.current(on).filter(inspector=inspector).values_list("facility_id", flat=True)
    )
    known |= set(NamesakeDecision.objects.filter(inspector=inspector).values_list("facility_id", flat=True))
    found += [
        Derived(one.facility, _("有同名的从业人员，等区教育局核对是不是本人"), False)
        for one in work
        if one.facility_id not in known
    ]
    return found
