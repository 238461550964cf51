"""Attendance of a session by list and by spreadsheet, its certificates, and their verification by anybody."""

from __future__ import annotations

import io
from decimal import Decimal, InvalidOperation

import xlsxwriter
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.training import SheetForm
from facilities.models import AttendanceCertificate, TrainingSignUp
from facilities.rules import training as rules
from facilities.rules.training import Came
from facilities.services import attendance as services
from facilities.views.training import page_of, session_of
from portal.errors import Refused
from portal.middleware import tell
from portal.models.places import District
from portal.views.files import file_response
from portal.views.forms import accepted

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SALT = "facilities.attendance"
KEPT_SECONDS = 3600


@require_POST
def attendance_list(request, district, pk):
    """The list on the page: one box per person for coming, hours, one for passing."""
    session = session_of(request, pk, "training.manage")
    came = {}
    for one in session.sign_ups.select_related("staff").only("pk", "staff__code"):
        attended = request.POST.get(f"came-{one.pk}") == "on"
        came[one.staff.code] = Came(
            one.staff.code,
            attended,
            hours_of(request.POST.get(f"hours-{one.pk}", ""), session.course.hours) if attended else None,
            attended and request.POST.get(f"passed-{one.pk}") == "on",
        )
    return entered(request, district, session, came)


def hours_of(text: str, most: Decimal) -> Decimal:
    """The hours of one line; empty means the whole course."""
    text = text.strip()
    if not text:
        return most
    try:
        hours = Decimal(text)
    except InvalidOperation:
        hours = Decimal("nan")
    if not (hours.is_finite() and Decimal("0.5") <= hours <= most and hours * 10 % 1 == 0):
        sentence = rules.LIST_PROBLEMS["hours"]
        raise Refused(
            _(sentence) % {"given": text[:20], "most": f"{most.normalize():f}"},
            field="hours",
            code="hours",
        )
    return hours


def entered(request, district, session, came):
    changed = services.record_attendance(session, came, actor=request.actor)
    tell(request, _("出勤已登记，改动 %(n)d 人") % {"n": changed})
    return redirect("training-session", district, session.pk)


@require_GET
def attendance_sheet(request, district, pk):
    """The list as a spreadsheet to fill in on the day."""
    session = session_of(request, pk, "training.manage")
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_("签到表"))
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet.write_row(0, 0, [f"{session.code}　{session.course.title}　{session.starts_on}"])
        sheet.write_row(1, 0, ["编号", "姓名", "出勤", "课时", "合格", "机构"], bold)  # content
        rows = session.sign_ups.order_by("facility__code", "staff__code").values_list(
            "staff__code", "staff__name", "facility__name"
        )
        for number, (code, name, facility) in enumerate(rows, 2):
            cells = [code, name, "是", float(session.course.hours), "是", facility]  # content
            sheet.write_row(number, 0, cells)
        sheet.set_column(0, 1, 14)
        sheet.set_column(5, 5, 30)
        sheet.data_validation(2, 2, 2001, 2, {"validate": "list", "source": ["是", "否"]})  # content
        sheet.data_validation(2, 4, 2001, 4, {"validate": "list", "source": ["是", "否"]})  # content
        sheet.freeze_panes(2, 2)
    response = HttpResponse(output.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{session.code}.xlsx"'
    return response


@require_POST
def attendance_upload(request, district, pk):
    """Reads a filled sheet and shows every line with what is wrong in it; nothing is written yet."""
    session = session_of(request, pk, "training.manage")
    form = SheetForm(request.POST, request.FILES)
    rows = accepted(form, lambda: services.read_sheet(form.cleaned_data["upload"]))
    if rows is None:
        return page_of(request, session, sheet=form)
    lines, (key, facts) = rules.read_attendance(rows, services.signed(session), session.course.hours)
    if key:
        form.add_error("upload", _(rules.LIST_PROBLEMS[key]) % facts)
        return page_of(request, session, sheet=form)
    good = [line.came for line in lines if line.came]
    payload = [(c.code, c.attended, str(c.hours) if c.hours else "", c.passed) for c in good]
    return render(
        request,
        "facilities/attendance_preview.html",
        {
            "session": session,
            "lines": [(line, _(line.wrong[0]) % line.wrong[1] if line.wrong else "") for line in lines],
            "good": len(good),
            "wrong": len(lines) - len(good),
            "missing": max(0, len(services.signed(session)) - len(good)),
            "payload": signing.dumps(payload, salt=f"{SALT}.{session.pk}", compress=True),
        },
    )


@require_POST
def attendance_confirm(request, district, pk):
    """Writes the lines of a preview that were right."""
    session = session_of(request, pk, "training.manage")
    try:
        payload = signing.loads(
            request.POST.get("payload", ""), salt=f"{SALT}.{session.pk}", max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        raise Refused(_("预览已过期。再传一次签到表"), field="upload", code="payload") from None
    came = {
        code: Came(code, attended, Decimal(hours) if hours else None, passed)
        for code, attended, hours, passed in payload
    }
    return entered(request, district, session, came)


@require_http_methods(["GET", "POST"])
def certificates(request, district, pk):
    """POST issues for all who passed; GET gives the whole session in one file."""
    if request.method == "POST":
        session = session_of(request, pk, "training.manage")
        made = services.issue_certificates(session, actor=request.actor)
        tell(request, _("已发 %(n)d 张证明，正在生成文件") % {"n": len(made)})
        return redirect("training-session", district, pk)
    session = session_of(request, pk, "training.manage")
    if session.file is None:
        raise Http404
    return file_response(session.file, fixed=False)


@require_GET
def certificate(request, district, pk):
    """One person's certificate, for whoever sees the sign-up."""
    reached = TrainingSignUp.objects.allowed(request.actor, "training.view")
    found = (
        AttendanceCertificate.objects.filter(pk=pk, sign_up__in=reached.values("pk"), file__isnull=False)
        .select_related("file")
        .first()
    )
    if found is None:
        raise Http404
    return file_response(found.file)


@require_GET
def verify(request, district, code):
    """Whether there is a certificate with this code, and what it says; without sign-in."""
    place = get_object_or_404(District, slug=district, level=District.Level.DISTRICT)
    found = (
        AttendanceCertificate.objects.filter(district=place, code=code.upper())
        .only(*AttendanceCertificate.public_columns)
        .first()
    )
    if found is None:
        raise Http404
    return render(request, "facilities/verified.html", {"public_district": place, "found": found})
