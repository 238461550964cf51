"""Operators (举办者): who runs which facilities, and which of them belong to one chain."""

from __future__ import annotations

from django.db.models import Count, Q, Sum
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms.records import OperatorForm
from facilities.models import Facility, Operator
from facilities.models.credit import listing
from facilities.paging import paged
from facilities.services import operators as services
from facilities.views.facilities import status_of
from facilities.views.records import posted
from portal.middleware import tell
from portal.views.forms import accepted

SORTS = {
    "name": (("name", str), ("pk", int)),
    "chain": (("chain", str), ("name", str), ("pk", int)),
}
SHOWN = 3


def chosen(actor, query):
    """The search of the address, and the operators that it finds."""
    rows = Operator.objects.allowed(actor, "facility.view")
    q = query.get("q", "").strip()[:60]
    if q:
        rows = rows.filter(Q(name__contains=q) | Q(chain__contains=q) | Q(credit_code__startswith=q.upper()))
    return q, rows


@require_GET
def operator_list(request, district):
    """Operators with their facilities; those of one chain stand together when sorted by it."""
    actor = request.actor
    actor.demand("facility.view")
    q, rows = chosen(actor, request.GET)
    page = paged(rows, SORTS, request.GET, default="name")
    runs: dict[int, dict] = {}
    reached = Facility.objects.allowed(actor, "facility.view").exclude(state="closed")
    here = reached.filter(operator__in=[o.pk for o in page.rows])
    for row in here.order_by().values("operator").annotate(n=Count("pk"), places=Sum("places")):
        runs[row["operator"]] = {"n": row["n"], "places": row["places"], "some": []}
    listed = here.annotate(listing=listing()).order_by("code")
    for pk, operator, name, mark in listed.values_list("pk", "operator", "name", "listing"):
        if len(runs[operator]["some"]) < SHOWN:
            runs[operator]["some"].append({"pk": pk, "name": name, "listing": mark})
    return render(
        request,
        "facilities/operators.html",
        {
            "page": page,
            "rows": [(o, runs.get(o.pk)) for o in page.rows],
            "q": q,
            "may_manage": actor.may("facility.manage"),
        },
    )


@require_http_methods(["GET", "POST"])
def operator_edit(request, district, pk):
    """Name, credit code and chain of an operator."""
    request.actor.demand("facility.manage")
    row = Operator.objects.allowed(request.actor, "facility.manage").filter(pk=pk).first()
    if row is None:
        raise Http404
    form = OperatorForm(*posted(request), row=row)
    if request.method == "POST":
        done = accepted(form, lambda: services.change_operator(row, actor=request.actor, **form.values()))
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("operators", district)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("改举办者"),
            "verb": _("改举办者"),
            "over": _("举办者"),
            "back": reverse("operators", args=[district]),
            "action": reverse("operator-edit", args=[district, pk]),
        },
        status=status_of(request, form),
    )
