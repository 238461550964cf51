"""The logging page of a visit: one item open, saved as it is typed; photographs; the end and its summary."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inspections.forms.visits import AnswerForm, SignoffForm
from inspections.models import AnswerPhoto, ChecklistItem, Inspection
from inspections.services import agreement, answers, findings, recusals, second_answers, visits
from inspections.services.checklists import all_items_of, items_of
from inspections.services.field_parts import lacking
from inspections.views.sheet import SHAPES, Sheet, sheet_of
from portal import calendar
from portal.errors import Conflict, Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import refuse, status_of


def loggable(request, pk: int) -> Inspection:
    """The visit, for somebody in whose team it is."""
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, "inspection.log")
    return get_object_or_404(rows.select_related("facility__street", "double__second"), pk=pk)


def log_page(request, inspection: Inspection):
    """The phone's page while the visit is under way; `?item=` opens one."""
    sheet = sheet_of(inspection, actor=request.actor)
    wanted = request.GET.get("item", "")
    line = sheet.of(int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 18 else None
    line = line or next(iter(sheet.missing), sheet.lines[0] if sheet.lines else None)
    if line:
        line.open = True
    context = {"inspection": inspection, "sheet": sheet, "recusals": recusals.open_of(inspection)}
    return render(request, "inspections/inspection_log.html", context)


@require_POST
def inspection_start(request, district, pk):
    inspection = loggable(request, pk)
    visits.start(inspection, actor=request.actor)
    return redirect("inspection", district, pk)


def _item(inspection: Inspection, item: int) -> ChecklistItem:
    return get_object_or_404(all_items_of(inspection), pk=item)


@require_http_methods(["GET", "POST"])
def inspection_item(request, district, pk, item):
    """One item: GET gives it as it is stored; POST saves what was typed and answers what changes on the page."""
    inspection = loggable(request, pk)
    row = _item(inspection, item)
    if request.method == "GET":
        line = sheet_of(inspection, actor=request.actor).of(row.pk)
        line.open = True
        return render(request, "inspections/inspection_item.html", {"inspection": inspection, "line": line})
    form = AnswerForm(request.POST)
    if not form.is_valid():
        sentence = " ".join(str(e) for errors in form.errors.values() for e in errors)
        return _unsaved(request, row, Refused(sentence), 422)
    asked = set(items_of(inspection).values_list("pk", flat=True)) if row.short else None
    try:
        agreement.demand_seen(inspection, row, request.actor)
        answers.save_answer(inspection, row, actor=request.actor, **form.cleaned_data)
    except Conflict as conflict:
        return _unsaved(request, row, conflict, 409, inspection=inspection)
    except Refused as refused:
        return _unsaved(request, row, refused, 422 if refused.status == 400 else refused.status)
    if not request.headers.get("HX-Request"):
        return redirect(f"{request.path.rsplit('/items/', 1)[0]}/?item={row.pk}#item-{row.pk}")
    sheet = sheet_of(inspection, photos=False, actor=request.actor)
    opened = [] if asked is None else sheet.beyond(asked)
    return render(
        request,
        "inspections/inspection_saved.html",
        {
            "inspection": inspection,
            "sheet": sheet,
            "line": sheet.of(row.pk),
            "now": timezone.localtime(),
            "opened": opened,
            "sections": [
                one for one in sheet.sections if one.key not in {s.key for s, _l, new in opened if new}
            ],
        },
    )


def _unsaved(request, item, refused: Refused, status: int, inspection=None):
    """What stands beside an item that was not saved: the sentence and, for two answers, both of them."""
    if not request.headers.get("HX-Request"):
        raise refused
    theirs = refused.params.get("theirs")
    context = {
        "item": item,
        "refused": refused,
        "inspection": inspection,
        "theirs": theirs,
        "shape": SHAPES.get(theirs.value, "none") if theirs else "",
        "version": refused.params.get("version"),
    }
    return render(request, "inspections/inspection_unsaved.html", context, status=status)


def _shots(request, inspection, item, refused: Refused | None = None):
    line = sheet_of(inspection, actor=request.actor).of(item.pk)
    if not request.headers.get("HX-Request"):
        return redirect(f"{request.path.rsplit('/items/', 1)[0]}/?item={item.pk}#item-{item.pk}")
    context = {"inspection": inspection, "line": line, "refused": refused}
    return render(request, "inspections/inspection_shots.html", context, status=422 if refused else 200)


@require_POST
def inspection_photos(request, district, pk, item):
    """Adds the photographs that were taken; one that is refused refuses all, and nothing is kept."""
    inspection = loggable(request, pk)
    row = _item(inspection, item)
    uploads = request.FILES.getlist("photo")
    try:
        if not uploads:
            raise Refused(_("照片：没有选到文件"), field="photo")
        for upload in uploads:
            answers.add_photo(inspection, row, upload, actor=request.actor)
    except Refused as refused:
        if not request.headers.get("HX-Request"):
            raise
        return _shots(request, inspection, row, refused)
    return _shots(request, inspection, row)


@require_http_methods(["GET", "POST"])
def inspection_photo(request, district, pk, photo):
    """A photograph (GET), for whoever may see the inspection; taken away (POST) by the team."""
    photos = AnswerPhoto.objects.select_related("file", "answer__item", "answer__inspection__facility")
    if request.method == "POST":
        inspection = loggable(request, pk)
        found = get_object_or_404(photos, pk=photo, answer__inspection=inspection)
        answers.remove_photo(found, actor=request.actor)
        return _shots_after_removal(request, inspection, found)
    inspection = get_object_or_404(Inspection.objects.known_to(request.actor), pk=pk)
    hidden = agreement.pending(inspection, request.actor)
    shown = photos.filter(answer__inspection=inspection).exclude(answer__item__in=hidden)
    return file_response(get_object_or_404(shown, pk=photo).file)


def _shots_after_removal(request, inspection, photo):
    item = photo.answer.item
    if not request.headers.get("HX-Request"):
        return redirect(f"{request.path.rsplit('/photos/', 1)[0]}/?item={item.pk}#item-{item.pk}")
    line = sheet_of(inspection, actor=request.actor).of(item.pk)
    return render(request, "inspections/inspection_shots.html", {"inspection": inspection, "line": line})


@require_http_methods(["GET", "POST"])
def inspection_signoff(request, district, pk):
    """The end: counts with 未查 apart, findings with their deadlines, who was there, what the facility says."""
    inspection = loggable(request, pk)
    if inspection.state != "under_way" and request.method == "GET":
        return redirect("inspection-result", district, pk)
    if request.method == "GET" and agreement.pending(inspection, request.actor):
        # the summary would show what the first one answered
        tell(request, _("先把抽中双评的几项判完，再结束检查"))
        return redirect("inspection-again", district, pk)
    form = SignoffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form.is_valid():
            try:
                done = visits.sign_off(inspection, actor=request.actor, **form.cleaned_data)
            except Refused as refused:
                refuse(form, refused)
            else:
                tell(
                    request,
                    _("%(number)s 已签记，等组里另一人在自己的账号上确认") % {"number": done.number},
                )
                return redirect("inspection-result", district, pk)
    sheet: Sheet = sheet_of(inspection, photos=False)
    found = findings.expected_findings(inspection, timezone.localdate())
    context = {
        "inspection": inspection,
        "sheet": sheet,
        "findings": found,
        "provisional": calendar.provisional_note(*(f["due_on"] for f in found if f["due_on"])),
        "team": visits.team_of(inspection),
        "form": form,
        "lacking": lacking(inspection),
        "alone": second_answers.lacking(inspection),
        "second": getattr(agreement.draw_of(inspection), "second", None),
    }
    return render(request, "inspections/inspection_signoff.html", context, status=status_of(form))
