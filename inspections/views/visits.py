"""Lists and records of inspections; starting, publishing, striking off, inspections with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.visits import CancelForm, InspectionFilter, UnscheduledForm
from inspections.models import (
    Complaint,
    FieldOutcome,
    Finding,
    Incident,
    Inspection,
    Order,
    Recusal,
    ResultReview,
    TeamMember,
    VisitPart,
)
from inspections.rules import visits as rules
from inspections.rules.states import OPEN
from inspections.services import cancellations, joint, recusals, results, visits
from inspections.services.draw_summary import VISIT_KINDS
from inspections.services.field_parts import current_record
from inspections.views.answers import log_page
from inspections.views.confirmations import second_page
from inspections.views.joint import KINDS as PART_KINDS
from inspections.views.results import decorate as decorate_reviews
from inspections.views.sheet import sheet_of
from portal import calendar
from portal.errors import Refused
from portal.middleware import tell
from portal.rules.rights import Role
from portal.views.forms import refuse, status_of
from portal.views.rows import row_address

#: What a row of the list says; a visit and its facility have sixty columns between them.
OF_A_ROW = (
    "number", "kind", "state", "due_on", "finished_on", "signed_by", "cancel_requested_by", "facility__name",
    "facility__street__name", "reason_kind",
)  # fmt: skip
TABS = ("mine", "open", "short", "late", "signed", "publish", "done")


def team_size_now():
    """A visit's members of today, as a number, for a queryset."""
    rows = TeamMember.objects.filter(inspection=OuterRef("pk"), dropped_at__isnull=True).order_by()
    return Coalesce(Subquery(rows.values("inspection").annotate(n=Count("pk")).values("n")), 0)


def of_tab(rows, tab: str, on: date, actor):
    """The rows of one saved search."""
    if tab == "mine":
        team = TeamMember.objects.filter(
            inspection=OuterRef("pk"), inspector__user=actor.user, dropped_at__isnull=True
        )
        return rows.open().filter(Exists(team))
    if tab == "open":
        return rows.open()
    if tab == "short":
        return rows.open().annotate(members=team_size_now()).filter(members__lt=rules.SMALLEST_TEAM)
    if tab == "late":
        return rows.open().filter(due_on__lt=on)
    if tab == "signed":
        return rows.filter(state="signed")
    if tab == "publish":
        return rows.filter(state="finished")
    return rows.filter(state__in=("finished", "published", "cancelled"))


@dataclass(frozen=True)
class Chosen:
    """What the address of the list asks for: `rows` under the conditions, `shown` those of the tab."""

    form: InspectionFilter
    tabs: tuple[str, ...]
    tab: str
    whole: bool
    rows: QuerySet
    shown: QuerySet


def chosen(actor, query, on: date) -> Chosen:
    whole = actor.process or bool(actor.roles & {Role.BUREAU, Role.UNIT_HEAD, Role.AUDITOR})
    tabs = TABS if Role.INSPECTOR in actor.roles and whole else TABS[1:] if whole else ("mine", "done")
    tab = query.get("tab") or tabs[0]
    tab = tab if tab in tabs else tabs[0]
    form = InspectionFilter(query)
    form.is_valid()
    rows = filtered(Inspection.objects.known_to(actor), getattr(form, "cleaned_data", {}))
    shown = of_tab(rows, tab, on, actor).select_related("facility__street").only(*OF_A_ROW)
    shown = shown.annotate(listing=listing("facility"))
    return Chosen(form, tabs, tab, whole, rows, shown)


