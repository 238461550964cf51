"""Changes that an operator proposes and the district decides."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.records import AnswerForm, ProposalForm
from facilities.models import Facility, Proposal
from facilities.models.credit import listing
from facilities.paging import paged
from facilities.rules.states import PROPOSAL
from facilities.services import figures
from facilities.services import proposals as services
from facilities.services.facilities import labels, shown
from facilities.views.facilities import fetched, status_of
from facilities.views.records import posted
from portal.middleware import tell
from portal.models.places import Street
from portal.views.files import file_response
from portal.views.forms import accepted

SHAPES = {"proposed": "doing", "confirmed": "ok", "refused": "bad", "withdrawn": "none"}


def one(request, pk, right: str = "facility.view") -> Proposal:
    request.actor.demand(right)
    found = (
        Proposal.objects.allowed(request.actor, right)
        .select_related("facility", "proposed_by", "decided_by", "file")
        .defer("facility__search_text")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def lines(proposal: Proposal, facility: Facility | None = None) -> list[dict]:
    """(what, as it was, as wanted) in words; `now` where the register says something else by now."""
    names = labels()
    streets = {}
    if "street" in proposal.changes:
        streets = dict(Street.objects.filter(code__in=proposal.changes["street"]).values_list("code", "name"))

    def words(field, value):
        return streets.get(value, value) if field == "street" else shown(field, value)

    found = []
    for field, (before, wanted) in proposal.changes.items():
        now = services.kept(getattr(facility, field)) if facility else before
        found.append(
            {
                "label": names[field],
                "before": words(field, before),
                "wanted": words(field, wanted),
                "now": words(field, now) if now != before else "",
            }
        )
    return found


def chosen(actor, query):
    """The state that the address asks for, those that wait without one, and its proposals."""
    rows = Proposal.objects.allowed(actor, "facility.view").select_related("facility")
    state = query.get("state", "proposed")
    if state in PROPOSAL.states:
        rows = rows.filter(state=state)
    return state, rows.defer("facility__search_text")


@require_GET
def proposal_list(request, district):
    """Those that wait first; for an operator the own ones."""
    actor = request.actor
    actor.demand("facility.view")
    state, rows = chosen(actor, request.GET)
    rows = rows.annotate(listing=listing("facility"))
    page = paged(rows, {"at": (("pk", int),)}, request.GET, default="-at")
    return render(
        request,
        "facilities/proposals.html",
        {
            "page": page,
            "rows": [
                (row, SHAPES[row.state], "、".join(labels()[f] for f in row.changes)) for row in page.rows
            ],
            "views": [
                {"label": _(words), "url": f"?state={key}", "count": None, "current": key == state}
                for key, words in (*PROPOSAL.states.items(), ("all", _("全部")))
            ],
        },
    )


@require_GET
def proposal_page(request, district, pk):
    return page_of(request, one(request, pk))


def page_of(request, proposal: Proposal, form: AnswerForm | None = None):
    actor = request.actor
    open_ = proposal.state == "proposed"
    facility = fetched(request, proposal.facility_id) if open_ else None
    keeps = Proposal.objects.allowed(actor, "facility.keep").filter(pk=proposal.pk).exists()
    decides = open_ and actor.may("facility.manage") and not actor.same_person(proposal.proposed_by)
    return render(
        request,
        "facilities/proposal.html",
        {
            "proposal": proposal,
            "shape": SHAPES[proposal.state],
            "lines": lines(proposal, facility),
            "form": form or AnswerForm(),
            "may_decide": decides,
            "may_withdraw": open_ and keeps and not decides,
        },
        status=status_of(request, form) if form else 200,
    )


@require_http_methods(["GET", "POST"])
def proposal_new(request, district, pk):
    """An operator asks for a change of what the district owns."""
    request.actor.demand("facility.keep")
    facility = fetched(request, pk, "facility.keep")
    followed = figures.followed(facility)
    form = ProposalForm(*posted(request), facility=facility, followed=followed, streets=Street.objects.all())
    if request.method == "POST":
        made = accepted(form, lambda: services.propose_change(facility, actor=request.actor, **form.values()))
        if made:
            tell(request, _("变更申请已送出，等区里确认"))
            return redirect("proposal", district, made.pk)
    return render(
        request,
        "facilities/record_form.html",
        {
            "form": form,
            "facility": facility,
            "title": _("申请变更"),
            "says": _("这些由区里登记。改了要变更的，写明为什么，区里确认以后生效。"),
            "back": reverse("facility", args=[district, pk]),
            "action": reverse("proposal-new", args=[district, pk]),
            "verb": _("送出申请"),
            "leave": _("先不申请"),
            "css": "two",
        },
        status=status_of(request, form),
    )


def decision(request, district, pk, service, right: str, sentence: str, **more):
    proposal = one(request, pk, right)
    form = AnswerForm(request.POST)
    done = accepted(form, lambda: service(proposal, actor=request.actor, **form.values(), **more))
    if done is None:
        return page_of(request, proposal, form)
    tell(request, sentence)
    return redirect("proposal", district, pk)


@require_POST
def proposal_confirm(request, district, pk):
    return decision(
        request, district, pk, services.confirm_proposal, "facility.manage", _("已同意，名册已改")
    )


@require_POST
def proposal_refuse(request, district, pk):
    return decision(request, district, pk, services.refuse_proposal, "facility.manage", _("已答复不同意"))


@require_POST
def proposal_withdraw(request, district, pk):
    proposal = one(request, pk, "facility.keep")
    services.withdraw_proposal(proposal, actor=request.actor)
    tell(request, _("申请已撤回"))
    return redirect("proposal", district, pk)


@require_GET
def proposal_file(request, district, pk):
    proposal = one(request, pk)
    if proposal.file is None:
        raise Http404
    return file_response(proposal.file)
