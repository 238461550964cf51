"""The city's pages of the naming cycle: the cycles, one with its districts, selection, notice, a candidate, a revocation."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.templatetags.ui import day_words
from portal.views.forms import accepted, refuse, status_of
from targets.forms.naming import (
    CycleForm,
    JudgeForm,
    LongNoteForm,
    PointsForm,
    SelectionForm,
)
from targets.models.naming import Candidate, LetterFile, NamingCycle, ReviewMark
from targets.rules import naming as rules
from targets.services import naming, naming_inbox, revocations, site_reviews
from targets.services.city_file import book_of
from targets.views.city import workbook

CYCLE_SHAPES = {"draft": "none", "open": "doing", "proposed": "warn", "notice": "doing", "named": "ok"}
SHAPES = {
    "applied": "doing", "assessed": "doing", "reviewed": "doing", "selected": "warn", "named": "ok",
    "recommended": "ok", "passed_over": "none", "withdrawn": "none", "revoked": "bad",
}  # fmt: skip
REVIEW_SHAPES = {"given": "doing", "submitted": "ok", "dropped": "none"}
STAGES = {
    "apply_by": marked("申报阶段"),
    "assess_by": marked("创建自评"),
    "review_by": marked("现场审核"),
    "select_by": marked("评审遴选"),
    "name_by": marked("市级命名"),
}


def demanded(request, right: str = "cycle.view") -> None:
    """NotFound in a district, Denied to whoever of the city may not."""
    if not request.district.is_city or request.actor.visiting:
        raise NotFound(_("没有这个页面"))
    request.actor.demand(right)


def fetched(request, model, pk: int, right: str = "cycle.view", *related: str):
    demanded(request, right)
    return get_object_or_404(model.objects.allowed(request.actor, right).select_related(*related), pk=pk)


def posted(request) -> tuple:
    return (request.POST,) if request.method == "POST" else (None,)


# --- Cycles ---------------------------------------------------------------------------------------


@require_GET
def cycle_list(request, district):
    """All cycles, the newest first, and the districts that bear the name."""
    demanded(request)
    rows = list(
        NamingCycle.objects.allowed(request.actor, "cycle.view").annotate(
            applied=Count("candidates", filter=~Q(candidates__state="withdrawn")),
            named=Count("candidates", filter=Q(candidates__state="named")),
        )
    )
    for row in rows:
        row.shape = CYCLE_SHAPES[row.state]
    on = timezone.localdate()
    bearing = list(
        Candidate.objects.filter(state="named")
        .select_related("applicant", "cycle")
        .order_by("-named_on", "applicant")
    )
    for one in bearing:
        one.over = one.valid_until is not None and one.valid_until < on
    context = {"rows": rows, "bearing": bearing, "may_manage": request.actor.may("cycle.manage")}
    return render(request, "targets/naming_cycles.html", context)


@require_http_methods(["GET", "POST"])
def cycle_new(request, district):
    demanded(request, "cycle.manage")
    known = naming.defaults(timezone.localdate().year + 1)
    title = f"{known['year']}年{naming.quotas_of(known['document'])[rules.MUNICIPAL]['title']}创建"  # content
    form = CycleForm(*posted(request), initial=known | {"title": title})
    if request.method == "POST":
        made = accepted(form, lambda: naming.make(actor=request.actor, **form.values()))
        if made is not None:
            tell(request, _("%(name)s已登记，核对指标以后发布") % {"name": made})
            return redirect("naming-cycle", district, made.pk)
    return cycle_form(request, form, _("登记周期"), reverse("naming-cycles", args=[district]))


@require_http_methods(["GET", "POST"])
def cycle_edit(request, district, pk):
    row = fetched(request, NamingCycle, pk, "cycle.manage")
    naming.step(rules.CYCLE, row, "move" if row.state == "open" else "change")
    names = ("title", "year", *rules.STAGES, "version")
    form = CycleForm(*posted(request), initial={name: getattr(row, name) for name in names})
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: naming.change(
                row, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("%(name)s的安排已改") % {"name": changed})
            return redirect("naming-cycle", district, pk)
    return cycle_form(request, form, _("改安排"), reverse("naming-cycle", args=[district, pk]), row)


def cycle_form(request, form, title: str, back: str, row: NamingCycle | None = None):
    context = {"form": form, "title": title, "back": back, "row": row}
    return render(request, "targets/naming_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def cycle_points(request, district, pk):
    """The points of each indicator, until the cycle is opened."""
    row = fetched(request, NamingCycle, pk, "cycle.manage")
    form = PointsForm(*posted(request), indicators=row.indicators.all(), initial={"version": row.version})
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: naming.set_points(
                row, form.values(), version=form.cleaned_data["version"] or 0, actor=request.actor
            ),
        )
        if changed is not None:
            tell(request, _("指标的分值已改"))
            return redirect("naming-cycle", district, pk)
    context = {"form": form, "row": row, "fixed": row.state != "draft"}
    return render(request, "targets/naming_points.html", context, status=status_of(form))


def candidates_of(row: NamingCycle) -> list[Candidate]:
    found = row.candidates.select_related("applicant").annotate(
        given=Count("reviews", filter=~Q(reviews__state="dropped"), distinct=True),
        done=Count("reviews", filter=Q(reviews__state="submitted"), distinct=True),
    )
    rows = list(found.order_by("applicant"))
    for one in rows:
        one.shape = SHAPES[one.state]
    return rows


@require_GET
def cycle(request, district, pk):
    """Stages, quotas, districts, the notice and what was said against it."""
    return cycle_page(
        request, fetched(request, NamingCycle, pk, "cycle.view", "document", "proposed_by", "named_by")
    )


def stages_of(row, on) -> list[dict]:
    """The ruler of the stages, for the tag `steps`; the current one is the first whose day is not over."""
    current = next((name for name in STAGES if on <= getattr(row, name)), None)
    if row.state == "draft":
        current = None
    found = []
    for name, label in STAGES.items():
        over = row.state == "named" or (row.state != "draft" and on > getattr(row, name))
        word = {"label": _(label), "note": day_words(getattr(row, name)), "current": name == current}
        found.append(word | {"state": "ok" if over else "doing" if name == current else "none"})
    return found


def cycle_page(request, row: NamingCycle, form: LongNoteForm | None = None):
    actor, on = request.actor, timezone.localdate()
    quotas = [{"rule": naming.quota_of(row, key), **facts} for key, facts in row.quotas.items()]
    manages, confirms = actor.may("cycle.manage"), actor.may("cycle.confirm")
    own = actor.same_person(row.proposed_by)
    districts = candidates_of(row)
    why = naming.not_yet(row, on) if row.state == "notice" else ""
    context = {
        "row": row, "shape": CYCLE_SHAPES[row.state], "stages": stages_of(row, on), "quotas": quotas,
        "districts": districts, "objections": list(row.objections.select_related("candidate__applicant")),
        "indicators": row.indicators.count(), "manages": manages,
        "may_edit": manages and row.state in ("draft", "open"),
        "may_select": manages and row.state == "open" and any(one.state == "reviewed" for one in districts),
        "may_confirm": confirms and row.state == "proposed" and not own, "own": row.state == "proposed" and own,
        "may_name": confirms and row.state == "notice" and not own and not why, "why": why,
        "chosen": [one for one in districts if one.municipal or one.national],
        "public_url": reverse("naming-notice", args=[request.district.slug, row.pk]) if row.notice_from else "",
        "form": form,
    }  # fmt: skip
    return render(request, "targets/naming_cycle.html", context, status=status_of(form) if form else 200)


#: what a button says -> (right, service, words afterwards)
STEPS = {
    "open": ("cycle.manage", naming.open_cycle, marked("已发布，各区收到安排和指标")),
    "return": ("cycle.confirm", naming.send_back, marked("遴选结果已退回重选")),
    "publish": ("cycle.confirm", naming.publish, marked("公示已经开始")),
    "withdraw": ("cycle.manage", naming.withdraw, marked("公示已撤下，重新遴选")),
    "name": ("cycle.confirm", naming.name, marked("已命名，各区收到结果")),
}
NOTED = ("return", "withdraw")


@require_POST
def cycle_step(request, district, pk):
    demanded(request)
    what = request.POST.get("what", "")
    if what not in STEPS:
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    right, service, words = STEPS[what]
    row, form = fetched(request, NamingCycle, pk, right), LongNoteForm(request.POST)
    if form.is_valid():
        more = {"note": form.cleaned_data["note"]} if what in NOTED else {}
        try:
            service(row, version=form.cleaned_data["version"] or 0, actor=request.actor, **more)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words))
            return redirect("naming-cycle", district, pk)
    return cycle_page(request, fetched(request, NamingCycle, pk, right, "document"), form)


@require_http_methods(["GET", "POST"])
def selection(request, district, pk):
    """Which districts, held to the quotas."""
    row = fetched(request, NamingCycle, pk, "cycle.manage", "document")
    naming.step(rules.CYCLE, row, "propose")
    bearing = naming.bearing(timezone.localdate())
    form = SelectionForm(*posted(request), row=row, bearing=bearing, initial={"version": row.version})
    if request.method == "POST":
        done = accepted(
            form,
            lambda: naming.propose(
                row,
                municipal=list(form.cleaned_data["municipal"]),
                national=list(form.cleaned_data["national"]),
                reason=form.cleaned_data["reason"],
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )
        if done is not None:
            tell(request, _("遴选结果已报，等另一个人复核"))
            return redirect("naming-cycle", district, pk)
    quotas = [{"rule": naming.quota_of(row, key), **facts} for key, facts in row.quotas.items()]
    ready = form.fields["municipal"].queryset.exists()
    context = {"row": row, "form": form, "quotas": quotas, "ready": ready}
    return render(request, "targets/naming_selection.html", context, status=status_of(form))


@require_GET
def districts_file(request, district, pk):
    """The districts of a cycle as a workbook."""
    row = fetched(request, NamingCycle, pk)
    head = [
        _("区"), _("状态"), _("申请收到"), _("自评收到"), _("现场审核"), _("综合得分"), _("拟命名为示范区"), _("推荐到国家"),
        _("命名日期"), _("有效到"),
    ]  # fmt: skip

    def lines():
        words = {None: "", True: _("通过"), False: _("没有通过")}
        found = row.candidates.select_related("applicant", "application", "assessment")
        for one in found.order_by("applicant"):
            yield (
                one.applicant.name, one.get_state_display(), str(timezone.localdate(one.application.at)),
                str(timezone.localdate(one.assessment.at)) if one.assessment else "", words[one.passed], one.score,
                _("是") if one.municipal else "", _("是") if one.national else "", str(one.named_on or ""),
                str(one.valid_until or ""),
            )  # fmt: skip

    content = book_of(_("参评区"), [row.title], head, [16, 16, 14, 14, 12, 12, 16, 12, 14, 14], lines())
    return workbook(content, f"naming-{row.year}.xlsx")


# --- A district that takes part -------------------------------------------------------------------


def files_of(row: Candidate) -> tuple[list[LetterFile], dict[str, list[LetterFile]]]:
    """(the papers of the application, those of the self-assessment by the key of their indicator)."""
    letters = [one for one in (row.application_id, row.assessment_id) if one]
    papers, files = [], {}
    for file in LetterFile.objects.filter(letter__in=letters).select_related("file"):
        if file.letter_id == row.application_id:
            papers.append(file)
        else:
            files.setdefault(file.key, []).append(file)
    return papers, files


def answers_of(row: Candidate, files: dict[str, list[LetterFile]]) -> list[dict]:
    """Each indicator with what the district says of it, its files, and what each expert found."""
    content = row.assessment.content if row.assessment else {"entries": []}
    said = {one["key"]: one for one in content["entries"]}
    marks: dict[int, list] = {}
    found = ReviewMark.objects.filter(review__candidate=row, review__state="submitted").select_related(
        "review__expert"
    )
    for mark in found.order_by("review"):
        mark.words = _("、").join(str(ReviewMark.Method(m).label) for m in mark.methods)
        marks.setdefault(mark.indicator_id, []).append(mark)
    return [
        {
            "row": one,
            "said": said.get(one.key),
            "files": files.get(one.key, ()),
            "marks": marks.get(one.pk, ()),
        }
        for one in row.cycle.indicators.all()
    ]


def totals_of(answers: list[dict]) -> dict[int, Decimal]:
    """As `site_reviews.totals`, from what was read already."""
    found: dict[int, Decimal] = {}
    for mark in (mark for one in answers for mark in one["marks"] if mark.points is not None):
        found[mark.review_id] = found.get(mark.review_id, Decimal(0)) + mark.points
    return found


@require_GET
def candidate(request, district, pk):
    """Application, self-assessment with evidence, the experts' findings, the judgement; reports and revocations."""
    row = fetched(
        request,
        Candidate,
        pk,
        "cycle.view",
        "cycle__document",
        "applicant",
        "application",
        "assessment",
        "judged_by",
    )
    return candidate_page(request, row)


