"""Pages that mend what was entered wrongly about a person."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from facilities.forms.people import CertificateForm, CheckCorrectionForm, PersonForm, WhyForm
from facilities.models import Certificate, RecordCheck, TrainingRecord
from facilities.services import staff_mending as services
from facilities.views.staff import asked, person, sent
from portal.middleware import tell
from portal.templatetags.ui import masked
from portal.views.forms import accepted


def of(request, model, pk, right: str = "staff.manage"):
    request.actor.demand(right)
    found = (
        model.objects.allowed(request.actor, right)
        .select_related("staff")
        .defer("staff__identity", "staff__phone")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def mended(request, member, form, service, *, title: str, sentence: str, leave: str = "", notice: str = ""):
    """The form, or the person's page once the service took it."""
    district = request.district.slug
    if request.method == "POST":

        def done():
            service()
            return True

        if accepted(form, done):
            tell(request, sentence)
            return redirect("staff-member", district, member.pk)
    return asked(
        request,
        form,
        title=title,
        over=f"{masked(member.name)}　{member.code}",
        back=reverse("staff-member", args=[district, member.pk]),
        action=request.path,
        leave=leave or _("先不改"),
        notice=notice,
    )


@require_http_methods(["GET", "POST"])
def staff_edit(request, district, pk):
    request.actor.demand("staff.manage")
    member = person(request, pk, "staff.manage")
    form = PersonForm(*sent(request), names=request.actor.may("staff.correct"))
    return mended(
        request,
        member,
        form,
        lambda: services.change_person(member, actor=request.actor, **form.values()),
        title=_("改姓名、手机"),
        sentence=_("改动已存"),
    )


@require_http_methods(["GET", "POST"])
def certificate_edit(request, district, pk):
    row = of(request, Certificate, pk)
    initial = {name: getattr(row, name) for name in ("kind", "number", "issued_on", "valid_until")}
    form = CertificateForm(*sent(request), initial=initial)
    return mended(
        request,
        row.staff,
        form,
        lambda: services.change_certificate(row, actor=request.actor, **form.values()),
        title=_("改证书、补照片"),
        sentence=_("证书已改"),
        notice=_("跨区接过来的证书只能补照片") if row.hand_over else "",
    )


@require_http_methods(["GET", "POST"])
def certificate_drop(request, district, pk):
    row = of(request, Certificate, pk)
    form = WhyForm(*sent(request))
    return mended(
        request,
        row.staff,
        form,
        lambda: services.drop_certificate(row, actor=request.actor, **form.values()),
        title=_("去掉这张证书"),
        sentence=_("这张证书已去掉"),
        leave=_("先不去掉"),
        notice=_("%(kind)s %(number)s。登记错了才去掉，到期的留着。历史里仍然看得到")
        % {"kind": row.get_kind_display(), "number": row.number},
    )


@require_http_methods(["GET", "POST"])
def training_drop(request, district, pk):
    row = of(request, TrainingRecord, pk)
    form = WhyForm(*sent(request))
    return mended(
        request,
        row.staff,
        form,
        lambda: services.drop_training(row, actor=request.actor, **form.values()),
        title=_("去掉这次培训"),
        sentence=_("这次培训已去掉"),
        leave=_("先不去掉"),
        notice=_("%(course)s，%(hours)s 课时。登记错了才去掉")
        % {"course": row.course, "hours": f"{row.hours:f}"},
    )


@require_http_methods(["GET", "POST"])
def check_correct(request, district, pk):
    row = of(request, RecordCheck, pk, "staff.correct")
    form = CheckCorrectionForm(*sent(request))
    return mended(
        request,
        row.staff,
        form,
        lambda: services.correct_check(row, actor=request.actor, **form.values()),
        title=_("更正查询结果"),
        sentence=_("查询结果已更正"),
        notice=_("%(day)s 的查询登记为“%(answer)s”。谁改的、为什么改，会记下")
        % {"day": row.checked_on.isoformat(), "answer": _("有") if row.found else _("无")},
    )
