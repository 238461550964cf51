"""The yearly plan's pages: the years, one year's plan with its schemes and steps, the rehearsal."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities import credit
from facilities.models import Facility
from inspections.forms.plans import PlanForm, ReviseForm, SchemeForm, StepForm, YearForm
from inspections.models import InspectionPlan, PlanRehearsal, Scheme
from inspections.rules import plans as rules
from inspections.services import plan_queue, plan_revisions, rehearsals
from inspections.services import plans as services
from inspections.views.plan_words import changes_of
from portal.errors import Refused
from portal.middleware import tell
from portal.models import Unit
from portal.templatetags.ui import day_words
from portal.views.forms import accepted, status_of

KINDS = {"draft": "none", "submitted": "doing", "approved": "doing", "published": "ok"}


def plan_of(request, year: str, right: str = "plan.view") -> InspectionPlan:
    """The plan that the address names: a year, or a revision within it."""
    request.actor.demand("plan.view")
    rows = InspectionPlan.objects.allowed(request.actor, right).select_related("submitted_by", "approved_by")
    found = services.by_slug(rows, year)
    if found is None:
        raise Http404
    return found


@require_GET
def plans(request, district):
    """All years, the latest first; the next one to be made."""
    request.actor.demand("plan.view")
    found = list(InspectionPlan.objects.allowed(request.actor, "plan.view").prefetch_related("schemes"))
    for one in found:
        one.kind, one.many = KINDS[one.state], len(one.schemes.all())
    on = timezone.localdate()
    missing = next((y for y in (on.year, on.year + 1) if y not in {one.year for one in found}), None)
    context = {
        "plans": found,
        "missing": str(missing or ""),
        "may_manage": request.actor.may("plan.manage"),
        "may_see_matters": request.actor.may("checklist.view"),
        "late": plan_queue.clock(request.district, missing, on) if missing else "",
    }
    return render(request, "inspections/plans.html", context)


@require_POST
def plan_new(request, district):
    """The draft of a year, from the plan before it."""
    request.actor.demand("plan.manage")
    form = YearForm(request.POST)
    if not form.is_valid():
        raise Refused(_("年份：填 2000 到 2999 之间的数"), field="year")
    made = services.make_plan(form.cleaned_data["year"], actor=request.actor)
    tell(request, _("%(name)s的草稿建好了，方案沿用上一年的") % {"name": made.title})
    return redirect("plan", district, made.slug)


def scheme_lines(plan: InspectionPlan) -> list[dict]:
    """The schemes of a plan in words."""
    kinds = dict(Facility.Kind.choices)
    content = services.content_of(plan)["schemes"]
    return [
        {
            "scheme": row,
            "kinds": [kinds.get(kind, kind) for kind in row.kinds],
            "units": told["unit_names"],
            "lists": told["checklist_names"],
            "basis": told["basis"],
            "rates": [(grade, row.rates_permille.get(grade)) for grade in "ABCD"],
        }
        for row, told in zip(services.schemes_of(plan), content, strict=True)
    ]


def steps_of(plan: InspectionPlan) -> list[dict]:
    """The four steps with who did them."""

    def done(at, by) -> str:
        who = by.name[:1] + "*" if by is not None and by.name else ""
        return f"{day_words(timezone.localdate(at))}　{who}" if at else ""

    order = ["draft", "submitted", "approved", "published"]
    here = order.index(plan.state)
    due = "" if plan.revision else _("%(day)s 前公布") % {"day": day_words(rules.due(plan.year))}
    labels = (
        (_("起草修订") if plan.revision else _("起草计划"), ""),
        (_("报批"), done(plan.submitted_at, plan.submitted_by)),
        (_("批准计划"), done(plan.approved_at, plan.approved_by)),
        (_("公布"), day_words(plan.published_on) if plan.published_on else due),
    )
    return [
        {
            "label": label,
            "note": note,
            "state": "ok" if n <= here and here else "doing" if n in (here, here + 1) else "none",
            "current": n == min(here + 1, 3) if plan.state != "published" else False,
        }
        for n, (label, note) in enumerate(labels)
    ]


def findings_of(rehearsal: PlanRehearsal, plan: InspectionPlan) -> list[dict]:
    """The feasibility report in sentences, with the names behind each."""
    schemes = [
        {name: getattr(one, name) for name in ("name", "freeze_days_before", "last_day")}
        for one in services.schemes_of(plan)
    ]
    names = rehearsals.names_of(rehearsal)
    known = names["streets"] | names["facilities"]
    return [
        {
            "state": one.state,
            "text": _(rules.FOUND[one.key]) % one.facts,
            "names": [known.get(code, code) for code in one.names[:12]],
            "more": max(0, len(one.names) - 12),
        }
        for one in rules.feasibility(rehearsal.result, schemes)
    ]


def versions_of(row: InspectionPlan, actor) -> list[InspectionPlan]:
    """The year's plan with all its revisions, the first one first; none where there is no revision."""
    rows = InspectionPlan.objects.allowed(actor, "plan.view").filter(year=row.year).defer("content")
    found = list(rows.order_by("revision"))
    for one in found:
        one.kind = KINDS[one.state]
    return found if len(found) > 1 else []