def candidate_page(request, row: Candidate, form: LongNoteForm | None = None):
    actor, on = request.actor, timezone.localdate()
    papers, files = files_of(row)
    answers = answers_of(row, files)
    reviews, totals = list(row.reviews.select_related("expert")), totals_of(answers)
    for one in reviews:
        one.shape, one.total = REVIEW_SHAPES[one.state], totals.get(one.pk)
    charges = list(row.revocations.select_related("ground", "statement", "raised_by", "decided_by"))
    for one in charges:
        one.may_hear = one.state == "notified" and revocations.may_hear(one, on)
        one.says = (
            _("已收到陈述") if one.state == "notified" and one.statement_id else one.get_state_display()
        )
        one.may_decide = one.state == "heard" and not actor.same_person(one.raised_by)
        one.key = str(one.pk)
    manages = actor.may("cycle.manage")
    reports = naming_inbox.reports_of(row)
    owed = (
        rules.report_years(row.named_on, row.valid_until, on) if row.state == "named" and row.named_on else []
    )
    running = row.cycle.state == "open"
    judged = row.state in ("assessed", "reviewed") and any(one.state == "submitted" for one in reviews)
    charged = any(one.state in ("notified", "heard") for one in charges)
    context = {
        "row": row, "shape": SHAPES[row.state], "application": row.application.content,
        "assessment": row.assessment.content if row.assessment else None, "answers": answers, "reviews": reviews,
        "self_points": rules.total(
            [Decimal(a["said"]["points"]) for a in answers if a["said"] and a["said"]["points"]]
        ),
        "charges": charges, "manages": manages, "papers": papers,
        "years": [
            {"year": y, "letter": reports.get(y), "late": on > rules.report_due(y)} for y in sorted({*owed, *reports})
        ],
        "may_assign": manages and running and row.state in ("assessed", "reviewed"),
        "may_judge": manages and running and judged,
        "may_revoke": manages and row.state == "named" and not charged,
        "form": form,
    }  # fmt: skip
    return render(request, "targets/naming_candidate.html", context, status=status_of(form) if form else 200)


