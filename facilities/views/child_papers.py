"""A child's papers: consents, agreement, health check, the family's declaration, and their files."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from facilities.forms.families import AgreementForm, ConsentForm, DeclarationForm, HealthForm, PaperForm
from facilities.services import child_records, children, consents, enrolments
from facilities.views.children import changed, fetched
from facilities.views.sites import bound
from portal.errors import NotFound, Refused
from portal.views.files import file_response
from portal.views.forms import accepted


@require_http_methods(["GET", "POST"])
def child_consent(request, district, pk):
    one = fetched(request, pk, "child.enrol")
    initial = {"on": timezone.localdate(), "purpose": request.GET.get("purpose", "")}
    form = bound(request, ConsentForm, child=one, initial=initial)
    return changed(
        request,
        one,
        form,
        lambda: consents.give_consent(one, actor=request.actor, **form.cleaned_data),
        title=_("登记同意"),
        url="child-consent",
        sentence=_("同意已登记"),
    )


@require_http_methods(["GET", "POST"])
def child_agreement(request, district, pk):
    """The agreement with the facility where the child is, or asks to be."""
    one = fetched(request, pk, "child.enrol")
    current = one.enrolments.open().filter(facility__in=reached(request)).select_related("facility").first()
    if current is None:
        raise NotFound(_("这个幼儿不在你的机构"))
    form = bound(request, AgreementForm, child=one, initial={"on": timezone.localdate()})
    return changed(
        request,
        one,
        form,
        lambda: consents.sign_agreement(one, current.facility, actor=request.actor, **form.cleaned_data),
        title=_("签协议"),
        url="child-agreement",
        sentence=_("协议已登记"),
        verb=_("登记协议"),
    )


def reached(request):
    from facilities.models import Facility

    return Facility.objects.allowed(request.actor, "child.enrol").values("pk")


@require_http_methods(["GET", "POST"])
def child_declaration(request, district, pk):
    one = fetched(request, pk, "child.enrol")
    form = bound(request, DeclarationForm, initial={"on": timezone.localdate()})

    def declare():
        child_records.declare_health(one, actor=request.actor, **form.cleaned_data)
        return True

    return changed(
        request,
        one,
        form,
        declare,
        title=_("登记健康申报"),
        url="child-declaration",
        sentence=_("健康申报已登记"),
    )


@require_http_methods(["GET", "POST"])
def child_health(request, district, pk):
    one = fetched(request, pk, "child.enrol")
    form = bound(request, HealthForm, initial={"issued_on": timezone.localdate()})
    return changed(
        request,
        one,
        form,
        lambda: enrolments.add_health_certificate(one, actor=request.actor, **form.values()),
        title=_("登记入托体检"),
        url="child-health",
        sentence=_("入托体检已登记"),
    )


@require_POST
def child_paper(request, district, pk, paper):
    """A paper names the child: it opens with a reason, like the record."""
    one = fetched(request, pk)
    form = PaperForm(request.POST)
    stored = accepted(
        form,
        lambda: children.open_paper(one, paper, actor=request.actor, reason=form.cleaned_data["reason"]),
    )
    if stored is None:
        raise getattr(form, "refused", None) or Refused(_("事由：不能空着"), field="reason", code="reason")
    return file_response(stored, fixed=False)