@require_http_methods(["GET", "POST"])
def plan_revise(request, district, year):
    """Begins a revision of a published plan: why, then its draft."""
    row = plan_of(request, year, "plan.manage")
    if not plan_revisions.may_revise(row, timezone.localdate()) and request.method == "GET":
        raise Http404
    form = ReviseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(
            form, lambda: plan_revisions.revise_plan(row, actor=request.actor, **form.cleaned_data)
        )
        if made:
            tell(request, _("修订的草稿建好了。公布以前，照原来的计划抽"))
            return redirect("plan", district, made.slug)
    return form_page(request, row, form, _("修订这份计划"), _("起草修订"))


@require_GET
def plan(request, district, year):
    """One year: steps, schemes, what the rehearsal says."""
    return plan_page(request, plan_of(request, year))


def plan_page(request, row: InspectionPlan, step: StepForm | None = None):
    actor = request.actor
    rehearsal = services.last_rehearsal(row)
    draft = row.state == "draft"
    manages, approves = actor.may("plan.manage"), actor.may("plan.approve")
    before = services.before_of(row)
    context = {
        "plan": row,
        "chip": (KINDS[row.state], row.get_state_display()),
        "steps": steps_of(row),
        "lines": scheme_lines(row),
        "late": ""
        if row.published_on or row.revision
        else plan_queue.clock(request.district, row.year, timezone.localdate()),
        "may_revise": manages and plan_revisions.may_revise(row, timezone.localdate()),
        "may_drop": manages and draft and row.revision > 0,
        "before": before,
        "changes": changes_of(services.said_by(before), services.said_by(row)) if before else [],
        "versions": versions_of(row, actor),
        "rehearsal": rehearsal,
        "fresh": rehearsal is not None and rehearsal.content_sha256 == services.rehearsed_sha256(row),
        "running": rehearsals.under_way(row),
        "findings": findings_of(rehearsal, row) if rehearsal else [],
        "may_edit": manages and draft,
        "may_rehearse": manages,
        "may_submit": manages and draft,
        "may_publish": manages and row.state == "approved",
        "may_approve": approves and row.state == "submitted" and not actor.same_person(row.submitted_by),
        "may_return": approves and row.state in ("submitted", "approved"),
        "step": step or StepForm(initial={"version": row.version}),
        "step_errors": step,
    }
    return render(request, "inspections/plan.html", context, status=status_of(step) if step else 200)


