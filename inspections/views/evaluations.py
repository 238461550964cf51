"""Rounds of evaluation: the list, one round with its facilities, its peers, one facility with the three side by side."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from facilities.models.credit import listing
from inspections.forms.evaluations import (
    ChooseForm,
    PeerForm,
    RoundForm,
    StepForm,
)
from inspections.models import (
    EvaluationCase,
    EvaluationRound,
    EvaluationSheet,
    PeerEvaluator,
)
from inspections.rules import evaluations as rules
from inspections.services import evaluation_rounds as services
from inspections.views.evaluation_sets import form_page, kind_names
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.models import User
from portal.rules.rights import Reach
from portal.views.forms import accepted, status_of

ROUND_SHAPES = {"draft": "none", "running": "doing", "closed": "ok"}
SHAPES = {
    "scoring": "doing", "decided": "doing", "told": "doing", "objected": "warn", "final": "ok", "published": "ok",
    "left": "none",
}  # fmt: skip
#: From here on the facility, too, knows what the district decided.
TOLD = ("told", "objected", "final", "published")


def sees_all(actor) -> bool:
    """Whether the actor looks on the round as the district does: all sheets, names of evaluators."""
    return Reach.ALL in actor.reaches("evaluation.view")


def rounds_of(actor):
    """All rounds; for who reaches some facilities those in which one of them is evaluated, once it has begun."""
    actor.demand("evaluation.view")
    rows = EvaluationRound.objects.select_related("set")
    if sees_all(actor):
        return rows
    cases = EvaluationCase.objects.allowed(actor, "evaluation.view")
    return rows.filter(pk__in=cases.values("round")).exclude(state="draft")


def round_lines(actor) -> list[dict]:
    rows = rounds_of(actor).annotate(
        many=Count("cases", filter=~Q(cases__state="left")),
        decided=Count("cases", filter=Q(cases__state__in=("final", "published"))),
        published=Count("cases", filter=Q(cases__state="published")),
    )
    whole = sees_all(actor)
    return [{"row": row, "shape": ROUND_SHAPES[row.state], "whole": whole} for row in rows]


@require_GET
def evaluations(request, district):
    """The rounds, the latest first."""
    context = {
        "lines": round_lines(request.actor),
        "may_manage": request.actor.may("evaluation.manage"),
        "may_see_sets": request.actor.may("indicator.view"),
        "whole": sees_all(request.actor),
    }
    return render(request, "inspections/evaluations.html", context)


def round_of(request, pk: int, right: str = "evaluation.view") -> EvaluationRound:
    row = get_object_or_404(rounds_of(request.actor), pk=pk)
    if right != "evaluation.view" and not request.actor.may(right):
        raise NotFound(_("没有这一页"))
    return row


def phases_of(row: EvaluationRound, on) -> list[dict]:
    found = []
    for kind in rules.PHASES:
        first, last = getattr(row, f"{kind}_from"), getattr(row, f"{kind}_until")
        state = "ok" if on > last else "doing" if on >= first else "none"
        found.append(
            {"kind": kind, "name": _(rules.KINDS[kind]), "from": first, "until": last, "state": state}
        )
    return found


def case_lines(actor, row: EvaluationRound, query) -> list[dict]:
    """The facilities of a round with what each side gave, by the facility's code; two queries. Who reaches some
    facilities only sees the own evaluation and, once told, what the district decided."""
    whole = sees_all(actor)
    rows = EvaluationCase.objects.allowed(actor, "evaluation.view").filter(round=row)
    state = query.get("state", "")
    if state in SHAPES:
        rows = rows.filter(state=state)
    sheets = EvaluationSheet.objects.filter(state="submitted").only("case", "kind", "total", "district")
    rows = (
        rows.select_related("facility__street")
        .annotate(listing=listing("facility"))
        .prefetch_related(Prefetch("sheets", queryset=sheets, to_attr="handed"))
        .order_by("facility__code")
    )
    found = []
    for case in rows:
        totals = {
            kind: rules.mean(float(one.total) for one in case.handed if one.kind == kind)
            for kind in rules.PHASES
        }
        told = whole or case.state in TOLD
        found.append(
            {
                "case": case,
                "self": totals["self"],
                "peer": totals["peer"] if whole else None,
                "third": totals["third"] if whole else None,
                "total": float(case.total) if told and case.total is not None else None,
                "grade": case.grade if told else "",
                "shape": SHAPES[case.state],
            }
        )
    return found


@require_GET
def evaluation_round(request, district, pk):
    return round_page(request, round_of(request, pk))


def round_page(
    request, row: EvaluationRound, *, choose: ChooseForm | None = None, step: StepForm | None = None
):
    actor, on = request.actor, timezone.localdate()
    manages = actor.may("evaluation.manage")
    counts = dict(
        EvaluationCase.objects.allowed(actor, "evaluation.view")
        .filter(round=row).order_by().values_list("state").annotate(n=Count("pk"))
    )  # fmt: skip
    words = dict(EvaluationCase._meta.get_field("state").flatchoices)
    chosen = request.GET.get("state", "")
    tabs = [{"label": _("全部"), "url": "?", "count": sum(counts.values()), "current": chosen not in SHAPES}]
    tabs += [
        {"label": str(words[key]), "url": f"?state={key}", "count": counts[key], "current": key == chosen}
        for key in SHAPES
        if key in counts
    ]
    context = {
        "round": row,
        "shape": ROUND_SHAPES[row.state],
        "phases": phases_of(row, on),
        "kinds": kind_names(row.set.kinds),
        "lines": case_lines(actor, row, request.GET),
        "tabs": tabs,
        "whole": sees_all(actor),
        "may_manage": manages and row.state != "closed",
        "may_open": manages and row.state == "draft",
        "may_close": manages and row.state == "running",
        "choose": choose or ChooseForm(),
        "choose_errors": choose,
        "step_errors": step,
    }
    forms = [one for one in (choose, step) if one is not None]
    return render(request, "inspections/evaluation_round.html", context, status=status_of(*forms))


def round_groups(form: RoundForm) -> list[dict]:
    first = [form[name] for name in ("set", "year", "title", "peers", "version") if name in form.fields]
    days = [form[f"{kind}_{end}"] for kind in rules.PHASES for end in ("from", "until")]
    return [
        {"heading": _("评估"), "note": "", "fields": first},
        {"heading": _("各方在哪些天里填"), "note": _("可以同时，也可以先后"), "fields": days},
    ]


@require_http_methods(["GET", "POST"])
def evaluation_round_new(request, district):
    request.actor.demand("evaluation.manage")
    form = RoundForm(request.POST) if request.method == "POST" else RoundForm(initial={"peers": 2})
    if request.method == "POST":

        def make():
            return services.make_round(form.cleaned_data["set"], actor=request.actor, **form.facts())

        made = accepted(form, make)
        if made:
            tell(request, _("草稿建好了，接着选机构"))
            return redirect("evaluation-round", district, made.pk)
    back = reverse("evaluations", args=[district])
    groups = round_groups(form)
    return form_page(request, form, _("新建一次评估"), _("建草稿"), _("质量评估"), back, groups=groups)


@require_http_methods(["GET", "POST"])
def evaluation_round_edit(request, district, pk):
    row = round_of(request, pk, "evaluation.manage")
    form = RoundForm(request.POST if request.method == "POST" else None, known=row)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_round(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("已存"))
            return redirect("evaluation-round", district, pk)
    back = reverse("evaluation-round", args=[district, pk])
    return form_page(request, form, _("改日子"), _("存下变更"), row.title, back, groups=round_groups(form))


@require_POST
def evaluation_choose(request, district, pk):
    """Takes facilities into the round."""
    row = round_of(request, pk, "evaluation.manage")
    form = ChooseForm(request.POST)
    number = accepted(form, lambda: services.choose(row, actor=request.actor, **form.facts()))
    if number is None:
        return round_page(request, row, choose=form)
    tell(request, ngettext("加了 %(n)d 家", "加了 %(n)d 家", number) % {"n": number})
    return redirect("evaluation-round", district, pk)


@require_POST
def evaluation_round_step(request, district, pk):
    """Opens or closes the round, or assigns peers by chance."""
    row = round_of(request, pk, "evaluation.manage")
    form = StepForm(request.POST)
    if not form.is_valid():
        form.refused = Refused(_("没有这一步"))
        return round_page(request, row, step=form)
    version, what = form.cleaned_data["version"], form.cleaned_data["what"]
    if what == "assign":
        services.locked(row, version)
        made = accepted(form, lambda: services.assign_by_chance(row, actor=request.actor))
        if made is None:
            return peers_page(request, row, failed=form)
        words = ngettext("分派了 %(n)d 张评估表", "分派了 %(n)d 张评估表", made[0]) % {"n": made[0]}
        if made[1]:
            short = _("、").join(made[1][:8])
            words = _("%(words)s；人数还不够：%(codes)s") % {"words": words, "codes": short}
        tell(request, words)
        return redirect("evaluation-peers", district, pk)
    service = services.open_round if what == "open" else services.close_round
    if accepted(form, lambda: service(row, actor=request.actor, version=version)) is None:
        return round_page(request, row, step=form)
    tell(request, _("评估开始了，机构看得到自评表") if what == "open" else _("评估已结束"))
    return redirect("evaluation-round", district, pk)


# --- Peers ------------------------------------------------------------------------------------------


def account(name: str) -> User:
    """The account with this name, of people who work in the district. Refused where there is none."""
    found = User.objects.filter(username=name.strip(), memberships__isnull=False).distinct().first()
    if found is None:
        sentence = _("本区没有这个账号")
        raise Refused(sentence, field="user", code="account", errors={"user": sentence})
    return found


@require_GET
def evaluation_peers(request, district, pk):
    return peers_page(request, round_of(request, pk, "evaluation.manage"))


def peers_page(request, row: EvaluationRound, form: PeerForm | None = None, failed=None):
    load = dict(
        EvaluationSheet.objects.filter(case__round=row, kind="peer", state__in=("open", "submitted"))
        .order_by().values_list("evaluator").annotate(n=Count("pk"))
    )  # fmt: skip
    pool = services.pool_of(row)
    marks = dict(
        Facility.objects.filter(pk__in=[one.facility_id for one in pool])
        .annotate(listing=listing("pk")).values_list("pk", "listing")
    )  # fmt: skip
    context = {
        "round": row,
        "lines": [
            {"one": one, "sheets": load.get(one.user_id, 0), "listing": marks[one.facility_id]}
            for one in pool
        ],
        "form": form or PeerForm(),
        "errors": form or failed,
        "may_assign": row.state == "running" and bool(pool),
        "may_add": row.state != "closed",
    }
    return render(
        request, "inspections/evaluation_peers.html", context, status=status_of(*filter(None, (form, failed)))
    )


@require_POST
def evaluation_peer_new(request, district, pk):
    """Somebody into the pool."""
    row = round_of(request, pk, "evaluation.manage")
    form = PeerForm(request.POST)

    def add() -> PeerEvaluator:
        code = form.cleaned_data["facility"].strip().upper()
        facility = Facility.objects.operating().filter(code=code).first()
        if facility is None:
            sentence = _("名册里没有这个编号的在办机构")
            raise Refused(sentence, field="facility", code="facility", errors={"facility": sentence})
        return services.enter_peer(row, facility, account(form.cleaned_data["user"]), actor=request.actor)

    made = accepted(form, add)
    if made is None:
        return peers_page(request, row, form)
    tell(request, _("已加进互评人名单"))
    return redirect("evaluation-peers", district, pk)
