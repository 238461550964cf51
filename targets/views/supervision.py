"""The yearly supervision of units: the list, a round with its questions or its units and ranking, steps."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.views.forms import accepted, refuse, status_of
from portal.views.rows import page_number, sliced
from targets.forms.attestations import NoteForm
from targets.forms.supervision import QuestionForm, RoundForm
from targets.models.supervision import (
    SupervisionAnswer,
    SupervisionCase,
    SupervisionObjection,
    SupervisionQuestion,
    SupervisionRound,
    SupervisionSeat,
)
from targets.rules import supervision as rules
from targets.services import supervision as service
from targets.services import supervision_cases as cases
from targets.services import supervision_questions as questions
from targets.views.conferences import chosen

SHAPES = {
    "draft": "none", "submitted": "doing", "open": "doing", "announced": "warn", "final": "ok", "cancelled": "none",
}  # fmt: skip
CASE_SHAPES = {
    "writing": "none", "returned": "warn", "submitted": "doing", "disputed": "warn", "scored": "ok",
}  # fmt: skip
#: tab -> (word, states)
TABS = {
    "": (marked("全部"), tuple(rules.SUPERVISION.states)),
    "running": (marked("在办的"), ("draft", "submitted", "open", "announced")),
    "final": (marked("已定的"), ("final",)),
}
TOLD = ("announced", "final")
ROWS_A_PAGE = 20


def shown(actor, query):
    """The rounds that the person may see, the tab that the address asks for, and its rows."""
    known = SupervisionRound.objects.allowed(actor, "supervision.view")
    tab = query.get("tab", "")
    tab = tab if tab in TABS else ""
    counted = SupervisionRound.objects.filter(pk__in=known.order_by().values("pk"))
    rows = counted.filter(state__in=TABS[tab][1]).annotate(
        units_in=Count("cases", distinct=True),
        handed=Count("cases", filter=Q(cases__state__in=("submitted", "disputed", "scored")), distinct=True),
        scored=Count("cases", filter=Q(cases__state="scored"), distinct=True),
    )
    return known, tab, rows.order_by("-year", "-pk")


@require_GET
def supervision_list(request, district):
    """All rounds, the newest first."""
    actor = request.actor
    actor.demand("supervision.view")
    known, tab, rows = shown(actor, request.GET)
    states = list(known.order_by().values_list("state", flat=True))
    total = sum(state in TABS[tab][1] for state in states)
    offset = (page_number(request.GET) - 1) * ROWS_A_PAGE
    page = sliced(list(rows[offset : offset + ROWS_A_PAGE]), request.GET, size=ROWS_A_PAGE, total=total)
    for row in page.rows:
        row.shape = SHAPES[row.state]
    context = {
        "page": page,
        "tabs": [
            {
                "label": _(word), "url": f"?tab={name}", "current": name == tab,
                "count": sum(state in of for state in states),
            }
            for name, (word, of) in TABS.items()
        ],
        "may_keep": actor.may(rules.KEEP),
    }  # fmt: skip
    return render(request, "targets/supervisions.html", context)


def fetched(request, pk: int, right: str = "supervision.view") -> SupervisionRound:
    """The round, if the person sees it and has the right besides."""
    request.actor.demand(right)
    known = SupervisionRound.objects.allowed(request.actor, "supervision.view")
    found = SupervisionRound.objects.filter(pk__in=known.order_by().values("pk"))
    return get_object_or_404(found.select_related("clause__document", "snapshot"), pk=pk)


def sees_all(actor) -> bool:
    return Reach.ALL in actor.reaches("supervision.view")


@require_http_methods(["GET", "POST"])
def supervision_new(request, district):
    request.actor.demand(rules.KEEP)
    today = timezone.localdate()
    report_until, review_until = service.default_days(today)
    can, bases = service.may_review(today), list(service.clauses())
    form = RoundForm(
        request.POST if request.method == "POST" else None,
        can=can,
        bases=bases,
        initial={
            "year": service.free_year(today.year), "report_until": report_until, "review_until": review_until,
            "clause": bases[0].pk if bases else None,
            "reviewers": [one.pk for one in service.default_reviewers(today, can)],
        },
    )  # fmt: skip
    if request.method == "POST":
        made = accepted(form, lambda: service.plan(actor=request.actor, **form.values()))
        if made is not None:
            tell(request, _("%(name)s已开始，接着生成题目") % {"name": made})
            return redirect("supervision", district, made.pk)
    return _form(request, form, _("开始年度督查"), reverse("supervisions", args=[district]))


@require_http_methods(["GET", "POST"])
def supervision_edit(request, district, pk):
    row = fetched(request, pk, rules.KEEP)
    service.next_state(row, "change")
    form = RoundForm(
        request.POST if request.method == "POST" else None,
        can=service.may_review(timezone.localdate()),
        bases=list(service.clauses()),
        row=row,
    )
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: service.change(
                row, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("%(name)s已改") % {"name": changed})
            return redirect("supervision", district, pk)
    return _form(request, form, _("改年度督查"), reverse("supervision", args=[district, pk]), row)


def _form(request, form, title: str, back: str, row: SupervisionRound | None = None):
    context = {"form": form, "title": title, "back": back, "row": row}
    return render(request, "targets/supervision_form.html", context, status=status_of(form))


# --- One round ------------------------------------------------------------------------------------


@require_GET
def supervision(request, district, pk):
    """While it is written its questions; then its units, and when the scores are told the ranking with the formula."""
    return page(request, fetched(request, pk))


def to_mark(actor, lines: list[SupervisionCase]) -> list[SupervisionCase]:
    """Those that wait for points of the person's unit."""
    own = set(actor.listed(Reach.UNIT)) if actor.may(rules.REVIEW) and not actor.visiting else set()
    return [
        one
        for one in lines
        if one.state == "submitted"
        and one.unit_id not in own
        and any(
            seat.unit_id in own and seat.part in cases.PLACES and cases.PLACES[seat.part] not in one.done
            for seat in one.seats.all()
        )
    ]


