"""Indicator sets: the list, one version with its indicators, the draft's forms, its steps."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from inspections.forms.evaluation_sets import IndicatorForm, SetForm, SetStepForm
from inspections.models import Indicator, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.services import evaluation_sets as services
from portal.errors import Refused
from portal.middleware import tell
from portal.views.forms import accepted, status_of

SHAPES = {"draft": "none", "submitted": "doing", "published": "ok", "replaced": "none"}


def kind_names(kinds: list[str]) -> list[str]:
    names = dict(Facility.Kind.choices)
    return [str(names.get(kind, kind)) for kind in kinds]


def set_lines(actor) -> list[dict]:
    """All versions, the latest first, with the number of their indicators and veto items."""
    rows = list(IndicatorSet.objects.allowed(actor, "indicator.view"))
    found: dict[int, list[str]] = {}
    for pk, dimension in Indicator.objects.filter(set__in=rows).order_by().values_list("set", "dimension"):
        found.setdefault(pk, []).append(dimension)
    return [
        {
            "row": row,
            "kinds": kind_names(row.kinds),
            "indicators": sum(one != rules.VETO for one in found.get(row.pk, [])),
            "vetoes": sum(one == rules.VETO for one in found.get(row.pk, [])),
            "shape": SHAPES[row.state],
        }
        for row in rows
    ]


@require_GET
def indicator_sets(request, district):
    """Every version of every set."""
    request.actor.demand("indicator.view")
    context = {"lines": set_lines(request.actor), "may_manage": request.actor.may("indicator.manage")}
    return render(request, "inspections/evaluation_sets.html", context)


def set_of(request, pk: int, right: str = "indicator.view") -> IndicatorSet:
    request.actor.demand("indicator.view")
    rows = IndicatorSet.objects.allowed(request.actor, right).select_related("submitted_by", "published_by")
    return get_object_or_404(rows, pk=pk)


@require_GET
def indicator_set(request, district, pk):
    return set_page(request, set_of(request, pk))


def dimensions_of(row: IndicatorSet) -> list[dict]:
    """The dimensions with their indicators, points and whether they add up; veto items last."""
    found: dict[str, list[Indicator]] = {}
    for one in row.indicators.all():
        found.setdefault(one.dimension, []).append(one)
    words = {name: _(label) for name, (label, _n) in rules.DIMENSIONS.items()}
    lines = [
        {
            "key": name,
            "name": words[name],
            "points": row.points[name],
            "sum": sum(one.points for one in found.get(name, [])),
            "indicators": found.get(name, []),
        }
        for name in rules.DIMENSIONS
    ]
    vetoes = found.get(rules.VETO, [])
    return [*lines, {"key": rules.VETO, "name": _(rules.VETO_WORDS), "indicators": vetoes}]


def set_page(request, row: IndicatorSet, step: SetStepForm | None = None):
    actor, on = request.actor, timezone.localdate()
    manages, approves = actor.may("indicator.manage"), actor.may("indicator.approve")
    draft = row.state == "draft"
    lacking = services.lacking_words(row, on) if row.state in ("draft", "submitted") else []
    versions = IndicatorSet.objects.allowed(actor, "indicator.view").filter(key=row.key).exclude(pk=row.pk)
    context = {
        "set": row,
        "shape": SHAPES[row.state],
        "kinds": kind_names(row.kinds),
        "dimensions": dimensions_of(row),
        "lacking": lacking,
        "versions": list(versions),
        "may_edit": manages and draft,
        "may_submit": manages and draft and not lacking,
        "may_next": manages and row.state == "published",
        "may_publish": approves and row.state == "submitted" and not actor.same_person(row.submitted_by),
        "may_return": approves and row.state == "submitted",
        "step": step or SetStepForm(initial={"version": row.version}),
        "step_errors": step,
    }
    return render(
        request, "inspections/evaluation_set.html", context, status=status_of(step) if step else 200
    )


def form_page(request, form, title: str, verb: str, over: str, back: str, **more):
    context = {"form": form, "over": over, "back": back, "title": title, "verb": verb, **more}
    return render(request, "facilities/small_form.html", context, status=status_of(form))


def set_groups(form: SetForm) -> list[dict]:
    points = [form[f"points_{name}"] for name in rules.DIMENSIONS]
    facts = [form[name] for name in ("key", "title", "basis", "kinds", "version") if name in form.fields]
    return [
        {"heading": _("标准"), "note": "", "fields": facts},
        {"heading": _("七个维度的分"), "note": _("合计 1000 分，先按 WS/T 821-2023"), "fields": points},
    ]


@require_http_methods(["GET", "POST"])
def indicator_set_new(request, district):
    """A new set, as a draft with the standard's dimensions and points."""
    request.actor.demand("indicator.manage")
    form = SetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: services.make_set(actor=request.actor, **form.facts()))
        if made:
            tell(request, _("草稿建好了，接着录指标"))
            return redirect("indicator-set", district, made.pk)
    back = reverse("indicator-sets", args=[district])
    groups = set_groups(form)
    return form_page(request, form, _("新建一套评估标准"), _("建草稿"), _("评估标准"), back, groups=groups)


