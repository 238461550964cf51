"""A unit in the yearly supervision: its answers, evidence, points, what settles them, objections."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import OuterRef, Prefetch, Subquery, TextField
from django.db.models.functions import Cast, JSONObject
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from targets.forms.attestations import NoteForm
from targets.forms.supervision import AnswerForm, MarksForm, ObjectionForm, ReplyForm
from targets.metrics.registry import METRICS
from targets.models.supervision import (
    SupervisionAnswer,
    SupervisionCase,
    SupervisionEvidence,
    SupervisionMark,
    SupervisionObjection,
    SupervisionSeat,
)
from targets.models.targets import SnapshotValue
from targets.rules import figures, verdicts
from targets.rules import supervision as rules
from targets.services import supervision_cases as service
from targets.services import supervision_objections as objections
from targets.services import unannounced
from targets.views.conferences import chosen
from targets.views.supervision import CASE_SHAPES, TOLD, sees_all

VALUE_SHAPES = {"done": "ok", "partly": "warn", "not": "bad", "na": "none", "": "none"}


def fetched(request, pk: int, right: str = "supervision.view") -> SupervisionCase:
    """The case, as far as the right reaches."""
    request.actor.demand(right)
    known = SupervisionCase.objects.allowed(request.actor, right)
    rows = SupervisionCase.objects.filter(pk__in=known.order_by().values("pk"))
    rows = unannounced.with_veil(rows, path="round__snapshot__", actor=request.actor)
    found = get_object_or_404(
        rows.select_related("round__snapshot", "unit__street").prefetch_related(SEATS), pk=pk
    )
    return knowing(found, found)


SEATS = Prefetch("seats", SupervisionSeat.objects.select_related("unit"))
#: What belongs to an answer, each with what a line of it shows.
EVIDENCE = Prefetch("evidence", SupervisionEvidence.objects.select_related("file", "report__round"))
MARKS = Prefetch("marks", SupervisionMark.objects.select_related("by"))


NUMBERS = ("numerator", "denominator", "value")
#: Of an answer about a target: the figure that the round's snapshot has for the unit's street.
KEPT = Subquery(
    SnapshotValue.objects.filter(
        snapshot=OuterRef("case__round__snapshot"),
        street=OuterRef("case__unit__street"),
        target=OuterRef("question__target"),
    ).values(
        json=JSONObject(
            metric="metric", verdict="verdict", **{name: Cast(name, TextField()) for name in NUMBERS}
        )
    )[:1]
)


def knowing(row, case: SupervisionCase):
    """The row, whose case's snapshot knows what the query told of it."""
    if case.round.snapshot is not None and hasattr(row, "undisclosed"):
        case.round.snapshot.undisclosed = row.undisclosed
    return row


def fetched_answer(request, pk: int, right: str = "supervision.view") -> SupervisionAnswer:
    request.actor.demand(right)
    known = SupervisionCase.objects.allowed(request.actor, right).order_by().values("pk")
    rows = SupervisionAnswer.objects.filter(case__in=known).select_related(
        "question__round", "question__task", "question__target", "case__round__snapshot", "case__unit__street"
    )
    rows = unannounced.with_veil(
        rows.annotate(kept=KEPT), path="case__round__snapshot__", actor=request.actor
    )
    found = rows.prefetch_related(EVIDENCE, MARKS).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这一题"))
    return knowing(found, found.case)


def answers_of(case: SupervisionCase) -> list[SupervisionAnswer]:
    """All answers of a case with what belongs to them, numbered."""
    rows = list(
        case.answers.annotate(kept=KEPT)
        .select_related("question__task", "question__target")
        .prefetch_related(EVIDENCE, MARKS, "objections")
        .order_by("question__position", "question_id")
    )
    for number, row in enumerate(rows, 1):
        row.number, row.complete = number, service.answered(row)
        row.shape = VALUE_SHAPES[row.value]
    return rows


def with_figures(actor, case: SupervisionCase, rows: list[SupervisionAnswer]) -> None:
    """Beside a target's question what the year's snapshot has `kept` for the unit's street, with the link to its rows."""
    snapshot, veiled = case.round.snapshot, None
    for row in rows:
        row.figure, kept = None, row.kept
        metric = METRICS.get(kept["metric"]) if kept else None
        if metric is None:
            continue
        if veiled is None:
            veiled = unannounced.veiled_metrics(actor, snapshot)
        if metric.key in veiled:
            continue
        numerator, denominator, value = (kept[name] and Decimal(kept[name]) for name in NUMBERS)
        count = metric.measure == "count"
        url = reverse("target", args=[actor.district.slug, row.question.target_id])
        verdict = verdicts.WORDS.get(kept["verdict"], "")
        row.figure = {
            "text": "—" if value is None
            else f"{figures.plain(numerator)} {metric.unit}".strip() if count
            else figures.percent(value),
            "made_of": "" if count or not denominator
            else f"{figures.plain(numerator)} / {figures.plain(denominator)}",
            "word": _(verdict) if verdict else "",
            "shape": verdicts.SHAPES.get(kept["verdict"], "none"),
            "url": f"{url}?snapshot={snapshot.pk}",
        }  # fmt: skip


