"""Results before and after they are final: the list, one result with its versions, objections, changes."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.results import (
    ChangeForm,
    DecideForm,
    ObjectForm,
    RepairAnswerForm,
    RepairForm,
    ResultFilter,
    SettleForm,
)
from inspections.models import ResultObjectionFile, ResultReview
from inspections.rules import results as rules
from inspections.services import evidence, publication, result_changes, result_reviews, visit_codes
from inspections.services.field_parts import current_record
from portal import calendar
from portal.errors import Refused
from portal.middleware import tell
from portal.models import Street
from portal.services import parameters
from portal.templatetags.ui import day_words
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of

TABS = ("draft", "answered", "waiting", "changing", "published")
RED_DAYS = "publication.red_days"
FINDING_SHAPES = {"open": "bad", "answered": "doing", "mended": "ok", "closed": "ok", "withdrawn": "none"}


def of_tab(rows: QuerySet, tab: str) -> QuerySet:
    if tab == "waiting":
        return rows.filter(state="final", inspection__state="finished")
    if tab == "published":
        return rows.filter(inspection__state="published")
    return rows.filter(state=tab)


def tab_words(tab: str) -> str:
    return {
        "draft": _("征求机构意见"),
        "answered": _("待答复意见"),
        "waiting": _("待公示"),
        "changing": _("正在更正"),
        "published": _("已公示"),
    }[tab]


def chosen(actor, query) -> tuple[ResultFilter, QuerySet, str, QuerySet]:
    """What the address asks for: the form, rows under its conditions, the tab, the tab's rows."""
    allowed = ResultReview.objects.allowed(actor, "result.view")
    streets = Street.objects.filter(pk__in=allowed.order_by().values("inspection__facility__street"))
    form = ResultFilter(query, streets=streets)
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = allowed
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(inspection__number=q) | Q(inspection__facility__code=q))
    if street := wanted.get("street"):
        rows = rows.filter(inspection__facility__street=street)
    tab = query.get("tab", TABS[0])
    tab = tab if tab in TABS else TABS[0]
    shown = of_tab(rows, tab).select_related("inspection__facility__street")
    return form, rows, tab, shown.annotate(listing=listing("inspection__facility"))


def decorate(rows: list[ResultReview], on: date) -> None:
    """The publication clock's light and the days left, for each row of a page."""
    red = parameters.value(RED_DAYS, on) if rows else 0
    for row in rows:
        row.left = calendar.working_days_between(on, row.inspection.publish_by)
        row.public = row.inspection.state == "published" and not row.inspection.publication_ended_on
        row.light = rules.light(row.left, row.state != "final", red)
        if row.inspection.state == "published":
            row.light = "warn" if row.state == "changing" else "ok"


