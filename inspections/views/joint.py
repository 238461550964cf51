"""Joint visits: the list of departments' parts, one part with its items, and what is decided about it."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.joint import ExcuseForm, HandOverForm, PartFilter
from inspections.models import Answer, AnswerPhoto, Finding, Inspection, Order, VisitItem, VisitPart
from inspections.services import case_files, joint, photo_facts
from inspections.views.sheet import SHAPES
from portal.middleware import tell
from portal.views.forms import accepted, status_of

KINDS = {"pending": "doing", "absent": "warn", "clear": "ok", "ordered": "warn", "handed": "bad"}
#: By the month of the visit, the newest first.
SORTS = {"month": (("inspection__month", date), ("pk", int))}


def rows_of(actor, query) -> tuple[PartFilter, QuerySet]:
    """The parts that the actor knows of, under the conditions of the page."""
    form = PartFilter(query)
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = VisitPart.objects.known_to(actor)
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(inspection__number=q) | Q(inspection__facility__code=q))
    if state := wanted.get("state"):
        rows = rows.filter(state=state)
    orders = Order.objects.filter(inspection=OuterRef("inspection"), unit=OuterRef("unit")).order_by()
    answered = VisitItem.objects.filter(inspection=OuterRef("inspection"), unit=OuterRef("unit"))
    of_it = VisitItem.objects.filter(
        inspection=OuterRef(OuterRef("inspection")), unit=OuterRef(OuterRef("unit"))
    )
    found = Finding.objects.filter(
        inspection=OuterRef("inspection"), item__in=of_it.order_by().values("item")
    ).exclude(state="withdrawn")
    return form, rows.select_related("inspection__facility__street", "unit").annotate(
        listing=listing("inspection__facility"),
        n_items=_count(answered, "inspection"),
        n_findings=_count(found, "inspection"),
        n_orders=_count(orders, "inspection"),
    )


def _count(rows, by: str):
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@require_GET
def visit_parts(request, district):
    """The departments' parts of joint visits, the newest visit first."""
    request.actor.demand("part.view")
    form, rows = rows_of(request.actor, request.GET)
    page = paged(rows, SORTS, request.GET, default="-month")
    for row in page.rows:
        row.shape = KINDS[row.state]
    return render(request, "inspections/visit_parts.html", {"form": form, "page": page})


def visible(request, pk: int, unit: str) -> VisitPart:
    rows = VisitPart.objects.known_to(request.actor)
    return get_object_or_404(
        rows.select_related("inspection__facility__street", "inspection__draw__scheme", "unit", "absent_by"),
        inspection=pk,
        unit__slug=unit,
    )


@require_GET
def visit_part(request, district, pk, unit):
    """One department's part of a joint visit: its people, items, findings, orders, what it did about them."""
    return part_page(request, visible(request, pk, unit))


def part_page(
    request, part: VisitPart, excuse: ExcuseForm | None = None, handing: HandOverForm | None = None
):
    actor, inspection = request.actor, part.inspection
    items = list(joint.items_of_part(part))
    ids = [row.item_id for row in items]
    answers = {a.item_id: a for a in Answer.objects.filter(inspection=inspection, item__in=ids)}
    photos: dict[int, list] = {}
    for photo in AnswerPhoto.objects.filter(answer__inspection=inspection, answer__item__in=ids).order_by(
        "pk"
    ):
        photo.facts = photo_facts.facts(photo.meta)
        photos.setdefault(photo.answer_id, []).append(photo)
    lines = []
    for row in items:
        answer = answers.get(row.item_id)
        lines.append(
            {
                "row": row,
                "answer": answer,
                "shape": SHAPES.get(answer.value, "") if answer else "",
                "photos": photos.get(answer.pk, []) if answer else [],
                "by": row.unit if row.unit_id != part.unit_id else None,
            }
        )
    without = part.unit in joint.lacking([inspection]).get(inspection.pk, [])
    due = inspection.state == "due"
    done = inspection.state in ("finished", "published")
    findings = list(joint.findings_of(part)) if done else []
    sees_visit = (
        Inspection.objects.known_to(actor).filter(pk=inspection.pk).exists()
        if actor.may("inspection.view")
        else False
    )
    context = {
        "part": part,
        "inspection": inspection,
        "chip": (KINDS[part.state], part.get_state_display()),
        "team": joint.team_of_part(part),
        "lacking": without and due,
        "lines": lines,
        "foretold": [item for item, of in joint.lines_of(inspection, inspection.due_on) if of == part.unit]
        if due
        else [],
        "counts": {value: sum(a.value == value for a in answers.values()) for value in SHAPES},
        "findings": findings,
        "orders": list(joint.orders_of(part)),
        "others": [one for one in inspection.departments.select_related("unit") if one.pk != part.pk],
        "sees_visit": sees_visit,
        "cases": list(part.case_files.all()[:5]) if actor.may("case_file.take") else [],
        "may_take": done and actor.may("case_file.take"),
        "may_excuse": due and without and part.state == "pending" and actor.may("part.excuse"),
        "may_recall": due and part.state == "absent" and actor.may("part.excuse"),
        "may_hand": bool(findings)
        and part.state in ("clear", "ordered")
        and VisitPart.objects.allowed(actor, "part.hand_over").filter(pk=part.pk).exists(),
        "excuse": excuse or ExcuseForm(),
        "handing": handing or HandOverForm(initial={"version": part.version}),
        "errors": excuse or handing,
    }
    forms = [form for form in (excuse, handing) if form is not None]
    return render(request, "inspections/visit_part.html", context, status=status_of(*forms) if forms else 200)


@require_POST
def visit_part_absent(request, district, pk, unit):
    """The visit is made without this department; or it comes after all."""
    request.actor.demand("part.excuse")
    part = visible(request, pk, unit)
    if request.POST.get("what") == "recall":
        joint.recall(part, actor=request.actor)
        tell(request, _("%(unit)s照常到场") % {"unit": part.unit.name})
        return redirect("visit-part", district, pk, unit)
    form = ExcuseForm(request.POST)
    if accepted(form, lambda: joint.excuse(part, actor=request.actor, **form.cleaned_data)) is None:
        return part_page(request, part, excuse=form)
    tell(request, _("已记下：这次检查%(unit)s不到场，它的检查项记为未查") % {"unit": part.unit.name})
    return redirect("visit-part", district, pk, unit)


@require_POST
def visit_part_hand_over(request, district, pk, unit):
    """The department hands what it found to enforcement."""
    request.actor.demand("part.hand_over")
    rows = VisitPart.objects.known_to(request.actor).allowed(request.actor, "part.hand_over")
    part = get_object_or_404(
        rows.select_related("inspection__facility__street", "inspection__draw__scheme", "unit", "absent_by"),
        inspection=pk,
        unit__slug=unit,
    )
    form = HandOverForm(request.POST)
    if accepted(form, lambda: joint.hand_over(part, actor=request.actor, **form.cleaned_data)) is None:
        return part_page(request, part, handing=form)
    tell(request, _("已记下移送，立案编号 %(number)s") % {"number": form.cleaned_data["case_number"]})
    return redirect("visit-part", district, pk, unit)


@require_POST
def visit_part_case(request, district, pk, unit):
    """Has the part's own archive made."""
    rows = VisitPart.objects.known_to(request.actor).allowed(request.actor, "case_file.take")
    part = get_object_or_404(rows.select_related("inspection", "unit"), inspection=pk, unit__slug=unit)
    made = case_files.order_case(part.inspection, part=part, actor=request.actor)
    return redirect("case-file", district, made.pk)