def page(request, row: SupervisionRound, form: NoteForm | None = None, what: str = ""):
    actor = request.actor
    whole = sees_all(actor)
    told = row.state in TOLD
    draft = row.state in ("draft", "submitted", "cancelled")
    known = SupervisionCase.objects.allowed(actor, "supervision.view").filter(round=row)
    every = list(
        row.cases.annotate(seen=Exists(known.filter(pk=OuterRef("pk"))))
        .select_related("unit__street")
        .prefetch_related(Prefetch("seats", SupervisionSeat.objects.select_related("unit")))
        .order_by("unit__position", "unit_id")
    )
    lines = [one for one in every if one.seen]
    streets, departments = cases.ranking(row, every) if told else ([], [])
    known = {one.pk for one in lines}
    today = timezone.localdate()
    for one in lines:
        one.shape = CASE_SHAPES[one.state]
        one.late = one.state in ("writing", "returned") and today > row.report_until
        one.by = [seat.unit for seat in sorted(one.seats.all(), key=lambda s: s.part) if seat.part != "own"]
    mine = to_mark(actor, lines) if row.state == "open" else []
    only = request.GET.get("mine") == "1" and row.state == "open"
    own = set(actor.listed(Reach.UNIT))
    for one in lines:
        one.told = one.score if whole and one.unit_id not in own else None
    for one in (*streets, *departments):
        one.opens = one.pk in known
    template = []
    if draft and whole:
        asked = Prefetch("answers", SupervisionAnswer.objects.select_related("unit"))
        template = list(row.questions.select_related("task", "target").prefetch_related(asked))
    for one in template:
        one.asks = sorted((a.unit for a in one.answers.all()), key=lambda unit: (unit.position, unit.pk))
    objections = SupervisionObjection.objects.filter(answer__case__round=row, answer__case__in=known)
    keeps = actor.may(rules.KEEP) and not actor.visiting
    confirms = actor.may(rules.CONFIRM) and not actor.visiting
    report = row.reports.defer("content").first()
    context = {
        "row": row, "shape": SHAPES[row.state], "told": told, "draft": draft, "whole": whole,
        "streets": streets, "departments": departments, "lines": mine if only else lines,
        "tabs": [
            {"label": _("全部"), "url": "?", "count": len(lines), "current": not only},
            {"label": _("等你单位评分"), "url": "?mine=1", "count": len(mine), "current": only},
        ] if row.state == "open" and (mine or only) else [],
        "questions": [one for one in template if not one.dropped],
        "dropped": [one for one in template if one.dropped],
        "reviewers": [one.unit for one in row.reviewers.select_related("unit")],
        "objections": objections.select_related("answer__case__unit", "answer__question") if told else [],
        "counts": {
            "scored": sum(one.state == "scored" for one in lines),
            "handed": sum(one.state in ("submitted", "disputed", "scored") for one in lines),
        },
        "keeps": keeps,
        "edits": keeps and row.state == "draft",
        "may_open": confirms and row.state == "submitted" and not actor.same_person(row.submitted_by),
        "own": confirms and row.state == "submitted" and actor.same_person(row.submitted_by),
        "may_announce": keeps and row.state == "open" and bool(lines)
        and all(one.state == "scored" for one in lines),
        "may_end": confirms and row.state == "announced" and not actor.same_person(row.announced_by)
        and today > row.object_until,
        "may_final_on": row.object_until + timedelta(1) if row.state == "announced" else None,
        "report": report if report is not None and (whole or report.state == "issued") else None,
        "may_draft": keeps and row.state == "final" and report is None,
        "form": form or NoteForm(initial={"version": row.version}),
        "what": what,
        "version": row.version,
    }  # fmt: skip
    return render(request, "targets/supervision.html", context, status=status_of(form) if form else 200)


