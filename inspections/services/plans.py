"""The yearly inspection plan: which schemes are in force, the draft, its approval by a second person, publication."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import Checklist, InspectionPlan, PlanRehearsal, Scheme
from inspections.rules import joint as joint_rules
from inspections.rules import plans as rules
from inspections.rules.frozen import canonical
from inspections.rules.states import PLAN
from inspections.services import chains, joint
from inspections.services.first_schemes import make_scheme
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import Unit
from portal.services import audit, publicity
from portal.services.steps import step

#: What a scheme is, apart from whose it is and what was confirmed about it.
SCHEME_FIELDS = (
    "key", "name", "subject", "kinds", "checklists", "units", "rates_permille", "team_size", "cap",
    "freeze_days_before", "window_days", "last_day", "chained_allowed", "joint",
)  # fmt: skip


def plans_for(year: int, on: date) -> QuerySet[InspectionPlan]:
    """The plans that were in force for a month of the year until the day, the one that is first."""
    plans = InspectionPlan.objects.filter(year__lte=year, published_on__lte=on)
    return plans.order_by("-year", "-revision")


def plan_for(year: int, on: date) -> InspectionPlan | None:
    """The plan that is in force on the day for a month of the year: the last published one goes on until the
    year's own is published."""
    return plans_for(year, on).first()


def by_slug(plans: QuerySet[InspectionPlan], slug: str) -> InspectionPlan | None:
    """The plan of an address's name, of those given."""
    year, revision = rules.named(slug)
    return plans.filter(year=year, revision=revision).first()


def before_of(plan: InspectionPlan) -> InspectionPlan | None:
    """What a revision revises: the year's plan as it was published before."""
    if not plan.revision:
        return None
    return InspectionPlan.objects.filter(year=plan.year, revision=plan.revision - 1).first()


def said_by(plan: InspectionPlan) -> dict:
    """What a plan says: as it was published, else as it stands."""
    return plan.content or content_of(plan)


def standing_since(scheme: Scheme) -> date | None:
    """Since when the year's published plan, whichever version of it, has a line of this key."""
    if not scheme.plan.revision:
        return scheme.plan.published_on
    plans = InspectionPlan.objects.filter(year=scheme.plan.year, schemes__key=scheme.key)
    return (
        plans.filter(published_on__isnull=False)
        .order_by("revision")
        .values_list("published_on", flat=True)[0]
    )


def schemes(year: int, on: date) -> list[Scheme]:
    """The schemes in force, in order of their keys; none where no plan is published."""
    plan = plan_for(year, on)
    if plan is None:
        return []
    return schemes_of(plan)


def schemes_of(plan: InspectionPlan) -> list[Scheme]:
    return list(plan.schemes.select_related("clause__document", "plan").order_by("key"))


def scheme(key: str, year: int, on: date) -> Scheme:
    """One scheme by key; NotFound where the plan has none of that key."""
    for one in schemes(year, on):
        if one.key == key:
            return one
    raise NotFound(_("%(year)s 年的检查计划里没有方案 %(key)s") % {"year": year, "key": key}, code="scheme")


# --- What a plan says -------------------------------------------------------------------------------


def content_of(plan: InspectionPlan) -> dict:
    """The plan as it is published: names of the day beside the codes, so that no later change rewords it. Kinds of
    facilities stay codes, for the page says them in the reader's language."""
    units = dict(Unit.objects.values_list("slug", "name"))
    lists = dict(Checklist.objects.values_list("key", "name"))
    before = before_of(plan)
    # the first plan of a year says nothing of revisions: what was published before there were any keeps its hash
    revised = {} if before is None else {
        "revision": plan.revision, "reason": plan.reason, "replaces": before.content_sha256,
    }  # fmt: skip
    return revised | {
        "year": plan.year,
        "title": plan.title,
        "schemes": [
            {name: getattr(one, name) for name in SCHEME_FIELDS}
            | {
                "basis": str(one.clause) if one.clause else "",
                "unit_names": [units.get(slug, slug) for slug in one.units],
                "checklist_names": [lists.get(key, key) for key in one.checklists],
            }
            for one in schemes_of(plan)
        ],
    }


