"""Interests that the records give by themselves: an inspector's own employers against facilities and their operators, and
namesakes among staff, which somebody has to look at. See docs/plan.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Employment, Facility
from facilities.rules import words
from inspections.models import Inspector, InspectorEmployer, Interest, NamesakeDecision
from inspections.rules import inspectors as rules
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.rules import cells
from portal.services import audit, parameters

YEARS = "inspection.employer_years"
#: A namesake who left longer ago is nobody's hint any more.
NAMESAKE_YEARS = 2


def _same(name: str) -> tuple[str, str]:
    """What tells a name from others, as the register's import compares them: the core, and the numbers in it."""
    return cells.core(name), "".join(sign for sign in cells.plain(name) if sign.isdigit())


def _by_name(facilities: Iterable[Facility]) -> dict[tuple[str, str], list[Facility]]:
    found = defaultdict(list)
    for one in facilities:
        keys = {_same(one.name)} | ({_same(one.operator.name)} if one.operator else set())
        for key in keys:
            found[key].append(one)
    return found


@transaction.atomic
def derive(
    *,
    actor: Actor,
    on: date | None = None,
    facility: Facility | None = None,
    employers: Iterable[InspectorEmployer] | None = None,
) -> list[Interest]:
    """Enters the interests that employers give and that are not there yet; those that were made. What the bureau ended
    is not made again. Asked when an employer is entered, before each freezing, and for a facility that somebody is sent to
    outside of the draw."""
    on = on or timezone.localdate()
    rows = InspectorEmployer.objects.all() if employers is None else employers
    rows = list(rows)
    if not rows:
        return []
    there = Facility.objects.exclude(state="closed").select_related("operator")
    named = _by_name(there if facility is None else there.filter(pk=facility.pk))
    there_already = Interest.objects.filter(employer__in=rows)
    pks, known = set(), set()
    for pk, employer, one in there_already.values_list("pk", "employer_id", "facility_id"):
        pks.add(pk)
        known.add((employer, one))
    years = int(parameters.value(YEARS, on))
    made = [
        Interest(
            inspector_id=row.inspector_id,
            facility=one,
            kind=Interest.Kind.EMPLOYER,
            starts_on=row.starts_on,
            ends_on=rules.kept_until(row.ends_on, years),
            employer=row,
        )
        for row in rows
        for one in named.get(_same(row.name), ())
        if (row.pk, one.pk) not in known
    ]
    # two employers of one name and day, or two workers at the same time
    Interest.objects.bulk_create(made, ignore_conflicts=True)
    new = list(
        there_already.exclude(pk__in=pks).select_related("inspector", "facility").order_by("pk")
        if made
        else []
    )
    for one in new:
        audit.record(
            "inspections.interest.derive",
            one.inspector,
            actor=actor,
            name=one.inspector.code,
            changes={"facility": one.facility.code, "kind": one.kind, "starts_on": one.starts_on.isoformat()},
        )
    return new


