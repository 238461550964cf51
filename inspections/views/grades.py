"""Pages of risk grades: the proposals of the last calculation, one facility's grade with its facts, the card of 'today'."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, F, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.search import matching
from inspections.forms.grades import (
    GradeAnswerForm,
    GradeFilter,
    GradeForm,
    GradeObjectForm,
    GradePicks,
)
from inspections.models import GradeDecision, GradeObjection, GradeProposal, GradeRun
from inspections.rules import grades as rules
from inspections.services import grades as services
from portal.errors import Refused
from portal.middleware import tell
from portal.models import Street
from portal.navigation import REGISTRY
from portal.views.forms import accepted, status_of

TABS = ("waiting", "graver", "same", "all")
SORTS = {"rank": (("rank", int), ("pk", int))}
SHAPES = {"A": "ok", "B": "doing", "C": "warn", "D": "bad"}
#: Pages of rows behind a factor, and the right that each asks for; pages of papers ask for their clock's.
RIGHTS = {
    "result": "result.view",
    "order": "order.view",
    "complaint": "complaint.view",
    "incident": "incident.view",
}
CARD = 5


def tab_words(tab: str) -> str:
    return {
        "waiting": _("等你定"),
        "graver": _("变重的"),
        "same": _("没有变化"),
        "all": _("全部"),
    }[tab]


def of_tab(rows: QuerySet, tab: str) -> QuerySet:
    if tab == "waiting":
        return rows.filter(pk__in=GradeProposal.objects.waiting().values("pk"))
    if tab == "graver":
        return rows.filter(rank__gte=rules.rank("A", "B", 0))
    if tab == "same":
        return rows.filter(before=F("grade"))
    return rows


def chosen(actor, query) -> tuple[GradeFilter, QuerySet, str, QuerySet]:
    """What the address asks for: the form, rows of the last calculation under its conditions, the tab, the tab's rows."""
    form = GradeFilter(query, streets=Street.objects.all())
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = GradeProposal.objects.allowed(actor, "grade_draft.view").latest()
    if street := wanted.get("street"):
        rows = rows.filter(facility__street=street)
    if now := wanted.get("now"):
        rows = rows.filter(facility__grade="" if now == "-" else now)
    if grade := wanted.get("grade"):
        rows = rows.filter(grade=grade)
    if factor := wanted.get("factor"):
        rows = rows.filter(**{f"factors__{factor}__points__gt": 0})
    rows, _broad = matching(rows, wanted.get("q") or "", "facility")
    tab = query.get("tab", TABS[0])
    tab = tab if tab in TABS else TABS[0]
    shown = of_tab(rows, tab).select_related("facility__street", "decision").defer("facility__search_text")
    return form, rows, tab, shown.annotate(listing=listing("facility"))


def facts_of(row: GradeProposal) -> str:
    """The factors that gave points, in a few words: `否决项问题 1 个、整改逾期 2 件`."""
    return _("、").join(
        f"{_(factor.label)} {services.number_words(factor, row.factors[factor.key]['number'])}"
        for factor in rules.FACTORS
        if row.factors.get(factor.key, {}).get("points")
    )


def standing(row: GradeProposal) -> tuple[str, str]:
    """(shape, words): what became of a proposal."""
    decision = getattr(row, "decision", None)
    if decision is not None:
        return (
            "ok" if decision.kind == GradeDecision.Kind.CONFIRMED else "none",
            decision.get_kind_display(),
        )
    if row.facility.grade == row.grade:
        return "none", _("没有变化")
    if row.kept_on is not None:
        return "none", _("以前已经决定不照建议")
    return "warn", _("等人确认")


def decorate(rows: list[GradeProposal]) -> None:
    for row in rows:
        row.facts = facts_of(row)
        row.sum = services.points_words(row.points)
        row.shape, row.words = standing(row)
        row.open = row.shape == "warn"
        row.usual = row.open and rules.usual(row.facility.grade, row.grade)
        row.step = rules.steps(row.facility.grade, row.grade) if row.facility.grade != row.grade else 0


@require_GET
def grades(request, district):
    """The proposals of the last calculation, what changes first."""
    return grades_page(request)


def grades_page(request, refused: Refused | None = None):
    actor = request.actor
    actor.demand("grade_draft.view")
    form, rows, tab, shown = chosen(actor, request.GET)
    page = paged(shown, SORTS, request.GET, default="-rank")
    decorate(page.rows)
    numbers = dict(zip(TABS, counts([of_tab(rows, one) for one in TABS]), strict=True))
    keep = request.GET.copy()
    for name in ("tab", "before", "after"):
        keep.pop(name, None)
    query = f"&{keep.urlencode()}" if keep else ""
    return render(
        request,
        "inspections/grades.html",
        {
            "page": page,
            "form": form,
            "tab": tab,
            "tabs": [
                {
                    "label": tab_words(one),
                    "url": f"?tab={one}{query}",
                    "count": numbers[one],
                    "current": one == tab,
                }
                for one in TABS
            ],
            "run": GradeRun.objects.first(),
            "refused": refused,
            "may_propose": actor.may("grade.propose"),
            "may_confirm": actor.may("grade.confirm"),
            "to_pick": any(row.usual for row in page.rows) and actor.may("grade.confirm"),
            "weak": weak_keys(GradeRun.objects.first()),
        },
        status=refused.status if refused and refused.status == 409 else 422 if refused else 200,
    )


