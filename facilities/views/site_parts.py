"""Volunteers of a site, and the lines of its account."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.people import CheckCorrectionForm, RecordCheckForm
from facilities.forms.sites import LastDayForm, LedgerForm, VolunteerForm
from facilities.models import LedgerEntry, Volunteer, VolunteerCheck
from facilities.services import ledger, volunteers
from facilities.views.sites import bound, fetched, ledger_of, site_url, small
from portal.middleware import tell
from portal.templatetags.ui import masked
from portal.views.forms import accepted


@require_http_methods(["GET", "POST"])
def volunteer_new(request, district, pk):
    facility = fetched(request, pk, "volunteer.manage")
    form = bound(request, VolunteerForm, initial={"starts_on": timezone.localdate()})
    if request.method == "POST":
        made = accepted(
            form, lambda: volunteers.enter_volunteer(facility, actor=request.actor, **form.values())
        )
        if made:
            tell(request, _("已登记 %(name)s") % {"name": masked(made.name)})
            return redirect("site", district, pk)
    return small(
        request,
        form,
        title=_("登记志愿者"),
        leave=_("先不登记"),
        over=facility.name,
        about=facility,
        back=site_url(request, facility),
        action=reverse("volunteer-new", args=[district, pk]),
    )


def one(request, pk: int) -> Volunteer:
    rows = Volunteer.objects.allowed(request.actor, "volunteer.manage").select_related("facility")
    found = rows.defer("identity", "phone").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def changed(request, volunteer: Volunteer, form, call, *, title: str, url: str, sentence: str):
    if request.method == "POST" and accepted(form, call):
        tell(request, sentence)
        return redirect("site", request.district.slug, volunteer.facility_id)
    return small(
        request,
        form,
        title=title,
        over=f"{masked(volunteer.name)}　{volunteer.facility.name}",
        about=volunteer.facility,
        back=site_url(request, volunteer.facility),
        action=reverse(url, args=[request.district.slug, volunteer.pk]),
    )


@require_http_methods(["GET", "POST"])
def volunteer_check(request, district, pk):
    volunteer = one(request, pk)
    form = bound(request, RecordCheckForm)
    return changed(
        request,
        volunteer,
        form,
        lambda: volunteers.add_check(volunteer, actor=request.actor, **form.values()),
        title=_("登记查询"),
        url="volunteer-check",
        sentence=_("查询已登记"),
    )


@require_GET
def volunteer(request, district, pk):
    """A volunteer's inquiries, for who may mend one."""
    request.actor.demand("volunteer.correct")
    rows = Volunteer.objects.allowed(request.actor, "volunteer.correct").select_related("facility")
    found = rows.defer("identity", "phone").filter(pk=pk).first()
    if found is None:
        raise Http404
    return render(
        request, "facilities/volunteer.html", {"volunteer": found, "checks": list(found.checks.all())}
    )


@require_http_methods(["GET", "POST"])
def volunteer_check_correct(request, district, pk):
    request.actor.demand("volunteer.correct")
    rows = VolunteerCheck.objects.allowed(request.actor, "volunteer.correct")
    row = (
        rows.select_related("volunteer__facility")
        .defer("volunteer__identity", "volunteer__phone")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404
    form = bound(request, CheckCorrectionForm)

    def done():
        volunteers.correct_check(row, actor=request.actor, **form.values())
        return True

    person = row.volunteer
    if request.method == "POST" and accepted(form, done):
        tell(request, _("查询结果已更正"))
        return redirect("volunteer", district, person.pk)
    return small(
        request,
        form,
        title=_("更正查询结果"),
        over=f"{masked(person.name)}　{person.facility.name}",
        about=person.facility,
        back=reverse("volunteer", args=[district, person.pk]),
        action=request.path,
        notice=_("%(day)s 的查询登记为“%(answer)s”。谁改的、为什么改，会记下。改成“有”，这个人当天停止服务")
        % {"day": row.checked_on.isoformat(), "answer": _("有") if row.found else _("无")},
    )


@require_http_methods(["GET", "POST"])
def volunteer_end(request, district, pk):
    volunteer = one(request, pk)
    form = bound(request, LastDayForm, initial={"on": timezone.localdate()})
    return changed(
        request,
        volunteer,
        form,
        lambda: volunteers.end_service(volunteer, actor=request.actor, on=form.cleaned_data["on"]),
        title=_("志愿者离开"),
        url="volunteer-end",
        sentence=_("已记下最后一天"),
    )


@require_POST
def ledger_entry(request, district, pk):
    facility = fetched(request, pk, "ledger.manage")
    form = bound(request, LedgerForm)
    if accepted(form, lambda: ledger.enter(facility, actor=request.actor, **form.cleaned_data)):
        tell(request, _("已记一笔"))
        return redirect("ledger", district, pk)
    return ledger_of(request, facility, form)


@require_POST
def ledger_back(request, district, pk):
    rows = LedgerEntry.objects.allowed(request.actor, "ledger.manage").select_related("facility")
    entry = rows.filter(pk=pk).first()
    if entry is None:
        raise Http404
    ledger.take_back(entry, actor=request.actor)
    tell(request, _("已冲回这一笔"))
    return redirect(f"{reverse('ledger', args=[district, entry.facility_id])}?year={entry.on.year}")