def sha256_of(content: dict) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def rehearsed_sha256(plan: InspectionPlan) -> str:
    """Of what a rehearsal depends on in the plan: its schemes and what an inspector can do."""
    facts = {
        "schemes": [{name: getattr(one, name) for name in SCHEME_FIELDS} for one in schemes_of(plan)],
        "inspector_days": plan.inspector_days,
        "visits_a_day": plan.visits_a_day,
    }
    return sha256_of(facts)


def last_rehearsal(plan: InspectionPlan) -> PlanRehearsal | None:
    """The last one that ended."""
    return plan.rehearsals.filter(finished_at__isnull=False).order_by("-pk").first()


# --- The draft --------------------------------------------------------------------------------------


def locked(plan: InspectionPlan, version: int | None = None) -> InspectionPlan:
    """The plan's row, locked. Conflict where it is not as the form that changes it knew it."""
    row = InspectionPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.title}, code="stale"
        )
    return row


def demand_draft(plan: InspectionPlan) -> None:
    if plan.state != PLAN.initial:
        raise Conflict(
            _("%(name)s现在是“%(state)s”，不能改。要改，等批准人退回")
            % {"name": plan.title, "state": plan.get_state_display()},
            code="state",
        )


def make_plan(year: int, *, actor: Actor, title: str = "") -> InspectionPlan:
    """A draft of the year with the schemes of the last plan, or the first of all with the monthly draw. Conflict when the
    year has one."""
    actor.demand("plan.manage")
    if year not in rules.YEARS:
        raise Refused(_("年份：填 2000 到 2999 之间的数"), field="year", code="year")
    if InspectionPlan.objects.filter(year=year).exists():
        raise Conflict(_("%(year)s 年的检查计划已经有了。直接改它") % {"year": year}, field="year")
    earlier = InspectionPlan.objects.filter(year__lt=year)
    last = earlier.exclude(revision__gt=0, published_on__isnull=True).order_by("-year", "-revision").first()
    publicity.demand(title, field="title", label=_("标题"))
    plan = InspectionPlan.objects.create(
        year=year,
        title=title.strip()[:120] or _("%(year)s 年度双随机检查计划") % {"year": year},
        **({n: getattr(last, n) for n in ("inspector_days", "visits_a_day")} if last else {}),
    )
    if last:
        take_over(last, plan)
    else:
        make_scheme(plan)
    audit.record(
        "inspections.plan.make",
        plan,
        actor=actor,
        name=plan.title,
        changes={"from": last.year if last else None},
    )
    return plan


def take_over(last: InspectionPlan, plan: InspectionPlan) -> None:
    """The schemes of the one plan in the other, with what was confirmed about them."""
    for one in last.schemes.all():
        one.pk, one._state.adding, one.plan, one.version = None, True, plan, 1
        one.save()


def change_plan(plan: InspectionPlan, *, actor: Actor, version: int, **values) -> InspectionPlan:
    """Another title, other assumptions about what an inspector can do; in a draft only."""
    actor.demand("plan.manage")
    _refuse(rules.problems_of_plan(values))
    row = locked(plan, version)
    demand_draft(row)
    names = ("title", "inspector_days", "visits_a_day")
    values["title"] = values["title"].strip()
    changes = {n: [getattr(row, n), values[n]] for n in names if getattr(row, n) != values[n]}
    if changes:
        for name in names:
            setattr(row, name, values[name])
        row.version += 1
        row.save(update_fields=[*names, "version"])
        audit.record("inspections.plan.change", row, actor=actor, name=row.title, changes=changes)
    return row


def _check_references(values: dict) -> None:
    """Units and lists are the district's own, and each kind of facility has a list to be inspected by."""
    errors: dict[str, str] = {}
    if set(values["units"]) - set(Unit.objects.filter(collective=False).values_list("slug", flat=True)):
        errors["units"] = _("从本区的单位里选")
    kinds_of = dict(Checklist.objects.published().values_list("key", "kinds"))
    if set(values["checklists"]) - kinds_of.keys():
        errors["checklists"] = _("从本区的检查表里选")
    elif values["checklists"]:
        covered = {kind for key in values["checklists"] for kind in kinds_of[key]}
        left = [str(Facility.Kind(kind).label) for kind in values["kinds"] if kind not in covered]
        if left:
            errors["checklists"] = _("%(kinds)s没有检查表可用。加选一张用于它的") % {
                "kinds": _("、").join(left)
            }
    if values["joint"] and not errors:
        errors |= _joint_errors(values)
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)


