"""Recusal: the list, one request with the head's decision, asking signed in, noting for the facility, declaring."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.recusals import DeclareForm, RecusalDecideForm, RecusalForm
from inspections.models import Inspection, Recusal
from inspections.rules.states import OPEN
from inspections.services import recusals as services
from portal.middleware import tell
from portal.views.forms import accepted, status_of

SHAPES = {"asked": "warn", "granted": "ok", "refused": "none"}


@require_GET
def recusals(request, district):
    """Requests, the open ones first; for an operator also the teams that are at the own facilities now."""
    actor = request.actor
    actor.demand("recusal.view")
    rows = Recusal.objects.known_to(actor).select_related("inspection__facility__street", "inspector")
    rows = rows.annotate(listing=listing("inspection__facility"))
    waiting = list(rows.filter(state="asked", inspection__state__in=OPEN).order_by("asked_at", "pk")[:100])
    page = paged(rows.exclude(state="asked"), {"pk": (("pk", int),)}, request.GET, default="-pk")
    for one in (*waiting, *page.rows):
        one.shape = SHAPES[one.state]
    context = {
        "waiting": waiting,
        "page": page,
        "here": list(services.visits_at(actor)[:20]) if actor.may("recusal.ask") else [],
    }
    return render(request, "inspections/recusals.html", context)


def visible(request, pk: int) -> Recusal:
    rows = Recusal.objects.known_to(request.actor)
    found = get_object_or_404(
        rows.select_related(
            "inspection__facility__street", "inspector__unit", "replaced_by", "entered_by", "decided_by"
        ),
        pk=pk,
    )
    found.shape = SHAPES[found.state]
    return found


@require_GET
def recusal(request, district, pk):
    return recusal_page(request, visible(request, pk))


def _may_decide(actor, row: Recusal) -> bool:
    concerned = actor.same_person(row.inspector.user) or actor.same_person(row.entered_by)
    return (
        row.state == "asked"
        and row.inspection.state in OPEN
        and actor.may("recusal.decide")
        and not concerned
    )


def decide_form(row: Recusal, data=None) -> RecusalDecideForm:
    """A drawn visit's ranking says who comes in; else the head chooses."""
    able = () if row.inspection.draw_id else services.able_instead(row.inspection)
    return RecusalDecideForm(data, able=able)


def recusal_page(request, row: Recusal, form=None):
    actor = request.actor
    if form is None and _may_decide(actor, row):
        form = decide_form(row)
    known = actor.may("inspection.view")
    context = {
        "recusal": row,
        "inspection": row.inspection,
        "form": form,
        "open": row.inspection.state in OPEN,
        "drawn": row.inspection.draw_id is not None,
        "inspection_known": known
        and Inspection.objects.known_to(actor).filter(pk=row.inspection_id).exists(),
        "who": not actor.may("recusal.ask"),
    }
    return render(request, "inspections/recusal.html", context, status=status_of(form) if form else 200)


@require_POST
def recusal_decide(request, district, pk):
    """`what`: grant or refuse, by a head, with the reason."""
    request.actor.demand("recusal.decide")
    row = visible(request, pk)
    form = decide_form(row, request.POST)
    done = accepted(
        form,
        lambda: services.decide(
            row,
            form.cleaned_data["what"] == "grant",
            answer=form.cleaned_data["answer"],
            instead=form.cleaned_data.get("instead"),
            actor=request.actor,
        ),
    )
    if done is None:
        return recusal_page(request, visible(request, pk), form)
    if done.state == "refused":
        tell(request, _("不同意 %(code)s 回避，照常检查") % {"code": done.inspector.code})
    elif done.replaced_by:
        words = {"out": done.inspector.code, "in": done.replaced_by.code}
        tell(request, _("%(out)s 退出检查组，由 %(in)s 接替") % words)
    else:
        tell(request, _("%(out)s 退出检查组，还没有人接替") % {"out": done.inspector.code})
    return redirect("recusal", district, pk)


def _form_page(request, form, visit: Inspection, title: str, verb: str, notice: str, back: str):
    context = {
        "form": form, "over": _("返回"), "about": visit.facility, "back": back, "title": title, "verb": verb,
        "notice": notice,
    }  # fmt: skip
    return render(request, "facilities/small_form.html", context, status=status_of(form))


def _asked(request, district, visit: Inspection, service, title: str, notice: str, back: str):
    team = services.team_of(visit)
    form = RecusalForm(request.POST if request.method == "POST" else None, team=team)
    if request.method == "POST":
        done = accepted(form, lambda: service(visit, actor=request.actor, **form.cleaned_data))
        if done:
            tell(request, _("回避申请已记下，等负责人决定；决定以前检查不停止"))
            return redirect("recusal", district, done.pk)
    return _form_page(request, form, visit, title, _("送出回避申请"), notice, back)


@require_http_methods(["GET", "POST"])
def recusal_ask(request, district, pk):
    """The operator's, signed in; `pk`: of a visit whose team is at the own facility now."""
    visit = get_object_or_404(services.visits_at(request.actor), pk=pk)
    notice = _("由负责人决定，同意的换人，不同意的告诉你们理由。决定以前检查不停止（行政处罚法第四十三条）")
    title = _("申请回避：%(number)s") % {"number": visit.number}
    return _asked(request, district, visit, services.ask, title, notice, reverse("recusals", args=[district]))


def noted(request, pk: int, right: str) -> Inspection:
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, right)
    return get_object_or_404(rows.select_related("facility__street"), pk=pk)


@require_http_methods(["GET", "POST"])
def recusal_note(request, district, pk):
    """What somebody of the facility said, by the team or the bureau."""
    visit = noted(request, pk, "recusal.note")
    notice = _("机构当场说的、打电话来说的，原样记下。决定的人不能是记下的人")
    title = _("记下机构的回避申请：%(number)s") % {"number": visit.number}
    back = reverse("inspection", args=[district, pk])
    return _asked(request, district, visit, services.note, title, notice, back)


@require_http_methods(["GET", "POST"])
def recusal_declare(request, district, pk):
    """An inspector's own declaration."""
    visit = noted(request, pk, "inspection.log")
    form = DeclareForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.declare(visit, reason=form.cleaned_data["reason"], actor=request.actor),
        )
        if done:
            tell(request, _("已申报，等负责人决定；决定以前由组里另一个人开始检查"))
            return redirect("recusal", district, done.pk)
    notice = _("与机构有直接利害关系、可能影响公正的，应当回避（行政处罚法第四十三条）")
    title = _("申报自己回避：%(number)s") % {"number": visit.number}
    back = reverse("inspection", args=[district, pk])
    return _form_page(request, form, visit, title, _("申报"), notice, back)