@require_GET
def result_list(request, district):
    """Drafts with the facilities, objections to decide, results to publish; for an operator the own ones."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("result.view")
    form, rows, tab, shown = chosen(actor, request.GET)
    counts = rows.order_by().aggregate(
        draft=Count("pk", filter=Q(state="draft")),
        answered=Count("pk", filter=Q(state="answered")),
        waiting=Count("pk", filter=Q(state="final", inspection__state="finished")),
        changing=Count("pk", filter=Q(state="changing")),
    )
    page = paged(
        shown,
        {"day": (("inspection__publish_by", date), ("pk", int))},
        request.GET,
        default="-day" if tab == "published" else "day",
    )
    decorate(page.rows, on)
    keep = request.GET.copy()
    for name in ("tab", "before", "after"):
        keep.pop(name, None)
    query = f"&{keep.urlencode()}" if keep else ""
    tabs = [
        {"label": tab_words(t), "url": f"?tab={t}{query}", "count": counts.get(t), "current": t == tab}
        for t in TABS
    ]
    return render(
        request, "inspections/results.html", {"page": page, "form": form, "tabs": tabs, "tab": tab, "on": on}
    )


def visible(request, pk: int, right: str = "result.view") -> ResultReview:
    rows = ResultReview.objects.allowed(request.actor, right)
    return get_object_or_404(
        rows.select_related("inspection__facility__street", "inspection__signed_by", "answered_by"), pk=pk
    )


@require_GET
def result(request, district, pk):
    return result_page(request, visible(request, pk))


def _may(request, row: ResultReview, right: str) -> bool:
    actor = request.actor
    return actor.may(right) and ResultReview.objects.allowed(actor, right).filter(pk=row.pk).exists()


def result_page(request, row: ResultReview, *, forms: dict | None = None, status: int = 200):
    """One result for whoever may see it, with the next step for whoever may take it."""
    on, actor = timezone.localdate(), request.actor
    decorate([row], on)
    forms = forms or {}
    findings = list(row.inspection.findings.select_related("item__clause__document", "order"))
    objections = list(
        row.objections.select_related("finding__item", "by", "decided_by").prefetch_related("files__file")
    )
    said = {one.finding_id: one for one in objections}
    seen = evidence.open_to(actor, row.inspection_id)
    shots = evidence.photos_of(seen) if seen else {}
    for finding in findings:
        finding.shots = shots.get(finding.item_id, [])
        finding.said = said.get(finding.pk)
        finding.shape = FINDING_SHAPES[finding.state]
    initial = {"version": row.version}
    change = result_changes.open_change(row) if row.state == "changing" else None
    open_days = not rules.silence_is_over(row.answer_by, on)
    may_answer = row.state == "draft" and open_days and _may(request, row, "result.answer")
    own = actor.same_person(row.inspection.signed_by)
    may_decide = row.state == "answered" and _may(request, row, "result.decide")
    may_change = row.state == "final" and _may(request, row, "result.change")
    standing = [f for f in findings if f.state != "withdrawn"]
    object_form = decide_form = change_form = None
    if may_answer and findings:
        object_form = forms.get("object") or ObjectForm(findings=findings, initial=initial)
    if may_decide and not own:
        decide_form = forms.get("decide") or DecideForm(objections=objections, initial=initial)
    if may_change and standing:
        change_form = forms.get("change") or ChangeForm(
            findings=standing, initial={**initial, "decided_on": on}
        )
    repair = publication.open_repair(row)
    may_ask = row.public and _may(request, row, "result.repair_ask")
    against = publication.stands_against(row, on) if may_ask else ""
    may_examine = repair is not None and repair.state == "asked" and actor.may("result.repair_examine")
    may_grant = (
        repair is not None
        and repair.state == "examined"
        and actor.may("result.repair_decide")
        and not actor.same_person(repair.examined_by)
    )
    repair_form = (forms.get("repair") or RepairForm()) if may_ask and not against else None
    answer_form = (forms.get("repair_answer") or RepairAnswerForm()) if may_examine or may_grant else None
    shown = [object_form, decide_form, change_form, forms.get("settle"), repair_form, answer_form]
    context = {
        "result": row,
        "inspection": row.inspection,
        "findings": findings,
        "objections": objections,
        "versions": list(row.versions.select_related("by").defer("content").order_by("-number")),
        "changes": list(row.changes.select_related("proposed_by", "settled_by", "file")),
        "standing": len(standing),
        "may_answer": may_answer,
        "may_rate": actor.may("visit.rate") and visit_codes.may_rate(row.inspection, on),
        "object_form": object_form,
        "decide_form": decide_form,
        "change_form": change_form,
        "wait_for_another": may_decide and own,
        "may_publish": row.state == "final"
        and row.inspection.state == "finished"
        and actor.may("result.publish"),
        "change": change,
        "change_left": calendar.working_days_between(on, change.withdraw_by) if change else None,
        "dropped": [f for f in findings if change and f.pk in change.findings],
        "may_settle": change is not None
        and actor.may("result.change_confirm")
        and not actor.same_person(change.proposed_by),
        "may_take_down": change is not None
        and row.inspection.state == "published"
        and actor.may("result.change"),
        "settle_form": forms.get("settle") or SettleForm(initial=initial),
        "repairs": list(row.repairs.select_related("file")),
        "repair": repair,
        "repair_form": repair_form,
        "repair_against": against if may_ask and findings else "",
        "answer_form": answer_form,
        "answer_url": "result-repair-examine" if may_examine else "result-repair-decide",
        "overtaken": [
            str(e) for form in forms.values() if form not in shown for e in form.non_field_errors()
        ],
        "evidence": seen,
        "record": current_record(row.inspection) if seen else None,
        "shots": sum(len(photos) for photos in shots.values()),
        "inspection_known": actor.may("inspection.view"),
        "who": not actor.may("result.answer"),
    }
    return render(request, "inspections/result.html", context, status=status)


@require_POST
def result_answer(request, district, pk):
    """`what`: object with texts and files, or agree."""
    row = visible(request, pk, "result.answer")
    findings = list(row.inspection.findings.select_related("item"))
    form = ObjectForm(request.POST, request.FILES, findings=findings)
    if form.is_valid():
        agreed = form.cleaned_data["what"] == "agree"
        seen = {"version": form.cleaned_data["version"], "actor": request.actor}
        try:
            if agreed:
                result_reviews.agree(row, **seen)
            else:
                result_reviews.object_to(row, texts=form.texts(), files=form.uploads(), **seen)
        except Refused as refused:
            refuse(form, refused)
        else:
            words = _("检查 %(number)s 的结果已定稿") if agreed else _("对 %(number)s 的意见已送出，等答复")
            tell(request, words % {"number": row})
            return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"object": form}, status=status_of(form))


@require_POST
def result_decide(request, district, pk):
    """Each objection accepted or kept, with a reason."""
    row = visible(request, pk, "result.decide")
    form = DecideForm(request.POST, objections=list(row.objections.select_related("finding__item")))
    done = accepted(
        form,
        lambda: result_reviews.decide(
            row,
            outcomes=form.outcomes(),
            reasons=form.reasons(),
            version=form.cleaned_data["version"],
            actor=request.actor,
        ),
    )
    if done:
        tell(request, _("意见已答复，检查 %(number)s 的结果已定稿") % {"number": row})
        return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"decide": form}, status=status_of(form))


@require_POST
def result_change(request, district, pk):
    """Asks for a change of a result that was final."""
    row = visible(request, pk, "result.change")
    standing = row.inspection.findings.exclude(state="withdrawn").select_related("item")
    form = ChangeForm(request.POST, request.FILES, findings=list(standing))
    done = accepted(
        form, lambda: result_changes.propose_change(row, actor=request.actor, **form.cleaned_data)
    )
    if done:
        tell(
            request,
            _("已提出更正，等单位负责人决定；最迟 %(day)s 撤回公示") % {"day": day_words(done.withdraw_by)},
        )
        return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"change": form}, status=status_of(form))


@require_POST
def result_settle(request, district, pk):
    """`what`: confirm or decline the change, by the second person; down: out of sight while it waits."""
    down = request.POST.get("what") == "down"
    row = visible(request, pk, "result.change" if down else "result.change_confirm")
    form = SettleForm(request.POST)

    def settle():
        data, actor = form.cleaned_data, request.actor
        if data["what"] == "down":
            result_changes.take_down(row, version=data["version"], actor=actor)
            return _("%(number)s 的公示已撤回") % {"number": row}
        if data["what"] == "confirm":
            result_changes.confirm_change(row, version=data["version"], actor=actor)
            return _("%(number)s 的结果已更正") % {"number": row}
        result_changes.decline_change(row, note=data["note"], version=data["version"], actor=actor)
        return _("%(number)s 的结果不更正") % {"number": row}

    sentence = accepted(form, settle)
    if sentence:
        tell(request, sentence)
        return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"settle": form}, status=status_of(form))


@require_GET
def result_version(request, district, pk, version):
    """A version as it was fixed; with ?file its very bytes."""
    row = visible(request, pk)
    version = get_object_or_404(row.versions.select_related("by"), pk=version)
    if "file" in request.GET:
        response = HttpResponse(bytes(version.content), content_type="application/json; charset=utf-8")
        name = f"{row.inspection.number}-{version.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-SHA256"] = version.sha256
        return response
    context = {"result": row, "inspection": row.inspection, "version": version, "facts": version.facts}
    return render(request, "inspections/result_version.html", context)


@require_GET
def result_file(request, district, pk, file):
    """A file that came with an objection."""
    row = visible(request, pk)
    found = get_object_or_404(
        ResultObjectionFile.objects.select_related("file"), pk=file, objection__review=row
    )
    return file_response(found.file)


@require_GET
def result_change_file(request, district, pk, change):
    """The paper on which a change rests, for whoever may see the result."""
    found = get_object_or_404(visible(request, pk).changes.filter(file__isnull=False), pk=change)
    return file_response(found.file)


@require_POST
def result_repair(request, district, pk):
    """The facility asks that the result be public no more."""
    row = visible(request, pk, "result.repair_ask")
    form = RepairForm(request.POST, request.FILES)
    if accepted(form, lambda: publication.ask_repair(row, actor=request.actor, **form.cleaned_data)):
        tell(request, _("修复申请已送出，等区里核实"))
        return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"repair": form}, status=status_of(form))


def _answer_repair(request, district, pk, repair, right: str, service, words: tuple[str, str]):
    row = visible(request, pk, right)
    found = get_object_or_404(row.repairs.select_related("review"), pk=repair)
    form = RepairAnswerForm(request.POST)
    done = accepted(
        form,
        lambda: service(
            found, form.cleaned_data["what"] == "yes", answer=form.cleaned_data["answer"], actor=request.actor
        ),
    )
    if done:
        tell(request, words[0] if form.cleaned_data["what"] == "yes" else words[1])
        return redirect("result", district, pk)
    return result_page(request, visible(request, pk), forms={"repair_answer": form}, status=status_of(form))


@require_POST
def result_repair_examine(request, district, pk, repair):
    """What the bureau found when it looked."""
    words = (_("已核实，等单位负责人决定"), _("已答复，不同意修复"))
    service = publication.examine_repair
    return _answer_repair(request, district, pk, repair, "result.repair_examine", service, words)


@require_POST
def result_repair_decide(request, district, pk, repair):
    """The second person's decision: granted, the result is public no more."""
    words = (_("已同意修复，结果不再公示"), _("已答复，不同意修复"))
    service = publication.decide_repair
    return _answer_repair(request, district, pk, repair, "result.repair_decide", service, words)


@require_GET
def result_repair_file(request, district, pk, repair):
    """The evidence of an application, for whoever may see the result."""
    found = get_object_or_404(visible(request, pk).repairs.select_related("file"), pk=repair)
    return file_response(found.file)