@transaction.atomic
def enter(
    inspector: Inspector,
    *,
    name: str,
    starts_on: date,
    ends_on: date | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> list[Interest]:
    """An employer of an inspector, entered by the inspector or the bureau; the interests that follow from it."""
    actor.demand("interest.declare")
    name = " ".join(name.split())
    if not 2 <= len(name) <= 120:
        raise Refused(_("单位名称：写全称，2 到 120 个字"), field="name")
    if not rules.EMPLOYED_FROM <= starts_on <= rules.LATEST:
        raise Refused(_("从哪天起：要在 1960 年到 2100 年之间"), field="starts_on")
    if ends_on is not None and not starts_on <= ends_on <= rules.LATEST:
        raise Refused(_("到哪天止：不能早于开始的一天"), field="ends_on")
    Inspector.objects.select_for_update(of=("self",)).get(pk=inspector.pk)
    if InspectorEmployer.objects.filter(inspector=inspector, name=name, starts_on=starts_on).exists():
        raise Conflict(_("这个单位已经登记过"), field="name")
    made = InspectorEmployer.objects.create(
        inspector=inspector, name=name, starts_on=starts_on, ends_on=ends_on,
        entered_at=now or timezone.now(), entered_by=actor.user,
    )  # fmt: skip
    audit.record(
        "inspections.employer.enter",
        inspector,
        actor=actor,
        name=inspector.code,
        changes={"employer": name, "starts_on": starts_on.isoformat()},
    )
    return derive(actor=actor, employers=[made])


@transaction.atomic
def end(employer: InspectorEmployer, *, ends_on: date, actor: Actor) -> InspectorEmployer:
    """The last day with an employer; what was derived from it ends so many years after. By the bureau."""
    actor.demand("interest.end")
    rows = InspectorEmployer.objects.select_for_update(of=("self",)).select_related("inspector")
    row = rows.get(pk=employer.pk)
    if not row.starts_on <= ends_on <= rules.LATEST:
        raise Refused(_("到哪天止：不能早于开始的一天"), field="ends_on")
    if row.ends_on is not None:
        raise Conflict(_("这个单位已经有止日"), code="state")
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    until = rules.kept_until(ends_on, int(parameters.value(YEARS, timezone.localdate())))
    Interest.objects.filter(employer=row, ends_on__isnull=True).update(ends_on=until)
    audit.record(
        "inspections.employer.end",
        row.inspector,
        actor=actor,
        name=row.inspector.code,
        changes={"employer": row.name, "ends_on": [None, ends_on.isoformat()]},
    )
    return row


# --- Namesakes --------------------------------------------------------------------------------------


class Namesake(NamedTuple):
    inspector: Inspector
    facility: Facility
    post: str
    left_on: date | None


def namesakes(on: date | None = None) -> list[Namesake]:
    """Pairs of an inspector and a facility with staff of the same name that nobody has decided about, and that no
    interest keeps apart anyway."""
    on = on or timezone.localdate()
    since = on.replace(year=on.year - NAMESAKE_YEARS, day=min(on.day, 28))
    people = defaultdict(list)
    for one in Inspector.objects.filter(active=True).select_related("unit").order_by("code"):
        people[one.name].append(one)
    keys = [words.sort_key(name) for name in people]  # of these there is an index
    work = (
        Employment.objects.filter(staff__name__in=list(people), staff__name_key__in=keys)
        .exclude(ends_on__lt=since)
        .select_related("facility__street", "staff")
        .order_by("facility__code", "pk")
    )
    settled = set(NamesakeDecision.objects.values_list("inspector_id", "facility_id"))
    settled |= set(Interest.objects.current(on).values_list("inspector_id", "facility_id"))
    found = []
    for row in work:
        for one in people[row.staff.name]:
            if (one.pk, row.facility_id) not in settled:
                settled.add((one.pk, row.facility_id))
                found.append(Namesake(one, row.facility, row.get_post_display(), row.ends_on))
    return found


@transaction.atomic
def decide_namesake(
    inspector: Inspector,
    facility: Facility,
    *,
    outcome: str,
    reason: str,
    actor: Actor,
    now: datetime | None = None,
) -> NamesakeDecision:
    """Once for an inspector and a facility. The same person: an interest from the day on, like a declared one."""
    actor.demand("namesake.decide")
    if outcome not in NamesakeDecision.Outcome.values:
        raise Refused(_("是不是本人：选一个"), field="outcome")
    reason = reason.strip()
    if not 5 <= len(reason) <= 200:
        raise Refused(_("怎么核对的：写 5 到 200 个字"), field="reason")
    now = now or timezone.now()
    on = timezone.localdate(now)
    Inspector.objects.select_for_update(of=("self",)).get(pk=inspector.pk)
    if not any(one.inspector.pk == inspector.pk and one.facility.pk == facility.pk for one in namesakes(on)):
        raise Conflict(_("这一对没有同名的人要核对，或者已经有人核对过"), code="state")
    made = NamesakeDecision.objects.create(
        inspector=inspector, facility=facility, outcome=outcome, reason=reason, at=now, by=actor.user
    )
    if outcome == NamesakeDecision.Outcome.SAME:
        Interest.objects.create(
            inspector=inspector, facility=facility, kind=Interest.Kind.EMPLOYMENT, starts_on=on, note=reason
        )
    audit.record(
        "inspections.namesake.decide",
        inspector,
        actor=actor,
        name=inspector.code,
        changes={"facility": facility.code, "outcome": outcome},
    )
    return made