@require_http_methods(["GET", "POST"])
def plan_edit(request, district, year):
    """Title and assumptions of a draft."""
    row = plan_of(request, year, "plan.manage")
    initial = {name: getattr(row, name) for name in ("title", "inspector_days", "visits_a_day", "version")}
    form = PlanForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        done = accepted(form, lambda: services.change_plan(row, actor=request.actor, **form.cleaned_data))
        if done:
            tell(request, _("计划已存"))
            return redirect("plan", district, year)
    return form_page(request, row, form, _("改标题和人手"), _("存下变更"))


def form_page(request, row: InspectionPlan, form, title: str, verb: str, **more):
    back = reverse("plan", args=[request.district.slug, row.slug])
    context = {"form": form, "over": row.title, "back": back, "title": title, "verb": verb, **more}
    return render(request, "facilities/small_form.html", context, status=status_of(form))


def groups_of(form: SchemeForm) -> list[dict]:
    """The scheme's fields under four headings."""
    parts = (
        (_("检查什么"), "", ("key", "name", "subject", "kinds", "checklists")),
        (_("谁去查"), "", ("joint", "units", "team_size")),
        (
            _("多久查一次"),
            _("没有查过的年内一定查到；查过的按等级再抽"),
            ("rate_a", "rate_b", "rate_c", "rate_d", "cap"),
        ),
        (
            _("每个月的日子"),
            "",
            ("freeze_days_before", "window_days", "last_day", "chained_allowed", "version"),
        ),
    )
    return [
        {"heading": heading, "note": note, "fields": [form[name] for name in names if name in form.fields]}
        for heading, note, names in parts
    ]


@require_http_methods(["GET", "POST"])
def scheme_new(request, district, year):
    """Another line of a draft."""
    row = plan_of(request, year, "plan.manage")
    start = {
        "rate_a": 50, "rate_b": 100, "rate_c": 200, "rate_d": 500, "team_size": 2, "cap": 6,
        "freeze_days_before": 10, "window_days": 5, "last_day": 12,
    }  # fmt: skip
    form = SchemeForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST":
        made = accepted(form, lambda: services.enter_scheme(row, actor=request.actor, **form.facts()))
        if made:
            tell(request, _("方案“%(name)s”已加进计划") % {"name": made.name})
            return redirect("plan", district, year)
    return form_page(request, row, form, _("加一个方案"), _("加进计划"), groups=groups_of(form))


def scheme_of(request, pk: int) -> Scheme:
    request.actor.demand("plan.view")
    rows = Scheme.objects.allowed(request.actor, "plan.manage").select_related("plan")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
def scheme_edit(request, district, pk):
    """A line of a draft."""
    row = scheme_of(request, pk)
    initial = SchemeForm.initial_of(row)
    form = SchemeForm(request.POST if request.method == "POST" else None, initial=initial, scheme=row)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_scheme(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("方案“%(name)s”已存") % {"name": done.name})
            return redirect("plan", district, row.plan.slug)
    return form_page(request, row.plan, form, row.name, _("存下变更"), groups=groups_of(form))


@require_POST
def scheme_remove(request, district, pk):
    """Takes a line out of a draft."""
    row = scheme_of(request, pk)
    services.remove_scheme(row, actor=request.actor)
    tell(request, _("方案“%(name)s”已从计划里删去") % {"name": row.name})
    return redirect("plan", district, row.plan.slug)


@require_POST
def plan_step(request, district, year):
    """Submits, approves, returns or publishes; which right it takes the service asks."""
    row = plan_of(request, year)
    form = StepForm(request.POST)
    if not form.is_valid():
        form.refused = Refused(_("没有这一步"))
        return plan_page(request, row, form)
    version, actor = form.cleaned_data["version"], request.actor

    def take():
        match form.cleaned_data["what"]:
            case "submit":
                return services.submit_plan(row, actor=actor, version=version)
            case "approve":
                return services.approve_plan(row, actor=actor, version=version)
            case "return":
                return services.return_plan(row, note=form.cleaned_data["note"], actor=actor, version=version)
            case "drop":
                plan_revisions.drop_revision(row, actor=actor, version=version)
                return row
        return services.publish_plan(row, actor=actor, version=version)

    done = accepted(form, take)
    if done is None:
        return plan_page(request, row, form)
    said = {
        "submit": _("已报批，等单位负责人批准"),
        "approve": _("已批准"),
        "return": _("已退回修改"),
        "publish": _("已公布，公开页上看得到"),
        "drop": _("修订不要了，公布的计划照旧"),
    }
    tell(request, said[form.cleaned_data["what"]])
    return redirect("plan", district, str(row.year) if form.cleaned_data["what"] == "drop" else year)