def weak_keys(run: GradeRun | None) -> int:
    return sum(one["weak"] for one in run.parameters.values()) if run else 0


@require_POST
def grades_propose(request, district):
    """A calculation now."""
    request.actor.demand("grade.propose")
    run = services.propose(actor=request.actor)
    changes = run.proposals.exclude(before=F("grade")).count()
    words = ngettext("已按今天的记录评定，%(n)d 家有变化", "已按今天的记录评定，%(n)d 家有变化", changes)
    tell(request, words % {"n": changes})
    return redirect("grades", district)


@require_POST
def grades_confirm(request, district):
    """Those that were ticked, with one look."""
    request.actor.demand("grade.confirm")
    form = GradePicks(request.POST)
    form.is_valid()
    picked = form.cleaned_data.get("proposal", [])
    rows = list(
        GradeProposal.objects.allowed(request.actor, "grade.confirm")
        .filter(pk__in=picked)
        .select_related("facility")
        .defer("facility__search_text")
    )
    if len(rows) != len(set(picked)):
        raise Http404
    try:
        done = services.confirm_usual(rows, actor=request.actor)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return grades_page(request, refused)
    words = ngettext("已确认 %(n)d 家", "已确认 %(n)d 家", len(done))
    tell(request, words % {"n": len(done)})
    return redirect("grades", district)


# --- One facility -----------------------------------------------------------------------------------


def facility_of(request, pk: int, right: str = "grade.view") -> Facility:
    request.actor.demand(right)
    rows = Facility.objects.allowed(request.actor, right).select_related("street").defer("search_text")
    return get_object_or_404(rows, pk=pk)


def papers() -> dict:
    return {clock.key: clock for clock in REGISTRY.clocks}


def line(row: dict, actor, clocks: dict) -> dict:
    """A row behind a factor in words, with its page for whoever may open it."""
    day = date.fromisoformat(row["day"]) if row["day"] else None
    clock = clocks.get(row.get("kind", ""))
    words, right = row["words"], RIGHTS.get(row["page"], "")
    if clock is not None:
        right = clock.right
        kind = row["words"]
        what = str(clock.words[kind]) if kind in clock.words else ""
        words = "　".join(part for part in (_(clock.label), what) if part)
    elif words == "never":
        words = _("开办以来没有可以公开的检查")
    elif row["page"] == "result" and not words:
        words = _("上一次检查")
    may = bool(right and row["page"] and row["id"] and actor.may(right))
    return {
        "words": words,
        "day": day,
        "url": reverse(row["page"], args=[actor.district.slug, row["id"]]) if may else "",
        "hidden": bool(right) and not actor.may(right) and row["page"] == "complaint",
    }


def table_of(proposal: GradeProposal | None, actor) -> list[dict]:
    """The factors of a proposal as rows of a table, those that gave points first."""
    if proposal is None:
        return []
    clocks = papers()
    found = []
    for factor in rules.FACTORS:
        one = proposal.factors.get(factor.key)
        if one is None:
            continue
        lines = [line(row, actor, clocks) for row in one["rows"]]
        lines = [row for row in lines if not row["hidden"]]
        window = proposal.run.parameters.get(factor.window, {}).get("value") if factor.window else None
        found.append(
            {
                "label": _(factor.label),
                "counts": _(factor.counts),
                "number": services.number_words(factor, one["number"]),
                "weight": services.points_words(one["weight"]),
                "points": services.points_words(one["points"]),
                "scored": bool(one["points"]),
                "lines": lines,
                "more": max(0, one["number"] - len(one["rows"])) if factor.key != "unvisited" else 0,
                "window": window,
                "once": factor.key == "unvisited",
            }
        )
    return sorted(found, key=lambda row: not row["scored"])


@require_http_methods(["GET", "POST"])
def facility_grade(request, district, pk):
    """A facility's grade: the facts behind it, what is proposed, what it was; the decision of whoever confirms."""
    if request.method == "GET":
        return facility_page(request, facility_of(request, pk))
    facility = facility_of(request, pk, "grade.confirm")
    form = GradeForm(request.POST)

    def take():
        given = form.cleaned_data
        proposal = None
        if given["proposal"] is not None:
            proposal = get_object_or_404(GradeProposal, pk=given["proposal"], facility=facility)
        choice = services.Choice(facility, given["grade"], given["reason"], proposal, given["version"])
        return services.decide([choice], actor=request.actor)

    done = accepted(form, take)
    if done is None:
        return facility_page(request, facility, form=form)
    tell(request, _("%(name)s的风险等级是 %(grade)s") % {"name": facility.name, "grade": done[0].grade})
    return redirect("facility-grade", district, pk)