@require_GET
def inspections(request, district):
    """An inspector's own visits, or all that the bureau may see, with saved searches and conditions."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("inspection.view")
    wanted = chosen(actor, request.GET, on)
    form, tabs, tab, whole, rows = wanted.form, wanted.tabs, wanted.tab, wanted.whole, wanted.rows
    counts = rows.order_by().aggregate(
        open=Count("pk", filter=Q(state__in=OPEN)),
        late=Count("pk", filter=Q(state__in=OPEN, due_on__lt=on)),
        signed=Count("pk", filter=Q(state="signed")),
        publish=Count("pk", filter=Q(state="finished")),
    )
    if "short" in tabs:
        counts["short"] = of_tab(rows, "short", on, actor).count() if counts["open"] else 0
    page = paged(
        wanted.shown,
        {"day": (("due_on", date), ("pk", int))},
        request.GET,
        default="-day" if tab == "done" else "day",
    )
    decorate(page.rows, on)
    address = row_address("inspection", district)
    for row in page.rows:
        row.url = address(row.pk)
    names = {
        "mine": _("我的"),
        "open": _("待检查和检查中"),
        "short": _("人手不足"),
        "late": _("过了期限"),
        "signed": _("等第二人确认"),
        "publish": _("待公示"),
        "done": _("已完成"),
    }
    keep = request.GET.copy()
    for name in ("tab", "before", "after"):
        keep.pop(name, None)
    query = f"&{keep.urlencode()}" if keep else ""
    items = [
        {"label": names[t], "url": f"?tab={t}{query}", "count": counts.get(t), "current": t == tab}
        for t in tabs
    ]
    context = {
        "page": page,
        "form": form,
        "tabs": items,
        "tab": tab,
        "whole": whole,
        "may_see_lists": actor.may("checklist.view"),
        "may_create": actor.may("inspection.create"),
        "may_see_ratings": actor.may("rating.view"),
        "may_see_agreement": actor.may("agreement.view"),
        "may_bring": actor.may("field.bring"),
    }
    return render(request, "inspections/inspections.html", context)


def filtered(rows, wanted: dict):
    """The rows that satisfy the conditions of the filter bar."""
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(number=q) | Q(facility__code=q))
    if month := wanted.get("month"):
        rows = rows.filter(month=month.replace(day=1))
    if street := wanted.get("street"):
        rows = rows.filter(facility__street=street)
    if state := wanted.get("state"):
        rows = rows.filter(state=state)
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    return rows


def decorate(rows: list[Inspection], on: date) -> None:
    """Team codes, what was found and the days left, for the rows of a page: two queries for all."""
    team: dict[int, list[str]] = {}
    members = TeamMember.objects.filter(inspection__in=rows, dropped_at__isnull=True).order_by("position")
    for pk, code in members.values_list("inspection", F("inspector__code")):
        team.setdefault(pk, []).append(code)
    found = dict(
        Finding.objects.filter(inspection__in=rows)
        .exclude(state="withdrawn")
        .order_by()
        .values_list("inspection")
        .annotate(n=Count("pk"))
        .values_list("inspection", "n")
    )
    between = _("、")
    for row in rows:
        row.codes = team.get(row.pk, [])
        row.open = row.state in OPEN
        row.short = row.state in ("due", "under_way") and len(row.codes) < rules.SMALLEST_TEAM
        row.done = row.state in ("finished", "published")
        row.team = between.join(row.codes)
        row.word, row.kind_word = row.get_state_display(), row.get_kind_display()
        row.found = found.get(row.pk, 0)
        row.left = calendar.working_days_between(on, row.due_on)
        row.shape = state_shape(row, on)


def state_shape(row: Inspection, on: date) -> str:
    """The shape of an inspection's state in a list."""
    if row.state in OPEN and row.due_on < on:
        return "bad"
    return VISIT_KINDS[row.state]


def visible(request, pk: int) -> Inspection:
    rows = Inspection.objects.known_to(request.actor)
    return get_object_or_404(
        rows.select_related(
            "facility__street", "draw__scheme", "double__second", "signed_by", "confirmed_by"
        ),
        pk=pk,
    )


@require_GET
def inspection(request, district, pk):
    """A visit: for its team the page to start it or the page to log it, for the others the record."""
    row = visible(request, pk)
    team = visits.team_of(row)
    mine = any(request.actor.same_person(member.inspector.user) for member in team)
    if mine and row.state == "under_way":
        return log_page(request, row)
    if mine and row.state == "signed" and not request.actor.same_person(row.signed_by):
        return second_page(request, row, team)
    if mine and row.state == "due" and request.actor.may("inspection.log"):
        return start_page(request, row, team)
    return record_page(request, row, team)


def start_page(request, row: Inspection, team):
    """Before the door: where, who, with which lists, and what stands against it."""
    on = timezone.localdate()
    for member in team:
        one = member.inspector
        member.fit = rules.licensed(one.active, one.licence_from, one.licence_until, on)
    parts = parts_of(row)
    past = (
        Inspection.objects.filter(facility=row.facility)
        .finished()
        .annotate(
            found=Count("findings", filter=~Q(findings__state="withdrawn")),
            left=Count("findings", filter=Q(findings__state="open")),
        )
        .order_by("-finished_on", "-pk")
        .first()
    )
    context = {
        "inspection": row,
        "team": team,
        "versions": joint.versions_of(row, on),
        "parts": parts,
        "recusals": recusals.open_of(row),
        "lacking": [part.unit.name for part in parts if part.lacks],
        "short": sum(m.fit for m in team) < rules.SMALLEST_TEAM,
        "past": past,
        "left": calendar.working_days_between(on, row.due_on),
        "early": row.kind == Inspection.Kind.DRAWN and on < row.month,
    }
    return render(request, "inspections/inspection_start.html", context)


@require_GET
def inspection_result(request, district, pk):
    """The record of a visit, to read."""
    row = visible(request, pk)
    return record_page(request, row, visits.team_of(row))


def parts_of(row: Inspection) -> list[VisitPart]:
    """The departments of a joint visit with their shapes, and whether somebody of theirs is missing."""
    if not row.joint:
        return []
    without = joint.lacking([row]).get(row.pk, []) if row.state == "due" else []
    found = list(row.departments.select_related("unit").order_by("position"))
    for part in found:
        part.lacks = part.unit in without
        part.shape = "bad" if part.lacks else PART_KINDS[part.state]
    return found