def own_visit(actor, case: SupervisionCase) -> bool:
    return service.own(case, actor) and not actor.visiting


def name_marks(marks, seats) -> None:
    """Whose points each are, as a page says it."""
    units = {service.PLACES[seat.part]: seat.unit.name for seat in seats if seat.part in service.PLACES}
    for mark in marks:
        other = _("第三人定分") if mark.place == rules.SETTLED else _("异议后")
        mark.who = units.get(mark.place, other)


@require_GET
def case(request, district, pk):
    """What a unit answers, question by question; points once they were told, or for whoever sees all when given."""
    return page(request, fetched(request, pk))


def page(request, row: SupervisionCase, form: NoteForm | None = None, what: str = ""):
    actor = request.actor
    answers = answers_of(row)
    with_figures(actor, row, answers)
    told = row.round.state in TOLD
    mine = own_visit(actor, row)
    place = service.seat_of(row, actor) if actor.may(rules.REVIEW) and not actor.visiting else None
    points = told or (sees_all(actor) and not mine and row.state in ("scored", "disputed"))
    decides = not actor.visiting and service.may_decide(row, actor)
    settles = decides and row.round.state == "announced"
    seats = sorted(row.seats.all(), key=lambda seat: seat.part)
    for one in answers:
        one.points = None
        one.given = [mark for mark in one.marks.all() if points or mark.place == place]
        name_marks(one.given, seats)
        if points and one.given:
            counted = rules.reached(rules.Mark(mark.place, mark.points) for mark in one.given)
            one.points = _("不计") if counted is None else rules.plain(counted)
        one.against = list(one.objections.all()) if told else []
        one.waits = any(against.state == "given" for against in one.against)
        one.may_reply = settles and not any(actor.same_person(mark.by) for mark in one.marks.all())
    running = row.round.state == "open"
    disputed = running and row.state == "disputed" and decides
    gave = disputed and service.gave(answers, actor)
    writes = mine and running and row.state in ("writing", "returned") and actor.may(rules.REPORT)
    context = {
        "row": row, "round": row.round, "answers": answers, "shape": CASE_SHAPES[row.state],
        "done": sum(one.complete for one in answers),
        "told": told, "points": points, "writes": writes,
        "may_submit": writes,
        "may_take": actor.may(rules.KEEP) and not actor.visiting and running
        and row.state in ("writing", "returned") and timezone.localdate() > row.round.report_until,
        "may_review": running and row.state == "submitted" and place is not None and place not in row.done,
        "waits_other": running and row.state == "submitted" and place in row.done,
        "may_decide": disputed and not gave, "waits_third": gave,
        "may_object": mine and row.round.state == "announced" and actor.may(rules.REPORT)
        and timezone.localdate() <= row.round.object_until,
        "seats": seats,
        "form": form, "what": what, "version": row.version,
    }  # fmt: skip
    return render(request, "targets/supervision_case.html", context, status=status_of(form) if form else 200)


STEPS = {
    "submit": (rules.REPORT, service.submit, marked("自查已报送")),
    "take": (rules.KEEP, service.take, marked("已按现状送评")),
}


@require_POST
def case_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        request.actor.demand("supervision.view")
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    right, call, words = STEPS[what]
    row, form = fetched(request, pk, right), NoteForm(request.POST)
    form.fields["note"].required = False
    if form.is_valid():
        try:
            call(row, version=form.cleaned_data["version"] or 0, actor=request.actor)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words))
            return redirect("supervision-case", district, pk)
    return page(request, fetched(request, pk), form, what)


@require_http_methods(["GET", "POST"])
def answer_edit(request, district, pk):
    """One question; saved by itself, then the next one."""
    answer = fetched_answer(request, pk, rules.REPORT)
    row = answer.case
    service.demand_own(row, request.actor)
    service.next_state(row, "write")
    reports = service.progress_of(answer)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        row=answer,
        reports=reports,
    )
    order = list(row.answers.order_by("question__position", "question_id").values_list("pk", flat=True))
    place = order.index(answer.pk)
    following = order[place + 1] if place + 1 < len(order) else None
    if request.method == "POST":
        saved = accepted(
            form,
            lambda: service.write_answer(
                answer,
                version=form.cleaned_data["version"] or 0,
                files=form.cleaned_data["files"],
                drop=chosen(request),
                cited=[one.pk for one in form.cleaned_data.get("cited") or ()],
                actor=request.actor,
                **form.values(),
            ),
        )
        if saved is not None:
            tell(request, _("第 %(n)d 题已保存") % {"n": place + 1})
            if request.POST.get("then") == "next" and following is not None:
                return redirect("supervision-answer", district, following)
            return redirect("supervision-case", district, row.pk)
    status = status_of(form)  # before it is made to look complete
    with_figures(request.actor, row, [answer])
    context = {
        "form": form.shown(), "answer": answer, "row": row, "round": row.round, "number": place + 1, "of": len(order),
        "following": following, "reports": reports,
        "files": [one for one in answer.evidence.all() if one.file_id],
    }  # fmt: skip
    return render(request, "targets/supervision_answer.html", context, status=status)


