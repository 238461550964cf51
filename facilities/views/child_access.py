"""Requests to open records and their decision, who looked, what was deleted with which certificate."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.forms.families import DecideForm, PaperForm
from facilities.models import AccessRequest, ChildDeletion
from facilities.paging import paged
from facilities.rules import families as rules
from facilities.services import access_requests, children, deletions
from facilities.views.children import fetched
from portal.errors import Refused
from portal.middleware import tell

STATE_SHAPES = {"asked": "doing", "approved": "ok", "refused": "none", "expired": "none"}


@require_GET
def requests_page(request, district):
    """What waits for a decision, and what was decided; those who ask see their own."""
    actor = request.actor
    actor.demand("access_request.view")
    rows = AccessRequest.objects.allowed(actor, "access_request.view").select_related(
        "child", "asked_by", "decided_by"
    )
    page = paged(rows, {"asked": (("pk", int),)}, request.GET, default="-asked")
    may = actor.may("child.approve")
    return render(
        request,
        "facilities/access_requests.html",
        {
            "page": page,
            "rows": [
                (
                    one,
                    STATE_SHAPES[one.state],
                    may and one.state == "asked" and not actor.same_person(one.asked_by),
                )
                for one in page.rows
            ],
            "parts": rules.PARTS,
            "may": may,
        },
    )


@require_POST
def access_decide(request, district, pk):
    request.actor.demand("child.approve")
    row = get_object_or_404(AccessRequest.objects.allowed(request.actor, "child.approve"), pk=pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise Refused(_("选同意或不同意"), code="values")
    agree = form.cleaned_data["agree"] == "yes"
    access_requests.decide(row, actor=request.actor, agree=agree, note=form.cleaned_data["note"])
    tell(request, _("已同意") if agree else _("已退回"))
    return redirect("access-requests", district)


@require_GET
def child_log(request, district, pk):
    """Who opened a child's record, when and why."""
    one = fetched(request, pk, "child_log.view")
    rows = children.log_of(one, actor=request.actor)
    page = paged(rows, {"at": (("pk", int),)}, request.GET, default="-at")
    return render(
        request,
        "facilities/child_log.html",
        {
            "child": one,
            "page": page,
            "rows": [
                (row, [_(rules.PARTS[part]) for part in row.parts if part in rules.PARTS])
                for row in page.rows
            ],
        },
    )


@require_GET
def deletion_list(request, district):
    actor, on = request.actor, timezone.localdate()
    actor.demand("deletion.view")
    rows = ChildDeletion.objects.allowed(actor, "deletion.view").select_related("child")
    page = paged(rows, {"on": (("deleted_on", type(on)), ("pk", int))}, request.GET, default="-on")
    return render(
        request,
        "facilities/deletions.html",
        {"page": page, "due": len(deletions.due(on)), "days": deletions.retention_days(on)},
    )


@require_GET
def deletion(request, district, pk):
    """The certificate."""
    made = deleted(request, pk)
    return render(
        request,
        "facilities/deletion.html",
        {
            "made": made,
            "counts": [
                (_(label), made.counts[kind])
                for kind, label in deletions.KINDS.items()
                if kind in made.counts
            ],
            "intact": made.sha256 == deletions.fingerprint(made),
        },
    )


def deleted(request, pk: int) -> ChildDeletion:
    rows = ChildDeletion.objects.allowed(request.actor, "deletion.view").select_related("child", "by")
    made = rows.filter(pk=pk).first()
    if made is None:
        raise Http404
    return made


@require_GET
def deletion_pdf(request, district, pk):
    """The certificate as an official leaf, for the parent who asks for it."""
    made = deleted(request, pk)
    response = HttpResponse(deletions.pdf_of(made, request.district), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{made.number}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


@require_POST
def child_erase(request, district, pk):
    """A parent asks for deletion before its time."""
    one = fetched(request, pk, "child.erase")
    form = PaperForm(request.POST)
    if not form.is_valid():
        raise Refused(_("事由：不能空着"), field="reason", code="reason")
    made = deletions.delete_child(one, actor=request.actor, ground="asked", on=timezone.localdate())
    tell(request, _("已删除，证明 %(number)s") % {"number": made.number})
    return redirect("deletion", district, made.pk)