def record_page(request, row: Inspection, team, cancel_form=None, status: int = 200):
    sheet = sheet_of(row, actor=request.actor)
    findings = list(row.findings.select_related("item__clause__document", "order", "repeat_of__inspection"))
    actor = request.actor
    review = ResultReview.objects.filter(inspection=row).first()
    if review is not None:
        review.inspection = row
        decorate_reviews([review], timezone.localdate())
    context = {
        "inspection": row,
        "sheet": sheet,
        "team": team,
        "dropped": row.all_team.filter(dropped_at__isnull=False).select_related("inspector"),
        "findings": findings,
        "standing": sum(one.state != "withdrawn" for one in findings),
        "orders": list(row.orders.select_related("unit")),
        "may_see_campaign": actor.may("campaign.view"),
        "parts": parts_of(row),
        "recusals": list(Recusal.objects.known_to(actor).filter(inspection=row).select_related("inspector")),
        "may_note_recusal": recusals.may_be_asked(row)
        and Inspection.objects.allowed(actor, "recusal.note").filter(pk=row.pk).exists(),
        "shape": state_shape(row, timezone.localdate()),
        "may_waive": row.state == "signed"
        and actor.may("confirmation.waive")
        and not actor.same_person(row.signed_by),
        "review": review,
        "cases": list(row.case_files.all()[:5]) if actor.may("case_file.take") else [],
        "may_order_case": row.state in ("finished", "published") and actor.may("case_file.take"),
        "may_publish": row.state == "finished"
        and review is not None
        and review.state == "final"
        and actor.may("result.publish"),
        "may_cancel": row.state in ("due", "under_way")
        and not row.cancel_requested_by_id
        and actor.may("inspection.cancel"),
        "may_decide": row.state in ("due", "under_way")
        and bool(row.cancel_requested_by_id)
        and actor.may("inspection.cancel_confirm")
        and not actor.same_person(row.cancel_requested_by),
        "may_withdraw": row.state in ("due", "under_way") and actor.same_person(row.cancel_requested_by),
        "cancel_form": cancel_form or CancelForm(),
        "record": current_record(row),
        "may_settle": actor.may("field.settle") and row.passes.exists(),
        "held": FieldOutcome.objects.filter(operation__inspection=row, state="held").count(),
        "addenda": row.addenda.count(),
        "provisional": calendar.provisional_note(row.publish_by) if row.state == "finished" else "",
        "publish_left": calendar.working_days_between(timezone.localdate(), row.publish_by)
        if row.publish_by
        else None,
    }
    return render(request, "inspections/inspection_result.html", context, status=status)


@require_POST
def inspection_publish(request, district, pk):
    row = visible(request, pk)
    done = results.publish_result(row, actor=request.actor)
    tell(request, _("检查 %(number)s 的结果已公示") % {"number": done.number})
    return redirect("inspection-result", district, pk)


@require_POST
def inspection_cancel(request, district, pk):
    """Asks that a visit be struck off."""
    request.actor.demand("inspection.cancel")
    row = visible(request, pk)
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancellations.request_cancel(row, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("已申请销去 %(number)s，等第二个人确认") % {"number": row.number})
            return redirect("inspection-result", district, pk)
    return record_page(request, row, visits.team_of(row), cancel_form=form, status=status_of(form))


@require_POST
def inspection_cancel_confirm(request, district, pk):
    request.actor.demand("inspection.cancel_confirm")
    row = visible(request, pk)
    cancellations.confirm_cancel(row, actor=request.actor)
    tell(request, _("已销去 %(number)s，记在抽取的附记里") % {"number": row.number})
    return redirect("inspections", district)


@require_POST
def inspection_cancel_decline(request, district, pk):
    row = visible(request, pk)
    cancellations.decline_cancel(row, actor=request.actor)
    tell(request, _("%(number)s 照常检查") % {"number": row.number})
    return redirect("inspections", district)


def cause_asked(request) -> str:
    """The number of the record from whose page the person comes."""
    for name, model in (("complaint", Complaint), ("incident", Incident), ("order", Order)):
        pk = request.GET.get(name, "")
        if pk.isascii() and pk.isdigit() and len(pk) < 19 and request.actor.may(f"{name}.view"):
            found = model.objects.allowed(request.actor, f"{name}.view").filter(pk=pk).first()
            return found.number if found else ""
    return ""


@require_http_methods(["GET", "POST"])
def inspection_new(request, district):
    """An inspection outside of the draw, with its reason."""
    request.actor.demand("inspection.create")
    on = timezone.localdate()
    causes = partial(visits.cause_numbered, actor=request.actor)
    initial = {"cause": cause_asked(request), "due_on": on}
    form = UnscheduledForm(
        request.POST if request.method == "POST" else None, causes=causes, on=on, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        wanted = dict(form.cleaned_data)
        try:
            made = visits.create_unscheduled(
                wanted.pop("cause"),
                inspectors=list(wanted.pop("inspectors")),
                actor=request.actor,
                **wanted,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("有因检查 %(number)s 已安排") % {"number": made.number})
            return redirect("inspection", district, made.pk)
    return render(request, "inspections/inspection_new.html", {"form": form}, status=status_of(form))
