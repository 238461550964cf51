"""How the district issues its reports: the kinds, and the form of one."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.errors import NotFound
from portal.middleware import tell
from portal.views.forms import accepted, status_of
from targets.forms.reports import ReportSettingForm
from targets.models.reports import ReportSetting
from targets.services import report_settings as services


@require_GET
def setting_list(request, district):
    """Each kind with its issuer and the word of its numbers; what is lacking says so."""
    request.actor.demand("report.set")
    have = {row.kind: row for row in ReportSetting.objects.all()}
    lines = [
        {"kind": kind, "label": label, "row": have.get(kind)} for kind, label in ReportSetting.Kind.choices
    ]
    return render(request, "targets/report_settings.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
def setting_form(request, district, key):
    """One kind's frame, kept for the reports to come."""
    request.actor.demand("report.set")
    if key not in ReportSetting.Kind.values:
        raise NotFound(_("没有这种报告"))
    row = ReportSetting.objects.filter(kind=key).first()
    form = ReportSettingForm(request.POST if request.method == "POST" else None, instance=row)
    for name in services.UNUSED.get(key, ()):
        del form.fields[name]
    if request.method == "POST":
        kept = accepted(form, lambda: services.change(key, form.cleaned_data, actor=request.actor))
        if kept is not None:
            tell(request, _("已保存，以后起草的用新的"))
            return redirect("report-settings", district)
    context = {"form": form, "label": ReportSetting.Kind(key).label}
    return render(request, "targets/report_setting.html", context, status=status_of(form))
