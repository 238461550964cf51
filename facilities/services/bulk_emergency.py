"""Plans and drills of many facilities at once: the single services' rules, one audit entry, few statements.

For the demonstration and the benches.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import DrillFile, EmergencyDrill, EmergencyPlan
from facilities.rules import emergency as rules
from facilities.services.bulk_files import first
from portal.access import Actor
from portal.errors import Refused
from portal.models.records import StoredFile
from portal.services import audit
from portal.services.bulk import BATCH
from portal.tenancy import recorded_at


def prepare_many(
    rows: list[dict],
    *,
    plan_file: StoredFile,
    evidence: StoredFile,
    actor: Actor,
    on: date | None = None,
    entered: Callable[[date], datetime] | None = None,
) -> int:
    """First versions of plans of facilities that have none of the kind, with their drills; returns how many drills.

    rows: dictionaries with `facility`, `kind`, `title`, `approved_on`, `approved_by`, `review_on` and `drills`, a list
    of dictionaries as the single service takes them. The files are shared by all. entered: when a row of a day was
    written down, for a demonstration's past. Refused as a whole.
    """
    actor.demand("facility.manage")
    today = on or timezone.localdate()
    held = EmergencyPlan.objects.filter(facility__in={row["facility"].pk for row in rows})
    taken = set(held.values_list("facility_id", "kind"))
    plans, drills = [], []
    for number, row in enumerate(rows, 1):
        facts = {name: value for name, value in row.items() if name not in ("facility", "drills")}
        if (row["facility"].pk, facts["kind"]) in taken:
            raise Refused(_("已有预案的机构一家一家地改"), code="furnished")
        first(number, rules.plan_problems(facts | {"has_file": True}, last=None, today=today), rules.PROBLEMS)
        plan = EmergencyPlan(
            facility=row["facility"],
            version=1,
            file=plan_file,
            drilled_on=max((drill["held_on"] for drill in row["drills"]), default=None),
            **facts,
        )
        plans.append(plan)
        for drill in row["drills"]:
            drill = {"child_count": 0, "partners": "", "problems": "", "measures": "", **drill}
            wrong = rules.drill_problems(drill | {"files": 1}, approved_on=plan.approved_on, today=today)
            first(number, wrong, rules.PROBLEMS)
            drills.append(EmergencyDrill(plan=plan, by=actor.user, **drill))
    write(plans, "approved_on", entered)
    for drill in drills:
        drill.plan_id = drill.plan.pk
    write(drills, "held_on", entered)
    DrillFile.objects.bulk_create([DrillFile(drill=d, file=evidence) for d in drills], batch_size=BATCH)
    audit.record(
        "facilities.emergency_plan.prepare_many",
        None,
        actor=actor,
        name=_("%(n)d 份预案") % {"n": len(plans)},
        changes={"plans": len(plans), "drills": len(drills)},
    )
    return len(drills)


def write(rows: list, day: str, entered: Callable[[date], datetime] | None) -> None:
    """The rows at once, or for an invented past moment by moment."""
    if not rows:
        return
    objects = type(rows[0]).objects
    if entered is None:
        objects.bulk_create(rows, batch_size=BATCH)
        return

    def moment(row) -> datetime:
        return entered(getattr(row, day))

    for at, some in groupby(sorted(rows, key=moment), moment):
        with recorded_at(at):
            objects.bulk_create(list(some), batch_size=BATCH)