@require_http_methods(["GET", "POST"])
def judge(request, district, pk):
    row = fetched(request, Candidate, pk, "cycle.manage", "cycle", "applicant")
    naming.step(rules.CANDIDATE, row, "judge")
    passed = {None: "", True: "yes", False: "no"}[row.passed]
    reviews = list(row.reviews.filter(state="submitted").select_related("expert"))
    totals = site_reviews.totals(reviews)
    for one in reviews:
        one.total = totals.get(one.pk)
    mean = rules.mean(list(totals.values()))
    score = mean if row.score is None else row.score
    known = {"passed": passed, "score": score, "opinion": row.opinion, "version": row.version}
    form = JudgeForm(*posted(request), initial=known)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: naming.judge(
                row, passed=form.cleaned_data["passed"], score=form.cleaned_data["score"],
                opinion=form.cleaned_data["opinion"], version=form.cleaned_data["version"] or 0, actor=request.actor,
            ),
        )  # fmt: skip
        if done is not None:
            tell(request, _("%(name)s的综合评审已写") % {"name": done})
            return redirect("naming-candidate", district, pk)
    context = {
        "row": row, "form": form, "reviews": reviews, "mean": mean,
        "most": rules.total([one.most for one in row.cycle.indicators.all()]),
    }  # fmt: skip
    return render(request, "targets/naming_judge.html", context, status=status_of(form))
