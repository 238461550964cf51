"""The minutes of a meeting: attendance, what was said, decisions, the PDF."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from targets.forms.attestations import NoteForm
from targets.forms.conferences import AttendanceForm, DecisionForm, ItemTextForm
from targets.models.conferences import Conference, ConferenceDecision, ConferenceMinutes
from targets.services import conference_decisions, conferences
from targets.services import conference_minutes as minutes
from targets.views.conferences import fetched, kept_item, page, sees_drafts


@require_http_methods(["GET", "POST"])
def attendance(request, district, pk):
    """Who came of each unit that was asked."""
    row = fetched(request, pk, "conference.keep")
    conferences.next_state(row, "write")
    rows = list(row.units.select_related("unit").order_by("-part", "position"))
    form = AttendanceForm(
        request.POST if request.method == "POST" else None, rows=rows, initial={"version": row.version}
    )
    if request.method == "POST":
        kept = accepted(
            form,
            lambda: minutes.write_attendance(
                row, form.attending(), version=form.cleaned_data["version"] or 0, actor=request.actor
            ),
        )
        if kept is not None:
            tell(request, _("出席已记"))
            return redirect("conference", district, pk)
    context = {"form": form, "row": row, "lines": form.lines()}
    return render(request, "targets/conference_attendance.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def item_text(request, district, pk):
    """What was said and settled on an item."""
    item = kept_item(request, pk)
    row = item.conference
    conferences.next_state(row, "write")
    form = ItemTextForm(
        request.POST if request.method == "POST" else None,
        initial={"text": item.text, "version": row.version},
    )
    if request.method == "POST":
        kept = accepted(
            form,
            lambda: minutes.write_item(
                item,
                form.cleaned_data["text"],
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )
        if kept is not None:
            tell(request, _("议题“%(topic)s”的内容已写") % {"topic": item.topic})
            return redirect("conference", district, row.pk)
    return _form(request, form, row, item.topic)


def _form(request, form, row: Conference, title: str, decision: ConferenceDecision | None = None):
    context = {"form": form, "row": row, "title": title, "decision": decision}
    return render(request, "targets/conference_text_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def decision_new(request, district, pk):
    """What was decided on an item."""
    item = kept_item(request, pk)
    row = item.conference
    conferences.next_state(row, "write")
    form = DecisionForm(request.POST if request.method == "POST" else None, initial={"version": row.version})
    if request.method == "POST":
        made = accepted(
            form,
            lambda: minutes.add_decision(
                item, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if made is not None:
            tell(request, _("决定已写，纪要确认后列入任务分工"))
            return redirect("conference", district, row.pk)
    return _form(request, form, row, _("加决定：%(topic)s") % {"topic": item.topic})


def kept_decision(request, pk: int) -> ConferenceDecision:
    request.actor.demand("conference.keep")
    rows = ConferenceDecision.objects.select_related("item__conference")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
def decision_edit(request, district, pk):
    decision = kept_decision(request, pk)
    row = decision.item.conference
    conferences.next_state(row, "write")
    form = DecisionForm(request.POST if request.method == "POST" else None, row=decision, at=row.version)
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: minutes.change_decision(
                decision, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("决定已改"))
            return redirect("conference", district, row.pk)
    return _form(request, form, row, _("改决定"), decision)


DECISION_WORDS = {
    "done": marked("决定已办结，从明天起不再报进展"),
    "drop": marked("决定不再办理，从明天起不再报进展"),
    "strike": marked("决定已去掉"),
}


@require_POST
def decision_step(request, district, pk):
    """Settles a decision that runs, or strikes out one while the minutes are written."""
    decision, what = kept_decision(request, pk), request.POST.get("what", "")
    if what not in DECISION_WORDS:
        raise Refused(_("要做什么：从会议页上的按钮里选"), field="what", code="what")
    form = NoteForm(request.POST)
    form.fields["note"].required = what != "strike"
    row = decision.item.conference
    if form.is_valid():
        try:
            known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
            if what == "strike":
                minutes.drop_decision(decision, **known)
            else:
                conference_decisions.settle(decision, what, note=form.cleaned_data["note"], **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(DECISION_WORDS[what]))
            return redirect("conference", district, row.pk)
    return page(request, row, form, f"decision-{pk}")


@require_GET
def minutes_pdf(request, district, pk):
    """An edition of the minutes as PDF: the confirmed one for whoever sees the meeting, the others for who keeps or
    confirms them."""
    actor = request.actor
    actor.demand("conference.view")
    known = Conference.objects.allowed(actor, "conference.view")
    rows = ConferenceMinutes.objects.filter(conference__in=known).select_related("file", "conference")
    found = rows.filter(pk=pk).first()
    if found is None or not (found.confirmed_at or sees_drafts(actor)):
        raise NotFound(_("没有这份纪要"))
    if found.file is None:
        waiting = render(
            request, "refused.html", {"refused": {"message": _("正在排版，几秒后再打开")}}, status=503
        )
        waiting["Retry-After"] = "5"
        return waiting
    name = f"{found.content['title']}{'' if found.number else _('（送审稿）')}.pdf"
    return file_response(found.file, name=name, fixed=bool(found.number))
