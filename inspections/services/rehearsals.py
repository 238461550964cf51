"""The rehearsal of a plan's year: ordered by a person, made by a task, kept with what it rests on.

It reads the register as it stands and the pools by the very functions of the freezing; it draws by the very functions
of the draw. It touches no chain and writes nothing but its own row.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import Inspection, InspectionPlan, Inspector, PlanRehearsal, TeamMember
from inspections.rules import rehearsal as rules
from inspections.services import plans, pools
from portal.access import Actor
from portal.celery import app as celery
from portal.errors import Conflict, Refused
from portal.models import Street
from portal.services import audit

RUNS = 100
#: A run that was ordered so long ago and has not ended is taken for lost: it may be ordered again.
LOST = timedelta(minutes=30)
PROGRESS_SECONDS = 3600


def progress_key(rehearsal: PlanRehearsal) -> str:
    return f"rehearsal:{rehearsal.district_id}:{rehearsal.pk}"


def progress(rehearsal: PlanRehearsal) -> int:
    """Simulated years so far; kept outside of the transaction that simulates."""
    return cache.get(progress_key(rehearsal)) or 0


def under_way(plan: InspectionPlan) -> PlanRehearsal | None:
    return plan.rehearsals.filter(finished_at__isnull=True).first()


def is_lost(rehearsal: PlanRehearsal, now: datetime | None = None) -> bool:
    return (now or timezone.now()) - rehearsal.ordered_at > LOST


def order(
    plan: InspectionPlan,
    *,
    actor: Actor,
    at: datetime | None = None,
    runs: int = RUNS,
    seed: str = "",
    queued: bool = True,
) -> PlanRehearsal:
    """Orders a rehearsal; the one that is under way, if there is one. Refused for a plan without schemes.

    seed: hex of 32 bytes, where the same rehearsal is to be made again; else chance.
    """
    actor.demand("plan.manage")
    at = at or timezone.now()
    row = plans.locked(plan)
    found = under_way(row)
    if found is not None:
        if not is_lost(found, at):
            return found
        found.delete()
    if not row.schemes.exists():
        raise Refused(_("计划里还没有方案，没有什么可以演练"), code="plan_empty")
    made = PlanRehearsal.objects.create(
        plan=row,
        ordered_at=at,
        ordered_by=actor.user,
        register_on=timezone.localdate(at),
        runs=runs,
        seed=seed or secrets.token_hex(32),
        content_sha256=plans.rehearsed_sha256(row),
    )
    audit.record("inspections.plan.rehearse", row, actor=actor, name=row.title, changes={"runs": runs})
    if queued:
        district_id = actor.district.pk
        transaction.on_commit(
            lambda: celery.send_task("inspections.rehearse_plan", args=[district_id, made.pk])
        )
    return made


def last_teams() -> dict[str, set[str]]:
    """Facility's code -> codes of who was in the team of its last visit, as `pools.previous_teams` knows it."""
    last = list(
        Inspection.objects.filter(facility__state="operating")
        .exclude(state="cancelled")
        .order_by("facility_id", "-finished_on", "-pk")
        .distinct("facility_id")
        .values_list("pk", flat=True)
    )
    found: dict[str, set[str]] = {}
    members = TeamMember.objects.filter(inspection__in=last, dropped_at__isnull=True).order_by()
    for facility, inspector in members.values_list("inspection__facility__code", "inspector__code"):
        found.setdefault(facility, set()).add(inspector)
    return found


def cases_of(plan: InspectionPlan) -> list[rules.Case]:
    """The plan's schemes with the register as it stands, and who may inspect in each month of its year."""
    found = []
    for scheme in plans.schemes_of(plan):
        rows = Facility.objects.operating().filter(kind__in=scheme.kinds).order_by("code")
        objects = [
            {"id": code, "street": street, "grade": grade or pools.NOT_GRADED}
            for code, street, grade in rows.values_list("code", "street__code", "grade")
        ]
        known = {item["id"] for item in objects}
        inspectors = {
            month: pools.frozen_inspectors(scheme, plan.year, month, known, teams={})
            for month in rules.MONTHS
        }
        found.append(
            rules.Case(scheme.key, scheme.rates_permille, scheme.team_size, scheme.cap, objects, inspectors)
        )
    return found


