"""An inspector's own employers, and the bureau's list of namesakes to look at."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from inspections.forms.inspectors import EmployerForm, EndForm, NamesakeForm
from inspections.models import Inspector, InspectorEmployer
from inspections.services import employers as services
from inspections.views.inspectors import form_page, inspector_of
from portal.middleware import tell
from portal.views.forms import accepted, status_of


@require_http_methods(["GET", "POST"])
def employer_new(request, district, pk):
    """An employer, entered by the inspector or the bureau; says at once which facilities it keeps apart."""
    row = inspector_of(request, pk, "interest.declare")
    form = EmployerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: services.enter(row, actor=request.actor, **form.cleaned_data))
        if made is not None:
            names = _("、").join(one.facility.name for one in made)
            tell(
                request,
                _("已登记，从此回避 %(names)s") % {"names": names} if made else _("已登记，没有对得上的机构"),
            )
            return redirect("inspector", district, pk)
    back = reverse("inspector", args=[district, pk])
    return form_page(request, form, _("登记工作过的单位"), _("登记这个单位"), back)


@require_http_methods(["GET", "POST"])
def employer_end(request, district, pk, employer):
    """The last day there, by the bureau."""
    row = inspector_of(request, pk)
    request.actor.demand("interest.end")
    found = get_object_or_404(InspectorEmployer, pk=employer, inspector=row)
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.end(found, actor=request.actor, ends_on=form.cleaned_data["ends_on"]),
        )
        if done:
            tell(request, _("已记下止日"))
            return redirect("inspector", district, pk)
    back = reverse("inspector", args=[district, pk])
    title = _("在 %(name)s 到哪天止") % {"name": found.name}
    return form_page(request, form, title, _("存下止日"), back)


@require_GET
def namesakes(request, district):
    """Inspectors and facilities with staff of the same name that nobody has looked at."""
    request.actor.demand("namesake.decide")
    return namesakes_page(request)


def namesakes_page(request, pair: tuple[int, int] | None = None, form: NamesakeForm | None = None):
    found = services.namesakes()[:100]
    lines = [
        (one, form if pair == (one.inspector.pk, one.facility.pk) else NamesakeForm(auto_id=f"{n}-%s"))
        for n, one in enumerate(found)
    ]
    context = {"lines": lines, "form": form}
    return render(
        request, "inspections/namesakes.html", context, status=status_of(form) if form is not None else 200
    )


@require_POST
def namesake_decide(request, district, pk, facility):
    """The same person, or a namesake only; once, with the reason."""
    request.actor.demand("namesake.decide")
    row = get_object_or_404(Inspector, pk=pk)
    there = get_object_or_404(Facility, pk=facility)
    form = NamesakeForm(request.POST)
    done = accepted(
        form,
        lambda: services.decide_namesake(row, there, actor=request.actor, **form.cleaned_data),
    )
    if done is None:
        return namesakes_page(request, (row.pk, there.pk), form)
    tell(request, _("%(code)s 和 %(name)s：已记下") % {"code": row.code, "name": there.name})
    return redirect("namesakes", district)