def facility_page(request, facility: Facility, *, form=None, objecting=None, answering=None):
    actor = request.actor
    decision, basis = services.basis_of(facility)
    drafts = actor.may("grade_draft.view")
    waiting = None
    if drafts:
        waiting = GradeProposal.objects.waiting().filter(facility=facility).select_related("run").first()
    objections = list(facility.grade_objections.select_related("by", "answered_by", "changed", "decision"))
    open_ = next((one for one in objections if one.state == "open"), None)
    may_confirm = actor.may("grade.confirm") and facility.state != "closed"
    may_object = (
        bool(facility.grade)
        and open_ is None
        and Facility.objects.allowed(actor, "grade.object").filter(pk=facility.pk).exists()
    )
    own = open_ is not None and open_.decision is not None and actor.same_person(open_.decision.by)
    may_answer = open_ is not None and actor.may("grade.answer")
    initial = {
        "grade": waiting.grade if waiting else facility.grade,
        "version": facility.version,
        "proposal": waiting.pk if waiting else None,
    }
    decide_form = (form or GradeForm(initial=initial)) if may_confirm else None
    object_form = (objecting or GradeObjectForm()) if may_object else None
    answer_form = None
    if may_answer and not own:
        answer_form = answering or GradeAnswerForm(initial={"grade": facility.grade})
    shown = [one for one in (form, objecting, answering) if one is not None]
    return render(
        request,
        "inspections/facility_grade.html",
        {
            "facility": facility,
            "shape": SHAPES.get(facility.grade, "none"),
            "decision": decision,
            "basis": basis,
            "basis_rows": table_of(basis, actor) if basis != waiting else [],
            "basis_sum": services.points_words(basis.points) if basis else "",
            "waiting": waiting,
            "waiting_rows": table_of(waiting, actor),
            "waiting_sum": services.points_words(waiting.points) if waiting else "",
            "graver": waiting is not None and rules.steps(facility.grade, waiting.grade) > 0,
            "decisions": list(facility.grade_decisions.select_related("by", "proposal")[:50]),
            "objections": objections,
            "open": open_,
            "own": own and may_answer,
            "decide_form": decide_form,
            "object_form": object_form,
            "answer_form": answer_form,
            "shown": shown[0] if shown else None,
            "thresholds": (waiting or basis).run.parameters[rules.THRESHOLDS]["value"].items()
            if (waiting or basis)
            else (),
        },
        status=status_of(*shown) if shown else 200,
    )


@require_POST
def grade_object(request, district, pk):
    """The facility says what is wrong with its grade."""
    facility = facility_of(request, pk, "grade.object")
    form = GradeObjectForm(request.POST)
    made = accepted(form, lambda: services.object_to(facility, actor=request.actor, **form.values()))
    if made is None:
        return facility_page(request, facility, objecting=form)
    tell(request, _("异议已送出，等区里答复"))
    return redirect("facility-grade", district, pk)


@require_POST
def grade_answer(request, district, pk):
    """The bureau answers an objection, keeping the grade or changing it."""
    request.actor.demand("grade.answer")
    row = get_object_or_404(GradeObjection.objects.allowed(request.actor, "grade.answer"), pk=pk)
    form = GradeAnswerForm(request.POST)
    done = accepted(
        form,
        lambda: services.answer(
            row, text=form.cleaned_data["answer"], grade=form.cleaned_data["grade"], actor=request.actor
        ),
    )
    if done is None:
        return facility_page(request, facility_of(request, row.facility_id), answering=form)
    tell(request, _("已答复"))
    return redirect("facility-grade", district, row.facility_id)


@require_GET
def card(request, district):
    """On 'today': how many facilities have which grade, and the gravest of the proposals that wait."""
    actor = request.actor
    actor.demand("grade_draft.view")
    numbers = dict(
        Facility.objects.operating()
        .exclude(kind=Facility.Kind.GUIDANCE_POINT)
        .order_by()
        .values_list("grade")
        .annotate(n=Count("pk"))
    )
    rows = list(
        GradeProposal.objects.allowed(actor, "grade_draft.view")
        .waiting()
        .select_related("facility")
        .defer("facility__search_text")
        .annotate(listing=listing("facility"))
        .order_by("-rank", "-pk")[:CARD]
    )
    decorate(rows)
    return render(
        request,
        "inspections/card_grades.html",
        {
            "letters": [(letter, numbers.get(letter, 0)) for letter in Facility.Grade.values],
            "without": numbers.get("", 0),
            "rows": rows,
            "run": GradeRun.objects.first(),
        },
    )