def _joint_errors(values: dict) -> dict[str, str]:
    """What stands against a joint line: too few departments, a team smaller than they are, units without items."""
    found, ownerless = joint.owners(values["checklists"], values["kinds"], timezone.localdate())
    names = dict(Unit.objects.filter(slug__in=found).values_list("slug", "name"))
    problems = joint_rules.problems_of_scheme(found, ownerless, names, values["units"], values["team_size"])
    errors: dict[str, str] = {}
    for field, key, facts in problems:
        errors.setdefault(field, _(joint_rules.PROBLEMS[key]) % facts)
    return errors


def _settled(values: dict) -> dict:
    """As a joint line is stored: it draws from the departments of its items, and from nobody else."""
    if not values["joint"] or values["units"]:
        return values
    found, _ownerless = joint.owners(values["checklists"], values["kinds"], timezone.localdate())
    return values | {"units": sorted(found)}


def _refuse(problems: list[tuple[str, str, dict]]) -> None:
    """Every problem at once, each at its field."""
    errors: dict[str, str] = {}
    for field, key, facts in problems:
        errors.setdefault(field, _(rules.PROBLEMS[key]) % facts)
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)


def enter_scheme(plan: InspectionPlan, *, actor: Actor, **values) -> Scheme:
    """A new line in a draft; Refused with every problem at once, Conflict for a key that the plan has."""
    actor.demand("plan.manage")
    values.setdefault("joint", False)
    _refuse(rules.problems_of_scheme(values))
    _check_references(values)
    values = _settled(values)
    row = locked(plan)
    demand_draft(row)
    if row.schemes.filter(key=values["key"]).exists():
        raise Conflict(
            _("代号：这份计划里已经有 %(key)s") % {"key": values["key"]},
            field="key",
            errors={"key": _("这份计划里已经有 %(key)s") % {"key": values["key"]}},
        )
    made = Scheme.objects.create(plan=row, **{name: values[name] for name in SCHEME_FIELDS})
    _touched(row)
    audit.record(
        "inspections.scheme.enter", made, actor=actor, name=f"{row.year} {made.name}", changes=_facts(made)
    )
    return made


def change_scheme(scheme: Scheme, *, actor: Actor, version: int, **values) -> Scheme:
    """Other facts of a line of a draft. Its key stays: by it the year's chain and last year's visits are known."""
    actor.demand("plan.manage")
    values["key"] = scheme.key
    values.setdefault("joint", scheme.joint)
    _refuse(rules.problems_of_scheme(values))
    _check_references(values)
    values = _settled(values)
    plan = locked(scheme.plan)
    demand_draft(plan)
    row = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    if row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.name}, code="stale"
        )
    before = _facts(row)
    for name in SCHEME_FIELDS:
        setattr(row, name, values[name])
    changes = {name: [before[name], after] for name, after in _facts(row).items() if before[name] != after}
    if changes:
        row.version += 1
        row.save()
        _touched(plan)
        audit.record(
            "inspections.scheme.change", row, actor=actor, name=f"{plan.year} {row.name}", changes=changes
        )
    return row


def remove_scheme(scheme: Scheme, *, actor: Actor) -> None:
    """Takes a line out of a draft."""
    actor.demand("plan.manage")
    plan = locked(scheme.plan)
    demand_draft(plan)
    audit.record(
        "inspections.scheme.remove",
        scheme,
        actor=actor,
        name=f"{plan.year} {scheme.name}",
        changes=_facts(scheme),
    )
    scheme.delete()
    _touched(plan)


def _facts(scheme: Scheme) -> dict:
    return {name: getattr(scheme, name) for name in SCHEME_FIELDS}


def _touched(plan: InspectionPlan) -> None:
    plan.version += 1
    plan.save(update_fields=["version"])


# --- Approval and publication -----------------------------------------------------------------------