@require_http_methods(["GET", "POST"])
def indicator_set_edit(request, district, pk):
    """Title, kinds and points of a draft."""
    row = set_of(request, pk, "indicator.manage")
    form = SetForm(request.POST if request.method == "POST" else None, known=row)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_set(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("已存"))
            return redirect("indicator-set", district, pk)
    back = reverse("indicator-set", args=[district, pk])
    return form_page(request, form, _("改名称和分"), _("存下变更"), row.title, back, groups=set_groups(form))


@require_POST
def indicator_set_next(request, district, pk):
    """The draft of the next version."""
    row = set_of(request, pk, "indicator.manage")
    made = services.next_version(row, actor=request.actor)
    tell(request, _("第 %(n)d 版的草稿在这里，指标照上一版") % {"n": made.number})
    return redirect("indicator-set", district, made.pk)


@require_POST
def indicator_set_step(request, district, pk):
    """Submits, publishes or returns; which right it takes the service asks."""
    row = set_of(request, pk)
    form = SetStepForm(request.POST)
    if not form.is_valid():
        form.refused = Refused(_("没有这一步"))
        return set_page(request, row, form)
    version, actor = form.cleaned_data["version"], request.actor

    def take():
        match form.cleaned_data["what"]:
            case "submit":
                return services.submit_set(row, actor=actor, version=version)
            case "return":
                return services.return_set(row, note=form.cleaned_data["note"], actor=actor, version=version)
        return services.publish_set(row, actor=actor, version=version)

    if accepted(form, take) is None:
        return set_page(request, row, form)
    said = {
        "submit": _("已报批，等单位负责人批准"),
        "return": _("已退回修改"),
        "publish": _("已公布，新的评估可以用它"),
    }
    tell(request, said[form.cleaned_data["what"]])
    return redirect("indicator-set", district, pk)


@require_http_methods(["GET", "POST"])
def indicator_new(request, district, pk):
    """Another indicator or veto item of a draft."""
    row = set_of(request, pk, "indicator.manage")
    services.demand_draft(row)
    start = {"dimension": request.GET.get("dimension", "")[:12]}
    form = IndicatorForm(request.POST if request.method == "POST" else None, initial=start)
    back = reverse("indicator-set", args=[district, pk])
    if request.method == "POST":
        made = accepted(form, lambda: services.enter_indicator(row, actor=request.actor, **form.facts()))
        if made:
            tell(request, _("指标 %(code)s 已加进草稿") % {"code": made.code})
            return redirect(f"{back}#{made.dimension}")
    return form_page(request, form, _("加一条指标"), _("加进草稿"), row.title, back)


def indicator_of(request, pk: int) -> Indicator:
    request.actor.demand("indicator.view")
    rows = Indicator.objects.allowed(request.actor, "indicator.manage").select_related("set")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
def indicator_edit(request, district, pk):
    one = indicator_of(request, pk)
    form = IndicatorForm(
        request.POST if request.method == "POST" else None, initial=IndicatorForm.initial_of(one)
    )
    back = reverse("indicator-set", args=[district, one.set_id])
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_indicator(
                one, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("指标 %(code)s 已存") % {"code": done.code})
            return redirect(f"{back}#{done.dimension}")
    return form_page(
        request, form, _("改指标 %(code)s") % {"code": one.code}, _("存下变更"), one.set.title, back
    )


@require_POST
def indicator_remove(request, district, pk):
    """Takes an indicator out of a draft."""
    one = indicator_of(request, pk)
    to = reverse("indicator-set", args=[district, one.set_id])
    services.remove_indicator(one, actor=request.actor)
    tell(request, _("指标 %(code)s 已从草稿里删去") % {"code": one.code})
    return redirect(to)