@require_POST
def plan_rehearse(request, district, year):
    """Orders the year's rehearsal; its page tells how far it is."""
    row = plan_of(request, year, "plan.manage")
    rehearsals.order(row, actor=request.actor)
    return redirect("plan-rehearsal", district, year)


def shown_rehearsal(row: InspectionPlan, actor) -> PlanRehearsal:
    found = services.last_rehearsal(row)
    if found is None:
        raise Http404
    return found


TABLES = ("months", "streets", "inspectors", "facilities")


def table_of(query) -> str:
    wanted = query.get("table", "")
    return wanted if wanted in TABLES else "months"


def rehearsal_rows(rehearsal: PlanRehearsal, table: str) -> list[dict]:
    """The rows of one of the four tables, with names beside the codes."""
    names = rehearsals.names_of(rehearsal)
    units = {slug.replace("_", "-"): name for slug, name in Unit.objects.values_list("slug", "name")}
    rows = []
    for one in rehearsal.result[table]:
        row = dict(one)
        if table == "streets":
            row["name"] = names["streets"].get(one["code"], one["code"])
        elif table == "inspectors":
            row["unit"] = units.get(one["unit"], one["unit"])
        elif table == "facilities":
            row["name"] = names["facilities"].get(one["code"], one["code"])
            row["pk"] = names["facility_ids"].get(one["code"])
        rows.append(row)
    listings = credit.listings(row["pk"] for row in rows if row.get("pk"))
    for row in rows:
        row["listing"] = listings.get(row.get("pk"))
    return rows


@require_GET
def plan_rehearsal(request, district, year):
    """The simulated year in four tables; while it runs, how many years are done."""
    row = plan_of(request, year)
    running = rehearsals.under_way(row)
    rehearsal = services.last_rehearsal(row)
    if running is None and rehearsal is None:
        raise Http404
    done = rehearsals.progress(running) if running else 0
    words = {"done": done, "runs": running.runs if running else 0}
    context = {
        "plan": row,
        "running": running,
        "lost": running is not None and rehearsals.is_lost(running),
        "done": done,
        "progress_words": _("演练到第 %(done)d 遍，一共 %(runs)d 遍") % words,
        "rehearsal": rehearsal,
        "may_rehearse": request.actor.may("plan.manage"),
    }
    if request.headers.get("HX-Request") and running:
        return render(request, "inspections/plan_rehearsal_progress.html", context)
    if rehearsal is not None:
        table = table_of(request.GET)
        labels = {
            "months": _("各月"),
            "streets": _("各街镇"),
            "inspectors": _("检查人员"),
            "facilities": _("碰到下限和上限的机构"),
        }
        context |= {
            "table": table,
            "tabs": [
                {
                    "label": labels[one],
                    "url": f"?table={one}",
                    "count": len(rehearsal.result[one]),
                    "current": one == table,
                }
                for one in TABLES
            ],
            "rows": rehearsal_rows(rehearsal, table),
            "top": max((one["visits"][4] for one in rehearsal.result["months"]), default=1) or 1,
            "findings": findings_of(rehearsal, row),
            "fresh": rehearsal.content_sha256 == services.rehearsed_sha256(row),
        }
    return render(request, "inspections/plan_rehearsal.html", context)
