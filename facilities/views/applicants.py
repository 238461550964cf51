"""Accounts for people who file: the pages without sign-in below /apply/, and the reviewer's list."""

from __future__ import annotations

from django import forms
from django.core.cache import cache
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Applicant
from facilities.paging import paged
from facilities.services import applicants as services
from portal.errors import Refused
from portal.middleware import tell
from portal.models.places import District
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address

#: Applications from one address in an hour.
AT_MOST = 10


class ApplyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("经办人姓名"), max_length=40)
    phone = forms.CharField(
        label=gettext_lazy("手机"), max_length=20, help_text=gettext_lazy("审核人员会打来核对")
    )
    organisation = forms.CharField(label=gettext_lazy("单位全称"), max_length=120)
    credit_code = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=30)


class FirstPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("密码"), max_length=200, strip=False,
        help_text=gettext_lazy("至少 10 位，大写、小写、数字、符号里用三种"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label=gettext_lazy("再写一遍"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean(self):
        given = super().clean()
        if {"password", "again"} <= given.keys() and given["password"] != given["again"]:
            self.add_error("again", _("再写一遍：两遍不一样"))
        return given


@require_GET
def front(request):
    """Which district."""
    districts = District.objects.filter(level=District.Level.DISTRICT)
    return render(request, "facilities/apply_front.html", {"districts": districts})


def too_many(request) -> bool:
    """Whether this address has applied too often in the hour; counts the attempt."""
    key = f"apply:{client_address(request)}"
    cache.add(key, 0, 3600)
    return cache.incr(key) > AT_MOST


@require_http_methods(["GET", "POST"])
def apply(request, district):
    """Asks for an account; the answer is the page of the application with its link."""
    form = ApplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many(request):
            refused = Refused(
                _("这个网络今天申请得太多了，过一小时再来，或者打电话给区托育服务指导中心"), code="too_many"
            )
            refuse(form, refused)
        else:
            made = accepted(form, lambda: services.apply(actor=request.actor, **form.cleaned_data))
            if made:
                return redirect("apply-status", district, made[1])
    return render(
        request,
        "facilities/apply.html",
        {"form": form, "public_district": request.district},
        status=status_of(form),
    )


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def status(request, district, token):
    """Where the application stands; once it was confirmed, its own password."""
    try:
        row = services.by_token(token)
    except Refused as refused:
        raise Http404 from refused
    form = FirstPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        user = accepted(
            form, lambda: services.activate(token, form.cleaned_data["password"], actor=request.actor)
        )
        if user:
            return redirect("apply-status", district, token)
    return render(
        request,
        "facilities/apply_status.html",
        {"row": row, "form": form, "public_district": request.district, "link": request.build_absolute_uri()},
        status=status_of(form),
    )


@require_GET
def applicant_list(request, district):
    request.actor.demand("applicant.view")
    rows = Applicant.objects.allowed(request.actor, "applicant.view").select_related("decided_by")
    page = paged(rows.exclude(state="applied"), {"asked": (("pk", int),)}, request.GET, default="-asked")
    return render(
        request,
        "facilities/applicants.html",
        {
            "waiting": list(rows.filter(state="applied").order_by("pk")[:100]),
            "page": page,
            "others": page.rows,
            "may_confirm": request.actor.may("applicant.confirm") and not request.actor.visiting,
        },
    )


def fetched(request, pk) -> Applicant:
    row = Applicant.objects.allowed(request.actor, "applicant.confirm").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_POST
def applicant_confirm(request, district, pk):
    row = services.confirm(fetched(request, pk), actor=request.actor)
    tell(request, _("%(name)s可以开户了，由本人在申请页上设密码") % {"name": row.organisation})
    return redirect("applicants", district)


@require_POST
def applicant_refuse(request, district, pk):
    row = services.turn_down(fetched(request, pk), request.POST.get("answer", ""), actor=request.actor)
    tell(request, _("没有同意%(name)s开户") % {"name": row.organisation})
    return redirect("applicants", district)