#: what a button says -> (right, what the page says afterwards)
STEPS = {
    "derive": (rules.KEEP, marked("题目已由任务和指标生成")),
    "submit": (rules.KEEP, marked("已送第二人开启")),
    "return": (rules.CONFIRM, marked("已退回修改")),
    "open": (rules.CONFIRM, marked("督查已开启，各单位收到消息")),
    "announce": (rules.KEEP, marked("得分已告知各单位")),
    "final": (rules.CONFIRM, marked("结果已定")),
    "cancel": (rules.KEEP, marked("这次督查不办了")),
    "drop": (rules.KEEP, marked("选中的题今年不问")),
}
NOTED = {"return": service.send_back, "cancel": service.cancel, "drop": questions.drop_questions}
PLAIN = {
    "derive": questions.derive,
    "submit": service.submit,
    "open": service.open_round,
    "announce": service.announce,
    "final": service.finish,
}


@require_POST
def supervision_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        request.actor.demand("supervision.view")
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    right, words = STEPS[what]
    row, form = fetched(request, pk, right), NoteForm(request.POST)
    form.fields["note"].required = what in NOTED
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        try:
            if what in NOTED:
                if what == "drop":
                    known["chosen"] = chosen(request, "question")
                NOTED[what](row, note=form.cleaned_data["note"], **known)
            else:
                PLAIN[what](row, **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words))
            return redirect("supervision", district, pk)
    return page(request, fetched(request, pk), form, what)


# --- Questions ------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def question_new(request, district, pk):
    """A question of the district's own."""
    row = fetched(request, pk, rules.KEEP)
    service.next_state(row, "change")
    form = QuestionForm(
        request.POST if request.method == "POST" else None,
        initial={"version": row.version, "points": 10},
    )
    if request.method == "POST":
        made = accepted(
            form,
            lambda: questions.add_question(
                row, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if made is not None:
            tell(request, _("题目已加"))
            return redirect("supervision", district, pk)
    return question_page(request, form, row, _("加题目"))


def question_page(request, form, row, title: str, question: SupervisionQuestion | None = None):
    context = {"form": form, "row": row, "title": title, "question": question}
    return render(request, "targets/supervision_question.html", context, status=status_of(form))


def kept_question(request, pk: int) -> SupervisionQuestion:
    request.actor.demand(rules.KEEP)
    return get_object_or_404(SupervisionQuestion.objects.select_related("round", "task", "target"), pk=pk)


@require_http_methods(["GET", "POST"])
def question_edit(request, district, pk):
    question = kept_question(request, pk)
    row = question.round
    service.next_state(row, "change")
    form = QuestionForm(
        request.POST if request.method == "POST" else None,
        row=question,
        at=row.version,
    )
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: questions.change_question(
                question, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("题目已改"))
            return redirect("supervision", district, row.pk)
    return question_page(request, form, row, _("改题目"), question)


@require_POST
def question_drop(request, district, pk):
    """Not asked this year, with a reason; or asked again."""
    question = kept_question(request, pk)
    row, form = question.round, NoteForm(request.POST)
    form.fields["note"].required = not question.dropped
    if form.is_valid():
        try:
            changed = questions.drop_question(
                question,
                note=form.cleaned_data["note"],
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("这题今年不问") if changed.dropped else _("这题今年要问"))
            return redirect("supervision", district, row.pk)
    return page(request, fetched(request, row.pk), form, f"question-{pk}")