@require_http_methods(["GET", "POST"])
def review(request, district, pk):
    """Points for every answer, as far as they are; done with all, or sent back for what is missing."""
    row = fetched(request, pk, rules.REVIEW)
    place = service.demand_seat(row, request.actor)
    service.next_state(row, "mark")
    return _marks(request, row, place, answers_of(row), _("评分：%(unit)s") % {"unit": row.unit.name})


@require_http_methods(["GET", "POST"])
def decide(request, district, pk):
    """A third person settles what two reviewers gave different points for."""
    row = fetched(request, pk, rules.DECIDE)
    answers = answers_of(row)
    service.demand_third(row, request.actor, answers)
    service.next_state(row, "decide")
    wanted = set(service.apart(answers))
    answers = [one for one in answers if one.pk in wanted]
    return _marks(request, row, rules.SETTLED, answers, _("定分：%(unit)s") % {"unit": row.unit.name})


def _marks(request, row: SupervisionCase, place: int, answers, title: str):
    settles = place == rules.SETTLED
    form = MarksForm(
        request.POST if request.method == "POST" else None,
        rows=answers,
        place=place,
        initial={"version": row.version},
    )
    if request.method == "POST":
        what = "settle" if settles else request.POST.get("what", "save")
        if not settles and what not in ("save", "done", "return"):
            raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")

        def call():
            known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
            if settles:
                return service.decide(row, form.marks(), **known)
            if what == "return":
                return service.send_back(row, form.comments(), **known)
            return (service.complete if what == "done" else service.mark)(row, form.marks(), **known)

        if accepted(form, call) is not None:
            words = {"done": _("已评完"), "return": _("已退回补充")}.get(what, _("已保存"))
            tell(request, _("分已定") if settles else words)
            again = what == "save" and not settles
            return redirect(
                "supervision-review" if again else "supervision-case", request.district.slug, row.pk
            )
    with_figures(request.actor, row, answers)
    seats = list(row.seats.all())
    for one in answers:
        one.given = list(one.marks.all()) if settles else []
        name_marks(one.given, seats)
    context = {
        "form": form, "row": row, "round": row.round, "lines": form.lines(), "title": title, "settles": settles,
    }  # fmt: skip
    return render(request, "targets/supervision_review.html", context, status=status_of(form))


# --- Objections, evidence -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def objection_new(request, district, pk):
    answer = fetched_answer(request, pk, rules.REPORT)
    service.demand_own(answer.case, request.actor)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: objections.give_objection(answer, text=form.cleaned_data["text"], actor=request.actor),
        )
        if made is not None:
            tell(request, _("异议已提出"))
            return redirect("supervision-case", district, answer.case_id)
    return _objection(request, form, answer, _("提异议"))


def _objection(request, form, answer: SupervisionAnswer, title: str, row: SupervisionObjection | None = None):
    marks = list(answer.marks.all())
    name_marks(marks, answer.case.seats.select_related("unit"))
    context = {
        "form": form, "answer": answer, "row": answer.case, "round": answer.case.round, "title": title,
        "objection": row, "marks": marks,
    }  # fmt: skip
    return render(request, "targets/supervision_objection.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def objection(request, district, pk):
    """The answer to an objection, by somebody who gave none of the points."""
    request.actor.demand(rules.DECIDE)
    known = SupervisionObjection.objects.allowed(request.actor, rules.DECIDE)
    rows = SupervisionObjection.objects.filter(pk__in=known.order_by().values("pk")).select_related(
        "answer__case"
    )
    found = get_object_or_404(rows, pk=pk)
    answer = fetched_answer(request, found.answer_id, rules.DECIDE)
    service.demand_third(answer.case, request.actor, [answer])
    form = ReplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        settled = accepted(
            form,
            lambda: objections.settle_objection(
                found,
                form.cleaned_data["what"],
                reply=form.cleaned_data["reply"],
                points=form.cleaned_data["points"],
                actor=request.actor,
            ),
        )
        if settled is not None:
            tell(request, _("异议已答复"))
            return redirect("supervision-case", district, answer.case_id)
    return _objection(request, form, answer, _("答复异议"), found)


@require_GET
def evidence(request, district, pk):
    """A file of an answer, for whoever sees the unit's case."""
    request.actor.demand("supervision.view")
    known = SupervisionCase.objects.allowed(request.actor, "supervision.view").order_by().values("pk")
    rows = SupervisionEvidence.objects.filter(answer__case__in=known, file__isnull=False)
    return file_response(get_object_or_404(rows.select_related("file"), pk=pk).file)
