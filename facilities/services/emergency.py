"""Emergency plans by version, and drills: approved, held, taken out where they were entered wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import DrillFile, EmergencyDrill, EmergencyPlan, Facility
from facilities.rules import emergency as rules
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Refused
from portal.services.files import store_file

KEEP = "emergency.keep"


def labels(model) -> dict[str, str]:
    found = {field.name: str(field.verbose_name) for field in model._meta.fields}
    return found | {"upload": _("预案文件"), "uploads": _("照片、签到表或记录")}


def approve_plan(
    facility: Facility,
    *,
    actor: Actor,
    kind: str,
    title: str,
    approved_on: date,
    approved_by: str,
    review_on: date,
    upload=None,
    today: date | None = None,
) -> EmergencyPlan:
    """A new version of a facility's plan for one kind of emergency, in place of the one before it.

    Refused without its file, before the version in force was approved, and for what the rules say.
    """
    row = file.begin(facility, actor=actor, right=KEEP)
    last = EmergencyPlan.objects.filter(facility=row, kind=kind).order_by("-version").first()
    values = {
        "kind": kind,
        "title": title.strip(),
        "approved_on": approved_on,
        "approved_by": approved_by.strip(),
        "review_on": review_on,
    }
    problems = rules.plan_problems(
        values | {"has_file": bool(upload)},
        last=(last.version, last.approved_on) if last else None,
        today=today or timezone.localdate(),
    )
    refuse(problems, rules.PROBLEMS, labels(EmergencyPlan))
    if last is not None:
        last.replaced_on = approved_on
        last.save(update_fields=["replaced_on"])
    made = EmergencyPlan.objects.create(
        facility=row,
        version=last.version + 1 if last else 1,
        file=store_file(upload, actor=actor),
        drilled_on=last.drilled_on if last else None,
        **values,
    )
    changes = {"kind": kind, "version": made.version, "approved_on": approved_on.isoformat()}
    file.finish(row, "facilities.emergency_plan.approve", actor=actor, changes=changes)
    return made


def drop_plan(plan: EmergencyPlan, *, actor: Actor) -> None:
    """Takes the last version out that was entered wrongly; the one before it holds again. Refused for an earlier
    version and where a drill was held of it."""
    row = file.begin(plan.facility, actor=actor, right=KEEP)
    one = EmergencyPlan.objects.select_for_update().filter(pk=plan.pk).first()
    if one is None:
        return
    if one.replaced_on is not None:
        raise Refused(_("第 %(n)d 版之后还有新的一版，不能去掉") % {"n": one.version}, code="replaced")
    if one.drills.exists():
        raise Refused(_("按这一版做过演练。先去掉登记错的演练"), code="drilled")
    entry = {"kind": one.kind, "version": one.version, "approved_on": one.approved_on.isoformat()}
    one.delete()
    before = EmergencyPlan.objects.filter(facility=row, kind=one.kind).order_by("-version").first()
    if before is not None:
        before.replaced_on = None
        before.save(update_fields=["replaced_on"])
    file.finish(row, "facilities.emergency_plan.drop", actor=actor, changes=entry)


def hold_drill(
    plan: EmergencyPlan,
    *,
    actor: Actor,
    held_on: date,
    scenario: str,
    leader: str,
    staff_count: int,
    child_count: int = 0,
    partners: str = "",
    result: str,
    problems: str = "",
    measures: str = "",
    uploads: Sequence = (),
    today: date | None = None,
) -> EmergencyDrill:
    """A drill that was held of a version of a plan, with its evidence; moves the plan's clock on."""
    row = file.begin(plan.facility, actor=actor, right=KEEP)
    values = {
        "held_on": held_on,
        "scenario": scenario.strip(),
        "leader": leader.strip(),
        "staff_count": staff_count,
        "child_count": child_count,
        "partners": partners.strip(),
        "result": result,
        "problems": problems.strip(),
        "measures": measures.strip(),
    }
    found = rules.drill_problems(
        values | {"files": len(uploads)},
        approved_on=plan.approved_on,
        today=today or timezone.localdate(),
    )
    refuse(found, rules.PROBLEMS, labels(EmergencyDrill))
    if EmergencyDrill.objects.filter(plan=plan, held_on=held_on).exists():
        refuse_field("held_on", _("这一天的演练已经登记过"), "twice")
    made = EmergencyDrill.objects.create(plan=plan, by=actor.user, **values)
    DrillFile.objects.bulk_create(
        [DrillFile(drill=made, file=store_file(upload, actor=actor)) for upload in uploads]
    )
    follow(row, plan.kind)
    changes = {"kind": plan.kind, "held_on": held_on.isoformat(), "result": result}
    file.finish(row, "facilities.drill.hold", actor=actor, changes=changes)
    return made


def drop_drill(drill: EmergencyDrill, *, actor: Actor) -> None:
    """Takes a drill out that was entered wrongly; the clock goes back to the one before it."""
    plan = drill.plan
    row = file.begin(plan.facility, actor=actor, right=KEEP)
    EmergencyDrill.objects.filter(pk=drill.pk).delete()
    follow(row, plan.kind)
    entry = {"kind": plan.kind, "held_on": drill.held_on.isoformat()}
    file.finish(row, "facilities.drill.drop", actor=actor, changes=entry)


def follow(facility: Facility, kind: str) -> None:
    """The plan in force shows the last drill of its kind; earlier versions keep what they showed last."""
    drills = EmergencyDrill.objects.filter(plan__facility=facility, plan__kind=kind)
    last = drills.aggregate(last=Max("held_on"))["last"]
    EmergencyPlan.objects.in_force().filter(facility=facility, kind=kind).update(drilled_on=last)
