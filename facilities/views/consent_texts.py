"""The bureau's texts: consents by purpose, the agreement, and the clinics whose checks count."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.families import AgreementTextForm, ClinicForm, ConsentTextForm
from facilities.models import AgreementText, Clinic, ConsentText
from facilities.services import consent_texts as services
from facilities.services import enrolments
from facilities.views.sites import bound, small
from portal.middleware import tell
from portal.views.forms import accepted

PARTS = ("duties", "fees", "refunds", "disputes")


def standing(rows: list, on) -> list[tuple]:
    """Each version with its state: in force, to come, past. rows: newest first, of one purpose."""
    found, now = [], False
    for row in rows:
        if row.starts_on > on:
            state = "none"
        else:
            state = "past" if now else "ok"
            now = True
        found.append((row, state))
    return found


@require_GET
def text_list(request, district):
    request.actor.demand("consent.manage")
    on = timezone.localdate()
    return texts_page(request, ClinicForm(initial={"starts_on": on}))


def texts_page(request, clinic_form, status: int = 200):
    on = timezone.localdate()
    by_purpose: dict[str, list] = {purpose: [] for purpose in ConsentText.Purpose.values}
    for text in ConsentText.objects.defer("text").order_by("purpose", "-starts_on", "-number"):
        by_purpose[text.purpose].append(text)
    agreements = AgreementText.objects.only("id", "number", "title", "starts_on").order_by(
        "-starts_on", "-number"
    )
    return render(
        request,
        "facilities/consent_texts.html",
        {
            "purposes": [
                (ConsentText.Purpose(purpose).label, purpose, standing(rows, on))
                for purpose, rows in by_purpose.items()
            ],
            "agreements": standing(list(agreements), on),
            "clinics": list(Clinic.objects.order_by("name")),
            "clinic_form": clinic_form,
            "on": on,
        },
        status=status,
    )


@require_GET
def consent_text(request, district, pk):
    request.actor.demand("consent.manage")
    text = ConsentText.objects.filter(pk=pk).first()
    if text is None:
        raise Http404
    return render(request, "facilities/consent_text.html", {"text": text, "parts": [("", text.text)]})


@require_GET
def agreement_text(request, district, pk):
    request.actor.demand("consent.manage")
    text = AgreementText.objects.filter(pk=pk).first()
    if text is None:
        raise Http404
    parts = [
        (AgreementText._meta.get_field(n).verbose_name, getattr(text, n))
        for n in ("duties", "fees", "refunds", "disputes")
    ]
    return render(request, "facilities/consent_text.html", {"text": text, "parts": parts})


def published(request, form, call, *, title: str, url: str):
    if request.method == "POST" and accepted(form, call):
        tell(request, _("新版本已发布"))
        return redirect("consent-texts", request.district.slug)
    slug = request.district.slug
    return small(
        request,
        form,
        title=title,
        verb=_("发布这一版"),
        over=_("同意书与协议"),
        back=reverse("consent-texts", args=[slug]),
        action=reverse(url, args=[slug]),
    )


@require_http_methods(["GET", "POST"])
def consent_text_new(request, district):
    """A new version begins with the words of the present one."""
    request.actor.demand("consent.manage")
    purpose = request.GET.get("purpose", "")
    last = services.consent_texts(timezone.localdate()).get(purpose)
    initial = {"purpose": purpose, "starts_on": timezone.localdate()}
    if last is not None:
        initial |= {"title": last.title, "text": last.text}
    form = bound(request, ConsentTextForm, initial=initial)
    return published(
        request,
        form,
        lambda: services.publish_consent_text(actor=request.actor, **form.cleaned_data),
        title=_("同意书新版本"),
        url="consent-text-new",
    )


@require_http_methods(["GET", "POST"])
def agreement_text_new(request, district):
    request.actor.demand("consent.manage")
    last = AgreementText.objects.in_force(timezone.localdate()).first()
    initial = {"starts_on": timezone.localdate()}
    if last is not None:
        initial |= {name: getattr(last, name) for name in ("title", *PARTS)}
    form = bound(request, AgreementTextForm, initial=initial)
    return published(
        request,
        form,
        lambda: services.publish_agreement_text(actor=request.actor, **form.cleaned_data),
        title=_("协议新版本"),
        url="agreement-text-new",
    )


@require_POST
def clinic_new(request, district):
    request.actor.demand("consent.manage")
    form = ClinicForm(request.POST)
    if accepted(form, lambda: enrolments.accept_clinic(actor=request.actor, **form.cleaned_data)):
        tell(request, _("已加进名单"))
        return redirect("consent-texts", district)
    return texts_page(request, form, status=422)


@require_POST
def clinic_end(request, district, pk):
    request.actor.demand("consent.manage")
    clinic = Clinic.objects.filter(pk=pk).first()
    if clinic is None:
        raise Http404
    enrolments.end_clinic(clinic, actor=request.actor, on=timezone.localdate())
    tell(request, _("已从名单里去掉，以前的体检仍然有效"))
    return redirect("consent-texts", district)