def result_of(plan: InspectionPlan, cases: list[rules.Case], tally: rules.Tally, capacity: int) -> dict:
    """What is kept of a rehearsal: figures by public codes, five to a spread (least, 10 %, median, 90 %, most)."""
    runs = tally.runs
    objects: dict[str, str] = {item["id"]: item["street"] for case in cases for item in case.objects}
    pool: dict[str, set[str]] = {}
    units: dict[str, set[str]] = {}
    unit_of: dict[str, str] = {}
    for case in cases:
        for rows in case.inspectors.values():
            for row in rows:
                unit_of[row["id"]] = row["unit"]
                for street in row["streets"]:
                    pool.setdefault(street, set()).add(row["id"])
                    units.setdefault(street, set()).add(row["unit"])
    kinds = {kind for scheme in plans.schemes_of(plan) for kind in scheme.kinds}
    drawn = Facility.objects.operating().exclude(kind=Facility.Kind.GUIDANCE_POINT)
    year_end = date(plan.year, 12, 31)
    lapsing = Inspector.objects.filter(
        active=True, licence_until__gte=date(plan.year, 1, 1), licence_until__lt=year_end
    )
    missed: dict[str, int] = {}
    for (_key, object_id), n in tally.missed.items():
        missed[object_id] = max(missed.get(object_id, 0), n)
    named = sorted(
        set(missed)
        | {one for one, n in tally.exceeded.items() if n}
        | {one for one, n in tally.reached.items() if n}
    )
    return {
        "runs": runs,
        "capacity": capacity,
        "objects": len(objects),
        "inspectors_in_pool": len(unit_of),
        "year": list(rules.spread(tally.years, runs)),
        "again": list(rules.spread(tally.again, runs)),
        "months": [
            {"month": month, "visits": list(rules.spread(tally.months[month], runs))}
            for month in rules.MONTHS
        ],
        "streets": [
            {
                "code": street,
                "objects": sum(one == street for one in objects.values()),
                "visits": list(rules.spread(tally.street_year.get(street, ()), runs)),
                "busiest": list(rules.spread(tally.street_busiest.get(street, ()), runs)),
                "short": list(rules.spread(tally.street_short.get(street, ()), runs)),
                "none_left": [
                    {"month": month, "runs": tally.none_left[street, month]}
                    for month in rules.MONTHS
                    if tally.none_left[street, month]
                ],
                "inspectors": len(pool.get(street, ())),
                "units": len(units.get(street, ())),
            }
            for street in sorted(set(objects.values()))
        ],
        "inspectors": [
            {
                "code": code,
                "unit": unit_of[code],
                "visits": list(rules.spread(tally.inspector_year.get(code, ()), runs)),
                "busiest": list(rules.spread(tally.inspector_busiest.get(code, ()), runs)),
                "over": tally.inspector_over[code],
            }
            for code in sorted(unit_of)
        ],
        "facilities": [
            {
                "code": code,
                "missed": missed.get(code, 0),
                "reached": tally.reached[code],
                "exceeded": tally.exceeded[code],
                "most": tally.most[code],
            }
            for code in named
        ],
        "uncovered": list(
            drawn.exclude(kind__in=kinds).order_by("code").values_list("code", flat=True)
        ),
        "licences": list(lapsing.order_by("code").values_list("code", flat=True)),
    }  # fmt: skip


def run(rehearsal: PlanRehearsal, *, actor: Actor, at: datetime | None = None) -> PlanRehearsal:
    """Simulates and keeps the result; a rehearsal that ended already is left as it is. The plan may be changed
    meanwhile: then the result says of which wording it is."""
    row = (
        PlanRehearsal.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=rehearsal.pk)
        .first()
    )
    if row is None:
        raise Conflict(_("这次演练正由另一个进程在算"), code="state")
    if row.finished_at is not None:
        return row
    plan = row.plan
    row.content_sha256 = plans.rehearsed_sha256(plan)
    cases = cases_of(plan)
    capacity = plan.inspector_days * plan.visits_a_day

    def tell(done: int) -> None:
        if done % 5 == 0 or done == row.runs:
            cache.set(progress_key(row), done, PROGRESS_SECONDS)

    tally = rules.rehearse(
        cases,
        base=bytes.fromhex(row.seed),
        runs=row.runs,
        capacity=capacity,
        before=last_teams(),
        progress=tell,
    )
    row.result = result_of(plan, cases, tally, capacity)
    row.finished_at = at or timezone.now()
    row.save(update_fields=["result", "finished_at", "content_sha256"])
    return row


def names_of(rehearsal: PlanRehearsal) -> dict[str, dict[str, str]]:
    """Codes of the result -> names that a page shows beside them."""
    codes = [row["code"] for row in rehearsal.result["facilities"]] + rehearsal.result["uncovered"]
    facilities = Facility.objects.filter(code__in=codes).values_list("code", "name", "pk")
    return {
        "streets": dict(Street.objects.values_list("code", "name")),
        "facilities": {code: name for code, name, _pk in facilities},
        "facility_ids": {code: pk for code, _name, pk in facilities},
    }