def submit_plan(plan: InspectionPlan, *, actor: Actor, version: int, at: datetime | None = None):
    """Asks for approval of a draft that was rehearsed as it stands."""
    actor.demand("plan.manage")
    row = locked(plan)
    state = step(PLAN, row, "submit")
    row = locked(plan, version)
    if not row.schemes.exists():
        raise Refused(_("计划里还没有方案。至少要有一个才能报批"), code="plan_empty")
    before = before_of(row)
    if before is not None and not rules.changes(said_by(before), content_of(row)):
        raise Refused(_("和公布的计划一样，没有要修订的"), code="same")
    rehearsal = last_rehearsal(row)
    if rehearsal is None or rehearsal.content_sha256 != rehearsed_sha256(row):
        raise Refused(_("计划改过以后还没有演练。先演练一遍，看清做不做得到，再报批"), code="not_rehearsed")
    row.state, row.submitted_at, row.submitted_by = state, at or timezone.now(), actor.user
    row.return_note = ""
    return _stepped(row, "submit", actor, "submitted_at", "submitted_by", "return_note")


def approve_plan(plan: InspectionPlan, *, actor: Actor, version: int, at: datetime | None = None):
    """The head of a unit approves what somebody else submitted."""
    actor.demand("plan.approve")
    row = locked(plan)
    state = step(PLAN, row, "approve")
    row = locked(plan, version)
    if actor.same_person(row.submitted_by):
        raise Denied(_("报批和批准要两个人"), code="second_person")
    row.state, row.approved_at, row.approved_by = state, at or timezone.now(), actor.user
    return _stepped(row, "approve", actor, "approved_at", "approved_by")


def return_plan(plan: InspectionPlan, *, note: str, actor: Actor, version: int) -> InspectionPlan:
    """Sends a plan back to its draft, with what has to be changed."""
    actor.demand("plan.approve")
    note = note.strip()
    if not 2 <= len(note) <= 200:
        raise Refused(_("要改什么：写 2 到 200 个字"), field="note")
    row = locked(plan)
    state = step(PLAN, row, "return")
    row = locked(plan, version)
    row.state, row.return_note = state, note
    row.submitted_at = row.submitted_by = row.approved_at = row.approved_by = None
    return _stepped(
        row, "return", actor, "return_note", "submitted_at", "submitted_by", "approved_at", "approved_by"
    )


def publish_plan(
    plan: InspectionPlan, *, actor: Actor, on: date | None = None, version: int | None = None
) -> InspectionPlan:
    """Publishes an approved plan, with its names, for good; done once."""
    actor.demand("plan.manage")
    row = locked(plan)
    if row.published_on is not None:
        return row
    locked(plan, version)
    row.state = step(PLAN, row, "publish")
    row.published_on = on or timezone.localdate()
    row.content = content_of(row)
    publicity.demand_none(
        publicity.strings(row.content), _("由批准人退回，改了再报；单位和检查表的名称在各自的页上改")
    )
    row.content_sha256 = sha256_of(row.content)
    if (
        row.revision
    ):  # a line that is new within the year has its anchor public before its first list is frozen
        for one in schemes_of(row):
            chains.make_chain(one, row.year, actor=actor)
    return _stepped(row, "publish", actor, "published_on", "content", "content_sha256")


def _stepped(row: InspectionPlan, action: str, actor: Actor, *fields: str) -> InspectionPlan:
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    changes = {"note": row.return_note} if action == "return" else {}
    if action == "publish":
        changes["sha256"] = row.content_sha256
    audit.record(f"inspections.plan.{action}", row, actor=actor, name=row.title, changes=changes)
    return row


def confirm_publicity(scheme: Scheme, *, actor: Actor, at: datetime | None = None) -> Scheme:
    """The bureau confirms, once, that grades and recusals become public with the evidence (draw.md)."""
    actor.demand("plan.manage")
    scheme = Scheme.objects.select_for_update().get(pk=scheme.pk)
    if scheme.grades_public_confirmed_at is None:
        scheme.grades_public_confirmed_at = at or timezone.now()
        scheme.grades_public_confirmed_by = actor.user
        scheme.save(update_fields=["grades_public_confirmed_at", "grades_public_confirmed_by"])
        audit.record("inspections.scheme.confirm_publicity", scheme, actor=actor)
    return scheme
